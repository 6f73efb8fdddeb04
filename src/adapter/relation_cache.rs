//! Which relations exist, kept for the length of a run and shared by its threads.
//!
//! Filled by one query for all schemas of the run, then kept true by the adapter's own drops, renames and
//! creations. Lookups never ask the server.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::diagnostic::Result;
use crate::hashed::{HashMap, HashSet};

use super::Connection;
use super::catalog::{self, RelationInfo, RelationKind};

/// The relations that the server has in the schemas of a run.
#[derive(Debug, Default)]
pub struct RelationCache {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Schema, then relation; a schema that is listed here was read.
    schemas: BTreeMap<String, BTreeMap<String, Entry>>,
    /// The server's schemas, once they were read.
    existing: Option<BTreeSet<String>>,
    /// The views that read a relation, as the server told at the beginning.
    dependents: HashMap<u32, Vec<u32>>,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    kind: RelationKind,
    /// Zero for relations that this run made.
    oid: u32,
}

impl RelationCache {
    /// Reads the schemas that are not in the cache yet, all by one query.
    pub fn load<S: AsRef<str>>(&self, connection: &mut Connection, schemas: &[S]) -> Result<()> {
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
            let RelationInfo { oid, schema, name, kind } = relation;
            state.schemas.entry(schema).or_default().insert(name, Entry { kind, oid });
        }
        for (referenced, dependent) in links {
            state.dependents.entry(referenced).or_default().push(dependent);
        }
        Ok(())
    }

    /// Whether the schema's relations were read.
    pub fn has_schema(&self, schema: &str) -> bool {
        self.lock().schemas.contains_key(schema)
    }

    pub fn kind(&self, schema: &str, name: &str) -> Option<RelationKind> {
        self.lock().schemas.get(schema)?.get(name).map(|entry| entry.kind)
    }

    /// A relation whose name differs only in letter case, for dbt's "approximate match" error.
    pub fn near_match(&self, schema: &str, name: &str) -> Option<String> {
        let state = self.lock();
        let mut names = state.schemas.get(schema)?.keys();
        names.find(|known| *known != name && known.eq_ignore_ascii_case(name)).cloned()
    }

    /// The schema's relations in the order of their names.
    pub fn list(&self, schema: &str) -> Vec<(String, RelationKind)> {
        let state = self.lock();
        let entries = state.schemas.get(schema).into_iter().flatten();
        entries.map(|(name, entry)| (name.clone(), entry.kind)).collect()
    }

    /// A relation was made.
    pub fn add(&self, schema: &str, name: &str, kind: RelationKind) {
        let mut state = self.lock();
        if let Some(relations) = state.schemas.get_mut(schema) {
            relations.insert(name.to_owned(), Entry { kind, oid: 0 });
        }
    }

    /// A relation was dropped. Returns whether views read it at the beginning: if it was dropped with
    /// `cascade`, [`Self::refresh_dependents`] finds out which of them are gone.
    pub fn remove(&self, schema: &str, name: &str) -> Vec<u32> {
        let mut state = self.lock();
        let removed = state.schemas.get_mut(schema).and_then(|relations| relations.remove(name));
        let Some(Entry { oid, .. }) = removed else { return Vec::new() };
        let mut open = vec![oid];
        let mut found = HashSet::default();
        while let Some(next) = open.pop() {
            for &dependent in state.dependents.get(&next).into_iter().flatten() {
                if found.insert(dependent) {
                    open.push(dependent);
                }
            }
        }
        state.dependents.remove(&oid);
        found.into_iter().collect()
    }

    /// Forgets those of the relations that the server no longer has.
    pub fn refresh_dependents(&self, connection: &mut Connection, oids: &[u32]) -> Result<()> {
        if oids.is_empty() {
            return Ok(());
        }
        let texts: Vec<String> = oids.iter().map(u32::to_string).collect();
        let sql = "select oid from pg_catalog.pg_class where oid = any($1::oid[])";
        let rows = connection.query(sql, &[&format!("{{{}}}", texts.join(","))])?.rows;
        let alive: HashSet<u32> = rows
            .into_iter()
            .flatten()
            .filter_map(|cell| if let super::Cell::Int(oid) = cell { u32::try_from(oid).ok() } else { None })
            .collect();
        let gone: HashSet<u32> = oids.iter().copied().filter(|oid| !alive.contains(oid)).collect();
        for relations in self.lock().schemas.values_mut() {
            relations.retain(|_, entry| !gone.contains(&entry.oid));
        }
        Ok(())
    }

    pub fn rename(&self, schema: &str, from: &str, to: &str) {
        let mut state = self.lock();
        if let Some(relations) = state.schemas.get_mut(schema)
            && let Some(entry) = relations.remove(from)
        {
            relations.insert(to.to_owned(), entry);
        }
    }

    /// A schema was made, and is empty, or it was there before and is read when it is needed.
    pub fn add_schema(&self, schema: &str) {
        let mut state = self.lock();
        let is_new = state.existing.as_mut().is_some_and(|existing| existing.insert(schema.to_owned()));
        if is_new {
            state.schemas.entry(schema.to_owned()).or_default();
        }
    }

    pub fn drop_schema(&self, schema: &str) {
        let mut state = self.lock();
        if let Some(existing) = &mut state.existing {
            existing.remove(schema);
        }
        if let Some(relations) = state.schemas.get_mut(schema) {
            relations.clear();
        }
    }

    /// Whether the server has the schema; the list is read once.
    pub fn schema_exists(&self, connection: &mut Connection, schema: &str) -> Result<bool> {
        if let Some(existing) = &self.lock().existing {
            return Ok(existing.contains(schema));
        }
        let read: BTreeSet<String> = catalog::existing_schemas(connection)?.into_iter().collect();
        let exists = read.contains(schema);
        self.lock().existing = Some(read);
        Ok(exists)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // a thread that panicked cannot have left the maps half-written
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
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
        cache.rename(&schema, "t", "t__dbt_backup");
        cache.add(&schema, "t", RelationKind::Table);
        run(&mut connection, "drop table t cascade");
        let dependents = cache.remove(&schema, "t__dbt_backup");
        cache.refresh_dependents(&mut connection, &dependents).unwrap();
        let names: Vec<_> = cache.list(&schema).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["t", "u"]);
        assert!(cache.schema_exists(&mut connection, &schema).unwrap());
        cache.drop_schema(&schema);
        assert!(!cache.schema_exists(&mut connection, &schema).unwrap());
        assert!(cache.list(&schema).is_empty());
    }
}
