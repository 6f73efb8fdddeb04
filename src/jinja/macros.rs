//! Macros as they stand in files: who they are, and their parts, compiled when first needed.

use std::fmt;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use crate::diagnostic::{Diagnostic, Result, SourceText, Span};

use super::blocks::{Block, BlockKind};
use super::compiled::Compiled;
use super::header::{self, Parameter};

/// What a macro is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum MacroKind {
    Macro,
    GenericTest,
    Materialization { adapter: String, supported_languages: Vec<String> },
}

/// A macro, generic test or materialization of one package.
pub struct MacroDef {
    /// `macro.<package>.<name>`.
    pub unique_id: String,
    /// dbt's name: `test_<name>` for tests, `materialization_<name>_<adapter>` for materializations.
    pub name: String,
    pub package: String,
    pub(crate) kind: MacroKind,
    pub source: Arc<SourceText>,
    pub(crate) block: Block,
    compiled: OnceLock<Result<Compiled>>,
}

impl MacroDef {
    pub(crate) fn new(package: &str, source: &Arc<SourceText>, block: Block) -> Result<Self> {
        let (name, kind) = match block.kind {
            BlockKind::Materialization => {
                let options = header::materialization(source, &block)?;
                let name = format!("materialization_{}_{}", block.name, options.adapter);
                let kind = MacroKind::Materialization {
                    adapter: options.adapter,
                    supported_languages: options.supported_languages,
                };
                (name, kind)
            }
            BlockKind::Test => (format!("test_{}", block.name), MacroKind::GenericTest),
            _ => (block.name.clone(), MacroKind::Macro),
        };
        Ok(Self {
            unique_id: format!("macro.{package}.{name}"),
            name,
            package: package.to_owned(),
            kind,
            source: Arc::clone(source),
            block,
            compiled: OnceLock::new(),
        })
    }

    /// The text of the whole block, as `macro_sql` in the manifest.
    pub(crate) fn sql(&self) -> &str {
        let text = &self.source.text;
        // dbt: files are read without the white space around them
        let start = self.block.range.start.max(text.len() - text.trim_start().len());
        &text[start..self.block.range.end.min(text.trim_end().len())]
    }

    pub(crate) fn span(&self, range: Range<usize>) -> Span {
        Span::new(&self.source, range)
    }

    /// The name where the block declares it.
    pub(crate) fn name_span(&self) -> Span {
        self.span(self.block.name_range.clone())
    }

    /// `macro cents_to_dollars (macros/cents.sql)`.
    pub(crate) fn locator(&self) -> String {
        format!("macro {} ({})", self.name, self.source.path)
    }

    /// The declared parameters, with their optional types and defaults.
    ///
    /// # Errors
    /// When the signature cannot be read.
    pub(crate) fn parameters(&self) -> Result<Vec<Parameter>> {
        match self.kind {
            MacroKind::Materialization { .. } => Ok(Vec::new()),
            _ => header::parameters(&self.source, &self.block),
        }
    }

    /// Reads the whole block, so that mistakes in it are found before it is called.
    ///
    /// # Errors
    /// When its Jinja cannot be parsed.
    pub fn check(&self) -> Result<()> {
        self.compiled().map(|_| ())
    }

    pub(super) fn compiled(&self) -> Result<&Compiled> {
        let compiled = self
            .compiled
            .get_or_init(|| Compiled::of_macro(&self.source, self.parameters()?, self.block.body.clone()));
        compiled.as_ref().map_err(Clone::clone)
    }
}

impl fmt::Debug for MacroDef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MacroDef")
            .field("unique_id", &self.unique_id)
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

/// dbt's complaint about two macros of one name in one package.
pub(crate) fn duplicate(first: &MacroDef, second: &MacroDef) -> Diagnostic {
    Diagnostic::compilation(
        "duplicate-macro",
        format!(
            "dbt found multiple macros named \"{}\" in the project \"{}\".\n\nAll macros require unique names, to fix \
             this error rename or remove any duplicates. They can be found in these files:\n    - {}\n    - {}",
            first.name, first.package, second.source.path, first.source.path
        ),
    )
    .label(second.name_span(), "")
    .label(first.name_span(), "the first one")
    .help("rename or remove one of the two")
}
