//! Saved queries: dimensions and entities to group by must exist. Their metrics are found with the other references.

use crate::diagnostic::did_you_mean;
use crate::manifest::{Manifest, is_standard_granularity};

use super::elements;
use super::findings::{Findings, Owner, custom_granularities};

pub(super) fn check(manifest: &Manifest, findings: &mut Findings<'_>) {
    let custom = custom_granularities(manifest);
    let elements: Vec<&str> = manifest
        .semantic_models
        .values()
        .flat_map(elements::of)
        .filter(|(kind, _)| *kind != "measure")
        .map(|(_, name)| name)
        .chain(manifest.metrics.values().map(|metric| metric.name.as_str()))
        .chain(["metric_time"])
        .collect();
    for query in manifest.saved_queries.values() {
        let mut wrong =
            |message: String, help: Option<String>| findings.add(Owner::Query(query), message, help);
        for item in &query.query_params.group_by {
            let Some(name) = named(item, &custom) else { continue };
            if !elements.contains(&name) {
                let help = did_you_mean(name, elements.iter().copied());
                wrong(format!("`{item}` names no dimension, entity or metric"), help);
            }
        }
        if let Some(limit) = query.query_params.limit.filter(|limit| *limit < 0) {
            wrong(format!("`limit: {limit}` is not a valid limit (expected 0 or more)"), None);
        }
    }
}

/// `region` of `Dimension('store__region')`; `ds` of `TimeDimension('order__ds__month')`.
fn named<'t>(item: &'t str, custom: &[&str]) -> Option<&'t str> {
    let (kind, rest) = item.trim().split_once('(')?;
    if !matches!(kind.trim(), "Dimension" | "TimeDimension" | "Entity" | "Metric") {
        return None;
    }
    let rest = rest.trim_start();
    let quote = rest.chars().next().filter(|quote| matches!(quote, '\'' | '"'))?;
    let path = rest[1..].split(quote).next()?;
    let mut parts: Vec<&str> = path.split("__").collect();
    let is_grain = |part: &str| is_standard_granularity(&part.to_lowercase()) || custom.contains(&part);
    if parts.len() > 1 && parts.last().is_some_and(|part| is_grain(part)) {
        parts.pop();
    }
    parts.pop()
}

#[cfg(test)]
mod tests {
    use super::named;

    #[test]
    fn the_element_of_a_group_by() {
        for (item, name) in [
            ("Dimension('store__region')", Some("region")),
            ("TimeDimension(\"metric_time\", 'day')", Some("metric_time")),
            ("TimeDimension('order__ds__month')", Some("ds")),
            ("TimeDimension('order__ds__term')", Some("ds")),
            ("Entity( 'store' )", Some("store")),
            ("Dimension('order__ds').grain('month')", Some("ds")),
            ("Dimension('month')", Some("month")),
            ("Dimension(x)", None),
            ("store__region", None),
        ] {
            assert_eq!(named(item, &["term"]), name, "{item}");
        }
    }
}
