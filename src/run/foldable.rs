//! The `where` of a test beside those of others: whether its condition may be asked of each row of the relation in one scan.

/// What may be called: none of them answers differently when it is asked twice in a statement, and none reads a table.
const CALLED: [&str; 22] = [
    "in",
    "and",
    "or",
    "not",
    "any",
    "all",
    "between",
    "like",
    "ilike",
    "is",
    "coalesce",
    "nullif",
    "lower",
    "upper",
    "length",
    "trim",
    "abs",
    "date",
    "date_trunc",
    "now",
    "extract",
    "cast",
];
/// What begins a query where an expression is meant.
const QUERIES: [&str; 4] = ["select", "values", "table", "with"];
/// A test's column of these names is none of the filtered rows, but one of the relation.
const SYSTEM_COLUMNS: [&str; 6] = ["ctid", "tableoid", "xmin", "xmax", "cmin", "cmax"];

/// Whether a condition, which is closed, can stand in parentheses among others.
pub(super) fn is_plain_condition(condition: &str) -> bool {
    let mut rest = condition;
    let mut word = "";
    while let Some(letter) = rest.chars().next() {
        let length = match letter {
            '\'' | '"' => rest[1..].find(letter).map_or(rest.len(), |end| end + 2),
            letter if is_of_word(letter) => rest.find(|other| !is_of_word(other)).unwrap_or(rest.len()),
            letter => letter.len_utf8(),
        };
        let (token, more) = rest.split_at(length);
        rest = more;
        if token.trim().is_empty() {
            continue;
        }
        let lower = |text: &str, of: &[&str]| of.contains(&text.to_ascii_lowercase().as_str());
        if lower(token, &QUERIES) || token == "(" && is_name_like(word) && !lower(word, &CALLED) {
            return false;
        }
        word = token;
    }
    true
}

fn is_of_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

fn is_name_like(token: &str) -> bool {
    token.starts_with('"') || token.starts_with(is_of_word)
}

/// Whether a column means the same in the relation as in `(select * from relation where ..) dbt_subquery`.
pub(super) fn is_column_of_rows(column: &str, relation: &str) -> bool {
    let bare = relation.strip_suffix('"').unwrap_or(relation);
    let of_relation = match bare.strip_suffix(&column.replace('"', "\"\"")) {
        Some(before) => before.is_empty() || before.ends_with(['"', '.']),
        None => false,
    };
    !of_relation && !SYSTEM_COLUMNS.contains(&column)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_that_ask_more_than_the_row_are_not_plain() {
        for plain in [
            "a > 1",
            "day >= current_date - interval '7 days'",
            "lower(b) in ('x', '(select 1)') and (a is null or not (a = 2))",
            "\"select\" = 1",
            "cast(a as text) like 'x%'",
            "",
        ] {
            assert!(is_plain_condition(plain), "{plain}");
        }
        for other in
            ["random() < 0.5", "a in (select 1)", "SELECT true", "nextval ('s') = 1", "\"f\"(a)", "s.f(a)"]
        {
            assert!(!is_plain_condition(other), "{other}");
        }
    }

    #[test]
    fn a_column_may_be_more_than_one_of_the_rows() {
        let relation = "\"d\".\"s\".\"or.d\"\"ers\"";
        for column in ["id", "d", "s"] {
            assert!(is_column_of_rows(column, relation), "{column}");
        }
        for other in ["ctid", "or.d\"ers"] {
            assert!(!is_column_of_rows(other, relation), "{other}");
        }
        assert!(!is_column_of_rows("orders", "orders"));
    }
}
