//! What to do where a role may not make the memory, or has no reason to trust it.

use std::fmt::Write as _;

use super::condition::{Condition, Verdict};
use super::layout;
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
                script(&["alter schema rsdbt rename to rsdbt_set_aside".to_owned()], condition, 0)
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
                script(&[], condition, applied)
            ))
        }
    }
    .boxed()
}

/// What rsdbt itself would run.
fn script(before: &[String], condition: &Condition, applied: i64) -> String {
    let mut lines = String::new();
    let mut add = |statement: &str| {
        let _ = writeln!(lines, "{statement};");
    };
    add("begin");
    add("set local search_path = pg_catalog, pg_temp");
    for statement in before {
        add(statement);
    }
    if condition.schema_owner.is_none() || !before.is_empty() {
        add("create schema rsdbt");
    } else if let Some(owner) = &condition.schema_owner {
        add(&format!("set local role {}", quote_identifier(owner)));
    }
    for migration in layout::migrations().iter().filter(|migration| migration.version > applied) {
        for statement in migration.statements() {
            add(statement);
        }
        add(&migration.record());
    }
    add(&layout::comment());
    add("commit");
    lines
}
