//! The root context of a node while it runs: every name that its templates see besides macros.
//!
//! `run` makes one per node and phase (compile, execute). Values are made when a template asks for them.

mod config;
mod context;
mod model;
mod names;
mod references;
mod relation;
mod runtime_config;
mod surroundings;
mod templates;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use jiff::Timestamp;
use minijinja::Value;

pub(crate) use references::CteTarget;
pub(crate) use surroundings::{NodeFile, Surroundings, UnitTestInputs};

use super::context::Message;
use super::objects::Relation;
use super::python::from_json;
use crate::hashed::HashMap;
use crate::manifest::{Node, NodeKind, Resource, SourceDefinition};

/// What the templates belong to.
#[derive(Debug, Clone)]
pub(crate) enum Subject {
    Node(Arc<Node>),
    Source(Arc<SourceDefinition>),
    /// `run-operation`: macros without a node.
    Operation,
}

/// The window of a microbatch model's batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BatchContext {
    /// `20240101`
    pub id: String,
    /// `2024-01-01`, as in file names.
    pub label: String,
    pub start: Timestamp,
    pub end: Timestamp,
    /// `is_incremental()` is true although the relation is new in this run.
    pub incremental: bool,
}

/// What a connection gives to templates: `adapter`, `statement`, `load_result` and their kin.
pub(crate) trait Database: Send + Sync {
    fn get(&self, name: &str) -> Option<Value>;

    /// As the cache knows it.
    fn has_relation(&self, relation: &Relation) -> bool;
}

type Sink = Arc<dyn Fn(Message) + Send + Sync>;

/// The context itself.
pub(crate) struct NodeContext {
    pub shared: Arc<Surroundings>,
    pub subject: Subject,
    pub(super) unit_test: Option<Arc<UnitTestInputs>>,
    batch: Option<BatchContext>,
    /// Values for this node only: test arguments, `results`, `schemas`.
    extra: HashMap<String, Value>,
    /// Operations may name anything, nodes only what parsing saw.
    operation: bool,
    ctes: Mutex<Vec<String>>,
    build_path: Mutex<Option<String>>,
    /// Mappings and lists that were asked for: dbt's are made once, and templates may change them.
    made: Mutex<HashMap<String, Value>>,
    sink: Sink,
    database: Option<Arc<dyn Database>>,
    me: Weak<Self>,
}

/// What a context is made from.
pub(crate) struct NodeContextParts {
    pub shared: Arc<Surroundings>,
    pub subject: Subject,
    pub unit_test: Option<Arc<UnitTestInputs>>,
    pub batch: Option<BatchContext>,
    pub extra: HashMap<String, Value>,
    pub sink: Sink,
    /// `None` without a connection.
    pub database: Option<Arc<dyn Database>>,
}

impl NodeContext {
    pub(crate) fn new(parts: NodeContextParts) -> Arc<Self> {
        let NodeContextParts { shared, subject, unit_test, batch, extra, sink, database } = parts;
        let operation = matches!(subject, Subject::Operation);
        Arc::new_cyclic(|me| Self {
            shared,
            subject,
            unit_test,
            batch,
            extra,
            operation,
            ctes: Mutex::default(),
            build_path: Mutex::default(),
            made: Mutex::default(),
            sink,
            database,
            me: me.clone(),
        })
    }

    /// The ephemeral models that the templates named, in the order of their first use.
    pub(crate) fn ctes(&self) -> Vec<String> {
        self.ctes.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Where `write` put the SQL that ran.
    pub(crate) fn build_path(&self) -> Option<String> {
        self.build_path.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set_build_path(&self, path: String) {
        *self.build_path.lock().unwrap_or_else(PoisonError::into_inner) = Some(path);
    }

    fn node(&self) -> Option<&Arc<Node>> {
        match &self.subject {
            Subject::Node(node) => Some(node),
            _ => None,
        }
    }

    fn package_name(&self) -> &str {
        match &self.subject {
            Subject::Node(node) => &node.package_name,
            Subject::Source(source) => &source.package_name,
            Subject::Operation => &self.shared.root_package,
        }
    }

    fn subject_resource(&self) -> Option<Resource<'_>> {
        match &self.subject {
            Subject::Node(node) => Some(Resource::Node(node)),
            Subject::Source(source) => Some(Resource::Source(source)),
            Subject::Operation => None,
        }
    }

    fn checks_dependencies(&self) -> bool {
        !self.operation
    }

    fn depends_on(&self, unique_id: &str) -> bool {
        self.subject_resource()
            .is_some_and(|subject| subject.parents().iter().any(|parent| parent == unique_id))
    }

    /// An ephemeral model that the node's SQL needs.
    pub(crate) fn add_cte(&self, unique_id: &str) {
        let mut ctes = self.ctes.lock().unwrap_or_else(PoisonError::into_inner);
        if !ctes.iter().any(|known| known == unique_id) {
            ctes.push(unique_id.to_owned());
        }
    }

    fn batch_window(&self) -> Option<[Timestamp; 2]> {
        self.batch.as_ref().map(|batch| [batch.start, batch.end])
    }

    /// dbt: tests and hooks always see all rows.
    fn filters_by_event_time(&self) -> bool {
        let node = self.node();
        node.is_some_and(|node| matches!(node.kind, NodeKind::Model(_) | NodeKind::Snapshot))
    }

    /// Unit tests replace macros by values.
    fn overridden(&self, name: &str) -> Option<Value> {
        if (name == "is_incremental" || name == "should_full_refresh")
            && self.batch.as_ref().is_some_and(|batch| batch.incremental)
        {
            return Some(constant(name == "is_incremental"));
        }
        let test = self.unit_test.as_ref()?;
        let value = test.macros.get(name).or_else(|| test.macros.get(&format!("dbt.{name}")))?;
        Some(Value::from_object(templates::Replaced(from_json(value))))
    }

    /// Whether the relation of a node is in the database, as the cache knows it.
    fn relation_exists(&self, node: &Node) -> bool {
        self.database.as_ref().is_some_and(|database| database.has_relation(&self.shared.relation_of(node)))
    }
}

fn constant(truth: bool) -> Value {
    Value::from_function(move |_: minijinja::value::Rest<Value>| truth)
}

impl fmt::Debug for NodeContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NodeContext").field("subject", &self.subject).finish_non_exhaustive()
    }
}
