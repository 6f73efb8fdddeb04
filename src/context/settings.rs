//! What an engine is built from: the files of the project's packages, and whose macros come first.

use std::sync::Arc;

use crate::diagnostic::SourceText;

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
