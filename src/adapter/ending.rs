//! What a text does to the transaction that it is sent in: who commits must first know the transaction's number.

use crate::sql::split::statements;

/// How a text ends the transaction that is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// It does not.
    Open,
    /// It commits; `more` statements may follow.
    Commit {
        more: bool,
    },
    Rollback,
    /// Several ends, a chain, a prepared transaction: afterwards nobody could say what lasts.
    Unclear,
}

impl Ending {
    pub(super) fn of(sql: &str) -> Self {
        if !may_end(sql) {
            return Self::Open;
        }
        let statements = statements(sql);
        let ends: Vec<(usize, Self)> =
            statements.iter().enumerate().filter_map(|(at, text)| Some((at, of_one(text)?))).collect();
        match ends.as_slice() {
            [] => Self::Open,
            [(at, Self::Commit { .. })] => Self::Commit { more: at + 1 < statements.len() },
            [(at, Self::Rollback)] if at + 1 == statements.len() => Self::Rollback,
            _ => Self::Unclear,
        }
    }

    /// Whether the text throws away what the open transaction has done.
    pub(super) fn undoes(sql: &str) -> bool {
        let is_rollback =
            |text: &str| matches!(first_words(text).first().map(String::as_str), Some("rollback" | "abort"));
        may_end(sql)
            && statements(sql)
                .iter()
                .find(|text| of_one(text).is_some())
                .is_some_and(|text| is_rollback(text))
    }

    /// Whether the text is one statement only.
    pub(super) fn is_alone(sql: &str) -> bool {
        statements(sql).len() == 1
    }
}

/// Most texts do not hold one of the words at all.
fn may_end(sql: &str) -> bool {
    const WORDS: [&[u8]; 5] = [b"commit", b"end", b"rollback", b"abort", b"prepare"];
    let bytes = sql.as_bytes();
    bytes.iter().enumerate().any(|(at, byte)| {
        matches!(byte | 0x20, b'c' | b'e' | b'r' | b'a' | b'p')
            && WORDS.iter().any(|word| {
                bytes.get(at..at + word.len()).is_some_and(|found| found.eq_ignore_ascii_case(word))
            })
    })
}

fn of_one(statement: &str) -> Option<Ending> {
    let words = first_words(statement);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    Some(match words.as_slice() {
        ["commit" | "end"] | ["commit" | "end", "work" | "transaction"] => Ending::Commit { more: false },
        ["commit" | "end", .., "and", "no", "chain"] => Ending::Commit { more: false },
        ["rollback", "to", ..] | ["rollback", "work" | "transaction", "to", ..] => return None,
        ["rollback" | "abort"] | ["rollback" | "abort", "work" | "transaction"] => Ending::Rollback,
        ["commit" | "end" | "rollback" | "abort", ..] | ["prepare", "transaction", ..] => Ending::Unclear,
        _ => return None,
    })
}

/// The first five words in lower case, without comments.
fn first_words(statement: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut rest = statement;
    while words.len() < 5 {
        rest = skip_blank(rest);
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len());
        if end == 0 {
            if !rest.is_empty() {
                words.push(String::new());
            }
            break;
        }
        words.push(rest[..end].to_ascii_lowercase());
        rest = &rest[end..];
    }
    words
}

/// The words and quoted names of a command, without comments, up to anything else.
pub(super) fn words(statement: &str) -> impl Iterator<Item = &str> {
    let mut rest = statement;
    std::iter::from_fn(move || {
        rest = skip_blank(rest);
        let end = match rest.strip_prefix('"') {
            Some(quoted) => {
                let bytes = quoted.as_bytes();
                let mut at = 0;
                while bytes.get(at).is_some_and(|byte| *byte != b'"' || bytes.get(at + 1) == Some(&b'"')) {
                    at += if bytes[at] == b'"' { 2 } else { 1 };
                }
                (at + 2).min(rest.len())
            }
            None => rest
                .find(|c: char| c.is_ascii() && !(c.is_ascii_alphanumeric() || c == '_' || c == '$'))
                .unwrap_or(rest.len()),
        };
        let (word, after) = rest.split_at(end);
        rest = after;
        (!word.is_empty()).then_some(word)
    })
}

fn skip_blank(text: &str) -> &str {
    let mut rest = text.trim_start();
    loop {
        if let Some(comment) = rest.strip_prefix("--") {
            rest = comment.split_once('\n').map_or("", |(_, after)| after).trim_start();
        } else if rest.starts_with("/*") {
            rest = after_comment(rest).trim_start();
        } else {
            return rest;
        }
    }
}

/// Comments of Postgres nest.
fn after_comment(text: &str) -> &str {
    let (mut depth, mut at) = (0_usize, 0);
    let bytes = text.as_bytes();
    while at < bytes.len() {
        match bytes.get(at..at + 2) {
            Some(b"/*") => (depth, at) = (depth + 1, at + 2),
            Some(b"*/") => {
                (depth, at) = (depth - 1, at + 2);
                if depth == 0 {
                    return &text[at..];
                }
            }
            _ => at += 1,
        }
    }
    ""
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rollback_undoes_unless_something_was_committed_before() {
        for sql in [
            "rollback",
            "/* note */ abort work;",
            "insert into t values (1); rollback; select 1",
            "rollback and chain",
        ] {
            assert!(Ending::undoes(sql), "{sql}");
        }
        for sql in ["commit; begin; select 1; rollback", "rollback to a", "select 'rollback'", "vacuum t"] {
            assert!(!Ending::undoes(sql), "{sql}");
        }
    }

    #[test]
    fn ends_are_told_from_statements_that_only_hold_the_words() {
        for (sql, expected) in [
            ("select 1", Ending::Open),
            ("select case when a then 1 end as commit", Ending::Open),
            ("/* {\"node_id\": \"commit\"} */\ncommit;", Ending::Commit { more: false }),
            ("-- end\nEND TRANSACTION", Ending::Commit { more: false }),
            ("insert into t values ('; commit;'); COMMIT\n/* note */", Ending::Commit { more: false }),
            ("set local a = b;\ncommit;\ndrop table t", Ending::Commit { more: true }),
            ("commit and no chain", Ending::Commit { more: false }),
            ("commit and chain", Ending::Unclear),
            ("commit; commit", Ending::Unclear),
            ("rollback to savepoint a", Ending::Open),
            ("rollback work to a", Ending::Open),
            ("insert into t values (1); rollback", Ending::Rollback),
            ("rollback; insert into t values (1)", Ending::Unclear),
            ("prepare transaction 'x'", Ending::Unclear),
            ("prepare p as select 1", Ending::Open),
            ("create function f() begin atomic select 1; end", Ending::Open),
            ("do $$ begin commit; end $$", Ending::Open),
        ] {
            assert_eq!(Ending::of(sql), expected, "{sql}");
        }
    }
}
