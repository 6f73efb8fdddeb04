//! What the names of one running template mean.

use std::sync::Arc;

use minijinja::value::{Enumerator, Object, ObjectRepr};
use minijinja::{Environment, Error, State, Value};

use super::context::Context;
use super::context_object::{ContextObject, Names};
use super::environments::Environments;
use super::library::Library;
use super::macros::MacroDef;
use super::namespace::PackageNamespace;
use super::root::{Assigned, Root};

/// The name under which functions find the scope of their caller; no template can write it.
const SCOPE: &str = "<scope>";

/// The root of a template's names: parameters of the macro that runs, macros, the node's context.
pub(crate) struct Scope {
    root: Arc<Root>,
    /// Parameters and what a `{% call %}` body captured.
    pub(super) variables: Vec<(&'static str, Value)>,
    /// The macro that runs, and the scope that called it.
    pub(super) caller: Option<(Arc<MacroDef>, Arc<Scope>)>,
    /// What is undefined here behaves as in the template that calls.
    is_of_template: bool,
    pub(super) depth: usize,
}

impl Scope {
    pub(crate) fn root(
        library: Arc<dyn Library>,
        context: &Arc<dyn Context>,
        environments: Environments,
    ) -> Arc<Self> {
        Self::made(library, context, environments, None)
    }

    fn made(
        library: Arc<dyn Library>,
        context: &Arc<dyn Context>,
        environments: Environments,
        package: Option<String>,
    ) -> Arc<Self> {
        let (context, assigned) = (Arc::clone(context), Assigned::default());
        let root = Root { library, context, environments, assigned, package };
        Arc::new(Self {
            root: Arc::new(root),
            variables: Vec::new(),
            caller: None,
            is_of_template: true,
            depth: 0,
        })
    }

    /// The root of a template that has nothing of this one but its context.
    pub(crate) fn anew(&self) -> Arc<Self> {
        let root = &self.root;
        Self::made(Arc::clone(&root.library), &root.context, root.environments, root.package.clone())
    }

    /// The root of a macro that the adapter calls: it has nothing of this one but its context, and names mean what they
    /// mean in the macro's package.
    pub(crate) fn in_package(&self, package: &str) -> Arc<Self> {
        let root = &self.root;
        Self::made(Arc::clone(&root.library), &root.context, root.environments, Some(package.to_owned()))
    }

    /// The root of a template that another one renders: it shares what that one assigned, not its parameters.
    pub(crate) fn root_of_nested(&self) -> Arc<Self> {
        Arc::new(Self {
            root: Arc::clone(&self.root),
            variables: Vec::new(),
            caller: None,
            is_of_template: true,
            depth: 0,
        })
    }

    /// For the body of a macro that is called with these, without its parameters yet.
    pub(super) fn of_macro(definition: &Arc<MacroDef>, calling: &Arc<Self>, args: &[Value]) -> Self {
        Self {
            root: Arc::clone(&calling.root),
            variables: Vec::new(),
            caller: Some((Arc::clone(definition), Arc::clone(calling))),
            // Python: an undefined value keeps its ways wherever it goes
            is_of_template: calling.is_of_template && args.iter().any(Value::is_undefined),
            depth: calling.depth + 1,
        }
    }

    /// A copy to put more names into.
    pub(super) fn with_the_same_variables(&self) -> Self {
        Self {
            root: Arc::clone(&self.root),
            variables: self.variables.clone(),
            caller: self.caller.clone(),
            is_of_template: self.is_of_template,
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

    /// The package whose macros come first.
    pub(crate) fn package(&self) -> &str {
        self.root.package()
    }

    /// The package of the macro that runs.
    pub(crate) fn macro_package(&self) -> Option<&str> {
        self.caller.as_ref().map(|(definition, _)| definition.package.as_str())
    }

    pub(crate) fn library(&self) -> &dyn Library {
        self.root.library.as_ref()
    }

    pub(super) fn environment(&self) -> &'static Environment<'static> {
        let Environments { templates, macros } = self.root.environments;
        if self.is_of_template { templates } else { macros }
    }

    fn assigned(&self) -> &Assigned {
        &self.root.assigned
    }

    /// The macro whose body runs.
    pub(crate) fn running_macro(&self) -> Option<&Arc<MacroDef>> {
        self.caller.as_ref().map(|(definition, _)| definition)
    }

    /// What a name means here, macro parameters aside.
    pub(crate) fn global(&self, name: &str) -> Option<Value> {
        if let Some(value) = self.context().override_of(name) {
            return Some(value);
        }
        if let Some(value) = self.assigned().get(name) {
            return Some(value);
        }
        let library = self.library();
        if let Some(value) = library.value(name, self.package()) {
            return Some(value);
        }
        if library.hides(name) {
            return Some(self.package_namespace(name));
        }
        if let Some(value) = self.context().get(name) {
            return Some(value);
        }
        if library.is_package(name) {
            return Some(self.package_namespace(name));
        }
        // dbt does not know a macro of another package by its bare name; where it would be undefined we do.
        let package = &self.running_macro()?.package;
        library.value_in(package, name)
    }

    fn package_namespace(&self, name: &str) -> Value {
        Value::from_object(PackageNamespace { package: name.to_owned(), root: Arc::clone(&self.root) })
    }

    fn variable(&self, name: &str) -> Option<Value> {
        self.variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone())
    }

    /// What a name means here, macro parameters included.
    pub(super) fn named(&self, name: &str) -> Option<Value> {
        self.variable(name).or_else(|| self.global(name))
    }

    /// The names that could have been meant, for "did you mean".
    pub(super) fn did_you_mean(&self, name: &str) -> Option<String> {
        let names = self.context().names();
        let local = self.variables.iter().map(|(name, _)| *name);
        crate::diagnostic::did_you_mean(name, names.iter().map(String::as_str).chain(local))
            .or_else(|| self.library().did_you_mean(name))
    }
}

impl Names for Scope {
    fn global(&self, name: &str) -> Option<Value> {
        self.global(name)
    }

    fn all(&self) -> Vec<String> {
        let mut names = self.context().names();
        names.extend(self.assigned().names());
        names
    }

    fn assign(&self, name: String, value: Value) {
        self.assigned().insert(name, value);
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
            "context" => Some(Value::from_object(ContextObject(Arc::<Self>::clone(self)))),
            _ => self.global(key),
        }
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Empty
    }
}
