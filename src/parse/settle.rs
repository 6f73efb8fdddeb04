//! The parse as one object: drafts are gathered, patched, settled into nodes, and joined by edges.

use std::sync::Arc;

use indexmap::map::Entry;
use serde_json::{Map, Value as Json};

use super::draft::Draft;
use super::generic_tests::TestMaker;
use super::naming::Naming;
use super::properties::{FileEntries, NodePatch};
use super::resolved_config::ResolvedConfig;
use super::scope::Scopes;
use super::test_group::{Attached, TestGroup};
use super::trees::{ConfigOf, ConfigTrees};
use super::{
    ParseRequest, Parsed, checks, docs, files, hooks, loaded_twice, macros, mistyped_configs, pipelines,
    properties, semantic_checks, sites,
};
use crate::config::pipelines::Pipeline;
use crate::config::schedule::Schedule;
use crate::diagnostic::{Diagnostic, Diagnostics, Result, Span};
use crate::hashed::{HashMap, HashSet};
use crate::jinja::{Context, has_only_literal_calls, keyword_nodes};
use crate::manifest::{
    Disabled, Lookup, Manifest, Node, NodeKind, Precedence, ResolveContext, Resource, SameNames, Target,
};
use crate::options::behavior;
use crate::parallel;

pub(super) struct Parser<'a> {
    pub(super) request: &'a ParseRequest<'a>,
    pub(super) scopes: Scopes,
    pub(super) trees: ConfigTrees<'a>,
    pub(super) drafts: Vec<Draft>,
    /// The drafts by kind and name, for properties files.
    pub(super) draft_index: DraftIndex,
    /// What the properties files of each package say, until it is merged.
    properties: Vec<Result<Vec<FileEntries>, Diagnostics>>,
    pub(super) entries: Vec<FileEntries>,
    pub(super) tests: Vec<TestGroup>,
    /// Pipeline files, each with the place of its draft.
    pub(super) pipelines: Vec<(usize, Pipeline)>,
    pub(super) manifest: Manifest,
    pub(super) warnings: Vec<Diagnostic>,
    /// The code of each node, to point at a `ref()` in it.
    places: Vec<(String, Span)>,
    /// Where metrics, semantic models and saved queries are.
    pub(super) semantic_places: HashMap<String, Span>,
    /// Where each unit test names its model.
    pub(super) unit_test_places: HashMap<String, Span>,
}

impl<'a> Parser<'a> {
    pub(super) fn new(request: &'a ParseRequest<'a>) -> Self {
        Self {
            request,
            scopes: Scopes::new(&request.shared, request.relation_of),
            trees: ConfigTrees::new(request),
            drafts: Vec::new(),
            draft_index: DraftIndex::default(),
            properties: Vec::new(),
            entries: Vec::new(),
            tests: Vec::new(),
            pipelines: Vec::new(),
            manifest: Manifest { metadata: request.metadata.clone(), ..Manifest::default() },
            warnings: Vec::new(),
            places: Vec::new(),
            semantic_places: HashMap::default(),
            unit_test_places: HashMap::default(),
        }
    }

    /// Macros, node files, properties files, hooks and doc blocks of all packages.
    pub(super) fn read_files(&mut self) -> Result<(), Diagnostics> {
        let (request, scopes) = (self.request, &self.scopes);
        let (macros, read) = parallel::join(
            || macros::manifest_macros(request),
            || {
                let both = |package| {
                    parallel::join(
                        || files::drafts(request, scopes, package),
                        || properties::read(request, scopes, package),
                    )
                };
                request.project.all().map(both).collect::<Vec<_>>()
            },
        );
        self.manifest.macros = macros?;
        for (package, (drafts, entries)) in self.request.project.all().zip(read) {
            self.drafts.extend(drafts?);
            self.properties.push(entries);
            let of_pipelines = pipelines::read(self.request, &self.scopes, package, &mut self.warnings)?;
            self.tests.extend(of_pipelines.tests);
            for (draft, pipeline) in of_pipelines.drafts {
                self.pipelines.push((self.drafts.len(), pipeline));
                self.drafts.push(draft);
            }
            self.drafts.extend(hooks::drafts(self.request, &self.scopes, package)?);
            docs::read_blocks(self.request, package, &mut self.manifest)?;
        }
        for (at, draft) in self.drafts.iter().enumerate() {
            let key = (NodeClass::of(&draft.node), draft.node.name.clone());
            self.draft_index.entry(key).or_default().push(at);
        }
        Ok(())
    }

    /// Properties files, merged into the drafts that they speak of.
    pub(super) fn read_properties(&mut self) -> Result<(), Diagnostics> {
        let mut problems = Vec::new();
        for files in std::mem::take(&mut self.properties) {
            for mut file in files? {
                self.warnings.append(&mut file.warnings);
                let patches: Vec<NodePatch> = std::mem::take(&mut file.nodes);
                for patch in patches {
                    if let Err(problem) = self.patch(patch) {
                        problems.push(*problem);
                    }
                }
                macros::patch(&mut self.manifest, &file.macros, &mut self.warnings);
                self.entries.push(file);
            }
        }
        if problems.is_empty() { Ok(()) } else { Err(Diagnostics(problems)) }
    }

    /// Configs and names of all nodes that files made.
    pub(super) fn settle_nodes(&mut self) -> Result<(), Diagnostics> {
        let mut drafts = std::mem::take(&mut self.drafts);
        let naming = Naming::new(self.request, &self.scopes);
        let problems = parallel::change(&mut drafts, |draft| self.settle(draft, &naming));
        self.warnings.extend(naming.warnings());
        if !problems.is_empty() {
            return Err(Diagnostics(problems.into_iter().map(|problem| *problem).collect()));
        }
        let own = drafts.into_iter().filter(|draft| draft.absorbed_by.is_none());
        self.add_all(own.map(Settled::from))
    }

    /// Generic tests of nodes, sources with theirs, and all resources that are no nodes.
    pub(super) fn add_tests_and_sources(&mut self) -> Result<(), Diagnostics> {
        self.attach_tests();
        self.add_sources()?;
        let groups = std::mem::take(&mut self.tests);
        let maker = TestMaker { request: self.request, scopes: &self.scopes };
        let naming = Naming::new(self.request, &self.scopes);
        let made = parallel::map(&groups, |group| self.tests_of(group, &maker, &naming));
        self.warnings.extend(naming.warnings());
        let mut tests = Vec::with_capacity(2 * made.len());
        let (mut unmade, mut unsettled) = (Vec::new(), Vec::new());
        for outcome in made {
            match outcome {
                Ok(mut of_group) => {
                    self.warnings.append(&mut of_group.warnings);
                    unsettled.append(&mut of_group.problems);
                    tests.append(&mut of_group.tests);
                }
                Err(problem) => unmade.push(*problem),
            }
        }
        for problems in [unmade, unsettled] {
            if !problems.is_empty() {
                return Err(Diagnostics(problems));
            }
        }
        let mut problems =
            self.add_all(tests.into_iter()).map_or_else(|problems| problems.0, |()| Vec::new());
        self.add_groups(&mut problems);
        self.add_exposures(&mut problems);
        self.add_semantics(&mut problems);
        self.add_unit_tests(&mut problems);
        if problems.is_empty() { Ok(()) } else { Err(Diagnostics(problems)) }
    }

    /// Names become edges, descriptions are rendered, and what only the whole shows is checked.
    pub(super) fn resolve(mut self) -> Result<Parsed, Diagnostics> {
        let lookup = self.lookup();
        let restricted: HashSet<String> = self
            .request
            .project
            .all()
            .filter(|package| package.file.restrict_access)
            .map(|package| package.name().to_owned())
            .collect();
        let places = std::mem::take(&mut self.places);
        let locate = |resource: Resource<'_>, target: Target<'_>| {
            let (_, span) = places.iter().find(|(unique_id, _)| unique_id == resource.unique_id())?;
            Some(locate_call(span, target))
        };
        let context = ResolveContext { lookup: &lookup, restricted_packages: &restricted, locate: &locate };
        self.warnings.extend(self.manifest.resolve_edges(&context)?);
        self.resolve_unit_tests(&lookup)?;
        sites::settle(self.request, &self.scopes, &mut self.manifest, &|id| {
            places.iter().find(|(known, _)| known == id).map(|(_, span)| span)
        })?;
        docs::render_descriptions(self.request, &mut self.manifest, lookup)?;
        let (keys, checked) = parallel::join(|| checks::infer_primary_keys(&self.manifest), || self.check());
        self.warnings.extend(checked?);
        mistyped_configs::leave_out_read(self.request, &mut self.warnings);
        checks::set_primary_keys(&mut self.manifest, keys);
        Ok(Parsed { manifest: self.manifest, warnings: self.warnings, jobs: Vec::new() })
    }

    /// What is wrong or doubtful about the resolved whole.
    fn check(&self) -> Result<Vec<Diagnostic>, Diagnostics> {
        let mut warnings = Vec::new();
        checks::check(self.request, &self.manifest, &mut warnings)?;
        warnings.extend(semantic_checks::check(&self.manifest, self.request.flags, &self.semantic_places)?);
        warnings.extend(mistyped_configs::find(self.request, &self.manifest, &self.warnings));
        let same_names = if self.request.flags.follows(&behavior::REQUIRE_UNIQUE_PROJECT_RESOURCE_NAMES) {
            SameNames::Refuse
        } else {
            SameNames::Warn
        };
        let server = |node: &Node| {
            let place = self.request.place_of(&node.config).ok().flatten();
            place.map_or(&self.request.target.server, |place| &place.server).as_str()
        };
        warnings.extend(self.manifest.check_unique(same_names, server)?);
        loaded_twice::check(self.request, &self.manifest)?;
        warnings.extend(macros::replaced_materializations(self.request, &self.manifest));
        Ok(warnings)
    }

    pub(super) fn lookup(&self) -> Lookup {
        let precedence =
            if self.request.flags.follows(&behavior::REQUIRE_REF_SEARCHES_NODE_PACKAGE_BEFORE_ROOT) {
                Precedence::NodePackageFirst
            } else {
                Precedence::RootPackageFirst
            };
        Lookup::new(&self.manifest, self.request.root_name(), precedence)
    }

    fn tests_of(
        &self,
        group: &TestGroup,
        maker: &TestMaker<'_>,
        naming: &Naming<'_>,
    ) -> Result<SettledTests> {
        let mut settled = SettledTests::default();
        for mut draft in maker.drafts(group, &mut settled.warnings)? {
            match self.settle(&mut draft, naming) {
                Ok(()) => settled.tests.push(Settled::from(draft)),
                Err(problem) => settled.problems.push(*problem),
            }
        }
        Ok(settled)
    }

    /// Merges all configs of a draft and sets what depends on them.
    fn settle(&self, draft: &mut Draft, naming: &Naming<'_>) -> Result<()> {
        let mut of = ConfigOf::node(&draft.node);
        of.package = draft.described_by.as_ref().unwrap_or(&draft.node.package_name);
        let mut first_tags: Vec<String> = Vec::new();
        if draft.properties.contains_key("tags") {
            // dbt adds the tags of properties last, whatever their place in the config
            let unpatched = self
                .trees
                .resolve(&of, &Map::new(), &draft.calls)
                .map_err(|problem| located(*problem, draft))?;
            first_tags = ResolvedConfig::new(&unpatched).tags().map(str::to_owned).collect();
        }
        let config = self
            .trees
            .resolve(&of, &draft.properties, &draft.calls)
            .map_err(|problem| located(*problem, draft))?;
        let written =
            self.trees.written(&of, &self.properties_as_written(draft), &self.calls_as_written(draft));
        let resolved = ResolvedConfig::new(&config);
        let node = draft.node_mut();
        node.config = Arc::clone(&config);
        node.unrendered_config = written.into();
        for tag in first_tags {
            if !node.tags.contains(&tag) {
                node.tags.push(tag);
            }
        }
        if let Err(problem) = resolved.copy_to(node) {
            return Err(located(*problem, draft));
        }
        if Schedule::is_meant(&config)
            && let Err(message) = Schedule::of_config(&config)
        {
            return Err(located(Diagnostic::parsing("schedule", message), draft));
        }
        if let Err(problem) = naming.apply(draft.node_mut(), &resolved) {
            let is_own = matches!(problem.code, "unmapped-connection" | "connection-name");
            return Err(if is_own { located(*problem, draft) } else { problem });
        }
        if config.get("incremental_strategy").and_then(serde_json::Value::as_str) == Some("microbatch")
            && let Some(begin) =
                config.get("begin").and_then(serde_json::Value::as_str).and_then(checks::microbatch_begin)
        {
            draft.node_mut().config_mut().insert("begin".to_owned(), begin.into());
        }
        self.render_hooks(draft, &resolved)
    }

    /// dbt: with the flag, what a file calls `config()` with is compared as nodes of its template, but where the template
    /// is so plain that dbt does not render it while parsing.
    fn calls_as_written(&self, draft: &Draft) -> Map<String, Json> {
        let calls: Map<String, Json> = draft.calls.clone().into();
        let node = &draft.node;
        if calls.is_empty() || !self.keeps_written_config() {
            return calls;
        }
        let is_plain = match node.generic_test() {
            Some(test) => matches!(test.test_metadata.name.as_str(), "unique" | "not_null"),
            None => {
                node.model().is_some() && has_only_literal_calls(&node.raw_code, &["ref", "source", "config"])
            }
        };
        let nodes = if is_plain { Vec::new() } else { keyword_nodes(&node.raw_code, "config") };
        if nodes.is_empty() {
            return calls;
        }
        nodes.into_iter().map(|(key, node)| (key, node.into())).collect()
    }

    /// dbt: with the flag, the lists of a properties file are there twice.
    fn properties_as_written(&self, draft: &Draft) -> Map<String, Json> {
        let mut written: Map<String, Json> = draft.properties_written.clone().into();
        if self.keeps_written_config() && draft.patched_at.is_some() {
            for value in written.values_mut() {
                repeat_lists(value);
            }
        }
        written
    }

    /// Hooks may refer to other nodes too.
    fn render_hooks(&self, draft: &mut Draft, config: &ResolvedConfig<'_>) -> Result<()> {
        if !config.hooks().any(crate::config::holds_jinja) {
            return Ok(());
        }
        let scope = Arc::new(self.scopes.of_node(&draft.node));
        let context: Arc<dyn Context> = scope.clone();
        let span = draft
            .code
            .clone()
            .or_else(|| draft.patched_at.clone())
            .unwrap_or_else(|| Span::new(&crate::diagnostic::SourceText::new("", ""), 0..0));
        for hook in config.hooks() {
            self.request.engine.render_text(hook, &span, &context)?;
        }
        let mut recorded = scope.take_recorded();
        recorded.config.clear();
        if matches!(draft.node.kind, NodeKind::Seed { .. })
            && !(recorded.refs.is_empty() && recorded.sources.is_empty())
        {
            return Err(Diagnostic::parsing(
                "seed-depends",
                "Seeds cannot depend on other nodes. A hook of this seed calls `ref()` or `source()`",
            )
            .subject(draft.locator())
            .label(span_start(&span), "")
            .help("run that statement in a hook of a model that selects from the seed, or name the relation")
            .boxed());
        }
        drop((context, scope));
        draft.absorb(recorded)
    }

    /// Puts settled nodes into the manifest.
    fn add_all(&mut self, nodes: impl Iterator<Item = Settled>) -> Result<(), Diagnostics> {
        let count = nodes.size_hint().0;
        self.manifest.nodes.reserve(count);
        self.places.reserve(count);
        let problems: Vec<Diagnostic> =
            nodes.filter_map(|node| self.add(node).err().map(|problem| *problem)).collect();
        if problems.is_empty() { Ok(()) } else { Err(Diagnostics(problems)) }
    }

    fn add(&mut self, settled: Settled) -> Result<()> {
        let Settled { unique_id, is_enabled, node, place } = settled;
        self.places.extend(place);
        if !is_enabled {
            self.manifest.disabled.entry(unique_id).or_default().push(Disabled::Node(node));
            return Ok(());
        }
        let nodes = match node.kind {
            NodeKind::Function(_) => &mut self.manifest.functions,
            _ => &mut self.manifest.nodes,
        };
        match nodes.entry(unique_id) {
            Entry::Vacant(vacant) => drop(vacant.insert(node)),
            Entry::Occupied(first) => {
                let (first, second) = (Resource::Node(first.get()), Resource::Node(&node));
                return Err(crate::manifest::duplicate_resource(first, second).boxed());
            }
        }
        Ok(())
    }

    /// Tests learn which node they belong to and inherit its group.
    fn attach_tests(&mut self) {
        let mut by_name: HashMap<(&str, &str, Option<String>), &Arc<Node>> = HashMap::default();
        let disabled = self.manifest.disabled.values().flatten().filter_map(|disabled| match disabled {
            Disabled::Node(node) => Some(node),
            _ => None,
        });
        for node in self.manifest.nodes.values().chain(disabled).filter(|node| node.is_refable()) {
            let version = node.version().map(ToString::to_string);
            by_name.entry((&node.package_name, &node.name, version)).or_insert(node);
        }
        for group in &mut self.tests {
            let Attached::Node { name, version, .. } = &group.attached else {
                continue;
            };
            let version = version.as_ref().map(ToString::to_string);
            if let Some(node) = by_name.get(&(group.place.package.as_str(), name.as_str(), version)) {
                group.attached_node = Some(node.unique_id.clone());
                group.group.clone_from(&node.group);
            }
        }
    }
}

/// A finished node, and where to point when what it refers to is not there.
struct Settled {
    unique_id: String,
    is_enabled: bool,
    node: Arc<Node>,
    place: Option<(String, Span)>,
}

impl From<Draft> for Settled {
    fn from(draft: Draft) -> Self {
        let Draft { node, code, patched_at, .. } = draft;
        Self {
            unique_id: node.unique_id.clone(),
            is_enabled: node.is_enabled(),
            place: code.or(patched_at).map(|span| (node.unique_id.clone(), span)),
            node,
        }
    }
}

/// The tests of one entry.
#[derive(Default)]
struct SettledTests {
    tests: Vec<Settled>,
    warnings: Vec<Diagnostic>,
    problems: Vec<Diagnostic>,
}

/// A config's error with the node that it belongs to.
fn located(problem: Diagnostic, draft: &Draft) -> Box<Diagnostic> {
    let problem = if problem.subject.is_none() { problem.subject(draft.locator()) } else { problem };
    match draft.patched_at.as_ref().or(draft.code.as_ref()).filter(|_| problem.labels.is_empty()) {
        Some(span) => problem.label(span_start(span), "").boxed(),
        None => problem.boxed(),
    }
}

/// Only the first line: configs do not tell where they stand.
fn span_start(span: &Span) -> Span {
    let length = span.text().lines().next().unwrap_or_default().len();
    Span::new(&span.source, span.range.start..span.range.start + length)
}

/// The call in a node's code that names a target; the code's first line when none is found.
fn locate_call(code: &Span, target: Target<'_>) -> Span {
    let name = match target {
        Target::Ref(args) => args.name.as_str(),
        Target::Source(_, table) => table,
        Target::Function(name, _) | Target::Metric(name, _) => name,
    };
    let text = code.text();
    for quote in ['\'', '"'] {
        let quoted = format!("{quote}{name}{quote}");
        if let Some(at) = text.find(&quoted) {
            let start = code.range.start + at;
            return Span::new(&code.source, start..start + quoted.len());
        }
    }
    span_start(code)
}

/// The drafts by what properties call them.
pub(super) type DraftIndex = HashMap<(NodeClass, String), Vec<usize>>;

/// Kinds of nodes that properties files address by one list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum NodeClass {
    Model,
    Seed,
    Snapshot,
    Analysis,
    SingularTest,
    Function,
    Other,
}

impl NodeClass {
    pub(super) fn of(node: &Node) -> Self {
        match node.kind {
            NodeKind::Model(_) => Self::Model,
            NodeKind::Seed { .. } => Self::Seed,
            NodeKind::Snapshot => Self::Snapshot,
            NodeKind::Analysis => Self::Analysis,
            NodeKind::SingularTest => Self::SingularTest,
            NodeKind::Function(_) => Self::Function,
            NodeKind::GenericTest(_) | NodeKind::Operation { .. } | NodeKind::SqlOperation => Self::Other,
        }
    }
}

fn repeat_lists(value: &mut Json) {
    match value {
        Json::Array(items) => items.extend(items.clone()),
        Json::Object(fields) => {
            for items in fields.values_mut().filter_map(Json::as_array_mut) {
                items.extend(items.clone());
            }
        }
        _ => {}
    }
}
