//! A source's table as a node that is built: its load goes through a materialization, as a model does.

use std::sync::Arc;

use serde_json::json;

use super::{Config, Node, NodeKind, SourceDefinition};

impl SourceDefinition {
    /// `defaults`: the config of a node that nothing configures.
    pub(crate) fn as_filled(&self, defaults: Config) -> Node {
        let mut config = defaults;
        config.extend(self.config.clone());
        config.insert("materialized".to_owned(), json!("load"));
        Node {
            kind: NodeKind::FilledSource,
            database: self.database.clone(),
            schema: self.schema.clone(),
            name: self.name.clone(),
            package_name: self.package_name.clone(),
            path: self.path.clone(),
            original_file_path: self.original_file_path.clone(),
            unique_id: self.unique_id.clone(),
            fqn: self.fqn.clone(),
            alias: self.identifier.clone(),
            config: Arc::new(config),
            tags: self.tags.clone(),
            description: self.description.clone(),
            columns: self.columns.clone(),
            relation_name: self.relation_name.clone(),
            ..Node::default()
        }
    }
}
