//! All macros by package and name, and dbt's rules for which one a name means.

use std::sync::{Arc, LazyLock};

use minijinja::Value;

use crate::builtin;
use crate::diagnostic::{Diagnostic, Diagnostics, Result, SourceText, did_you_mean};
use crate::hashed::{HashMap, HashSet};
use crate::interrupt;

use crate::jinja::{BlockKind, Context, Library, MacroDef, MacroRef, cut_blocks, duplicate_macro};

use super::settings::EngineSettings;

/// The package of the macros in the binary; dbt splits them into these names.
pub(crate) const BUILTIN: &str = "dbt";
const BUILTIN_NAMES: [&str; 2] = [BUILTIN, "dbt_postgres"];
/// What dispatch puts before a name, in search order.
const PREFIXES: [&str; 2] = ["postgres__", "default__"];

/// A macro and the value that calls it.
#[derive(Clone)]
pub(super) struct Entry {
    pub(super) definition: Arc<MacroDef>,
    pub(super) value: Value,
}

#[derive(Default)]
pub(super) struct Package {
    pub(super) name: String,
    order: Vec<Arc<MacroDef>>,
    entries: HashMap<String, Entry>,
}

pub(super) struct Registry {
    /// The root project first, the built-ins last.
    packages: Vec<Arc<Package>>,
    /// What a bare name means in the root project; other packages look into themselves first.
    visible: HashMap<String, Entry>,
    /// Built-in name to the project's `postgres__` or `default__` macro that replaces it.
    overrides: HashMap<String, Entry>,
    dispatch: HashMap<String, Vec<String>>,
    allow_package_materializations: bool,
    /// Those with macros: their names hide built-in macros and functions.
    named_packages: HashSet<String>,
}

/// The macros in the binary.
static BUILT_IN_MACROS: LazyLock<(Arc<Package>, Diagnostics)> = LazyLock::new(|| {
    let mut package = Package { name: BUILTIN.to_owned(), ..Package::default() };
    let mut diagnostics = Diagnostics::default();
    for (path, text) in builtin::macros() {
        let source = SourceText::built_in(format!("macros/{path}"), text);
        package.add(&source, &mut diagnostics);
    }
    (Arc::new(package), diagnostics)
});

impl Package {
    fn add(&mut self, source: &Arc<SourceText>, diagnostics: &mut Diagnostics) {
        let cut = match cut_blocks(source, BlockKind::MACROS) {
            Ok(cut) => cut,
            Err(diagnostic) => return diagnostics.0.push(*diagnostic),
        };
        for block in cut {
            let definition = match MacroDef::new(&self.name, source, block) {
                Ok(definition) => Arc::new(definition),
                Err(diagnostic) => {
                    diagnostics.0.push(*diagnostic);
                    continue;
                }
            };
            if let Some(first) = self.entries.get(&definition.name) {
                diagnostics.0.push(duplicate_macro(&first.definition, &definition));
                continue;
            }
            let value = Value::from_object(MacroRef::new(&definition));
            let entry = Entry { definition: Arc::clone(&definition), value };
            self.entries.insert(definition.name.clone(), entry);
            self.order.push(definition);
        }
    }

    pub(super) fn get(&self, name: &str) -> Option<&Entry> {
        self.entries.get(name)
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.order.iter().map(|definition| definition.name.as_str())
    }
}

impl Registry {
    pub(super) fn new(settings: EngineSettings) -> Result<Self, Diagnostics> {
        let mut diagnostics = Diagnostics::default();
        let mut packages = Vec::with_capacity(settings.packages.len() + 2);
        packages.push(Arc::new(Package { name: settings.root.clone(), ..Package::default() }));
        for given in settings.packages {
            let mut package = Package { name: given.name, ..Package::default() };
            for source in &given.files {
                package.add(source, &mut diagnostics);
            }
            if package.name == settings.root {
                packages[0] = Arc::new(package);
            } else {
                packages.push(Arc::new(package));
            }
        }
        let (built_in, problems) = &*BUILT_IN_MACROS;
        packages.push(Arc::clone(built_in));
        diagnostics.0.extend(problems.0.iter().cloned());
        if !diagnostics.0.is_empty() {
            return Err(diagnostics);
        }
        let dispatch =
            settings.dispatch.into_iter().map(|order| (order.macro_namespace, order.search_order)).collect();
        let allow_package_materializations = settings.allow_package_materializations;
        let mut registry = Self {
            packages,
            visible: HashMap::default(),
            overrides: HashMap::default(),
            dispatch,
            allow_package_materializations,
            named_packages: HashSet::default(),
        };
        let own = &registry.packages[..registry.packages.len() - 1];
        let with_macros = own.iter().filter(|package| !package.order.is_empty());
        registry.named_packages = with_macros.map(|package| package.name.clone()).collect();
        registry.overrides = registry.find_overrides();
        registry.visible = registry.find_visible();
        Ok(registry)
    }

    /// Cuts the macros in the binary.
    pub(super) fn prepare() {
        LazyLock::force(&BUILT_IN_MACROS);
    }

    /// No macros at all, not even the built-in ones.
    pub(super) fn empty() -> Self {
        let built_in = Package { name: BUILTIN.to_owned(), ..Package::default() };
        let packages = vec![Arc::default(), Arc::new(built_in)];
        Self {
            packages,
            visible: HashMap::default(),
            overrides: HashMap::default(),
            dispatch: HashMap::default(),
            allow_package_materializations: false,
            named_packages: HashSet::default(),
        }
    }

    /// In dbt most built-in macros dispatch; ours do not, so the replacements are found here, once.
    fn find_overrides(&self) -> HashMap<String, Entry> {
        let mut found = HashMap::default();
        for package in self.search_order(BUILTIN).iter().filter_map(|name| self.project_package(name)) {
            for prefix in PREFIXES {
                for name in package.names() {
                    if let Some(plain) = name.strip_prefix(prefix)
                        && let Some(replaced) = self.built_in().entries.get(plain)
                        && !found.contains_key(plain)
                        && let Some(entry) = package.get(name)
                    {
                        let definition = Arc::clone(&entry.definition);
                        let value = MacroRef::replacing(&definition, &replaced.definition);
                        found
                            .insert(plain.to_owned(), Entry { definition, value: Value::from_object(value) });
                    }
                }
            }
        }
        found
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Arc<MacroDef>> {
        self.packages.iter().flat_map(|package| &package.order)
    }

    fn root(&self) -> &Package {
        &self.packages[0]
    }

    fn built_in(&self) -> &Package {
        &self.packages[self.packages.len() - 1]
    }

    fn project_package(&self, name: &str) -> Option<&Package> {
        self.packages[..self.packages.len() - 1]
            .iter()
            .map(AsRef::as_ref)
            .find(|package| package.name == name)
    }

    fn imported(&self) -> &[Arc<Package>] {
        &self.packages[1..self.packages.len() - 1]
    }

    /// Whether a name in a template stands for a package (`dbt_utils.star()`).
    pub(super) fn is_package(&self, name: &str) -> bool {
        BUILTIN_NAMES.contains(&name) || self.project_package(name).is_some()
    }

    /// A built-in macro as a template calls it: a `postgres__` or `default__` macro of the project replaces it,
    /// while those names themselves mean the built-in, so that a replacement can call what it replaces.
    pub(super) fn built_in_macro(&self, name: &str) -> Option<&Entry> {
        if let Some(entry) = self.overrides.get(name) {
            return Some(entry);
        }
        self.built_in().get(name).or_else(|| self.built_in_by_prefix(name))
    }

    fn built_in_by_prefix(&self, name: &str) -> Option<&Entry> {
        PREFIXES.iter().find_map(|prefix| self.built_in().get(name.strip_prefix(prefix)?))
    }

    /// What `package.name` means.
    pub(super) fn in_package(&self, package: &str, name: &str) -> Option<&Entry> {
        match self.project_package(package) {
            Some(package) => package.get(name),
            None if BUILTIN_NAMES.contains(&package) => self.built_in_macro(name),
            None => None,
        }
    }

    /// All that `package.name` can be.
    pub(super) fn names_in(&self, package: &str) -> Vec<String> {
        let built_in = || BUILTIN_NAMES.contains(&package).then(|| self.built_in());
        let package = self.project_package(package).or_else(built_in);
        package.map(|package| package.names().map(str::to_owned).collect()).unwrap_or_default()
    }

    /// What a bare name means in a template of a package: its own macro, the root project's, the built-in.
    pub(super) fn resolve(&self, name: &str, package: &str) -> Option<&Entry> {
        let own = if package == self.root().name {
            None
        } else {
            self.project_package(package).and_then(|package| package.get(name))
        };
        own.or_else(|| self.visible.get(name)).or_else(|| self.built_in_by_prefix(name))
    }

    fn find_visible(&self) -> HashMap<String, Entry> {
        let mut visible = self.built_in().entries.clone();
        visible.retain(|name, _| !self.named_packages.contains(name));
        let overrides = self.overrides.iter().filter(|(name, _)| !self.named_packages.contains(*name));
        for (name, entry) in overrides.chain(&self.root().entries) {
            visible.insert(name.clone(), entry.clone());
        }
        visible
    }

    fn search_order(&self, namespace: &str) -> Vec<String> {
        match self.dispatch.get(namespace) {
            Some(order) if !order.is_empty() => order.clone(),
            _ => vec![self.root().name.clone(), namespace.to_owned()],
        }
    }

    fn known_namespace<'n>(&self, namespace: Option<&'n str>) -> Option<&'n str> {
        let is_configured = |name: &str| self.dispatch.get(name).is_some_and(|order| !order.is_empty());
        namespace.filter(|name| is_configured(name) || self.is_package(name))
    }

    /// `adapter.dispatch(name, namespace)`, or the names that were tried.
    pub(super) fn dispatch(
        &self,
        name: &str,
        namespace: Option<&str>,
        package: &str,
    ) -> Result<&Entry, Vec<String>> {
        let mut tried = Vec::new();
        let Some(namespace) = self.known_namespace(namespace) else {
            for prefix in PREFIXES {
                let candidate = format!("{prefix}{name}");
                if let Some(entry) = self.resolve(&candidate, package) {
                    return Ok(entry);
                }
                tried.push(candidate);
            }
            return Err(tried);
        };
        for searched in self.search_order(namespace) {
            for prefix in PREFIXES {
                let candidate = format!("{prefix}{name}");
                if let Some(entry) = self.in_package(&searched, &candidate) {
                    return Ok(entry);
                }
                tried.push(format!("{searched}.{candidate}"));
            }
        }
        Err(tried)
    }

    pub(super) fn find(&self, name: &str, package: Option<&str>) -> Option<&Arc<MacroDef>> {
        let entry = match package {
            Some(package) => self.in_package(package, name),
            None => self
                .root()
                .get(name)
                .or_else(|| self.imported().iter().rev().find_map(|package| package.get(name)))
                .or_else(|| self.built_in_macro(name)),
        };
        entry.map(|entry| &entry.definition)
    }

    /// What a name in a macro of `package` stands for in the manifest's `depends_on`.
    pub(super) fn find_from(&self, name: &str, package: &str) -> Option<&MacroDef> {
        let built_in = || self.built_in().get(name).or_else(|| self.built_in_by_prefix(name));
        let own = match self.project_package(package) {
            Some(package) => package.get(name),
            None if BUILTIN_NAMES.contains(&package) => built_in(),
            None => None,
        };
        own.or_else(|| self.root().get(name))
            .or_else(|| self.imported().iter().rev().find_map(|package| package.get(name)))
            .or_else(built_in)
            .map(|entry| &*entry.definition)
    }

    /// What `adapter.dispatch(name, namespace)` stands for in the manifest's `depends_on`: without a namespace,
    /// a macro of any package.
    pub(super) fn dispatch_anywhere(&self, name: &str, namespace: Option<&str>) -> Option<&MacroDef> {
        let candidates = PREFIXES.map(|prefix| format!("{prefix}{name}"));
        let Some(namespace) = self.known_namespace(namespace) else {
            return candidates.iter().find_map(|candidate| self.find_from(candidate, ""));
        };
        let found = self.dispatch(name, Some(namespace), "").ok()?;
        Some(&*found.definition)
    }

    /// The macro of the project that runs where a built-in one is called.
    pub(super) fn replacing(&self, built_in: &str) -> Option<&MacroDef> {
        self.overrides.get(built_in).map(|entry| &*entry.definition)
    }

    pub(super) fn find_generate(&self, component: &str, imported: Option<&str>) -> Option<Arc<MacroDef>> {
        let name = format!("generate_{component}_name");
        let entry = match imported {
            Some(package) => self.imported().iter().find(|one| one.name == package)?.get(&name),
            None => self.root().get(&name).or_else(|| self.built_in_macro(&name)),
        };
        entry.map(|entry| Arc::clone(&entry.definition))
    }

    pub(super) fn find_generic_test(&self, name: &str, package: &str) -> Option<&Arc<MacroDef>> {
        let name = ["test_", name].concat();
        match self.in_package(package, &name) {
            Some(entry) => Some(&entry.definition),
            None => self.find(&name, None),
        }
    }

    /// An adapter's own materialization comes before a default one, then the root project before packages
    /// before the built-ins. A package may replace a built-in one only where that is allowed.
    pub(super) fn find_materialization(&self, name: &str, adapter: &str) -> Option<Arc<MacroDef>> {
        let names = materialization_names(name, adapter);
        let built_in = names.iter().find_map(|name| self.built_in().get(name));
        let imported =
            if built_in.is_some() && !self.allow_package_materializations { &[] } else { self.imported() };
        let project = names.iter().find_map(|name| {
            self.root().get(name).or_else(|| imported.iter().rev().find_map(|package| package.get(name)))
        });
        project.or(built_in).map(|entry| Arc::clone(&entry.definition))
    }

    pub(super) fn is_imported(&self, package: &str) -> bool {
        self.imported().iter().any(|one| one.name == package)
    }

    pub(super) fn has_built_in_materialization(&self, name: &str, adapter: &str) -> bool {
        materialization_names(name, adapter).iter().any(|name| self.built_in().get(name).is_some())
    }

    pub(super) fn did_you_mean(&self, name: &str) -> Option<String> {
        let names = self.packages.iter().flat_map(|package| package.names());
        did_you_mean(name, names.filter(|candidate| !candidate.starts_with("materialization_")))
    }

    pub(super) fn did_you_mean_in(&self, package: &str, name: &str) -> Option<String> {
        let package = self.project_package(package).unwrap_or_else(|| self.built_in());
        did_you_mean(name, package.names())
    }
}

impl Library for Registry {
    fn goes_on(&self) -> Result<(), Box<Diagnostic>> {
        if interrupt::has_come() {
            return Err(Diagnostic::runtime("interrupted", "the run was interrupted").boxed());
        }
        Ok(())
    }

    fn value(&self, name: &str, package: &str) -> Option<Value> {
        self.resolve(name, package).map(|entry| entry.value.clone())
    }

    fn definition(&self, name: &str, package: &str) -> Option<Arc<MacroDef>> {
        self.resolve(name, package).map(|entry| Arc::clone(&entry.definition))
    }

    fn hides(&self, name: &str) -> bool {
        self.named_packages.contains(name)
    }

    fn anywhere(&self, name: &str) -> Option<Arc<MacroDef>> {
        self.find(name, None).cloned()
    }

    fn is_package(&self, name: &str) -> bool {
        self.is_package(name)
    }

    fn value_in(&self, package: &str, name: &str) -> Option<Value> {
        self.in_package(package, name).map(|entry| entry.value.clone())
    }

    fn names_in(&self, package: &str) -> Vec<String> {
        self.names_in(package)
    }

    fn dispatch(&self, name: &str, namespace: Option<&str>, package: &str) -> Result<Value, Vec<String>> {
        self.dispatch(name, namespace, package).map(|entry| entry.value.clone())
    }

    /// What a macro that most incremental models call answers while they are parsed: it need not run for each.
    fn answer(&self, definition: &MacroDef, args: &[Value], context: &dyn Context) -> Option<Value> {
        let is_known = definition.name == "is_incremental" && definition.package == BUILTIN;
        (is_known && args.is_empty() && !context.execute()).then(|| Value::from(false))
    }

    fn did_you_mean(&self, name: &str) -> Option<String> {
        self.did_you_mean(name)
    }

    fn did_you_mean_in(&self, package: &str, name: &str) -> Option<String> {
        self.did_you_mean_in(package, name)
    }
}

/// An adapter's own materialization, then the default one.
fn materialization_names(name: &str, adapter: &str) -> [String; 2] {
    [adapter, "default"].map(|adapter| format!("materialization_{name}_{adapter}"))
}
