//! "did you mean": the nearest known name to one that was mistyped.

/// The candidate nearest to `name`, if one is near enough to be what was meant.
pub(crate) fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    nearest_within(name, candidates, (name.chars().count() / 3).clamp(1, 4))
}

/// The nearest of those that are at most so many letters off.
pub(crate) fn nearest_within<'a>(
    name: &str,
    candidates: impl IntoIterator<Item = &'a str>,
    limit: usize,
) -> Option<&'a str> {
    let name: Vec<char> = name.to_lowercase().chars().collect();
    candidates
        .into_iter()
        .filter_map(|candidate| Some((distance_within(&name, candidate, limit)?, candidate)))
        .min()
        .map(|(_, candidate)| candidate)
}

/// The hint itself, ready for `Diagnostic::maybe_help`.
pub(crate) fn did_you_mean<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    nearest(name, candidates).map(|candidate| format!("did you mean `{candidate}`?"))
}

/// Edit distance that counts a swap of neighbours as one edit and ignores case; nothing where it is over the limit.
fn distance_within(left: &[char], right: &str, limit: usize) -> Option<usize> {
    let right: Vec<char> = right.to_lowercase().chars().collect();
    if left.len().abs_diff(right.len()) > limit {
        return None;
    }
    let width = right.len() + 1;
    let mut table = vec![0; (left.len() + 1) * width];
    for (column, cell) in table.iter_mut().take(width).enumerate() {
        *cell = column;
    }
    // a swap reads the row before the last
    let mut least_before = 0;
    for i in 1..=left.len() {
        table[i * width] = i;
        let mut least = i;
        for j in 1..=right.len() {
            let substitution = usize::from(left[i - 1] != right[j - 1]);
            let mut best = (table[(i - 1) * width + j] + 1)
                .min(table[i * width + j - 1] + 1)
                .min(table[(i - 1) * width + j - 1] + substitution);
            if i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1] {
                best = best.min(table[(i - 2) * width + j - 2] + 1);
            }
            table[i * width + j] = best;
            least = least.min(best);
        }
        if least.min(least_before) > limit {
            return None;
        }
        least_before = least;
    }
    Some(table[left.len() * width + right.len()]).filter(|far| *far <= limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_found_and_far_ones_are_not() {
        let names = ["stg_orders", "stg_customers", "orders"];
        assert_eq!(nearest("stg_ordesr", names), Some("stg_orders"));
        assert_eq!(nearest("order", names), Some("orders"));
        assert_eq!(nearest("payments", names), None);
    }
}
