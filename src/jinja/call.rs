//! Calls of macros: each is a fresh run of the macro's body with its parameters as names.

use std::sync::Arc;

use minijinja::value::{Enumerator, Object, ObjectRepr};
use minijinja::{Error, State, Value};

use crate::diagnostic::{Diagnostic, Result};

use super::arguments::{self, Callee};
use super::errors;
use super::evaluate::run_body;
use super::macros::MacroDef;
use super::scope::Scope;

/// How many macros may be running inside each other.
const DEPTH_LIMIT: usize = 100;

/// A macro as a value: calling it runs the macro for the node whose template calls.
#[derive(Debug)]
pub(crate) struct MacroRef {
    definition: Arc<MacroDef>,
    /// The built-in macro in whose place it is called.
    replaced: Option<Arc<MacroDef>>,
}

impl MacroRef {
    pub(crate) fn new(definition: &Arc<MacroDef>) -> Self {
        Self { definition: Arc::clone(definition), replaced: None }
    }

    /// What runs where a built-in macro is called. dbt: that one dispatches, and the node depends on it.
    pub(crate) fn replacing(definition: &Arc<MacroDef>, built_in: &Arc<MacroDef>) -> Self {
        Self { definition: Arc::clone(definition), replaced: Some(Arc::clone(built_in)) }
    }
}

impl Object for MacroRef {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        (key.as_str() == Some("name")).then(|| Value::from(&self.definition.name))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::NonEnumerable
    }

    fn call(self: &Arc<Self>, state: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
        let scope = Scope::of(state)?;
        let Some(replaced) = &self.replaced else {
            return call_with(&self.definition, &self.definition.unique_id, &scope, args)
                .map_err(errors::raise);
        };
        let filled = filled(replaced, &self.definition, args).map_err(errors::raise)?;
        let args = filled.as_deref().unwrap_or(args);
        call_with(&self.definition, &replaced.unique_id, &scope, args).map_err(errors::raise)
    }

    fn render(self: &Arc<Self>, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "<macro {}>", self.definition.unique_id)
    }
}

/// dbt's own macro, which dispatches, passes its defaults on.
fn filled(replaced: &MacroDef, definition: &MacroDef, args: &[Value]) -> Result<Option<Vec<Value>>> {
    let own = &definition.compiled().map_err(|error| errors::in_macro(error, definition))?.parameters;
    Ok(arguments::filled(&replaced.compiled()?.parameters, own, args))
}

/// Calls a macro: what it `return`s, or the text it renders.
pub(crate) fn call_definition(
    definition: &Arc<MacroDef>,
    scope: &Arc<Scope>,
    positional: &[Value],
    keywords: &[(&str, Value)],
) -> Result<Value> {
    let mut all = positional.to_vec();
    if !keywords.is_empty() {
        all.push(Value::from(
            keywords.iter().map(|(name, value)| (*name, value.clone())).collect::<minijinja::value::Kwargs>(),
        ));
    }
    call_with(definition, &definition.unique_id, scope, &all)
}

/// Calls the macro that a name means in the context's package.
pub(crate) fn call_named(
    name: &str,
    scope: &Arc<Scope>,
    positional: &[Value],
    keywords: &[(&str, Value)],
) -> Result<Value> {
    let definition = scope.library().definition(name, scope.package());
    let definition = definition.ok_or_else(|| undefined(name, scope))?;
    call_definition(&definition, scope, positional, keywords)
        .map_err(|diagnostic| errors::in_subject(diagnostic, scope.context().as_ref()))
}

/// Calls a macro by name as dbt's adapter does: the root project's, a package's or the built-in one, whatever package
/// the node is of.
pub(crate) fn execute_macro(
    name: &str,
    scope: &Arc<Scope>,
    positional: &[Value],
    keywords: &[(&str, Value)],
) -> Result<Value> {
    let definition = scope.library().anywhere(name).ok_or_else(|| undefined(name, scope))?;
    execute_definition(&definition, scope, positional, keywords)
}

/// Calls a macro as dbt's adapter does: the names in it mean what they mean in its own package.
pub(crate) fn execute_definition(
    definition: &Arc<MacroDef>,
    scope: &Arc<Scope>,
    positional: &[Value],
    keywords: &[(&str, Value)],
) -> Result<Value> {
    call_definition(definition, &scope.in_package(&definition.package), positional, keywords)
        .map_err(|diagnostic| errors::in_subject(diagnostic, scope.context().as_ref()))
}

fn undefined(name: &str, scope: &Scope) -> Box<Diagnostic> {
    let help = scope.library().did_you_mean(name);
    Diagnostic::compilation("undefined-macro", format!("'{name}' is undefined")).maybe_help(help).boxed()
}

pub(super) fn check_depth(depth: usize, name: &str) -> Result<()> {
    if depth < DEPTH_LIMIT {
        return Ok(());
    }
    let message = format!("macro calls are nested more than {DEPTH_LIMIT} deep");
    Err(Diagnostic::compilation("macro-recursion", message)
        .help(format!("does `{name}` call itself without an end?"))
        .boxed())
}

fn call_with(
    definition: &Arc<MacroDef>,
    called_as: &str,
    calling: &Arc<Scope>,
    args: &[Value],
) -> Result<Value> {
    if calling.depth == 0 {
        calling.context().called(called_as);
    }
    if let Some(known) = calling.library().answer(definition, args, calling.context().as_ref()) {
        return Ok(known);
    }
    check_depth(calling.depth, &definition.name)?;
    calling.library().goes_on()?;
    let compiled = definition.compiled().map_err(|error| errors::in_macro(error, definition))?;
    let callee = Callee { name: &definition.name, parameters: &compiled.parameters, uses: compiled.uses };
    let mut scope = Scope::of_macro(definition, calling, args);
    arguments::bind(&callee, args, &mut scope).map_err(|error| errors::in_macro(error, definition))?;
    run_body(&compiled.body, &Arc::new(scope)).map_err(|error| errors::in_macro(error, definition))
}
