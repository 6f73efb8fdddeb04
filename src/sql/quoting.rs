//! The one place where names and values become SQL text.

/// `"name"`, always quoted: what needs no quotes today may be a keyword tomorrow.
pub fn quote_identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// As it stands where it is a plain word, else quoted: for names that dbt writes without quotes.
pub(crate) fn quote_odd_identifier(name: &str) -> String {
    let mut letters = name.chars();
    let is_plain = letters.next().is_some_and(|first| first.is_alphabetic() || first == '_')
        && letters.all(|letter| letter.is_alphanumeric() || matches!(letter, '_' | '$'));
    if is_plain { name.to_owned() } else { quote_identifier(name) }
}

/// A name as a project writes it: quoted by itself, or plain, else it is quoted.
pub(crate) fn quote_where_needed(written: &str) -> String {
    let inner = written.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    match inner {
        Some(inner) if !inner.is_empty() && !inner.replace("\"\"", "").contains('"') => written.to_owned(),
        _ => quote_odd_identifier(written),
    }
}

/// `'text'`, for statements that take no parameters.
pub(crate) fn quote_literal(text: &str) -> String {
    let quoted = text.replace('\'', "''");
    // a backslash means something only in strings that begin with E
    if quoted.contains('\\') {
        format!(" E'{}'", quoted.replace('\\', "\\\\"))
    } else {
        format!("'{quoted}'")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_are_doubled_and_backslashes_escaped() {
        assert_eq!(quote_identifier("a\"b"), "\"a\"\"b\"");
        for plain in ["order", "Größe_1$", "_x"] {
            assert_eq!(quote_odd_identifier(plain), plain);
        }
        for odd in ["", "1a", "a b", "a\"b", "a;b", "a\nb", "$a"] {
            assert_eq!(quote_odd_identifier(odd), quote_identifier(odd));
        }
        for written in ["order", "\"a b\"", "\"a\"\"b\""] {
            assert_eq!(quote_where_needed(written), written);
        }
        for odd in ["a b", "\"a\"b\"", "\"", "\"\"", "\"a\" int); --\""] {
            assert_eq!(quote_where_needed(odd), quote_identifier(odd));
        }
        assert_eq!(quote_literal("it's"), "'it''s'");
        assert_eq!(quote_literal("a\\b"), " E'a\\\\b'");
    }
}
