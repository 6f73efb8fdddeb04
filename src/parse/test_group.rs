//! What generic tests are attached to: the entry of a properties file that lists them.

use super::properties::{EntryPlace, EntryTests};
use crate::manifest::Version;

/// What tests are attached to.
#[derive(Debug, Clone)]
pub(super) enum Attached {
    Node { yaml_key: &'static str, name: String, version: Option<Version> },
    Source { source: String, table: String },
}

impl Attached {
    pub(super) fn name(&self) -> String {
        match self {
            Self::Node { name, .. } => name.clone(),
            Self::Source { source, table } => format!("{source}_{table}"),
        }
    }

    /// The call that gives the test its relation.
    pub(super) fn reference(&self) -> String {
        match self {
            Self::Node { name, version: Some(version), .. } => format!("ref('{name}', version='{version}')"),
            Self::Node { name, .. } => ["ref('", name, "')"].concat(),
            Self::Source { source, table } => format!("source('{source}', '{table}')"),
        }
    }

    pub(super) fn file_key_name(&self) -> String {
        match self {
            Self::Node { yaml_key, name, .. } => [yaml_key, ".", name].concat(),
            Self::Source { source, .. } => format!("sources.{source}"),
        }
    }
}

/// One entry's tests and everything that is needed to make nodes of them.
#[derive(Debug)]
pub(super) struct TestGroup {
    pub(super) place: EntryPlace,
    pub(super) attached: Attached,
    pub(super) tests: EntryTests,
    /// Tags of the source and the table.
    pub(super) tags: Vec<String>,
    /// The node, and its group, where it is known.
    pub(super) attached_node: Option<String>,
    pub(super) group: Option<String>,
}
