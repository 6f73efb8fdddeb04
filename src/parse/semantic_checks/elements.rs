//! Entities, dimensions and measures: what they are must be the same in all semantic models.

use crate::hashed::{HashMap, IndexMap};
use crate::manifest::{Dimension, Manifest, SemanticModel};

use super::findings::Findings;

/// Kind and name of each element of a model.
pub(super) fn of(model: &SemanticModel) -> Vec<(&'static str, &str)> {
    let measures = model.measures.iter().map(|it| ("measure", it.name.as_str()));
    let entities = model.entities.iter().map(|it| ("entity", it.name.as_str()));
    let dimensions = model.dimensions.iter().map(|it| ("dimension", it.name.as_str()));
    measures.chain(entities).chain(dimensions).collect()
}

pub(super) fn is_time_dimension(model: &SemanticModel, name: &str) -> bool {
    model
        .dimensions
        .iter()
        .any(|dimension| dimension.name == name && dimension.kind.eq_ignore_ascii_case("time"))
}

pub(super) fn check(manifest: &Manifest, findings: &mut Findings<'_>) {
    for model in manifest.semantic_models.values() {
        unique_within(model, findings);
        one_primary(model, findings);
        natural_needs_window(model, findings);
        default_time_exists(model, findings);
    }
    one_kind_each(manifest, findings);
    one_measure_each(manifest, findings);
    same_dimensions(manifest, findings);
    one_model_for_each_pair(manifest, findings);
    same_entity_labels(manifest, findings);
}

fn unique_within(model: &SemanticModel, findings: &mut Findings<'_>) {
    let mut met = Vec::new();
    for element in of(model) {
        if met.contains(&element) {
            let (kind, name) = element;
            findings.of_model(
                model,
                format!("the {kind} `{name}` is defined twice"),
                "rename one of the two",
            );
        }
        met.push(element);
    }
}

fn one_kind_each(manifest: &Manifest, findings: &mut Findings<'_>) {
    let mut kinds: IndexMap<&str, (&str, &SemanticModel)> = IndexMap::default();
    for model in manifest.semantic_models.values() {
        for (kind, name) in of(model) {
            let (first, owner) = *kinds.entry(name).or_insert((kind, model));
            if first != kind {
                let message = format!(
                    "`{name}` is a{n} {kind} here and a{m} {first} in the semantic model `{}`",
                    owner.name,
                    n = if kind == "entity" { "n" } else { "" },
                    m = if first == "entity" { "n" } else { "" },
                );
                findings.of_model(model, message, "rename one of the two, and give its column as `expr`");
            }
        }
    }
}

fn one_measure_each(manifest: &Manifest, findings: &mut Findings<'_>) {
    let mut first: HashMap<&str, &SemanticModel> = HashMap::default();
    for model in manifest.semantic_models.values() {
        for measure in &model.measures {
            let owner = *first.entry(&measure.name).or_insert(model);
            if owner.unique_id != model.unique_id {
                let message =
                    format!("the semantic model `{}` has a measure `{}`, too", owner.name, measure.name);
                findings.of_model(model, message, "rename one of the two, and give its column as `expr`");
            }
        }
    }
}

fn one_primary(model: &SemanticModel, findings: &mut Findings<'_>) {
    let primary: Vec<&str> = entities_of(model, "primary");
    if primary.len() > 1 {
        let message = format!("{} entities are primary: {}", primary.len(), primary.join(", "));
        findings.of_model(
            model,
            message,
            "a semantic model has one primary entity; make the others `unique` or `foreign`",
        );
    } else if let (Some(name), Some(given)) = (primary.first(), &model.primary_entity) {
        let message = format!("the entity `{name}` is primary, and `primary_entity` is `{given}`");
        findings.of_model(model, message, "remove one of the two");
    } else if primary.is_empty() && model.primary_entity.is_none() && !model.dimensions.is_empty() {
        let message = "there are dimensions, but no primary entity".to_owned();
        findings.of_model(model, message, "add an entity with `type: primary`, or `primary_entity: <name>`");
    }
}

pub(super) fn entities_of<'m>(model: &'m SemanticModel, kind: &str) -> Vec<&'m str> {
    let wanted = model.entities.iter().filter(|entity| entity.kind.eq_ignore_ascii_case(kind));
    wanted.map(|entity| entity.name.as_str()).collect()
}

fn has_validity(dimension: &Dimension) -> bool {
    dimension.type_params.as_ref().is_some_and(|params| params.validity_params.is_some())
}

fn natural_needs_window(model: &SemanticModel, findings: &mut Findings<'_>) {
    let natural = entities_of(model, "natural");
    if natural.len() > 1 {
        let message = format!("{} entities are natural: {}", natural.len(), natural.join(", "));
        findings.of_model(model, message, "a semantic model has at most one natural entity");
    }
    if !natural.is_empty() && !model.dimensions.iter().any(has_validity) {
        let message =
            format!("the entity `{}` is natural, but no time dimension has `validity_params`", natural[0]);
        findings.of_model(
            model,
            message,
            "mark the two time dimensions of its validity as `is_start` and `is_end`",
        );
    }
}

fn default_time_exists(model: &SemanticModel, findings: &mut Findings<'_>) {
    let default = model.defaults.as_ref().and_then(|defaults| defaults.agg_time_dimension.as_deref());
    if let Some(name) = default.filter(|name| !is_time_dimension(model, name)) {
        let message = format!(
            "`defaults.agg_time_dimension` is `{name}`, which is not a time dimension of this semantic model"
        );
        findings.of_model(model, message, "name a dimension with `type: time`");
    }
}

fn same_dimensions(manifest: &Manifest, findings: &mut Findings<'_>) {
    let mut first = HashMap::default();
    for model in manifest.semantic_models.values() {
        for dimension in &model.dimensions {
            let (kind, partition, owner) =
                *first.entry(&dimension.name).or_insert((&dimension.kind, dimension.is_partition, model));
            let name = &dimension.name;
            if !kind.eq_ignore_ascii_case(&dimension.kind) {
                let message = format!(
                    "the dimension `{name}` is {} here and {kind} in the semantic model `{}`",
                    dimension.kind, owner.name
                );
                findings.of_model(
                    model,
                    message,
                    "dimensions of one name have one type: rename one of the two",
                );
            }
            if partition != dimension.is_partition {
                let message = format!(
                    "`is_partition` of the dimension `{name}` is {} here and {partition} in the semantic model `{}`",
                    dimension.is_partition, owner.name
                );
                findings.of_model(model, message, "give both the same value");
            }
        }
    }
}

/// A dimension is asked for as `<primary entity>__<dimension>`.
fn one_model_for_each_pair(manifest: &Manifest, findings: &mut Findings<'_>) {
    let mut first: HashMap<(&str, &str), &SemanticModel> = HashMap::default();
    for model in manifest.semantic_models.values() {
        let primary =
            model.primary_entity.as_deref().or_else(|| entities_of(model, "primary").first().copied());
        let Some(primary) = primary else { continue };
        for dimension in &model.dimensions {
            let owner = *first.entry((primary, &dimension.name)).or_insert(model);
            if owner.unique_id != model.unique_id {
                let message = format!(
                    "the semantic model `{}` has the primary entity `{primary}` and a dimension `{}`, too",
                    owner.name, dimension.name
                );
                findings.of_model(model, message, "rename one of the two dimensions");
            }
        }
    }
}

fn same_entity_labels(manifest: &Manifest, findings: &mut Findings<'_>) {
    let mut first = HashMap::default();
    for model in manifest.semantic_models.values() {
        for entity in &model.entities {
            let Some(label) = &entity.label else { continue };
            let (known, owner) = *first.entry(&entity.name).or_insert((label, model));
            if known != label {
                let message = format!(
                    "the entity `{}` has the label '{label}' here and '{known}' in the semantic model `{}`",
                    entity.name, owner.name
                );
                findings.of_model(model, message, "give both the same label");
            }
        }
    }
}
