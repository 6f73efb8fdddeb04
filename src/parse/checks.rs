//! What dbt refuses or warns about once configs are merged and the whole project is known.

use std::sync::Arc;

use serde_json::Value as Json;

use super::ParseRequest;
use super::fingerprint;
use super::trees::resource_type;
use crate::config::Configurable;
use crate::config::batches::{BatchSize, Lookback};
use crate::config::node_config::{UsedConfigs, check_snapshot};
use crate::context::MICROBATCH_MACRO;
use crate::diagnostic::{Diagnostic, Diagnostics, Result, did_you_mean};
use crate::hashed::HashMap;
use crate::manifest::{Access, Disabled, Manifest, Node, NodeKind};
use crate::options::behavior;
use crate::options::table::DEBUG;

/// A contract needs columns; its checksum shows when it changes.
pub(super) fn check_contract(node: &mut Node) -> Result<(), String> {
    let NodeKind::Model(part) = &node.kind else { return Ok(()) };
    let in_columns: Vec<&str> = node
        .columns
        .values()
        .filter(|column| column.constraints.iter().any(|constraint| constraint.kind == "primary_key"))
        .map(|column| column.name.as_str())
        .collect();
    let mut errors = Vec::new();
    if in_columns.len() > 1 {
        errors.push(format!(
            "Found {} columns ([{}]) with primary key constraints defined. Primary keys for multiple \
             columns must be defined as a model level constraint.",
            in_columns.len(),
            in_columns.iter().map(|name| format!("'{name}'")).collect::<Vec<_>>().join(", ")
        ));
    }
    if !in_columns.is_empty() && part.constraints.iter().any(|constraint| constraint.kind == "primary_key") {
        errors.push(
            "Primary key constraints defined at the model level and the columns level. Primary keys can be \
             defined at the model level or the column level, not both."
                .to_owned(),
        );
    }
    if !errors.is_empty() {
        return Err(format!(
            "Primary key constraint error: ({})\n{}",
            node.original_file_path,
            errors.join("\n")
        ));
    }
    if !node.contract.enforced {
        return Ok(());
    }
    let mut errors = Vec::new();
    if node.columns.is_empty() {
        errors.push(
            "Constraints must be defined in a `yml` schema configuration file like `schema.yml`.".to_owned(),
        );
    }
    if node.language != crate::manifest::Language::Sql {
        errors.push("Language Error: Expected 'sql' but found 'python'".to_owned());
    }
    // dbt: without a properties file the missing columns are an error when the model is built
    if !errors.is_empty() && node.patch_path.is_some() {
        return Err(format!(
            "Contract enforcement failed for: ({})\n{}",
            node.original_file_path,
            errors.join("\n")
        ));
    }
    node.contract.checksum = Some(fingerprint::contract(node));
    Ok(())
}

/// dbt's guess at each model's primary key, from constraints or from its tests.
pub(super) fn infer_primary_keys(manifest: &Manifest) -> Vec<Option<Vec<String>>> {
    let tested = tested_columns(manifest);
    manifest.nodes.values().map(|node| primary_key(node, &tested)).collect()
}

/// Takes over what [`infer_primary_keys`] found, node by node.
pub(super) fn set_primary_keys(manifest: &mut Manifest, keys: Vec<Option<Vec<String>>>) {
    for (node, key) in manifest.nodes.values_mut().zip(keys) {
        if let Some(key) = key
            && let Some(part) = Arc::make_mut(node).model_mut()
        {
            part.primary_key = key;
        }
    }
}

/// The columns of one model that tests speak of.
#[derive(Default)]
struct Tested<'a> {
    unique: Vec<&'a str>,
    unique_disabled: Vec<&'a str>,
    not_null: Vec<&'a str>,
}

fn tested_columns(manifest: &Manifest) -> HashMap<&str, Tested<'_>> {
    let mut tested: HashMap<&str, Tested<'_>> = HashMap::default();
    let disabled = manifest.disabled.values().flatten().filter_map(|disabled| match disabled {
        Disabled::Node(node) => Some(node),
        _ => None,
    });
    for node in manifest.nodes.values().chain(disabled) {
        let Some(part) = node.generic_test() else { continue };
        let Some(attached) = &part.attached_node else { continue };
        let kwargs = &part.test_metadata.kwargs;
        let columns: Vec<&str> = match (kwargs.get("column_name"), kwargs.get("combination_of_columns")) {
            (Some(Json::String(column)), _) => vec![column],
            (_, Some(Json::Array(columns))) => columns.iter().filter_map(Json::as_str).collect(),
            _ => continue,
        };
        let of_model = tested.entry(attached).or_default();
        match part.test_metadata.name.as_str() {
            "unique" | "unique_combination_of_columns" if node.is_enabled() => {
                of_model.unique.extend(columns);
            }
            "unique" | "unique_combination_of_columns" => of_model.unique_disabled.extend(columns),
            "not_null" => of_model.not_null.extend(columns),
            _ => {}
        }
    }
    tested
}

fn primary_key(node: &Node, tested: &HashMap<&str, Tested<'_>>) -> Option<Vec<String>> {
    let of_model = node.model()?.constraints.iter().find(|constraint| constraint.kind == "primary_key");
    let of_column = node
        .columns
        .values()
        .find(|column| column.constraints.iter().any(|constraint| constraint.kind == "primary_key"));
    let mut key: Vec<&str> = if let Some(constraint) = of_model {
        constraint.columns.iter().flatten().map(String::as_str).collect()
    } else if let Some(column) = of_column {
        vec![&column.name]
    } else {
        let tests = tested.get(node.unique_id.as_str())?;
        let is_unique =
            |column: &&str| tests.unique.contains(column) || tests.unique_disabled.contains(column);
        let both: Vec<&str> = tests.not_null.iter().copied().filter(is_unique).collect();
        let mut columns = if !both.is_empty() {
            both
        } else if !tests.unique.is_empty() {
            tests.unique.clone()
        } else {
            tests.unique_disabled.clone()
        };
        columns.sort_unstable();
        columns.dedup();
        columns
    };
    key.sort_unstable();
    Some(key.into_iter().map(str::to_owned).collect())
}

/// Everything that is checked on the finished manifest.
pub(super) fn check(
    request: &ParseRequest<'_>,
    manifest: &Manifest,
    warnings: &mut Vec<Diagnostic>,
) -> Result<(), Diagnostics> {
    let mut problems = Vec::new();
    check_groups(manifest, &mut problems);
    check_time_spines(manifest, &mut problems);
    let may_have_spaces = !request.flags.follows(&behavior::REQUIRE_RESOURCE_NAMES_WITHOUT_SPACES);
    if may_have_spaces {
        warnings.extend(names_with_spaces(manifest, request.flags.is(&DEBUG)));
    }
    let batches = batches(request, manifest, warnings);
    for node in manifest.nodes.values() {
        let subject = || node.locator();
        let mut refuse = |code: &'static str, message: String| {
            problems.push(Diagnostic::parsing(code, message).subject(subject()));
        };
        if node.name.contains(' ') && !may_have_spaces {
            refuse(
                "name-with-spaces",
                format!(
                    "Resource names cannot contain spaces:\n  * '{}' ({})\nPlease rename the invalid model(s) so \
                     that their name(s) do not contain any spaces.",
                    node.unique_id, node.original_file_path
                ),
            );
        }
        if node.model().is_some_and(|part| part.access == Access::Public)
            && node.materialized() == "ephemeral"
        {
            refuse(
                "public-ephemeral",
                format!(
                    "Node {} with 'ephemeral' materialization has an invalid value (public) for the access field",
                    node.unique_id
                ),
            );
        }
        warnings.extend(ignored_constraints(node));
        if batches && node.is_microbatch() {
            warnings.extend(unfiltered_batches(node, manifest));
        }
        if matches!(node.kind, NodeKind::Snapshot)
            && let Err(problem) = check_snapshot(&node.config)
        {
            problems.push(problem.subject(subject()));
            continue;
        }
        if batches && node.is_microbatch() {
            check_microbatch(node, &mut refuse);
        }
    }
    warn_deprecated(request, manifest, warnings);
    warn_unused_paths(request, manifest, warnings);
    check_functions(manifest, &mut problems);
    if problems.is_empty() { Ok(()) } else { Err(Diagnostics(problems)) }
}

/// Constraints of a contract that its materialization does not make.
fn ignored_constraints(node: &Node) -> Option<Diagnostic> {
    let is_made = matches!(node.materialized(), "table" | "incremental");
    let part = node.model().filter(|_| node.contract.enforced && node.patch_path.is_some() && !is_made)?;
    let of_columns = node.columns.values().flat_map(|column| &column.constraints);
    of_columns.chain(&part.constraints).find(|constraint| constraint.warn_unsupported)?;
    let message = format!(
        "Constraint types are not supported for {} materializations and will be ignored.  Set 'warn_unsupported: false' \
         on this constraint to ignore this warning.",
        node.materialized()
    );
    Some(Diagnostic::warning("UnsupportedConstraintMaterialization", message).subject(node.locator()))
}

/// dbt: a project with a microbatch macro of its own has its models run whole, unless it wants batches.
fn batches(request: &ParseRequest<'_>, manifest: &Manifest, warnings: &mut Vec<Diagnostic>) -> bool {
    if !request.engine.is_replaced(MICROBATCH_MACRO)
        || request.flags.follows(&behavior::REQUIRE_BATCHED_EXECUTION)
    {
        return true;
    }
    if manifest.nodes.values().any(|node| node.is_microbatch()) {
        let message = "The use of a custom microbatch macro outside of batched execution is deprecated. To use it with batched \
                       execution, set `flags.require_batched_execution_for_custom_microbatch_strategy` to `True` in \
                       `dbt_project.yml`. In the future this will be the default behavior.";
        warnings.push(Diagnostic::warning("MicrobatchMacroOutsideOfBatchesDeprecation", message));
    }
    false
}

/// A microbatch model of which each batch would read all rows.
fn unfiltered_batches(node: &Node, manifest: &Manifest) -> Option<Diagnostic> {
    let has_time = |id: &String| {
        let time = manifest.resource(id).and_then(|input| input.config().get("event_time"));
        time.is_some_and(|time| !time.is_null())
    };
    if node.depends_on.nodes.iter().any(has_time) {
        return None;
    }
    let message = format!(
        "no input of the microbatch model '{}' has an `event_time`: each of its batches reads all rows",
        node.name
    );
    Some(
        Diagnostic::warning("MicrobatchModelNoEventTimeInputs", message)
            .fact("model_name", node.name.clone())
            .subject(node.locator())
            .help("give `event_time` to the models or sources that it reads"),
    )
}

fn check_functions(manifest: &Manifest, problems: &mut Vec<Diagnostic>) {
    for function in manifest.functions.values() {
        let NodeKind::Function(part) = &function.kind else { continue };
        let mut defaulted = false;
        for argument in &part.arguments {
            if argument.default_value.is_some() {
                defaulted = true;
            } else if defaulted {
                problems.push(
                    Diagnostic::parsing(
                        "function-argument-order",
                        format!(
                            "Non-defaulted argument '{}' of function '{}' comes after a defaulted argument. \
                             Non-defaulted arguments cannot come after defaulted arguments. ",
                            argument.name, function.name
                        ),
                    )
                    .subject(function.locator()),
                );
            }
        }
    }
}

fn check_groups(manifest: &Manifest, problems: &mut Vec<Diagnostic>) {
    let mut known: Vec<&str> = manifest.groups.values().map(|group| group.name.as_str()).collect();
    known.sort_unstable();
    for resource in manifest.resources() {
        let Some(group) = resource.group().filter(|group| !known.contains(group)) else { continue };
        problems.push(
            Diagnostic::parsing(
                "unknown-group",
                format!("Invalid group '{group}', expected one of {known:?}"),
            )
            .subject(format!("{} {}", resource.resource_type(), resource.name()))
            .maybe_help(did_you_mean(group, known.iter().copied())),
        );
    }
}

/// A `begin` as dbt keeps it; `None` if it is not a valid timestamp.
pub(super) fn microbatch_begin(text: &str) -> Option<String> {
    let text = text.replace(' ', "T");
    if text.parse::<jiff::Timestamp>().is_ok() {
        return Some(text);
    }
    let at = text.parse::<jiff::civil::DateTime>().ok()?;
    let format = if at.subsec_nanosecond() == 0 { "%Y-%m-%dT%H:%M:%S" } else { "%Y-%m-%dT%H:%M:%S.%6f" };
    Some(at.strftime(format).to_string())
}

fn check_microbatch(node: &Node, refuse: &mut dyn FnMut(&'static str, String)) {
    let name = &node.name;
    let value = |key: &str| node.config.get(key).filter(|value| !value.is_null());
    let mut wrong =
        |message: String| refuse("microbatch-config", format!("Microbatch model '{name}' {message}"));
    match value("event_time") {
        None => wrong(
            "must provide an 'event_time' (string) config that indicates the name of the event time column."
                .into(),
        ),
        Some(Json::String(_)) => {}
        Some(other) => {
            wrong(format!("must provide an 'event_time' config of type string, but got: {other}."));
        }
    }
    match value("begin") {
        None => wrong("must provide a 'begin' (datetime) config that indicates the earliest timestamp the microbatch model should be built from.".into()),
        Some(Json::String(text)) => {
            if microbatch_begin(text).is_none() {
                wrong(format!("must provide a 'begin' config of valid datetime (ISO format), but got: {text}."));
            }
        }
        Some(other) => wrong(format!("must provide a 'begin' config of type datetime, but got: {other}.")),
    }
    let size = value("batch_size").and_then(Json::as_str).unwrap_or("None");
    if BatchSize::parse(size, None).is_none() {
        wrong(format!(
            "must provide a 'batch_size' config that is one of ['hour', 'day', 'month', 'year'], but got: {size}."
        ));
    }
    if let Some(other) = value("lookback").filter(|lookback| Lookback::read(lookback).is_none()) {
        wrong(format!("must provide the optional 'lookback' config as type int, but got: {other})."));
    }
    if let Some(other) = value("concurrent_batches").filter(|batches| !batches.is_boolean()) {
        wrong(format!(
            "optional 'concurrent_batches' config must be of type `bool` if specified, but got: {other})."
        ));
    }
}

/// A model of this name is a time spine of days without properties.
pub(super) const BARE_TIME_SPINE: &str = "metricflow_time_spine";

/// Semantic models need a time spine of days or finer.
fn check_time_spines(manifest: &Manifest, problems: &mut Vec<Diagnostic>) {
    if manifest.semantic_models.is_empty() {
        return;
    }
    let is_fine = |node: &Node| {
        let Some(spine) = node.model().and_then(|part| part.time_spine.as_ref()) else {
            return node.name == BARE_TIME_SPINE;
        };
        let column = node.columns.values().find(|column| column.name == spine.standard_granularity_column);
        let granularity = column.and_then(|column| column.granularity.as_deref()).unwrap_or_default();
        matches!(
            granularity.to_lowercase().as_str(),
            "nanosecond" | "microsecond" | "millisecond" | "second" | "minute" | "hour" | "day"
        )
    };
    if manifest.nodes.values().any(|node| node.model().is_some() && is_fine(node)) {
        return;
    }
    problems.push(
        Diagnostic::parsing(
            "time-spine",
            "The semantic layer requires a time spine model with granularity DAY or smaller in the project, but none was \
             found. Guidance on creating this model can be found on our docs site \
             (https://docs.getdbt.com/docs/build/metricflow-time-spine).",
        )
        .help("add a model of days, with `time_spine: {standard_granularity_column: ..}` in its properties"),
    );
}

/// dbt: the first of them, or with `--debug` each, then how many there are.
fn names_with_spaces(manifest: &Manifest, all: bool) -> Vec<Diagnostic> {
    let found: Vec<&String> =
        manifest.nodes.values().filter(|node| node.name.contains(' ')).map(|node| &node.unique_id).collect();
    let shown = if all { found.len() } else { 1 };
    let one = |unique_id: &&String| {
        let message = format!("Found spaces in the name of `{unique_id}`");
        Diagnostic::warning("SpacesInResourceNameDeprecation", message).fact("unique_id", unique_id.as_str())
    };
    let mut warnings: Vec<Diagnostic> = found.iter().take(shown).map(one).collect();
    if !found.is_empty() {
        let hint = if all { "" } else { " Run again with `--debug` to see them all." };
        let message = format!(
            "Spaces found in {} resource name(s). This is deprecated, and may lead to errors when using dbt.{hint} For more \
             information: https://docs.getdbt.com/reference/global-configs/legacy-behaviors",
            found.len()
        );
        warnings.push(Diagnostic::warning("ResourceNamesWithSpacesDeprecation", message));
    }
    warnings
}

/// Models past their deprecation date, and those that still read them.
fn warn_deprecated(request: &ParseRequest<'_>, manifest: &Manifest, warnings: &mut Vec<Diagnostic>) {
    for node in manifest.nodes.values() {
        let Some(part) = node.model() else { continue };
        let Some(date) = part.deprecation_date.as_deref() else { continue };
        let day = date.get(..10).and_then(|day| day.parse::<jiff::civil::Date>().ok());
        #[expect(clippy::cast_possible_truncation, reason = "seconds fit")]
        let today = jiff::Timestamp::from_second(request.now as i64)
            .map(|now| now.to_zoned(jiff::tz::TimeZone::UTC).date());
        let past = matches!((day, today), (Some(day), Ok(today)) if day <= today);
        let version = part.version.as_ref().map(|version| format!(".v{version}")).unwrap_or_default();
        if past {
            warnings.push(Diagnostic::warning(
                "DeprecatedModel",
                format!(
                    "Model {}{version} has passed its deprecation date of {date}. This model should be disabled or removed.",
                    node.name
                ),
            )
            .fact("model_name", node.name.clone())
            .fact("model_version", part.version.as_ref().map(ToString::to_string).unwrap_or_default())
            .fact("deprecation_date", date));
        }
        for child in manifest.nodes.values().filter(|child| child.model().is_some()) {
            if !child.depends_on.nodes.contains(&node.unique_id) {
                continue;
            }
            let (code, what, advice) = if past {
                ("DeprecatedReference", "was deprecated on", "Migrate now")
            } else {
                ("UpcomingReferenceDeprecation", "is slated for deprecation on", "Try it out")
            };
            let newer = part.latest_version.as_ref().filter(|latest| Some(*latest) != part.version.as_ref());
            let hint = newer
                .map(|latest| format!("A new version of '{}' is available. {advice}: {{{{ ref('{}', '{}', v='{latest}') }}}}.", node.name, node.package_name, node.name))
                .unwrap_or_default();
            warnings.push(Diagnostic::warning(
                code,
                format!(
                    "While compiling '{}': Found a reference to {}{version}, which {what} '{date}'. {hint}",
                    child.name, node.name
                ),
            )
            .fact("model_name", child.name.clone())
            .fact("ref_model_package", node.package_name.clone())
            .fact("ref_model_name", node.name.clone())
            .fact("ref_model_version", part.version.as_ref().map(ToString::to_string).unwrap_or_default())
            .fact("ref_model_latest_version", part.latest_version.as_ref().map(ToString::to_string).unwrap_or_default())
            .fact("ref_model_deprecation_date", date));
        }
    }
}

/// Paths of dbt_project.yml that configure nothing.
fn warn_unused_paths(request: &ParseRequest<'_>, manifest: &Manifest, warnings: &mut Vec<Diagnostic>) {
    let mut used = UsedConfigs::default();
    for node in manifest.nodes.values().chain(manifest.functions.values()) {
        used.add(resource_type(node), &node.fqn);
    }
    for (resource, fqn) in manifest
        .sources
        .values()
        .map(|source| (Configurable::Source, &source.fqn))
        .chain(manifest.exposures.values().map(|it| (Configurable::Exposure, &it.fqn)))
        .chain(manifest.metrics.values().map(|it| (Configurable::Metric, &it.fqn)))
        .chain(manifest.semantic_models.values().map(|it| (Configurable::SemanticModel, &it.fqn)))
        .chain(manifest.saved_queries.values().map(|it| (Configurable::SavedQuery, &it.fqn)))
        .chain(manifest.unit_tests.values().map(|it| (Configurable::UnitTest, &it.fqn)))
    {
        used.add(resource, fqn);
    }
    for disabled in manifest.disabled.values().flatten() {
        used.add_disabled(disabled.resource().fqn());
    }
    warnings.extend(used.warn_unused(&request.project.root.file));
}

#[cfg(test)]
mod tests {
    use super::microbatch_begin;

    #[test]
    fn a_begin_is_kept_as_dbt_keeps_it() {
        for (written, kept) in [
            ("2026-11-20", Some("2026-11-20T00:00:00")),
            ("20261120", Some("2026-11-20T00:00:00")),
            ("2026-11-20 05:00", Some("2026-11-20T05:00:00")),
            ("2026-11-20T05:00:00.25", Some("2026-11-20T05:00:00.250000")),
            ("2026-11-20T05:00:00+02:00", Some("2026-11-20T05:00:00+02:00")),
            ("2026-11", None),
            ("nonsense", None),
        ] {
            assert_eq!(microbatch_begin(written).as_deref(), kept, "{written}");
        }
    }
}
