//! What the threads of a run share.

use std::cell::RefCell;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::emitter::{Emitter, NodeInfo};
use super::event::Event;
use super::inputs::{FailingRows, Introspection, RunInputs};
use super::interrupt::InFlight;
use super::node::CompiledNode;
use super::origins::Origins;
use super::outputs::Output;
use super::results::FreshnessResult;
use super::summary::Nodes;
use crate::adapter::RelationKind;
use crate::context::objects::adapter::KnownAnswer;
use crate::diagnostic::Diagnostic;
use crate::hashed::HashMap;
use crate::jinja::Message;
use crate::manifest::{Manifest, Node, Resource};

/// One run.
pub(super) struct Run<'a> {
    pub(super) inputs: &'a RunInputs,
    /// The target's own first.
    pub(super) outputs: Vec<Output>,
    pub(super) origins: Origins,
    pub(super) in_flight: Arc<InFlight>,
    compiled: Mutex<HashMap<String, Arc<CompiledNode>>>,
    freshness: Mutex<Vec<FreshnessResult>>,
    /// By test, of those whose failures were counted along with those of another.
    answers: Mutex<HashMap<String, KnownAnswer>>,
    pub(super) emitter: Arc<Emitter>,
}

impl<'a> Run<'a> {
    pub(super) fn new(inputs: &'a RunInputs) -> Self {
        let run = Self {
            inputs,
            outputs: Output::all(inputs),
            origins: Origins::default(),
            in_flight: Arc::default(),
            compiled: Mutex::default(),
            freshness: Mutex::default(),
            answers: Mutex::default(),
            emitter: Arc::clone(&inputs.emitter),
        };
        if inputs.options.introspection == Introspection::NothingExists {
            let manifest = &inputs.shared.manifest;
            let shared = &inputs.shared;
            let add = |config, schema| run.outputs[shared.home_of(config).output].cache.assume_schema(schema);
            manifest.nodes.values().for_each(|node| add(&node.config, &node.schema));
            manifest.sources.values().for_each(|source| add(&source.config, &source.schema));
            for node in &inputs.options.assumed {
                let cache = &run.outputs[shared.home_of(&node.config).output].cache;
                drop(cache.add(&node.schema, &node.alias, RelationKind::Table));
            }
        }
        run
    }

    /// The outputs where the relation of a node or source lives, and where its query runs; the same for most.
    pub(super) fn home_and_site(&self, unique_id: &str) -> (usize, usize) {
        if self.outputs.len() == 1 {
            return (0, 0);
        }
        let Some(resource) = self.manifest().resource(unique_id) else { return (0, 0) };
        let output = |connection| self.inputs.shared.output_of(connection).output;
        let home = output(self.manifest().home(resource));
        match resource {
            Resource::Node(node) => (home, output(self.manifest().site(node))),
            _ => (home, home),
        }
    }

    pub(super) fn home_of(&self, node: &Node) -> &Output {
        &self.outputs[self.home_and_site(&node.unique_id).0]
    }

    fn compiled_nodes(&self) -> MutexGuard<'_, HashMap<String, Arc<CompiledNode>>> {
        self.compiled.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn compiled(&self, unique_id: &str) -> Option<Arc<CompiledNode>> {
        self.compiled_nodes().get(unique_id).cloned()
    }

    pub(super) fn keep_compiled(&self, compiled: &Arc<CompiledNode>) {
        self.compiled_nodes().insert(compiled.node.unique_id.clone(), Arc::clone(compiled));
    }

    /// The nodes as they were compiled, for the manifest that is written.
    pub(super) fn take_compiled(&self) -> Vec<Arc<Node>> {
        let mut compiled: Vec<Arc<Node>> =
            self.compiled_nodes().drain().map(|(_, compiled)| Arc::clone(&compiled.node)).collect();
        compiled.sort_by(|left, right| left.unique_id.cmp(&right.unique_id));
        compiled
    }

    pub(super) fn keep_freshness(&self, result: FreshnessResult) {
        let mut kept = self.freshness.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|known| known.unique_id != result.unique_id);
        kept.push(result);
    }

    pub(super) fn take_freshness(&self) -> Vec<FreshnessResult> {
        std::mem::take(&mut self.freshness.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn keep_answer(&self, unique_id: &str, answer: KnownAnswer) {
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        answers.insert(unique_id.to_owned(), answer);
    }

    pub(super) fn take_answer(&self, unique_id: &str) -> Option<KnownAnswer> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner).remove(unique_id)
    }

    pub(super) fn manifest(&self) -> &Manifest {
        &self.inputs.shared.manifest
    }

    /// Whether a test keeps its failing rows: by its config, else by the flag.
    pub(super) fn stores_failures(&self, node: &Node) -> bool {
        let text = |name: &str| node.config.get(name).and_then(serde_json::Value::as_str);
        match text("store_failures_as") {
            Some(kind) => matches!(kind, "table" | "view"),
            None => {
                let configured = node.config.get("store_failures").and_then(serde_json::Value::as_bool);
                configured.unwrap_or(self.inputs.options.testing.store_failures)
            }
        }
    }
}

impl Nodes for Run<'_> {
    fn manifest(&self) -> &Manifest {
        self.manifest()
    }

    fn compiled_path(&self, unique_id: &str) -> Option<String> {
        self.compiled(unique_id)?.node.compiled_path.clone()
    }

    fn stores_failures(&self, node: &Node) -> bool {
        self.stores_failures(node)
    }

    fn failing_rows(&self) -> FailingRows {
        self.inputs.options.testing.failing_rows
    }
}

thread_local! {
    /// A template's warning that `--warn-error` makes an error: templates go on, and their node fails at its commit or its end.
    static ESCALATED: RefCell<Option<Box<Diagnostic>>> = const { RefCell::new(None) };
}

/// Of the error with which a commit is refused; the node's is the warning itself.
pub(super) const ESCALATED_CODE: &str = "warning-is-error";

pub(super) fn is_escalated() -> bool {
    ESCALATED.with_borrow(Option::is_some)
}

/// The error that a warning of this thread's node became.
pub(super) fn take_escalated() -> Option<Box<Diagnostic>> {
    ESCALATED.take()
}

/// What templates say becomes events, with the node they belong to.
pub(super) fn sink(emitter: &Arc<Emitter>, node: Option<NodeInfo>) -> Arc<dyn Fn(Message) + Send + Sync> {
    let emitter = Arc::clone(emitter);
    Arc::new(move |message| {
        let warn = |warning| {
            if let Err(error) = emitter.warn_for(node.as_ref(), warning) {
                ESCALATED.with_borrow_mut(|escalated| _ = escalated.get_or_insert(error));
            }
        };
        let event = match message {
            Message::Log { text, info: true } => Event::JinjaLogInfo { msg: text },
            Message::Log { text, info: false } => Event::JinjaLogDebug { msg: text },
            Message::Print(text) => Event::PrintEvent { msg: text },
            Message::Warn(text) => return warn(Diagnostic::warning("JinjaLogWarning", text)),
            Message::Warning { event, text } => return warn(Diagnostic::warning(event, text)),
        };
        match &node {
            Some(node) => emitter.emit_for(node, event),
            None => emitter.emit(event),
        }
    })
}
