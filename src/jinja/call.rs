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
}

impl MacroRef {
    pub(crate) fn new(definition: &Arc<MacroDef>) -> Self {
        Self { definition: Arc::clone(definition) }
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
        call_with(&self.definition, &scope, args).map_err(errors::raise)
    }

    fn render(self: &Arc<Self>, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "<macro {}>", self.definition.unique_id)
    }
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
    call_with(definition, scope, &all)
}

/// Calls the macro that a name means in the context's package.
pub(crate) fn call_named(
    name: &str,
    scope: &Arc<Scope>,
    positional: &[Value],
    keywords: &[(&str, Value)],
) -> Result<Value> {
    let (library, context) = (scope.library(), scope.context());
    let Some(definition) = library.definition(name, context.package()) else {
        return Err(Diagnostic::compilation("undefined-macro", format!("'{name}' is undefined"))
            .maybe_help(library.did_you_mean(name))
            .boxed());
    };
    call_definition(&definition, scope, positional, keywords)
        .map_err(|diagnostic| errors::in_subject(diagnostic, context.as_ref()))
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

fn call_with(definition: &Arc<MacroDef>, calling: &Arc<Scope>, args: &[Value]) -> Result<Value> {
    if calling.depth == 0 {
        calling.context().called(&definition.unique_id);
    }
    if let Some(known) = calling.library().answer(definition, args, calling.context().as_ref()) {
        return Ok(known);
    }
    check_depth(calling.depth, &definition.name)?;
    calling.library().goes_on()?;
    let compiled = definition.compiled().map_err(|error| errors::in_macro(error, definition))?;
    let callee = Callee { name: &definition.name, parameters: &compiled.parameters, uses: compiled.uses };
    let mut scope = Scope::of_macro(definition, calling);
    arguments::bind(&callee, args, &mut scope).map_err(|error| errors::in_macro(error, definition))?;
    run_body(&compiled.body, &Arc::new(scope)).map_err(|error| errors::in_macro(error, definition))
}
