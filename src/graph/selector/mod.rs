//! Selection: what the user asked for becomes a set of unique ids, as dbt selects them.
//!
//! `syntax` reads one selector, `spec` combines them, `definition` reads selectors.yml, `methods` searches,
//! `evaluate` follows the tree and brings tests along.

mod definition;
mod evaluate;
mod fqn;
mod inputs;
mod meant;
mod methods;
mod pattern;
mod spec;
mod syntax;

use crate::diagnostic::{Diagnostic, Result};
use crate::manifest::{Resource, ResourceType};

use super::Graph;
use evaluate::Evaluation;

pub(crate) use definition::Selectors;
pub(crate) use inputs::SelectionInputs;
pub(crate) use spec::Spec;
pub(crate) use syntax::{Criteria, IndirectSelection, Method};

/// Whether nodes without any code count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum EmptyNodes {
    #[default]
    Skip,
    /// `ls` shows them.
    Keep,
}

/// What the user asked for and what the command can work on.
#[derive(Debug, Clone, Default)]
pub(crate) struct SelectionRequest {
    /// `--select`; nothing means everything.
    pub include: Vec<String>,
    pub exclude: Vec<String>,
    /// `--selector`, which beats the two above.
    pub selector: Option<String>,
    pub indirect: IndirectSelection,
    pub resource_types: Vec<ResourceType>,
    pub empty_nodes: EmptyNodes,
}

/// The selected nodes, sorted by unique id, and what is to be said about them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Selection {
    pub unique_ids: Vec<String>,
    pub warnings: Vec<Diagnostic>,
}

impl Selection {
    pub(crate) fn is_empty(&self) -> bool {
        self.unique_ids.is_empty()
    }

    pub(crate) fn contains(&self, unique_id: &str) -> bool {
        self.unique_ids.binary_search_by(|id| id.as_str().cmp(unique_id)).is_ok()
    }
}

impl Graph {
    pub(crate) fn select(
        &self,
        request: &SelectionRequest,
        inputs: &SelectionInputs<'_>,
    ) -> Result<Selection> {
        let spec = request.spec(inputs.selectors)?;
        let mut evaluation = Evaluation::new(self, inputs)?;
        let selected = evaluation.select(&spec)?;
        let accepted = selected.iter().filter(|&at| request.accepts(evaluation.resource(at)));
        let mut unique_ids: Vec<String> = accepted.map(|at| self.id_at(at).to_owned()).collect();
        unique_ids.sort_unstable();
        Ok(Selection { unique_ids, warnings: evaluation.warnings })
    }
}

impl SelectionRequest {
    fn spec(&self, selectors: &Selectors) -> Result<Spec> {
        let named = match (&self.selector, selectors.default_name()) {
            (Some(name), _) => Some(name.as_str()),
            (None, Some(name)) if self.include.is_empty() && self.exclude.is_empty() => Some(name),
            _ => None,
        };
        match named {
            Some(name) => selectors.get(name).cloned(),
            None => Spec::from_options(&self.include, &self.exclude, self.indirect),
        }
    }

    fn accepts(&self, resource: Resource<'_>) -> bool {
        let is_empty = matches!(resource, Resource::Node(node) if node.is_empty());
        self.resource_types.contains(&resource.resource_type())
            && (self.empty_nodes == EmptyNodes::Keep || !is_empty)
    }
}
