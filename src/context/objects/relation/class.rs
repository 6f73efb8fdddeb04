//! `api.Relation`: makes relations.

use std::fmt;
use std::sync::Arc;

use minijinja::value::{Object, ObjectRepr, Value};
use minijinja::{Error, State};

use super::attributes::type_constant;
use super::changes::{change_by_keywords, checked, parse_type, set_path};
use super::{Details, Policy, Relation};
use crate::jinja::python::{
    Arguments, bind_required, expect_str, items_of, list, no_arguments, type_error, unknown_method,
};

/// The class itself, as `api.Relation` and `adapter.Relation`.
pub(crate) struct RelationClass;

/// What can be called on the class and on each relation.
pub(super) fn class_method(method: &str, args: &[Value]) -> Option<Result<Value, Error>> {
    Some(match method {
        "create" => create(args),
        "add_ephemeral_prefix" => bind_required(method, args, ["name"], 1)
            .and_then(|[name]| Ok(Value::from(Relation::ephemeral_name(expect_str(method, &name)?)))),
        "scd_args" => scd_args(args),
        "get_default_quote_policy" | "get_default_include_policy" => {
            no_arguments(method, args).map(|()| Policy::default().to_value())
        }
        _ => return None,
    })
}

fn create(args: &[Value]) -> Result<Value, Error> {
    let mut arguments = Arguments::new("create", args);
    let mut slots = [const { None }; 4];
    if arguments.positional.len() > slots.len() {
        return Err(type_error("create() takes at most 4 positional arguments"));
    }
    for (slot, value) in slots.iter_mut().zip(arguments.positional) {
        *slot = Some(value.clone());
    }
    for (slot, name) in slots.iter_mut().zip(["database", "schema", "identifier", "type"]) {
        if let Some(value) = arguments.take_keyword(name) {
            *slot = Some(value);
        }
    }
    let [database, schema, identifier, kind] = slots;
    let mut details = Details::clone(&Relation::new(None, None, None));
    set_path(&mut details, [database, schema, identifier])?;
    details.kind = kind.map_or(Ok(None), |kind| parse_type(&kind))?;
    change_by_keywords(&mut details, arguments.keywords())?;
    checked(Relation(details.into()))
}

fn scd_args(args: &[Value]) -> Result<Value, Error> {
    let [keys, updated_at] = bind_required("scd_args", args, ["primary_key", "updated_at"], 2)?;
    let mut all = if keys.as_str().is_some() { vec![keys] } else { items_of(&keys)? };
    all.push(updated_at);
    Ok(list(all))
}

impl fmt::Debug for RelationClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<class 'dbt.adapters.postgres.relation.PostgresRelation'>")
    }
}

impl Object for RelationClass {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        type_constant(key.as_str()?)
    }

    fn call_method(
        self: &Arc<Self>,
        _state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        class_method(method, args).unwrap_or_else(|| Err(unknown_method("Relation", method)))
    }
}
