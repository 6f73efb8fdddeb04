//! A thread's connection, and what the node at work does with it.

use std::sync::Arc;
use std::time::Duration;

use super::super::emitter::{Emitter, NodeInfo};
use super::super::event::Event;
use super::super::interrupt::InFlight;
use super::super::state::{ESCALATED_CODE, Run, is_escalated};
use crate::adapter::{
    self, Begin, CancelHandle, Fetch, Observer, QueryComment, Response, ResultSet, SeedOptions,
};
use crate::context::objects::adapter::{KnownAnswer, NodeDatabase, SeedFile, join};
use crate::context::objects::{Relation, Table};
use crate::context::runtime::Database;
use crate::diagnostic::{Category, Diagnostic, Result};
use crate::jinja::python::to_str;
use crate::manifest::NodeKind;

/// What a statement left under its name.
pub(in crate::run) struct Stored {
    pub(in crate::run) response: Response,
    pub(in crate::run) table: Table,
}

/// One per thread, with a connection for each output that it has worked in.
pub(in crate::run) struct Worker {
    sessions: Vec<Option<Arc<adapter::WorkerSession>>>,
    /// Where the node's relation lives, and where its query runs.
    home: usize,
    site: usize,
    database: Option<Arc<NodeDatabase>>,
    /// Of the site, where that is not the home.
    site_database: Option<Arc<NodeDatabase>>,
}

/// Tells events and Ctrl-C what a node's statements do.
struct Watcher {
    emitter: Arc<Emitter>,
    in_flight: Arc<InFlight>,
    info: Option<NodeInfo>,
    unique_id: String,
    comment: Option<QueryComment>,
}

impl Watcher {
    fn say(&self, event: Event) {
        match &self.info {
            Some(info) => self.emitter.emit_for(info, event),
            None => self.emitter.emit(event),
        }
    }
}

impl Observer for Watcher {
    fn opened(&self, handle: &CancelHandle) {
        self.in_flight.enter(&self.unique_id, handle.clone());
    }

    fn sent(&self, sql: &str) {
        // As the server sees it: tools look for the comment in the log.
        let sql = match &self.comment {
            Some(comment) if comment.append => format!("{sql}\n/* {} */", comment.text.trim()),
            Some(comment) => format!("/* {} */\n{sql}", comment.text.trim()),
            None => sql.to_owned(),
        };
        self.say(Event::SQLQuery { conn_name: self.unique_id.clone(), sql });
    }

    fn answered(&self, response: &Response, elapsed: Duration) {
        self.say(Event::SQLQueryStatus { status: response.message.clone(), elapsed: elapsed.as_secs_f64() });
    }

    /// A warning that is an error; one that comes after the commit fails the node alone.
    fn objection(&self) -> Option<Box<Diagnostic>> {
        is_escalated().then(|| Diagnostic::runtime(ESCALATED_CODE, "a warning is an error").boxed())
    }

    fn committed(&self) {
        self.say(Event::SQLCommit { conn_name: self.unique_id.clone() });
    }

    fn note(&self, message: &str) {
        self.say(Event::Note { msg: format!("{}: {message}", self.unique_id) });
    }

    fn is_cancelled(&self) -> bool {
        self.in_flight.is_cancelled()
    }
}

impl Worker {
    pub(in crate::run) fn new() -> Self {
        Self { sessions: Vec::new(), home: 0, site: 0, database: None, site_database: None }
    }

    /// Makes the connections ready for a node; each connects when the node first needs it.
    pub(in crate::run) fn acquire(&mut self, run: &Run<'_>, unique_id: &str, info: &NodeInfo) -> Result<()> {
        (self.home, self.site) = run.home_and_site(unique_id);
        self.start(run, unique_id, Some(info))?;
        self.site_database = None;
        if self.site != self.home {
            self.start_site(run, unique_id, info)?;
        }
        Ok(())
    }

    pub(in crate::run) fn acquire_named(&mut self, run: &Run<'_>, name: &str) -> Result<()> {
        self.acquire_named_at(run, name, 0)
    }

    pub(in crate::run) fn acquire_named_at(
        &mut self,
        run: &Run<'_>,
        name: &str,
        output: usize,
    ) -> Result<()> {
        (self.home, self.site) = (output, output);
        self.site_database = None;
        self.start(run, name, None)
    }

    fn start(&mut self, run: &Run<'_>, unique_id: &str, info: Option<&NodeInfo>) -> Result<()> {
        let adapter = self.adapter_at(run, self.home);
        watch(run, &adapter, unique_id, unique_id, info)?;
        adapter.require_lock(run.held_locks(self.home)?);
        let mut settings = run.server_settings(unique_id);
        if self.home > 0 && unique_id.starts_with("unit_test.") {
            // it makes temporary tables, also where the project has sources only
            settings.push(("default_transaction_read_only".to_owned(), "off".to_owned()));
        }
        adapter.set_settings(settings);
        let seed = run.seed_file(unique_id)?;
        let settings = &run.outputs[self.home].adapter_settings;
        self.database = Some(NodeDatabase::new(settings, Some(&adapter), seed));
        Ok(())
    }

    /// All that happens at the site is one transaction, which sees one snapshot and changes nothing.
    fn start_site(&mut self, run: &Run<'_>, unique_id: &str, info: &NodeInfo) -> Result<()> {
        let adapter = self.adapter_at(run, self.site);
        watch(run, &adapter, unique_id, &at_site(unique_id), Some(info))?;
        let mut settings = run.server_settings(unique_id);
        settings.push(("default_transaction_read_only".to_owned(), "on".to_owned()));
        settings.push(("default_transaction_isolation".to_owned(), "repeatable read".to_owned()));
        adapter.set_settings(settings);
        self.join(run, unique_id, Some(&adapter));
        Ok(())
    }

    fn join(&mut self, run: &Run<'_>, unique_id: &str, adapter: Option<&Arc<adapter::WorkerSession>>) {
        let site = NodeDatabase::new(&run.outputs[self.site].adapter_settings, adapter, None);
        if let (Some(home), Some(node)) = (&self.database, run.manifest().nodes.get(unique_id)) {
            join(home, &site, run.inputs.shared.relation_of(node));
        }
        self.site_database = Some(site);
    }

    /// Without a connection: templates that ask the database fail with a hint.
    pub(in crate::run) fn acquire_offline(&mut self, run: &Run<'_>, unique_id: &str) {
        (self.home, self.site) = run.home_and_site(unique_id);
        self.database = Some(NodeDatabase::new(&run.outputs[self.home].adapter_settings, None, None));
        self.site_database = None;
        if self.site != self.home {
            self.join(run, unique_id, None);
        }
    }

    /// The connection to one of the outputs.
    pub(in crate::run) fn adapter_at(&mut self, run: &Run<'_>, output: usize) -> Arc<adapter::WorkerSession> {
        let of = &run.outputs[output];
        let found = || {
            of.spare()
                .take()
                .unwrap_or_else(|| adapter::WorkerSession::new(&of.settings, Some(Arc::clone(&of.early))))
        };
        if self.sessions.len() <= output {
            self.sessions.resize(output + 1, None);
        }
        Arc::clone(self.sessions[output].get_or_insert_with(found))
    }

    /// That of the home.
    fn own(&self) -> Option<&Arc<adapter::WorkerSession>> {
        self.sessions.get(self.home)?.as_ref()
    }

    /// Leaves the connections to whoever needs one next: to connect takes longer than many a model.
    pub(in crate::run) fn hand_over(&mut self, run: &Run<'_>) {
        for (session, output) in self.sessions.drain(..).zip(&run.outputs) {
            if session.is_some() {
                *output.spare() = session;
            }
        }
    }

    /// The end of a run's thread: the connections are left to the next run, where one follows at once.
    pub(in crate::run) fn hand_on(self, run: &Run<'_>) {
        for (session, output) in self.sessions.into_iter().zip(&run.outputs) {
            if let Some(session) = session {
                session.hand_on(&output.early);
            }
        }
    }

    /// Whether the node's rows come from another output than they go to.
    pub(in crate::run) fn crosses(&self) -> bool {
        self.site_database.is_some()
    }

    /// The query whose rows come from the other output.
    pub(in crate::run) fn set_query(&self, query: &Arc<str>) {
        if let Some(database) = self.database.as_ref().filter(|_| self.crosses()) {
            database.set_query(query);
        }
    }

    /// The end of a node: what it did not commit is rolled back.
    #[expect(clippy::unnecessary_wraps, reason = "a release may fail")]
    pub(in crate::run) fn release(&mut self, run: &Run<'_>, unique_id: &str) -> Result<()> {
        run.in_flight.leave(unique_id);
        if self.crosses() {
            run.in_flight.leave(&at_site(unique_id));
        }
        for adapter in self.sessions.iter().flatten() {
            adapter.release();
        }
        Ok(())
    }

    /// Rolls back and begins the node anew.
    pub(in crate::run) fn start_again(
        &mut self,
        run: &Run<'_>,
        unique_id: &str,
        info: &NodeInfo,
    ) -> Result<()> {
        self.release(run, unique_id)?;
        self.acquire(run, unique_id, info)
    }

    pub(in crate::run) fn has_committed(&self) -> bool {
        self.own().is_some_and(|adapter| adapter.has_committed())
    }

    /// What follows is tried again by itself.
    pub(in crate::run) fn begin_unit(&self) {
        if let Some(adapter) = self.own() {
            adapter.begin_unit();
        }
    }

    pub(in crate::run) fn warn_of_open_transaction(&self, emitter: &Emitter, name: &str) -> Result<()> {
        if !self.own().is_some_and(|adapter| adapter.left_open()) {
            return Ok(());
        }
        let message =
            format!("{name} left a transaction open: what it has done since `begin` is rolled back");
        emitter.warn(Diagnostic::warning("OpenTransaction", message).help("end it with `commit`"))
    }

    pub(in crate::run) fn step_outside(&self) -> Result<()> {
        self.own().map_or(Ok(()), |adapter| adapter.step_outside())
    }

    /// Where the node's query runs.
    pub(in crate::run) fn execute(
        &self,
        sql: &str,
        begin: Begin,
        fetch: Fetch,
    ) -> Result<(Response, Option<ResultSet>)> {
        match self.sessions.get(self.site).and_then(Option::as_ref) {
            Some(adapter) => adapter.execute(sql, begin, fetch),
            None => {
                Err(Diagnostic::new("no-connection", Category::Internal, "the node has no connection")
                    .boxed())
            }
        }
    }

    /// What templates see of the connection.
    pub(in crate::run) fn names(&self) -> Option<Arc<dyn Database>> {
        let database = self.database.as_ref()?;
        Some(Arc::new(Arc::clone(database)))
    }

    /// The same where the node's query is written and runs.
    pub(in crate::run) fn names_of_query(&self) -> Option<Arc<dyn Database>> {
        match &self.site_database {
            Some(database) => Some(Arc::new(Arc::clone(database))),
            None => self.names(),
        }
    }

    /// The same in an output that is neither.
    pub(in crate::run) fn names_in(&mut self, run: &Run<'_>, output: usize) -> Arc<dyn Database> {
        let adapter = self.adapter_at(run, output);
        Arc::new(NodeDatabase::new(&run.outputs[output].adapter_settings, Some(&adapter), None))
    }

    /// The next `main` statement need not be sent if it is this one.
    pub(in crate::run) fn expect(&self, answer: KnownAnswer) {
        if let Some(database) = &self.database {
            database.expect(answer);
        }
    }

    pub(in crate::run) fn main_result(&self) -> Option<Stored> {
        self.take_result("main")
    }

    pub(in crate::run) fn take_result(&self, name: &str) -> Option<Stored> {
        let stored = self.database.as_ref()?.result(name)?;
        let response = stored.response().unwrap_or_else(|| Response::from_tag(&to_str(&stored.response)));
        Some(Stored { response, table: stored.table().unwrap_or_else(Table::empty) })
    }

    pub(in crate::run) fn has_relation(&self, relation: &Relation) -> bool {
        self.database.as_ref().is_some_and(|database| database.has_relation(relation))
    }

    pub(in crate::run) fn kind_of(&self, relation: &Relation) -> Option<adapter::RelationKind> {
        self.database.as_ref()?.kind_of(relation)
    }

    /// An error when others' code hangs on the relation that a node is about to write into.
    pub(in crate::run) fn admit_writes(&self, relation: &Relation) -> Result<()> {
        self.database.as_ref().map_or(Ok(()), |database| database.admit_writes(relation))
    }

    /// The relations that a materialization made.
    pub(in crate::run) fn remember(&self, relations: &[Relation]) {
        let Some(database) = &self.database else { return };
        for relation in relations {
            if let (Some(schema), Some(name)) = (&relation.schema, &relation.identifier) {
                let kind = relation.kind.and_then(|kind| adapter::RelationKind::from_name(kind.as_str()));
                let kind = kind.unwrap_or(adapter::RelationKind::Table);
                database.change_cache(|cache| ((), cache.add(schema, name, kind)));
            }
        }
    }

    /// Creates a relation's schema by the macro `create_schema`, in a session of its own.
    pub(in crate::run) fn create_schema(
        &mut self,
        run: &Run<'_>,
        relation: &Relation,
        output: usize,
    ) -> Result<()> {
        let part = |name: &Option<String>| name.clone().unwrap_or_default();
        let name = format!("create_{}_{}", part(&relation.database), part(&relation.schema));
        self.acquire_named_at(run, &name, output)?;
        let relation = relation.clone().changed(|details| {
            details.identifier = None;
            details.include_policy.identifier = false;
        });
        let made = run.call_operation(self, "create_schema", &[relation.to_value()]);
        let made = made.and_then(|_| self.commit());
        self.release(run, &name)?;
        made
    }

    /// Commits what is open, if anything is.
    pub(in crate::run) fn commit(&self) -> Result<()> {
        let Some(adapter) = self.own() else { return Ok(()) };
        if adapter.with(|connection| Ok(connection.transaction_open()))? { adapter.commit() } else { Ok(()) }
    }
}

/// What a node's session at the site is called beside the one at home.
pub(super) fn at_site(unique_id: &str) -> String {
    format!("{unique_id} (query)")
}

/// Events and Ctrl-C hear of what the session does.
pub(super) fn watch(
    run: &Run<'_>,
    adapter: &adapter::WorkerSession,
    unique_id: &str,
    name: &str,
    info: Option<&NodeInfo>,
) -> Result<()> {
    let event = Event::ConnectionUsed { conn_name: name.to_owned(), conn_type: "postgres".to_owned() };
    match info {
        Some(info) => run.emitter.emit_for(info, event),
        None => run.emitter.emit(event),
    }
    let comment = run.query_comment(unique_id)?;
    adapter.set_comment(comment.clone());
    adapter.observe(Arc::new(Watcher {
        emitter: Arc::clone(&run.emitter),
        in_flight: Arc::clone(&run.in_flight),
        info: info.cloned(),
        unique_id: name.to_owned(),
        comment,
    }));
    Ok(())
}

impl Run<'_> {
    /// What a node's configs say about its session: the timeouts, and whatever `settings` names.
    pub(in crate::run) fn server_settings(&self, unique_id: &str) -> Vec<(String, String)> {
        let Some(node) = self.manifest().nodes.get(unique_id) else { return Vec::new() };
        let text = |value: &serde_json::Value| match value {
            serde_json::Value::String(text) => Some(text.clone()),
            serde_json::Value::Null => None,
            other => Some(other.to_string()),
        };
        let timeouts = ["statement_timeout", "lock_timeout"]
            .into_iter()
            .filter_map(|name| Some((name.to_owned(), text(node.config.get(name)?)?)));
        let named = node.config.get("settings").and_then(serde_json::Value::as_object).into_iter().flatten();
        timeouts.chain(named.filter_map(|(name, value)| Some((name.clone(), text(value)?)))).collect()
    }

    /// The file of a seed, as its configs say to read it.
    fn seed_file(&self, unique_id: &str) -> Result<Option<SeedFile>> {
        let Some(node) = self.manifest().nodes.get(unique_id) else { return Ok(None) };
        let NodeKind::Seed { root_path } = &node.kind else { return Ok(None) };
        let root = root_path.as_ref().map_or_else(|| self.inputs.shared.project.root.clone(), Into::into);
        let config = |name: &str| node.config.get(name);
        let types = config("column_types").and_then(serde_json::Value::as_object);
        let delimiter = config("delimiter").and_then(serde_json::Value::as_str);
        let delimiter = match delimiter.map(str::as_bytes) {
            None => b',',
            Some([byte]) => *byte,
            Some(_) => {
                return Err(Diagnostic::compilation(
                    "bad-delimiter",
                    "\"delimiter\" must be a 1-character string",
                )
                .help("set `delimiter` to the character between the file's columns")
                .boxed());
            }
        };
        let nulls = match config("null_values") {
            None | Some(serde_json::Value::Null) => adapter::Nulls::Usual,
            Some(texts) => adapter::Nulls::Texts(null_texts(texts)?),
        };
        let options = SeedOptions {
            nulls,
            delimiter,
            text_columns: types.into_iter().flat_map(|types| types.keys().cloned()).collect(),
            keep_leading_zeros: config("keep_leading_zeros").and_then(serde_json::Value::as_bool)
                == Some(true),
        };
        let path = root.join(&node.original_file_path);
        Ok(Some(SeedFile { path, shown_path: node.original_file_path.clone(), options }))
    }

    /// dbt's query comment for a node's statements.
    pub(in crate::run) fn query_comment(&self, unique_id: &str) -> Result<Option<QueryComment>> {
        let inputs = self.inputs;
        let text = match &inputs.comment.text {
            Some(text) if text.trim().is_empty() => return Ok(None),
            Some(text) => match self.custom_comment(text, unique_id)? {
                Some(text) => text,
                None => return Ok(None),
            },
            None => {
                let named = self.manifest().resource(unique_id).is_some();
                let key = if named { "node_id" } else { "connection_name" };
                // The order of the keys and the spaces are dbt's: log readers match them.
                // JSON may write `/` as `\/`: no name of the project begins or ends a comment of SQL.
                let quoted = |text: &str| {
                    serde_json::Value::from(text).to_string().replace("*/", "*\\/").replace("/*", "\\/*")
                };
                format!(
                    "{{\"app\": \"dbt\", \"dbt_version\": {}, \"profile_name\": {}, \"target_name\": {}, \"{key}\": {}}}",
                    quoted(&inputs.invocation.version),
                    quoted(&inputs.profile.name),
                    quoted(&inputs.profile.target.name),
                    quoted(unique_id)
                )
            }
        };
        if text.contains("*/") {
            return Err(Diagnostic::runtime(
                "bad-query-comment",
                format!("query comment contains illegal value \"*/\": {text}"),
            )
            .boxed());
        }
        Ok(Some(QueryComment { text, append: inputs.comment.append }))
    }
}

/// The texts of `null_values`: one, or a list.
fn null_texts(value: &serde_json::Value) -> Result<Vec<String>> {
    let text = |value: &serde_json::Value| value.as_str().map(str::to_owned);
    let texts = match value {
        serde_json::Value::Array(texts) => texts.iter().map(text).collect(),
        single => text(single).map(|text| vec![text]),
    };
    texts.ok_or_else(|| {
        Diagnostic::compilation(
            "bad-null-values",
            format!("`null_values` is a text or a list of texts, not `{value}`"),
        )
        .help("quote them, as in `null_values: ['', 'NULL', 'n/a']`")
        .boxed()
    })
}
