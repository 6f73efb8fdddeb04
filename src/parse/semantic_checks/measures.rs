//! Measures: their time dimension, and parameters that fit how they are aggregated.

use crate::manifest::{Measure, MeasureAggregation, NonAdditiveDimension, SemanticModel};

use super::elements::is_time_dimension;
use super::findings::Findings;

pub(super) fn check(model: &SemanticModel, findings: &mut Findings<'_>) {
    for measure in &model.measures {
        let mut wrong = |message: String, help: &str| {
            findings.of_model(model, format!("the measure `{}` {message}", measure.name), help);
        };
        let default = model.defaults.as_ref().and_then(|defaults| defaults.agg_time_dimension.as_deref());
        let time = measure.agg_time_dimension.as_deref().or(default);
        match time {
            None => wrong(
                "has no time dimension".to_owned(),
                "add `agg_time_dimension` to it, or to the `defaults` of the semantic model",
            ),
            // a default that does not exist is an error of the model
            Some(name) if measure.agg_time_dimension.is_some() && !is_time_dimension(model, name) => wrong(
                format!(
                    "has the `agg_time_dimension` `{name}`, which is not a time dimension of this semantic model"
                ),
                "name a dimension with `type: time`",
            ),
            Some(_) => {}
        }
        check_count(measure, &mut wrong);
        check_parameters(measure, &mut wrong);
        if let Some(limit) = &measure.non_additive_dimension {
            check_non_additive(model, limit, time, &mut wrong);
        }
    }
}

fn check_count(measure: &Measure, wrong: &mut dyn FnMut(String, &str)) {
    if !measure.agg.eq_ignore_ascii_case("count") {
        return;
    }
    match &measure.expr {
        None => wrong("has `agg: count` and no `expr`".to_owned(), "`expr: 1` counts all rows"),
        Some(text) if text.to_lowercase().starts_with("distinct ") => {
            wrong(format!("has `agg: count` of `{text}`"), "use `agg: count_distinct`");
        }
        Some(_) => {}
    }
}

fn check_parameters(measure: &Measure, wrong: &mut dyn FnMut(String, &str)) {
    let none = MeasureAggregation::default();
    let params = measure.agg_params.as_ref().unwrap_or(&none);
    match measure.agg.to_lowercase().as_str() {
        "percentile" => match params.percentile {
            None => wrong("has no `agg_params.percentile`".to_owned(), "as `agg_params: {percentile: 0.95}`"),
            Some(at) if at <= 0.0 || at >= 1.0 => wrong(
                format!("has the percentile {at}, which is not between 0 and 1"),
                "the 95th percentile is 0.95; use `agg: min` for 0 and `agg: max` for 1",
            ),
            Some(_) => {}
        },
        "median" => {
            if params.percentile.is_some_and(|at| (at - 0.5).abs() > f64::EPSILON)
                || params.use_discrete_percentile
            {
                wrong("is a median with `agg_params` that say otherwise".to_owned(), "remove `agg_params`");
            }
        }
        other => {
            let is_given = params.percentile.is_some_and(|at| at != 0.0)
                || params.use_discrete_percentile
                || params.use_approximate_percentile;
            if is_given {
                wrong(format!("has `agg: {other}` and `agg_params` of a percentile"), "remove `agg_params`");
            }
        }
    }
}

fn check_non_additive(
    model: &SemanticModel,
    limit: &NonAdditiveDimension,
    time: Option<&str>,
    wrong: &mut dyn FnMut(String, &str),
) {
    let find = |name: &str| model.dimensions.iter().find(|dimension| dimension.name == name);
    let key = "`non_additive_dimension`";
    match find(&limit.name) {
        None => {
            wrong(format!("has the {key} `{}`, which does not exist", limit.name), "name a time dimension");
        }
        Some(found) if !found.kind.eq_ignore_ascii_case("time") => {
            wrong(
                format!("has the {key} `{}`, which is {}", limit.name, found.kind),
                "name a time dimension",
            );
        }
        Some(found) => {
            let grain = |dimension: &crate::manifest::Dimension| {
                dimension.type_params.as_ref().map(|params| params.time_granularity.to_lowercase())
            };
            let own = time.and_then(find).and_then(grain);
            if let (Some(of_limit), Some(own)) = (grain(found), own)
                && of_limit != own
            {
                wrong(
                    format!("has a {key} by {of_limit} and an `agg_time_dimension` by {own}"),
                    "both have one granularity",
                );
            }
        }
    }
    if !matches!(limit.window_choice.to_lowercase().as_str(), "min" | "max") {
        wrong(format!("has the `window_choice` `{}`", limit.window_choice), "it is `min` or `max`");
    }
    for name in &limit.window_groupings {
        if !model.entities.iter().any(|entity| entity.name == *name) {
            wrong(
                format!("is grouped by `{name}`, which is not an entity of this semantic model"),
                "name its entities in `window_groupings`",
            );
        }
    }
}
