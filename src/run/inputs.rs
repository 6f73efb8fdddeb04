//! Everything that a run is made from, gathered by a command.

use std::path::PathBuf;
use std::sync::Arc;

use super::emitter::Emitter;
use super::held_schemas::HeldTogether;
use super::results::{BatchResults, InvocationRecord, OverloadResults};
use crate::adapter::{Early, Settings};
use crate::context::Engine;
use crate::context::runtime::RunContext;
use crate::graph::Graph;
use crate::hashed::HashMap;
use crate::interrupt::Interrupt;
use crate::manifest::Node;
use crate::memory::Memory;

/// The commands that follow a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Command {
    Run,
    Build,
    Test,
    Seed,
    Snapshot,
    Compile,
    /// With the number of rows; `None` shows all.
    Show {
        limit: Option<u64>,
    },
    Clone,
    Freshness,
    Load,
}

impl Command {
    /// Creates schemas and runs the project's hooks around the nodes.
    pub(super) fn has_hooks(self) -> bool {
        !matches!(self, Self::Compile | Self::Show { .. } | Self::Clone)
    }

    pub(super) fn creates_schemas(self) -> bool {
        !matches!(self, Self::Compile | Self::Show { .. })
    }

    /// Nodes wait for each other.
    pub(super) fn is_topological(self) -> bool {
        !matches!(self, Self::Clone)
    }
}

/// dbt's `query-comment`.
#[derive(Debug, Clone, Default)]
pub(crate) struct CommentSetting {
    /// `None`: dbt's JSON; an empty text switches the comment off.
    pub text: Option<String>,
    pub append: bool,
}

/// Whether compiled queries carry the ephemeral models that they read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Injection {
    Full,
    /// `--no-inject-ephemeral-ctes`: the query as it stands, with the names that it would have found.
    None,
}

/// Whether templates may ask the database while they compile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Introspection {
    Allowed,
    /// `--no-introspect`: no connection; what asks is an error.
    Refused,
    /// In memory: no connection, and no relation is there yet. Nothing is written.
    NothingExists,
}

/// What a retry knows of the run before; nothing of any other run.
#[derive(Debug, Default)]
pub(crate) struct PreviousRun {
    pub started_at: Option<jiff::Timestamp>,
    /// By microbatch model.
    pub batches: HashMap<String, BatchResults>,
    /// By function.
    pub overloads: HashMap<String, OverloadResults>,
}

/// What the project chose of dbt's changes of behavior.
pub(crate) struct Behaviors {
    pub skip_nodes_if_on_run_start_fails: bool,
    pub source_freshness_run_project_hooks: bool,
    /// The latest version of a model can be read under its name alone, where the model does not say otherwise.
    pub latest_version_pointers: bool,
    /// A microbatch model runs batch by batch although the project has a microbatch macro of its own.
    pub batches_of_custom_microbatch: bool,
}

/// Where the rows that a test found are shown; they may be of persons.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FailingRows {
    Hidden,
    OnTerminal,
    Everywhere,
}

/// How tests are answered, and what becomes of the rows that they find.
pub(crate) struct Testing {
    pub store_failures: bool,
    pub failing_rows: FailingRows,
    /// Failures may be counted together, or be known from constraints.
    pub in_batches: bool,
}

/// Which relations the cache knows before the first node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cached {
    None,
    /// Those in the schemas that the selected nodes write to.
    OfSelected,
    OfProject,
}

/// On what terms a run works: those of who gave it its interval, or its own.
pub(crate) struct Terms {
    /// How long to wait for another run on the same schema before giving up.
    pub lock_wait: std::time::Duration,
    /// By output: an SQL expression that fails where nothing may be committed any more.
    pub proofs: HashMap<String, String>,
    /// Selected nodes that an earlier attempt has committed. The hooks around the nodes are theirs, too.
    pub done_before: Vec<String>,
    /// By source: the statement that marks a load as done, in its transaction.
    pub load_marks: HashMap<String, String>,
}

/// What the user may set about a run.
pub(crate) struct RunOptions {
    pub threads: usize,
    pub fail_fast: bool,
    pub full_refresh: bool,
    pub testing: Testing,
    pub cached: Cached,
    pub introspection: Introspection,
    pub injection: Injection,
    pub write_json: bool,
    pub use_colors: bool,
    /// The command line says which nodes: dbt then tells of ephemeral models, too, when it compiles.
    pub names_nodes: bool,
    /// `--event-time-start` and `--event-time-end`, or the sample's window.
    pub event_time: [Option<String>; 2],
    pub behaviors: Behaviors,
    /// `seed --show`: keep the rows for printing.
    pub keep_seed_rows: bool,
    pub terms: Terms,
    pub loading: Loading,
    /// Nodes whose tables are taken to be there, where nothing else is.
    pub assumed: Vec<Arc<Node>>,
    /// The run log tells how long nodes waited for locks.
    pub measures_lock_waits: bool,
    /// What is built of each model, where others build other parts of it meanwhile: told in its lines.
    pub part: Option<String>,
}

/// What the command line says about loads.
#[derive(Debug, Clone, Default)]
pub(crate) struct Loading {
    /// Instead of those that the config names.
    pub files: Vec<std::path::PathBuf>,
    pub allow_deletes: bool,
}

/// An output of the profile that is not the target's own.
#[derive(Clone)]
pub(crate) struct OtherOutput {
    pub name: String,
    pub settings: Arc<Settings>,
}

/// The output of the profile that the run is for.
pub(crate) struct TargetOutput {
    pub name: String,
    pub settings: Arc<Settings>,
    /// The sessions that a run takes first, on their way since the profile was read.
    pub early: Arc<Early>,
    pub memory: Arc<Memory>,
}

/// The profile, with what a run uses of its outputs.
pub(crate) struct RunProfile {
    pub name: String,
    pub target: TargetOutput,
    /// The outputs that connections of the project mean besides.
    pub others: Vec<OtherOutput>,
}

/// A command's settings and the stages before it.
pub(crate) struct RunInputs {
    pub command: Command,
    pub graph: Arc<Graph>,
    pub shared: Arc<RunContext>,
    pub engine: Engine,
    pub profile: RunProfile,
    /// Of runs that keep others off together, and not each other.
    pub held: Option<HeldTogether>,
    pub emitter: Arc<Emitter>,
    pub invocation: InvocationRecord,
    pub interrupt: Interrupt,
    pub options: RunOptions,
    pub previous: PreviousRun,
    pub comment: CommentSetting,
    /// Where the results are written: `run_results.json`, or `sources.json` for freshness.
    pub results_path: PathBuf,
}
