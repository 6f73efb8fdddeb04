//! All rows that the snapshot of a load has are to be seen in it.

use super::origin_table::Table;
use crate::adapter::{WorkerSession, outlived_tables};
use crate::diagnostic::{Diagnostic, Result};

/// After the rows were read, when their tables are locked.
pub(super) fn require(table: &Table<'_>, session: &WorkerSession) -> Result<()> {
    let names = outlived_tables(session)?;
    if names.is_empty() {
        return Ok(());
    }
    let message = format!(
        "{}: {} {} truncated, rewritten or replaced after the snapshot of the load was taken, in which its rows are not to be seen; nothing was \
         loaded",
        table.shown(),
        names.join(", "),
        if names.len() == 1 { "was" } else { "were" }
    );
    Err(Diagnostic::database("load-origin-rewritten", message)
        .help("run `rsdbt retry`: it takes a new snapshot")
        .boxed())
}
