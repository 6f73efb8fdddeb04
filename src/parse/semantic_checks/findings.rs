//! The errors and warnings that are found, each with the place of what it is about.

use crate::diagnostic::{Diagnostic, Span};
use crate::hashed::HashMap;
use crate::manifest::{Manifest, Metric, SavedQuery, SemanticModel};

/// The code of all of these errors.
pub(crate) const SEMANTIC_VALIDATION: &str = "semantic-validation";

/// Who an error is about.
#[derive(Clone, Copy)]
pub(super) enum Owner<'a> {
    Model(&'a SemanticModel),
    Metric(&'a Metric),
    Query(&'a SavedQuery),
}

impl<'a> Owner<'a> {
    pub(super) fn unique_id(self) -> &'a str {
        match self {
            Self::Model(model) => &model.unique_id,
            Self::Metric(metric) => &metric.unique_id,
            Self::Query(query) => &query.unique_id,
        }
    }

    pub(super) fn subject(self) -> String {
        match self {
            Self::Model(model) => format!("semantic model {} ({})", model.name, model.original_file_path),
            Self::Metric(metric) => format!("metric {} ({})", metric.name, metric.original_file_path),
            Self::Query(query) => format!("saved query {} ({})", query.name, query.original_file_path),
        }
    }
}

pub(super) struct Findings<'a> {
    places: &'a HashMap<String, Span>,
    pub(super) found: Vec<Diagnostic>,
    pub(super) warnings: Vec<Diagnostic>,
}

impl<'a> Findings<'a> {
    pub(super) fn new(places: &'a HashMap<String, Span>) -> Self {
        Self { places, found: Vec::new(), warnings: Vec::new() }
    }

    pub(super) fn add(&mut self, owner: Owner<'_>, message: String, help: Option<String>) {
        let problem =
            Diagnostic::parsing(SEMANTIC_VALIDATION, message).subject(owner.subject()).maybe_help(help);
        let placed = self.at(owner.unique_id(), problem);
        self.found.push(placed);
    }

    /// A warning about the resource of this id.
    pub(super) fn warn(&mut self, unique_id: &str, warning: Diagnostic) {
        let placed = self.at(unique_id, warning);
        self.warnings.push(placed);
    }

    fn at(&self, unique_id: &str, diagnostic: Diagnostic) -> Diagnostic {
        match self.places.get(unique_id) {
            Some(span) => diagnostic.label(span.clone(), ""),
            None => diagnostic,
        }
    }

    pub(super) fn of_model(&mut self, model: &SemanticModel, message: String, help: &str) {
        self.add(Owner::Model(model), message, Some(help.to_owned()));
    }

    pub(super) fn of_metric(&mut self, metric: &Metric, message: String, help: &str) {
        self.add(Owner::Metric(metric), message, Some(help.to_owned()));
    }
}

/// Names of rows of time spines that are not standard units of time.
pub(super) fn custom_granularities(manifest: &Manifest) -> Vec<&str> {
    let spines = manifest.nodes.values().filter_map(|node| node.model()?.time_spine.as_ref());
    spines.flat_map(|spine| &spine.custom_granularities).map(|custom| custom.name.as_str()).collect()
}
