//! Unit tests: given rows, expected rows.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Config, DependsOn, ResourceType, Version, lenient};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct UnitTest {
    pub model: String,
    pub given: Vec<UnitTestInput>,
    pub expect: UnitTestExpectation,
    pub name: String,
    pub resource_type: ResourceType,
    pub package_name: String,
    pub path: String,
    pub original_file_path: String,
    pub unique_id: String,
    pub fqn: Vec<String>,
    #[serde(deserialize_with = "lenient::or_default")]
    pub description: String,
    pub overrides: Option<UnitTestOverrides>,
    #[serde(deserialize_with = "lenient::or_default")]
    pub depends_on: DependsOn,
    #[serde(deserialize_with = "lenient::or_default")]
    pub config: Config,
    pub checksum: Option<String>,
    pub schema: Option<String>,
    pub created_at: f64,
    pub versions: Option<UnitTestVersions>,
    pub version: Option<Version>,
}

impl Default for UnitTest {
    fn default() -> Self {
        Self {
            model: String::new(),
            given: Vec::new(),
            expect: UnitTestExpectation::default(),
            name: String::new(),
            resource_type: ResourceType::UnitTest,
            package_name: String::new(),
            path: String::new(),
            original_file_path: String::new(),
            unique_id: String::new(),
            fqn: Vec::new(),
            description: String::new(),
            overrides: None,
            depends_on: DependsOn::default(),
            config: Config::new(),
            checksum: None,
            schema: None,
            created_at: 0.0,
            versions: None,
            version: None,
        }
    }
}

/// The rows that stand in for one input of the model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct UnitTestInput {
    /// `ref('x')`, `source('x', 'y')` or `this`.
    pub input: String,
    /// Rows as mappings, or SQL text.
    pub rows: Option<Value>,
    /// `dict`, `csv` or `sql`.
    pub format: String,
    pub fixture: Option<String>,
}

impl Default for UnitTestInput {
    fn default() -> Self {
        Self { input: String::new(), rows: None, format: "dict".to_owned(), fixture: None }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct UnitTestExpectation {
    pub rows: Option<Value>,
    pub format: String,
    pub fixture: Option<String>,
}

impl Default for UnitTestExpectation {
    fn default() -> Self {
        Self { rows: None, format: "dict".to_owned(), fixture: None }
    }
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct UnitTestOverrides {
    pub macros: Map<String, Value>,
    pub vars: Map<String, Value>,
    pub env_vars: Map<String, Value>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct UnitTestVersions {
    pub include: Option<Vec<Version>>,
    pub exclude: Option<Vec<Version>>,
}
