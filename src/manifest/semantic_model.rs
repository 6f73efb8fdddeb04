//! Semantic models: carried into the manifest, read by MetricFlow.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Config, DependsOn, MeasureAggregation, NonAdditiveDimension, RefArgs, ResourceType, lenient};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct SemanticModel {
    pub name: String,
    pub resource_type: ResourceType,
    pub package_name: String,
    pub path: String,
    pub original_file_path: String,
    pub unique_id: String,
    pub fqn: Vec<String>,
    pub model: String,
    pub node_relation: Option<NodeRelation>,
    pub description: Option<String>,
    pub label: Option<String>,
    pub defaults: Option<Defaults>,
    #[serde(deserialize_with = "lenient::or_default")]
    pub entities: Vec<Entity>,
    #[serde(deserialize_with = "lenient::or_default")]
    pub measures: Vec<Measure>,
    #[serde(deserialize_with = "lenient::or_default")]
    pub dimensions: Vec<Dimension>,
    pub metadata: Option<Value>,
    #[serde(deserialize_with = "lenient::or_default")]
    pub depends_on: DependsOn,
    #[serde(deserialize_with = "lenient::or_default")]
    pub refs: Vec<RefArgs>,
    pub created_at: f64,
    #[serde(deserialize_with = "lenient::or_default")]
    pub config: Config,
    #[serde(deserialize_with = "lenient::or_default")]
    pub unrendered_config: Config,
    pub primary_entity: Option<String>,
    pub group: Option<String>,
}

impl Default for SemanticModel {
    fn default() -> Self {
        Self {
            name: String::new(),
            resource_type: ResourceType::SemanticModel,
            package_name: String::new(),
            path: String::new(),
            original_file_path: String::new(),
            unique_id: String::new(),
            fqn: Vec::new(),
            model: String::new(),
            node_relation: None,
            description: None,
            label: None,
            defaults: None,
            entities: Vec::new(),
            measures: Vec::new(),
            dimensions: Vec::new(),
            metadata: None,
            depends_on: DependsOn::default(),
            refs: Vec::new(),
            created_at: 0.0,
            config: Config::new(),
            unrendered_config: Config::new(),
            primary_entity: None,
            group: None,
        }
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct NodeRelation {
    pub alias: String,
    pub schema_name: String,
    pub database: Option<String>,
    pub relation_name: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Defaults {
    pub agg_time_dimension: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct ElementConfig {
    #[serde(deserialize_with = "lenient::or_default")]
    pub meta: Map<String, Value>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Entity {
    pub name: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub description: Option<String>,
    pub label: Option<String>,
    pub role: Option<String>,
    pub expr: Option<String>,
    pub config: Option<ElementConfig>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Measure {
    pub name: String,
    pub agg: String,
    pub description: Option<String>,
    pub label: Option<String>,
    pub create_metric: bool,
    #[serde(deserialize_with = "expression")]
    pub expr: Option<String>,
    pub agg_params: Option<MeasureAggregation>,
    pub non_additive_dimension: Option<NonAdditiveDimension>,
    pub agg_time_dimension: Option<String>,
    pub config: Option<ElementConfig>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Dimension {
    pub name: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub description: Option<String>,
    pub label: Option<String>,
    #[serde(deserialize_with = "lenient::or_default")]
    pub is_partition: bool,
    pub type_params: Option<DimensionParams>,
    pub expr: Option<String>,
    pub metadata: Option<Value>,
    pub config: Option<ElementConfig>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct DimensionParams {
    pub time_granularity: String,
    pub validity_params: Option<DimensionValidity>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct DimensionValidity {
    pub is_start: bool,
    pub is_end: bool,
}

/// `expr: 1` in YAML means the SQL text 1.
fn expression<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(match Option::<Value>::deserialize(deserializer)? {
        None | Some(Value::Null) => None,
        Some(Value::String(text)) => Some(text),
        // dbt: Python's words
        Some(Value::Bool(flag)) => Some(if flag { "True" } else { "False" }.to_owned()),
        Some(other) => Some(other.to_string()),
    })
}
