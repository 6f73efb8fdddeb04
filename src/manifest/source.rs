//! Tables that the project reads and did not build.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::hashed::IndexMap;

use super::{Column, Config, ResourceType, lenient};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct SourceDefinition {
    pub database: Option<String>,
    pub schema: String,
    pub name: String,
    pub resource_type: ResourceType,
    pub package_name: String,
    pub path: String,
    pub original_file_path: String,
    pub unique_id: String,
    pub fqn: Vec<String>,
    pub source_name: String,
    #[serde(deserialize_with = "lenient::or_default")]
    pub source_description: String,
    #[serde(deserialize_with = "lenient::or_default")]
    pub loader: String,
    pub identifier: String,
    #[serde(deserialize_with = "lenient::or_default")]
    pub quoting: Quoting,
    pub loaded_at_field: Option<String>,
    pub loaded_at_query: Option<String>,
    pub freshness: Option<Freshness>,
    pub external: Option<Value>,
    #[serde(deserialize_with = "lenient::or_default")]
    pub description: String,
    #[serde(deserialize_with = "lenient::or_default")]
    pub columns: IndexMap<String, Column>,
    #[serde(deserialize_with = "lenient::or_default")]
    pub meta: Map<String, Value>,
    #[serde(deserialize_with = "lenient::or_default")]
    pub source_meta: Map<String, Value>,
    #[serde(deserialize_with = "lenient::one_or_many")]
    pub tags: Vec<String>,
    #[serde(deserialize_with = "lenient::or_default")]
    pub config: Config,
    pub patch_path: Option<String>,
    #[serde(deserialize_with = "lenient::or_default")]
    pub unrendered_config: Config,
    pub relation_name: Option<String>,
    pub created_at: f64,
    pub unrendered_database: Option<String>,
    pub unrendered_schema: Option<String>,
    #[serde(deserialize_with = "lenient::or_default")]
    pub doc_blocks: Vec<String>,
}

impl Default for SourceDefinition {
    fn default() -> Self {
        Self {
            database: None,
            schema: String::new(),
            name: String::new(),
            resource_type: ResourceType::Source,
            package_name: String::new(),
            path: String::new(),
            original_file_path: String::new(),
            unique_id: String::new(),
            fqn: Vec::new(),
            source_name: String::new(),
            source_description: String::new(),
            loader: String::new(),
            identifier: String::new(),
            quoting: Quoting::default(),
            loaded_at_field: None,
            loaded_at_query: None,
            freshness: None,
            external: None,
            description: String::new(),
            columns: IndexMap::default(),
            meta: Map::new(),
            source_meta: Map::new(),
            tags: Vec::new(),
            config: Config::new(),
            patch_path: None,
            unrendered_config: Config::new(),
            relation_name: None,
            created_at: 0.0,
            unrendered_database: None,
            unrendered_schema: None,
            doc_blocks: Vec::new(),
        }
    }
}

/// Which parts of a relation's name are quoted; `None` leaves it to the adapter.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Quoting {
    pub database: Option<bool>,
    pub schema: Option<bool>,
    pub identifier: Option<bool>,
    pub column: Option<bool>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Freshness {
    pub warn_after: Option<FreshnessPeriod>,
    pub error_after: Option<FreshnessPeriod>,
    pub filter: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct FreshnessPeriod {
    pub count: Option<i64>,
    /// `minute`, `hour` or `day`.
    pub period: Option<String>,
}
