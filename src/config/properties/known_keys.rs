//! The keys of each kind of entry in a properties file.

use super::PropertyKind;
use crate::config::Configurable;

pub(super) const NODE: &[&str] = &[
    "name",
    "description",
    "meta",
    "data_type",
    "constraints",
    "docs",
    "config",
    "data_tests",
    "tests",
    "columns",
    "quote_columns",
    "access",
    "group",
    "contract",
    "latest_version",
    "versions",
    "deprecation_date",
    "time_spine",
    "relation",
    "arguments",
    "returns",
    "overloads",
    "tags",
    "freshness",
    "primary_key",
    "semantic_model",
    "agg_time_dimension",
    "metrics",
    "derived_semantics",
    "static_analysis",
];

pub(super) const VERSION: &[&str] = &[
    "v",
    "defined_in",
    "description",
    "access",
    "config",
    "constraints",
    "docs",
    "data_tests",
    "tests",
    "columns",
    "deprecation_date",
    "meta",
    "tags",
    "group",
];

/// The first twelve become fields of the manifest.
pub(super) const COLUMN: &[&str] = &[
    "name",
    "description",
    "meta",
    "data_type",
    "constraints",
    "docs",
    "config",
    "data_tests",
    "tests",
    "quote",
    "tags",
    "granularity",
    "policy_tags",
    "dimension",
    "entity",
    "expression",
    "databricks_tags",
    "column_mask",
    "options",
];

pub(super) const SOURCE: &[&str] = &[
    "name",
    "description",
    "meta",
    "database",
    "dbname",
    "schema",
    "loader",
    "quoting",
    "freshness",
    "loaded_at_field",
    "loaded_at_query",
    "tables",
    "tags",
    "config",
    "overrides",
    "unrendered_database",
    "unrendered_schema",
    "data_tests",
    "tests",
];

pub(super) const TABLE: &[&str] = &[
    "name",
    "description",
    "meta",
    "config",
    "loaded_at_field",
    "loaded_at_query",
    "identifier",
    "quoting",
    "freshness",
    "external",
    "tags",
    "columns",
    "data_tests",
    "tests",
    "data_type",
    "constraints",
    "docs",
];

pub(super) const EXPOSURE: &[&str] = &[
    "name",
    "type",
    "owner",
    "description",
    "label",
    "maturity",
    "meta",
    "tags",
    "url",
    "depends_on",
    "config",
    "enabled",
];

pub(super) const GROUP: &[&str] = &["name", "owner", "description", "config"];

pub(super) const MACRO: &[&str] = &["name", "description", "arguments", "meta", "docs", "config"];

pub(super) const ARGUMENT: &[&str] = &["name", "type", "data_type", "description", "default_value"];

pub(super) const UNIT_TEST: &[&str] =
    &["name", "model", "description", "given", "expect", "overrides", "config", "versions", "tags", "meta"];

impl PropertyKind {
    /// The keys of an entry. Those of metrics, semantic models and saved queries are dbt's semantic layer's own.
    pub(crate) fn known_keys(self) -> &'static [&'static str] {
        match self {
            Self::Models
            | Self::Seeds
            | Self::Snapshots
            | Self::DataTests
            | Self::Analyses
            | Self::Functions => NODE,
            Self::Sources => SOURCE,
            Self::Macros => MACRO,
            Self::Exposures => EXPOSURE,
            Self::Groups => GROUP,
            Self::UnitTests => UNIT_TEST,
            Self::Metrics | Self::SemanticModels | Self::SavedQueries => &[],
        }
    }

    /// The keys of the entries of a list below an entry.
    pub(crate) fn known_below(self, key: &str) -> Option<&'static [&'static str]> {
        match (self, key) {
            (Self::Macros, "arguments") => Some(ARGUMENT),
            (Self::Sources, "tables") => Some(TABLE),
            (Self::Macros | Self::Exposures | Self::Groups | Self::UnitTests, _) => None,
            (_, "columns") => Some(COLUMN),
            (_, "versions") => Some(VERSION),
            _ => None,
        }
    }

    /// Whose configs an entry sets.
    pub(crate) fn resource(self) -> Option<Configurable> {
        Some(match self {
            Self::Models => Configurable::Model,
            Self::Seeds => Configurable::Seed,
            Self::Snapshots => Configurable::Snapshot,
            Self::DataTests => Configurable::Test,
            Self::Analyses => Configurable::Analysis,
            Self::Functions => Configurable::Function,
            Self::Sources => Configurable::Source,
            Self::Exposures => Configurable::Exposure,
            Self::UnitTests => Configurable::UnitTest,
            Self::Metrics => Configurable::Metric,
            Self::SemanticModels => Configurable::SemanticModel,
            Self::SavedQueries => Configurable::SavedQuery,
            Self::Macros | Self::Groups => return None,
        })
    }
}
