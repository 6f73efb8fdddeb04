//! A node as manifest.json has it: flat, with the keys of its kind only, in dbt's order.

use std::sync::Arc;

use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::hashed::{HashMap, HashSet, IndexMap};

use super::json_text::{self, Known};
use super::{
    Access, Column, Compiled, Config, Constraint, Contract, DependsOn, Docs, FileHash, FunctionArgument,
    FunctionOverload, FunctionPart, FunctionReturns, GenericTestPart, InjectedCte, Language, MacroDependsOn,
    ModelPart, Node, NodeKind, RefArgs, ResourceType, SparseMap, TestMetadata, TimeSpine, Version, lenient,
};

/// Appends a node's text.
pub(super) fn write_node(
    out: &mut String,
    node: &Arc<Node>,
    configs: &SharedConfigs,
) -> serde_json::Result<()> {
    let known = configs.0.get(&address(&node.config));
    json_text::write_fields(out, known.map_or("", String::as_str), |fields| match known {
        Some(_) => node.fields(&Known, fields),
        None => node.fields(&*node.config, fields),
    })
}

/// The texts of configs that several nodes have in common, by address: most nodes of a project share theirs.
pub(super) struct SharedConfigs(HashMap<usize, String>);

impl SharedConfigs {
    pub(super) fn of<'n>(nodes: impl Iterator<Item = &'n Arc<Node>>) -> serde_json::Result<Self> {
        let mut seen: HashSet<usize> = HashSet::default();
        let mut texts: HashMap<usize, String> = HashMap::default();
        for node in nodes {
            let config = address(&node.config);
            if !seen.insert(config) && !texts.contains_key(&config) {
                texts.insert(config, serde_json::to_string(&node.config)?);
            }
        }
        Ok(Self(texts))
    }
}

fn address(config: &Arc<Config>) -> usize {
    Arc::as_ptr(config).addr()
}

/// Takes the fields of a node, one after the other.
trait Fields {
    type Error;

    fn field(
        &mut self,
        name: &'static str,
        value: &(impl Serialize + ?Sized),
    ) -> std::result::Result<(), Self::Error>;
}

impl Fields for json_text::Items<'_, '_> {
    type Error = serde_json::Error;

    fn field(&mut self, name: &'static str, value: &(impl Serialize + ?Sized)) -> serde_json::Result<()> {
        Self::field(self, name, value)
    }
}

/// Fields as entries of a serde map.
struct Entries<M>(M);

impl<M: SerializeMap> Fields for Entries<M> {
    type Error = M::Error;

    fn field(&mut self, name: &'static str, value: &(impl Serialize + ?Sized)) -> Result<(), M::Error> {
        self.0.serialize_entry(name, value)
    }
}

impl Serialize for Node {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut entries = Entries(serializer.serialize_map(None)?);
        self.fields(&*self.config, &mut entries)?;
        entries.0.end()
    }
}

impl Node {
    fn fields<F: Fields>(&self, config: &(impl Serialize + ?Sized), map: &mut F) -> Result<(), F::Error> {
        if let NodeKind::Function(part) = &self.kind {
            map.field("returns", &part.returns)?;
        }
        self.head_fields(config, map)?;
        match &self.kind {
            NodeKind::Seed { root_path } => {
                map.field("root_path", root_path)?;
                let macros = MacroDependsOn { macros: self.depends_on.macros.clone() };
                map.field("depends_on", &macros)?;
            }
            _ => self.code_fields(map)?,
        }
        match &self.kind {
            NodeKind::Model(part) => {
                map.field("access", &part.access)?;
                map.field("constraints", &part.constraints)?;
                map.field("version", &part.version)?;
                map.field("latest_version", &part.latest_version)?;
                map.field("deprecation_date", &part.deprecation_date)?;
                map.field("primary_key", &part.primary_key)?;
                map.field("time_spine", &part.time_spine)?;
            }
            NodeKind::GenericTest(part) => {
                map.field("column_name", &part.column_name)?;
                map.field("file_key_name", &part.file_key_name)?;
                map.field("attached_node", &part.attached_node)?;
                map.field("test_metadata", &part.test_metadata)?;
            }
            NodeKind::Operation { index } => map.field("index", index)?,
            NodeKind::Function(part) => {
                map.field("arguments", &part.arguments)?;
                // dbt 1.11 has none
                if !part.overloads.is_empty() {
                    map.field("overloads", &part.overloads)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// What every kind has.
    fn head_fields<F: Fields>(
        &self,
        config: &(impl Serialize + ?Sized),
        map: &mut F,
    ) -> Result<(), F::Error> {
        map.field("database", &self.database)?;
        map.field("schema", &self.schema)?;
        map.field("name", &self.name)?;
        map.field("resource_type", &self.resource_type())?;
        map.field("package_name", &self.package_name)?;
        map.field("path", &self.path)?;
        map.field("original_file_path", &self.original_file_path)?;
        map.field("unique_id", &self.unique_id)?;
        map.field("fqn", &self.fqn)?;
        map.field("alias", &self.alias)?;
        map.field("checksum", &self.checksum)?;
        map.field("config", config)?;
        map.field("tags", &self.tags)?;
        map.field("description", &self.description)?;
        map.field("columns", &self.columns)?;
        map.field("meta", &self.meta)?;
        map.field("group", &self.group)?;
        map.field("docs", &self.docs)?;
        map.field("patch_path", &self.patch_path)?;
        map.field("build_path", &self.build_path)?;
        map.field("unrendered_config", &self.unrendered_config)?;
        map.field("created_at", &self.created_at)?;
        map.field("relation_name", &self.relation_name)?;
        map.field("raw_code", &self.raw_code)?;
        map.field("doc_blocks", &self.doc_blocks)
    }

    /// What every kind but seeds has.
    fn code_fields<F: Fields>(&self, map: &mut F) -> Result<(), F::Error> {
        map.field("language", &self.language)?;
        map.field("refs", &self.refs)?;
        map.field("sources", &self.sources)?;
        map.field("metrics", &self.metrics)?;
        map.field("functions", &self.functions)?;
        map.field("depends_on", &self.depends_on)?;
        map.field("compiled_path", &self.compiled_path)?;
        if let Some(compiled) = &self.compiled {
            map.field("compiled", &true)?;
            map.field("compiled_code", &compiled.code)?;
            map.field("extra_ctes_injected", &compiled.extra_ctes_injected)?;
            map.field("extra_ctes", &compiled.extra_ctes)?;
        }
        map.field("contract", &self.contract)
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
