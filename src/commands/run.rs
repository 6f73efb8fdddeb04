//! The commands that follow a plan: run, build, test, seed, snapshot, compile, show, clone, source freshness.

use std::sync::Arc;

use jiff::Timestamp;

use super::added_once::{self, Left};
use super::build_loads;
use super::built;
use super::connect::Connect;
use super::interrupted::interrupted;
use super::invocation::Invocation;
use super::lease::Leased;
use super::list::resource_types;
use super::load_selection;
use super::log_run;
use super::running;
use super::schedule_checks;
use super::schedule_task::spelled;
use super::session::{ParsedProject, Session};
use super::whole_or_part;
use super::{CommandResult, Outcome};
use crate::config::schedule::moment;
use crate::diagnostic::{Diagnostic, Diagnostics, Result, did_you_mean};
use crate::graph::EmptyNodes;
use crate::hashed::HashMap;
use crate::manifest::{Manifest, Node, NodeKind, ResourceType};
use crate::options::table::{
    EMPTY, EVENT_TIME_END, EVENT_TIME_START, FRESHNESS_OUTPUT, FULL_REFRESH, INLINE, INLINE_DIRECT,
    INTERVAL_END, INTERVAL_START, LIMIT, LOAD, OPENLINEAGE, SAMPLE, SELECT, SELECTOR,
};
use crate::options::{Subcommand, Text, behavior};
use crate::run::{self, Command, Event, PreviousRun};

pub(super) fn run(invocation: &Invocation) -> CommandResult {
    if invocation.flags.text(&INLINE_DIRECT).is_some() {
        return super::show::direct(invocation);
    }
    run_nodes(invocation, Retried::default())
}

/// What a retry brings from the run before.
#[derive(Default)]
pub(super) struct Retried {
    /// These nodes and no others.
    pub(super) only: Option<Vec<String>>,
    pub(super) previous: PreviousRun,
}

pub(super) fn run_nodes(invocation: &Invocation, retried: Retried) -> CommandResult {
    let command = command(invocation);
    if let Some(path) = invocation.flags.text(&FRESHNESS_OUTPUT).filter(|_| command == Command::Freshness) {
        let message = format!(
            "Custom output path usage `--output {path}` usage detected in `dbt source freshness` command."
        );
        let event = "CustomOutputPathInSourceFreshnessDeprecation";
        invocation.emitter.warn(Diagnostic::warning(event, message).fact("path", path))?;
    }
    let log = log_run::of(invocation)?.filter(|_| is_logged(command));
    let session = Session::load(invocation)?;
    let mut parsed = session.parse()?;
    if command == Command::Freshness {
        warn_of_hooks(&session)?;
    }
    let selected = match (retried.only, invocation.flags.text(&INLINE)) {
        (Some(only), _) => {
            refuse_missing(&parsed.manifest, &only)?;
            only
        }
        (None, Some(sql)) => vec![session.add_inline(&mut parsed, sql).map_err(inline_error)?],
        (None, None) if matches!(command, Command::Show { .. }) && !asks_for_nodes(invocation) => {
            let message = "Either --select or --inline must be passed to show";
            return Err(Diagnostic::runtime("nothing-to-show", message).into());
        }
        (None, None) if command == Command::Load => load_selection::selected(&session, &parsed)?,
        (None, None) => {
            let mut selected =
                session.select(&parsed, selectable(invocation, command)?, EmptyNodes::Skip)?.unique_ids;
            if command == Command::Freshness {
                selected.retain(|unique_id| has_freshness(&parsed.manifest, unique_id));
            }
            if command == Command::Build {
                let loads = build_loads::added(&session, &parsed, &selected)?;
                selected.extend(loads);
                if invocation.flags.is(&LOAD) {
                    load_selection::refuse_unread_input(&parsed, &selected)?;
                }
            }
            selected
        }
    };
    let connect = Connect::new(&session.profile, invocation)?;
    let leased = Leased::of(invocation, &session, &connect, &parsed, &selected)?;
    let window = window_of(invocation, command);
    let Division { done, left: selected, less } =
        divide(&session, &parsed, &connect, leased.as_ref(), selected, window.as_ref())?;
    if let Some(leased) = &leased {
        parsed = leased.mark(&parsed, &selected);
    }
    if let Some(window) = window {
        let is_in_batches = |id: &str| parsed.manifest.nodes.get(id).is_some_and(|node| node.is_microbatch());
        let is_noted = |id: &&String| !window.is_of_batches || is_in_batches(id);
        let noted: Vec<String> = selected.iter().filter(is_noted).cloned().collect();
        let [start, end] = &window.bounds;
        parsed = built::noting(
            &parsed,
            &noted,
            [start, end],
            (leased.is_some() || window.adds_once).then_some(&less),
        );
    }
    let mut inputs = running::inputs(&session, &parsed, &connect, command, &selected)?;
    if let Some(shared) = Arc::get_mut(&mut inputs.shared).filter(|_| !less.is_empty()) {
        shared.intervals = less.into_iter().map(|(id, bounds)| (id, bounds.map(spelled))).collect();
    }
    if let Some(leased) = &leased {
        leased.bind(&mut inputs.options, done);
    }
    inputs.previous = retried.previous;
    if let Some(path) = results_path(invocation, command) {
        inputs.results_path = path;
    }
    let plan = run::plan(&parsed.manifest, &parsed.graph, &selected, command);
    let outcome = run::execute(&inputs, &plan)?;
    if let Some(log) = &log {
        log_run::write(log, &session, &connect, &outcome.results, log_run::interval(invocation));
    }
    write_compiled(&session, &parsed, &outcome.compiled)?;
    // the process is about to end: the system frees these faster than they would be dropped
    std::mem::forget((Arc::clone(&parsed.manifest), session.engine.clone()));
    if let Some(file) = invocation.flags.text(&OPENLINEAGE) {
        super::open_lineage::write(file, &session, &connect, &outcome.results.results)?;
    }
    super::results_files::write(invocation, &parsed.manifest, &outcome.results)?;
    match command {
        Command::Show { .. } => super::show::print(invocation, &parsed.manifest, &outcome.results),
        Command::Compile => super::show::print_compiled(invocation, &outcome.compiled),
        _ => {}
    }
    if outcome.results.interrupted {
        return Err(interrupted().into());
    }
    if command == Command::Load {
        load_selection::refuse_unread_input(&parsed, &selected)?;
    }
    let success = match &outcome.freshness {
        Some(freshness) => freshness.success() && outcome.results.success(),
        None => outcome.results.success(),
    };
    Ok(if success { Outcome::Success } else { Outcome::Failure })
}

/// Whether the run log has such runs: those that change something or check it.
fn is_logged(command: Command) -> bool {
    !matches!(command, Command::Compile | Command::Show { .. } | Command::Clone)
}

/// A job whose step names what is no longer there must not be green for ever. What has changed may be nothing.
fn refuse_nothing(invocation: &Invocation, selected: &[String]) -> Result<()> {
    let words = invocation.flags.words(&SELECT);
    if !selected.is_empty() || !asks_for_nodes(invocation) || schedule_checks::may_be_empty(&words) {
        return Ok(());
    }
    let message = format!("the step selects nothing: `{}`", words.join(" "));
    Err(Diagnostic::runtime("empty-step", message)
        .help("name nodes that exist and are enabled, or remove the step")
        .boxed())
}

/// What a retry would repeat may have been removed or renamed.
fn refuse_missing(manifest: &Manifest, only: &[String]) -> Result<()> {
    let Some(unique_id) = only.iter().find(|unique_id| manifest.resource(unique_id).is_none()) else {
        return Ok(());
    };
    let kind = unique_id.split('.').next().unwrap_or("node");
    let message = format!("Couldn't find {kind} '{unique_id}' which the last run left unfinished");
    let near = did_you_mean(unique_id, manifest.nodes.keys().map(String::as_str));
    Err(Diagnostic::runtime("retry-missing", message)
        .help("if it was removed or renamed on purpose, run the command itself again")
        .maybe_help(near)
        .boxed())
}

/// What of a selection is done before, and what is left.
struct Division {
    done: Vec<String>,
    left: Vec<String>,
    /// Of nodes that have a part of the interval already, the rest.
    less: HashMap<String, [Timestamp; 2]>,
}

/// A step of a job leaves out what earlier attempts have committed, and adds no row again.
fn divide(
    session: &Session<'_>,
    parsed: &ParsedProject,
    connect: &Connect,
    leased: Option<&Leased>,
    selected: Vec<String>,
    window: Option<&Window>,
) -> Result<Division> {
    let builds = matches!(command(session.invocation), Command::Run | Command::Build);
    if builds && whole_or_part::is_in_interval(session.invocation) {
        whole_or_part::refuse_part(session, parsed, connect, &selected)?;
        whole_or_part::refuse_sample(session.invocation, parsed, &selected)?;
    }
    let [mut done, mut left] = match leased {
        Some(leased) => {
            refuse_nothing(session.invocation, &selected)?;
            leased.done_and_left(&selected)
        }
        None => [Vec::new(), selected],
    };
    let Some(window) = window.filter(|window| leased.is_some() || window.adds_once) else {
        return Ok(Division { done, left, less: HashMap::default() });
    };
    let is_scheduled = leased.is_some() || session.invocation.environment.get("RSDBT_JOB").is_some();
    let added = added_before(session, parsed, connect, &left, window, is_scheduled)?;
    left.retain(|id| !added.none.contains(id));
    done.extend(added.none);
    Ok(Division { done, left, less: added.less })
}

/// With a word about what is there already.
fn added_before(
    session: &Session<'_>,
    parsed: &ParsedProject,
    connect: &Connect,
    selected: &[String],
    window: &Window,
    is_scheduled: bool,
) -> Result<Left> {
    let [Some(start), Some(end)] = window.bounds.each_ref().map(|at| moment(at)) else {
        return Ok(Left::default());
    };
    let left = added_once::left(session, parsed, connect, selected, [start, end], is_scheduled)?;
    for id in &left.none {
        let msg = format!(
            "{id} has its rows of {} .. {} already: none is added again",
            spelled(start),
            spelled(end)
        );
        session.invocation.emitter.emit(Event::PrintEvent { msg });
    }
    Ok(left)
}

/// A time range that a run builds, all of it.
struct Window {
    bounds: [String; 2],
    /// Event time is of no concern to models that are not built in batches.
    is_of_batches: bool,
    /// An interval, whose rows a model that only adds rows gets once.
    adds_once: bool,
}

fn window_of(invocation: &Invocation, command: Command) -> Option<Window> {
    let flags = &invocation.flags;
    let is_whole = !flags.is(&EMPTY) && flags.text(&SAMPLE).is_none();
    let adds_once = !flags.is(&FULL_REFRESH);
    let window = |[start, end]: [&Text; 2], is_of_batches| {
        let bounds = [flags.text(start)?.to_owned(), flags.text(end)?.to_owned()];
        Some(Window { bounds, is_of_batches, adds_once: adds_once && !is_of_batches })
    };
    // the job's own steps build more where intervals were left out before
    let of_job = || {
        let given = |name| Some(spelled(moment(invocation.environment.get(name)?)?));
        if flags.is(&FULL_REFRESH) {
            return None;
        }
        let bounds = [given("RSDBT_INTERVAL_START")?, given("RSDBT_INTERVAL_END")?];
        Some(Window { bounds, is_of_batches: false, adds_once })
    };
    let given = window([&INTERVAL_START, &INTERVAL_END], false)
        .or_else(|| window([&EVENT_TIME_START, &EVENT_TIME_END], true))
        .or_else(of_job);
    given.filter(|_| is_whole && matches!(command, Command::Run | Command::Build))
}

/// The project's hooks do not run around freshness where the project says so.
fn warn_of_hooks(session: &Session<'_>) -> Result<()> {
    let file = &session.project.root.file;
    let invocation = session.invocation;
    let has_hooks = !(file.on_run_start.is_empty() && file.on_run_end.is_empty());
    if !has_hooks || invocation.flags.follows(&behavior::SOURCE_FRESHNESS_RUN_PROJECT_HOOKS) {
        return Ok(());
    }
    let message = "In a future version of dbt, the `source freshness` command will start running `on-run-start` and \
                   `on-run-end` hooks by default. For more information: \
                   https://docs.getdbt.com/reference/global-configs/legacy-behaviors";
    invocation.emitter.warn(Diagnostic::warning("SourceFreshnessProjectHooksNotRun", message))
}

/// Whether a source says how fresh it must be.
fn has_freshness(manifest: &Manifest, unique_id: &str) -> bool {
    let Some(freshness) = manifest.sources.get(unique_id).and_then(|source| source.freshness.as_ref()) else {
        return false;
    };
    [&freshness.warn_after, &freshness.error_after]
        .into_iter()
        .flatten()
        .any(|period| period.count.is_some() && period.period.is_some())
}

fn asks_for_nodes(invocation: &Invocation) -> bool {
    !invocation.flags.words(&SELECT).is_empty() || invocation.flags.text(&SELECTOR).is_some()
}

/// dbt's words for an inline query that cannot be parsed, with the reasons.
fn inline_error(problems: Diagnostics) -> Diagnostics {
    let mut error = Diagnostic::runtime("inline-query", "Error parsing inline query");
    for problem in &problems.0 {
        error = error.cause(problem.message.clone());
    }
    error.into()
}

/// The manifest again, with what was compiled.
pub(super) fn write_compiled(
    session: &Session<'_>,
    parsed: &ParsedProject,
    compiled: &[Arc<Node>],
) -> Result<()> {
    if compiled.is_empty() {
        return Ok(());
    }
    let mut manifest = Manifest::clone(&parsed.manifest);
    manifest.nodes.retain(|_, node| !matches!(node.kind, NodeKind::SqlOperation));
    for node in compiled {
        if let Some(slot) = manifest.nodes.get_mut(&node.unique_id) {
            *slot = Arc::clone(node);
        } else if let Some(slot) = manifest.functions.get_mut(&node.unique_id) {
            *slot = Arc::clone(node);
        }
    }
    session.write_again(parsed, &manifest)
}

fn command(invocation: &Invocation) -> Command {
    match invocation.command {
        Subcommand::Build => Command::Build,
        Subcommand::Test => Command::Test,
        Subcommand::Seed => Command::Seed,
        Subcommand::Snapshot => Command::Snapshot,
        Subcommand::Compile => Command::Compile,
        Subcommand::Show => {
            let limit = invocation.flags.number(&LIMIT).unwrap_or(5);
            Command::Show { limit: u64::try_from(limit).ok() }
        }
        Subcommand::Clone => Command::Clone,
        Subcommand::Load => Command::Load,
        Subcommand::SourceFreshness => Command::Freshness,
        _ => Command::Run,
    }
}

/// What a command can work on.
pub(super) fn selectable(invocation: &Invocation, command: Command) -> Result<Vec<ResourceType>> {
    use ResourceType::{
        Analysis, Exposure, Function, Model, Operation, SavedQuery, Seed, Snapshot, Source, Test, UnitTest,
    };
    match command {
        Command::Run => Ok(vec![Model]),
        Command::Build => resource_types(
            invocation,
            &[Model, Seed, Snapshot, Test, UnitTest, Exposure, SavedQuery, Function],
        ),
        Command::Test => {
            let mut types = resource_types(invocation, &[Test, UnitTest])?;
            types.retain(|kind| matches!(kind, Test | UnitTest));
            Ok(types)
        }
        Command::Seed => Ok(vec![Seed]),
        Command::Snapshot => Ok(vec![Snapshot]),
        Command::Compile => Ok(vec![Model, Seed, Snapshot, Test, Analysis, Function, Operation]),
        Command::Show { .. } => Ok(vec![Model, Seed, Snapshot, Test, Analysis]),
        Command::Clone => resource_types(invocation, &[Model, Seed, Snapshot]),
        Command::Freshness | Command::Load => Ok(vec![Source]),
    }
}

fn results_path(invocation: &Invocation, command: Command) -> Option<std::path::PathBuf> {
    let given = invocation.flags.text(&FRESHNESS_OUTPUT).filter(|_| command == Command::Freshness)?;
    Some(invocation.project_directory.join(given))
}
