//! Names of nodes: `orders`, `staging.orders`, `shop.staging.*`, `orders.v2`.

use super::pattern::{Pattern, has_wildcard};

pub(super) struct FqnPattern<'a> {
    text: &'a str,
    parts: Vec<&'a str>,
    /// From the first part with a wildcard on: its place, and all that follows as one pattern.
    tail: Option<(usize, Pattern)>,
    everything: bool,
}

impl<'a> FqnPattern<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let parts: Vec<&str> = text.split('.').collect();
        let first = parts.iter().position(|part| has_wildcard(part));
        let tail = first.map(|at| (at, Pattern::new(&parts[at..].join("."))));
        Self { text, parts, tail, everything: text == "*" }
    }

    /// With the package's name in front or without it.
    pub(super) fn matches(&self, fqn: &[String], is_versioned: bool) -> bool {
        self.everything
            || self.matches_one(fqn, is_versioned)
            || self.matches_one(fqn.get(1..).unwrap_or_default(), is_versioned)
    }

    fn matches_one(&self, fqn: &[String], is_versioned: bool) -> bool {
        let leaf = match fqn {
            [.., name, version] if is_versioned => {
                let end = self.parts.len().saturating_sub(2);
                if format!("{name}_{version}") == self.parts[end..].join("_") {
                    return true;
                }
                name
            }
            [.., name] => name,
            [] => return false,
        };
        if leaf == self.text {
            return true;
        }
        // dots in a file's name count as levels
        let mut levels = fqn.iter().flat_map(|segment| segment.split('.'));
        let plain = self.tail.as_ref().map_or(self.parts.len(), |&(at, _)| at);
        if !self.parts[..plain].iter().all(|part| levels.next() == Some(part)) {
            return false;
        }
        let Some((at, pattern)) = &self.tail else { return true };
        let rest: Vec<&str> = levels.collect();
        if rest.len() < self.parts.len() - at {
            return false;
        }
        pattern.matches(&rest.join(".")) || (self.parts.len() == 1 && pattern.matches(leaf))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_match_as_in_dbt() {
        let fqn = |text: &str| text.split('/').map(str::to_owned).collect::<Vec<_>>();
        let cases = [
            ("orders", "shop/staging/orders", false, true),
            ("staging", "shop/staging/orders", false, true),
            ("shop", "shop/staging/orders", false, true),
            ("shop.staging.orders.x", "shop/staging/orders", false, false),
            ("stag*", "shop/staging/orders", false, true),
            ("*ders", "shop/staging/orders", false, true),
            ("staging.*", "shop/staging/deep/orders", false, true),
            ("deep.*", "shop/staging/deep/orders", false, false),
            ("dim", "shop/marts/dim/v2", true, true),
            ("dim.v2", "shop/marts/dim/v2", true, true),
            ("dim_v2", "shop/marts/dim/v2", true, true),
            ("dim.v1", "shop/marts/dim/v2", true, false),
            ("d?m", "shop/marts/dim/v2", true, true),
            ("my.orders", "shop/my.orders", false, true),
        ];
        for (pattern, name, versioned, expected) in cases {
            assert_eq!(
                FqnPattern::new(pattern).matches(&fqn(name), versioned),
                expected,
                "{pattern} on {name}"
            );
        }
    }
}
