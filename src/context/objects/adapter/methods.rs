//! Statements and the small methods: execute, attempt, commit, quoting, grants.

use minijinja::{Error, State, Value};

use super::response::ResponseObject;
use super::{Database, none, runtime, strategies};
use crate::adapter::{Begin, Fetch, quote_literal};
use crate::context::objects::Table;
use crate::diagnostic::Diagnostic;
use crate::jinja::python::{
    bind, bind_required, dict, expect_str, given, items_of, list, raise, to_str, tuple, type_name,
};

pub(super) fn call(
    database: &Database,
    state: &mut State<'_, '_>,
    method: &str,
    args: &[Value],
) -> Option<Result<Value, Error>> {
    Some(match method {
        "execute" => execute(database, args),
        "add_query" => add_query(database, args),
        "introspect" => introspect(database, args),
        "attempt" => attempt(database, args),
        "repeat" => repeat(database, args),
        "commit" => database.session().and_then(|session| session.commit()).map(|()| none()).map_err(raise),
        "rsdbt_is_open" => database.session().map(|session| Value::from(session.is_open())).map_err(raise),
        "rsdbt_stay_in_transaction" => bind_required(method, args, ["was_open"], 1).and_then(|[was_open]| {
            database.session().map_err(raise)?.stay_in_transaction(was_open.is_true());
            Ok(none())
        }),
        "verify_database" => bind_required(method, args, ["database"], 1).and_then(|[name]| {
            database.verify_database(&to_str(&name)).map(|()| Value::from("")).map_err(raise)
        }),
        "quote_as_configured" => quote_as_configured(database, args),
        "prepare_memory" => prepare_memory(database, args),
        "has_memory" => {
            let session = database.session().map_err(raise);
            session
                .and_then(|session| database.settings.memory.exists(session).map(Value::from).map_err(raise))
        }
        "get_incremental_strategy_macro" => strategies::incremental_macro(database, state, args),
        "get_hard_deletes_behavior" => strategies::hard_deletes(state, args),
        _ => return None,
    })
}

pub(super) fn begin(auto_begin: bool) -> Begin {
    if auto_begin { Begin::Auto } else { Begin::No }
}

fn execute(database: &Database, args: &[Value]) -> Result<Value, Error> {
    let names = ["sql", "auto_begin", "fetch", "limit"];
    let [sql, auto_begin, fetch, limit] = bind_required("execute", args, names, 1)?;
    let limit = limit.as_i64().and_then(|limit| usize::try_from(limit).ok());
    let fetch = match limit {
        _ if !fetch.is_true() => Fetch::Nothing,
        Some(limit) if limit > 0 => Fetch::Limit(limit),
        _ => Fetch::All,
    };
    let session = database.session().map_err(raise)?;
    let answer = session.execute(expect_str("execute", &sql)?, begin(auto_begin.is_true()), fetch);
    let (response, rows) = answer.map_err(raise)?;
    let table = rows.map_or_else(Table::empty, |rows| Table::from_result_set(&rows));
    Ok(tuple(vec![ResponseObject(response).to_value(), table.to_value()]))
}

/// The rows of a query over the catalogs, which no function or operator of others can answer.
fn introspect(database: &Database, args: &[Value]) -> Result<Value, Error> {
    let [sql] = bind_required("introspect", args, ["sql"], 1)?;
    let session = database.session().map_err(raise)?;
    let (_, rows) = session.introspect(expect_str("introspect", &sql)?).map_err(raise)?;
    Ok(rows.map_or_else(Table::empty, |rows| Table::from_result_set(&rows)).to_value())
}

/// dbt returns a connection and a cursor here, which no template can use.
fn add_query(database: &Database, args: &[Value]) -> Result<Value, Error> {
    let names = ["sql", "auto_begin", "bindings", "abridge_sql_log"];
    let [sql, auto_begin, bindings, _] = bind("add_query", args, names)?;
    let sql = sql.as_ref().map(to_str).unwrap_or_default();
    let sql = match bindings.as_ref().filter(|bindings| given(bindings)) {
        Some(bindings) => bind_literals(&sql, &items_of(bindings)?)?,
        None => sql,
    };
    let auto_begin = auto_begin.is_none_or(|flag| flag.is_true());
    let session = database.session().map_err(raise)?;
    session.add_query(&sql, begin(auto_begin), Fetch::Nothing).map_err(raise)?;
    Ok(tuple(vec![none(), none()]))
}

/// psycopg2 puts the values into the text, too.
fn bind_literals(sql: &str, values: &[Value]) -> Result<String, Error> {
    let mut parts = sql.split("%s");
    let mut bound = parts.next().unwrap_or_default().to_owned();
    let mut values = values.iter();
    for part in parts {
        let Some(value) = values.next() else {
            return Err(runtime("too-few-bindings", "the statement has more `%s` than bindings"));
        };
        bound += &literal(value);
        bound += part;
    }
    Ok(bound.replace("%%", "%"))
}

fn literal(value: &Value) -> String {
    use minijinja::value::ValueKind;
    match value.kind() {
        ValueKind::None | ValueKind::Undefined => "NULL".into(),
        ValueKind::Bool | ValueKind::Number => to_str(value),
        _ => quote_literal(&to_str(value)),
    }
}

/// The response, or none when the statement failed with one of the SQLSTATEs.
fn attempt(database: &Database, args: &[Value]) -> Result<Value, Error> {
    let [sql, sqlstates] = bind_required("attempt", args, ["sql", "sqlstates"], 2)?;
    let sql = to_str(&sql);
    let states: Vec<String> = items_of(&sqlstates)?.iter().map(to_str).collect();
    let states: Vec<&str> = states.iter().map(String::as_str).collect();
    let session = database.session().map_err(raise)?;
    let answer = session.watched(
        &sql,
        |connection| connection.attempt(&sql, &states),
        |answer| answer.clone().unwrap_or_default(),
    );
    let response = answer.map_err(raise)?;
    Ok(response.map_or_else(none, |response| ResponseObject(response).to_value()))
}

/// Whether the tables of the schema `rsdbt` can be used; an error when they are required and cannot.
fn prepare_memory(database: &Database, args: &[Value]) -> Result<Value, Error> {
    let [required] = bind("prepare_memory", args, ["required"])?;
    let session = database.session().map_err(raise)?;
    let memory = &database.settings.memory;
    if required.is_some_and(|required| !required.is_true()) {
        return memory.offer(session).map(Value::from).map_err(raise);
    }
    memory.require(session).map(|()| Value::from(true)).map_err(raise)
}

/// A statement after the commit that may be carried out twice.
fn repeat(database: &Database, args: &[Value]) -> Result<Value, Error> {
    let [sql] = bind_required("repeat", args, ["sql"], 1)?;
    let session = database.session().map_err(raise)?;
    session.repeat(&to_str(&sql)).map_err(raise)?;
    Ok(none())
}

fn quote_as_configured(database: &Database, args: &[Value]) -> Result<Value, Error> {
    let [identifier, key] = bind_required("quote_as_configured", args, ["identifier", "quote_key"], 2)?;
    let quoting = database.settings.quoting;
    let quoted = match key.as_str() {
        Some("database") => quoting.database,
        Some("schema") => quoting.schema,
        Some("identifier") => quoting.identifier,
        _ => false,
    };
    let identifier = to_str(&identifier);
    Ok(Value::from(if quoted { crate::adapter::quote_identifier(&identifier) } else { identifier }))
}

pub(super) fn quote_seed_column(args: &[Value]) -> Result<Value, Error> {
    let [column, config] = bind_required("quote_seed_column", args, ["column", "quote_config"], 1)?;
    let quoted = match config.kind() {
        minijinja::value::ValueKind::Bool => config.is_true(),
        _ if !given(&config) => true,
        _ => {
            let kind = type_name(&config);
            return Err(raise(Diagnostic::compilation(
                "invalid-quote-columns",
                format!("The seed configuration value of \"quote_columns\" has an invalid type {kind}"),
            )));
        }
    };
    let column = to_str(&column);
    Ok(Value::from(if quoted { crate::adapter::quote_identifier(&column) } else { column }))
}

/// Rows of (grantee, privilege) become `{privilege: [grantees]}`.
pub(super) fn standardize_grants_dict(args: &[Value]) -> Result<Value, Error> {
    let [table] = bind_required("standardize_grants_dict", args, ["grants_table"], 1)?;
    let mut grants: Vec<(String, Vec<Value>)> = Vec::new();
    for row in table.try_iter()? {
        let grantee = row.get_item(&Value::from("grantee"))?;
        let privilege = to_str(&row.get_item(&Value::from("privilege_type"))?);
        match grants.iter_mut().find(|(known, _)| *known == privilege) {
            Some((_, grantees)) => grantees.push(grantee),
            None => grants.push((privilege, vec![grantee])),
        }
    }
    Ok(dict(grants.into_iter().map(|(privilege, grantees)| (Value::from(privilege), list(grantees)))))
}
