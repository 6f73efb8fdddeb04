//! The files that the documentation is made from.

use serde_json::Value;

/// What the page shows: the artifacts as dbt writes them, and what the database says beside.
#[derive(Debug, Clone, Copy)]
pub struct Artifacts<'a> {
    pub manifest: &'a Value,
    pub catalog: Option<&'a Value>,
    pub run_results: Option<&'a Value>,
    pub sources: Option<&'a Value>,
    /// What the database says beside: `tables` by unique id (rows, bytes, indexes, constraints), `history` of the run log.
    pub observed: Option<&'a Value>,
}

impl Artifacts<'_> {
    /// Whether results are of a command that built or tested something: compiling says nothing of the data.
    pub(crate) fn is_execution(run_results: &Value) -> bool {
        !matches!(
            super::artifact::text(run_results, "/args/which"),
            Some("compile" | "generate" | "show" | "list" | "parse")
        )
    }
}
