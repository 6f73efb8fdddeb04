//! The manifest with the compiled SQL of every model: what earlier commands compiled, as long as it is that of the project
//! and target at hand, and the rest compiled anew without the database.

use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use serde_json::{Value as Json, json};

use super::artifact;
use super::connect::Connect;
use super::running;
use super::session::{ParsedProject, Session};
use crate::context::runtime::NodeFile;
use crate::diagnostic::{Diagnostic, Diagnostics, Result};
use crate::hashed::HashMap;
use crate::manifest::{Manifest, Node, ResourceType};
use crate::options::table::{INTERVAL_END, INTERVAL_START, VARS};
use crate::run::{self, Command, Emitter, Introspection, RunInputs};

/// manifest.json as it would be after `compile`; models that cannot be compiled without the database are warned of.
pub(super) fn manifest(session: &Session<'_>, parsed: &ParsedProject) -> Result<Json, Diagnostics> {
    let saved = Saved::read(session)?;
    let mut compiled: HashMap<String, Arc<str>> = HashMap::default();
    let mut stale = Vec::new();
    for node in parsed.manifest.nodes.values().filter(|node| has_query(node)) {
        match saved.code(session, &parsed.manifest, node) {
            Some(code) => drop(compiled.insert(node.unique_id.clone(), code.into())),
            None => stale.push(node.unique_id.clone()),
        }
    }
    if !stale.is_empty() {
        for node in compile(session, parsed, &stale)? {
            if let Some(code) = node.compiled.as_ref().and_then(|compiled| compiled.code.clone()) {
                compiled.insert(node.unique_id.clone(), code);
            }
        }
    }
    stale.retain(|unique_id| !compiled.contains_key(unique_id));
    warn(session, parsed, &stale)?;
    let mut manifest = json!(&*parsed.manifest);
    for (unique_id, code) in compiled {
        let node = &mut manifest["nodes"][&unique_id];
        node["compiled"] = true.into();
        node["compiled_code"] = (&*code).into();
    }
    Ok(manifest)
}

fn has_query(node: &Node) -> bool {
    matches!(node.resource_type(), ResourceType::Model | ResourceType::Snapshot)
}

/// The SQL of one node for an interval, where its table is there or is not; none where the query asks the database.
pub(super) fn within(
    session: &Session<'_>,
    parsed: &ParsedProject,
    node: &Arc<Node>,
    [start, end]: [&str; 2],
    is_there: bool,
) -> Result<Option<Arc<str>>> {
    let change = |inputs: &mut RunInputs| {
        if let Some(shared) = Arc::get_mut(&mut inputs.shared) {
            shared.set_flag(INTERVAL_START.0.key, start);
            shared.set_flag(INTERVAL_END.0.key, end);
        }
        inputs.options.assumed.extend(is_there.then(|| Arc::clone(node)));
    };
    let nodes = compile_as(session, parsed, std::slice::from_ref(&node.unique_id), change)?;
    let compiled = nodes.iter().find(|compiled| compiled.unique_id == node.unique_id);
    Ok(compiled.and_then(|node| node.compiled.as_ref()?.code.clone()))
}

/// Compiles nodes in memory; those that ask the database are left out.
fn compile(session: &Session<'_>, parsed: &ParsedProject, nodes: &[String]) -> Result<Vec<Arc<Node>>> {
    compile_as(session, parsed, nodes, |_| ())
}

fn compile_as(
    session: &Session<'_>,
    parsed: &ParsedProject,
    nodes: &[String],
    change: impl FnOnce(&mut RunInputs),
) -> Result<Vec<Arc<Node>>> {
    let connect = Connect::offline(&session.profile)?;
    let mut inputs = running::inputs(session, parsed, &connect, Command::Compile, nodes)?;
    change(&mut inputs);
    inputs.emitter = Arc::new(Emitter::silent());
    inputs.options.introspection = Introspection::NothingExists;
    inputs.options.write_json = false;
    inputs.options.fail_fast = false;
    let plan = run::plan(&parsed.manifest, &parsed.graph, nodes, Command::Compile);
    Ok(run::execute(&inputs, &plan)?.compiled)
}

fn warn(session: &Session<'_>, parsed: &ParsedProject, unknown: &[String]) -> Result<()> {
    if unknown.is_empty() {
        return Ok(());
    }
    let name = |id: &String| parsed.manifest.nodes.get(id).map_or(id.clone(), |node| node.name.clone());
    let names: Vec<String> = unknown.iter().map(name).collect();
    let warning = Diagnostic::warning(
        "LineageNotCompiled",
        format!(
            "not compiled for target `{}` since the last change, and not to be compiled without the database: {}",
            session.profile.target_name,
            names.join(", ")
        ),
    )
    .help(format!(
        "run `rsdbt compile --target {} --select {}`",
        session.profile.target_name,
        names.join(" ")
    ));
    session.invocation.emitter.warn(warning)
}

/// What earlier commands left in the target directory.
struct Saved {
    manifest: Option<Json>,
    /// When manifest.json was written.
    written: Option<SystemTime>,
    /// When the project file was last changed: its variables may be anywhere.
    project_changed: Option<SystemTime>,
    /// Variables of this call may be anywhere, too.
    has_own_vars: bool,
}

impl Saved {
    fn read(session: &Session<'_>) -> Result<Self> {
        let path = session.target_directory.join("manifest.json");
        Ok(Self {
            manifest: artifact::read(&path)?,
            written: changed(&path),
            project_changed: changed(&session.invocation.project_directory.join("dbt_project.yml")),
            has_own_vars: !session.invocation.flags.mapping(&VARS).is_empty(),
        })
    }

    /// The compiled SQL, if it is that of the node as it is now, in this target.
    fn code(&self, session: &Session<'_>, manifest: &Manifest, node: &Node) -> Option<String> {
        if self.has_own_vars {
            return None;
        }
        let code = self.in_manifest(manifest, node).or_else(|| self.in_file(session, manifest, node))?;
        // every relation that it selects from is written as it is in this target
        let is_of_target = node.depends_on.nodes.iter().all(|id| {
            let name = match (manifest.nodes.get(id), manifest.sources.get(id)) {
                (Some(node), _) => node.relation_name.as_deref(),
                (None, Some(source)) => source.relation_name.as_deref(),
                (None, None) => None,
            };
            name.is_none_or(|name| code.contains(name))
        });
        is_of_target.then_some(code)
    }

    fn in_manifest(&self, manifest: &Manifest, node: &Node) -> Option<String> {
        let saved = self.manifest.as_ref()?;
        let known = saved["nodes"].get(&node.unique_id)?;
        let is_same = known["compiled"] == true
            && known["raw_code"] == *node.raw_code
            && known["relation_name"] == json!(node.relation_name)
            && self.project_changed <= self.written;
        let same_macros = node.depends_on.macros.iter().all(|id| {
            let now = manifest.macros.get(id).map(|own| &*own.macro_sql);
            now == saved["macros"][id]["macro_sql"].as_str()
        });
        (is_same && same_macros).then(|| known["compiled_code"].as_str().map(str::to_owned))?
    }

    /// The file is rewritten, or at least touched, whenever its node is compiled.
    fn in_file(&self, session: &Session<'_>, manifest: &Manifest, node: &Node) -> Option<String> {
        let file = NodeFile {
            package_name: &node.package_name,
            path: &node.path,
            original_file_path: &node.original_file_path,
            suffix: None,
        };
        let path = file.below(&session.target_directory.join("compiled"));
        let compiled = changed(&path)?;
        let root = session.project.root.name();
        let own = manifest.macros.values().filter(|found| found.package_name == root);
        let sources = own.map(|found| &found.original_file_path).chain([&node.original_file_path]);
        let is_newer = |source: &String| {
            changed(&session.invocation.project_directory.join(source)).is_none_or(|at| at <= compiled)
        };
        let is_current = self.project_changed <= Some(compiled)
            && node.package_name == root
            && sources.into_iter().all(is_newer);
        is_current.then(|| std::fs::read_to_string(path).ok())?
    }
}

fn changed(path: &Path) -> Option<SystemTime> {
    std::fs::metadata(path).and_then(|data| data.modified()).ok()
}
