//! Executes: a plan of ordered steps, threads with a connection each, one result per step. Never prints;
//! what happens is told as [`Event`]s, which `report` draws.

mod absent;
mod describe;
mod edges;
mod emitter;
mod ephemeral;
mod event;
mod event_texts;
mod execute;
mod executor;
mod graph_summary;
mod hooks;
mod inputs;
mod interrupt;
mod locks;
mod microbatch;
mod node;
mod node_timing;
mod open_ends;
mod operation;
mod plan;
mod planning;
mod prepare;
mod resources;
mod result_object;
mod results;
mod retries;
mod state;
mod summary;
mod table_diff;
mod warnings;

use std::borrow::Cow;

#[cfg(test)]
pub use emitter::NodeInfo;
pub use emitter::{Emitter, Listener, Occurrence};
pub use event::{Event, Level};
pub use execute::execute;
pub use inputs::{Command, CommentSetting, Introspection, RunInputs};
pub use operation::{Operation, run_operation};
pub use planning::plan;
pub use resources::resource_report;
pub use results::{BatchResults, Invocation, NodeResult, PreviousResults, RunResults, Status};

/// The present thread, as dbt's logs and results name it.
fn thread_name() -> Cow<'static, str> {
    match std::thread::current().name() {
        Some("main") | None => Cow::Borrowed("MainThread"),
        Some(name) => Cow::Owned(name.to_owned()),
    }
}
