//! Plain data: every node of the project, resolved. What [`Manifest::write`] writes IS manifest.json v12.
//!
//! `parse` builds it, every later stage borrows it; older manifests (v4 and up, dbt's too) deserialize into it
//! for `--state` and `--defer`. Nodes, sources and macros stand behind `Arc`, so that a worker can keep one.

mod code;
mod column;
mod config;
mod connections;
mod exposure;
mod lenient;
mod lookup;
mod macros;
mod manifest_json;
mod maps;
mod metadata;
mod metric;
mod missing;
mod node;
mod node_json;
mod resolve;
mod resource;
mod resource_type;
mod saved_query;
mod semantic_model;
mod semantics;
mod source;
mod sparse;
mod state;
mod unique;
mod unit_test;
mod unpinned;
mod version;

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::hashed::IndexMap;

pub(crate) use code::{code, mentions};
pub(crate) use column::{Column, ColumnConfig, Constraint};
pub(crate) use config::Config;
pub(crate) use connections::connection_of;
pub(crate) use exposure::{Doc, Exposure, Group, Owner};
pub(crate) use lookup::{Ambiguous, Found, Lookup, Precedence};
pub(crate) use macros::{Macro, MacroArgument, MacroDependsOn};
pub(crate) use manifest_json::KeptText;
pub(crate) use metadata::{Metadata, SCHEMA_VERSION};
pub(crate) use metric::{
    ConversionParams, Filter, MeasureAggregation, Metric, MetricInputMeasure, NonAdditiveDimension,
    TimeWindow, is_standard_granularity,
};
pub(crate) use missing::{Reason, Target, ambiguous_ref, doc_not_found, target_not_found};
pub(crate) use node::{
    Access, Compiled, Contract, CustomGranularity, DependsOn, Docs, FileHash, FunctionArgument,
    FunctionOverload, FunctionPart, FunctionReturns, GenericTestPart, InjectedCte, Language, ModelPart, Node,
    NodeKind, RefArgs, TestMetadata, TimeSpine,
};
pub(crate) use resolve::{ResolveContext, forbidden};
pub(crate) use resource::Resource;
pub(crate) use resource_type::ResourceType;
pub(crate) use saved_query::SavedQuery;
pub(crate) use semantic_model::{Dimension, ElementConfig, Measure, NodeRelation, SemanticModel};
pub(crate) use source::{Freshness, FreshnessPeriod, Quoting, SourceDefinition};
pub(crate) use sparse::SparseMap;
pub(crate) use state::{Aspect, Deferral, Favor, PreviousState, SourceNames, StateComparison};
pub(crate) use unique::{SameNames, duplicate_doc, duplicate_resource};
pub(crate) use unit_test::{
    UnitTest, UnitTestExpectation, UnitTestInput, UnitTestOverrides, UnitTestVersions,
};
pub(crate) use version::Version;

/// The whole project.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Manifest {
    pub metadata: Metadata,
    pub nodes: IndexMap<String, Arc<Node>>,
    pub sources: IndexMap<String, Arc<SourceDefinition>>,
    pub macros: IndexMap<String, Arc<Macro>>,
    pub docs: IndexMap<String, Doc>,
    pub exposures: IndexMap<String, Exposure>,
    #[serde(deserialize_with = "metric::current")]
    pub metrics: IndexMap<String, Metric>,
    pub groups: IndexMap<String, Group>,
    /// The expanded definitions of selectors.yml.
    pub selectors: Map<String, Value>,
    #[serde(deserialize_with = "lenient::or_default")]
    pub disabled: IndexMap<String, Vec<Disabled>>,
    pub saved_queries: IndexMap<String, SavedQuery>,
    pub semantic_models: IndexMap<String, SemanticModel>,
    pub unit_tests: IndexMap<String, UnitTest>,
    pub functions: IndexMap<String, Arc<Node>>,
}

/// A resource that `enabled: false` took out of the graph.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub(crate) enum Disabled {
    Node(Arc<Node>),
    Source(Arc<SourceDefinition>),
    Exposure(Box<Exposure>),
    Metric(Box<Metric>),
    SavedQuery(Box<SavedQuery>),
    SemanticModel(Box<SemanticModel>),
    UnitTest(Box<UnitTest>),
}

impl Disabled {
    pub(crate) fn resource(&self) -> Resource<'_> {
        match self {
            Self::Node(node) => Resource::Node(node),
            Self::Source(source) => Resource::Source(source),
            Self::Exposure(exposure) => Resource::Exposure(exposure),
            Self::Metric(metric) => Resource::Metric(metric),
            Self::SavedQuery(query) => Resource::SavedQuery(query),
            Self::SemanticModel(model) => Resource::SemanticModel(model),
            Self::UnitTest(test) => Resource::UnitTest(test),
        }
    }
}

impl<'de> Deserialize<'de> for Disabled {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        fn from<T: serde::de::DeserializeOwned, E: serde::de::Error>(value: Value) -> Result<T, E> {
            serde_json::from_value(value).map_err(E::custom)
        }
        let value = Value::deserialize(deserializer)?;
        match value.get("resource_type").and_then(Value::as_str) {
            Some("source") => from(value).map(Self::Source),
            Some("exposure") => from(value).map(Self::Exposure),
            Some("metric") => from(value).map(Self::Metric),
            Some("saved_query") => from(value).map(Self::SavedQuery),
            Some("semantic_model") => from(value).map(Self::SemanticModel),
            Some("unit_test") => from(value).map(Self::UnitTest),
            Some(_) => from(value).map(Self::Node),
            None => Err(serde::de::Error::missing_field("resource_type")),
        }
    }
}

impl Manifest {
    /// Whatever stands under this unique id, macros, docs and groups excepted.
    pub(crate) fn resource(&self, unique_id: &str) -> Option<Resource<'_>> {
        let (kind, _) = unique_id.split_once('.')?;
        match kind {
            "source" => self.sources.get(unique_id).map(|source| Resource::Source(source)),
            "exposure" => self.exposures.get(unique_id).map(Resource::Exposure),
            "metric" => self.metrics.get(unique_id).map(Resource::Metric),
            "saved_query" => self.saved_queries.get(unique_id).map(Resource::SavedQuery),
            "semantic_model" => self.semantic_models.get(unique_id).map(Resource::SemanticModel),
            "unit_test" => self.unit_tests.get(unique_id).map(Resource::UnitTest),
            "function" => self.functions.get(unique_id).map(|node| Resource::Node(node)),
            _ => self.nodes.get(unique_id).map(|node| Resource::Node(node)),
        }
    }

    /// Everything that can stand in the graph, in the order in which dbt searches it.
    pub(crate) fn resources(&self) -> impl Iterator<Item = Resource<'_>> {
        let nodes = self.nodes.values().map(|node| Resource::Node(node));
        let sources = self.sources.values().map(|source| Resource::Source(source));
        let functions = self.functions.values().map(|node| Resource::Node(node));
        nodes
            .chain(sources)
            .chain(self.exposures.values().map(Resource::Exposure))
            .chain(self.metrics.values().map(Resource::Metric))
            .chain(self.unit_tests.values().map(Resource::UnitTest))
            .chain(self.semantic_models.values().map(Resource::SemanticModel))
            .chain(self.saved_queries.values().map(Resource::SavedQuery))
            .chain(functions)
    }
}

#[cfg(test)]
mod tests;
