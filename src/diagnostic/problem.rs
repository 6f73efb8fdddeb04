//! One problem, told to the user.

use std::fmt;

use super::category::{Category, Severity};
use super::source::Span;

/// A fallible stage step that stops at its first problem.
pub(crate) type Result<T, E = Box<Diagnostic>> = std::result::Result<T, E>;

/// A place in a user's file and what is to be said about it.
#[derive(Debug, Clone)]
pub struct Label {
    pub span: Span,
    pub note: String,
}

/// One problem, told to the user.
#[derive(Debug, Clone)]
pub struct Diagnostic {
    /// A stable name, documented in `docs/errors.md`; for warnings dbt's event name (`UnusedConfigPath`).
    pub code: &'static str,
    pub category: Category,
    pub severity: Severity,
    /// Lower case, no full stop, literals in backticks, one fact. May span lines.
    pub message: String,
    /// dbt's locator, as in `model orders (models/orders.sql)`.
    pub subject: Option<String>,
    /// The first label is the primary one: its place is the diagnostic's place.
    pub labels: Vec<Label>,
    pub help: Option<String>,
    pub causes: Vec<String>,
    /// Of a warning: what its event carries in the JSON log, as dbt's has it.
    pub facts: Vec<(&'static str, String)>,
    /// Set when the database server refused a statement.
    pub server: Option<Box<ServerError>>,
}

/// What the database server said besides its message: for retries, and to find the place in the user's file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerError {
    /// The five characters, as in `42P01`; `08006` for a connection that was lost.
    pub sqlstate: String,
    /// The text that was sent, its query comment included.
    pub statement: std::sync::Arc<str>,
    /// Where in `statement` the server found the error, in bytes.
    pub offset: Option<usize>,
}

impl Diagnostic {
    pub(crate) fn new(code: &'static str, category: Category, message: impl Into<String>) -> Self {
        Self {
            code,
            category,
            severity: Severity::Error,
            message: message.into(),
            subject: None,
            labels: Vec::new(),
            help: None,
            causes: Vec::new(),
            facts: Vec::new(),
            server: None,
        }
    }

    pub(crate) fn compilation(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(code, Category::Compilation, message)
    }

    pub(crate) fn parsing(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(code, Category::Parsing, message)
    }

    pub(crate) fn runtime(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(code, Category::Runtime, message)
    }

    pub(crate) fn database(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(code, Category::Database, message)
    }

    pub(crate) fn warning(code: &'static str, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::new(code, Category::Runtime, message) }
    }

    #[must_use]
    pub(crate) fn label(mut self, span: Span, note: impl Into<String>) -> Self {
        self.labels.push(Label { span, note: note.into() });
        self
    }

    #[must_use]
    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    #[must_use]
    pub(crate) fn maybe_help(mut self, help: Option<String>) -> Self {
        if help.is_some() {
            self.help = help;
        }
        self
    }

    #[must_use]
    pub(crate) fn subject(mut self, subject: impl Into<String>) -> Self {
        self.subject = Some(subject.into());
        self
    }

    #[must_use]
    pub(crate) fn cause(mut self, cause: impl Into<String>) -> Self {
        self.causes.push(cause.into());
        self
    }

    #[must_use]
    pub(crate) fn fact(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.facts.push((name, value.into()));
        self
    }

    /// The code that a user can look up: an error of the server has PostgreSQL's own.
    pub(crate) fn shown_code(&self) -> &str {
        match &self.server {
            Some(server) if self.code == "database-error" => &server.sqlstate,
            _ => self.code,
        }
    }

    /// For `return Err(..)` in functions of [`Result`].
    pub(crate) fn boxed(self) -> Box<Self> {
        Box::new(self)
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Diagnostic {}

/// Several problems of one stage: a stage that can find many returns them all.
#[derive(Debug, Clone, Default)]
pub struct Diagnostics(pub Vec<Diagnostic>);

impl From<Diagnostic> for Diagnostics {
    fn from(diagnostic: Diagnostic) -> Self {
        Self(vec![diagnostic])
    }
}

impl From<Box<Diagnostic>> for Diagnostics {
    fn from(diagnostic: Box<Diagnostic>) -> Self {
        Self(vec![*diagnostic])
    }
}
