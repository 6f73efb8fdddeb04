//! Executes: a plan of ordered steps, threads with a connection each, one result per step. Never prints;
//! what happens is told as [`Event`]s, which `report` draws.

mod absent;
mod catalog;
mod countable;
mod describe;
mod emitter;
mod ephemeral;
mod event;
mod event_texts;
mod execute;
mod executor;
mod foldable;
mod graph_summary;
mod held_schemas;
mod hooks;
mod inputs;
mod interrupt;
mod key_errors;
mod lock_waits;
mod locks;
mod macros_ahead;
mod mates;
mod microbatch;
mod node;
mod node_timing;
mod open_ends;
mod operation;
mod origins;
mod outputs;
mod overview;
mod plan;
mod prepare;
mod resources;
mod result_object;
mod results;
mod retries;
mod state;
mod status;
mod summary;
mod table_diff;
mod tests_first;
mod warnings;

use std::borrow::Cow;

pub(crate) use catalog::own_catalog;
pub(crate) use describe::node_info;
#[cfg(test)]
pub(crate) use emitter::NodeInfo;
pub(crate) use emitter::{Emitter, Listener, Occurrence};
pub(crate) use event::{Event, Level};
pub(crate) use execute::execute;
pub(crate) use held_schemas::HeldTogether;
pub(crate) use inputs::{
    Behaviors, Cached, Command, CommentSetting, FailingRows, Injection, Introspection, Loading, OtherOutput,
    PreviousRun, RunInputs, RunOptions, RunProfile, TargetOutput, Terms, Testing,
};
pub(crate) use node::FIRST_ERROR;
pub(crate) use operation::{Operation, run_operation};
pub(crate) use plan::plan;
pub(crate) use resources::resource_report;
pub(crate) use results::begun::{Begun, since as begun_since};
pub(crate) use results::junit::junit;
pub(crate) use results::markdown::markdown;
pub(crate) use results::{InvocationRecord, NodeResult, PreviousResults, RunResults};
pub(crate) use status::Status;
#[cfg(test)]
pub(crate) use status::Told;
pub(crate) use warnings::{is_deprecation, is_own_warning};

/// The present thread, as dbt's logs and results name it.
fn thread_name() -> Cow<'static, str> {
    match std::thread::current().name() {
        Some("main") | None => Cow::Borrowed("MainThread"),
        Some(name) => Cow::Owned(name.to_owned()),
    }
}
