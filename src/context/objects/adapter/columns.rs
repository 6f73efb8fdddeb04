//! Columns of relations and queries, and widening of text columns.

use minijinja::{Error, State, Value};

use super::{Database, call_macro, expect_relation, none};
use crate::adapter::{Begin, Fetch};
use crate::context::objects::{Column, Relation};
use crate::jinja::Message;
use crate::jinja::Scope;
use crate::jinja::python::{bind_required, expect_str, list, raise, to_str};

pub(super) fn call(
    database: &Database,
    state: &mut State<'_, '_>,
    method: &str,
    args: &[Value],
) -> Option<Result<Value, Error>> {
    Some(match method {
        "get_columns_in_relation" => bind_required(method, args, ["relation"], 1)
            .and_then(|[relation]| call_macro(state, method, &[("relation", relation)])),
        "get_columns_in_table" => {
            bind_required(method, args, ["schema", "identifier"], 2).and_then(|[schema, identifier]| {
                let name = &database.settings.database;
                let relation = Relation::new(Some(name), Some(&to_str(&schema)), Some(&to_str(&identifier)));
                call_macro(state, "get_columns_in_relation", &[("relation", relation.to_value())])
            })
        }
        "rsdbt_columns_of_input" => bind_required(method, args, ["relation"], 1)
            .and_then(|[relation]| of_input(database, state, &relation)),
        "get_missing_columns" => missing(state, args),
        "expand_target_column_types" => expand(state, args),
        "get_column_schema_from_query" => schema_of_query(database, state, args),
        _ => return None,
    })
}

/// What a node reads has one shape while it works: the server is asked once.
fn of_input(database: &Database, state: &State<'_, '_>, relation: &Value) -> Result<Value, Error> {
    let name = to_str(relation);
    if let Some(known) = database.input_columns(&name) {
        return Ok(known);
    }
    let columns = call_macro(state, "get_columns_in_relation", &[("relation", relation.clone())])?;
    database.note_input_columns(name, columns.clone());
    Ok(columns)
}

pub(super) fn columns(state: &State<'_, '_>, relation: &Relation) -> Result<Vec<Column>, Error> {
    let found = call_macro(state, "get_columns_in_relation", &[("relation", relation.to_value())])?;
    Ok(found.try_iter()?.filter_map(|column| Column::from_value(&column)).collect())
}

fn pair(method: &str, args: &[Value]) -> Result<[Relation; 2], Error> {
    let [from, to] = bind_required(method, args, ["from_relation", "to_relation"], 2)?;
    Ok([expect_relation(method, "from_relation", &from)?, expect_relation(method, "to_relation", &to)?])
}

/// The columns of the first relation that the second has not.
fn missing(state: &State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let [from, to] = pair("get_missing_columns", args)?;
    let present = columns(state, &to)?;
    let absent = columns(state, &from)?
        .into_iter()
        .filter(|column| !present.iter().any(|known| known.name == column.name))
        .map(|column| column.to_value());
    Ok(list(absent.collect()))
}

/// Text columns of the target become as wide as those of the source.
fn expand(state: &State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let [from, to] = pair("expand_target_column_types", args)?;
    let current = columns(state, &to)?;
    for column in columns(state, &from)? {
        let Some(target) = current.iter().find(|known| known.name == column.name) else { continue };
        if target.can_expand_to(&column) {
            let size = column.string_size().map_err(raise)?;
            let keywords = [
                ("relation", to.to_value()),
                ("column_name", Value::from(column.name)),
                ("new_column_type", Value::from(format!("character varying({size})"))),
            ];
            call_macro(state, "alter_column_type", &keywords)?;
        }
    }
    Ok(none())
}

/// dbt names the types as psycopg2 does (and `STRING` as `TEXT`), so that `text` and `varchar` are the same promise.
fn schema_of_query(database: &Database, state: &State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let [sql] = bind_required("get_column_schema_from_query", args, ["sql"], 1)?;
    let sql = expect_str("get_column_schema_from_query", &sql)?;
    let session = database.session().map_err(raise)?;
    let (_, set) = session.execute(sql, Begin::No, Fetch::All).map_err(raise)?;
    let scope = Scope::of(state)?;
    let columns = set.unwrap_or_default().columns.into_iter().map(|column| {
        let code = column.type_oid;
        let known = driver_name(code).map(str::to_owned);
        let dtype = known.unwrap_or_else(|| {
            // dbt: a line of the debug log
            let text = format!(
                "The `type_code` {code} was not recognized, which may affect error messages for enforced contracts \
                 that fail as well as `Column.data_type` values returned by `get_column_schema_from_query`"
            );
            scope.context().emit(Message::Log { text, info: false });
            format!("unknown type_code {code}")
        });
        Column::new(column.name, dtype).to_value()
    });
    Ok(list(columns.collect()))
}

fn driver_name(oid: u32) -> Option<&'static str> {
    Some(match oid {
        20 => "LONGINTEGER",
        21 | 23 => "INTEGER",
        700 | 701 => "FLOAT",
        1700 => "DECIMAL",
        // dbt: columns are made with `STRING` translated
        18 | 19 | 25 | 1042 | 1043 => "TEXT",
        16 => "BOOLEAN",
        1114 => "DATETIME",
        1184 => "DATETIMETZ",
        1083 | 1266 => "TIME",
        1082 => "DATE",
        1186 => "INTERVAL",
        17 => "BINARY",
        114 => "JSON",
        3802 => "JSONB",
        1016 => "LONGINTEGERARRAY",
        1005..=1007 => "INTEGERARRAY",
        1021 | 1022 => "FLOATARRAY",
        1231 => "DECIMALARRAY",
        1002 | 1003 | 1009 | 1014 | 1015 => "STRINGARRAY",
        1000 => "BOOLEANARRAY",
        1115 => "DATETIMEARRAY",
        1185 => "DATETIMETZARRAY",
        1182 => "DATEARRAY",
        _ => return None,
    })
}
