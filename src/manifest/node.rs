//! Nodes: models, seeds, snapshots, analyses, tests, hooks, inline SQL and functions are one struct whose
//! [`NodeKind`] carries what only that kind has.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use crate::hashed::IndexMap;

use super::{Column, Config, Constraint, ResourceType, SparseMap, Version, lenient};

/// Written and read as dbt does it, see `node_json`.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Node {
    pub kind: NodeKind,
    pub database: Option<String>,
    pub schema: String,
    pub name: String,
    pub package_name: String,
    pub path: String,
    pub original_file_path: String,
    pub unique_id: String,
    pub fqn: Vec<String>,
    pub alias: String,
    pub checksum: FileHash,
    pub config: Arc<Config>,
    pub tags: Vec<String>,
    pub description: String,
    pub columns: IndexMap<String, Column>,
    pub meta: SparseMap,
    pub group: Option<String>,
    pub docs: Docs,
    pub patch_path: Option<String>,
    pub build_path: Option<String>,
    pub unrendered_config: SparseMap,
    pub created_at: f64,
    pub relation_name: Option<String>,
    pub raw_code: Arc<str>,
    pub doc_blocks: Vec<String>,
    pub language: Language,
    pub refs: Vec<RefArgs>,
    pub sources: Vec<Vec<String>>,
    pub metrics: Vec<Vec<String>>,
    pub functions: Vec<Vec<String>>,
    pub depends_on: DependsOn,
    pub compiled_path: Option<String>,
    /// There once the node was compiled.
    pub compiled: Option<Box<Compiled>>,
    pub contract: Contract,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) enum NodeKind {
    Model(Box<ModelPart>),
    #[default]
    Analysis,
    Seed {
        root_path: Option<String>,
    },
    Snapshot,
    SingularTest,
    GenericTest(Box<GenericTestPart>),
    /// A hook of `on-run-start` or `on-run-end`.
    Operation {
        index: Option<i64>,
    },
    SqlOperation,
    Function(Box<FunctionPart>),
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Language {
    #[default]
    Sql,
    Python,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct ModelPart {
    pub access: Access,
    pub constraints: Vec<Constraint>,
    pub version: Option<Version>,
    pub latest_version: Option<Version>,
    pub deprecation_date: Option<String>,
    pub primary_key: Vec<String>,
    pub time_spine: Option<TimeSpine>,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct GenericTestPart {
    pub column_name: Option<String>,
    pub file_key_name: Option<String>,
    pub attached_node: Option<String>,
    pub test_metadata: TestMetadata,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct FunctionPart {
    pub returns: FunctionReturns,
    pub arguments: Vec<FunctionArgument>,
    pub overloads: Vec<FunctionOverload>,
}

/// The same function for other arguments, with a file of its own.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct FunctionOverload {
    pub defined_in: String,
    pub arguments: Vec<FunctionArgument>,
    pub returns: Option<FunctionReturns>,
    pub description: Option<String>,
    pub raw_body: String,
    /// For messages.
    #[serde(skip)]
    pub original_file_path: String,
}

impl Node {
    pub(crate) fn resource_type(&self) -> ResourceType {
        match self.kind {
            NodeKind::Model(_) => ResourceType::Model,
            NodeKind::Analysis => ResourceType::Analysis,
            NodeKind::Seed { .. } => ResourceType::Seed,
            NodeKind::Snapshot => ResourceType::Snapshot,
            NodeKind::SingularTest | NodeKind::GenericTest(_) => ResourceType::Test,
            NodeKind::Operation { .. } => ResourceType::Operation,
            NodeKind::SqlOperation => ResourceType::SqlOperation,
            NodeKind::Function(_) => ResourceType::Function,
        }
    }

    /// How dbt's messages call it: `model orders (models/orders.sql)`.
    pub(crate) fn locator(&self) -> String {
        format!("{} {} ({})", self.resource_type(), self.name, self.original_file_path)
    }

    pub(crate) fn model(&self) -> Option<&ModelPart> {
        match &self.kind {
            NodeKind::Model(part) => Some(part),
            _ => None,
        }
    }

    pub(crate) fn model_mut(&mut self) -> Option<&mut ModelPart> {
        match &mut self.kind {
            NodeKind::Model(part) => Some(part),
            _ => None,
        }
    }

    pub(crate) fn generic_test(&self) -> Option<&GenericTestPart> {
        match &self.kind {
            NodeKind::GenericTest(part) => Some(part),
            _ => None,
        }
    }

    pub(crate) fn is_test(&self) -> bool {
        self.resource_type() == ResourceType::Test
    }

    pub(crate) fn is_refable(&self) -> bool {
        self.resource_type().is_refable()
    }

    pub(crate) fn version(&self) -> Option<&Version> {
        self.model()?.version.as_ref()
    }

    /// A model that is written as a pipeline file.
    pub(crate) fn is_pipeline(&self) -> bool {
        self.model().is_some()
            && self.original_file_path.starts_with("pipelines/")
            && self.config.contains_key("schedule")
    }

    pub(crate) fn is_versioned(&self) -> bool {
        self.version().is_some()
    }

    pub(crate) fn is_latest_version(&self) -> bool {
        self.model().is_some_and(|part| part.version.is_some() && part.version == part.latest_version)
    }

    /// The name as `ref()` writes it: `orders` or `orders.v2`.
    pub(crate) fn search_name(&self) -> String {
        match self.version() {
            Some(version) => format!("{}.v{version}", self.name),
            None => self.name.clone(),
        }
    }

    /// Nodes share equal configs; the one that is changed becomes this node's own.
    pub(crate) fn config_mut(&mut self) -> &mut Config {
        Arc::make_mut(&mut self.config)
    }

    pub(crate) fn materialized(&self) -> &str {
        self.config.get("materialized").and_then(Value::as_str).unwrap_or_default()
    }

    /// Built in batches of time.
    pub(crate) fn is_microbatch(&self) -> bool {
        let strategy = self.config.get("incremental_strategy").and_then(Value::as_str);
        self.materialized() == "incremental" && strategy == Some("microbatch")
    }

    pub(crate) fn is_ephemeral_model(&self) -> bool {
        self.model().is_some() && self.materialized() == "ephemeral"
    }

    /// Whether the database holds a relation for it.
    pub(crate) fn is_relational(&self) -> bool {
        self.is_refable() && !self.is_ephemeral_model()
    }

    pub(crate) fn is_enabled(&self) -> bool {
        self.config.get("enabled").and_then(Value::as_bool).unwrap_or(true)
    }

    /// dbt: a file of nothing but white space is no node to run.
    pub(crate) fn is_empty(&self) -> bool {
        !matches!(self.kind, NodeKind::Seed { .. }) && self.raw_code.trim().is_empty()
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Access {
    Private,
    #[default]
    Protected,
    Public,
}

impl Access {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Private => "private",
            Self::Protected => "protected",
            Self::Public => "public",
        }
    }
}

impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How a file's contents are recognised again: `sha256`, `path` (a seed too big to hash) or `none`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FileHash {
    pub name: String,
    pub checksum: String,
}

impl FileHash {
    #[cfg(test)]
    pub(super) fn path(path: impl Into<String>) -> Self {
        Self { name: "path".to_owned(), checksum: path.into() }
    }

    /// dbt: two unknown hashes are not the same.
    pub(crate) fn same(&self, other: &Self) -> bool {
        self.name != "none" && self == other
    }
}

impl Default for FileHash {
    fn default() -> Self {
        Self { name: "none".to_owned(), checksum: String::new() }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Docs {
    pub show: bool,
    pub node_color: Option<String>,
}

impl Default for Docs {
    fn default() -> Self {
        Self { show: true, node_color: None }
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct DependsOn {
    #[serde(deserialize_with = "lenient::or_default")]
    pub macros: Vec<String>,
    #[serde(deserialize_with = "lenient::or_default")]
    pub nodes: Vec<String>,
}

impl DependsOn {
    pub(crate) fn add_macro(&mut self, unique_id: &str) {
        if !self.macros.iter().any(|known| known == unique_id) {
            // most have one, and four would be made room for
            self.macros.reserve_exact(1);
            self.macros.push(unique_id.to_owned());
        }
    }

    /// Each of them is there once.
    pub(crate) fn add_nodes(&mut self, unique_ids: Vec<String>) {
        if self.nodes.is_empty() {
            self.nodes = unique_ids;
            return;
        }
        for unique_id in unique_ids {
            if !self.nodes.contains(&unique_id) {
                self.nodes.push(unique_id);
            }
        }
    }
}

/// The arguments of a `ref()`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(crate) struct RefArgs {
    pub name: String,
    pub package: Option<String>,
    pub version: Option<Version>,
}

impl<'de> Deserialize<'de> for RefArgs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Form {
            Full {
                name: String,
                #[serde(default)]
                package: Option<String>,
                #[serde(default)]
                version: Option<Version>,
            },
            // manifests up to v8
            List(Vec<String>),
        }
        Ok(match Form::deserialize(deserializer)? {
            Form::Full { name, package, version } => Self { name, package, version },
            Form::List(mut parts) => {
                Self { name: parts.pop().unwrap_or_default(), package: parts.pop(), version: None }
            }
        })
    }
}

/// What compiling gave: written only when it was done.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Compiled {
    pub code: Option<Arc<str>>,
    pub extra_ctes_injected: bool,
    pub extra_ctes: Vec<InjectedCte>,
}

/// An ephemeral model as it was put before another one's SQL.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct InjectedCte {
    pub id: String,
    pub sql: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Contract {
    pub enforced: bool,
    pub alias_types: bool,
    pub checksum: Option<String>,
}

impl Default for Contract {
    fn default() -> Self {
        Self { enforced: false, alias_types: true, checksum: None }
    }
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct TestMetadata {
    pub name: String,
    #[serde(deserialize_with = "lenient::or_default")]
    pub kwargs: Map<String, Value>,
    pub namespace: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct TimeSpine {
    pub standard_granularity_column: String,
    pub custom_granularities: Vec<CustomGranularity>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct CustomGranularity {
    pub name: String,
    pub column_name: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct FunctionReturns {
    pub data_type: String,
    pub description: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct FunctionArgument {
    pub name: String,
    pub data_type: String,
    pub description: Option<String>,
    pub default_value: Option<Value>,
}
