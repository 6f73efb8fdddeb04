//! The names that a node's database gives to its templates.

use std::sync::Arc;

use minijinja::Value;

use super::database::NodeDatabase;
use super::object::{AdapterObject, api};
use super::{seed, statements};
use crate::context::objects::Relation;
use crate::context::runtime;

impl runtime::Database for Arc<NodeDatabase> {
    fn get(&self, name: &str) -> Option<Value> {
        Some(match name {
            "adapter" => Value::from_object(AdapterObject::new(self)),
            "api" => api(),
            "load_agate_table" => seed::function(self),
            _ => return statements::function(name, self),
        })
    }

    fn has_relation(&self, relation: &Relation) -> bool {
        let (Some(schema), Some(identifier)) = (&relation.schema, &relation.identifier) else { return false };
        let end = self.end_of(relation);
        let cache = &end.settings.cache;
        if !cache.has_schema(schema)
            && let Some(session) = &end.session
        {
            // a schema that cannot be read has no relations to show
            let _ = session.load_schema(cache, schema);
        }
        cache.kind(schema, identifier).is_some()
    }
}
