//! Events as the text lines that dbt prints.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::clock;
use super::style::Style;
use crate::counted::counted;
use crate::diagnostic::Diagnostic;
use crate::run::{Event, Status};

/// The message of an event, without time or level.
pub(super) fn message(event: &Event, style: Style) -> String {
    if let Some(text) = result_line(event, style) {
        return text;
    }
    if let Some(text) = summary(event, style) {
        return text;
    }
    plain(event, style)
}

/// What runs, for people: dbt's own line names the version that it is compatible with as if it were dbt's.
pub(super) fn own_version(dbt: &str) -> String {
    let minor = dbt.trim_start_matches('=').rsplit_once('.').map_or(dbt, |(minor, _)| minor);
    format!("rsdbt {}, compatible with dbt {minor}", env!("CARGO_PKG_VERSION"))
}

/// The numbered lines: starts and results of nodes.
fn result_line(event: &Event, style: Style) -> Option<String> {
    let line =
        |text: &str, status: &str, place, seconds| Some(style.line(text, status, Some(place), seconds));
    match event {
        Event::LogStartLine { description, index, total } => {
            line(&format!("START {description}"), "RUN", (*index, *total), None)
        }
        Event::LogModelResult { description, status, index, total, execution_time } => {
            let (verb, shown) = creation(style, status.status, status.text());
            line(&format!("{verb} {description}"), &shown, (*index, *total), Some(*execution_time))
        }
        Event::LogFunctionResult { description, status, index, total, execution_time } => {
            let (verb, shown) = creation(style, *status, &status.name().to_uppercase());
            line(&format!("{verb} {description}"), &shown, (*index, *total), Some(*execution_time))
        }
        Event::LogSnapshotResult {
            description,
            status,
            result_message,
            index,
            total,
            execution_time,
            ..
        } => {
            let (verb, shown) =
                outcome(style, *status, result_message, ["ERROR snapshotting", "OK snapshotted"]);
            line(&format!("{verb} {description}"), &shown, (*index, *total), Some(*execution_time))
        }
        Event::LogSeedResult { status, result_message, schema, relation, index, total, execution_time } => {
            let (verb, shown) = outcome(style, *status, result_message, ["ERROR loading", "OK loaded"]);
            line(
                &format!("{verb} seed file {schema}.{relation}"),
                &shown,
                (*index, *total),
                Some(*execution_time),
            )
        }
        Event::LogNodeResult { description, status, index, total, execution_time, msg } => {
            let (verb, shown) = outcome(style, *status, msg, ["ERROR loading", "OK loaded"]);
            line(&format!("{verb} {description}"), &shown, (*index, *total), Some(*execution_time))
        }
        Event::LogTestResult { name, status, index, num_models, execution_time, num_failures, .. } => {
            let info = match status {
                Status::Error => "ERROR".to_owned(),
                Status::Pass => "PASS".to_owned(),
                Status::Warn => format!("WARN {num_failures}"),
                _ => format!("FAIL {num_failures}"),
            };
            let shown = match status {
                Status::Pass => style.green(&info),
                Status::Warn => style.yellow(&info),
                _ => style.red(&info),
            };
            line(&format!("{info} {name}"), &shown, (*index, *num_models), Some(*execution_time))
        }
        Event::LogFreshnessResult { status, source_name, table_name, index, total, execution_time } => {
            let (info, shown) = match status {
                Status::RuntimeError => ("ERROR", style.red("ERROR")),
                Status::Error => ("ERROR STALE", style.red("ERROR STALE")),
                Status::Warn => ("WARN", style.yellow("WARN")),
                _ => ("PASS", style.green("PASS")),
            };
            let text = format!("{info} freshness of {source_name}.{table_name}");
            line(&text, &shown, (*index, *total), Some(*execution_time))
        }
        Event::LogNodeNoOpResult { description, index, total, execution_time, .. } => {
            let shown = style.yellow("NO-OP");
            line(&format!("NO-OP {description}"), &shown, (*index, *total), Some(*execution_time))
        }
        Event::SkippingDetails { resource_type, schema, node_name, index, total } => {
            let text = match resource_type.as_str() {
                "model" | "seed" | "snapshot" => format!("SKIP relation {schema}.{node_name}"),
                _ => format!("SKIP {resource_type} {node_name}"),
            };
            line(&text, &style.yellow("SKIP"), (*index, *total), None)
        }
        Event::LogSkipBecauseError { schema, relation, index, total, status } => {
            let text = format!(
                "SKIP relation {schema}.{relation} due to ephemeral model status '{}'",
                status.name()
            );
            line(&text, &style.red("ERROR SKIP"), (*index, *total), None)
        }
        Event::LogCancelLine { conn_name } => {
            Some(style.line(&format!("CANCEL query {conn_name}"), &style.red("CANCEL"), None, None))
        }
        _ => hook_or_batch_line(event, style),
    }
}

fn hook_or_batch_line(event: &Event, style: Style) -> Option<String> {
    Some(match event {
        Event::LogHookStartLine { statement, index, total } => {
            style.cut_line(&format!("START hook: {statement}"), "RUN", Some((*index, *total)), None)
        }
        Event::LogHookEndLine { statement, status, index, total, execution_time } => {
            let (info, shown) = match status {
                Status::Success => ("OK", style.green("OK")),
                Status::Skipped => ("SKIP", style.yellow("SKIP")),
                _ => ("ERROR", style.red("ERROR")),
            };
            let text = format!("{info} hook: {statement}");
            style.cut_line(&text, &shown, Some((*index, *total)), Some(*execution_time))
        }
        Event::LogStartBatch { description, batch_index, total_batches } => {
            let line = style.line(
                &format!("START {description}"),
                "RUN",
                Some((*batch_index, *total_batches)),
                None,
            );
            format!("Batch {line}")
        }
        Event::LogStartOverload { description, overload_index, total_overloads } => {
            let place = Some((*overload_index, *total_overloads));
            let line = style.line(&format!("START {description}"), "RUN", place, None);
            format!("Overload {line}")
        }
        Event::LogOverloadResult { description, status, overload_index, total_overloads, execution_time } => {
            let (verb, shown) = creation(style, *status, "SUCCESS");
            let place = Some((*overload_index, *total_overloads));
            let line = style.line(&format!("{verb} {description}"), &shown, place, Some(*execution_time));
            format!("Overload {line}")
        }
        Event::LogBatchResult { description, status, batch_index, total_batches, execution_time } => {
            let (verb, shown) = creation(style, status.status, status.text());
            let place = Some((*batch_index, *total_batches));
            let line = style.line(&format!("{verb} {description}"), &shown, place, Some(*execution_time));
            format!("Batch {line}")
        }
        _ => return None,
    })
}

fn creation(style: Style, status: Status, text: &str) -> (&'static str, String) {
    match status {
        Status::Error => ("ERROR creating", style.red("ERROR")),
        Status::Skipped => ("SKIP", style.yellow("SKIPPED")),
        Status::PartialSuccess => ("PARTIALLY created", style.yellow(text)),
        _ => ("OK created", style.green(text)),
    }
}

fn outcome(style: Style, status: Status, message: &str, verbs: [&'static str; 2]) -> (&'static str, String) {
    if status == Status::Error { (verbs[0], style.red("ERROR")) } else { (verbs[1], style.green(message)) }
}

/// The end of a run: what failed and the counts.
fn summary(event: &Event, style: Style) -> Option<String> {
    Some(match event {
        Event::RunResultWarning { resource_type, node_name, path } => {
            style.yellow(&format!("Warning in {resource_type} {node_name} ({path})"))
        }
        Event::RunResultFailure { resource_type, node_name, path } => {
            style.red(&format!("Failure in {resource_type} {node_name} ({path})"))
        }
        Event::RunResultError { msg, .. } => format!("  {msg}"),
        Event::RunResultErrorNoMessage { status } => format!("  Status: {}", status.name()),
        Event::SQLCompiledPath { path } => format!("  compiled code at {path}"),
        Event::CheckNodeTestFailure { relation_name } => {
            let query = format!("select * from {relation_name}");
            let border = "-".repeat(query.len());
            format!("  See test failures:\n  {border}\n  {query}\n  {border}")
        }
        Event::FailingRows { rows, query, .. } => {
            let rows = rows.trim_end().replace('\n', "\n  ");
            format!("  Failing rows (up to 5):\n  {rows}\n  All of them: {query}")
        }
        Event::EndOfRunSummary { num_errors, num_warnings, num_partial_success, keyboard_interrupt } => {
            let partial = if *num_partial_success == 1 { "success" } else { "successes" };
            let partial = format!("{num_partial_success} partial {partial}");
            let warnings = counted(*num_warnings, "warning");
            if *keyboard_interrupt {
                style.yellow("Exited because of keyboard interrupt")
            } else if *num_errors > 0 {
                let errors = counted(*num_errors, "error");
                style.red(&format!("Completed with {errors}, {partial}, and {warnings}:"))
            } else if *num_partial_success > 0 {
                style.yellow(&format!("Completed with {partial} and {warnings}"))
            } else if *num_warnings > 0 {
                style.yellow(&format!("Completed with {warnings}:"))
            } else {
                style.green("Completed successfully")
            }
        }
        Event::StatsLine { stats } => {
            let count = |name: &str| stats.get(name).and_then(Value::as_u64).unwrap_or_default();
            format!(
                "Done. PASS={} WARN={} ERROR={} SKIP={} NO-OP={} TOTAL={}",
                count("pass"),
                count("warn"),
                count("error"),
                count("skip"),
                count("noop"),
                count("total")
            )
        }
        Event::FinishedRunningStats { stat_line, execution, execution_time } => {
            format!("Finished running {stat_line}{execution} ({execution_time:.2}s).")
        }
        Event::CommandCompleted { command, success, completed_at, elapsed } => {
            let status = if *success { "succeeded" } else { "failed" };
            let local = completed_at.parse::<Timestamp>().map(clock::local);
            let completed_at =
                local.map_or_else(|_| completed_at.clone(), |at| at.strftime("%H:%M:%S.%6f").to_string());
            format!("Command `{command}` {status} at {completed_at} after {elapsed:.2} seconds")
        }
        Event::MarkSkippedChildren { unique_id, status, reason } => {
            let mut text = format!(
                "Marking all children of '{unique_id}' to be skipped because of status '{}'. ",
                status.name()
            );
            if let Some(reason) = reason {
                text.push_str(&format!(" Reason: {reason}."));
            }
            text
        }
        _ => return None,
    })
}

/// Everything that is one sentence.
fn plain(event: &Event, style: Style) -> String {
    match event {
        Event::MainReportVersion { version, .. } => format!("Running with dbt{version}"),
        Event::MainReportArgs { args } => format!("running dbt with arguments {args}"),
        Event::AdapterRegistered { adapter_name, adapter_version } => {
            format!("Registered adapter: {adapter_name}{adapter_version}")
        }
        Event::SQLQuery { conn_name, sql } => format!("On {conn_name}: {sql}"),
        Event::SQLQueryStatus { status, elapsed } => format!("SQL status: {status} in {elapsed:.3} seconds"),
        Event::SQLCommit { conn_name } => format!("On {conn_name}: COMMIT"),
        Event::NewConnection { conn_name, conn_type } => {
            format!("Acquiring new {conn_type} connection '{conn_name}'")
        }
        Event::ConnectionUsed { conn_name, conn_type } => {
            format!("Using {conn_type} connection \"{conn_name}\"")
        }
        Event::SchemaCreation { relation } => format!("Creating schema \"{relation}\""),
        Event::SchemaDrop { relation } => format!("Dropping schema \"{relation}\"."),
        Event::CannotGenerateDocs {} => "compile failed, cannot generate docs".into(),
        Event::BuildingCatalog {} => "Building catalog".into(),
        Event::CatalogWritten { path } => format!("Catalog written to {path}"),
        Event::WriteCatalogFailure { num_exceptions } => {
            format!("dbt encountered {} while writing the catalog", counted(*num_exceptions, "failure"))
        }
        Event::PartialParsingNotEnabled {} => "Partial parsing not enabled".into(),
        Event::StateCheckVarsHash { checksum, vars, profile, target, version } => {
            format!(
                "checksum: {checksum}, vars: {vars}, profile: {profile}, target: {target}, version: {version}"
            )
        }
        Event::UnpinnedRefNewVersionAvailable {
            ref_node_name: name,
            ref_node_package: package,
            ref_node_version: latest,
            ref_max_version: newest,
        } => unpinned(name, package, latest, newest),
        Event::ParsePerfInfoPath { path } => format!("Performance info: {path}"),
        Event::SelectorReportInvalidSelector { valid_selectors, spec_method, raw_spec } => format!(
            "The '{spec_method}' selector specified in {raw_spec} is invalid. Must be one of [{valid_selectors}]"
        ),
        Event::ArtifactWritten { artifact_type, artifact_path } => {
            format!("Wrote artifact {artifact_type} to {artifact_path}")
        }
        Event::RunningOperationCaughtError { exc, .. } => {
            format!("Encountered an error while running operation: {exc}")
        }
        Event::CompileComplete {} | Event::FreshnessCheckComplete {} => "Done.".into(),
        Event::ConcurrencyLine { num_threads, target_name, .. } => {
            format!("Concurrency: {num_threads} threads (target='{target_name}')")
        }
        Event::WritingInjectedSQLForNode { unique_id } => {
            format!("Writing injected SQL for node \"{unique_id}\"")
        }
        Event::NodeStart { unique_id } => format!("Began running node {unique_id}"),
        Event::NodeFinished { unique_id, .. } => format!("Finished running node {unique_id}"),
        Event::NodeCompiling { unique_id } => format!("Began compiling node {unique_id}"),
        Event::NodeExecuting { unique_id } => format!("Began executing node {unique_id}"),
        Event::EndRunResult { .. } => "Command end result".into(),
        Event::DefaultSelector { name } => format!("Using default selector {name}"),
        Event::ShowNode { node_name, preview, is_inline, output_format, quiet, .. } => {
            let product = Product { label: "show", heading: "Previewing", node_name, text: preview };
            product.text(*is_inline, output_format, *quiet)
        }
        Event::CompiledNode { node_name, compiled, is_inline, output_format, quiet, .. } => {
            let product = Product { label: "compiled", heading: "Compiled", node_name, text: compiled };
            product.text(*is_inline, output_format, *quiet)
        }
        Event::FoundStats { stat_line } => format!("Found {stat_line}"),
        Event::MainKeyboardInterrupt {} => "ctrl-c".into(),
        Event::SemanticValidationFailure { msg } => msg.clone(),
        Event::MainEncounteredError { exc, .. } => format!("Encountered an error:\n{exc}"),
        Event::CheckCleanPath { path } => format!("Checking {path}/*"),
        Event::ConfirmCleanPath { path } => format!("Cleaned {path}/*"),
        Event::ProtectedCleanPath { path } => format!("ERROR: not cleaning {path}/* because it is protected"),
        Event::FinishedCleanPaths {} => "Finished cleaning all paths.".into(),
        Event::OpenCommand { open_cmd, profiles_dir } => {
            format!("To view your profiles.yml file, run:\n\n{open_cmd} {profiles_dir}")
        }
        Event::ListCmdOut { msg } => msg.clone(),
        Event::ResourceReport { .. } => format!("Resource report: {}", event.data()),
        Event::Warning(diagnostic) => warning(diagnostic, style),
        _ => deps_or_message(event),
    }
}

fn deps_or_message(event: &Event) -> String {
    match event {
        Event::DepsNoPackagesFound {} => "Warning: No packages were found in packages.yml".into(),
        Event::DepsStartPackageInstall { package_name } => format!("Installing {package_name}"),
        Event::DepsInstallInfo { version_name } => format!("Installed from {version_name}"),
        Event::DepsUpdateAvailable { version_latest } => {
            format!("Updated version available: {version_latest}")
        }
        Event::DepsUpToDate {} => "Up to date!".into(),
        Event::DepsListSubdirectory { subdirectory } => format!("and subdirectory {subdirectory}"),
        Event::DepsNotifyUpdatesAvailable { packages } => format!(
            "Updates available for packages: {} \nUpdate your versions in packages.yml, then run dbt deps",
            json!(packages).to_string().replace('"', "'").replace(',', ", ")
        ),
        Event::DepsLockUpdating { lock_filepath } => {
            format!("Updating lock file in file path: {lock_filepath}")
        }
        Event::DepsAddPackage { package_name, version, packages_filepath } => {
            format!("Added new package {package_name}@{version} to {packages_filepath}")
        }
        other => other
            .data()
            .as_object()
            .and_then(|fields| ["msg", "header", "exc", "action"].iter().find_map(|name| fields.get(*name)))
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned(),
    }
}

/// The product of `show` and `compile`.
struct Product<'a> {
    label: &'a str,
    heading: &'a str,
    node_name: &'a str,
    text: &'a str,
}

impl Product<'_> {
    fn text(&self, inline: bool, format: &str, quiet: bool) -> String {
        if format == "json" {
            let value = if self.label == "show" {
                serde_json::from_str(self.text).unwrap_or(Value::Null)
            } else {
                Value::from(self.text)
            };
            let mut object = serde_json::Map::new();
            if !inline {
                object.insert("node".into(), Value::from(self.node_name));
            }
            object.insert(self.label.into(), value);
            return serde_json::to_string_pretty(&object).unwrap_or_default();
        }
        let verb = if self.label == "compiled" { " is" } else { "" };
        match (quiet, inline) {
            (true, _) => self.text.to_owned(),
            (false, true) => format!("{} inline node{verb}:\n{}", self.heading, self.text),
            (false, false) => format!("{} node '{}'{verb}:\n{}", self.heading, self.node_name, self.text),
        }
    }
}

/// Warnings that dbt prints without its `[WARNING]` tag.
const UNTAGGED: &[&str] = &[
    "AdapterEventWarning",
    "JinjaLogWarning",
    "NothingToDo",
    "NoNodesForSelectionCriteria",
    "NoNodesSelected",
    "SnapshotTimestampWarning",
    "FreshnessConfigProblem",
    "SemanticValidationFailure",
    "WarnStateTargetEqual",
    "CatalogGenerationError",
    "InvalidMacroAnnotation",
];

fn warning(diagnostic: &Diagnostic, style: Style) -> String {
    let name = diagnostic.code;
    let mut below = String::new();
    if let Some(label) = diagnostic.labels.first() {
        below.push_str(&format!("\n  --> {}", label.span.location()));
    }
    if let Some(help) = &diagnostic.help {
        below.push_str(&format!("\n  help: {help}"));
    }
    let text = format!("{}{below}", diagnostic.message);
    let tag = style.yellow("WARNING");
    if matches!(name, "ProjectFlagsMovedDeprecation" | "EnvironmentVariableRenamed") {
        // dbt does not know the width yet
        format!("[{tag}][{name}]: Deprecated functionality\n{text}")
    } else if crate::run::is_deprecation(name) || name == "DeprecationsSummary" {
        format!("[{tag}][{name}]: Deprecated functionality\n{}{below}", style.wrap(&diagnostic.message))
    } else if UNTAGGED.contains(&name) {
        text
    } else if crate::run::is_own_warning(name) {
        // its name is not in dbt's documentation, and `--warn-error-options` takes it
        format!("[{tag}][{name}]: {text}")
    } else {
        format!("[{tag}]: {text}")
    }
}

fn unpinned(name: &str, package: &str, latest: &str, newest: &str) -> String {
    format!(
        "`ref('{name}')` of package {package} names no version: it means {latest}, the latest, and will mean {newest} once that is \
         declared the latest.\n  pin it: ref('{package}', '{name}', v='{latest}')\n  try the new one: ref('{package}', '{name}', \
         v='{newest}')"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::Told;

    const PLAIN: Style = Style { color: false, width: 80 };

    #[test]
    fn results_and_summary_read_as_dbt_prints_them() {
        let model = Event::LogModelResult {
            description: "sql view model s.x".into(),
            status: Told::answer(Status::Success, "CREATE VIEW".into()),
            index: 1,
            total: 2,
            execution_time: 0.054,
        };
        assert_eq!(
            message(&model, PLAIN),
            "1 of 2 OK created sql view model s.x ........................................... [CREATE VIEW in 0.05s]"
        );
        let end = Event::EndOfRunSummary {
            num_errors: 1,
            num_warnings: 0,
            num_partial_success: 0,
            keyboard_interrupt: false,
        };
        assert_eq!(message(&end, PLAIN), "Completed with 1 error, 0 partial successes, and 0 warnings:");
        let stats = json!({ "pass": 3, "warn": 0, "error": 0, "skip": 0, "noop": 0, "total": 3 });
        assert_eq!(
            message(&Event::StatsLine { stats }, PLAIN),
            "Done. PASS=3 WARN=0 ERROR=0 SKIP=0 NO-OP=0 TOTAL=3"
        );
    }

    #[test]
    fn a_deprecation_names_its_event() {
        let warning = Diagnostic::warning("ExposureNameDeprecation", "the name is odd");
        assert_eq!(
            message(&Event::Warning(warning.boxed()), PLAIN),
            "[WARNING][ExposureNameDeprecation]: Deprecated functionality\nthe name is odd"
        );
    }
}
