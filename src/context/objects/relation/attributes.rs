//! What templates read off a relation.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use minijinja::value::{DynObject, Enumerator, Object, ObjectRepr, Value};
use minijinja::{Error, State};

use super::{Relation, RelationType};
use crate::jinja::python::{dict, tuple};

/// What a relation looks like as a mapping.
const KEYS: [&str; 12] = [
    "database",
    "schema",
    "identifier",
    "type",
    "path",
    "quote_character",
    "quote_policy",
    "include_policy",
    "dbt_created",
    "limit",
    "event_time_filter",
    "require_alias",
];

impl Relation {
    fn has_type(&self, kind: RelationType) -> bool {
        self.kind == Some(kind)
    }

    pub(super) fn path(&self) -> Value {
        dict([
            ("database".into(), optional(self.database.as_deref())),
            ("schema".into(), optional(self.schema.as_deref())),
            ("identifier".into(), optional(self.identifier.as_deref())),
        ])
    }

    /// Postgres renames and replaces tables and views, not materialized views.
    fn can_be_renamed(&self) -> bool {
        matches!(self.kind, Some(RelationType::Table | RelationType::View))
    }

    pub(super) fn attribute(&self, name: &str) -> Option<Value> {
        Some(match name {
            "database" => optional(self.database.as_deref()),
            "schema" => optional(self.schema.as_deref()),
            "identifier" | "table" | "name" => optional(self.identifier.as_deref()),
            "type" => optional(self.kind.map(RelationType::as_str)),
            "path" => self.path(),
            "quote_character" => Value::from("\""),
            "quote_policy" => self.quote_policy.to_value(),
            "include_policy" => self.include_policy.to_value(),
            "is_table" => Value::from(self.has_type(RelationType::Table)),
            "is_view" => Value::from(self.has_type(RelationType::View)),
            "is_cte" => Value::from(self.has_type(RelationType::Cte)),
            "is_materialized_view" => Value::from(self.has_type(RelationType::MaterializedView)),
            "is_pointer" => Value::from(self.has_type(RelationType::PointerTable)),
            "is_function" => Value::from(self.has_type(RelationType::Function)),
            "can_be_renamed" | "can_be_replaced" => Value::from(self.can_be_renamed()),
            "renameable_relations" | "replaceable_relations" => {
                tuple(vec![Value::from("table"), Value::from("view")])
            }
            "dbt_created" => Value::from(self.dbt_created),
            "limit" => Value::from(self.limit),
            "require_alias" => Value::from(self.require_alias),
            "event_time_filter" => self.event_time_value(),
            "information_schema_view" => optional(self.information_schema.as_ref()?.view.as_deref()),
            "catalog" => Value::from(()),
            "metadata" => dict([("type".into(), self.class_name().into())]),
            _ => return type_constant(name),
        })
    }

    fn event_time_value(&self) -> Value {
        let Some(filter) = &self.event_time_filter else { return Value::from(()) };
        dict([
            ("field_name".into(), Value::from(filter.field_name.as_str())),
            ("start".into(), optional(filter.start.as_deref())),
            ("end".into(), optional(filter.end.as_deref())),
        ])
    }

    fn class_name(&self) -> &'static str {
        if self.information_schema.is_some() { "InformationSchema" } else { "PostgresRelation" }
    }
}

/// `Relation.Table`, `.View` and their kin, on the class and on each relation.
pub(super) fn type_constant(name: &str) -> Option<Value> {
    Some(match name {
        "Table" => Value::from("table"),
        "View" => Value::from("view"),
        "CTE" => Value::from("cte"),
        "MaterializedView" => Value::from("materialized_view"),
        "External" => Value::from("external"),
        "PointerTable" => Value::from("pointer_table"),
        "Function" => Value::from("function"),
        "Ephemeral" => Value::from("ephemeral"),
        "get_relation_type" => Value::from_pairs(
            ["Table", "View", "CTE", "MaterializedView", "External", "PointerTable", "Function", "Ephemeral"]
                .map(|name| (name, type_constant(name).unwrap_or_default())),
        ),
        _ => return None,
    })
}

pub(super) fn optional(text: Option<&str>) -> Value {
    text.map_or(Value::from(()), Value::from)
}

impl fmt::Display for Relation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_sql())
    }
}

impl fmt::Debug for Relation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{} {}>", self.class_name(), self.render())
    }
}

impl Object for Relation {
    // dbt's relations are mappings: dbt_utils tells them from texts that way.
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Map
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.attribute(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        self.attribute(key)
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Str(&KEYS)
    }

    fn is_true(self: &Arc<Self>) -> bool {
        true
    }

    fn custom_cmp(self: &Arc<Self>, other: &DynObject) -> Option<Ordering> {
        let other = other.downcast_ref::<Self>()?;
        if **self == *other {
            return Some(Ordering::Equal);
        }
        let rank = |relation: &Self| (relation.to_sql(), relation.kind, format!("{:?}", relation.0));
        Some(rank(self).cmp(&rank(other)))
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }

    fn call_method(
        self: &Arc<Self>,
        _state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        self.method(method, args)
    }
}
