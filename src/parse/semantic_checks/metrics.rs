//! Metrics: windows, inputs and aliases, and the two measures of a conversion.

use crate::manifest::{
    ConversionParams, Manifest, Metric, SemanticModel, TimeWindow, is_standard_granularity,
};

use super::findings::{Findings, Owner, custom_granularities};
use super::names::check_name;

pub(super) fn check(manifest: &Manifest, findings: &mut Findings<'_>) {
    let custom = custom_granularities(manifest);
    for metric in manifest.metrics.values() {
        check_alias(manifest, metric, findings);
        check_inputs(metric, &custom, findings);
        match metric.kind.as_str() {
            "cumulative" => check_cumulative(metric, findings),
            "derived" if metric.type_params.metrics.iter().flatten().next().is_none() => {
                findings.of_metric(
                    metric,
                    "a derived metric needs input metrics".to_owned(),
                    "add `type_params.metrics`",
                );
            }
            "conversion" => {
                if let Some(conversion) = &metric.type_params.conversion_type_params {
                    check_conversion(manifest, metric, conversion, findings);
                }
            }
            _ => {}
        }
    }
}

fn check_alias(manifest: &Manifest, metric: &Metric, findings: &mut Findings<'_>) {
    let Some(alias) = metric.type_params.measure.as_ref().and_then(|measure| measure.alias.as_ref()) else {
        return;
    };
    check_name(Owner::Metric(metric), alias, findings);
    let mut measures = manifest.semantic_models.values().flat_map(|model| &model.measures);
    if measures.any(|measure| measure.name == *alias) {
        findings.of_metric(
            metric,
            format!("the alias `{alias}` is the name of a measure"),
            "choose another alias",
        );
    }
}

fn check_inputs(metric: &Metric, custom: &[&str], findings: &mut Findings<'_>) {
    let inputs: Vec<_> = metric.type_params.metrics.iter().flatten().collect();
    for input in &inputs {
        if let Some(alias) = input.alias.as_ref().filter(|_| metric.kind == "derived") {
            check_name(Owner::Metric(metric), alias, findings);
            if inputs.iter().any(|other| other.name == *alias) {
                let message =
                    format!("the alias `{alias}` of the input `{}` is the name of an input", input.name);
                findings.of_metric(metric, message, "choose another alias");
            }
        }
        if let Some(window) = &input.offset_window {
            check_window(metric, "offset_window", window, custom, findings);
        }
        if let Some(grain) = &input.offset_to_grain {
            check_grain(metric, "offset_to_grain", grain, findings);
        }
        if input.offset_window.is_some() && input.offset_to_grain.is_some() {
            let message =
                format!("the input `{}` has both `offset_window` and `offset_to_grain`", input.name);
            findings.of_metric(metric, message, "remove one of the two");
        }
    }
}

fn check_cumulative(metric: &Metric, findings: &mut Findings<'_>) {
    let params = &metric.type_params;
    let own = params.cumulative_type_params.as_ref();
    let nested = own.and_then(|own| own.window.as_ref());
    if let (Some(outer), Some(nested)) = (&params.window, nested)
        && outer != nested
    {
        let message =
            "`type_params.window` and `type_params.cumulative_type_params.window` differ".to_owned();
        findings.of_metric(metric, message, "remove `type_params.window`");
    }
    let window = nested.or(params.window.as_ref());
    let grain = own.and_then(|own| own.grain_to_date.as_ref()).or(params.grain_to_date.as_ref());
    if let Some(window) = window {
        check_window(metric, "window", window, &[], findings);
    }
    if let Some(grain) = grain {
        check_grain(metric, "grain_to_date", grain, findings);
    }
    if window.is_some() && grain.is_some() {
        let message = "a cumulative metric has either `window` or `grain_to_date`".to_owned();
        findings.of_metric(metric, message, "remove one of the two");
    }
}

fn check_window(
    metric: &Metric,
    key: &str,
    window: &TimeWindow,
    custom: &[&str],
    findings: &mut Findings<'_>,
) {
    let unit = window.granularity.to_lowercase();
    let singular = unit.strip_suffix('s').unwrap_or(&unit);
    let is_known = |unit: &str| is_standard_granularity(unit) || custom.contains(&unit);
    if !is_known(&unit) && !is_known(singular) {
        let message = format!(
            "`{}` in `{key}: {} {0}` is not a valid time granularity",
            window.granularity, window.count
        );
        findings.of_metric(metric, message, "as `7 days`, `3 months`");
    }
}

fn check_grain(metric: &Metric, key: &str, grain: &str, findings: &mut Findings<'_>) {
    if !is_standard_granularity(&grain.to_lowercase()) {
        let message = format!("`{key}: {grain}` is not a valid time granularity");
        findings.of_metric(metric, message, "as `month` or `year`");
    }
}

fn check_conversion(
    manifest: &Manifest,
    metric: &Metric,
    conversion: &ConversionParams,
    findings: &mut Findings<'_>,
) {
    if let Some(window) = &conversion.window {
        check_window(metric, "window", window, &[], findings);
    }
    let properties = conversion.constant_properties.iter().flatten();
    let (of_base, of_conversion): (Vec<&str>, Vec<&str>) =
        properties.map(|it| (it.base_property.as_str(), it.conversion_property.as_str())).unzip();
    for (measure, properties) in
        [(&conversion.base_measure, of_base), (&conversion.conversion_measure, of_conversion)]
    {
        let found = manifest
            .semantic_models
            .values()
            .find_map(|model| Some((model, model.measures.iter().find(|known| known.name == measure.name)?)));
        // a measure that does not exist has been reported
        let Some((model, measure)) = found else { continue };
        let counts = match measure.agg.to_lowercase().as_str() {
            "count" | "count_distinct" => true,
            "sum" => measure.expr.as_deref() == Some("1"),
            _ => false,
        };
        if !counts {
            let message =
                format!("the measure `{}` of a conversion has `agg: {}`", measure.name, measure.agg);
            findings.of_metric(metric, message, "it is `count`, `count_distinct`, or `sum` of 1");
        }
        if !model.entities.iter().any(|entity| entity.name == conversion.entity) {
            let message =
                format!("the semantic model `{}` has no entity `{}`", model.name, conversion.entity);
            findings.of_metric(metric, message, "both measures of a conversion share its entity");
        }
        for property in properties.iter().filter(|property| !has_property(model, property)) {
            let message =
                format!("the semantic model `{}` has no dimension or entity `{property}`", model.name);
            findings.of_metric(metric, message, "`constant_properties` name dimensions and entities");
        }
    }
}

fn has_property(model: &SemanticModel, name: &str) -> bool {
    model.entities.iter().any(|it| it.name == name) || model.dimensions.iter().any(|it| it.name == name)
}
