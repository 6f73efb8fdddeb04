//! What `deps` says when it fails.

use std::path::Path;

use crate::diagnostic::Diagnostic;

pub(super) fn failed(code: &'static str, message: impl Into<String>) -> Diagnostic {
    // dbt titles its dependency errors so
    Diagnostic::runtime(code, message)
}

/// Replaces secrets by stars.
pub(super) fn scrub(text: &str, secrets: &[String]) -> String {
    secrets.iter().fold(text.to_owned(), |text, secret| text.replace(secret, "*****"))
}

pub(super) fn io(path: &Path, problem: &std::io::Error) -> Box<Diagnostic> {
    failed("package-install", format!("cannot write {}: {problem}", path.display())).boxed()
}
