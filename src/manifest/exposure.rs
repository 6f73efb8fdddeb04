//! Exposures, and the small resources around them: groups with their owners, doc blocks.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Config, DependsOn, RefArgs, ResourceType, lenient};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Exposure {
    pub name: String,
    pub resource_type: ResourceType,
    pub package_name: String,
    pub path: String,
    pub original_file_path: String,
    pub unique_id: String,
    pub fqn: Vec<String>,
    /// `dashboard`, `notebook`, `analysis`, `ml` or `application`.
    #[serde(rename = "type")]
    pub kind: String,
    pub owner: Owner,
    #[serde(deserialize_with = "lenient::or_default")]
    pub description: String,
    pub label: Option<String>,
    pub maturity: Option<String>,
    #[serde(deserialize_with = "lenient::or_default")]
    pub meta: Map<String, Value>,
    #[serde(deserialize_with = "lenient::one_or_many")]
    pub tags: Vec<String>,
    #[serde(deserialize_with = "lenient::or_default")]
    pub config: Config,
    #[serde(deserialize_with = "lenient::or_default")]
    pub unrendered_config: Config,
    pub url: Option<String>,
    #[serde(deserialize_with = "lenient::or_default")]
    pub depends_on: DependsOn,
    #[serde(deserialize_with = "lenient::or_default")]
    pub refs: Vec<RefArgs>,
    #[serde(deserialize_with = "lenient::or_default")]
    pub sources: Vec<Vec<String>>,
    #[serde(deserialize_with = "lenient::or_default")]
    pub metrics: Vec<Vec<String>>,
    pub created_at: f64,
}

impl Default for Exposure {
    fn default() -> Self {
        Self {
            name: String::new(),
            resource_type: ResourceType::Exposure,
            package_name: String::new(),
            path: String::new(),
            original_file_path: String::new(),
            unique_id: String::new(),
            fqn: Vec::new(),
            kind: String::new(),
            owner: Owner::default(),
            description: String::new(),
            label: None,
            maturity: None,
            meta: Map::new(),
            tags: Vec::new(),
            config: Config::new(),
            unrendered_config: Config::new(),
            url: None,
            depends_on: DependsOn::default(),
            refs: Vec::new(),
            sources: Vec::new(),
            metrics: Vec::new(),
            created_at: 0.0,
        }
    }
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Owner {
    /// One address or a list of them.
    pub email: Option<Value>,
    pub name: Option<String>,
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Group {
    pub name: String,
    pub resource_type: ResourceType,
    pub package_name: String,
    pub path: String,
    pub original_file_path: String,
    pub unique_id: String,
    pub owner: Owner,
    pub description: Option<String>,
    #[serde(deserialize_with = "lenient::or_default")]
    pub config: Config,
}

impl Default for Group {
    fn default() -> Self {
        Self {
            name: String::new(),
            resource_type: ResourceType::Group,
            package_name: String::new(),
            path: String::new(),
            original_file_path: String::new(),
            unique_id: String::new(),
            owner: Owner::default(),
            description: None,
            config: Config::new(),
        }
    }
}

/// A `{% docs %}` block.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Doc {
    pub name: String,
    pub resource_type: ResourceType,
    pub package_name: String,
    pub path: String,
    pub original_file_path: String,
    pub unique_id: String,
    pub block_contents: String,
}

impl Default for Doc {
    fn default() -> Self {
        Self {
            name: String::new(),
            resource_type: ResourceType::Doc,
            package_name: String::new(),
            path: String::new(),
            original_file_path: String::new(),
            unique_id: String::new(),
            block_contents: String::new(),
        }
    }
}
