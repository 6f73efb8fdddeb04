//! What all commands that follow a plan give to `run`.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use serde_json::{Map, Value as Json};

use super::connect::Connect;
use super::invocation::Invocation;
use super::session::{ParsedProject, Session};
use crate::adapter::Settings;
use crate::config::schedule::moment;
use crate::context::objects::Policy;
use crate::context::runtime::{RunContext, RunInvocation, RunProject, RunTarget};
use crate::diagnostic::{Diagnostic, Result};
use crate::hashed::{HashMap, HashSet};
use crate::interrupt::Interrupt;
use crate::manifest::{
    Deferral, Lookup, Manifest, Node, NodeKind, Precedence, SourceDefinition, connection_of,
};
use crate::options::table::{
    ALLOW_DELETES, BATCH_TESTS, CACHE_SELECTED_ONLY, EMPTY, EVENT_TIME_END, EVENT_TIME_START, FAIL_FAST,
    FULL_REFRESH, INJECT_EPHEMERAL_CTES, INLINE, INTERVAL_END, INTERVAL_START, INTROSPECT, LOAD_FILES,
    POPULATE_CACHE, RUN_LOG, SAMPLE, SELECT, SHOW, SHOW_FAILING_ROWS, SINGLE_THREADED, STORE_FAILURES,
    TARGET_PATH, USE_COLORS, WRITE_JSON,
};
use crate::options::{Flags, behavior};
use crate::run::{
    Behaviors, Cached, Command, CommentSetting, FailingRows, Injection, Introspection, Loading, OtherOutput,
    PreviousRun, RunInputs, RunOptions, RunProfile, TargetOutput, Terms, Testing,
};

/// How long a run waits for another one on the same schema.
const LOCK_WAIT: Duration = Duration::from_mins(10);

/// Gathers a run's inputs from flags, profile, project and selection.
pub(super) fn inputs(
    session: &Session<'_>,
    parsed: &ParsedProject,
    connect: &Connect,
    command: Command,
    selected: &[String],
) -> Result<RunInputs> {
    let invocation = session.invocation;
    let flags = &invocation.flags;
    let defer = session.deferral(parsed, selected)?;
    let shared = run_context(session, &parsed.manifest, selected, defer)?;
    // batches of the interval, where there is one
    let event_time = [[&EVENT_TIME_START, &INTERVAL_START], [&EVENT_TIME_END, &INTERVAL_END]]
        .map(|options| options.iter().find_map(|option| flags.text(option)).map(str::to_owned));
    let comment = &session.project.root.file.query_comment;
    let default_results = if command == Command::Freshness { "sources.json" } else { "run_results.json" };
    let options = RunOptions {
        threads: if flags.is(&SINGLE_THREADED) { 1 } else { session.profile.threads.max(1) },
        fail_fast: flags.is(&FAIL_FAST),
        full_refresh: flags.is(&FULL_REFRESH),
        testing: Testing {
            store_failures: flags.is(&STORE_FAILURES),
            failing_rows: failing_rows(invocation),
            in_batches: !flags.is_set(&BATCH_TESTS.0) || flags.is(&BATCH_TESTS),
        },
        cached: match (flags.is(&POPULATE_CACHE), flags.is(&CACHE_SELECTED_ONLY)) {
            (false, _) => Cached::None,
            (true, true) => Cached::OfSelected,
            (true, false) => Cached::OfProject,
        },
        introspection: if flags.is(&INTROSPECT) { Introspection::Allowed } else { Introspection::Refused },
        injection: if flags.is(&INJECT_EPHEMERAL_CTES) { Injection::Full } else { Injection::None },
        write_json: flags.is(&WRITE_JSON),
        use_colors: flags.is(&USE_COLORS),
        names_nodes: names_nodes(flags),
        event_time,
        behaviors: Behaviors {
            latest_version_pointers: flags.follows(&behavior::LATEST_VERSION_POINTER_ENABLED_BY_DEFAULT),
            skip_nodes_if_on_run_start_fails: flags.follows(&behavior::SKIP_NODES_IF_ON_RUN_START_FAILS),
            source_freshness_run_project_hooks: flags.follows(&behavior::SOURCE_FRESHNESS_RUN_PROJECT_HOOKS),
            batches_of_custom_microbatch: flags.follows(&behavior::REQUIRE_BATCHED_EXECUTION),
        },
        keep_seed_rows: flags.is(&SHOW),
        terms: Terms {
            lock_wait: LOCK_WAIT,
            proofs: HashMap::default(),
            done_before: Vec::new(),
            load_marks: HashMap::default(),
        },
        loading: Loading {
            files: flags
                .words(&LOAD_FILES)
                .iter()
                .map(|file| invocation.working_directory.join(file))
                .collect(),
            allow_deletes: flags.is(&ALLOW_DELETES),
        },
        assumed: Vec::new(),
        measures_lock_waits: flags.mapping(&RUN_LOG).contains_key("schema"),
        part: None,
    };
    Ok(RunInputs {
        command,
        graph: Arc::clone(&parsed.graph),
        shared: Arc::new(shared),
        engine: session.engine.clone(),
        profile: RunProfile {
            name: session.profile.name.clone(),
            target: TargetOutput {
                name: session.profile.target_name.clone(),
                settings: Arc::new(connect.settings.clone()),
                early: Arc::clone(&session.early),
                memory: Arc::clone(&session.memory),
            },
            others: others(connect, session, &parsed.manifest),
        },
        held: None,
        emitter: Arc::clone(&invocation.emitter),
        invocation: invocation.for_artifacts(),
        interrupt: Interrupt::of_process(),
        comment: CommentSetting { text: comment.comment.clone(), append: comment.append },
        results_path: session.target_directory.join(default_results),
        options,
        previous: PreviousRun::default(),
    })
}

fn names_nodes(flags: &Flags) -> bool {
    !flags.words(&SELECT).is_empty() || flags.text(&INLINE).is_some()
}

/// The outputs beside the target's own. Where no node of the project lives, nothing is to be written.
fn others(connect: &Connect, session: &Session<'_>, manifest: &Manifest) -> Vec<OtherOutput> {
    let mut others = connect.others.clone();
    for other in &mut others {
        let stores = session.invocation.flags.is(&STORE_FAILURES);
        let is_home = |node: &Node| {
            let is_written = node.is_relational()
                || matches!(node.kind, NodeKind::Function(_))
                || node.is_test() && (stores || node.relation_name.is_some());
            is_written && session.output_of(connection_of(&node.config)) == other.name
        };
        let is_loaded = |source: &SourceDefinition| {
            let loads = source.config.get("load").is_some_and(|load| !load.is_null());
            loads && session.output_of(connection_of(&source.config)) == other.name
        };
        let mut nodes = manifest.nodes.values().chain(manifest.functions.values());
        if !nodes.any(|node| is_home(node)) && !manifest.sources.values().any(|source| is_loaded(source)) {
            let mut settings = Settings::clone(&other.settings);
            settings.session.insert("default_transaction_read_only".to_owned(), "on".to_owned());
            other.settings = Arc::new(settings);
        }
    }
    others
}

/// The outputs by the names of the project's connections.
fn connections(session: &Session<'_>) -> HashMap<String, RunTarget> {
    let profile = &session.profile;
    let mut outputs = vec![profile.target_name.as_str()];
    let mut connections = HashMap::default();
    for (name, mapped) in &profile.connections {
        let known = outputs.iter().position(|output| *output == mapped.output);
        let output = known.unwrap_or_else(|| {
            outputs.push(&mapped.output);
            outputs.len() - 1
        });
        let target = RunTarget {
            database: mapped.target.database.clone(),
            schema: mapped.target.schema.clone(),
            shown: Json::Object(profile.dict_of(&mapped.target)),
            output,
        };
        connections.insert(name.clone(), target);
    }
    connections
}

/// A person who looks at a terminal may see them; what is kept or sent on shows them only where that is asked for.
fn failing_rows(invocation: &Invocation) -> FailingRows {
    let flags = &invocation.flags;
    match (flags.is_set(&SHOW_FAILING_ROWS.0), flags.is(&SHOW_FAILING_ROWS)) {
        (true, true) => FailingRows::Everywhere,
        (true, false) => FailingRows::Hidden,
        (false, _) if invocation.is_watched() => FailingRows::OnTerminal,
        (false, _) => FailingRows::Hidden,
    }
}

fn run_context(
    session: &Session<'_>,
    manifest: &Arc<Manifest>,
    selected: &[String],
    defer: Option<Deferral>,
) -> Result<RunContext> {
    let invocation = session.invocation;
    let flags = &invocation.flags;
    let root = session.project.root.name();
    let precedence = if flags.follows(&behavior::REQUIRE_REF_SEARCHES_NODE_PACKAGE_BEFORE_ROOT) {
        Precedence::NodePackageFirst
    } else {
        Precedence::RootPackageFirst
    };
    let restricted_packages: HashSet<String> = session
        .project
        .all()
        .filter(|package| package.file.restrict_access)
        .map(|package| package.name().to_owned())
        .collect();
    let quoting = session.project.root.file.quoting;
    let target_path =
        flags.text(&TARGET_PATH).map_or_else(|| session.project.root.file.target_path.clone(), str::to_owned);
    Ok(RunContext {
        manifest: Arc::clone(manifest),
        lookup: Lookup::new(manifest, root, precedence),
        project: RunProject {
            name: root.to_owned(),
            root: invocation.project_directory.clone(),
            target_path: target_path.into(),
            quoting: Policy {
                database: quoting.database.unwrap_or(true),
                schema: quoting.schema.unwrap_or(true),
                identifier: quoting.identifier.unwrap_or(true),
            },
            restricted_packages,
            vars: session.globals.vars.clone(),
            environment: Arc::clone(&session.globals.environment),
        },
        target: RunTarget {
            database: session.profile.target.database.clone(),
            schema: session.profile.target.schema.clone(),
            shown: session.globals.target.clone(),
            output: 0,
        },
        connections: connections(session),
        invocation: RunInvocation {
            id: invocation.id.clone(),
            started_at: invocation.started_at,
            args: Json::Object(flags.values().clone()),
            flags: session.globals.flags.clone(),
            runtime_config: session.runtime_config(),
            metadata_envs: Json::Object(invocation.for_artifacts().env),
        },
        selected: selected.to_vec(),
        intervals: HashMap::default(),
        defer,
        empty: flags.is(&EMPTY),
        sample: flags.text(&SAMPLE).map(|text| sample(text, invocation.started_at)).transpose()?,
        graph: OnceLock::new(),
    })
}

/// `--sample "3 days"` or `{start: .., end: ..}` as a window.
fn sample(text: &str, now: jiff::Timestamp) -> Result<[jiff::Timestamp; 2]> {
    let invalid = |text: &str| {
        Diagnostic::runtime("sample-window", format!("Invalid value for `--sample`: {text}"))
            .help("write a number and a unit, as in `3 days`, or `{'start': '2024-01-01', 'end': '2024-02-01'}`")
            .boxed()
    };
    if text.trim_start().starts_with('{') {
        let window: Map<String, Json> =
            serde_json::from_str(&text.replace('\'', "\"")).map_err(|_| invalid(text))?;
        let at = |key: &str| {
            let text = window.get(key).and_then(Json::as_str).unwrap_or_default();
            moment(text).ok_or_else(|| invalid(text))
        };
        return Ok([at("start")?, at("end")?]);
    }
    let mut words = text.split_whitespace();
    let count: i64 = words.next().and_then(|word| word.parse().ok()).ok_or_else(|| invalid(text))?;
    let unit = words.next().unwrap_or_default().trim_end_matches('s').to_owned();
    let zoned = now.to_zoned(jiff::tz::TimeZone::UTC);
    let span = match unit.as_str() {
        "hour" => jiff::Span::new().hours(count),
        "day" => jiff::Span::new().days(count),
        "month" => jiff::Span::new().months(count),
        "year" => jiff::Span::new().years(count),
        _ => return Err(invalid(text)),
    };
    let start = zoned.checked_sub(span).map_err(|_| invalid(text))?;
    Ok([start.timestamp(), now])
}
