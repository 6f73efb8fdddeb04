//! Names of the semantic layer, which MetricFlow joins with `__` and writes into SQL unquoted; and labels, which people see.

use crate::diagnostic::Diagnostic;
use crate::hashed::HashMap;
use crate::manifest::{Manifest, is_standard_granularity};

use super::elements::of;
use super::findings::{Findings, Owner, SEMANTIC_VALIDATION, custom_granularities};

/// Keywords that no database here takes as the name of a column.
const KEYWORDS: &str = "and as create distinct for from full having in inner into is join left like natural not null on or right select \
                        union using where with";

/// Names that MetricFlow gives itself.
const RESERVED: [&str; 2] = ["metric_time", "mf_internal_uuid"];

pub(super) fn check(manifest: &Manifest, findings: &mut Findings<'_>) {
    for model in manifest.semantic_models.values() {
        let owner = Owner::Model(model);
        check_name(owner, &model.name, findings);
        for (kind, name) in of(model) {
            check_name(owner, name, findings);
            if KEYWORDS.split_whitespace().any(|keyword| name.eq_ignore_ascii_case(keyword)) {
                let message = format!("the name of the {kind} `{name}` is a keyword of SQL");
                findings.add(owner, message, Some("rename it, and give its column as `expr`".to_owned()));
            }
        }
    }
    for metric in manifest.metrics.values() {
        check_name(Owner::Metric(metric), &metric.name, findings);
    }
    for query in manifest.saved_queries.values() {
        check_name(Owner::Query(query), &query.name, findings);
    }
    unique_across_packages(manifest, findings);
    unique_labels(manifest, findings);
    check_custom_granularities(manifest, findings);
}

/// Why MetricFlow cannot use this name.
fn fault(name: &str) -> Option<&'static str> {
    let may_stand = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_';
    if !name.chars().all(may_stand) {
        Some("it may have lower-case letters, digits and underscores only")
    } else if !name.starts_with(|letter: char| letter.is_ascii_lowercase()) {
        Some("it must start with a lower-case letter")
    } else if name.ends_with('_') || name.contains("__") {
        Some("it must not end with an underscore or have two in a row")
    } else if name.len() < 2 {
        Some("it must have two characters at least")
    } else if is_standard_granularity(name) {
        Some("it is the name of a time granularity")
    } else if RESERVED.contains(&name) {
        Some("MetricFlow gives this name itself")
    } else {
        None
    }
}

pub(super) fn check_name(owner: Owner<'_>, name: &str, findings: &mut Findings<'_>) {
    if let Some(fault) = fault(name) {
        findings.add(owner, format!("invalid name `{name}`: {fault}"), Some("rename it".to_owned()));
    }
}

/// MetricFlow knows no packages.
fn unique_across_packages(manifest: &Manifest, findings: &mut Findings<'_>) {
    let models =
        manifest.semantic_models.values().map(|it| ("semantic model", it.name.as_str(), Owner::Model(it)));
    let metrics = manifest.metrics.values().map(|it| ("metric", it.name.as_str(), Owner::Metric(it)));
    let queries =
        manifest.saved_queries.values().map(|it| ("saved query", it.name.as_str(), Owner::Query(it)));
    let mut first: HashMap<(&str, &str), &str> = HashMap::default();
    for (kind, name, owner) in models.chain(metrics).chain(queries) {
        let met = *first.entry((kind, name)).or_insert_with(|| owner.unique_id());
        if met != owner.unique_id() {
            let message = format!("the name `{name}` is also that of {met}");
            findings.add(owner, message, Some("rename one of the two".to_owned()));
        }
    }
}

fn unique_labels(manifest: &Manifest, findings: &mut Findings<'_>) {
    let mut twice = |owner: Owner<'_>, labels: &mut HashMap<String, String>, label: &str, name: &str| {
        if label.is_empty() {
            return;
        }
        match labels.get(label) {
            Some(first) => {
                let message = format!("the label '{label}' of `{name}` is also that of `{first}`");
                findings.add(owner, message, Some("give each its own `label`".to_owned()));
            }
            None => {
                labels.insert(label.to_owned(), name.to_owned());
            }
        }
    };
    let mut of_metrics = HashMap::default();
    for metric in manifest.metrics.values() {
        twice(Owner::Metric(metric), &mut of_metrics, &metric.label, &metric.name);
    }
    let mut of_models = HashMap::default();
    for model in manifest.semantic_models.values() {
        let owner = Owner::Model(model);
        twice(owner, &mut of_models, model.label.as_deref().unwrap_or_default(), &model.name);
        for labels in [
            model.entities.iter().map(|it| (&it.label, &it.name)).collect::<Vec<_>>(),
            model.dimensions.iter().map(|it| (&it.label, &it.name)).collect(),
            model.measures.iter().map(|it| (&it.label, &it.name)).collect(),
        ] {
            let mut within = HashMap::default();
            for (label, name) in labels {
                twice(owner, &mut within, label.as_deref().unwrap_or_default(), name);
            }
        }
    }
}

/// A custom granularity is written where names of metrics and elements are.
fn check_custom_granularities(manifest: &Manifest, findings: &mut Findings<'_>) {
    let custom = custom_granularities(manifest);
    for (at, name) in custom.iter().copied().enumerate() {
        let fault = match fault(name) {
            _ if custom[..at].contains(&name) => Some("another time spine has it, too".to_owned()),
            Some(fault) => Some(fault.to_owned()),
            None => owner_of(manifest, name).map(|owner| format!("it is the name of {owner}")),
        };
        if let Some(fault) = fault {
            let message = format!("invalid name `{name}` of a custom granularity: {fault}");
            findings.found.push(Diagnostic::parsing(SEMANTIC_VALIDATION, message).help("rename it"));
        }
    }
}

fn owner_of(manifest: &Manifest, name: &str) -> Option<String> {
    if let Some(metric) = manifest.metrics.values().find(|metric| metric.name == name) {
        return Some(format!("the metric `{}`", metric.name));
    }
    manifest.semantic_models.values().find_map(|model| {
        let element = || of(model).into_iter().find(|(_, element)| *element == name);
        if model.name == name {
            return Some(format!("the semantic model `{name}`"));
        }
        element().map(|(kind, _)| format!("{kind} `{name}` of the semantic model `{}`", model.name))
    })
}
