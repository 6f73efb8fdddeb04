//! From what a node is built: when it changes, what was built before is not what would be built now.

use serde_json::{Map, Value as Json};
use sha2::{Digest as _, Sha256};

use crate::hashed::HashSet;

use super::{Macro, Manifest, Node, NodeKind, Resource};

/// Config that does not change what is built.
const DESCRIPTIVE: [&str; 9] =
    ["access", "docs", "freshness", "group", "meta", "persist_docs", "schedule", "tags", "threads"];

/// A checksum of its SQL or rows, its config, the project's macros that it calls, the ephemeral models that become a part of it, the names of what
/// it reads, and the variables that it mentions. Not of its compiled SQL, which may name the time
/// of the run.
pub(crate) fn code(manifest: &Manifest, node: &Node, vars: &Map<String, Json>) -> String {
    let mut hash = Sha256::new();
    // rows of a seed, and a pipeline file
    let has_text = !matches!(node.kind, NodeKind::Seed { .. }) && !node.raw_code.is_empty();
    hash.update(if has_text { node.raw_code.as_bytes() } else { node.checksum.checksum.as_bytes() });
    // as it is written: what it renders to may name the time of the run, too
    let written = serde_json::to_value(&node.unrendered_config).unwrap_or_default();
    for (key, value) in written.as_object().into_iter().flatten() {
        if !DESCRIPTIVE.contains(&key.as_str()) {
            hash.update(format!("\0{key}\0{value}").as_bytes());
        }
    }
    for called in called(manifest, node) {
        hash.update(format!("\0{}\0{}", called.unique_id, called.macro_sql).as_bytes());
    }
    for id in &node.depends_on.nodes {
        match manifest.nodes.get(id).filter(|parent| parent.is_ephemeral_model()) {
            // it becomes a part of this one
            Some(parent) => hash.update(code(manifest, parent, vars).as_bytes()),
            None => {
                let read = relation_name(manifest, id);
                hash.update(format!("\0{id}\0{read}").as_bytes());
            }
        }
    }
    for (name, value) in vars.iter().filter(|(name, _)| mentions(manifest, node, name)) {
        hash.update(format!("\0{name}\0{value}").as_bytes());
    }
    crate::hex::digits(hash.finalize())
}

fn relation_name<'m>(manifest: &'m Manifest, id: &str) -> &'m str {
    let name = match manifest.resource(id) {
        Some(Resource::Node(node)) => node.relation_name.as_deref(),
        Some(Resource::Source(source)) => source.relation_name.as_deref(),
        _ => None,
    };
    name.unwrap_or_default()
}

/// Whether its SQL, or a macro of the project that it calls, has this word.
pub(crate) fn mentions(manifest: &Manifest, node: &Node, word: &str) -> bool {
    let has = |text: &str| text.split(|c: char| !c.is_alphanumeric() && c != '_').any(|known| known == word);
    has(&node.raw_code) || called(manifest, node).iter().any(|called| has(&called.macro_sql))
}

/// The project's macros that it calls, by their ids.
fn called<'m>(manifest: &'m Manifest, node: &'m Node) -> Vec<&'m Macro> {
    let mut known = HashSet::default();
    let mut open: Vec<&str> = node.depends_on.macros.iter().map(String::as_str).collect();
    while let Some(id) = open.pop() {
        let Some(called) = manifest.macros.get(id) else { continue };
        if !matches!(called.package_name.as_str(), "dbt" | "dbt_postgres" | "rsdbt") && known.insert(id) {
            open.extend(called.depends_on.macros.iter().map(String::as_str));
        }
    }
    let mut known: Vec<&str> = known.into_iter().collect();
    known.sort_unstable();
    known.into_iter().filter_map(|id| manifest.macros.get(id)).map(|called| &**called).collect()
}
