//! A node as manifest.json has it: flat, with the keys of its kind only, in dbt's order.

use std::sync::Arc;

use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::{RawValue, to_raw_value};

use crate::hashed::{HashMap, HashSet, IndexMap};

use super::{
    Access, Column, Compiled, Config, Constraint, Contract, DependsOn, Docs, FileHash, FunctionArgument,
    FunctionOverload, FunctionPart, FunctionReturns, GenericTestPart, InjectedCte, Language, MacroDependsOn,
    ModelPart, Node, NodeKind, RefArgs, ResourceType, SparseMap, TestMetadata, TimeSpine, Version, lenient,
};

/// A node with its config as text where others share it.
pub(super) struct Written<'m> {
    node: &'m Arc<Node>,
    config: Option<&'m RawValue>,
}

impl<'m> Written<'m> {
    pub(super) fn of(node: &'m Arc<Node>, configs: &'m SharedConfigs) -> Self {
        Self { node, config: configs.0.get(&address(&node.config)).map(|text| &**text) }
    }
}

impl Serialize for Written<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        match self.config {
            Some(text) => self.node.fields(text, &mut map)?,
            None => self.node.fields(&*self.node.config, &mut map)?,
        }
        map.end()
    }
}

/// The texts of configs that several nodes have in common, by address: most nodes of a project share theirs.
pub(super) struct SharedConfigs(HashMap<usize, Box<RawValue>>);

impl SharedConfigs {
    pub(super) fn of<'n>(nodes: impl Iterator<Item = &'n Arc<Node>>) -> serde_json::Result<Self> {
        let mut seen: HashSet<usize> = HashSet::default();
        let mut texts: HashMap<usize, Box<RawValue>> = HashMap::default();
        for node in nodes {
            let config = address(&node.config);
            if !seen.insert(config) && !texts.contains_key(&config) {
                texts.insert(config, to_raw_value(&node.config)?);
            }
        }
        Ok(Self(texts))
    }
}

fn address(config: &Arc<Config>) -> usize {
    Arc::as_ptr(config).addr()
}

impl Serialize for Node {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        self.fields(&*self.config, &mut map)?;
        map.end()
    }
}

impl Node {
    fn fields<M: SerializeMap>(
        &self,
        config: &(impl Serialize + ?Sized),
        map: &mut M,
    ) -> Result<(), M::Error> {
        if let NodeKind::Function(part) = &self.kind {
            map.serialize_entry("returns", &part.returns)?;
        }
        self.head_fields(config, map)?;
        match &self.kind {
            NodeKind::Seed { root_path } => {
                map.serialize_entry("root_path", root_path)?;
                let macros = MacroDependsOn { macros: self.depends_on.macros.clone() };
                map.serialize_entry("depends_on", &macros)?;
            }
            _ => self.code_fields(map)?,
        }
        match &self.kind {
            NodeKind::Model(part) => {
                map.serialize_entry("access", &part.access)?;
                map.serialize_entry("constraints", &part.constraints)?;
                map.serialize_entry("version", &part.version)?;
                map.serialize_entry("latest_version", &part.latest_version)?;
                map.serialize_entry("deprecation_date", &part.deprecation_date)?;
                map.serialize_entry("primary_key", &part.primary_key)?;
                map.serialize_entry("time_spine", &part.time_spine)?;
            }
            NodeKind::GenericTest(part) => {
                map.serialize_entry("column_name", &part.column_name)?;
                map.serialize_entry("file_key_name", &part.file_key_name)?;
                map.serialize_entry("attached_node", &part.attached_node)?;
                map.serialize_entry("test_metadata", &part.test_metadata)?;
            }
            NodeKind::Operation { index } => map.serialize_entry("index", index)?,
            NodeKind::Function(part) => {
                map.serialize_entry("arguments", &part.arguments)?;
                // dbt 1.11 has none
                if !part.overloads.is_empty() {
                    map.serialize_entry("overloads", &part.overloads)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// What every kind has.
    fn head_fields<M: SerializeMap>(
        &self,
        config: &(impl Serialize + ?Sized),
        map: &mut M,
    ) -> Result<(), M::Error> {
        map.serialize_entry("database", &self.database)?;
        map.serialize_entry("schema", &self.schema)?;
        map.serialize_entry("name", &self.name)?;
        map.serialize_entry("resource_type", &self.resource_type())?;
        map.serialize_entry("package_name", &self.package_name)?;
        map.serialize_entry("path", &self.path)?;
        map.serialize_entry("original_file_path", &self.original_file_path)?;
        map.serialize_entry("unique_id", &self.unique_id)?;
        map.serialize_entry("fqn", &self.fqn)?;
        map.serialize_entry("alias", &self.alias)?;
        map.serialize_entry("checksum", &self.checksum)?;
        map.serialize_entry("config", config)?;
        map.serialize_entry("tags", &self.tags)?;
        map.serialize_entry("description", &self.description)?;
        map.serialize_entry("columns", &self.columns)?;
        map.serialize_entry("meta", &self.meta)?;
        map.serialize_entry("group", &self.group)?;
        map.serialize_entry("docs", &self.docs)?;
        map.serialize_entry("patch_path", &self.patch_path)?;
        map.serialize_entry("build_path", &self.build_path)?;
        map.serialize_entry("unrendered_config", &self.unrendered_config)?;
        map.serialize_entry("created_at", &self.created_at)?;
        map.serialize_entry("relation_name", &self.relation_name)?;
        map.serialize_entry("raw_code", &self.raw_code)?;
        map.serialize_entry("doc_blocks", &self.doc_blocks)
    }

    /// What every kind but seeds has.
    fn code_fields<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        map.serialize_entry("language", &self.language)?;
        map.serialize_entry("refs", &self.refs)?;
        map.serialize_entry("sources", &self.sources)?;
        map.serialize_entry("metrics", &self.metrics)?;
        map.serialize_entry("functions", &self.functions)?;
        map.serialize_entry("depends_on", &self.depends_on)?;
        map.serialize_entry("compiled_path", &self.compiled_path)?;
        if let Some(compiled) = &self.compiled {
            map.serialize_entry("compiled", &true)?;
            map.serialize_entry("compiled_code", &compiled.code)?;
            map.serialize_entry("extra_ctes_injected", &compiled.extra_ctes_injected)?;
            map.serialize_entry("extra_ctes", &compiled.extra_ctes)?;
        }
        map.serialize_entry("contract", &self.contract)
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Flat::deserialize(deserializer).map(Self::from)
    }
}

/// All keys of all kinds, each of them optional.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Flat {
    resource_type: Option<ResourceType>,
    database: Option<String>,
    #[serde(deserialize_with = "lenient::or_default")]
    schema: String,
    name: String,
    package_name: String,
    path: String,
    original_file_path: String,
    unique_id: String,
    fqn: Vec<String>,
    #[serde(deserialize_with = "lenient::or_default")]
    alias: String,
    #[serde(deserialize_with = "lenient::or_default")]
    checksum: FileHash,
    #[serde(deserialize_with = "lenient::or_default")]
    config: Config,
    #[serde(deserialize_with = "lenient::one_or_many")]
    tags: Vec<String>,
    #[serde(deserialize_with = "lenient::or_default")]
    description: String,
    #[serde(deserialize_with = "lenient::or_default")]
    columns: IndexMap<String, Column>,
    #[serde(deserialize_with = "lenient::or_default")]
    meta: SparseMap,
    group: Option<String>,
    #[serde(deserialize_with = "lenient::or_default")]
    docs: Docs,
    patch_path: Option<String>,
    build_path: Option<String>,
    #[serde(deserialize_with = "lenient::or_default")]
    unrendered_config: SparseMap,
    #[serde(deserialize_with = "lenient::or_default")]
    created_at: f64,
    relation_name: Option<String>,
    #[serde(alias = "raw_sql")]
    raw_code: Option<Arc<str>>,
    #[serde(deserialize_with = "lenient::or_default")]
    doc_blocks: Vec<String>,
    language: Option<Language>,
    #[serde(deserialize_with = "lenient::or_default")]
    refs: Vec<RefArgs>,
    #[serde(deserialize_with = "lenient::or_default")]
    sources: Vec<Vec<String>>,
    #[serde(deserialize_with = "lenient::or_default")]
    metrics: Vec<Vec<String>>,
    #[serde(deserialize_with = "lenient::or_default")]
    functions: Vec<Vec<String>>,
    #[serde(deserialize_with = "lenient::or_default")]
    depends_on: DependsOn,
    compiled_path: Option<String>,
    #[serde(deserialize_with = "lenient::or_default")]
    compiled: bool,
    #[serde(alias = "compiled_sql")]
    compiled_code: Option<Arc<str>>,
    #[serde(deserialize_with = "lenient::or_default")]
    extra_ctes_injected: bool,
    #[serde(deserialize_with = "lenient::or_default")]
    extra_ctes: Vec<InjectedCte>,
    #[serde(deserialize_with = "lenient::or_default")]
    contract: Contract,
    #[serde(deserialize_with = "lenient::or_default")]
    access: Access,
    #[serde(deserialize_with = "lenient::or_default")]
    constraints: Vec<Constraint>,
    version: Option<Version>,
    latest_version: Option<Version>,
    deprecation_date: Option<String>,
    #[serde(deserialize_with = "lenient::or_default")]
    primary_key: Vec<String>,
    time_spine: Option<TimeSpine>,
    root_path: Option<String>,
    column_name: Option<String>,
    file_key_name: Option<String>,
    attached_node: Option<String>,
    test_metadata: Option<TestMetadata>,
    index: Option<i64>,
    returns: Option<FunctionReturns>,
    #[serde(deserialize_with = "lenient::or_default")]
    arguments: Vec<FunctionArgument>,
    #[serde(deserialize_with = "lenient::or_default")]
    overloads: Vec<FunctionOverload>,
}

impl Flat {
    fn take_kind(&mut self) -> NodeKind {
        use std::mem::take;
        match self.resource_type {
            Some(ResourceType::Analysis) => NodeKind::Analysis,
            Some(ResourceType::Seed) => NodeKind::Seed { root_path: take(&mut self.root_path) },
            Some(ResourceType::Snapshot) => NodeKind::Snapshot,
            Some(ResourceType::Operation) => NodeKind::Operation { index: self.index },
            Some(ResourceType::SqlOperation) => NodeKind::SqlOperation,
            Some(ResourceType::Test) => match take(&mut self.test_metadata) {
                None => NodeKind::SingularTest,
                Some(test_metadata) => NodeKind::GenericTest(Box::new(GenericTestPart {
                    column_name: take(&mut self.column_name),
                    file_key_name: take(&mut self.file_key_name),
                    attached_node: take(&mut self.attached_node),
                    test_metadata,
                })),
            },
            Some(ResourceType::Function) => NodeKind::Function(Box::new(FunctionPart {
                returns: take(&mut self.returns).unwrap_or_default(),
                arguments: take(&mut self.arguments),
                overloads: take(&mut self.overloads),
            })),
            _ => NodeKind::Model(Box::new(ModelPart {
                access: self.access,
                constraints: take(&mut self.constraints),
                version: take(&mut self.version),
                latest_version: take(&mut self.latest_version),
                deprecation_date: take(&mut self.deprecation_date),
                primary_key: take(&mut self.primary_key),
                time_spine: take(&mut self.time_spine),
            })),
        }
    }
}

impl From<Flat> for Node {
    fn from(mut flat: Flat) -> Self {
        let kind = flat.take_kind();
        let compiled = flat.compiled.then(|| {
            Box::new(Compiled {
                code: flat.compiled_code,
                extra_ctes_injected: flat.extra_ctes_injected,
                extra_ctes: flat.extra_ctes,
            })
        });
        Self {
            kind,
            database: flat.database,
            schema: flat.schema,
            name: flat.name,
            package_name: flat.package_name,
            path: flat.path,
            original_file_path: flat.original_file_path,
            unique_id: flat.unique_id,
            fqn: flat.fqn,
            alias: flat.alias,
            checksum: flat.checksum,
            config: Arc::new(flat.config),
            tags: flat.tags,
            description: flat.description,
            columns: flat.columns,
            meta: flat.meta,
            group: flat.group,
            docs: flat.docs,
            patch_path: flat.patch_path,
            build_path: flat.build_path,
            unrendered_config: flat.unrendered_config,
            created_at: flat.created_at,
            relation_name: flat.relation_name,
            raw_code: flat.raw_code.unwrap_or_else(|| Arc::from("")),
            doc_blocks: flat.doc_blocks,
            language: flat.language.unwrap_or_default(),
            refs: flat.refs,
            sources: flat.sources,
            metrics: flat.metrics,
            functions: flat.functions,
            depends_on: flat.depends_on,
            compiled_path: flat.compiled_path,
            compiled,
            contract: flat.contract,
        }
    }
}
