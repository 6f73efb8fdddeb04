//! What is the same for all nodes of a run.

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use minijinja::Value;
use serde_json::{Map, Value as Json, json};

use super::CteTarget;
use crate::config::Environment;
use crate::context::functions::Vars;
use crate::context::objects::Policy;
use crate::diagnostic::Result;
use crate::hashed::{HashMap, HashSet, IndexMap};
use crate::jinja::python::from_json;
use crate::manifest::{Config, Deferral, Lookup, Manifest, NodeKind, connection_of};

/// What templates see of the project, its target and the invocation.
#[derive(Debug)]
pub(crate) struct RunContext {
    pub manifest: Arc<Manifest>,
    pub lookup: Lookup,
    pub project: RunProject,
    pub target: RunTarget,
    /// The other outputs, by the names of the project's connections.
    pub connections: HashMap<String, RunTarget>,
    pub invocation: RunInvocation,
    /// The unique ids of the selection.
    pub selected: Vec<String>,
    /// Of nodes that build another interval than the run: its start and its end.
    pub intervals: HashMap<String, [String; 2]>,
    pub defer: Option<Deferral>,
    /// `--empty`: no rows of anything upstream.
    pub empty: bool,
    /// `--sample`: start and end.
    pub sample: Option<[jiff::Timestamp; 2]>,
    pub graph: OnceLock<Value>,
}

/// The root project, and what its packages take from it.
#[derive(Debug)]
pub(crate) struct RunProject {
    pub name: String,
    pub root: PathBuf,
    /// As the user writes it, relative to the project or absolute.
    pub target_path: PathBuf,
    /// Of database, schema and identifier.
    pub quoting: Policy,
    /// Packages with `restrict-access: true`.
    pub restricted_packages: HashSet<String>,
    /// Each package's variables with those of the root project and the command line over them.
    pub vars: HashMap<String, Arc<Vars>>,
    pub environment: Arc<Environment>,
}

/// The output of the profile that the run writes to.
#[derive(Debug)]
pub(crate) struct RunTarget {
    pub database: String,
    pub schema: String,
    /// `target`, without the password.
    pub shown: Json,
    /// Its place among the outputs of the run; the target's own is the first.
    pub output: usize,
}

/// The command as templates see it.
#[derive(Debug)]
pub(crate) struct RunInvocation {
    pub id: String,
    pub started_at: jiff::Timestamp,
    pub args: Json,
    pub flags: Json,
    /// The project, the profile and the arguments as `builtins.ref.config` shows them.
    pub runtime_config: Json,
    pub metadata_envs: Json,
}

impl RunContext {
    /// The output where what has a config lives.
    pub(crate) fn home_of(&self, config: &Config) -> &RunTarget {
        self.output_of(connection_of(config))
    }

    /// The output that a connection means; none is the target's own.
    pub(crate) fn output_of(&self, connection: Option<&str>) -> &RunTarget {
        connection.and_then(|name| self.connections.get(name)).unwrap_or(&self.target)
    }

    /// Where relations are to say in which output they are.
    pub(super) fn told_output(&self, config: &Config) -> Option<usize> {
        (!self.connections.is_empty()).then(|| self.home_of(config).output)
    }

    pub(super) fn limit(&self) -> Option<u64> {
        self.empty.then_some(0)
    }

    /// As a node sees them.
    pub(super) fn flags_of(&self, unique_id: Option<&str>) -> Cow<'_, Json> {
        let own = unique_id.and_then(|unique_id| self.intervals.get(unique_id));
        let (Some([start, end]), Json::Object(flags)) = (own, &self.invocation.flags) else {
            return Cow::Borrowed(&self.invocation.flags);
        };
        let mut flags = flags.clone();
        for (name, value) in [("interval_start", start), ("interval_end", end)] {
            flags.insert(name.to_owned(), value.as_str().into());
            flags.insert(name.to_uppercase(), value.as_str().into());
        }
        Cow::Owned(Json::Object(flags))
    }

    /// As if the option had been given.
    pub(crate) fn set_flag(&mut self, name: &str, value: &str) {
        if let Json::Object(flags) = &mut self.invocation.flags {
            for name in [name.to_owned(), name.to_uppercase()] {
                flags.insert(name, value.into());
            }
        }
    }

    /// `graph`: everything in the project, as mappings. Made when first asked for.
    pub(super) fn graph(&self) -> Value {
        let make = || {
            let manifest = &self.manifest;
            // a query on the command line is no part of the project
            let nodes = manifest.nodes.iter();
            let nodes: IndexMap<_, _> =
                nodes.filter(|(_, node)| !matches!(node.kind, NodeKind::SqlOperation)).collect();
            let graph = json!({
                "exposures": manifest.exposures,
                "groups": manifest.groups,
                "metrics": manifest.metrics,
                "nodes": nodes,
                "sources": manifest.sources,
                "semantic_models": manifest.semantic_models,
                "saved_queries": manifest.saved_queries,
                "unit_tests": manifest.unit_tests,
                "functions": manifest.functions,
            });
            from_json(&graph)
        };
        self.graph.get_or_init(make).clone()
    }

    /// Where a node's compiled or executed SQL is written, as it is printed.
    pub(crate) fn write_path(&self, folder: &str, file: &NodeFile<'_>) -> PathBuf {
        file.below(&self.project.target_path.join(folder))
    }

    /// Writes a text to such a path.
    pub(crate) fn write(&self, path: &Path, text: &str) -> Result<()> {
        crate::output::write(&self.project.root.join(path), text)
            .map_err(|error| crate::output::unwritten(path, &error))
    }
}

/// What names a node's file under `target/`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NodeFile<'a> {
    pub package_name: &'a str,
    pub path: &'a str,
    pub original_file_path: &'a str,
    /// A batch has a file of its own.
    pub suffix: Option<&'a str>,
}

impl NodeFile<'_> {
    /// Its place in a folder of compiled or executed SQL.
    pub(crate) fn below(&self, folder: &Path) -> PathBuf {
        let original = Path::new(self.original_file_path);
        let own = Path::new(self.path);
        // A file that holds one node keeps its name; one that holds many becomes a folder.
        let mut path =
            if own.file_name() == original.file_name() { original.to_owned() } else { original.join(own) };
        if let Some(suffix) = self.suffix {
            let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let extension =
                path.extension().map_or_else(String::new, |it| format!(".{}", it.to_string_lossy()));
            path = path.with_file_name(&stem).join(format!("{stem}_{suffix}{extension}"));
        }
        folder.join(self.package_name).join(path)
    }
}

/// The inputs of a unit test: what stands in for the model's parents.
#[derive(Debug, Clone, Default)]
pub(crate) struct UnitTestInputs {
    /// Original unique id to the CTE.
    pub stand_ins: HashMap<String, CteTarget>,
    /// `input: this`.
    pub this: Option<CteTarget>,
    pub vars: Map<String, Json>,
    pub env_vars: Map<String, Json>,
    /// Macro or variable name, with or without package, to the value it has.
    pub macros: Map<String, Json>,
}

impl UnitTestInputs {
    pub(super) fn stand_in(&self, unique_id: &str) -> Option<CteTarget> {
        self.stand_ins.get(unique_id).cloned()
    }
}
