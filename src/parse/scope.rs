//! Makes the root contexts of what is parsed.

use std::sync::Arc;

use crate::context::{ParseScope, SharedNames, Subject};
use crate::jinja::{Context, Value};
use crate::manifest::Node;

/// Builds one context per node from the names that all share.
pub(super) struct Scopes {
    shared: Arc<dyn SharedNames>,
    relation_of: RelationOf,
}

/// Makes the relation object that stands for a node while parsing.
pub(crate) type RelationOf = fn(&Node) -> Value;

impl Scopes {
    pub(super) fn new(shared: &Arc<dyn SharedNames>, relation_of: RelationOf) -> Self {
        Self { shared: Arc::clone(shared), relation_of }
    }

    pub(super) fn of_node(&self, node: &Arc<Node>) -> ParseScope {
        let relation_of = self.relation_of;
        let relation = relation_of(node);
        ParseScope::new(&self.shared, Subject::Node(Arc::clone(node)), relation)
    }

    /// For the `generate_*_name` macros of a package: a variable that they ask for must be there.
    /// `target`: of a node in another connection.
    pub(super) fn naming(&self, package: &str, locator: &str, target: Option<Value>) -> Arc<dyn Context> {
        let scope = self.package_scope(package, locator).strict();
        Arc::new(match target {
            Some(target) => scope.with("target", target),
            None => scope,
        })
    }

    /// For the values of properties: what they ask for must be there.
    pub(super) fn of_yaml(&self, package: &str) -> Arc<dyn Context> {
        Arc::new(self.package_scope(package, "").strict())
    }

    /// For texts that belong to no node, as descriptions.
    pub(super) fn package_scope(&self, package: &str, locator: &str) -> ParseScope {
        let subject = Subject::Text { package: package.to_owned(), locator: locator.to_owned() };
        ParseScope::new(&self.shared, subject, Value::UNDEFINED)
    }
}
