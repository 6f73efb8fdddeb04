//! The root context of a node while it runs: every name that its templates see besides macros.
//!
//! `run` makes one per node and phase (compile, execute). Values are made when a template asks for them.

mod builtins;
mod condition;
mod config;
mod context;
mod cte_target;
mod model;
mod names;
mod node_context;
mod references;
mod relation;
mod replaced;
mod run_context;
mod templates;

pub(crate) use condition::{Condition, keep as keep_condition, parts as query_parts};
pub(crate) use cte_target::CteTarget;
pub(crate) use node_context::{BatchContext, Database, NodeContext, NodeContextParts, Subject};
pub(crate) use run_context::{NodeFile, RunContext, RunInvocation, RunProject, RunTarget, UnitTestInputs};
