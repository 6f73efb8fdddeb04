//! Saved queries over metrics: carried into the manifest, run by MetricFlow.

use serde::{Deserialize, Serialize};

use super::{Config, DependsOn, Filter, RefArgs, ResourceType, lenient};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct SavedQuery {
    pub name: String,
    pub resource_type: ResourceType,
    pub package_name: String,
    pub path: String,
    pub original_file_path: String,
    pub unique_id: String,
    pub fqn: Vec<String>,
    pub query_params: QueryParams,
    pub exports: Vec<Export>,
    pub description: Option<String>,
    pub label: Option<String>,
    pub metadata: Option<serde_json::Value>,
    #[serde(deserialize_with = "lenient::or_default")]
    pub config: Config,
    #[serde(deserialize_with = "lenient::or_default")]
    pub unrendered_config: Config,
    pub group: Option<String>,
    #[serde(deserialize_with = "lenient::or_default")]
    pub depends_on: DependsOn,
    pub created_at: f64,
    #[serde(deserialize_with = "lenient::or_default")]
    pub refs: Vec<RefArgs>,
    #[serde(deserialize_with = "lenient::one_or_many")]
    pub tags: Vec<String>,
}

impl Default for SavedQuery {
    fn default() -> Self {
        Self {
            name: String::new(),
            resource_type: ResourceType::SavedQuery,
            package_name: String::new(),
            path: String::new(),
            original_file_path: String::new(),
            unique_id: String::new(),
            fqn: Vec::new(),
            query_params: QueryParams::default(),
            exports: Vec::new(),
            description: None,
            label: None,
            metadata: None,
            config: Config::new(),
            unrendered_config: Config::new(),
            group: None,
            depends_on: DependsOn::default(),
            created_at: 0.0,
            refs: Vec::new(),
            tags: Vec::new(),
        }
    }
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct QueryParams {
    pub metrics: Vec<String>,
    #[serde(deserialize_with = "lenient::or_default")]
    pub group_by: Vec<String>,
    #[serde(rename = "where")]
    pub filter: Option<Filter>,
    #[serde(deserialize_with = "lenient::or_default")]
    pub order_by: Vec<String>,
    pub limit: Option<i64>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Export {
    pub name: String,
    pub config: ExportConfig,
    #[serde(deserialize_with = "lenient::or_default")]
    pub unrendered_config: Config,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct ExportConfig {
    /// `table` or `view`.
    pub export_as: String,
    pub schema_name: Option<String>,
    pub alias: Option<String>,
    pub database: Option<String>,
}
