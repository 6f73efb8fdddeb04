//! The edges of the semantic layer: which measures a metric comes from, which relation a semantic model reads.

use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::hashed::HashSet;

use super::{Found, Lookup, Manifest, Metric, MetricInputMeasure, NodeRelation};

impl Manifest {
    /// Fills `input_measures` and `depends_on` of metrics and `node_relation` of semantic models.
    pub(super) fn resolve_semantics(&mut self, lookup: &Lookup) -> Vec<Diagnostic> {
        for model in self.semantic_models.values_mut() {
            if let Some(node) = model.depends_on.nodes.first().and_then(|id| self.nodes.get(id)) {
                model.node_relation = Some(NodeRelation {
                    alias: node.alias.clone(),
                    schema_name: node.schema.clone(),
                    database: node.database.clone(),
                    relation_name: node.relation_name.clone(),
                });
            }
        }
        let mut errors = Vec::new();
        let mut done = HashSet::default();
        let ids: Vec<_> = self.metrics.keys().cloned().collect();
        for id in ids {
            if let Err(error) = self.resolve_metric(&id, lookup, &mut done) {
                errors.push(*error);
            }
        }
        errors
    }

    fn resolve_metric(
        &mut self,
        id: &str,
        lookup: &Lookup,
        done: &mut HashSet<String>,
    ) -> Result<(), Box<Diagnostic>> {
        // entered before its inputs are: a metric that reaches itself ends here, the graph reports the cycle
        if !done.insert(id.to_owned()) {
            return Ok(());
        }
        let Some(metric) = self.metrics.get(id) else { return Ok(()) };
        let package = metric.package_name.clone();
        let mut measures = own_measures(metric);
        let mut parents = Vec::new();
        for measure in &measures {
            match lookup.measure(&package, &measure.name) {
                Found::Enabled(model) => parents.push(model.to_owned()),
                Found::Disabled(model) => {
                    let model = model.rsplit('.').next().unwrap_or_default();
                    let message = format!(
                        "The measure `{}` is referenced on disabled semantic model `{model}`.",
                        measure.name
                    );
                    let subject = format!("metric {} ({})", metric.name, metric.original_file_path);
                    return Err(Diagnostic::parsing("missing-measure", message).subject(subject).boxed());
                }
                Found::Missing => {
                    return Err(missing_measure(metric, &measure.name).boxed());
                }
            }
        }
        for name in input_metrics(metric)? {
            let input = match lookup.metric(&package, &name, None) {
                Found::Enabled(input) => input.to_owned(),
                found => return Err(missing_metric(self.metrics.get(id), &name, found, lookup).boxed()),
            };
            self.resolve_metric(&input, lookup, done)?;
            if let Some(input) = self.metrics.get(&input) {
                measures.extend(input.type_params.input_measures.iter().cloned());
            }
            parents.push(input);
        }
        if let Some(metric) = self.metrics.get_mut(id) {
            let known = &mut metric.type_params.input_measures;
            for measure in measures {
                if !known.contains(&measure) {
                    known.push(measure);
                }
            }
            for parent in parents {
                metric.depends_on.add_nodes(vec![parent]);
            }
        }
        Ok(())
    }
}

fn own_measures(metric: &Metric) -> Vec<MetricInputMeasure> {
    let params = &metric.type_params;
    match metric.kind.as_str() {
        "simple" | "cumulative" => params.measure.iter().cloned().collect(),
        "conversion" => params
            .conversion_type_params
            .iter()
            .flat_map(|conversion| [conversion.base_measure.clone(), conversion.conversion_measure.clone()])
            .collect(),
        _ => Vec::new(),
    }
}

fn input_metrics(metric: &Metric) -> Result<Vec<String>, Box<Diagnostic>> {
    let params = &metric.type_params;
    match metric.kind.as_str() {
        "ratio" => match (&params.numerator, &params.denominator) {
            (Some(numerator), Some(denominator)) => {
                Ok(vec![numerator.name.clone(), denominator.name.clone()])
            }
            _ => Err(Diagnostic::parsing(
                "invalid-metric",
                "Invalid ratio metric. Both a numerator and denominator must be specified",
            )
            .subject(format!("metric {} ({})", metric.name, metric.original_file_path))
            .boxed()),
        },
        "derived" => Ok(params.metrics.iter().flatten().map(|input| input.name.clone()).collect()),
        _ => Ok(Vec::new()),
    }
}

fn missing_measure(metric: &Metric, name: &str) -> Diagnostic {
    Diagnostic::parsing(
        "missing-measure",
        format!("A semantic model having a measure `{name}` does not exist but was referenced."),
    )
    .subject(format!("metric {} ({})", metric.name, metric.original_file_path))
}

fn missing_metric(metric: Option<&Metric>, name: &str, found: Found<'_>, lookup: &Lookup) -> Diagnostic {
    let by = metric.map_or("", |metric| metric.name.as_str());
    let message = match found {
        Found::Disabled(_) => format!("The metric `{name}` is disabled and thus cannot be referenced."),
        _ => format!("The metric `{name}` does not exist but was referenced by metric `{by}`."),
    };
    let mut names: Vec<_> = lookup.metric_names().collect();
    names.sort_unstable();
    Diagnostic::parsing("missing-metric", message).maybe_help(did_you_mean(name, names))
}
