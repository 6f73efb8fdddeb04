//! `api.Relation`: makes relations.

use std::fmt;
use std::sync::Arc;

use minijinja::value::{Object, ObjectRepr, Value};
use minijinja::{Error, State};

use super::attributes::type_constant;
use super::methods::{checked, set_path};
use super::{Details, InformationSchema, Policy, Relation, RelationType};
use crate::diagnostic::Diagnostic;
use crate::jinja::python::{
    Arguments, bind_required, expect_str, given, items_of, list, no_arguments, raise, to_str, type_error,
    unknown_method,
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

/// The keyword arguments that `create` and `incorporate` share.
pub(super) fn change_by_keywords(details: &mut Details, keywords: &[(String, Value)]) -> Result<(), Error> {
    for (keyword, value) in keywords {
        match keyword.as_str() {
            "path" => {
                let part = |name: &str| -> Result<Option<Value>, Error> {
                    let part = value.get_attr(name)?;
                    Ok(Some(part).filter(|part| !part.is_undefined()))
                };
                set_path(details, [part("database")?, part("schema")?, part("identifier")?])?;
            }
            "database" | "schema" | "identifier" => {
                let at = |name: &str| (name == keyword).then(|| value.clone());
                set_path(details, [at("database"), at("schema"), at("identifier")])?;
            }
            "type" => details.kind = parse_type(value)?,
            "quote_policy" => details.quote_policy = details.quote_policy.with_mapping(value),
            "include_policy" => details.include_policy = details.include_policy.with_mapping(value),
            "dbt_created" => details.dbt_created = value.is_true(),
            "require_alias" => details.require_alias = value.is_true(),
            "limit" => details.limit = value.as_usize().and_then(|limit| u64::try_from(limit).ok()),
            "event_time_filter" if !given(value) => details.event_time_filter = None,
            "information_schema_view" => {
                details.information_schema =
                    Some(InformationSchema { view: value.as_str().map(str::to_owned) });
            }
            // Postgres has no catalogs and quotes with `"` only.
            _ => {}
        }
    }
    Ok(())
}

fn parse_type(value: &Value) -> Result<Option<RelationType>, Error> {
    if !given(value) {
        return Ok(None);
    }
    let name = to_str(value);
    RelationType::parse(&name).map(Some).ok_or_else(|| {
        raise(Diagnostic::runtime("unknown-relation-type", format!("`{name}` is no type of a relation")))
    })
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
