//! Conditions of a query that its run makes narrower: those of `in_partitions`.

use crate::diagnostic::{Diagnostic, Result};

/// One as it stands in the query, and what it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Condition {
    pub(crate) text: String,
    pub(crate) kind: String,
    pub(crate) column: String,
}

/// Keeps a condition once.
///
/// # Errors
/// When the query has one of the same text and another kind: which is which could not be told.
pub(crate) fn keep(known: &mut Vec<Condition>, condition: Condition) -> Result<()> {
    match known.iter().find(|other| other.text == condition.text) {
        None => known.push(condition),
        Some(other) if *other == condition => {}
        Some(other) => {
            let column = &condition.column;
            let [one, two] = [other, &condition].map(|condition| match condition.kind.as_str() {
                "type" => "without a kind".to_owned(),
                kind => format!("with kind='{kind}'"),
            });
            return Err(Diagnostic::compilation(
                "ambiguous-condition",
                format!("in_partitions('{column}'): one query has it {one} and {two}"),
            )
            .help(format!("name the column with its table, as in in_partitions('orders.{column}')"))
            .boxed());
        }
    }
    Ok(())
}

/// The query in parts: text, kind and column of a condition, text, kind, column, text.
pub(crate) fn parts<'q>(query: &'q str, conditions: &'q [Condition]) -> Vec<&'q str> {
    let mut parts = Vec::new();
    let mut rest = query;
    loop {
        let found = conditions.iter().filter_map(|condition| Some((rest.find(&condition.text)?, condition)));
        let first = found.min_by_key(|(at, condition)| (*at, std::cmp::Reverse(condition.text.len())));
        let Some((at, condition)) = first else {
            parts.push(rest);
            return parts;
        };
        parts.extend([&rest[..at], &condition.kind, &condition.column]);
        rest = &rest[at + condition.text.len()..];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn condition(text: &str, kind: &str, column: &str) -> Condition {
        Condition { text: text.into(), kind: kind.into(), column: column.into() }
    }

    #[test]
    fn a_query_is_cut_at_its_conditions() {
        let known =
            [condition("(b)", "type", "b"), condition("(a)", "date", "a"), condition("(b) x", "date", "b x")];
        assert_eq!(parts("select", &known), ["select"]);
        assert_eq!(parts("w (a) or (b)", &known), ["w ", "date", "a", " or ", "type", "b", ""]);
        assert_eq!(parts("(b) x(a)", &known), ["", "date", "b x", "", "date", "a", ""]);
    }

    #[test]
    fn a_text_has_one_kind() {
        let mut known = Vec::new();
        keep(&mut known, condition("(at)", "type", "at")).unwrap();
        keep(&mut known, condition("(at)", "type", "at")).unwrap();
        assert_eq!(known.len(), 1);
        let error = keep(&mut known, condition("(at)", "date", "at")).unwrap_err();
        assert_eq!(
            error.message,
            "in_partitions('at'): one query has it without a kind and with kind='date'"
        );
    }
}
