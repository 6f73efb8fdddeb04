//! The root context of a node while it runs.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use jiff::Timestamp;
use minijinja::Value;

use crate::hashed::HashMap;
use crate::manifest::{Node, NodeKind, Resource, SourceDefinition};

use super::condition::Condition;
use super::replaced::Replaced;
use super::run_context::{RunContext, UnitTestInputs};
use crate::context::objects::Relation;
use crate::jinja::Message;
use crate::jinja::python::from_json;

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

pub(super) type Sink = Arc<dyn Fn(Message) + Send + Sync>;

/// The context itself.
pub(crate) struct NodeContext {
    pub shared: Arc<RunContext>,
    pub subject: Subject,
    pub(crate) unit_test: Option<Arc<UnitTestInputs>>,
    pub(super) batch: Option<BatchContext>,
    /// Values for this node only: test arguments, `results`, `schemas`.
    pub(super) extra: HashMap<String, Value>,
    /// Operations may name anything, nodes only what parsing saw.
    pub(super) operation: bool,
    pub(super) ctes: Mutex<Vec<String>>,
    pub(super) conditions: Mutex<Vec<Condition>>,
    /// The macros that the templates themselves called.
    pub(super) macros: Mutex<Vec<String>>,
    pub(super) build_path: Mutex<Option<String>>,
    /// What was sent before the statement that `write` writes.
    pub(super) sent_first: Mutex<String>,
    /// Mappings and lists that were asked for: dbt's are made once, and templates may change them.
    pub(super) made: Mutex<HashMap<String, Value>>,
    pub(super) sink: Sink,
    pub(super) database: Option<Arc<dyn Database>>,
    pub(super) me: Weak<Self>,
}

/// What a context is made from.
pub(crate) struct NodeContextParts {
    pub shared: Arc<RunContext>,
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
            conditions: Mutex::default(),
            macros: Mutex::default(),
            build_path: Mutex::default(),
            sent_first: Mutex::default(),
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

    /// The conditions of the query that a run may make narrower.
    pub(crate) fn conditions(&self) -> Vec<Condition> {
        self.conditions.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The ids of the macros that the templates themselves called, in the order of their first call.
    pub(crate) fn macros(&self) -> Vec<String> {
        self.macros.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Where `write` put the SQL that ran.
    pub(crate) fn build_path(&self) -> Option<String> {
        self.build_path.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn set_build_path(&self, path: String) {
        *self.build_path.lock().unwrap_or_else(PoisonError::into_inner) = Some(path);
    }

    pub(super) fn node(&self) -> Option<&Arc<Node>> {
        match &self.subject {
            Subject::Node(node) => Some(node),
            _ => None,
        }
    }

    pub(super) fn package_name(&self) -> &str {
        match &self.subject {
            Subject::Node(node) => &node.package_name,
            Subject::Source(source) => &source.package_name,
            Subject::Operation => &self.shared.project.name,
        }
    }

    pub(super) fn subject_resource(&self) -> Option<Resource<'_>> {
        match &self.subject {
            Subject::Node(node) => Some(Resource::Node(node)),
            Subject::Source(source) => Some(Resource::Source(source)),
            Subject::Operation => None,
        }
    }

    /// Of an operation and of a query on the command line nobody asks what it depends on: it may name what it finds out.
    pub(super) fn checks_dependencies(&self) -> bool {
        let is_inline = self.node().is_some_and(|node| matches!(node.kind, NodeKind::SqlOperation));
        !self.operation && !is_inline
    }

    pub(super) fn depends_on(&self, unique_id: &str) -> bool {
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

    pub(super) fn batch_window(&self) -> Option<[Timestamp; 2]> {
        self.batch.as_ref().map(|batch| [batch.start, batch.end])
    }

    /// dbt: tests and hooks always see all rows.
    pub(super) fn filters_by_event_time(&self) -> bool {
        let node = self.node();
        node.is_some_and(|node| matches!(node.kind, NodeKind::Model(_) | NodeKind::Snapshot))
    }

    /// Unit tests replace macros by values.
    pub(super) fn overridden(&self, name: &str) -> Option<Value> {
        if (name == "is_incremental" || name == "should_full_refresh")
            && self.batch.as_ref().is_some_and(|batch| batch.incremental)
        {
            return Some(constant(name == "is_incremental"));
        }
        let test = self.unit_test.as_ref()?;
        let value = test.macros.get(name).or_else(|| test.macros.get(&format!("dbt.{name}")))?;
        Some(Value::from_object(Replaced(from_json(value))))
    }

    /// Whether the relation of a node is in the database, as the cache knows it.
    pub(super) fn relation_exists(&self, node: &Node) -> bool {
        self.database.as_ref().is_some_and(|database| database.has_relation(&self.shared.relation_of(node)))
    }
}

pub(super) fn constant(truth: bool) -> Value {
    Value::from_function(move |_: minijinja::value::Rest<Value>| truth)
}

impl fmt::Debug for NodeContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NodeContext").field("subject", &self.subject).finish_non_exhaustive()
    }
}
