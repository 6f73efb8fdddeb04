//! The kinds of problems.

/// How much a diagnostic matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    Warning,
    Error,
}

/// dbt's families of errors; orchestrators and tests read their titles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Category {
    Compilation,
    Parsing,
    Runtime,
    Database,
    Dependency,
    Validation,
    Internal,
    Usage,
}

impl Category {
    /// The title as dbt prints it above the message.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Compilation => "Compilation Error",
            Self::Parsing => "Parsing Error",
            Self::Runtime => "Runtime Error",
            Self::Database => "Database Error",
            Self::Dependency => "Dependency Error",
            Self::Validation => "Validation Error",
            Self::Internal => "Internal Error",
            Self::Usage => "Usage Error",
        }
    }
}
