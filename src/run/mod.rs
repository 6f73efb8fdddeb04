//! Executes: a plan of ordered steps, threads with a connection each, one result per step. Never prints;
//! what happens is told as [`Event`]s, which `report` draws.

mod emitter;
mod event;
mod warnings;

pub use emitter::{Emitter, Listener, NodeInfo, NodeRelation, Occurrence};
pub use event::{Event, Level};
pub use warnings::{Treatment, WarningOptions};
