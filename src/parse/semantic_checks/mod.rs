//! What MetricFlow would refuse: names, entities, measures and metrics that do not fit together.
//!
//! As in dbt, a project is checked that has both metrics and semantic models. The templates of filters are not read.

mod elements;
mod findings;
mod measures;
mod metrics;
mod names;
mod outdated;
mod saved_queries;
mod validity;

use crate::diagnostic::{Diagnostic, Diagnostics, Span};
use crate::hashed::HashMap;
use crate::manifest::Manifest;
use crate::options::Flags;

use findings::Findings;
pub(crate) use findings::SEMANTIC_VALIDATION;

/// The warnings, or all errors.
pub(super) fn check(
    manifest: &Manifest,
    flags: &Flags,
    places: &HashMap<String, Span>,
) -> Result<Vec<Diagnostic>, Diagnostics> {
    let mut findings = Findings::new(places);
    if !manifest.metrics.is_empty() && !manifest.semantic_models.is_empty() {
        names::check(manifest, &mut findings);
        elements::check(manifest, &mut findings);
        for model in manifest.semantic_models.values() {
            validity::check(model, &mut findings);
            measures::check(model, &mut findings);
        }
        metrics::check(manifest, &mut findings);
        saved_queries::check(manifest, &mut findings);
        outdated::check(manifest, flags, &mut findings);
    }
    if findings.found.is_empty() { Ok(findings.warnings) } else { Err(Diagnostics(findings.found)) }
}
