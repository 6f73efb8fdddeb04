//! Chains of operators: the engine's parser, our rewrite and the code generator call themselves for each link, so a text
//! with very many of them is refused before they run out of stack.

use crate::diagnostic::{Diagnostic, Result};

use super::source_map::SourceMap;

/// So many operators, attributes and calls may follow each other in an expression.
const LONGEST: usize = 500;
/// So many `elif` may follow an `if`.
const MOST_BRANCHES: usize = 500;

/// Words that are operators.
const WORDS: [&str; 7] = ["not", "and", "or", "if", "else", "is", "in"];

/// Looks at the tags of a template.
pub(super) fn check(text: &str, map: &SourceMap) -> Result<()> {
    if text.len() < LONGEST {
        return Ok(());
    }
    let mut at = 0;
    let mut branches = 0_usize;
    while let Some(start) = next_tag(text, at) {
        let close = if text[start..].starts_with("{{") { "}}" } else { "%}" };
        let tag = text[start + 2..].trim_start_matches(['-', '+']).trim_start();
        branches = match tag {
            _ if tag.starts_with("elif") => branches + 1,
            _ if tag.starts_with("if") => 0,
            _ => branches,
        };
        if branches > MOST_BRANCHES {
            return Err(too_long(map, start, "this `if` has too many `elif`"));
        }
        at = chain(text, start + 2, close, map)?;
    }
    Ok(())
}

/// One look for both kinds of tags: where one kind is missing, each search for it would read the text to its end.
fn next_tag(text: &str, from: usize) -> Option<usize> {
    let mut braces = text[from..].match_indices('{').map(|(at, _)| from + at);
    braces.find(|at| matches!(text.as_bytes().get(at + 1), Some(b'{' | b'%')))
}

/// Looks at an expression without tags.
pub(super) fn check_expression(text: &str, map: &SourceMap) -> Result<()> {
    if text.len() < LONGEST {
        return Ok(());
    }
    chain(text, 0, "\0", map).map(drop)
}

/// Counts links to the end of a tag; a comma begins a new chain.
fn chain(text: &str, from: usize, close: &str, map: &SourceMap) -> Result<usize> {
    let bytes = text.as_bytes();
    let mut links = 0_usize;
    let mut at = from;
    while let Some(&byte) = bytes.get(at) {
        if bytes[at..].starts_with(close.as_bytes()) {
            return Ok(at + close.len());
        }
        let length = match byte {
            b'\'' | b'"' => string_length(bytes, at),
            b',' => {
                links = 0;
                1
            }
            b'+' | b'-' | b'*' | b'/' | b'~' | b'%' | b'.' | b'|' | b'(' | b'[' | b'<' | b'>' | b'='
            | b'!' => {
                links += 1;
                1
            }
            _ if byte.is_ascii_alphabetic() || byte == b'_' => {
                let is_part = |byte: &&u8| byte.is_ascii_alphanumeric() || **byte == b'_';
                let length = bytes[at..].iter().take_while(is_part).count();
                links += usize::from(WORDS.contains(&&text[at..at + length]));
                length
            }
            _ => 1,
        };
        if links > LONGEST {
            return Err(too_long(map, at, "this expression has too many operators in a row"));
        }
        at += length;
    }
    Ok(bytes.len())
}

fn string_length(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 1,
            _ if byte == bytes[start] => return at + 1 - start,
            _ => {}
        }
        at += 1;
    }
    at.min(bytes.len()) - start
}

fn too_long(map: &SourceMap, at: usize, message: &str) -> Box<Diagnostic> {
    Diagnostic::compilation("jinja-nesting", message)
        .label(map.span(at..at + 1), "")
        .help("put the values into a list and use `join`, `sum` or a loop")
        .boxed()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::SourceText;

    fn refused(text: &str) -> bool {
        let source = SourceText::new("a.sql", text);
        check(text, &SourceMap::exact(&source, 0)).is_err()
    }

    #[test]
    fn chains_are_counted_and_lists_are_not() {
        for link in ["+1", "~ 'a'", ".a", "|upper", "()", "[0]", " and x", " if x else y"] {
            assert!(refused(&format!("select {{{{ x{} }}}}", link.repeat(1000))), "{link}");
        }
        assert!(refused(&format!("{{{{ {}x }}}}", "not ".repeat(1000))));
        assert!(refused(&format!("{{{{ {}1 }}}}", "-".repeat(1000))));
        assert!(refused(&format!("{{% if a %}}{}{{% endif %}}", "{% elif b %}x".repeat(1000))));
        assert!(!refused(&format!("{{% set x = [{}] %}}", "-1.5, ".repeat(10_000))));
        assert!(!refused(&format!("select '{}', {{{{ x.y }}}}", "a.b+c".repeat(10_000))));
        assert!(!refused(&format!("{{{{ '{}' }}}}", "a.b+c".repeat(10_000))));
        assert!(!refused(&"{{ a.b(c) }}".repeat(10_000)));
        assert!(!refused(&"{% if a %}{% elif b %}{% endif %}".repeat(10_000)));
    }

    #[test]
    fn the_time_is_in_proportion_to_the_text() {
        let begun = std::time::Instant::now();
        assert!(!refused(&"{% set a = 1 %}".repeat(200_000)));
        assert!(!refused(&"{{ a }}".repeat(200_000)));
        assert!(!refused(&"{ { a } }".repeat(200_000)));
        assert!(begun.elapsed() < std::time::Duration::from_secs(20), "{:?}", begun.elapsed());
    }
}
