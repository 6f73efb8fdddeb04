//! From nodes and sources to the relations that stand for them.

use super::RunContext;
use crate::context::objects::{Policy, Relation};
use crate::manifest::{Node, SourceDefinition};

impl RunContext {
    /// The relation of a node: the project's quoting, then the node's own.
    pub(crate) fn relation_of(&self, node: &Node) -> Relation {
        let own = |part: &str| node.config.get("quoting")?.get(part)?.as_bool();
        let project = self.project.quoting;
        let quoting = Policy {
            database: own("database").unwrap_or(project.database),
            schema: own("schema").unwrap_or(project.schema),
            identifier: own("identifier").unwrap_or(project.identifier),
        };
        Relation::new(node.database.as_deref(), Some(&node.schema), Some(&node.alias))
            .with_quoting(quoting)
            .in_output(self.told_output(&node.config))
    }

    /// The relation of a source.
    pub(crate) fn relation_of_source(&self, source: &SourceDefinition) -> Relation {
        of_source(source).in_output(self.told_output(&source.config))
    }
}

/// dbt: sources do not know the project's quoting.
fn of_source(source: &SourceDefinition) -> Relation {
    let quoting = Policy {
        database: source.quoting.database.unwrap_or(true),
        schema: source.quoting.schema.unwrap_or(true),
        identifier: source.quoting.identifier.unwrap_or(true),
    };
    Relation::new(source.database.as_deref(), Some(&source.schema), Some(&source.identifier))
        .with_quoting(quoting)
}
