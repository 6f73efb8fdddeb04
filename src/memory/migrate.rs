//! Creates the schema, applies what is missing, and takes over what an earlier layout or another owner left.

use std::sync::Arc;

use super::condition::{Condition, Verdict};
use super::statement::run;
use super::{advice, layout, legacy, stranger};
use crate::adapter::{Cell, Connection, Settings, quote_identifier};
use crate::diagnostic::Result;

/// Two programs at once come one after the other; nobody waits for ever behind a run that uses the tables.
const LOCKS: [&str; 3] = [
    "set local search_path = pg_catalog, pg_temp",
    "set local lock_timeout = '30s'",
    "select pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('rsdbt memory', 0))",
];

pub(super) fn migrate(settings: &Arc<Settings>) -> Result<()> {
    let settings = Arc::new(Settings { autocommit: false, ..Settings::clone(settings) });
    let mut connection = Connection::open(&settings)?;
    let connection = &mut connection;
    for statement in LOCKS {
        run(connection, statement)?;
    }
    // another program may have been here meanwhile
    let condition = Condition::read(connection)?;
    match condition.verdict() {
        Verdict::Ready => return connection.rollback_if_open(),
        Verdict::Denied | Verdict::Untrusted | Verdict::Newer => return Err(advice::refusal(&condition)),
        Verdict::Missing | Verdict::Old => {}
    }
    let set_aside = if condition.stranger.is_some() { Some(set_aside(connection)?) } else { None };
    let owner = match &condition.schema_owner {
        Some(owner) if set_aside.is_none() => owner,
        // trusted by everybody, if the role may act for it
        _ if is_member(connection, &condition.database_owner)? => &condition.database_owner,
        _ => &condition.role,
    };
    if condition.schema_owner.is_none() || set_aside.is_some() {
        run(connection, &format!("create schema rsdbt authorization {}", quote_identifier(owner)))?;
    }
    let as_role = |role: &str| format!("set local role {}", quote_identifier(role));
    if set_aside.is_some() || condition.version != Some(layout::current()) {
        run(connection, &as_role(owner))?;
        let mut applied = applied(connection)?;
        if applied > layout::current() {
            return Err(advice::refusal(&Condition { version: Some(applied), ..condition }));
        }
        if let Some(aside) = set_aside {
            // in the layout that it has there, to be brought to ours as one's own would be
            let version = condition.version.unwrap_or_else(layout::current);
            apply(connection, applied, version)?;
            applied = version;
            run(connection, &as_role(&condition.role))?;
            for statement in stranger::copies(&aside) {
                run(connection, &statement)?;
            }
            run(connection, &as_role(owner))?;
        }
        apply(connection, applied, layout::current())?;
        run(connection, &layout::comment())?;
        run(connection, &as_role(&condition.role))?;
    }
    if condition.has_legacy {
        legacy::take_over(connection)?;
    }
    connection.commit()
}

/// By the table, which knows more than the comment.
fn applied(connection: &mut Connection) -> Result<i64> {
    let exists = "select from pg_catalog.pg_class where relname = 'layout' \
        and relnamespace = (select oid from pg_catalog.pg_namespace where nspname = 'rsdbt')";
    if connection.query(exists, &[])?.rows.is_empty() {
        return Ok(0);
    }
    let rows = connection.query("select pg_catalog.max(version)::bigint from rsdbt.layout", &[])?;
    Ok(match rows.rows.first().and_then(|row| row.first()) {
        Some(Cell::Int(version)) => *version,
        _ => 0,
    })
}

fn apply(connection: &mut Connection, from: i64, to: i64) -> Result<()> {
    for migration in layout::between(from, to) {
        for statement in migration.statements() {
            run(connection, statement)?;
        }
        run(connection, &migration.record())?;
    }
    Ok(())
}

/// What a stranger made may have triggers and policies that act with the rights of whoever writes: it is not used.
fn set_aside(connection: &mut Connection) -> Result<String> {
    let name = "select 'rsdbt_of_' || rolname || '_' || s.oid from pg_catalog.pg_namespace as s \
        join pg_catalog.pg_roles as o on o.oid = nspowner where nspname = 'rsdbt'";
    let rows = connection.query(name, &[])?;
    let name = match rows.rows.first().and_then(|row| row.first()) {
        Some(Cell::Text(name)) => name.clone(),
        _ => "rsdbt_aside".to_owned(),
    };
    run(connection, &format!("alter schema rsdbt rename to {}", quote_identifier(&name)))?;
    Ok(name)
}

fn is_member(connection: &mut Connection, role: &str) -> Result<bool> {
    let query =
        "select pg_catalog.pg_has_role(oid, 'MEMBER') from pg_catalog.pg_roles where rolname = $1::text";
    Ok(connection.query(query, &[role])?.rows.first().and_then(|row| row.first()) == Some(&Cell::Bool(true)))
}
