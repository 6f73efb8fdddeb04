//! Entries of properties files merged into the drafts that they describe.

use std::sync::Arc;

use serde_json::{Map, Value as Json};

use super::draft::Draft;
use super::properties::{EntryPlace, EntryTests, NodePatch, VersionPatch};
use super::settle::{NodeClass, Parser};
use super::test_group::{Attached, TestGroup};
use super::trees::ConfigOf;
use crate::config::properties::{ArgumentProperties, PropertyKind};
use crate::diagnostic::{Diagnostic, Result};
use crate::manifest::{
    Column, CustomGranularity, FunctionArgument, FunctionPart, FunctionReturns, Node, NodeKind, TimeSpine,
    Version,
};
use crate::options::behavior;

fn class_of(kind: PropertyKind) -> NodeClass {
    match kind {
        PropertyKind::Models => NodeClass::Model,
        PropertyKind::Seeds => NodeClass::Seed,
        PropertyKind::Snapshots => NodeClass::Snapshot,
        PropertyKind::Analyses => NodeClass::Analysis,
        PropertyKind::DataTests => NodeClass::SingularTest,
        PropertyKind::Functions => NodeClass::Function,
        _ => NodeClass::Other,
    }
}

impl Parser<'_> {
    pub(super) fn patch(&mut self, patch: NodePatch) -> Result<()> {
        if patch.kind == PropertyKind::Snapshots
            && let Some(relation) = patch.relation.clone()
        {
            self.add_yaml_snapshot(&patch, &relation)?;
        }
        if patch.versions.is_empty() {
            return self.patch_plain(patch);
        }
        self.patch_versions(patch)
    }

    /// The drafts of a name that an entry describes. dbt: what is enabled stands before what is not, the entry's own
    /// package before others; only an own node can be described while it is disabled.
    fn find(&self, class: NodeClass, name: &str, package: &str) -> Vec<usize> {
        let named = self.draft_index.get(&(class, name.to_owned())).map(Vec::as_slice).unwrap_or_default();
        let is_own = |at: &usize| self.drafts[*at].node.package_name == package;
        let crosses_packages = matches!(class, NodeClass::Model | NodeClass::Seed | NodeClass::Snapshot);
        match named {
            [] => Vec::new(),
            [only] if is_own(only) => vec![*only],
            _ => {
                let (own, others): (Vec<usize>, Vec<usize>) = named.iter().partition(|at| is_own(at));
                let enabled = |of: &[usize]| -> Vec<usize> {
                    of.iter().copied().filter(|&at| self.is_enabled_by_file(&self.drafts[at])).collect()
                };
                let mut found = enabled(&own);
                if found.is_empty() && crosses_packages {
                    found = enabled(&others);
                }
                if found.is_empty() { own } else { found }
            }
        }
    }

    /// Whether a node is enabled by its file and by dbt_project.yml.
    fn is_enabled_by_file(&self, draft: &Draft) -> bool {
        let config = self.trees.resolve(&ConfigOf::node(&draft.node), &Map::new(), &draft.calls);
        // a config that is refused is reported where all nodes are settled
        config.map_or(true, |config| config.get("enabled").and_then(Json::as_bool) != Some(false))
    }

    /// dbt: without the flag the unrendered config of a node holds what its properties file renders to.
    pub(super) fn keeps_written_config(&self) -> bool {
        self.request.flags.follows(&behavior::STATE_MODIFIED_COMPARE_MORE_UNRENDERED_VALUES)
    }

    fn patch_plain(&mut self, mut patch: NodePatch) -> Result<()> {
        let class = class_of(patch.kind);
        let found = self.find(class, &patch.name, &patch.place.package);
        if found.is_empty() {
            self.warn_no_node(&patch, &patch.name);
        }
        self.refuse_several_disabled(&patch, &found)?;
        for &at in &found {
            if let Some(other) = &self.drafts[at].node.patch_path {
                return Err(duplicate_patch(&patch, other));
            }
        }
        // dbt: a snapshot that is only YAML has its config rendered here whatever the flag says
        let keeps_written = self.keeps_written_config() && patch.relation.is_none();
        let is_one = found.len() == 1;
        for at in found {
            let draft = &mut self.drafts[at];
            let written = if keeps_written { &patch.config_written } else { &patch.config };
            draft.configure(&patch.config, written)?;
            draft.patched_at = Some(patch.place.span.clone());
            if draft.node.package_name != patch.place.package {
                draft.described_by = Some(patch.place.package.clone());
            }
            let node = draft.node_mut();
            node.patch_path = Some(patch.place.patch_path.clone());
            node.description.clone_from(&patch.description);
            node.columns = if is_one { std::mem::take(&mut patch.columns) } else { patch.columns.clone() };
            if let NodeKind::Model(part) = &mut node.kind {
                part.deprecation_date = patch.deprecation_date.as_deref().map(moment);
                part.constraints.clone_from(&patch.constraints);
                part.latest_version.clone_from(&patch.latest_version);
                part.time_spine = time_spine(&patch);
                if let Some(spine) = &part.time_spine {
                    check_time_spine(spine, node.columns.values(), &node.name)
                        .map_err(|problem| problem.label(patch.place.span.clone(), "").boxed())?;
                }
            }
            if let (NodeKind::Function(part), Some(function)) = (&mut node.kind, &patch.function) {
                **part = function_part(function);
                self.absorb_overloads(at, function)?;
            }
            self.constraint_references(at, &patch.place)?;
        }
        // dbt: tests of a model that does not exist still become nodes, and are then reported
        if matches!(patch.kind, PropertyKind::Models | PropertyKind::Seeds | PropertyKind::Snapshots) {
            let tests = std::mem::take(&mut patch.tests);
            self.queue_tests(&patch, None, tests);
        }
        Ok(())
    }

    /// An entry cannot enable one of several.
    fn refuse_several_disabled(&self, patch: &NodePatch, found: &[usize]) -> Result<()> {
        let enables = patch.config.get("enabled").and_then(Json::as_bool) == Some(true);
        if !enables || found.len() < 2 || found.iter().any(|&at| self.is_enabled_by_file(&self.drafts[at])) {
            return Ok(());
        }
        let kind = patch.kind.key().trim_end_matches('s');
        let message = format!(
            "Found {} matching disabled nodes for {kind} '{}'. Multiple nodes for the same unique_id cannot be enabled in a \
             properties file.",
            found.len(),
            patch.name
        );
        Err(Diagnostic::parsing("several-disabled", message)
            .label(patch.place.span.clone(), "")
            .help("enable one of them in dbt_project.yml or by `config(enabled=true)` in its file")
            .boxed())
    }

    fn warn_no_node(&mut self, patch: &NodePatch, name: &str) {
        for class in [NodeClass::Model, NodeClass::Seed, NodeClass::Snapshot] {
            if class != class_of(patch.kind) && !self.find(class, name, &patch.place.package).is_empty() {
                let kind = match class {
                    NodeClass::Model => "model",
                    NodeClass::Seed => "seed",
                    _ => "snapshot",
                };
                self.warnings.push(
                    Diagnostic::warning(
                        "WrongResourceSchemaFile",
                        format!(
                            "'{name}' is a {kind} node, but it is specified in the {} section of {}.\n\
                             To fix this error, place the `{name}` specification under the {kind}s key instead.",
                            patch.kind.key(),
                            patch.place.file
                        ),
                    )
                    .label(patch.place.span.clone(), ""),
                );
                return;
            }
        }
        let near = crate::diagnostic::did_you_mean(
            name,
            self.drafts
                .iter()
                .filter(|draft| NodeClass::of(&draft.node) == class_of(patch.kind))
                .map(|draft| draft.node.name.as_str()),
        );
        self.warnings.push(
            Diagnostic::warning(
                "NoNodeForYamlKey",
                format!(
                    "Did not find matching node for patch with name '{name}' in the '{}' section of file '{}'",
                    patch.kind.key(),
                    patch.place.file
                ),
            )
            .label(patch.place.span.clone(), "")
            .maybe_help(near),
        );
    }

    fn patch_versions(&mut self, patch: NodePatch) -> Result<()> {
        let latest = patch
            .latest_version
            .clone()
            .or_else(|| patch.versions.iter().map(|version| version.version.clone()).max());
        for version in &patch.versions {
            let suffixed = format!("{}_v{}", patch.name, version.version);
            let file = version.defined_in.clone().unwrap_or(suffixed);
            let package = &patch.place.package;
            let own = |name: &str| -> Option<usize> {
                self.draft_index
                    .get(&(NodeClass::Model, name.to_owned()))?
                    .iter()
                    .copied()
                    .find(|&at| self.drafts[at].node.package_name == *package)
            };
            let is_latest = Some(&version.version) == latest.as_ref();
            let found = own(&file).or_else(|| if is_latest { own(&patch.name) } else { None });
            match found {
                Some(at) => self.patch_version(at, &patch, version, latest.as_ref())?,
                None => self.warn_no_node(&patch, &file),
            }
        }
        for version in &patch.versions {
            self.queue_tests(&patch, Some(&version.version), version.tests.clone());
        }
        Ok(())
    }

    fn patch_version(
        &mut self,
        at: usize,
        patch: &NodePatch,
        version: &VersionPatch,
        latest: Option<&Version>,
    ) -> Result<()> {
        let keeps_written = self.keeps_written_config();
        let draft = &mut self.drafts[at];
        if let Some(other) = &draft.node.patch_path {
            return Err(duplicate_patch(patch, other));
        }
        let mut config = patch.config.clone();
        deep_merge(&mut config, &version.config);
        if keeps_written {
            let mut written = patch.config_written.clone();
            deep_merge(&mut written, &version.config_written);
            draft.configure(&config, &written)?;
        } else {
            draft.configure(&config, &config)?;
        }
        draft.patched_at = Some(version.span.clone());
        let formatted = format!("v{}", version.version);
        let node = draft.node_mut();
        node.unique_id = format!("model.{}.{}.{formatted}", patch.place.package, patch.name);
        if let Some(last) = node.fqn.last_mut() {
            last.clone_from(&patch.name);
        }
        node.fqn.push(formatted);
        node.name.clone_from(&patch.name);
        node.patch_path = Some(patch.place.patch_path.clone());
        node.description = if version.description.is_empty() {
            patch.description.clone()
        } else {
            version.description.clone()
        };
        node.columns.clone_from(&version.columns);
        if let NodeKind::Model(part) = &mut node.kind {
            part.version = Some(version.version.clone());
            part.latest_version = latest.cloned();
            part.constraints.clone_from(&version.constraints);
            part.deprecation_date = version.deprecation_date.as_deref().map(moment);
        }
        self.constraint_references(at, &patch.place)
    }

    /// Foreign keys that name their target by `ref()` or `source()` make edges.
    fn constraint_references(&mut self, at: usize, place: &EntryPlace) -> Result<()> {
        let node = &self.drafts[at].node;
        let of_model = node.model().map(|part| part.constraints.as_slice()).unwrap_or_default();
        let targets: Vec<String> = node
            .columns
            .values()
            .flat_map(|column| &column.constraints)
            .chain(of_model)
            .filter(|constraint| constraint.kind == "foreign_key")
            .filter_map(|constraint| constraint.to.clone())
            .collect();
        let name = node.name.clone();
        for to in targets {
            let recorded = self.record_expression(&to, place).ok();
            let recorded = recorded.filter(|found| !(found.refs.is_empty() && found.sources.is_empty()));
            let recorded = recorded.ok_or_else(|| {
                Diagnostic::parsing(
                    "constraint-target",
                    format!(
                        "Invalid 'ref' or 'source' syntax on foreign key constraint 'to' on model {name}: {to}."
                    ),
                )
                .label(place.span.clone(), "")
                .help("write `to: ref('orders')` or `to: source('shop', 'orders')`")
            })?;
            let node = self.drafts[at].node_mut();
            node.refs.extend(recorded.refs);
            node.sources.extend(recorded.sources);
        }
        Ok(())
    }

    fn queue_tests(&mut self, patch: &NodePatch, version: Option<&Version>, tests: EntryTests) {
        if tests.tests.is_empty() && tests.columns.is_empty() {
            return;
        }
        let attached = Attached::Node {
            yaml_key: patch.kind.key(),
            name: patch.name.clone(),
            version: version.cloned(),
        };
        self.tests.push(TestGroup {
            place: patch.place.clone(),
            attached,
            tests,
            tags: Vec::new(),
            attached_node: None,
            group: None,
        });
    }

    /// A snapshot that is only YAML selects all of its `relation`.
    fn add_yaml_snapshot(&mut self, patch: &NodePatch, relation: &str) -> Result<()> {
        let place = &patch.place;
        let recorded = self.record_expression(relation, place)?;
        let stem = place.relative.rsplit_once('.').map_or(place.relative.as_str(), |(stem, _)| stem);
        let mut fqn = vec![place.package.clone()];
        fqn.extend(stem.split('/').map(str::to_owned));
        fqn.pop();
        fqn.push(patch.name.clone());
        let node = Node {
            kind: NodeKind::Snapshot,
            unique_id: format!("snapshot.{}.{}", place.package, patch.name),
            name: patch.name.clone(),
            alias: patch.name.clone(),
            package_name: place.package.clone(),
            path: format!("{}/{}.sql", place.relative, patch.name),
            original_file_path: place.file.clone(),
            fqn,
            checksum: super::exposures::file_checksum(place),
            raw_code: Arc::from(format!("select * from {{{{ {relation} }}}}")),
            schema: self.request.target.schema.clone(),
            database: Some(self.request.target.database.clone()),
            created_at: self.request.now,
            refs: recorded.refs,
            sources: recorded.sources,
            ..Node::default()
        };
        let at = self.drafts.len();
        self.draft_index.entry((NodeClass::Snapshot, patch.name.clone())).or_default().push(at);
        self.drafts.push(Draft::new(node, None));
        Ok(())
    }
}

/// dbt's rules for the columns that a time spine names.
fn check_time_spine<'c>(
    spine: &TimeSpine,
    columns: impl Iterator<Item = &'c Column> + Clone,
    model: &str,
) -> Result<()> {
    let names = || columns.clone().map(|column| format!("'{}'", column.name)).collect::<Vec<_>>().join(", ");
    let refuse = |message: String| Err(Diagnostic::parsing("time-spine", message).boxed());
    let name = &spine.standard_granularity_column;
    let Some(standard) = columns.clone().find(|column| column.name == *name) else {
        return refuse(format!(
            "Time spine standard granularity column must be defined on the model. Got invalid column name '{name}' for \
             model '{model}'. Valid names: [{}].",
            names()
        ));
    };
    if standard.granularity.is_none() {
        return refuse(format!(
            "Time spine standard granularity column must have a granularity defined. Please add one for column '{name}' in \
             model '{model}'."
        ));
    }
    let column_of = |one: &'_ CustomGranularity| one.column_name.clone().unwrap_or_else(|| one.name.clone());
    let wanted = spine.custom_granularities.iter().map(column_of);
    let missing: Vec<String> = wanted
        .filter(|name| !columns.clone().any(|column| column.name == *name))
        .map(|name| format!("'{name}'"))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    refuse(format!(
        "Time spine custom granularity columns do not exist in the model. Columns not found: [{}]; Available columns: [{}]",
        missing.join(", "),
        names()
    ))
}

fn time_spine(patch: &NodePatch) -> Option<TimeSpine> {
    patch.time_spine.clone().and_then(|spine| serde_json::from_value(spine).ok())
}

fn function_part(function: &crate::config::properties::FunctionProperties) -> FunctionPart {
    FunctionPart {
        returns: serde_json::from_value::<FunctionReturns>(function.returns.clone()).unwrap_or_default(),
        arguments: arguments(&function.arguments),
        overloads: Vec::new(),
    }
}

pub(super) fn arguments(arguments: &[ArgumentProperties]) -> Vec<FunctionArgument> {
    let argument = |argument: &ArgumentProperties| FunctionArgument {
        name: argument.name.clone(),
        data_type: argument.kind.clone().unwrap_or_default(),
        description: argument.description.clone(),
        default_value: argument.default_value.clone(),
    };
    arguments.iter().map(argument).collect()
}

fn deep_merge(base: &mut Map<String, Json>, update: &Map<String, Json>) {
    for (key, value) in update {
        match (base.get_mut(key), value) {
            (Some(Json::Object(old)), Json::Object(new)) => deep_merge(old, new),
            // dbt: lists of a version stand before the model's
            (Some(Json::Array(old)), Json::Array(new)) => {
                old.splice(0..0, new.iter().cloned());
            }
            _ => {
                base.insert(key.clone(), value.clone());
            }
        }
    }
}

fn duplicate_patch(patch: &NodePatch, other: &str) -> Box<Diagnostic> {
    let other = other.split_once("://").map_or(other, |(_, file)| file);
    let noun = patch.kind.noun();
    Diagnostic::compilation(
        "duplicate-patch",
        format!(
            "dbt found two schema.yml entries for the same resource named {}. Resources and their associated \
             columns may only be described a single time. To fix this, remove one of the resource entries for \
             {} in this file:\n - {}\n - {other}",
            patch.name, patch.name, patch.place.file
        ),
    )
    .label(patch.place.span.clone(), format!("this {noun} is described twice"))
    .help("keep one of the two entries")
    .boxed()
}

/// dbt: a date is its midnight, and a time without a zone is the system's.
fn moment(text: &str) -> String {
    let text = text.replacen(' ', "T", 1);
    let local = text.parse::<jiff::civil::DateTime>();
    let zoned = local.ok().and_then(|local| local.to_zoned(jiff::tz::TimeZone::system()).ok());
    match (text.parse::<jiff::Timestamp>(), zoned) {
        (Err(_), Some(zoned)) => zoned.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string(),
        _ => text,
    }
}
