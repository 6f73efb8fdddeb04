//! Macros: their text and what they call.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Config, Docs, ResourceType, lenient};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Macro {
    pub name: String,
    pub resource_type: ResourceType,
    pub package_name: String,
    pub path: String,
    pub original_file_path: String,
    pub unique_id: String,
    pub macro_sql: Arc<str>,
    #[serde(deserialize_with = "lenient::or_default")]
    pub depends_on: MacroDependsOn,
    #[serde(deserialize_with = "lenient::or_default")]
    pub description: String,
    #[serde(deserialize_with = "lenient::or_default")]
    pub meta: Map<String, Value>,
    #[serde(deserialize_with = "lenient::or_default")]
    pub docs: Docs,
    #[serde(deserialize_with = "lenient::or_default")]
    pub config: Config,
    pub patch_path: Option<String>,
    #[serde(deserialize_with = "lenient::or_default")]
    pub arguments: Vec<MacroArgument>,
    pub created_at: f64,
    pub supported_languages: Option<Vec<String>>,
}

impl Macro {
    /// The texts of built-in macros are the program's, not the project's: another version, or dbt itself, has others.
    pub(crate) fn is_built_in(&self) -> bool {
        self.package_name == "dbt" || self.package_name == "dbt_postgres"
    }
}

impl Default for Macro {
    fn default() -> Self {
        Self {
            name: String::new(),
            resource_type: ResourceType::Macro,
            package_name: String::new(),
            path: String::new(),
            original_file_path: String::new(),
            unique_id: String::new(),
            macro_sql: Arc::from(""),
            depends_on: MacroDependsOn::default(),
            description: String::new(),
            meta: Map::new(),
            docs: Docs::default(),
            config: Config::new(),
            patch_path: None,
            arguments: Vec::new(),
            created_at: 0.0,
            supported_languages: None,
        }
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct MacroDependsOn {
    #[serde(deserialize_with = "lenient::or_default")]
    pub macros: Vec<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct MacroArgument {
    pub name: String,
    #[serde(rename = "type")]
    pub kind: Option<String>,
    #[serde(deserialize_with = "lenient::or_default")]
    pub description: String,
}
