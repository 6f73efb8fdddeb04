//! A node's root context while it is parsed: `ref`, `source`, `config` and the like record what they are told and
//! answer with stand-ins. `parse` makes one per node and reads the [`Recorded`] afterwards.

mod config;
mod docs;
mod recorded;
mod references;
mod rendered;

use std::any::Any;
use std::sync::{Arc, Mutex};

use minijinja::Value;

use crate::context::functions::globals;
use crate::jinja::python;
use crate::jinja::{Context, Message};
use crate::manifest::Node;

pub(crate) use docs::{DocScope, DocTable, NoNames};

use config::ConfigRecorder;
pub(crate) use recorded::Recorded;
use recorded::lock;
use references::{Kind, Recorder};
use rendered::Render;

/// The names that all nodes of one parse share: variables, modules, `target`, `flags`, `env_var`.
pub(crate) trait SharedNames: Send + Sync {
    fn get(&self, name: &str, scope: &ParseScope) -> Option<Value>;

    /// What `builtins.ref.config` is.
    fn runtime_config(&self) -> Value;

    fn names(&self) -> Vec<String>;

    fn emit(&self, message: Message, scope: &ParseScope);
}

/// Who is being parsed.
#[derive(Debug, Clone)]
pub(crate) enum Subject {
    Node(Arc<Node>),
    /// A text that belongs to no node, in a package.
    Text {
        package: String,
        locator: String,
    },
}

impl Subject {
    /// A text that errors point at by its place alone.
    pub(crate) fn text(package: &str) -> Self {
        Self::Text { package: package.to_owned(), locator: String::new() }
    }

    pub(crate) fn package(&self) -> &str {
        match self {
            Self::Node(node) => &node.package_name,
            Self::Text { package, .. } => package,
        }
    }

    /// `model orders (models/orders.sql)`.
    pub(crate) fn locator(&self) -> Option<String> {
        match self {
            Self::Node(node) => Some(node.locator()),
            Self::Text { locator, .. } => (!locator.is_empty()).then(|| locator.clone()),
        }
    }

    fn node(&self) -> Option<&Node> {
        match self {
            Self::Node(node) => Some(node),
            Self::Text { .. } => None,
        }
    }
}

/// The root context itself.
pub(crate) struct ParseScope {
    shared: Arc<dyn SharedNames>,
    subject: Subject,
    /// The relation that the node would build: what `this` and every `ref()` are while parsing.
    this: Value,
    /// Names that only this node has, as a generic test's arguments.
    own: Vec<(&'static str, Value)>,
    /// Undefined names are errors: in project files and profiles.
    strict: bool,
    recorded: Arc<Mutex<Recorded>>,
}

impl ParseScope {
    pub(crate) fn new(shared: &Arc<dyn SharedNames>, subject: Subject, this: Value) -> Self {
        Self {
            shared: Arc::clone(shared),
            subject,
            this,
            own: Vec::new(),
            strict: false,
            recorded: Arc::new(Mutex::new(Recorded::default())),
        }
    }

    #[must_use]
    pub(crate) fn with(mut self, name: &'static str, value: Value) -> Self {
        self.own.push((name, value));
        self
    }

    #[must_use]
    pub(crate) fn strict(mut self) -> Self {
        self.strict = true;
        self
    }

    pub(crate) fn is_strict(&self) -> bool {
        self.strict
    }

    pub(crate) fn subject(&self) -> &Subject {
        &self.subject
    }

    /// Takes what was recorded so far.
    pub(crate) fn take_recorded(&self) -> Recorded {
        std::mem::take(&mut lock(&self.recorded))
    }
}

impl Context for ParseScope {
    fn get(&self, name: &str) -> Option<Value> {
        if let Some((_, value)) = self.own.iter().find(|(own, _)| *own == name) {
            return Some(value.clone());
        }
        let recorder = |kind| {
            let (recorded, config) = (Arc::clone(&self.recorded), self.shared.runtime_config());
            Some(Value::from_object(Recorder { kind, recorded, this: self.this.clone(), config }))
        };
        match name {
            "ref" => recorder(Kind::Ref),
            "source" => recorder(Kind::Source),
            "metric" => recorder(Kind::Metric),
            "function" => recorder(Kind::Function),
            "config" => Some(Value::from_object(ConfigRecorder::new(Arc::clone(&self.recorded)))),
            "builtins" => {
                let names = self.names().into_iter().chain(["render", "model"].map(str::to_owned));
                let own = names.filter_map(|name| Some((Value::from(name.as_str()), self.get(&name)?)));
                let others = globals().map(|(name, value)| (Value::from(name), value.clone()));
                Some(python::dict(others.chain(own)))
            }
            "render" => Some(Value::from_object(Render)),
            "this" => Some(self.this.clone()),
            "execute" => Some(Value::from(false)),
            "database" | "schema" => {
                let own =
                    self.this.get_attr(name).ok().filter(|part| !part.is_undefined() && !part.is_none());
                own.or_else(|| self.shared.get(name, self))
            }
            "model" => {
                let node = self.subject.node()?;
                Some(python::from_json(&serde_json::to_value(node).unwrap_or_default()))
            }
            _ => self.shared.get(name, self),
        }
    }

    fn names(&self) -> Vec<String> {
        let mut names: Vec<String> =
            ["ref", "source", "metric", "function", "config", "this", "database", "schema", "execute"]
                .map(str::to_owned)
                .into();
        names.extend(self.shared.names());
        names
    }

    fn package(&self) -> &str {
        self.subject.package()
    }

    fn subject(&self) -> Option<String> {
        self.subject.locator()
    }

    fn execute(&self) -> bool {
        self.strict
    }

    fn emit(&self, message: Message) {
        self.shared.emit(message, self);
    }

    fn called(&self, unique_id: &str) {
        let mut recorded = lock(&self.recorded);
        if !recorded.macros.iter().any(|known| known == unique_id) {
            recorded.macros.push(unique_id.to_owned());
        }
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
