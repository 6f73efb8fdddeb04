//! The server's error message as a diagnostic, worded as libpq and therefore dbt words it.

use std::fmt::Write as _;
use std::sync::Arc;

use fallible_iterator::FallibleIterator;
use postgres_protocol::message::backend::ErrorFields;

use crate::diagnostic::{Diagnostic, ServerError};

/// The fields of an `ErrorResponse` or `NoticeResponse` that are told to users.
#[derive(Debug, Clone, Default)]
pub(super) struct Fields {
    /// In the server's language; `level` is always in English.
    pub(super) severity: String,
    level: String,
    pub(super) sqlstate: String,
    pub(super) message: String,
    detail: String,
    hint: String,
    /// In characters, counted from 1.
    position: Option<usize>,
    internal_position: Option<usize>,
    internal_query: String,
    context: String,
}

impl Fields {
    pub(super) fn read(mut fields: ErrorFields<'_>) -> Self {
        let mut read = Self::default();
        while let Ok(Some(field)) = fields.next() {
            let value = String::from_utf8_lossy(field.value_bytes()).into_owned();
            match field.type_() {
                b'S' => read.severity = value,
                b'V' => read.level = value,
                b'C' => read.sqlstate = value,
                b'M' => read.message = value,
                b'D' => read.detail = value,
                b'H' => read.hint = value,
                b'P' => read.position = value.parse().ok(),
                b'p' => read.internal_position = value.parse().ok(),
                b'q' => read.internal_query = value,
                b'W' => read.context = value,
                _ => {}
            }
        }
        read
    }

    /// As if the statement had begun later in what was sent.
    pub(super) fn shifted(mut self, characters: usize) -> Self {
        self.position = self.position.map(|position| position.saturating_sub(characters).max(1));
        self
    }

    /// FATAL and PANIC are the last words of a session.
    pub(super) fn ends_session(&self) -> bool {
        matches!(self.level.as_str(), "FATAL" | "PANIC")
    }

    pub(super) fn into_diagnostic(self, statement: &str) -> Box<Diagnostic> {
        let offset = self.position.and_then(|position| byte_offset(statement, position));
        Diagnostic {
            server: Some(Box::new(ServerError {
                sqlstate: self.sqlstate.clone(),
                statement: Arc::from(statement),
                offset,
            })),
            ..Diagnostic::database("database-error", self.text(statement))
        }
        .boxed()
    }

    /// The lines in libpq's order.
    fn text(&self, statement: &str) -> String {
        let mut text = plain_names(&self.message);
        let context =
            if has_block_of_ours(statement) { without_raise(&self.context) } else { self.context.clone() };
        if let Some(position) = self.position {
            point_at(&mut text, statement, position);
        } else if let Some(position) = self.internal_position {
            point_at(&mut text, &self.internal_query, position);
        }
        for (title, value) in [
            ("DETAIL", &plain_names(&self.detail)),
            ("HINT", &plain_names(&self.hint)),
            ("QUERY", &self.internal_query),
            ("CONTEXT", &bounded(&plain_names(&context))),
        ] {
            if !value.is_empty() {
                let _ = write!(text, "\n{title}:  {value}");
            }
        }
        text
    }
}

/// Whether a built-in macro has put a block into it, behind the query comment or among statements of a strategy.
fn has_block_of_ours(statement: &str) -> bool {
    let statement = statement.trim_start();
    let behind = statement.strip_prefix("/*").and_then(|rest| rest.split_once("*/"));
    let first = behind.map_or(statement, |(_, rest)| rest.trim_start());
    first.starts_with("do E'") || statement.contains("do $rsdbt")
}

/// Without what our statements call relations and rows: `orders__dbt_tmp1044` is the user's `orders`.
fn plain_names(text: &str) -> String {
    const STAGE: &str = "__dbt_tmp";
    let mut plain = text.replace("dbt_internal_source.", "").replace("dbt_internal_dest.", "");
    while let Some(at) = plain.find(STAGE) {
        let digits = plain[at + STAGE.len()..].bytes().take_while(u8::is_ascii_digit).count();
        plain.replace_range(at..at + STAGE.len() + digits, "");
    }
    plain
}

/// A trigger that calls itself has a line for each call.
fn bounded(context: &str) -> String {
    const FIRST: usize = 6;
    const LAST: usize = 2;
    let lines: Vec<&str> = context.lines().collect();
    let left_out = lines.len().saturating_sub(FIRST + LAST);
    if left_out < 2 {
        return context.to_owned();
    }
    let (first, last) = (&lines[..FIRST], &lines[lines.len() - LAST..]);
    format!("{}\n.. {left_out} more lines ..\n{}", first.join("\n"), last.join("\n"))
}

/// Without the line that says where in a block of ours a message was raised: it helps no user.
fn without_raise(context: &str) -> String {
    let of_raise = |line: &str| line.contains(" inline_code_block ") && line.ends_with(" RAISE");
    context.lines().filter(|line| !of_raise(line)).collect::<Vec<_>>().join("\n")
}

fn byte_offset(statement: &str, position: usize) -> Option<usize> {
    let mut offsets = statement.char_indices().map(|(at, _)| at).chain([statement.len()]);
    offsets.nth(position.checked_sub(1)?)
}

/// libpq's `LINE n: ...` with a caret; long lines are cut to 60 columns around the place.
fn point_at(text: &mut String, statement: &str, position: usize) {
    const DISPLAY: usize = 60;
    const MIN_RIGHT: usize = 10;
    let Some(offset) = byte_offset(statement, position) else { return };
    let start = statement[..offset].rfind('\n').map_or(0, |at| at + 1);
    let number = statement[..start].matches('\n').count() + 1;
    let line: Vec<char> = statement[start..].lines().next().unwrap_or_default().chars().collect();
    let column = statement[start..offset].chars().count();
    let (mut from, mut to) = (0, line.len());
    if line.len() > DISPLAY {
        if column + MIN_RIGHT <= DISPLAY {
            to = DISPLAY;
        } else if line.len() - column <= MIN_RIGHT {
            from = line.len() - DISPLAY;
        } else {
            from = column + MIN_RIGHT - DISPLAY;
            to = column + MIN_RIGHT;
        }
    }
    let prefix = format!("LINE {number}: {}", if from > 0 { "..." } else { "" });
    let shown: String = line[from..to].iter().map(|&c| if c == '\t' { ' ' } else { c }).collect();
    let suffix = if to < line.len() { "..." } else { "" };
    let blanks = " ".repeat(prefix.len() + column.saturating_sub(from));
    let _ = write!(text, "\n{prefix}{shown}{suffix}\n{blanks}^");
}

/// The session is gone; whether the last statement took effect is unknown.
pub(super) fn connection_lost(error: &std::io::Error, statement: &str) -> Box<Diagnostic> {
    let mut diagnostic = Diagnostic::database("connection-lost", "server closed the connection unexpectedly")
        .cause(error.to_string())
        .help("look into the server's log: it may have been restarted, or the session was terminated");
    diagnostic.server = Some(Box::new(ServerError {
        sqlstate: "08006".into(),
        statement: Arc::from(statement),
        offset: None,
    }));
    diagnostic.boxed()
}

/// A session could not be opened because nobody answered.
pub(super) fn unreachable() -> ServerError {
    ServerError { sqlstate: "08001".into(), statement: Arc::from(""), offset: None }
}

fn state(diagnostic: &Diagnostic) -> &str {
    diagnostic.server.as_ref().map_or("", |server| server.sqlstate.as_str())
}

/// Whether the same work may succeed when it is tried again from its beginning. Connecting has its own patience.
pub(crate) fn is_transient(diagnostic: &Diagnostic) -> bool {
    if diagnostic.code == "connection-failed" {
        return false;
    }
    diagnostic.code == LOCK_LOST
        || diagnostic.code == SNAPSHOT_OUTLIVED
        || matches!(
            state(diagnostic),
            // deadlock, serialization failure, lock not available
            "40P01" | "40001" | "55P03"
            // the connection was lost, or the server ended the session
            | "08000" | "08003" | "08006" | "57P01" | "57P02" | "57P05" | "25P03"
        )
        || state(diagnostic) == "XX000" && diagnostic.message.starts_with("tuple concurrently")
        || state(diagnostic) == "23505" && is_of_a_catalog(&diagnostic.message)
}

/// Two sessions that make relations of one name, or of names whose array types have one, at the same time: the second finds out by a
/// unique index of the catalog. Its name is no name of a user's index, which `pg_` cannot begin.
fn is_of_a_catalog(message: &str) -> bool {
    ["pg_type_typname_nsp_index", "pg_class_relname_nsp_index"]
        .iter()
        .any(|index| message.contains(&format!("\"{index}\"")))
}

/// The code of the error of a query whose tables have changed their files: with a new snapshot it succeeds.
pub(crate) const SNAPSHOT_OUTLIVED: &str = "snapshot-outlived";

/// The code of the error that a commit without the run's lock gives.
pub(super) const LOCK_LOST: &str = "lock-lost";

/// Whether a session cannot be opened for now: nobody listens, the server starts or stops, or it is full.
pub(super) fn is_unreachable(diagnostic: &Diagnostic) -> bool {
    matches!(state(diagnostic), "08001" | "08006" | "57P01" | "57P02" | "57P03" | "53300")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_sessions_that_make_one_name_try_again() {
        let violation = |index: &str| Diagnostic {
            server: Some(Box::new(crate::diagnostic::ServerError {
                sqlstate: "23505".into(),
                statement: "create table x ()".into(),
                offset: None,
            })),
            ..Diagnostic::database("x", format!("duplicate key value violates unique constraint \"{index}\""))
        };
        assert!(is_transient(&violation("pg_type_typname_nsp_index")));
        assert!(is_transient(&violation("pg_class_relname_nsp_index")));
        assert!(!is_transient(&violation("orders_pkey")));
    }

    #[test]
    fn the_place_is_shown_as_libpq_shows_it() {
        let statement = "/* note */\nselect *\nfrom nowhere";
        let fields = Fields {
            message: "relation \"nowhere\" does not exist".into(),
            position: Some(26),
            ..Fields::default()
        };
        let diagnostic = fields.into_diagnostic(statement);
        assert_eq!(
            diagnostic.message,
            "relation \"nowhere\" does not exist\nLINE 3: from nowhere\n             ^"
        );
        assert_eq!(diagnostic.server.unwrap().offset, statement.find("nowhere"));
    }

    #[test]
    fn the_line_of_a_block_is_shown_for_blocks_of_others_only() {
        let text = |statement: &str, context: &str| {
            let fields = Fields { message: "m".into(), context: context.into(), ..Fields::default() };
            fields.text(statement)
        };
        let raise = "PL/pgSQL function inline_code_block line 106 at RAISE";
        assert_eq!(text("/* {\"app\": \"dbt\"} */\n  do $rsdbt_1a$ begin end $rsdbt_1a$", raise), "m");
        assert_eq!(text("do E'begin end'", raise), "m");
        assert_eq!(text("do $$ begin end $$", raise), format!("m\nCONTEXT:  {raise}"));
        let among = "delete from a;\n  do $rsdbt_1a$ begin end $rsdbt_1a$;insert into a";
        assert_eq!(text(among, raise), "m");
        let both = format!("SQL statement \"select 1/0\"\n{raise}");
        assert_eq!(text("do $rsdbt$ begin end $rsdbt$", &both), "m\nCONTEXT:  SQL statement \"select 1/0\"");
    }

    #[test]
    fn names_of_ours_are_those_of_the_user() {
        let fields = Fields {
            message: "column dbt_internal_source.idd does not exist".into(),
            detail: "Failing row of \"orders__dbt_tmp\"".into(),
            hint: "Perhaps \"orders__dbt_tmp024559727080.id\" or \"dbt_internal_dest.id\".".into(),
            ..Fields::default()
        };
        assert_eq!(
            fields.text("select"),
            "column idd does not exist\nDETAIL:  Failing row of \"orders\"\nHINT:  Perhaps \"orders.id\" or \"id\"."
        );
    }

    #[test]
    fn a_context_of_many_lines_is_bounded() {
        let lines = |count: usize| {
            let lines: Vec<String> = (1..=count).map(|line| format!("line {line}\n")).collect();
            lines.concat()
        };
        let context = lines(1000);
        let fields = Fields { message: "m".into(), context, ..Fields::default() };
        let text = fields.text("select");
        assert_eq!(text.lines().count(), 10, "{text}");
        assert!(text.contains("line 6\n.. 992 more lines ..\nline 999\nline 1000"), "{text}");
        let context = lines(9);
        let fields = Fields { message: "m".into(), context, ..Fields::default() };
        assert!(fields.text("select").contains("line 7"));
    }

    #[test]
    fn long_lines_are_cut_around_the_place() {
        let statement = format!("select {} oops, {}", "a".repeat(80), "b".repeat(80));
        let fields = Fields { message: "m".into(), position: Some(89), ..Fields::default() };
        let text = fields.text(&statement);
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[1].starts_with("LINE 1: ...aaa") && lines[1].ends_with("..."), "{text}");
        assert_eq!(&lines[1][lines[2].len() - 1..][..4], "oops");
    }
}
