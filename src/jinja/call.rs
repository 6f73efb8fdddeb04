//! Calls of macros: each is a fresh run of the macro's body with its parameters as names.

use std::sync::Arc;

use minijinja::machinery::{eval, make_string_output};
use minijinja::value::{Enumerator, Object, ObjectRepr};
use minijinja::{AutoEscape, Error, State, Value};

use crate::diagnostic::{Diagnostic, Result};

use super::arguments::{self, Callee};
use super::compile::Template;
use super::engine::Engine;
use super::errors;
use super::macros::MacroDef;
use super::registry;
use super::scope::Scope;

/// How many macros may be running inside each other.
const DEPTH_LIMIT: usize = 100;

/// A macro as a value: calling it runs the macro for the node whose template calls.
#[derive(Debug)]
pub(super) struct MacroRef {
    pub definition: Arc<MacroDef>,
}

impl MacroRef {
    pub(super) fn new(definition: &Arc<MacroDef>) -> Self {
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

/// Runs a template for its text, which is about as long as the `source`.
pub(super) fn render(template: &Template<'_>, scope: &Arc<Scope>, source: &str) -> Result<String> {
    let mut text = String::with_capacity(source.len());
    match evaluate(template, scope, &mut text) {
        Ok(_) => Ok(text),
        Err(error) => Err(errors::of_run(&error, template, scope)),
    }
}

/// Runs a template; an expression leaves its value.
pub(super) fn evaluate(
    template: &Template<'_>,
    scope: &Arc<Scope>,
    text: &mut String,
) -> Result<Option<Value>, Error> {
    let environment = Engine::environment(scope.context().as_ref());
    let root = Value::from_dyn_object(Arc::clone(scope));
    let mut output = make_string_output(text);
    eval(environment, &template.instructions, root, &template.blocks, &mut output, AutoEscape::None)
        .map(|(value, _)| value)
}

/// Runs a macro's or closure's body: the value that it returns, else its text.
pub(super) fn run_body(body: &Template<'_>, scope: &Arc<Scope>) -> Result<Value> {
    let mut text = String::new();
    match evaluate(body, scope, &mut text) {
        Ok(_) => Ok(Value::from(text)),
        Err(error) => match errors::returned(&error) {
            Some(value) => Ok(value),
            None => Err(errors::of_run(&error, body, scope)),
        },
    }
}

pub(super) fn call_definition(
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

pub(super) fn check_depth(depth: usize, name: &str) -> Result<()> {
    if depth < DEPTH_LIMIT {
        return Ok(());
    }
    let message = format!("macro calls are nested more than {DEPTH_LIMIT} deep");
    Err(Diagnostic::compilation("macro-recursion", message)
        .help(format!("does `{name}` call itself without an end?"))
        .boxed())
}

/// What a macro that most incremental models call answers while they are parsed: it need not run for each.
fn known_while_parsing(definition: &MacroDef, calling: &Scope, args: &[Value]) -> Option<Value> {
    let is_known = definition.name == "is_incremental" && definition.package == registry::BUILTIN;
    (is_known && args.is_empty() && !calling.context().execute()).then(|| Value::from(false))
}

fn call_with(definition: &Arc<MacroDef>, calling: &Arc<Scope>, args: &[Value]) -> Result<Value> {
    if calling.depth == 0 {
        calling.context().called(&definition.unique_id);
    }
    if let Some(known) = known_while_parsing(definition, calling, args) {
        return Ok(known);
    }
    check_depth(calling.depth, &definition.name)?;
    let compiled = definition.compiled().map_err(|error| errors::in_macro(error, definition))?;
    let callee = Callee { name: &definition.name, parameters: &compiled.parameters, uses: compiled.uses };
    let mut scope = Scope::of_macro(definition, calling);
    arguments::bind(&callee, args, &mut scope).map_err(|error| errors::in_macro(error, definition))?;
    run_body(&compiled.body, &Arc::new(scope)).map_err(|error| errors::in_macro(error, definition))
}
