//! What changed since an earlier manifest: new and old resources, aspect by aspect, as dbt compares them.

use serde_json::Value;

use crate::diagnostic::{Diagnostic, Result};
use crate::hashed::HashSet;

use super::contract;
use super::macros::modified_macros;
use crate::manifest::{
    Config, Exposure, Manifest, Metric, Node, NodeKind, Resource, SavedQuery, SemanticModel, SourceDefinition,
};

/// What follows `state:`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Aspect {
    New,
    Old,
    Modified,
    Unmodified,
    Body,
    Configs,
    PersistedDescriptions,
    Relation,
    Macros,
    Contract,
}

impl Aspect {
    pub(crate) const NAMES: [(&'static str, Self); 10] = [
        ("new", Self::New),
        ("old", Self::Old),
        ("modified", Self::Modified),
        ("unmodified", Self::Unmodified),
        ("modified.body", Self::Body),
        ("modified.configs", Self::Configs),
        ("modified.persisted_descriptions", Self::PersistedDescriptions),
        ("modified.relation", Self::Relation),
        ("modified.macros", Self::Macros),
        ("modified.contract", Self::Contract),
    ];

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(known, _)| *known == name).map(|&(_, aspect)| aspect)
    }
}

/// The flag `state_modified_compare_more_unrendered_values`, for database and schema of sources.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum SourceNames {
    #[default]
    Rendered,
    Unrendered,
}

/// Two manifests side by side.
pub(crate) struct StateComparison<'a> {
    new: &'a Manifest,
    old: &'a Manifest,
    source_names: SourceNames,
    modified_macros: HashSet<&'a str>,
    /// Changed contracts of unversioned models, seeds too big to compare.
    pub warnings: Vec<Diagnostic>,
}

impl<'a> StateComparison<'a> {
    pub(crate) fn new(new: &'a Manifest, old: &'a Manifest, source_names: SourceNames) -> Self {
        Self { new, old, source_names, modified_macros: modified_macros(new, old), warnings: Vec::new() }
    }

    /// Whether the aspect holds for a resource of the new manifest.
    pub(crate) fn holds(&mut self, aspect: Aspect, resource: Resource<'a>) -> Result<bool> {
        let old = self.old.resource(resource.unique_id());
        Ok(match aspect {
            Aspect::New => old.is_none(),
            Aspect::Old => old.is_some(),
            Aspect::Modified => self.is_modified(resource, old)?,
            Aspect::Unmodified => !self.is_modified(resource, old)?,
            Aspect::Macros => self.calls_modified_macro(resource),
            Aspect::Body => self.differs_as_node(resource, old, same_body),
            Aspect::PersistedDescriptions => self.differs_as_node(resource, old, same_persisted_description),
            Aspect::Relation => match (resource, old) {
                (Resource::Source(_) | Resource::Node(_), None) => true,
                (Resource::Source(new), Some(Resource::Source(old))) => !self.same_source_relation(new, old),
                (Resource::Node(new), Some(Resource::Node(old))) => !same_relation(new, old),
                _ => false,
            },
            Aspect::Configs => match (resource, old) {
                (Resource::UnitTest(_), _) => false,
                (_, None) => true,
                (new, Some(old)) => !same_config(new, old),
            },
            Aspect::Contract => match (resource, old) {
                (Resource::Node(_), None) => true,
                (Resource::Node(new), Some(Resource::Node(old))) => !self.same_contract(new, old)?,
                _ => false,
            },
        })
    }

    /// Models that are gone may break a contract; dbt looks at them whenever these aspects are asked for.
    pub(crate) fn check_removed(&mut self, aspect: Aspect) -> Result<()> {
        if !matches!(aspect, Aspect::Modified | Aspect::Unmodified | Aspect::Contract) {
            return Ok(());
        }
        for (id, node) in &self.old.nodes {
            let disabled = self.new.disabled.get(id).and_then(|list| list.first()).map(|it| it.resource());
            let removed: &Node = match disabled {
                Some(Resource::Node(node)) => node,
                None if !self.new.nodes.contains_key(id) => node,
                _ => continue,
            };
            if let Some(warning) = contract::removed(removed)? {
                self.warn(warning);
            }
        }
        Ok(())
    }

    fn warn(&mut self, warning: Diagnostic) {
        // dbt asks some questions twice, the user hears the answer once
        if !self.warnings.iter().any(|known| known.message == warning.message) {
            self.warnings.push(warning);
        }
    }

    fn is_modified(&mut self, new: Resource<'a>, old: Option<Resource<'a>>) -> Result<bool> {
        let same = match (new, old) {
            // dbt: these are not modified when they are new, anything else is
            (
                Resource::Source(_)
                | Resource::Exposure(_)
                | Resource::Metric(_)
                | Resource::SemanticModel(_)
                | Resource::SavedQuery(_),
                None,
            ) => true,
            (Resource::Node(new), Some(Resource::Node(old))) => self.same_node(new, old)?,
            (Resource::Source(new), Some(Resource::Source(old))) => self.same_source(new, old),
            (Resource::Exposure(new), Some(Resource::Exposure(old))) => same_exposure(new, old),
            (Resource::Metric(new), Some(Resource::Metric(old))) => same_metric(new, old),
            (Resource::SemanticModel(new), Some(Resource::SemanticModel(old))) => {
                same_semantic_model(new, old)
            }
            (Resource::SavedQuery(new), Some(Resource::SavedQuery(old))) => same_saved_query(new, old),
            (Resource::UnitTest(new), Some(Resource::UnitTest(old))) => new.checksum == old.checksum,
            _ => false,
        };
        Ok(!same || self.calls_modified_macro(new))
    }

    fn same_node(&mut self, new: &Node, old: &Node) -> Result<bool> {
        let config = same_config(Resource::Node(new), Resource::Node(old));
        if matches!(new.kind, NodeKind::GenericTest(_)) {
            return Ok(config && new.fqn == old.fqn);
        }
        let contract = self.same_contract(new, old)?;
        self.warn_of_big_seed(new, old);
        let same_kind = match (&new.kind, &old.kind) {
            (NodeKind::Model(new), NodeKind::Model(old)) => {
                new.latest_version == old.latest_version
                    && new.access == old.access
                    && new.deprecation_date == old.deprecation_date
            }
            (NodeKind::Function(new), NodeKind::Function(old)) => new == old,
            _ => true,
        };
        Ok(same_body(new, old)
            && config
            && same_persisted_description(new, old)
            && new.fqn == old.fqn
            && same_relation(new, old)
            && contract
            && same_kind)
    }

    fn same_contract(&mut self, new: &Node, old: &Node) -> Result<bool> {
        let (same, warning) = contract::compare(new, old)?;
        if let Some(warning) = warning {
            self.warn(warning);
        }
        Ok(same)
    }

    fn calls_modified_macro(&self, resource: Resource<'_>) -> bool {
        let macros: &[String] = match resource {
            Resource::Node(it) => &it.depends_on.macros,
            Resource::Exposure(it) => &it.depends_on.macros,
            Resource::Metric(it) => &it.depends_on.macros,
            Resource::SemanticModel(it) => &it.depends_on.macros,
            Resource::SavedQuery(it) => &it.depends_on.macros,
            Resource::UnitTest(it) => &it.depends_on.macros,
            Resource::Source(_) => &[],
        };
        macros.iter().any(|id| self.modified_macros.contains(id.as_str()))
    }

    fn differs_as_node(
        &mut self,
        new: Resource<'_>,
        old: Option<Resource<'_>>,
        same: impl Fn(&Node, &Node) -> bool,
    ) -> bool {
        match (new, old) {
            (Resource::Node(_), None) => true,
            (Resource::Node(new), Some(Resource::Node(old))) => {
                self.warn_of_big_seed(new, old);
                !same(new, old)
            }
            _ => false,
        }
    }

    fn same_source_relation(&self, new: &SourceDefinition, old: &SourceDefinition) -> bool {
        let same_names = match self.source_names {
            SourceNames::Rendered => new.database == old.database && new.schema == old.schema,
            SourceNames::Unrendered => {
                new.unrendered_database == old.unrendered_database
                    && new.unrendered_schema == old.unrendered_schema
            }
        };
        same_names && new.identifier == old.identifier
    }

    fn same_source(&self, new: &SourceDefinition, old: &SourceDefinition) -> bool {
        self.same_source_relation(new, old)
            && new.fqn == old.fqn
            && same_config(Resource::Source(new), Resource::Source(old))
            && new.quoting == old.quoting
            && new.freshness == old.freshness
            && new.loaded_at_field == old.loaded_at_field
            && new.external == old.external
    }

    /// A seed that is too big to hash is known by its path only.
    fn warn_of_big_seed(&mut self, new: &Node, old: &Node) {
        if !matches!(new.kind, NodeKind::Seed { .. }) || new.checksum.name != "path" {
            return;
        }
        let (code, verdict) = if old.checksum.name != "path" {
            ("SeedIncreased", "The previous file was <=1MB, so it has changed")
        } else if new.checksum.same(&old.checksum) {
            (
                "SeedExceedsLimitSamePath",
                "It stands at the same path, dbt cannot tell if it has changed: assuming they are the same",
            )
        } else {
            (
                "SeedExceedsLimitAndPathChanged",
                "The previous file was in a different location, assuming it has changed",
            )
        };
        let message = format!("Found a seed ({}.{}) >1MB in size. {verdict}", new.package_name, new.name);
        self.warn(Diagnostic::warning(code, message));
    }
}

fn same_body(new: &Node, old: &Node) -> bool {
    match new.kind {
        NodeKind::Seed { .. } => new.checksum.same(&old.checksum),
        _ => new.raw_code == old.raw_code,
    }
}

fn same_persisted_description(new: &Node, old: &Node) -> bool {
    let persists =
        |part: &str| new.config.get("persist_docs").and_then(|docs| docs.get(part)).is_some_and(is_truthy);
    if persists("relation") && new.description != old.description {
        return false;
    }
    !persists("columns")
        || (new.columns.len() == old.columns.len()
            && new.columns.iter().all(|(name, column)| {
                old.columns.get(name).is_some_and(|other| other.description == column.description)
            }))
}

fn is_truthy(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(flag) => *flag,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(list) => !list.is_empty(),
        Value::Object(map) => !map.is_empty(),
    }
}

/// What was configured, not what `generate_schema_name` made of it.
fn same_relation(new: &Node, old: &Node) -> bool {
    ["database", "schema", "alias"]
        .iter()
        .all(|key| new.unrendered_config.get(*key) == old.unrendered_config.get(*key))
}

const TEST_MODIFIERS: [&str; 8] =
    ["severity", "where", "limit", "fail_calc", "warn_if", "error_if", "store_failures", "store_failures_as"];

fn same_config(new: Resource<'_>, old: Resource<'_>) -> bool {
    match (new, old) {
        (Resource::Node(new), Resource::Node(old)) if new.is_test() => {
            let (new, old) = (&new.unrendered_config, &old.unrendered_config);
            TEST_MODIFIERS.iter().all(|key| new.get(*key) == old.get(*key))
        }
        (Resource::Node(new), Resource::Node(old)) => {
            // these belong to the relation, or change nothing that is built
            let apart = ["alias", "schema", "database", "tags", "group"];
            same_keys(&new.unrendered_config, &old.unrendered_config, &apart)
        }
        (Resource::Source(new), Resource::Source(old)) => {
            same_keys(&new.unrendered_config, &old.unrendered_config, &[])
        }
        (Resource::Exposure(new), Resource::Exposure(old)) => {
            same_keys(&new.unrendered_config, &old.unrendered_config, &[])
        }
        (Resource::Metric(new), Resource::Metric(old)) => {
            same_keys(&new.unrendered_config, &old.unrendered_config, &["group"])
        }
        (new, old) => new.config() == old.config(),
    }
}

fn same_keys(new: &Config, old: &Config, apart: &[&str]) -> bool {
    let counts = |key: &&String| !apart.contains(&key.as_str());
    new.keys().filter(counts).all(|key| new.get(key) == old.get(key))
        && old.keys().filter(counts).all(|key| new.contains_key(key))
}

fn same_exposure(new: &Exposure, old: &Exposure) -> bool {
    let parents = |exposure: &Exposure| {
        let mut nodes = exposure.depends_on.nodes.clone();
        nodes.sort_unstable();
        nodes
    };
    new.fqn == old.fqn
        && new.kind == old.kind
        && new.owner == old.owner
        && new.maturity == old.maturity
        && new.url == old.url
        && new.description == old.description
        && new.label == old.label
        && parents(new) == parents(old)
        && same_config(Resource::Exposure(new), Resource::Exposure(old))
}

fn same_metric(new: &Metric, old: &Metric) -> bool {
    new.kind == old.kind
        && new.description == old.description
        && new.label == old.label
        && same_config(Resource::Metric(new), Resource::Metric(old))
}

fn same_semantic_model(new: &SemanticModel, old: &SemanticModel) -> bool {
    new.model == old.model
        && new.description == old.description
        && new.defaults == old.defaults
        && new.entities == old.entities
        && new.dimensions == old.dimensions
        && new.measures == old.measures
        && new.config == old.config
        && new.primary_entity == old.primary_entity
        && new.group == old.group
}

fn same_saved_query(new: &SavedQuery, old: &SavedQuery) -> bool {
    let exports = |query: &SavedQuery| -> Vec<_> {
        let keys = ["export_as", "schema", "alias"];
        let settings = |config: &Config| keys.map(|key| config.get(key).cloned());
        query.exports.iter().map(|it| (it.name.clone(), settings(&it.unrendered_config))).collect()
    };
    new.query_params.metrics == old.query_params.metrics
        && new.query_params.group_by == old.query_params.group_by
        && new.query_params.filter == old.query_params.filter
        && new.description == old.description
        && new.label == old.label
        && new.config == old.config
        && new.group == old.group
        && new.tags == old.tags
        && exports(new) == exports(old)
}
