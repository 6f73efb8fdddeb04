//! What a relation is made of before it becomes the template's object.

use minijinja::{Error, Value};

use super::Surroundings;
use crate::jinja::objects::{self, Policy, Relation, RelationType};
use crate::jinja::python::raise;
use crate::manifest::{Node, SourceDefinition};

/// `--sample` and microbatch: only rows of this window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventTimeFilter {
    /// Quoted where the column's configs ask for it.
    pub field: String,
    pub start: String,
    pub end: String,
}

/// All that a relation object is built from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RelationSpec {
    pub database: Option<String>,
    pub schema: Option<String>,
    pub identifier: String,
    pub kind: Option<&'static str>,
    /// Whether database, schema and identifier are quoted.
    pub quoting: [bool; 3],
    pub limit: Option<u64>,
    pub event_time: Option<EventTimeFilter>,
}

impl RelationSpec {
    /// The relation of a node: the project's quoting, then the node's own.
    pub(super) fn of_node(node: &Node, shared: &Surroundings) -> Self {
        let own = |part: &str| node.config.get("quoting")?.get(part)?.as_bool();
        let [database, schema, identifier] = shared.quoting;
        Self {
            database: node.database.clone(),
            schema: Some(node.schema.clone()),
            identifier: node.alias.clone(),
            quoting: [
                own("database").unwrap_or(database),
                own("schema").unwrap_or(schema),
                own("identifier").unwrap_or(identifier),
            ],
            ..Self::default()
        }
    }

    /// dbt: sources do not know the project's quoting.
    pub(super) fn of_source(source: &SourceDefinition) -> Self {
        let quoting = source.quoting;
        Self {
            database: source.database.clone(),
            schema: Some(source.schema.clone()),
            identifier: source.identifier.clone(),
            quoting: [quoting.database, quoting.schema, quoting.identifier].map(|part| part.unwrap_or(true)),
            ..Self::default()
        }
    }

    /// An ephemeral model under the name of its CTE.
    pub(super) fn cte(name: &str) -> Self {
        Self { identifier: format!("__dbt__cte__{name}"), kind: Some("cte"), ..Self::default() }
    }

    pub(super) fn into_value(self) -> Result<Value, Error> {
        let [database, schema, identifier] = self.quoting;
        let event_time_filter = self.event_time.map(|filter| objects::EventTimeFilter {
            field_name: filter.field,
            start: Some(filter.start),
            end: Some(filter.end),
        });
        Relation::new(self.database.as_deref(), self.schema.as_deref(), Some(&self.identifier))
            .changed(|details| {
                details.kind = self.kind.and_then(RelationType::parse);
                details.quote_policy = Policy { database, schema, identifier };
                details.limit = self.limit;
                details.event_time_filter = event_time_filter;
            })
            .checked()
            .map(|relation| relation.to_value())
            .map_err(raise)
    }
}
