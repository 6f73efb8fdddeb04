//! From a name to a unique id, as `ref()`, `source()`, `function()`, `metric()` and `doc()` look names up.
//!
//! `parse` asks it for the edges of the graph, a node's Jinja context asks it again while it compiles.

use crate::hashed::HashMap;

use super::{Manifest, RefArgs, Resource, ResourceType};

/// Names to unique ids, by package.
#[derive(Debug, Default, Clone)]
struct Names(HashMap<String, Vec<Entry>>);

#[derive(Debug, Clone)]
struct Entry {
    package: String,
    unique_id: String,
    resource_type: ResourceType,
}

impl Names {
    fn add(&mut self, name: &str, package: &str, unique_id: &str, resource_type: ResourceType) {
        let entry = Entry { package: package.to_owned(), unique_id: unique_id.to_owned(), resource_type };
        match self.0.get_mut(name) {
            None => {
                self.0.insert(name.to_owned(), vec![entry]);
            }
            Some(entries) => match entries.iter_mut().find(|known| known.package == package) {
                // dbt: of two in one package the later one is found
                Some(known) => *known = entry,
                None => entries.push(entry),
            },
        }
    }

    /// For disabled resources: the first of two in one package is found.
    fn add_first(&mut self, name: &str, package: &str, unique_id: &str, resource_type: ResourceType) {
        let entry = Entry { package: package.to_owned(), unique_id: unique_id.to_owned(), resource_type };
        self.0.entry(name.to_owned()).or_default().push(entry);
    }

    fn all(&self, name: &str) -> &[Entry] {
        self.0.get(name).map_or(&[], Vec::as_slice)
    }

    fn first(&self, name: &str, scope: Scope<'_>) -> Option<&Entry> {
        self.all(name).iter().find(|entry| scope.covers(&entry.package))
    }
}

/// Where to search.
#[derive(Debug, Clone, Copy)]
enum Scope<'a> {
    Package(&'a str),
    Everywhere,
}

impl Scope<'_> {
    fn covers(self, package: &str) -> bool {
        match self {
            Self::Package(name) => name == package,
            Self::Everywhere => true,
        }
    }
}

/// What a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Found<'a> {
    Enabled(&'a str),
    Disabled(&'a str),
    Missing,
}

/// Several packages have a node of this name, and none of them is the nearest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ambiguous {
    pub name: String,
    pub unique_ids: Vec<String>,
}

/// Which package's own nodes a `ref()` of that package finds first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Precedence {
    #[default]
    RootPackageFirst,
    /// The flag `require_ref_searches_node_package_before_root`.
    NodePackageFirst,
}

/// The name tables of one manifest.
#[derive(Debug, Default, Clone)]
pub(crate) struct Lookup {
    root_package: String,
    precedence: Precedence,
    refable: Names,
    sources: Names,
    functions: Names,
    metrics: Names,
    saved_queries: Names,
    measures: Names,
    docs: Names,
    disabled: Names,
    disabled_measures: Names,
}

impl Lookup {
    pub(crate) fn new(manifest: &Manifest, root_package: &str, precedence: Precedence) -> Self {
        let mut lookup = Self { root_package: root_package.to_owned(), precedence, ..Self::default() };
        for resource in manifest.resources() {
            lookup.add(resource);
        }
        lookup.add_tables_of_pipelines(manifest);
        for doc in manifest.docs.values() {
            lookup.docs.add(&doc.name, &doc.package_name, &doc.unique_id, ResourceType::Doc);
        }
        for disabled in manifest.disabled.values().flatten() {
            let resource = disabled.resource();
            let (package, id) = (resource.package_name(), resource.unique_id());
            lookup.disabled.add_first(&search_name(resource), package, id, resource.resource_type());
            if let Resource::SemanticModel(model) = resource {
                for measure in &model.measures {
                    lookup.disabled_measures.add_first(
                        &measure.name,
                        package,
                        id,
                        ResourceType::SemanticModel,
                    );
                }
            }
        }
        lookup
    }

    fn add(&mut self, resource: Resource<'_>) {
        let (name, package, id) = (resource.name(), resource.package_name(), resource.unique_id());
        let kind = resource.resource_type();
        match resource {
            Resource::Node(node) if node.is_refable() => {
                if node.is_versioned() {
                    self.refable.add(&node.search_name(), package, id, kind);
                }
                if !node.is_versioned() || node.is_latest_version() {
                    self.refable.add(name, package, id, kind);
                }
            }
            Resource::Node(_) if kind == ResourceType::Function => {
                self.functions.add(name, package, id, kind);
            }
            Resource::Source(_) => self.sources.add(&search_name(resource), package, id, kind),
            Resource::Metric(_) => self.metrics.add(name, package, id, kind),
            Resource::SavedQuery(_) => self.saved_queries.add(name, package, id, kind),
            Resource::SemanticModel(model) => {
                for measure in &model.measures {
                    self.measures.add(&measure.name, package, id, kind);
                }
            }
            _ => {}
        }
    }

    /// Where nothing else is called so, a pipeline also goes by the name of its table.
    fn add_tables_of_pipelines(&mut self, manifest: &Manifest) {
        let pipelines: Vec<_> = manifest.nodes.values().filter(|node| node.is_pipeline()).collect();
        for node in &pipelines {
            let is_free = self.refable.all(&node.alias).is_empty();
            let is_alone = pipelines.iter().filter(|other| other.alias == node.alias).count() == 1;
            if is_free && is_alone {
                self.refable.add(&node.alias, &node.package_name, &node.unique_id, ResourceType::Model);
            }
        }
    }

    pub(crate) fn root_package(&self) -> &str {
        &self.root_package
    }

    pub(crate) fn precedence(&self) -> Precedence {
        self.precedence
    }

    /// What `ref()` in a node of `from_package` means.
    pub(crate) fn reference(&self, from_package: &str, args: &RefArgs) -> Result<Found<'_>, Ambiguous> {
        let name = match &args.version {
            // dbt: an empty version or 0 counts as none
            Some(version) if !matches!(version.to_string().as_str(), "" | "0") => {
                format!("{}.v{version}", args.name)
            }
            _ => args.name.clone(),
        };
        let mut disabled = None;
        for scope in self.scopes(from_package, args.package.as_deref()).into_iter().flatten() {
            let entries = self.refable.all(&name);
            let entry = match scope {
                Scope::Package(package) => entries.iter().find(|entry| entry.package == package),
                Scope::Everywhere if entries.len() > 1 => {
                    let unique_ids = entries.iter().map(|entry| entry.unique_id.clone()).collect();
                    return Err(Ambiguous { name, unique_ids });
                }
                Scope::Everywhere => entries.first(),
            };
            if let Some(entry) = entry {
                return Ok(Found::Enabled(&entry.unique_id));
            }
            disabled = disabled.or_else(|| self.disabled_of(&name, scope, ResourceType::is_refable));
        }
        Ok(disabled.map_or(Found::Missing, Found::Disabled))
    }

    pub(crate) fn source(&self, from_package: &str, source: &str, table: &str) -> Found<'_> {
        self.find(&self.sources, from_package, &format!("{source}.{table}"), None)
    }

    pub(crate) fn function(&self, from_package: &str, name: &str, package: Option<&str>) -> Found<'_> {
        self.find(&self.functions, from_package, name, package)
    }

    pub(crate) fn metric(&self, from_package: &str, name: &str, package: Option<&str>) -> Found<'_> {
        self.find(&self.metrics, from_package, name, package)
    }

    /// The semantic model that has this measure.
    pub(crate) fn measure(&self, from_package: &str, name: &str) -> Found<'_> {
        if let Found::Enabled(model) = self.find(&self.measures, from_package, name, None) {
            return Found::Enabled(model);
        }
        let disabled = self.disabled_measures.first(name, Scope::Everywhere);
        disabled.map_or(Found::Missing, |entry| Found::Disabled(&entry.unique_id))
    }

    /// The unique id of a doc block.
    pub(crate) fn doc(&self, from_package: &str, name: &str, package: Option<&str>) -> Option<&str> {
        match self.find(&self.docs, from_package, name, package) {
            Found::Enabled(id) => Some(id),
            Found::Disabled(_) | Found::Missing => None,
        }
    }

    /// The names that a `ref()` could have meant, for "did you mean".
    pub(crate) fn refable_names(&self) -> impl Iterator<Item = &str> {
        self.refable.0.keys().map(String::as_str)
    }

    /// `source.table`, for "did you mean".
    pub(crate) fn source_names(&self) -> impl Iterator<Item = &str> {
        self.sources.0.keys().map(String::as_str)
    }

    pub(crate) fn metric_names(&self) -> impl Iterator<Item = &str> {
        self.metrics.0.keys().map(String::as_str)
    }

    pub(crate) fn function_names(&self) -> impl Iterator<Item = &str> {
        self.functions.0.keys().map(String::as_str)
    }

    pub(crate) fn doc_names(&self) -> impl Iterator<Item = &str> {
        self.docs.0.keys().map(String::as_str)
    }

    /// The packages that have a refable node of this name.
    pub(crate) fn packages_with(&self, name: &str) -> impl Iterator<Item = &str> {
        self.refable.all(name).iter().map(|entry| entry.package.as_str())
    }

    fn find<'a>(&'a self, names: &'a Names, from: &str, name: &str, package: Option<&str>) -> Found<'a> {
        let mut disabled = None;
        for scope in self.scopes(from, package).into_iter().flatten() {
            if let Some(entry) = names.first(name, scope) {
                return Found::Enabled(&entry.unique_id);
            }
            disabled = disabled.or_else(|| self.disabled_of(name, scope, |_| true));
        }
        disabled.map_or(Found::Missing, Found::Disabled)
    }

    fn disabled_of(
        &self,
        name: &str,
        scope: Scope<'_>,
        wanted: impl Fn(ResourceType) -> bool,
    ) -> Option<&str> {
        let mut entries = self.disabled.all(name).iter();
        let entry = entries.find(|entry| scope.covers(&entry.package) && wanted(entry.resource_type));
        entry.map(|entry| entry.unique_id.as_str())
    }

    /// Where to search, in order.
    fn scopes<'a>(&'a self, from: &'a str, wanted: Option<&'a str>) -> [Option<Scope<'a>>; 3] {
        let root = Some(Scope::Package(&self.root_package));
        let (own, everywhere) = (Some(Scope::Package(from)), Some(Scope::Everywhere));
        match (wanted, self.precedence) {
            (Some(package), _) => [Some(Scope::Package(package)), None, None],
            (None, _) if from == self.root_package => [root, everywhere, None],
            (None, Precedence::RootPackageFirst) => [root, own, everywhere],
            (None, Precedence::NodePackageFirst) => [own, root, everywhere],
        }
    }
}

/// The name under which others look it up.
fn search_name(resource: Resource<'_>) -> String {
    match resource {
        Resource::Node(node) => node.search_name(),
        Resource::Source(source) => format!("{}.{}", source.source_name, source.name),
        other => other.name().to_owned(),
    }
}
