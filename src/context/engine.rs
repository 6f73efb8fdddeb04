//! The engine: all macros of a project, its packages and the binary, and the ways to run a template.

use std::sync::{Arc, LazyLock};

use minijinja::{Environment, Value};

use crate::diagnostic::{Diagnostics, Result, SourceText, Span};

use crate::jinja::{
    Context, Environments, MacroDef, Native, Scope, SourceMap, call_definition, call_named, environments,
    execute_definition, execute_macro, in_subject, may_hold_jinja, render_body, render_mapped,
    without_last_line_break,
};

use super::dependencies;
use super::functions;
use super::registry::{self, Registry};
use super::settings::EngineSettings;

/// The macro that a project may have written before dbt had batches of its own.
pub(crate) const MICROBATCH_MACRO: &str = "get_incremental_microbatch_sql";

/// Renders templates; cheap to clone, shared by all threads.
#[derive(Clone)]
pub struct Engine(Arc<Registry>);

/// For parsing, and for everything else.
static ENVIRONMENTS: LazyLock<(Environment<'static>, Environment<'static>)> =
    LazyLock::new(|| environments(functions::install));

/// What all engines have in common, and what does not depend on a project; made when it is first needed.
pub(crate) fn prepare() {
    LazyLock::force(&ENVIRONMENTS);
    Registry::prepare();
}

impl Engine {
    /// Cuts the macros out of all files; nothing is compiled yet.
    ///
    /// # Errors
    /// All files whose blocks cannot be told apart, and macros defined twice.
    pub fn new(settings: EngineSettings) -> Result<Self, Diagnostics> {
        Ok(Self(Arc::new(Registry::new(settings)?)))
    }

    /// Without any macros: for project files and profiles.
    pub(crate) fn bare() -> Self {
        static BARE: LazyLock<Engine> = LazyLock::new(|| Engine(Arc::new(Registry::empty())));
        BARE.clone()
    }

    /// Every macro, the built-in ones included, in package and file order.
    pub fn macros(&self) -> impl Iterator<Item = &Arc<MacroDef>> {
        self.0.all()
    }

    fn scope(&self, context: &Arc<dyn Context>) -> Arc<Scope> {
        let (parsing, running) = &*ENVIRONMENTS;
        // dbt tolerates undefined names while parsing in nodes, not in macros
        let templates = if context.execute() { running } else { parsing };
        Scope::root(Arc::<Registry>::clone(&self.0), context, Environments { templates, macros: running })
    }

    /// The macro of a name: in `package`, or without one in the root project, any package, the built-ins.
    pub fn find_macro(&self, name: &str, package: Option<&str>) -> Option<Arc<MacroDef>> {
        self.0.find(name, package).cloned()
    }

    /// Whether the project or a package has a macro that runs where the adapter calls the built-in one.
    pub(crate) fn is_replaced(&self, name: &str) -> bool {
        self.0.find(name, None).is_some_and(|found| found.package != registry::BUILTIN)
    }

    /// The `generate_<component>_name` macro for nodes of the root project, or of an imported package.
    pub(crate) fn find_generate_macro(
        &self,
        component: &str,
        imported: Option<&str>,
    ) -> Option<Arc<MacroDef>> {
        self.0.find_generate(component, imported)
    }

    /// The materialization of a name. A package may replace a built-in one only where settings allow it.
    pub(crate) fn find_materialization(&self, name: &str, adapter: &str) -> Option<Arc<MacroDef>> {
        self.0.find_materialization(name, adapter)
    }

    /// The package whose materialization replaces the built-in one of this name.
    pub(crate) fn overriding_package(&self, materialization: &str, adapter: &str) -> Option<String> {
        let registry = &self.0;
        let found = registry.find_materialization(materialization, adapter)?;
        let replaces = registry.is_imported(&found.package)
            && registry.has_built_in_materialization(materialization, adapter);
        replaces.then(|| found.package.clone())
    }

    /// The macro `test_<name>`: in `package` (the namespace, else the node's own) first, then as any macro.
    pub(crate) fn find_generic_test(&self, name: &str, package: &str) -> Option<&Arc<MacroDef>> {
        self.0.find_generic_test(name, package)
    }

    /// The ids of the macros that each of [`Engine::macros`] calls, as far as its text tells.
    ///
    /// # Errors
    /// All macros that cannot be read, whether they are called or not.
    pub(crate) fn macro_dependencies(&self) -> Result<Vec<Vec<String>>, Diagnostics> {
        dependencies::dependencies(&self.0)
    }

    /// Renders a whole file to text, without its last line break.
    ///
    /// # Errors
    /// Syntax errors, undefined names that are used, and whatever the functions it calls raise.
    pub fn render(&self, source: &Arc<SourceText>, context: &Arc<dyn Context>) -> Result<String> {
        self.render_span(&Span::new(source, 0..source.text.len()), context)
    }

    /// Renders a text that dbt takes for the body of a macro, as a query comment: `return(..)` gives it as well.
    ///
    /// # Errors
    /// As [`Engine::render`].
    pub(crate) fn render_body(&self, source: &Arc<SourceText>, context: &Arc<dyn Context>) -> Result<String> {
        render_body(source, &self.scope(context))
    }

    /// Renders a part of a file to text.
    ///
    /// # Errors
    /// As [`Engine::render`].
    pub(crate) fn render_span(&self, span: &Span, context: &Arc<dyn Context>) -> Result<String> {
        let map = SourceMap::exact(&span.source, span.range.start);
        render_mapped(span.text(), map, || self.scope(context))
    }

    /// Renders a text that a file holds in another form, as a YAML scalar with escapes: errors point at `span`.
    ///
    /// # Errors
    /// As [`Engine::render`].
    pub(crate) fn render_text(&self, text: &str, span: &Span, context: &Arc<dyn Context>) -> Result<String> {
        let map = SourceMap::of_text(text, span);
        render_mapped(text, map, || self.scope(context))
    }

    /// Evaluates a YAML or profile value as dbt's native environment does: `"{{ 1 + 1 }}"` is a number.
    ///
    /// # Errors
    /// As [`Engine::render`].
    pub(crate) fn evaluate(&self, text: &str, span: &Span, context: &Arc<dyn Context>) -> Result<Value> {
        if !may_hold_jinja(text) {
            return Ok(Value::from(without_last_line_break(text)));
        }
        let scope = self.scope(context);
        let map = SourceMap::of_text(text, span);
        Native::evaluate(text, map, &scope).map_err(|diagnostic| in_subject(diagnostic, context.as_ref()))
    }

    /// Evaluates a bare expression (`ref('a')`) to its value.
    ///
    /// # Errors
    /// As [`Engine::render`].
    pub(crate) fn evaluate_expression(
        &self,
        text: &str,
        span: &Span,
        context: &Arc<dyn Context>,
    ) -> Result<Value> {
        let scope = self.scope(context);
        let map = SourceMap::of_text(text, span);
        Native::expression(text, map, &scope).map_err(|diagnostic| in_subject(diagnostic, context.as_ref()))
    }

    /// Calls a macro: what it `return`s, or the text it renders.
    ///
    /// # Errors
    /// As [`Engine::render`], and for arguments that it does not take.
    pub fn call_macro(
        &self,
        definition: &Arc<MacroDef>,
        context: &Arc<dyn Context>,
        arguments: &[Value],
        keywords: &[(&str, Value)],
    ) -> Result<Value> {
        let scope = self.scope(context);
        call_definition(definition, &scope, arguments, keywords)
            .map_err(|diagnostic| in_subject(diagnostic, context.as_ref()))
    }

    /// Calls a macro with the names of its own package, as dbt's `run-operation` does.
    ///
    /// # Errors
    /// As [`Engine::call_macro`].
    pub(crate) fn execute_definition(
        &self,
        definition: &Arc<MacroDef>,
        context: &Arc<dyn Context>,
        arguments: &[Value],
        keywords: &[(&str, Value)],
    ) -> Result<Value> {
        execute_definition(definition, &self.scope(context), arguments, keywords)
    }

    /// Calls a macro as dbt's adapter does: the root project's, a package's or the built-in one of this name.
    ///
    /// # Errors
    /// As [`Engine::call_macro`], and when there is no such macro.
    pub(crate) fn execute_macro(
        &self,
        name: &str,
        context: &Arc<dyn Context>,
        arguments: &[Value],
    ) -> Result<Value> {
        execute_macro(name, &self.scope(context), arguments, &[])
    }

    /// Calls the macro that a name means in the context's package.
    ///
    /// # Errors
    /// As [`Engine::call_macro`], and when there is no such macro.
    pub(crate) fn call_named(
        &self,
        name: &str,
        context: &Arc<dyn Context>,
        arguments: &[Value],
        keywords: &[(&str, Value)],
    ) -> Result<Value> {
        call_named(name, &self.scope(context), arguments, keywords)
    }
}
