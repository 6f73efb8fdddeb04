//! What one node's templates do with the database: the session, the cache, the results they store.

use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use minijinja::Value;
use serde_json::{Map, Value as Json};

use super::stored_result::StoredResult;
use crate::adapter::{
    CacheChange, RelationCache, RelationKind, Response, ResultSet, SeedOptions, WorkerSession, other_database,
};
use crate::context::objects::{Policy, Relation};
use crate::diagnostic::{Diagnostic, Result};
use crate::hashed::HashMap;
use crate::memory::Memory;

/// What is the same for all nodes of a run.
#[derive(Debug)]
pub(crate) struct AdapterSettings {
    /// Which of the run's outputs this is; none where there is one only.
    pub output: Option<usize>,
    /// Its name in the profile.
    pub output_name: String,
    pub database: String,
    pub project_name: String,
    /// The project's quoting.
    pub quoting: Policy,
    /// Behaviour-change flags that the user set, by name.
    pub behavior: Map<String, Json>,
    pub cache: Arc<RelationCache>,
    pub memory: Arc<Memory>,
}

/// A seed's file, for `load_agate_table`.
#[derive(Debug, Clone)]
pub(crate) struct SeedFile {
    pub path: PathBuf,
    /// As it is told to the user.
    pub shown_path: String,
    pub options: SeedOptions,
}

/// The database in one node's context.
pub(crate) struct NodeDatabase {
    pub settings: Arc<AdapterSettings>,
    /// None where a command must not ask the database (`compile --no-introspect`).
    pub(super) session: Option<Arc<WorkerSession>>,
    seed: Option<SeedFile>,
    /// None for results that were loaded: dbt lets each be read once.
    results: Mutex<HashMap<String, Option<StoredResult>>>,
    /// By the rendered name of a relation that the node reads.
    input_columns: Mutex<HashMap<String, Value>>,
    pub(super) elsewhere: Elsewhere,
    expected: Mutex<Option<KnownAnswer>>,
}

/// A statement and what it would answer: it is not sent.
#[derive(Debug)]
pub(crate) struct KnownAnswer {
    pub statement: String,
    pub response: Response,
    pub rows: ResultSet,
}

/// What one end knows of the other.
#[derive(Default)]
pub(super) struct Elsewhere {
    pub(super) other: Mutex<Option<Other>>,
    /// A call about a relation of the other end is on its way.
    pub(super) turned: AtomicBool,
    /// The query that runs there.
    query: Mutex<Option<Arc<str>>>,
}

pub(super) struct Other {
    pub(super) database: Weak<NodeDatabase>,
    /// The node's own relation, which names alone mean where the query runs.
    pub(super) this: Option<Relation>,
}

impl Elsewhere {
    pub(super) fn meet(&self, database: &Arc<NodeDatabase>, this: Option<Relation>) {
        let other = Other { database: Arc::downgrade(database), this };
        *self.other.lock().unwrap_or_else(PoisonError::into_inner) = Some(other);
    }

    pub(super) fn set_query(&self, query: &Arc<str>) {
        *self.query.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(query));
    }

    pub(super) fn query(&self) -> Option<Arc<str>> {
        self.query.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl NodeDatabase {
    pub(crate) fn new(
        settings: &Arc<AdapterSettings>,
        session: Option<&Arc<WorkerSession>>,
        seed: Option<SeedFile>,
    ) -> Arc<Self> {
        Arc::new(Self {
            settings: Arc::clone(settings),
            session: session.cloned(),
            seed,
            results: Mutex::default(),
            input_columns: Mutex::default(),
            elsewhere: Elsewhere::default(),
            expected: Mutex::default(),
        })
    }

    pub(crate) fn session(&self) -> Result<&Arc<WorkerSession>> {
        self.session.as_ref().ok_or_else(|| {
            Diagnostic::runtime(
                "no-introspection",
                "connection never acquired for thread: this template asks the database, and `--no-introspect` forbids it",
            )
            .help("guard the query with `{% if execute %}`, or leave `--no-introspect` out")
            .boxed()
        })
    }

    /// A result that a template stored, whether or not it was loaded in between.
    pub(crate) fn result(&self, name: &str) -> Option<StoredResult> {
        self.results.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned().flatten()
    }

    pub(crate) fn store(&self, name: &str, result: StoredResult) {
        if name == "main"
            && let Some(session) = &self.session
        {
            session.note_work();
        }
        self.results.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), Some(result));
    }

    /// The answer of the node's main statement, if it is the one that is written here.
    pub(crate) fn expect(&self, answer: KnownAnswer) {
        *self.expected.lock().unwrap_or_else(PoisonError::into_inner) = Some(answer);
    }

    pub(super) fn known_answer(&self, sql: &str) -> Option<(Response, Option<ResultSet>)> {
        let expected = self.expected.lock().unwrap_or_else(PoisonError::into_inner).take();
        let known = expected.filter(|known| known.statement == sql.trim());
        known.map(|known| (known.response, Some(known.rows)))
    }

    pub(super) fn input_columns(&self, relation: &str) -> Option<Value> {
        self.input_columns.lock().unwrap_or_else(PoisonError::into_inner).get(relation).cloned()
    }

    pub(super) fn note_input_columns(&self, relation: String, columns: Value) {
        self.input_columns.lock().unwrap_or_else(PoisonError::into_inner).insert(relation, columns);
    }

    /// dbt: only `main` may be loaded twice.
    pub(super) fn load(&self, name: &str) -> Result<Option<StoredResult>> {
        let mut results = self.results.lock().unwrap_or_else(PoisonError::into_inner);
        match results.get_mut(name) {
            None => Ok(None),
            Some(result) if name == "main" => Ok(result.clone()),
            Some(result) => result.take().map(Some).ok_or_else(|| {
                let message =
                    format!("The 'statement' result named '{name}' has already been loaded into a variable");
                Diagnostic::compilation("result-loaded-twice", message)
                    .help("keep the result in a variable and use that")
                    .boxed()
            }),
        }
    }

    /// Changes what is known of relations, as long as the session's transaction lasts or for good.
    /// What the relation is, as the cache knows it.
    pub(crate) fn kind_of(&self, relation: &Relation) -> Option<RelationKind> {
        self.settings.cache.kind(relation.schema.as_deref()?, relation.identifier.as_deref()?)
    }

    pub(crate) fn change_cache<T>(&self, change: impl FnOnce(&RelationCache) -> (T, CacheChange)) -> T {
        match &self.session {
            Some(session) => session.change_cache(&self.settings.cache, change),
            None => change(&self.settings.cache).0,
        }
    }

    pub(super) fn seed_file(&self) -> Option<&SeedFile> {
        self.seed.as_ref()
    }

    pub(super) fn verify_database(&self, database: &str) -> Result<()> {
        let (database, expected) = (database.trim_matches('"'), &self.settings.database);
        if database.to_lowercase() == expected.to_lowercase() {
            return Ok(());
        }
        Err(other_database(database, expected).boxed())
    }
}
