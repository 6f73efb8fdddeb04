//! Which interval of which task is how far: rows of `rsdbt.intervals`, which one process writes.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use crate::adapter::{Cell, Connection, Settings, quote_literal};
use crate::diagnostic::{Diagnostic, Result};
use crate::hashed::HashMap;
use crate::memory;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Waiting,
    Running,
    /// It failed and will be tried again.
    Retry,
    /// Its process ended before it did.
    Interrupted,
    Success,
    Failed,
}

const STATES: [(State, &str); 6] = [
    (State::Waiting, "waiting"),
    (State::Running, "running"),
    (State::Retry, "retry"),
    (State::Interrupted, "interrupted"),
    (State::Success, "success"),
    (State::Failed, "failed"),
];

impl State {
    pub fn name(self) -> &'static str {
        STATES.iter().find(|(state, _)| *state == self).map_or("", |(_, name)| name)
    }

    fn from_name(name: &str) -> Option<Self> {
        STATES.iter().find(|(_, known)| *known == name).map(|(state, _)| *state)
    }

    fn is_settled(self) -> bool {
        matches!(self, Self::Success | Self::Failed)
    }
}

/// One interval of a task.
#[derive(Debug, Clone)]
pub struct Interval {
    pub state: State,
    pub attempt: u32,
    /// No attempt before this moment.
    pub not_before: Option<Timestamp>,
    pub started_at: Option<Timestamp>,
    pub message: String,
}

type Intervals = BTreeMap<Timestamp, Interval>;

pub struct Ledger {
    connection: Connection,
    schema: String,
    project: String,
    tasks: HashMap<String, Intervals>,
    /// Up to here, nothing of a task is open.
    settled: HashMap<String, Timestamp>,
}

impl Ledger {
    /// Connects and reads; makes the tables when they are not there.
    pub fn open(settings: &Arc<Settings>, project: &str) -> Result<Self> {
        let mut connection = Connection::open(settings)?;
        memory::prepare(&mut connection)?;
        let mut ledger = Self {
            connection,
            schema: settings.schema.clone(),
            project: project.to_owned(),
            tasks: HashMap::default(),
            settled: HashMap::default(),
        };
        ledger.read()?;
        Ok(ledger)
    }

    /// Makes this the one that runs the project's tasks; what another left unfinished may run again.
    pub fn take_charge(&mut self) -> Result<()> {
        let lock = format!("rsdbt schedule {} {}", self.schema, self.project);
        let taken =
            self.connection.query("select pg_try_advisory_lock(hashtextextended($1, 0))", &[&lock])?;
        if taken.rows.first().and_then(|row| row.first()) != Some(&Cell::Bool(true)) {
            return Err(Diagnostic::runtime(
                "schedule-taken",
                format!("another process runs the schedule of `{}` already", self.project),
            )
            .help("one is enough: `rsdbt schedule --status` shows what it does")
            .boxed());
        }
        let update = "update rsdbt.intervals set state = 'interrupted', attempt = attempt - 1 \
             where role = current_user and project = $1 and schema_name = $2 and state = 'running'";
        self.connection.query(update, &[&self.project, &self.schema])?;
        self.read()
    }

    fn read(&mut self) -> Result<()> {
        let query = "select task, to_char(logical_time at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'), state, \
             attempt::text, to_char(not_before at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'), \
             to_char(started_at at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'), message \
             from rsdbt.intervals where role = current_user and project = $1 and schema_name = $2";
        let rows = self.connection.query(query, &[&self.project, &self.schema])?;
        self.tasks.clear();
        for row in &rows.rows {
            let text = |at: usize| match row.get(at) {
                Some(Cell::Text(text)) => Some(text.as_str()),
                _ => None,
            };
            let moment = |at: usize| text(at).and_then(|text| text.parse::<Timestamp>().ok());
            let (Some(task), Some(logical_time), Some(state)) =
                (text(0), moment(1), text(2).and_then(State::from_name))
            else {
                continue;
            };
            let interval = Interval {
                state,
                attempt: text(3).and_then(|number| number.parse().ok()).unwrap_or(0),
                not_before: moment(4),
                started_at: moment(5),
                message: text(6).unwrap_or_default().to_owned(),
            };
            self.tasks.entry(task.to_owned()).or_default().insert(logical_time, interval);
        }
        Ok(())
    }

    pub fn interval(&self, task: &str, logical_time: Timestamp) -> Option<&Interval> {
        self.tasks.get(task)?.get(&logical_time)
    }

    /// All that is known of a task, oldest first.
    pub fn intervals(&self, task: &str) -> impl DoubleEndedIterator<Item = (Timestamp, &Interval)> {
        self.tasks.get(task).into_iter().flatten().map(|(at, interval)| (*at, interval))
    }

    pub fn settled_until(&self, task: &str) -> Option<Timestamp> {
        self.settled.get(task).copied()
    }

    /// Everything of a task before this moment is over.
    pub fn settle(&mut self, task: &str, logical_time: Timestamp) {
        self.settled.insert(task.to_owned(), logical_time);
    }

    /// Records how far an interval is.
    pub fn record(&mut self, task: &str, logical_time: Timestamp, interval: Interval) -> Result<()> {
        let statement = "insert into rsdbt.intervals (project, schema_name, task, logical_time, state, attempt, \
             not_before, started_at, ended_at, message) \
             values ($1, $10, $2, $3::timestamptz, $4, $5::int, nullif($6, '')::timestamptz, nullif($7, '')::timestamptz, \
             case when $8 = 'yes' then clock_timestamp() end, $9) \
             on conflict (role, project, schema_name, task, logical_time) do update set state = excluded.state, \
             attempt = excluded.attempt, not_before = excluded.not_before, started_at = excluded.started_at, \
             ended_at = excluded.ended_at, message = excluded.message";
        let moment = |at: Option<Timestamp>| at.map_or_else(String::new, |at| at.to_string());
        self.connection.query(
            statement,
            &[
                &self.project,
                task,
                &logical_time.to_string(),
                interval.state.name(),
                &interval.attempt.to_string(),
                &moment(interval.not_before),
                &moment(interval.started_at),
                if interval.state.is_settled() { "yes" } else { "no" },
                &interval.message,
                &self.schema,
            ],
        )?;
        self.tasks.entry(task.to_owned()).or_default().insert(logical_time, interval);
        Ok(())
    }

    /// What a run commits together with its work: so that a process that dies repeats nothing and skips nothing.
    pub fn success_statement(&self, task: &str, logical_time: Timestamp) -> String {
        format!(
            "update rsdbt.intervals set state = 'success', not_before = null, ended_at = pg_catalog.clock_timestamp(), message = '' \
             where role = current_user and project = {} and schema_name = {} and task = {} and logical_time = {}",
            quote_literal(&self.project),
            quote_literal(&self.schema),
            quote_literal(task),
            quote_literal(&logical_time.to_string())
        )
    }

    /// Whether the server is still there.
    pub fn ping(&mut self) -> Result<()> {
        self.connection.query("select 1", &[]).map(|_| ())
    }
}
