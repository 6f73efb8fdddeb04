//! From the place in the sent SQL that the server names to the line that the user wrote.

use std::ops::Range;

/// The range in the user's file. None where it cannot be told: a line that a macro made, or that stands in
/// several places.
pub(super) fn in_file(file: &str, compiled: &str, statement: &str, offset: usize) -> Option<Range<usize>> {
    let compiled = compiled.trim();
    let within = match statement.find(compiled) {
        Some(begin) => offset.checked_sub(begin)?,
        None => by_line(compiled, statement, offset)?,
    };
    let start = compiled.get(..within)?.rfind('\n').map_or(0, |at| at + 1);
    let line = compiled[start..].lines().next()?.trim_end();
    let word = word(compiled.get(within..)?);
    let indent = line.len() - line.trim_start().len();
    let (wanted, column) = (line.trim(), (within - start).checked_sub(indent)?);
    if wanted.is_empty() {
        return None;
    }
    let same: Vec<usize> =
        starts(file).filter(|&(_, text)| text.trim() == wanted).map(|(at, _)| at).collect();
    let twins: Vec<usize> =
        starts(compiled).filter(|&(_, text)| text.trim() == wanted).map(|(at, _)| at).collect();
    if !same.is_empty() {
        // the n-th of equal lines is the n-th in both, when both have as many
        let rank = twins.iter().position(|&at| at == start)?;
        let line = (same.len() == twins.len()).then(|| same[rank])?;
        let blanks = file[line..].len() - file[line..].trim_start().len();
        let from = line + blanks + column;
        return Some(from..from + word.len());
    }
    let mut made = starts(file).filter(|(_, text)| may_become(text, wanted));
    let (line, text) = made.next()?;
    if made.next().is_some() {
        return None;
    }
    let blanks = text.len() - text.trim_start().len();
    match text.find(word).filter(|_| !word.is_empty()) {
        Some(at) => Some(line + at..line + at + word.len()),
        None => Some(line + blanks..line + text.trim_end().len()),
    }
}

/// Whether SQL is only comments and semicolons.
pub(super) fn holds_nothing(code: &str) -> bool {
    let mut rest = code;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == ';');
        if let Some(comment) = rest.strip_prefix("--") {
            rest = comment.split_once('\n').map_or("", |(_, after)| after);
        } else if rest.starts_with("/*") {
            rest = after_block(rest);
        } else {
            return rest.is_empty();
        }
    }
}

/// What follows a comment in which others may be nested.
fn after_block(text: &str) -> &str {
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(pair) = text.as_bytes().get(at..at + 2) {
        match pair {
            b"/*" => (depth, at) = (depth + 1, at + 2),
            b"*/" => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return &text[at..];
        }
    }
    ""
}

/// The place in SQL that a strategy changed before it was sent: the line must be whole, and the only one of its kind.
fn by_line(compiled: &str, statement: &str, offset: usize) -> Option<usize> {
    let begin = statement.get(..offset)?.rfind('\n').map_or(0, |at| at + 1);
    let line = statement[begin..].lines().next()?;
    let mut equal =
        starts(compiled).filter(|(_, text)| !line.trim().is_empty() && text.trim_end() == line.trim_end());
    let (at, _) = equal.next()?;
    equal.next().is_none().then_some(at + offset - begin)
}

/// The lines of a text with their offsets.
fn starts(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.split_inclusive('\n').scan(0, |at, line| {
        let start = *at;
        *at += line.len();
        Some((start, line))
    })
}

/// Whether the line's text outside of Jinja occurs in the rendered line, in order and up to its ends.
fn may_become(raw: &str, rendered: &str) -> bool {
    let raw = raw.trim();
    let (mut rest, mut found_any, mut at_start) = (rendered, false, true);
    let mut source = raw;
    while let Some(open) = source.find("{{") {
        let literal = &source[..open];
        let Some(at) = rest.find(literal) else { return false };
        if at_start && at > 0 {
            return false;
        }
        at_start = false;
        found_any |= !literal.trim().is_empty();
        rest = &rest[at + literal.len()..];
        let Some(close) = source[open..].find("}}") else { return false };
        source = &source[open + close + 2..];
    }
    // without Jinja the lines would be equal
    let has_jinja = source.len() < raw.len();
    has_jinja && (found_any || !source.trim().is_empty()) && rest.ends_with(source)
}

/// The name, number or string that begins the text, else one character.
fn word(text: &str) -> &str {
    let mut characters = text.char_indices();
    let Some((_, first)) = characters.next() else { return "" };
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '.' || c == '"';
    let end = match first {
        first if is_part(first) => characters.find(|&(_, c)| !is_part(c)).map_or(text.len(), |(at, _)| at),
        first => first.len_utf8(),
    };
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told<'f>(file: &'f str, compiled: &str, error: &str) -> Option<&'f str> {
        let statement = format!("/* note */\ncreate table t as (\n{compiled}\n);");
        let range = in_file(file, compiled, &statement, statement.find(error).unwrap())?;
        Some(&file[range.start..])
    }

    #[test]
    fn comments_alone_are_nothing() {
        for code in ["", " \n", "-- a", "-- é\n/* /* x */ é */;\n--", "/* open"] {
            assert!(holds_nothing(code), "{code}");
        }
        for code in ["select 1", "-- a\nx", "/* a */ x", "/* /* */ */ x", "- -"] {
            assert!(!holds_nothing(code), "{code}");
        }
    }

    #[test]
    fn a_line_without_jinja_is_found_by_itself() {
        let file = "{{ config() }}\n\nselect 1 as a,\n  nope\nfrom {{ ref('x') }}\n";
        let compiled = "select 1 as a,\n  nope\nfrom \"d\".\"s\".\"x\"";
        assert_eq!(told(file, compiled, "nope"), Some("nope\nfrom {{ ref('x') }}\n"));
    }

    #[test]
    fn a_line_with_jinja_is_found_by_what_stands_around_it() {
        let file = "select {{ n }} as a, oops\nfrom {{ ref('x') }} as y\n";
        let compiled = "select 1 as a, oops\nfrom \"d\".\"s\".\"x\" as y";
        assert_eq!(told(file, compiled, "oops"), Some("oops\nfrom {{ ref('x') }} as y\n"));
        assert_eq!(told(file, compiled, "\"d\""), Some("from {{ ref('x') }} as y\n"));
    }

    #[test]
    fn sql_that_a_strategy_changed_is_found_by_its_line() {
        let file = "{{ config() }}\nselect 1 as a\nfrom nope\nwhere {{ in_partitions('at') }}\n";
        let compiled = "select 1 as a\nfrom nope\nwhere (at is not null)";
        let statement = "create table t as (\nselect 1 as a\nfrom nope\nwhere (at > '2024-01-01')\n)";
        let told = in_file(file, compiled, statement, statement.find("nope").unwrap());
        assert_eq!(told.map(|range| &file[range]), Some("nope"));
        assert_eq!(in_file(file, compiled, statement, statement.find("at >").unwrap()), None);
    }

    #[test]
    fn equal_lines_keep_their_order_and_a_loop_tells_nothing() {
        let file = "select bad\nunion all\nselect bad\n";
        let statement = "select bad\nunion all\nselect bad";
        assert_eq!(in_file(file, statement, statement, 28), Some(28..31));
        let file = "select\n{% for i in range(2) %}\n  bad,\n{% endfor %}\n1";
        assert_eq!(told(file, "select\n\n  bad,\n\n  bad,\n\n1", "bad"), None);
    }
}
