//! Contracts compared: a breaking change is a warning for a plain model and an error for a version of one.

use std::fmt::Write as _;

use crate::diagnostic::{Diagnostic, Result};
use crate::manifest::{Constraint, ModelPart, Node};

/// Whether the contract is the same, and what is to be said about how it is not.
pub(super) fn compare(new: &Node, old: &Node) -> Result<(bool, Option<Diagnostic>)> {
    let (Some(new_part), Some(old_part)) = (new.model(), old.model()) else { return Ok((true, None)) };
    match (old.contract.enforced, new.contract.enforced) {
        (false, false) => return Ok((true, None)),
        (false, true) => return Ok((false, None)),
        (true, true) if new.contract.checksum == old.contract.checksum => return Ok((true, None)),
        (true, _) => {}
    }
    let mut changes = Vec::new();
    if !new.contract.enforced {
        changes.push(
            "Contract enforcement was removed: Previously, this model had an enforced contract. It is no longer \
             configured to enforce its contract, and this is a breaking change."
                .to_owned(),
        );
    }
    compare_columns(new, old, &mut changes);
    compare_model_constraints(new_part, old_part, old, &mut changes);
    let has_constraints =
        !old_part.constraints.is_empty() || old.columns.values().any(|column| !column.constraints.is_empty());
    if enforces(old) && !enforces(new) && has_constraints {
        let list = [format!("{} -> {}", old.materialized(), new.materialized())];
        changes.push(bullets("Materialization changed with enforced constraints", &list));
    }
    if changes.is_empty() {
        return Ok((false, None));
    }
    breaking(new, &changes).map(|warning| (false, Some(warning)))
}

/// A model with a contract that is gone or disabled.
pub(super) fn removed(node: &Node) -> Result<Option<Diagnostic>> {
    let Some(part) = node.model() else { return Ok(None) };
    if !node.contract.enforced || is_past(part.deprecation_date.as_deref()) {
        return Ok(None);
    }
    let fate = if node.is_enabled() { "deleted or renamed" } else { "disabled" };
    breaking(node, &[format!("Contracted model '{}' was {fate}.", node.unique_id)]).map(Some)
}

fn is_past(date: Option<&str>) -> bool {
    let Some(date) = date else { return false };
    let zoned = date.parse::<jiff::Timestamp>();
    let local = || date.parse::<jiff::civil::DateTime>().ok()?.to_zoned(jiff::tz::TimeZone::system()).ok();
    match zoned.ok().or_else(|| local().map(|zoned| zoned.timestamp())) {
        Some(moment) => moment < jiff::Timestamp::now(),
        None => false,
    }
}

/// Postgres enforces constraints only on what has rows of its own.
fn enforces(node: &Node) -> bool {
    matches!(node.materialized(), "table" | "incremental")
}

fn is_enforced(constraint: &Constraint) -> bool {
    constraint.kind != "custom"
}

fn compare_columns(new: &Node, old: &Node, changes: &mut Vec<String>) {
    let mut names: Vec<&String> = old.columns.keys().collect();
    names.sort_unstable();
    let (mut removed, mut retyped, mut unconstrained) = (Vec::new(), Vec::new(), Vec::new());
    for name in names {
        let before = &old.columns[name];
        let Some(now) = new.columns.get(name) else {
            removed.push(before.name.clone());
            continue;
        };
        if base_type(before.data_type.as_deref()) != base_type(now.data_type.as_deref()) {
            let shown = |data_type: &Option<String>| data_type.clone().unwrap_or_else(|| "None".to_owned());
            retyped.push(format!(
                "{} ({} -> {})",
                before.name,
                shown(&before.data_type),
                shown(&now.data_type)
            ));
        }
        if enforces(old) {
            let lost =
                before.constraints.iter().filter(|it| is_enforced(it) && !now.constraints.contains(it));
            unconstrained.extend(lost.map(|it| format!("'{}' constraint on column {name}", label(it))));
        }
    }
    let lists = [
        ("Columns were removed", removed),
        ("Columns with data_type changes", retyped),
        ("Enforced column level constraints were removed", unconstrained),
    ];
    changes
        .extend(lists.iter().filter(|(_, list)| !list.is_empty()).map(|(title, list)| bullets(title, list)));
}

fn compare_model_constraints(new: &ModelPart, old: &ModelPart, old_node: &Node, changes: &mut Vec<String>) {
    if !enforces(old_node) {
        return;
    }
    let lost = old.constraints.iter().filter(|it| is_enforced(it) && !new.constraints.contains(it));
    let list: Vec<_> = lost
        .map(|it| {
            let columns: Vec<_> = it.columns.iter().flatten().map(|name| format!("'{name}'")).collect();
            format!("'{}' constraint on columns [{}]", label(it), columns.join(", "))
        })
        .collect();
    if !list.is_empty() {
        changes.push(bullets("Enforced model level constraints were removed", &list));
    }
}

fn label(constraint: &Constraint) -> &str {
    constraint.name.as_deref().unwrap_or(&constraint.kind)
}

/// Size, precision and scale may change: `varchar(3)` and `VARCHAR(10)` are one type.
fn base_type(data_type: Option<&str>) -> Option<String> {
    let text = data_type?;
    Some(text.split('(').next().unwrap_or_default().trim().to_lowercase())
}

fn bullets(title: &str, list: &[String]) -> String {
    format!("{title}: \n    - {}", list.join("\n    - "))
}

/// A warning for an unversioned model, an error for a version.
fn breaking(node: &Node, changes: &[String]) -> Result<Diagnostic> {
    let mut reasons = String::new();
    for change in changes {
        let _ = write!(reasons, "\n  - {change}");
    }
    let subject = format!("model {} ({})", node.name, node.original_file_path);
    if node.is_versioned() {
        return Err(Diagnostic::runtime(
            "breaking-contract-change",
            format!(
                "While comparing to previous project state, dbt detected a breaking change to an enforced \
                 contract.{reasons}"
            ),
        )
        .subject(subject)
        .help("make an additive change instead, or create a new version of the model")
        .boxed());
    }
    Ok(Diagnostic::warning(
        "UnversionedBreakingChange",
        format!(
            "Breaking change to contracted, unversioned model {} ({})\nWhile comparing to previous project state, \
             dbt detected a breaking change to an unversioned model.{reasons}",
            node.name, node.original_file_path
        ),
    ))
}
