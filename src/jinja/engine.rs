//! The engine: all macros of a project, its packages and the binary, and the ways to run a template.

use std::sync::{Arc, LazyLock};

use minijinja::{Environment, Value};

use crate::diagnostic::{Diagnostic, Diagnostics, Result, SourceText, Span};

use super::call;
use super::calls;
use super::compile::Template;
use super::context::Context;
use super::environment;
use super::errors;
use super::macros::MacroDef;
use super::native::Native;
use super::registry::Registry;
use super::scope::Scope;
use super::source_map::SourceMap;

/// The macro and generic-test files of one package.
#[derive(Debug, Clone)]
pub struct MacroPackage {
    pub name: String,
    pub files: Vec<Arc<SourceText>>,
}

/// One entry of `dispatch:` in `dbt_project.yml`.
#[derive(Debug, Clone)]
pub struct DispatchOrder {
    pub macro_namespace: String,
    pub search_order: Vec<String>,
}

/// What an engine is built from.
#[derive(Debug, Clone, Default)]
pub struct EngineSettings {
    /// The name of the root project.
    pub root: String,
    /// The root project and its dependencies.
    pub packages: Vec<MacroPackage>,
    pub dispatch: Vec<DispatchOrder>,
    /// dbt's flag `require_explicit_package_overrides_for_builtin_materializations` (true by default there).
    pub allow_package_materializations: bool,
}

/// Renders templates; cheap to clone, shared by all threads.
#[derive(Clone)]
pub struct Engine(Arc<Inner>);

struct Inner {
    registry: Registry,
}

/// What all engines have in common, and what does not depend on a project; made when it is first needed.
pub(crate) fn prepare() {
    LazyLock::force(&environment::PAIR);
    Registry::prepare();
}

impl Engine {
    /// Cuts the macros out of all files; nothing is compiled yet.
    ///
    /// # Errors
    /// All files whose blocks cannot be told apart, and macros defined twice.
    pub fn new(settings: EngineSettings) -> Result<Self, Diagnostics> {
        let registry = Registry::new(settings)?;
        Ok(Self(Arc::new(Inner { registry })))
    }

    /// Without any macros: for project files and profiles.
    pub(crate) fn bare() -> Self {
        static BARE: LazyLock<Engine> =
            LazyLock::new(|| Engine(Arc::new(Inner { registry: Registry::empty() })));
        BARE.clone()
    }

    /// Every macro, the built-in ones included, in package and file order.
    pub fn macros(&self) -> impl Iterator<Item = &Arc<MacroDef>> {
        self.0.registry.all()
    }

    pub(super) fn registry(&self) -> &Registry {
        &self.0.registry
    }

    pub(super) fn environment(context: &dyn Context) -> &'static Environment<'static> {
        let (parsing, running) = &*environment::PAIR;
        if context.execute() { running } else { parsing }
    }

    /// The macro of a name: in `package`, or without one in the root project, any package, the built-ins.
    pub fn find_macro(&self, name: &str, package: Option<&str>) -> Option<Arc<MacroDef>> {
        self.0.registry.find(name, package).cloned()
    }

    /// The `generate_<component>_name` macro for nodes of the root project, or of an imported package.
    pub(crate) fn find_generate_macro(
        &self,
        component: &str,
        imported: Option<&str>,
    ) -> Option<Arc<MacroDef>> {
        self.0.registry.find_generate(component, imported)
    }

    /// The materialization of a name. A package may replace a built-in one only where settings allow it.
    pub(crate) fn find_materialization(&self, name: &str, adapter: &str) -> Option<Arc<MacroDef>> {
        self.0.registry.find_materialization(name, adapter)
    }

    /// The package whose materialization replaces the built-in one of this name.
    pub(crate) fn overriding_package(&self, materialization: &str, adapter: &str) -> Option<String> {
        let registry = &self.0.registry;
        let found = registry.find_materialization(materialization, adapter)?;
        let replaces = registry.is_imported(&found.package)
            && registry.has_built_in_materialization(materialization, adapter);
        replaces.then(|| found.package.clone())
    }

    /// The macro `test_<name>`: in `package` (the namespace, else the node's own) first, then as any macro.
    pub(crate) fn find_generic_test(&self, name: &str, package: &str) -> Option<&Arc<MacroDef>> {
        self.0.registry.find_generic_test(name, package)
    }

    /// What a name means in a template of `package`: the macro that a call of it runs.
    pub(crate) fn resolve(&self, name: &str, package: &str) -> Option<Arc<MacroDef>> {
        self.0.registry.resolve(name, package).map(|entry| Arc::clone(&entry.definition))
    }

    /// The ids of the macros that each of [`Engine::macros`] calls, as far as its text tells.
    ///
    /// # Errors
    /// All macros that cannot be read, whether they are called or not.
    pub(crate) fn macro_dependencies(&self) -> Result<Vec<Vec<String>>, Diagnostics> {
        calls::dependencies(self)
    }

    /// Renders a whole file to text, without its last line break.
    ///
    /// # Errors
    /// Syntax errors, undefined names that are used, and whatever the functions it calls raise.
    pub fn render(&self, source: &Arc<SourceText>, context: &Arc<dyn Context>) -> Result<String> {
        self.render_span(&Span::new(source, 0..source.text.len()), context)
    }

    /// Renders a part of a file to text.
    ///
    /// # Errors
    /// As [`Engine::render`].
    pub(crate) fn render_span(&self, span: &Span, context: &Arc<dyn Context>) -> Result<String> {
        let map = SourceMap::exact(&span.source, span.range.start);
        render_mapped(span.text(), map, || Scope::root(self, context))
    }

    /// Renders a text that a file holds in another form, as a YAML scalar with escapes: errors point at `span`.
    ///
    /// # Errors
    /// As [`Engine::render`].
    pub(crate) fn render_text(&self, text: &str, span: &Span, context: &Arc<dyn Context>) -> Result<String> {
        let map = SourceMap::of_text(text, span);
        render_mapped(text, map, || Scope::root(self, context))
    }

    /// Renders a text that a running template made.
    pub(super) fn render_nested(source: &Arc<SourceText>, within: &Scope) -> Result<String> {
        render_mapped(&source.text, SourceMap::exact(source, 0), || within.root_of_nested())
    }

    /// Evaluates a YAML or profile value as dbt's native environment does: `"{{ 1 + 1 }}"` is a number.
    ///
    /// # Errors
    /// As [`Engine::render`].
    pub(crate) fn evaluate(&self, text: &str, span: &Span, context: &Arc<dyn Context>) -> Result<Value> {
        if !may_hold_jinja(text) {
            return Ok(Value::from(without_last_line_break(text)));
        }
        let scope = Scope::root(self, context);
        let map = SourceMap::of_text(text, span);
        Native::evaluate(text, map, &scope)
            .map_err(|diagnostic| errors::in_subject(diagnostic, context.as_ref()))
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
        let scope = Scope::root(self, context);
        let map = SourceMap::of_text(text, span);
        Native::expression(text, map, &scope)
            .map_err(|diagnostic| errors::in_subject(diagnostic, context.as_ref()))
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
        let scope = Scope::root(self, context);
        call::call_definition(definition, &scope, arguments, keywords)
            .map_err(|diagnostic| errors::in_subject(diagnostic, context.as_ref()))
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
        let Some(definition) = self.resolve(name, context.package()) else {
            return Err(Diagnostic::compilation("undefined-macro", format!("'{name}' is undefined"))
                .maybe_help(self.0.registry.did_you_mean(name))
                .boxed());
        };
        self.call_macro(&definition, context, arguments, keywords)
    }
}

fn render_mapped(text: &str, map: SourceMap, scope: impl FnOnce() -> Arc<Scope>) -> Result<String> {
    if !may_hold_jinja(text) {
        return Ok(without_last_line_break(text).to_owned());
    }
    let scope = scope();
    Template::with(text, map, |template| call::render(template, &scope, text))
        .and_then(|rendered| rendered)
        .map_err(|diagnostic| errors::in_subject(diagnostic, scope.context().as_ref()))
}

fn may_hold_jinja(text: &str) -> bool {
    text.contains('\r')
        || text
            .match_indices('{')
            .any(|(at, _)| matches!(text.as_bytes().get(at + 1), Some(b'{' | b'%' | b'#')))
}

fn without_last_line_break(text: &str) -> &str {
    text.strip_suffix('\n').unwrap_or(text)
}
