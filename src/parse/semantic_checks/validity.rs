//! Semantic models of slowly changing dimensions: two time dimensions say from when to when a row holds.

use crate::manifest::SemanticModel;

use super::elements::entities_of;
use super::findings::Findings;

const ADVICE: &str = "a validity window is two time dimensions, one with `is_start: true` and one with `is_end: true`, a natural entity, and \
                      no measures";

pub(super) fn check(model: &SemanticModel, findings: &mut Findings<'_>) {
    let limits: Vec<_> = model
        .dimensions
        .iter()
        .filter_map(|dimension| Some((dimension, dimension.type_params.as_ref()?.validity_params.as_ref()?)))
        .collect();
    if limits.is_empty() {
        return;
    }
    let names: Vec<&str> = limits.iter().map(|(dimension, _)| dimension.name.as_str()).collect();
    let mut wrong = |message: String| findings.of_model(model, message, ADVICE);
    if limits.len() != 2 {
        wrong(format!(
            "`validity_params` are on {} of its dimensions ({}), not on two",
            limits.len(),
            names.join(", ")
        ));
    } else if limits.iter().filter(|(_, params)| params.is_start).count() != 1
        || limits.iter().filter(|(_, params)| params.is_end).count() != 1
    {
        wrong(format!("of the dimensions {}, not one is the start and one the end", names.join(" and ")));
    }
    if entities_of(model, "natural").is_empty() {
        wrong("there are `validity_params`, but no entity is natural".to_owned());
    }
    for kind in ["primary", "unique"] {
        if let Some(name) = entities_of(model, kind).first() {
            wrong(format!("there are `validity_params`, but the entity `{name}` is {kind}"));
        }
    }
    if let Some(measure) = model.measures.first() {
        wrong(format!("there are `validity_params` and measures (`{}`)", measure.name));
    }
}
