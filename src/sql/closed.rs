//! Texts that are put between others: whether one is whole by itself, so that what stands around it means the same.

/// Whether the strings, quoted names and parentheses that a text opens are closed in it, and no others, with nothing in it that reaches
/// beyond its end: no comment, no semicolon. Backslashes and dollar signs may begin strings of other kinds.
pub(crate) fn is_closed(text: &str) -> bool {
    let mut depth = 0_usize;
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            // a doubled quote ends one string and begins the next
            '\'' | '"' if !letters.by_ref().any(|inner| inner == letter) => return false,
            '(' => depth += 1,
            ')' => match depth.checked_sub(1) {
                Some(less) => depth = less,
                None => return false,
            },
            ';' | '$' | '\0' => return false,
            '-' if letters.peek() == Some(&'-') => return false,
            '/' if letters.peek() == Some(&'*') => return false,
            _ => {}
        }
    }
    depth == 0 && !text.contains('\\')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_reaches_beyond_its_end_is_not_closed() {
        for closed in ["a", "a in ('x', 'it''s')", "\"a\"\"(\" > -1", "(a + (b)) / 2", "'--'", "a - - b", ""]
        {
            assert!(is_closed(closed), "{closed}");
        }
        for open in ["'it's'", "\"a", "a)", "(a", "a) or (b", "a -- b", "a /* b", "a; b", "$$a$$", "'a\\'"] {
            assert!(!is_closed(open), "{open}");
        }
    }
}
