//! Which relations exist, kept for the length of a run and shared by its threads.
//!
//! Filled by one query for all schemas of the run, then kept true by the adapter's own drops, renames and
//! creations. Lookups never ask the server. Each change gives a [`CacheChange`]: the session takes it back when
//! its transaction is rolled back.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::diagnostic::Result;
use crate::hashed::{HashMap, HashSet};

use super::Connection;
use super::catalog::{self, RelationInfo, RelationKind};

/// The relations that the server has in the schemas of a run.
#[derive(Debug, Default)]
pub(crate) struct RelationCache {
    state: Mutex<CacheState>,
}

#[derive(Debug, Default)]
struct CacheState {
    /// Schema, then relation; a schema that is listed here was read.
    schemas: BTreeMap<String, BTreeMap<String, Entry>>,
    /// The server's schemas, once they were read.
    existing: Option<BTreeSet<String>>,
    /// The views that read a relation, as the server told at the beginning.
    dependents: HashMap<u32, Vec<u32>>,
    /// Of each schema the relations that somebody else's code may hang on. Names: a swap does not change the owner.
    untrusted: HashSet<(String, String)>,
    /// A node left something for a later one; the end of the run makes sure of it.
    open_ends: bool,
    /// How often everything was forgotten.
    generation: u64,
}

/// How to take a change back.
#[derive(Debug)]
#[must_use = "a change that is rolled back on the server is taken back here, too"]
pub(crate) struct CacheChange {
    generation: u64,
    before: Vec<Before>,
}

#[derive(Debug)]
enum Before {
    Relation {
        schema: String,
        name: String,
        entry: Option<Entry>,
    },
    /// The schema was not known: what was read may be the transaction's own work.
    Unknown {
        schema: String,
    },
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    kind: RelationKind,
    /// Zero for relations that this run made.
    oid: u32,
}

impl RelationCache {
    /// Reads the schemas that are not in the cache yet, all by one query.
    pub(crate) fn load<S: AsRef<str>>(&self, connection: &mut Connection, schemas: &[S]) -> Result<()> {
        let missing: Vec<&str> = {
            let state = self.lock();
            schemas.iter().map(AsRef::as_ref).filter(|schema| !state.schemas.contains_key(*schema)).collect()
        };
        if missing.is_empty() {
            return Ok(());
        }
        let relations = catalog::relations(connection, &missing)?;
        let links = catalog::links(connection, &missing)?;
        let mut state = self.lock();
        for schema in missing {
            state.schemas.entry(schema.to_owned()).or_default();
        }
        for relation in relations {
            let RelationInfo { oid, schema, name, kind, trusted } = relation;
            if !trusted {
                state.untrusted.insert((schema.clone(), name.clone()));
            }
            state.schemas.entry(schema).or_default().insert(name, Entry { kind, oid });
        }
        for (referenced, dependent) in links {
            state.dependents.entry(referenced).or_default().push(dependent);
        }
        Ok(())
    }

    /// Whether the schema's relations were read.
    pub(crate) fn has_schema(&self, schema: &str) -> bool {
        self.lock().schemas.contains_key(schema)
    }

    pub(crate) fn kind(&self, schema: &str, name: &str) -> Option<RelationKind> {
        self.lock().schemas.get(schema)?.get(name).map(|entry| entry.kind)
    }

    /// Whether nobody else's code can hang on the relation: its owner is trusted, or this run made it.
    pub(crate) fn is_trusted(&self, schema: &str, name: &str) -> bool {
        let state = self.lock();
        state.untrusted.is_empty() || !state.untrusted.contains(&(schema.to_owned(), name.to_owned()))
    }

    /// A relation whose name differs only in letter case, for dbt's "approximate match" error.
    pub(crate) fn near_match(&self, schema: &str, name: &str) -> Option<String> {
        let state = self.lock();
        let mut names = state.schemas.get(schema)?.keys();
        names.find(|known| *known != name && known.eq_ignore_ascii_case(name)).cloned()
    }

    /// The schema's relations in the order of their names.
    pub(crate) fn list(&self, schema: &str) -> Vec<(String, RelationKind)> {
        let state = self.lock();
        let entries = state.schemas.get(schema).into_iter().flatten();
        entries.map(|(name, entry)| (name.clone(), entry.kind)).collect()
    }

    /// A relation was made.
    pub(crate) fn add(&self, schema: &str, name: &str, kind: RelationKind) -> CacheChange {
        self.lock().replace(schema, &[(name, Some(Entry { kind, oid: 0 }))])
    }

    /// A relation was dropped. Gives the views that read it at the beginning: if it was dropped with
    /// `cascade`, [`Self::refresh_dependents`] finds out which of them are gone.
    pub(crate) fn remove(&self, schema: &str, name: &str) -> (Vec<u32>, CacheChange) {
        let mut state = self.lock();
        let oid = state.schemas.get(schema).and_then(|relations| relations.get(name)).map(|entry| entry.oid);
        let change = state.replace(schema, &[(name, None)]);
        let mut open: Vec<u32> = oid.into_iter().collect();
        let mut found = HashSet::default();
        while let Some(next) = open.pop() {
            for &dependent in state.dependents.get(&next).into_iter().flatten() {
                if found.insert(dependent) {
                    open.push(dependent);
                }
            }
        }
        (found.into_iter().collect(), change)
    }

    /// Forgets those of the relations that the server no longer has.
    pub(crate) fn refresh_dependents(
        &self,
        connection: &mut Connection,
        oids: &[u32],
    ) -> Result<CacheChange> {
        let mut change = CacheChange { generation: self.lock().generation, before: Vec::new() };
        if oids.is_empty() {
            return Ok(change);
        }
        let texts: Vec<String> = oids.iter().map(u32::to_string).collect();
        let sql = "select oid from pg_catalog.pg_class where oid operator(pg_catalog.=) any($1::oid[])";
        let rows = connection.query(sql, &[&format!("{{{}}}", texts.join(","))])?.rows;
        let alive: HashSet<u32> = rows
            .into_iter()
            .flatten()
            .filter_map(|cell| if let super::Cell::Int(oid) = cell { u32::try_from(oid).ok() } else { None })
            .collect();
        let gone: HashSet<u32> = oids.iter().copied().filter(|oid| !alive.contains(oid)).collect();
        for (schema, relations) in &mut self.lock().schemas {
            relations.retain(|name, entry| {
                let stays = !gone.contains(&entry.oid);
                if !stays {
                    let (schema, name) = (schema.clone(), name.clone());
                    change.before.push(Before::Relation { schema, name, entry: Some(*entry) });
                }
                stays
            });
        }
        Ok(change)
    }

    pub(crate) fn rename(&self, schema: &str, from: &str, to: &str) -> CacheChange {
        let mut state = self.lock();
        match state.schemas.get(schema).and_then(|relations| relations.get(from)).copied() {
            Some(entry) => state.replace(schema, &[(from, None), (to, Some(entry))]),
            None => state.replace(schema, &[]),
        }
    }

    /// A schema is about to be read inside of a transaction.
    pub(crate) fn reading(&self, schema: &str) -> CacheChange {
        let state = self.lock();
        let unknown = !state.schemas.contains_key(schema);
        let before = unknown.then(|| Before::Unknown { schema: schema.to_owned() });
        CacheChange { generation: state.generation, before: before.into_iter().collect() }
    }

    /// Takes a change back: the server rolled it back.
    pub(crate) fn take_back(&self, change: CacheChange) {
        let mut state = self.lock();
        if state.generation != change.generation {
            return;
        }
        for before in change.before.into_iter().rev() {
            match before {
                Before::Relation { schema, name, entry } => {
                    drop(state.replace(&schema, &[(name.as_str(), entry)]));
                }
                Before::Unknown { schema } => drop(state.schemas.remove(&schema)),
            }
        }
    }

    /// Others may have changed anything: what is needed is read again.
    pub(crate) fn forget(&self) {
        let mut state = self.lock();
        let generation = state.generation + 1;
        *state = CacheState { generation, ..CacheState::default() };
    }

    /// A schema was made, and is empty, or it was there before and is read when it is needed.
    pub(crate) fn add_schema(&self, schema: &str) {
        let mut state = self.lock();
        let is_new = state.existing.as_mut().is_some_and(|existing| existing.insert(schema.to_owned()));
        if is_new {
            state.schemas.entry(schema.to_owned()).or_default();
        }
    }

    /// Nothing is asked: the schema is taken to be there and to be empty.
    pub(crate) fn assume_schema(&self, schema: &str) {
        let mut state = self.lock();
        state.existing.get_or_insert_default().insert(schema.to_owned());
        state.schemas.entry(schema.to_owned()).or_default();
    }

    pub(crate) fn drop_schema(&self, schema: &str) {
        let mut state = self.lock();
        if let Some(existing) = &mut state.existing {
            existing.remove(schema);
        }
        if let Some(relations) = state.schemas.get_mut(schema) {
            relations.clear();
        }
    }

    pub(crate) fn leave_open_end(&self) {
        self.lock().open_ends = true;
    }

    pub(crate) fn has_open_ends(&self) -> bool {
        self.lock().open_ends
    }

    fn lock(&self) -> MutexGuard<'_, CacheState> {
        // a thread that panicked cannot have left the maps half-written
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl CacheState {
    fn replace(&mut self, schema: &str, entries: &[(&str, Option<Entry>)]) -> CacheChange {
        let mut before = Vec::new();
        if let Some(relations) = self.schemas.get_mut(schema) {
            for &(name, entry) in entries {
                let old = match entry {
                    Some(entry) => relations.insert(name.to_owned(), entry),
                    None => relations.remove(name),
                };
                before.push(Before::Relation {
                    schema: schema.to_owned(),
                    name: name.to_owned(),
                    entry: old,
                });
            }
        }
        CacheChange { generation: self.generation, before }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapter::test_database::connect_with_schema;
    use crate::adapter::{Begin, Fetch};

    #[test]
    fn the_cache_follows_what_the_run_does() {
        let (mut connection, schema) = connect_with_schema();
        let run = |connection: &mut Connection, sql: &str| {
            connection.execute(sql, Begin::Auto, Fetch::Nothing).unwrap();
        };
        run(&mut connection, "create table t (id int); create view v as select * from t; create table u ()");
        let cache = RelationCache::default();
        cache.load(&mut connection, &[&schema]).unwrap();
        assert_eq!(cache.kind(&schema, "v"), Some(RelationKind::View));
        assert_eq!(cache.near_match(&schema, "T"), Some("t".into()));
        let names = || cache.list(&schema).into_iter().map(|(name, _)| name).collect::<Vec<_>>();
        let renamed = cache.rename(&schema, "t", "t__dbt_backup");
        let added = cache.add(&schema, "t", RelationKind::Table);
        run(&mut connection, "drop table t cascade");
        let (dependents, removed) = cache.remove(&schema, "t__dbt_backup");
        let gone = cache.refresh_dependents(&mut connection, &dependents).unwrap();
        assert_eq!(names(), ["t", "u"]);
        for change in [gone, removed, added, renamed] {
            cache.take_back(change);
        }
        assert_eq!(names(), ["t", "u", "v"]);
        assert_eq!(cache.remove(&schema, "t").0.len(), 1, "the table that the view reads");
        cache.drop_schema(&schema);
        assert!(cache.list(&schema).is_empty());
    }
}
