//! From artifacts and lineage to the documentation page: one self-contained HTML file, and a small
//! server for it. Called by `commands`.

mod artifact;
mod artifacts;
pub(crate) mod catalog;
pub(crate) mod column_graph;
mod layout;
pub(crate) mod lineage;
pub(crate) mod open_lineage;
mod outline;
mod page;
pub(crate) mod server;
mod trace;

pub(crate) use outline::outline;
pub use trace::trace_manifest;

use crate::sql::lineage::project::ProjectLineage;
pub use artifacts::Artifacts;

/// The page as one HTML text with all data inlined: it works from a file, without a network.
pub fn generate(artifacts: Artifacts<'_>, lineage: &ProjectLineage) -> String {
    let run_results = artifacts.run_results.filter(|results| Artifacts::is_execution(results));
    page::html(Artifacts { run_results, ..artifacts }, lineage)
}
