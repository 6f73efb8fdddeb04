//! Macros that changed, and those that call one that changed.

use crate::hashed::{HashMap, HashSet};
use crate::manifest::Manifest;

/// Everything that a change reached. Macros that are gone count as changed: a node may still name them.
pub(super) fn modified_macros<'a>(new: &'a Manifest, old: &'a Manifest) -> HashSet<&'a str> {
    let mut callers: HashMap<&str, Vec<&'a str>> = HashMap::default();
    let mut open: Vec<&'a str> = Vec::new();
    for (id, own) in &new.macros {
        for called in &own.depends_on.macros {
            callers.entry(called).or_default().push(id);
        }
        let before = old.macros.get(id);
        if !own.is_built_in() && before.is_none_or(|before| before.macro_sql != own.macro_sql) {
            open.push(id);
        }
    }
    let gone = old.macros.iter().filter(|(id, own)| !own.is_built_in() && !new.macros.contains_key(*id));
    open.extend(gone.map(|(id, _)| id.as_str()));
    let mut modified = HashSet::default();
    while let Some(id) = open.pop() {
        if modified.insert(id) {
            open.extend(callers.get(id).into_iter().flatten());
        }
    }
    modified
}
