//! Columns of models, sources, seeds and snapshots, and the constraints on them.

use serde::{Deserialize, Serialize};

use super::{SparseMap, lenient};

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Column {
    pub name: String,
    #[serde(deserialize_with = "lenient::or_default")]
    pub description: String,
    #[serde(deserialize_with = "lenient::or_default")]
    pub meta: SparseMap,
    pub data_type: Option<String>,
    #[serde(deserialize_with = "lenient::or_default")]
    pub constraints: Vec<Constraint>,
    pub quote: Option<bool>,
    #[serde(deserialize_with = "lenient::or_default")]
    pub config: ColumnConfig,
    #[serde(deserialize_with = "lenient::one_or_many")]
    pub tags: Vec<String>,
    pub granularity: Option<String>,
    #[serde(deserialize_with = "lenient::or_default")]
    pub doc_blocks: Vec<String>,
    /// Keys that only the user knows.
    #[serde(flatten)]
    pub extra: SparseMap,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct ColumnConfig {
    #[serde(deserialize_with = "lenient::or_default")]
    pub meta: SparseMap,
    #[serde(deserialize_with = "lenient::one_or_many")]
    pub tags: Vec<String>,
    #[serde(flatten)]
    pub extra: SparseMap,
}

/// A constraint of a column, or of a model when it names `columns`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Constraint {
    /// `check`, `not_null`, `unique`, `primary_key`, `foreign_key` or `custom`.
    #[serde(rename = "type")]
    pub kind: String,
    #[serde(default)]
    pub name: Option<String>,
    #[serde(default)]
    pub expression: Option<String>,
    #[serde(default = "yes")]
    pub warn_unenforced: bool,
    #[serde(default = "yes")]
    pub warn_unsupported: bool,
    #[serde(default)]
    pub to: Option<String>,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub to_columns: Vec<String>,
    /// Only constraints of a model have these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub columns: Option<Vec<String>>,
}

fn yes() -> bool {
    true
}
