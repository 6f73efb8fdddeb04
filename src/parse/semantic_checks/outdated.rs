//! Spellings that dbt still takes: fields of cumulative metrics that are not nested, a time spine without properties.

use super::findings::Findings;
use crate::diagnostic::Diagnostic;
use crate::manifest::{Manifest, Metric};
use crate::options::Flags;
use crate::options::behavior::{REQUIRE_NESTED_CUMULATIVE_TYPE_PARAMS, REQUIRE_YAML_OF_TIME_SPINES};
use crate::parse::checks::BARE_TIME_SPINE;

const NESTED: &str = "nest them in `type_params.cumulative_type_params`";
const DAY: &str = "day";

pub(super) fn check(manifest: &Manifest, flags: &Flags, findings: &mut Findings<'_>) {
    let metrics: Vec<(&Metric, &str)> =
        manifest.metrics.values().filter_map(|metric| Some((metric, field_above(metric)?))).collect();
    if flags.follows(&REQUIRE_NESTED_CUMULATIVE_TYPE_PARAMS) {
        for (metric, field) in &metrics {
            let message = format!(
                "`type_params.{field}` is not nested, as `require_nested_cumulative_type_params` wants it"
            );
            findings.of_metric(metric, message, NESTED);
        }
    } else if let Some((metric, field)) = metrics.first() {
        let message = format!(
            "`window` and `grain_to_date` right below `type_params` are deprecated, as `{field}` of metric {}: {NESTED}",
            metric.name
        );
        findings.warn(&metric.unique_id, Diagnostic::warning("MFCumulativeTypeParamsDeprecation", message));
    }
    if !flags.follows(&REQUIRE_YAML_OF_TIME_SPINES) && has_bare_spine_alone(manifest) {
        let message = format!(
            "A time spine without properties is deprecated: give `{BARE_TIME_SPINE}` a `time_spine: \
             {{standard_granularity_column: date_day}}` and that column a `granularity: day`"
        );
        findings.warn("", Diagnostic::warning("MFTimespineWithoutYamlConfigurationDeprecation", message));
    }
}

fn field_above(metric: &Metric) -> Option<&'static str> {
    let params = &metric.type_params;
    let window = params.window.as_ref().map(|_| "window");
    window.or_else(|| params.grain_to_date.as_ref().map(|_| "grain_to_date"))
}

/// Whether the spine is known by its name alone, and no other one has days.
fn has_bare_spine_alone(manifest: &Manifest) -> bool {
    let mut has_bare = false;
    for node in manifest.nodes.values() {
        let Some(model) = node.model() else { continue };
        match &model.time_spine {
            Some(spine) => {
                let column = node.columns.get(&spine.standard_granularity_column);
                if column.and_then(|column| column.granularity.as_deref()) == Some(DAY) {
                    return false;
                }
            }
            None => has_bare |= node.name == BARE_TIME_SPINE,
        }
    }
    has_bare
}
