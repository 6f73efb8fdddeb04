//! Where every stage's events go: to one listener (`report`), with the time, the thread and the node they
//! are about. Warnings pass `--warn-error-options` here, so a warning may come back as an error.

use std::borrow::Cow;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use super::event::{Event, Level};
use super::status::NodeStatus;
use super::warnings::{Treatment, is_deprecation, treatment};
use crate::counted::counted;
use crate::diagnostic::{Category, Diagnostic, Result};
use crate::hashed::IndexMap;
use crate::options::WarnErrorOptions;

/// What the log tells about a node with each of its events.
#[derive(Debug, Clone, Serialize, Default)]
pub(crate) struct NodeInfo {
    pub node_path: String,
    pub node_name: String,
    pub unique_id: String,
    pub resource_type: String,
    pub materialized: String,
    pub node_status: NodeStatus,
    pub node_started_at: String,
    pub node_finished_at: String,
    pub meta: Value,
    pub node_relation: NodeRelation,
    pub node_checksum: String,
    /// The node's group; it stands beside the node's description in the events of results.
    #[serde(skip)]
    pub group: Option<Value>,
}

/// Where the node lives in the database.
#[derive(Debug, Clone, Serialize, Default)]
pub(crate) struct NodeRelation {
    pub database: String,
    pub schema: String,
    pub alias: String,
    pub relation_name: String,
}

/// An event with its circumstances.
pub(crate) struct Occurrence<'a> {
    pub event: &'a Event,
    pub level: Level,
    pub at: Timestamp,
    pub thread: Cow<'static, str>,
    pub node: Option<&'a NodeInfo>,
}

/// Who draws or stores events.
pub(crate) trait Listener: Send + Sync {
    fn on(&self, occurrence: &Occurrence<'_>);

    /// Everything said so far is to reach its place.
    fn flush(&self) {}

    /// Why something could not be told.
    fn broken(&self) -> Option<std::io::Error> {
        None
    }

    /// Why something is missing in the log.
    fn unlogged(&self) -> Option<String> {
        None
    }
}

/// Shared by all threads of an invocation.
pub(crate) struct Emitter {
    listener: Box<dyn Listener>,
    warnings: WarnErrorOptions,
    deprecations: Mutex<IndexMap<&'static str, usize>>,
    show_all_deprecations: bool,
    /// How many warnings were told.
    warned: AtomicUsize,
}

impl Emitter {
    pub(crate) fn new(
        listener: Box<dyn Listener>,
        warnings: WarnErrorOptions,
        show_all_deprecations: bool,
    ) -> Self {
        let (deprecations, warned) = (Mutex::default(), AtomicUsize::new(0));
        Self { listener, warnings, deprecations, show_all_deprecations, warned }
    }

    /// For tests and for calls before the flags are known.
    pub(crate) fn silent() -> Self {
        struct Nobody;
        impl Listener for Nobody {
            fn on(&self, _: &Occurrence<'_>) {}
        }
        Self::new(Box::new(Nobody), WarnErrorOptions::default(), false)
    }

    pub(crate) fn emit(&self, event: Event) {
        self.send(&event, event.level(), None);
    }

    /// An event about a node.
    pub(crate) fn emit_for(&self, node: &NodeInfo, event: Event) {
        self.send(&event, event.level(), Some(node));
    }

    /// An event that is quieter or louder than usual.
    pub(crate) fn emit_at(&self, level: Level, node: Option<&NodeInfo>, event: Event) {
        self.send(&event, level, node);
    }

    /// Says a warning, or returns it as an error when it is to be one.
    pub(crate) fn warn(&self, warning: Diagnostic) -> Result<()> {
        self.warn_for(None, warning)
    }

    pub(crate) fn warn_for(&self, node: Option<&NodeInfo>, warning: Diagnostic) -> Result<()> {
        match treatment(&self.warnings, warning.code) {
            Treatment::Silence => return Ok(()),
            Treatment::Error => {
                let error = Diagnostic {
                    severity: crate::diagnostic::Severity::Error,
                    category: Category::Compilation,
                    ..warning
                };
                return Err(error.boxed());
            }
            Treatment::Warn => {}
        }
        if is_deprecation(warning.code) {
            let first = match self.deprecations.lock() {
                Ok(mut met) => {
                    let count = met.entry(warning.code).or_insert(0);
                    *count += 1;
                    *count == 1
                }
                Err(_) => true,
            };
            if !first && !self.show_all_deprecations {
                return Ok(());
            }
        }
        self.warned.fetch_add(1, Ordering::Relaxed);
        self.send(&Event::Warning(warning.boxed()), Level::Warn, node);
        Ok(())
    }

    /// How many warnings this call has told so far. Nodes and tests that end with a warning are no such.
    pub(crate) fn warned(&self) -> usize {
        self.warned.load(Ordering::Relaxed)
    }

    /// Whether a warning of this name is an error under the present options.
    pub(crate) fn escalates(&self, name: &str) -> bool {
        treatment(&self.warnings, name) == Treatment::Error
    }

    /// The closing list of the deprecations that were met.
    pub(crate) fn summarize_deprecations(&self) {
        let Ok(met) = self.deprecations.lock() else { return };
        if met.is_empty() {
            return;
        }
        let mut text = String::from("Summary of encountered deprecations:");
        for (name, count) in met.iter() {
            text.push_str(&format!("\n\n- {name}: {}", counted(*count, "occurrence")));
        }
        drop(met);
        if !self.show_all_deprecations {
            text.push_str(
                "\n\nTo see each occurrence instead of the first of each kind, use the `--show-all-deprecations` flag.",
            );
        }
        // dbt says it without asking whether warnings are errors
        let summary = Diagnostic::warning("DeprecationsSummary", text);
        if treatment(&self.warnings, summary.code) != Treatment::Silence {
            self.warned.fetch_add(1, Ordering::Relaxed);
            self.send(&Event::Warning(summary.boxed()), Level::Warn, None);
        }
    }

    pub(crate) fn flush(&self) {
        self.listener.flush();
    }

    /// Why something could not be printed, once.
    pub(crate) fn broken(&self) -> Option<std::io::Error> {
        self.listener.broken()
    }

    /// Why something is missing in the log, once.
    pub(crate) fn unlogged(&self) -> Option<String> {
        self.listener.unlogged()
    }

    fn send(&self, event: &Event, level: Level, node: Option<&NodeInfo>) {
        let thread = super::thread_name();
        self.listener.on(&Occurrence { event, level, at: crate::clock::now(), thread, node });
    }
}
