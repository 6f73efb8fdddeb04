//! What the names of one running template mean.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use minijinja::value::{Enumerator, Object, ObjectRepr};
use minijinja::{Error, State, Value};

use crate::hashed::HashMap;

use super::context::Context;
use super::context_object::ContextObject;
use super::engine::Engine;
use super::macros::MacroDef;
use super::namespace::PackageNamespace;

/// The name under which functions find the scope of their caller; no template can write it.
const SCOPE: &str = "<scope>";

/// The root of a template's names: parameters of the macro that runs, macros, the node's context.
pub(crate) struct Scope {
    root: Arc<Root>,
    /// Parameters and what a `{% call %}` body captured.
    pub(super) variables: Vec<(&'static str, Value)>,
    /// The macro that runs, and the scope that called it.
    pub(super) caller: Option<(Arc<MacroDef>, Arc<Scope>)>,
    pub(super) depth: usize,
}

/// What a template and all macros that it calls have in common.
struct Root {
    engine: Engine,
    context: Arc<dyn Context>,
    assigned: Assigned,
}

/// Names that templates put into `context`.
#[derive(Default)]
pub(super) struct Assigned(OnceLock<Mutex<HashMap<String, Value>>>);

impl Assigned {
    fn get(&self, name: &str) -> Option<Value> {
        let names = self.0.get()?.lock().unwrap_or_else(PoisonError::into_inner);
        names.get(name).cloned()
    }

    pub(super) fn insert(&self, name: String, value: Value) {
        let names = self.0.get_or_init(Mutex::default);
        names.lock().unwrap_or_else(PoisonError::into_inner).insert(name, value);
    }

    pub(super) fn names(&self) -> Vec<String> {
        let names = self.0.get().map(|names| names.lock().unwrap_or_else(PoisonError::into_inner));
        let mut names: Vec<String> = names.map(|names| names.keys().cloned().collect()).unwrap_or_default();
        names.sort();
        names
    }
}

impl Scope {
    pub(super) fn root(engine: &Engine, context: &Arc<dyn Context>) -> Arc<Self> {
        let root =
            Root { engine: engine.clone(), context: Arc::clone(context), assigned: Assigned::default() };
        Arc::new(Self { root: Arc::new(root), variables: Vec::new(), caller: None, depth: 0 })
    }

    /// The root of a template that another one renders: it shares what that one assigned, not its parameters.
    pub(super) fn root_of_nested(&self) -> Arc<Self> {
        Arc::new(Self { root: Arc::clone(&self.root), variables: Vec::new(), caller: None, depth: 0 })
    }

    /// For the body of a macro, without its parameters yet.
    pub(super) fn of_macro(definition: &Arc<MacroDef>, calling: &Arc<Self>) -> Self {
        Self {
            root: Arc::clone(&calling.root),
            variables: Vec::new(),
            caller: Some((Arc::clone(definition), Arc::clone(calling))),
            depth: calling.depth + 1,
        }
    }

    /// A copy to put more names into.
    pub(super) fn with_the_same_variables(&self) -> Self {
        Self {
            root: Arc::clone(&self.root),
            variables: self.variables.clone(),
            caller: self.caller.clone(),
            depth: self.depth,
        }
    }

    /// The scope of the template that calls a function or filter.
    ///
    /// # Errors
    /// When the state was not made by the engine.
    pub(crate) fn of(state: &State<'_, '_>) -> Result<Arc<Self>, Error> {
        state
            .lookup(SCOPE)
            .and_then(|scope| scope.downcast_object::<Self>())
            .ok_or_else(|| Error::new(minijinja::ErrorKind::InvalidOperation, "this template has no context"))
    }

    pub(crate) fn context(&self) -> &Arc<dyn Context> {
        &self.root.context
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.root.engine
    }

    pub(super) fn assigned(&self) -> &Assigned {
        &self.root.assigned
    }

    /// The macro whose body runs.
    pub(crate) fn running_macro(&self) -> Option<&Arc<MacroDef>> {
        self.caller.as_ref().map(|(definition, _)| definition)
    }

    /// What a name means here, macro parameters aside.
    pub(crate) fn global(self: &Arc<Self>, name: &str) -> Option<Value> {
        if let Some(value) = self.context().override_of(name) {
            return Some(value);
        }
        if let Some(value) = self.assigned().get(name) {
            return Some(value);
        }
        let registry = self.engine().registry();
        if let Some(entry) = registry.resolve(name, self.context().package()) {
            return Some(entry.value.clone());
        }
        if let Some(value) = self.context().get(name) {
            return Some(value);
        }
        if registry.is_package(name) {
            let scope = Arc::clone(self);
            return Some(Value::from_object(PackageNamespace { package: name.to_owned(), scope }));
        }
        // dbt does not know a macro of another package by its bare name; where it would be undefined we do.
        let package = &self.running_macro()?.package;
        registry.in_package(package, name).map(|entry| entry.value.clone())
    }

    fn variable(&self, name: &str) -> Option<Value> {
        self.variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone())
    }

    /// What a name means here, macro parameters included.
    pub(super) fn named(self: &Arc<Self>, name: &str) -> Option<Value> {
        self.variable(name).or_else(|| self.global(name))
    }

    /// The names that could have been meant, for "did you mean".
    pub(super) fn did_you_mean(&self, name: &str) -> Option<String> {
        let names = self.context().names();
        let local = self.variables.iter().map(|(name, _)| *name);
        crate::diagnostic::did_you_mean(name, names.iter().map(String::as_str).chain(local))
            .or_else(|| self.engine().registry().did_you_mean(name))
    }
}

impl std::fmt::Debug for Scope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scope").field("depth", &self.depth).finish_non_exhaustive()
    }
}

impl Object for Scope {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Map
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.get_value_by_str(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        if let Some(value) = self.variable(key) {
            return Some(value);
        }
        match key {
            SCOPE => Some(Value::from_dyn_object(Arc::clone(self))),
            "context" => Some(Value::from_object(ContextObject { scope: Arc::clone(self) })),
            _ => self.global(key),
        }
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Empty
    }
}
