//! The object itself: attributes, which method does what, and the stand-ins while parsing.

use std::fmt;
use std::sync::Arc;

use minijinja::value::{Enumerator, Object, ObjectRepr};
use minijinja::{Error, State, Value};

use super::{
    Database, columns, constraints, high_water, index, methods, none, query_texts, relations, seed,
    site_rows, snapshots, staged_rows, strategies, untrusted,
};
use crate::context::objects::{ColumnClass, RelationClass, Table};
use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::jinja::python::{bind_required, dict, expect_str, list, raise, tuple};

/// `adapter`, with a node's database or, while parsing, without.
pub(super) struct AdapterObject {
    database: Option<Database>,
}

impl AdapterObject {
    pub(super) fn new(database: &Database) -> Self {
        Self { database: Some(Arc::clone(database)) }
    }
}

/// The database's names while parsing: nothing is sent anywhere.
pub(crate) fn parse_name(name: &str) -> Option<Value> {
    Some(match name {
        "adapter" => Value::from_object(AdapterObject { database: None }),
        "api" => api(),
        "statement" | "store_result" | "store_raw_result" | "submit_python_job" | "write" => {
            Value::from_object(Answer(Value::from("")))
        }
        "load_result" => Value::from_object(Answer(none())),
        "load_agate_table" => Value::from_object(Answer(Table::empty().to_value())),
        _ => return None,
    })
}

pub(super) fn api() -> Value {
    dict([
        ("Relation".into(), Value::from_object(RelationClass)),
        ("Column".into(), Value::from_object(ColumnClass)),
    ])
}

/// A function that always answers the same; the body of a `{% call %}` is never rendered.
#[derive(Debug)]
struct Answer(Value);

impl Object for Answer {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::NonEnumerable
    }

    fn call(self: &Arc<Self>, _: &mut State<'_, '_>, _: &[Value]) -> Result<Value, Error> {
        Ok(self.0.clone())
    }
}

/// dbt's answers while parsing, for methods that would ask the database.
fn stand_in(method: &str) -> Option<Value> {
    Some(match method {
        "execute" | "get_partitions_metadata" => tuple(vec![Value::from(""), Table::empty().to_value()]),
        "add_query" => tuple(vec![none(), none()]),
        "check_schema_exists" | "already_exists" => Value::from(false),
        "get_columns_in_relation"
        | "get_columns_in_table"
        | "get_missing_columns"
        | "list_relations"
        | "get_column_schema_from_query"
        | "get_dependents" => list(Vec::new()),
        "cache_added" | "cache_dropped" | "cache_renamed" | "load_seed" | "high_water" => Value::from(""),
        "attempt"
        | "repeat"
        | "cache_open_end"
        | "get_relation"
        | "create_schema"
        | "drop_schema"
        | "drop_relation"
        | "truncate_relation"
        | "rename_relation"
        | "expand_target_column_types"
        | "valid_snapshot_target"
        | "commit"
        | "assert_valid_snapshot_target_given_strategy"
        | "get_incremental_strategy_macro"
        | "get_hard_deletes_behavior"
        | "introspect"
        | "prepare_memory"
        | "has_memory"
        | "rsdbt_is_open"
        | "rsdbt_stay_in_transaction"
        | "rsdbt_admit_writes"
        | "rsdbt_admit_deletes"
        | "rsdbt_rows_elsewhere"
        | "rsdbt_columns_elsewhere"
        | "rsdbt_copy_rows" => none(),
        _ => return None,
    })
}

impl Object for AdapterObject {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        Some(match key.as_str()? {
            "Relation" => Value::from_object(RelationClass),
            "Column" => Value::from_object(ColumnClass),
            "behavior" => {
                let flags = self.database.as_ref().map(|database| database.settings.behavior.clone());
                Value::from_object(strategies::Behavior(flags.unwrap_or_default()))
            }
            "config" => dict([]),
            // A macro may keep it in a variable.
            "dispatch" => Value::from_object(Bound { object: Arc::clone(self), method: "dispatch" }),
            _ => return None,
        })
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::NonEnumerable
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<PostgresAdapter>")
    }

    fn call_method(
        self: &Arc<Self>,
        state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        if let Some(answer) = without_database(state, method, args) {
            return answer;
        }
        let Some(database) = &self.database else {
            // dbt: what the adapter lacks is undefined while parsing, an error only when the node runs
            return Ok(stand_in(method).or_else(|| parsing(method)).unwrap_or(Value::UNDEFINED));
        };
        let _turned = database.turn(method, args);
        let database = &database.current();
        for family in [
            methods::call,
            relations::call,
            columns::call,
            snapshots::call,
            seed::call,
            staged_rows::call,
            query_texts::call,
            untrusted::call,
            site_rows::call,
            high_water::call,
        ] {
            if let Some(answer) = family(database, state, method, args) {
                return answer;
            }
        }
        Err(no_such_method(method))
    }
}

/// A method without its call.
#[derive(Debug)]
struct Bound {
    object: Arc<AdapterObject>,
    method: &'static str,
}

impl Object for Bound {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn call(self: &Arc<Self>, state: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
        self.object.call_method(state, self.method, args)
    }
}

/// Methods that work the same while parsing.
fn without_database(state: &State<'_, '_>, method: &str, args: &[Value]) -> Option<Result<Value, Error>> {
    Some(match method {
        "type" => Ok(Value::from("postgres")),
        "quote" => bind_required(method, args, ["identifier"], 1)
            .and_then(|[name]| Ok(Value::from(crate::adapter::quote_identifier(expect_str(method, &name)?)))),
        "quote_where_needed" => bind_required(method, args, ["name"], 1).and_then(|[name]| {
            Ok(Value::from(crate::adapter::quote_where_needed(expect_str(method, &name)?)))
        }),
        "quote_seed_column" => methods::quote_seed_column(args),
        "dispatch" => bind_required(method, args, ["macro_name", "macro_namespace", "packages"], 1).and_then(
            |[name, namespace, packages]| {
                if packages.is_true() {
                    let message = "The \"packages\" argument of adapter.dispatch() has been deprecated. Use the \"macro_namespace\" argument instead.";
                    return Err(raise(Diagnostic::compilation("dispatch-packages", message)));
                }
                crate::context::dispatch(state, expect_str(method, &name)?, namespace.as_str())
            },
        ),
        "convert_type" => seed::convert_type(args),
        "standardize_grants_dict" => methods::standardize_grants_dict(args),
        "render_raw_columns_constraints" => constraints::columns(args),
        "render_raw_model_constraints" => constraints::model(args),
        "parse_index" => index::parse(args),
        "get_catalog_integration" | "build_catalog_relation" => Ok(none()),
        _ => return None,
    })
}

/// What needs the profile at run time and tells nothing while parsing.
fn parsing(method: &str) -> Option<Value> {
    Some(match method {
        "verify_database" | "quote_as_configured" => Value::from(""),
        _ => return None,
    })
}

/// For "did you mean".
const METHODS: [&str; 20] = [
    "add_query",
    "cache_added",
    "cache_dropped",
    "check_schema_exists",
    "commit",
    "create_schema",
    "dispatch",
    "drop_relation",
    "drop_schema",
    "execute",
    "expand_target_column_types",
    "get_columns_in_relation",
    "get_missing_columns",
    "get_relation",
    "list_relations",
    "quote",
    "quote_as_configured",
    "rename_relation",
    "truncate_relation",
    "verify_database",
];

fn no_such_method(method: &str) -> Error {
    let message = format!("'adapter' has no method '{method}'");
    raise(Diagnostic::compilation("unknown-method", message).maybe_help(did_you_mean(method, METHODS)))
}

impl fmt::Debug for AdapterObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AdapterObject")
    }
}
