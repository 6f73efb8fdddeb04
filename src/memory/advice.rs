//! What to do where a role may not make the memory, or has no reason to trust it.

use std::fmt::Write as _;

use super::condition::{Condition, Verdict};
use super::{layout, stranger};
use crate::adapter::quote_identifier;
use crate::diagnostic::Diagnostic;

pub(super) fn refusal(condition: &Condition) -> Box<Diagnostic> {
    let database = &condition.database;
    let role = &condition.role;
    match condition.verdict() {
        Verdict::Newer => Diagnostic::runtime(
            "memory-newer",
            format!(
                "a newer rsdbt has written the schema `rsdbt` of database `{database}`: its layout is {}, this program knows {}",
                condition.version.unwrap_or_default(),
                layout::current()
            ),
        )
        .help("use that version of rsdbt for every project of this database"),
        Verdict::Untrusted => {
            let stranger = condition.stranger.as_deref().unwrap_or_default();
            Diagnostic::runtime(
                "memory-untrusted",
                format!(
                    "role `{stranger}` owns tables in the schema `rsdbt` of database `{database}` and can change what rsdbt \
                     remembers for role `{role}`"
                ),
            )
            .help(format!(
                "let a superuser run these statements in database `{database}`:\n{}",
                script_beside(stranger::ASIDE, condition)
            ))
        }
        _ => {
            let (message, applied) = match &condition.schema_owner {
                None => (format!("role `{role}` may not create the schema `rsdbt` in database `{database}`"), 0),
                Some(owner) => (
                    format!("the schema `rsdbt` of database `{database}` belongs to `{owner}`: role `{role}` may not bring it to layout {}", layout::current()),
                    condition.version.unwrap_or_default(),
                ),
            };
            Diagnostic::runtime("memory-denied", message).help(format!(
                "rsdbt remembers there what its tables were built of; let a superuser or the owner of the database (`{}`) run \
                 these statements in database `{database}`:\n{}",
                condition.database_owner,
                script(condition, applied)
            ))
        }
    }
    .boxed()
}

/// What rsdbt itself would run.
fn script(condition: &Condition, applied: i64) -> String {
    let begin = match &condition.schema_owner {
        None => "create schema rsdbt".to_owned(),
        Some(owner) => format!("set local role {}", quote_identifier(owner)),
    };
    transaction([begin].into_iter().chain(migration(applied, layout::current())))
}

/// The same where the schema of another owner is set aside.
fn script_beside(aside: &str, condition: &Condition) -> String {
    let version = condition.version.unwrap_or_else(layout::current);
    let begin = [format!("alter schema rsdbt rename to {aside}"), "create schema rsdbt".to_owned()];
    let made = begin.into_iter().chain(migration(0, version)).chain(stranger::copies(aside));
    transaction(made.chain(migration(version, layout::current())))
}

fn migration(from: i64, to: i64) -> impl Iterator<Item = String> {
    layout::between(from, to).flat_map(|migration| {
        let record = migration.record();
        migration.statements().into_iter().map(str::to_owned).chain([record]).collect::<Vec<_>>()
    })
}

fn transaction(statements: impl Iterator<Item = String>) -> String {
    let begin = ["begin".to_owned(), "set local search_path = pg_catalog, pg_temp".to_owned()];
    let mut lines = String::new();
    for statement in begin.into_iter().chain(statements).chain([layout::comment(), "commit".to_owned()]) {
        let _ = writeln!(lines, "{statement};");
    }
    lines
}
