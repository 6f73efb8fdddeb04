//! Changes of a relation by keywords.

use minijinja::{Error, Value};

use crate::diagnostic::Diagnostic;
use crate::jinja::python::{given, raise, to_str};

use super::{Details, InformationSchema, Relation, RelationType};

pub(super) const PARTS: [&str; 3] = ["database", "schema", "identifier"];

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

pub(super) fn parse_type(value: &Value) -> Result<Option<RelationType>, Error> {
    if !given(value) {
        return Ok(None);
    }
    let name = to_str(value);
    RelationType::parse(&name).map(Some).ok_or_else(|| {
        raise(Diagnostic::runtime("unknown-relation-type", format!("`{name}` is not a valid relation type")))
    })
}

/// Relations that templates make must have names that Postgres keeps.
pub(super) fn checked(relation: Relation) -> Result<Value, Error> {
    relation.checked().map(|relation| relation.to_value()).map_err(raise)
}

/// Sets the parts that are given; none unsets.
pub(super) fn set_path(details: &mut Details, parts: [Option<Value>; 3]) -> Result<(), Error> {
    let slots = [&mut details.database, &mut details.schema, &mut details.identifier];
    for ((slot, part), name) in slots.into_iter().zip(parts).zip(PARTS) {
        let Some(part) = part else { continue };
        *slot = match part.as_str() {
            Some(text) => Some(text.to_owned()),
            None if part.is_none() => None,
            None => {
                let message = format!("Got an invalid path {name}: {part}");
                return Err(raise(crate::diagnostic::Diagnostic::compilation(
                    "invalid-relation-path",
                    message,
                )));
            }
        };
    }
    Ok(())
}
