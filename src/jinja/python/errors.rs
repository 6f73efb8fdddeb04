//! Python's exceptions as minijinja errors, and diagnostics carried through minijinja.

use minijinja::{Error, ErrorKind};

use crate::diagnostic::Diagnostic;

/// A failure whose category, code and labels must survive the way through the template engine.
pub(crate) fn raise(diagnostic: impl Into<Box<Diagnostic>>) -> Error {
    let diagnostic: Box<Diagnostic> = diagnostic.into();
    Error::new(ErrorKind::InvalidOperation, diagnostic.message.clone()).with_source(*diagnostic)
}

/// The diagnostic that [`raise`] put somewhere into the chain of causes.
pub(crate) fn raised(error: &Error) -> Option<&Diagnostic> {
    let mut cause = std::error::Error::source(error);
    while let Some(found) = cause {
        if let Some(diagnostic) = found.downcast_ref::<Diagnostic>() {
            return Some(diagnostic);
        }
        cause = found.source();
    }
    None
}

pub(crate) fn type_error(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidOperation, message.into())
}

pub(crate) fn value_error(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidOperation, message.into())
}

pub(crate) fn unknown_method(kind: &str, method: &str) -> Error {
    Error::new(ErrorKind::UnknownMethod, format!("`{kind}` has no method `{method}`"))
}
