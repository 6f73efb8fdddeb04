//! Whether a node may write into a relation that belongs to another role.

use std::fmt::Write as _;

use minijinja::{Error, State, Value};

use super::{Database, NodeDatabase, expect_relation, none, relations};
use crate::adapter::catalog::{self, UntrustedCode, Writes};
use crate::adapter::{Begin, Connection, Fetch, quote_identifier};
use crate::context::objects::Relation;
use crate::diagnostic::{Diagnostic, Result};
use crate::jinja::python::{bind, raise};

pub(super) fn call(
    database: &Database,
    _: &mut State<'_, '_>,
    method: &str,
    args: &[Value],
) -> Option<std::result::Result<Value, Error>> {
    Some(match method {
        "rsdbt_admit_writes" => admit(database, method, args, Writes::Any),
        "rsdbt_admit_deletes" => admit(database, method, args, Writes::Deletes),
        _ => return None,
    })
}

/// `is_found`: the relation was looked up on the server, and may be younger than the list of relations.
fn admit(
    database: &Database,
    method: &str,
    args: &[Value],
    writes: Writes,
) -> std::result::Result<Value, Error> {
    let [relation, is_found] = bind(method, args, ["relation", "is_found"])?;
    let relation = expect_relation(method, "relation", &relation.unwrap_or_default())?;
    let Some((schema, name)) = relations::stored_names(&relation) else { return Ok(none()) };
    let found = is_found.is_some_and(|found| found.is_true());
    if found || !database.settings.cache.is_trusted(&schema, &name) {
        let session = database.session().map_err(raise)?;
        let admitted = session.with(|connection| {
            if found && catalog::is_trusted(connection, &schema, &name)? {
                return Ok(());
            }
            hold(connection, &schema, &name)?;
            refuse_code(connection, &schema, &name, writes)
        });
        admitted.map_err(raise)?;
    }
    Ok(none())
}

impl NodeDatabase {
    /// Before a node's materialization, whichever it is: an error when others' code hangs on what it may write into.
    pub(crate) fn admit_writes(&self, relation: &Relation) -> Result<()> {
        let Some((schema, name)) = relations::stored_names(relation) else { return Ok(()) };
        let cache = &self.settings.cache;
        let Ok(session) = self.session() else { return Ok(()) };
        if !cache.has_schema(&schema) {
            session.load_schema(cache, &schema)?;
        }
        if cache.is_trusted(&schema, &name) {
            return Ok(());
        }
        session.with(|connection| refuse_code(connection, &schema, &name, Writes::Any))
    }
}

/// Until the end of the transaction nothing can be attached. What the role may not lock, it cannot write into.
fn hold(connection: &mut Connection, schema: &str, name: &str) -> Result<()> {
    let may_be_alone = connection.settings().autocommit || connection.transaction_open();
    let is_alone = may_be_alone && connection.commits_at_once();
    if is_alone || !catalog::is_writable(connection, schema, name)? {
        return Ok(());
    }
    let sql =
        format!("lock table {}.{} in row exclusive mode", quote_identifier(schema), quote_identifier(name));
    connection.execute(&sql, Begin::Auto, Fetch::Nothing).map(drop)
}

fn refuse_code(connection: &mut Connection, schema: &str, name: &str, writes: Writes) -> Result<()> {
    let found = catalog::untrusted_code(connection, schema, name, writes)?;
    if found.is_empty() { Ok(()) } else { Err(refusal(&found)) }
}

fn refusal(found: &[UntrustedCode]) -> Box<Diagnostic> {
    let UntrustedCode { relation, owner, role, .. } = &found[0];
    let danger = if found.iter().all(|code| code.is_definer) {
        "code that is not trusted would run in this session".to_owned()
    } else {
        format!("code of that role would run with the rights of {role}")
    };
    let mut message =
        format!("cannot write into {relation}: it belongs to {owner}, and {danger}. Nothing was changed");
    let mut functions = Vec::new();
    for code in found {
        let whose = if code.is_owner_trusted {
            String::new()
        } else {
            format!(", a function of {}", code.function_owner)
        };
        let _ = write!(message, "\n  {} calls {}{whose}", code.part, code.function);
        if code.is_definer {
            message += ". It runs with the rights of that role, but may change settings of the session and make temporary tables in it";
        }
        let change = format!("alter routine {} owner to {role};", code.function);
        if !code.is_owner_trusted && !functions.contains(&change) {
            functions.push(change);
        }
    }
    let kind = if found[0].is_foreign { "foreign table" } else { "table" };
    functions.push(format!("alter {kind} {relation} owner to {role};"));
    Diagnostic::database("code-of-others", message)
        .help(format!("drop what calls them, or read it and then take it over: {}", functions.join(" ")))
        .boxed()
}
