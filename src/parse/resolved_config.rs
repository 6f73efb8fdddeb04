//! A node's resolved config as settling reads it: every key is found in one walk, and what dbt keeps both in the config
//! and on the node is copied.

use std::borrow::Cow;

use serde::Deserialize as _;
use serde_json::Value as Json;

use super::checks;
use crate::diagnostic::{Diagnostic, Result};
use crate::manifest::{Access, Config, Contract, Docs, Node, NodeKind};

static NULL: Json = Json::Null;

/// The keys that settle a node. One that is not there is null.
pub(super) struct ResolvedConfig<'c> {
    pub(super) database: &'c Json,
    pub(super) schema: &'c Json,
    pub(super) alias: &'c Json,
    pub(super) target_database: &'c Json,
    pub(super) target_schema: &'c Json,
    pub(super) quoting: &'c Json,
    pub(super) store_failures: &'c Json,
    pub(super) pre_hook: &'c Json,
    pub(super) post_hook: &'c Json,
    tags: &'c Json,
    meta: &'c Json,
    group: &'c Json,
    docs: &'c Json,
    contract: &'c Json,
    access: Option<&'c Json>,
}

impl<'c> ResolvedConfig<'c> {
    pub(super) fn new(config: &'c Config) -> Self {
        let mut found = Self {
            database: &NULL,
            schema: &NULL,
            alias: &NULL,
            target_database: &NULL,
            target_schema: &NULL,
            quoting: &NULL,
            store_failures: &NULL,
            pre_hook: &NULL,
            post_hook: &NULL,
            tags: &NULL,
            meta: &NULL,
            group: &NULL,
            docs: &NULL,
            contract: &NULL,
            access: None,
        };
        for (key, value) in config {
            match key.as_str() {
                "database" => found.database = value,
                "schema" => found.schema = value,
                "alias" => found.alias = value,
                "target_database" => found.target_database = value,
                "target_schema" => found.target_schema = value,
                "quoting" => found.quoting = value,
                "store_failures" => found.store_failures = value,
                "pre-hook" => found.pre_hook = value,
                "post-hook" => found.post_hook = value,
                "tags" => found.tags = value,
                "meta" => found.meta = value,
                "group" => found.group = value,
                "docs" => found.docs = value,
                "contract" => found.contract = value,
                "access" => found.access = Some(value),
                _ => {}
            }
        }
        found
    }

    pub(super) fn tags(&self) -> impl Iterator<Item = &'c str> {
        self.tags.as_array().into_iter().flatten().filter_map(Json::as_str)
    }

    /// The SQL of all hooks, those before first.
    pub(super) fn hooks(&self) -> impl Iterator<Item = &'c str> {
        let lists = [self.pre_hook, self.post_hook].into_iter().filter_map(Json::as_array);
        lists.flatten().filter_map(|hook| hook.get("sql").and_then(Json::as_str))
    }

    /// Copies to the node what dbt keeps both there and in its config.
    pub(super) fn copy_to(&self, node: &mut Node) -> Result<()> {
        for tag in self.tags() {
            if !node.tags.iter().any(|known| known == tag) {
                node.tags.push(tag.to_owned());
            }
        }
        if let Json::Object(meta) = self.meta
            && !meta.is_empty()
        {
            node.meta = meta.clone().into();
        }
        // dbt: a generic test is of its node's group, whatever its config says
        let is_attached = node.generic_test().is_some_and(|test| test.attached_node.is_some());
        if let Some(group) = self.group.as_str().filter(|_| !is_attached) {
            node.group = Some(group.to_owned());
        }
        self.copy_docs(node);
        self.copy_contract(node);
        self.copy_access(node)?;
        checks::check_contract(node).map_err(invalid)
    }

    /// dbt: keys that docs do not have are dropped, from the config too.
    fn copy_docs(&self, node: &mut Node) {
        let Json::Object(docs) = self.docs else { return };
        node.docs = Docs::deserialize(self.docs).unwrap_or_default();
        let is_known = |(key, value): (&String, &Json)| match key.as_str() {
            "show" => *value == Json::Bool(node.docs.show),
            "node_color" => match &node.docs.node_color {
                Some(color) => value == color,
                None => value.is_null(),
            },
            _ => false,
        };
        if docs.len() != 2 || !docs.iter().all(is_known) {
            let known = serde_json::to_value(&node.docs).unwrap_or_default();
            node.config_mut().insert("docs".to_owned(), known);
        }
    }

    /// The same for contracts.
    fn copy_contract(&self, node: &mut Node) {
        let Json::Object(contract) = self.contract else { return };
        let is_known = |key: &String| matches!(key.as_str(), "enforced" | "alias_types");
        let mut contract = Cow::Borrowed(contract);
        if !contract.keys().all(is_known) {
            contract.to_mut().retain(|key, _| is_known(key));
            node.config_mut().insert("contract".to_owned(), Json::Object(contract.as_ref().clone()));
        }
        if !matches!(node.kind, NodeKind::Seed { .. }) {
            node.contract = Contract::deserialize(contract.as_ref()).unwrap_or_default();
        }
    }

    fn copy_access(&self, node: &mut Node) -> Result<()> {
        let (Some(access), NodeKind::Model(part)) = (self.access, &mut node.kind) else { return Ok(()) };
        part.access = match access.as_str() {
            Some("private") => Access::Private,
            Some("protected") => Access::Protected,
            Some("public") => Access::Public,
            _ => {
                let text = access.as_str().map_or_else(|| access.to_string(), str::to_owned);
                let message =
                    format!("Node {} has an invalid value ({text}) for the access field", node.unique_id);
                return Err(Diagnostic::parsing("invalid-config", message)
                    .help("write `private`, `protected` or `public`")
                    .boxed());
            }
        };
        Ok(())
    }
}

fn invalid(message: String) -> Box<Diagnostic> {
    Diagnostic::parsing("invalid-config", message).boxed()
}
