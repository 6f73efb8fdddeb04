//! Which interval of which task is how far: rows of `rsdbt.intervals`, which one process writes.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::adapter::{Cell, Connection, Settings, quote_literal};
use crate::diagnostic::{Diagnostic, Result};
use crate::hashed::{HashMap, HashSet};
use crate::memory;

use super::clock::Clock;
use super::interval::{Interval, IntervalState};
use super::lease::Lease;
use super::past::Past;
use super::sensed::{Sensed, Sight};
use super::task::Task;

type Intervals = BTreeMap<Timestamp, Interval>;

/// The session idles for hours, and its lock must not outlive a client that is gone without a word.
const SESSION: [(&str, &str); 7] = [
    ("search_path", "pg_catalog"),
    ("idle_in_transaction_session_timeout", "0"),
    ("statement_timeout", "0"),
    ("lock_timeout", "0"),
    ("tcp_keepalives_idle", "30"),
    ("tcp_keepalives_interval", "10"),
    ("tcp_keepalives_count", "3"),
];

/// How long the server may take for one of these short statements.
const PATIENCE: Duration = Duration::from_secs(15);

/// The code of the error when another process is in charge.
pub(crate) const TAKEN: &str = "schedule-taken";

pub(crate) struct Ledger {
    pub(super) connection: Connection,
    /// The process of the server, and since when it runs.
    process: Option<[String; 2]>,
    role: String,
    /// Raised by whoever takes charge.
    epoch: i64,
    /// Since when this process is in charge.
    since: Timestamp,
    pub(super) schema: String,
    pub(super) project: String,
    /// What is recorded stays in this process.
    pub(super) is_rehearsal: bool,
    /// How often other processes have changed intervals, and the tasks that are paused.
    pub(super) changes: i64,
    pub(super) paused: HashSet<String>,
    pub(super) tasks: HashMap<String, Intervals>,
    past: HashMap<String, Past>,
    /// Up to here, nothing of a task is open.
    settled: HashMap<String, Timestamp>,
    sensed: Sensed,
}

impl Ledger {
    /// Connects and reads; makes the tables when they are not there, and when something is to be written there.
    pub(crate) fn open(settings: &Arc<Settings>, project: &str, clock: Clock) -> Result<Self> {
        let mut connection = Connection::open(settings)?;
        connection.give_up_after(PATIENCE)?;
        connection.set_settings(&SESSION.map(|(name, value)| (name.to_owned(), value.to_owned())))?;
        let is_rehearsal = clock.is_rehearsal();
        if !is_rehearsal {
            memory::prepare(&mut connection)?;
        }
        let own = "select pid::text, backend_start::text, current_user::text from pg_stat_activity where pid = pg_backend_pid()";
        let rows = connection.query(own, &[])?;
        let role = rows.rows.first().and_then(|row| text(row, 2)).unwrap_or_default().to_owned();
        let process =
            rows.rows.first().and_then(|row| Some([text(row, 0)?.to_owned(), text(row, 1)?.to_owned()]));
        let mut ledger = Self {
            connection,
            process,
            role,
            epoch: 0,
            since: clock.now(),
            schema: settings.schema.clone(),
            project: project.to_owned(),
            is_rehearsal,
            changes: 0,
            paused: HashSet::default(),
            tasks: HashMap::default(),
            past: HashMap::default(),
            settled: HashMap::default(),
            sensed: Sensed::default(),
        };
        if !is_rehearsal || ledger.exists()? {
            ledger.refuse_job_of_other_role()?;
            ledger.read()?;
        }
        Ok(ledger)
    }

    /// Takes over from a session that was lost. Its lock is free at once where the server can be told: it may not have noticed for long.
    pub(crate) fn succeed(&mut self, lost: &Self) {
        self.since = lost.since;
        let Some([pid, since]) = &lost.process else { return };
        let query = "select pg_terminate_backend(pid) from pg_stat_activity \
             where pid::text = $1::text and backend_start::text = $2::text and pid <> pg_backend_pid()";
        // who may not end it waits for it
        let _ = self.connection.query(query, &[pid, since]);
    }

    fn exists(&mut self) -> Result<bool> {
        let query = "select 'yes' where pg_catalog.to_regclass('rsdbt.past_intervals') is not null";
        Ok(!self.connection.query(query, &[])?.rows.is_empty())
    }

    /// A role that cannot see how far the job is would begin at its start.
    fn refuse_job_of_other_role(&mut self) -> Result<()> {
        let query = "select job.role, current_user::text from rsdbt.jobs as job \
             join pg_catalog.pg_roles as r on r.rolname::text = job.role \
             join pg_catalog.pg_namespace as n on n.nspname = $2::text \
             where job.project = $1::text and job.schema_name = $2::text \
             and pg_catalog.has_schema_privilege(r.oid, n.oid, 'CREATE') and not exists (select from rsdbt.jobs as own \
             where own.role = current_user and own.project = job.project and own.schema_name = job.schema_name) \
             order by job.since limit 1";
        let rows = self.connection.query(query, &[&self.project, &self.schema])?;
        let Some(row) = rows.rows.first() else { return Ok(()) };
        let (other, role) = (text(row, 0).unwrap_or_default(), text(row, 1).unwrap_or_default());
        Err(Diagnostic::runtime(
            "schedule-of-other-role",
            format!(
                "the schedule of `{}` in schema `{}` belongs to role `{other}`, and role `{role}` does not know which intervals have run",
                self.project, self.schema
            ),
        )
        .help(format!(
            "set `role: {other}` in the profile, or hand the job over: `update rsdbt.jobs set role = {} where role = {} and project = {} \
             and schema_name = {}`, and the same for `rsdbt.intervals`, `rsdbt.past_intervals` and `rsdbt.progress`",
            quote_literal(role),
            quote_literal(other),
            quote_literal(&self.project),
            quote_literal(&self.schema)
        ))
        .boxed())
    }

    /// Makes this the one that runs the project's tasks; what another left unfinished may run again.
    pub(crate) fn take_charge(&mut self) -> Result<()> {
        if self.is_rehearsal {
            return Ok(());
        }
        let lock = format!("rsdbt schedule {} {}", self.schema, self.project);
        let taken =
            self.connection.query("select pg_try_advisory_lock(hashtextextended($1, 0))", &[&lock])?;
        if taken.rows.first().and_then(|row| row.first()) != Some(&Cell::Bool(true)) {
            return Err(Diagnostic::runtime(
                TAKEN,
                format!("another process runs the schedule of `{}` already", self.project),
            )
            .help("one is enough: `rsdbt schedule status` shows what it does")
            .boxed());
        }
        // before anything else: what another process has at work commits nothing from here on
        let job = "insert into rsdbt.jobs as job (project, schema_name, epoch) values ($1, $2, 1) \
             on conflict (role, project, schema_name) do update set epoch = job.epoch + 1 returning epoch::text";
        let raised = self.connection.query(job, &[&self.project, &self.schema])?;
        let epoch = raised.rows.first().and_then(|row| text(row, 0)?.parse().ok());
        self.epoch = epoch.unwrap_or_default();
        let update = "update rsdbt.intervals set state = 'interrupted', attempt = attempt - 1 \
             where role = current_user and project = $1 and schema_name = $2 and state = 'running'";
        self.connection.query(update, &[&self.project, &self.schema])?;
        self.read()
    }

    pub(super) fn read(&mut self) -> Result<()> {
        let query = "select task, to_char(logical_time at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'), state, \
             attempt::text, to_char(not_before at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'), \
             to_char(started_at at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'), message, \
             to_char(end_time at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') \
             from rsdbt.intervals where role = current_user and project = $1 and schema_name = $2";
        let rows = self.connection.query(query, &[&self.project, &self.schema])?;
        self.tasks.clear();
        self.settled.clear();
        for row in &rows.rows {
            let (Some(task), Some(logical_time), Some(state)) =
                (text(row, 0), timestamp(row, 1), text(row, 2).and_then(IntervalState::from_name))
            else {
                continue;
            };
            let interval = Interval {
                state,
                attempt: text(row, 3).and_then(|number| number.parse().ok()).unwrap_or(0),
                not_before: timestamp(row, 4),
                started_at: timestamp(row, 5),
                message: text(row, 6).unwrap_or_default().to_owned(),
                end: timestamp(row, 7),
            };
            self.tasks.entry(task.to_owned()).or_default().insert(logical_time, interval);
        }
        let query = "select task, to_char(first_time at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'), \
             to_char(until_time at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') \
             from rsdbt.past_intervals where role = current_user and project = $1 and schema_name = $2";
        let rows = self.connection.query(query, &[&self.project, &self.schema])?;
        self.past.clear();
        for row in &rows.rows {
            if let (Some(task), Some(first), Some(until)) =
                (text(row, 0), timestamp(row, 1), timestamp(row, 2))
            {
                self.past.insert(task.to_owned(), Past { first, until });
            }
        }
        Ok(())
    }

    /// Until then, what succeeded has no rows of its own.
    pub(crate) fn past_until(&self, task: &str) -> Option<Timestamp> {
        self.past.get(task).map(|past| past.until)
    }

    /// Forgets what has become of intervals: all of each is to be done again.
    pub(crate) fn clear(&mut self, task: &str, times: &[Timestamp]) -> Result<()> {
        let statement = "delete from rsdbt.intervals where role = current_user and project = $1 and schema_name = $2 \
             and task = $3 and logical_time = $4::timestamptz and state <> 'running'";
        let progress = statement.replace("intervals", "progress").replace(" and state <> 'running'", "");
        for time in times {
            self.connection.query(statement, &[&self.project, &self.schema, task, &time.to_string()])?;
            self.connection.query(&progress, &[&self.project, &self.schema, task, &time.to_string()])?;
        }
        self.tasks.entry(task.to_owned()).or_default().retain(|at, _| !times.contains(at));
        Ok(())
    }

    /// How an interval ended, or how far it is.
    pub(crate) fn state(&self, task: &str, logical_time: Timestamp) -> Option<IntervalState> {
        let known = self.interval(task, logical_time).map(|interval| interval.state);
        let is_past = || self.past.get(task).is_some_and(|past| past.contains(logical_time));
        known.or_else(|| is_past().then_some(IntervalState::Success))
    }

    /// Removes the rows of old successes, many at a time.
    pub(crate) fn forget_past(&mut self, task: &Task) -> Result<()> {
        let keep = task.schedule.keep_intervals as usize;
        let Some(intervals) = self.tasks.get_mut(&task.unique_id) else { return Ok(()) };
        if intervals.len() <= keep + keep / 10 {
            return Ok(());
        }
        let known = self.past.get(&task.unique_id).copied();
        let Some(past) = Past::extended(known, intervals, keep, |at| task.following(at)) else {
            return Ok(());
        };
        if self.is_rehearsal {
            return Ok(());
        }
        let statement = "with past as (insert into rsdbt.past_intervals (project, schema_name, task, first_time, until_time) \
             values ($1, $2, $3, $4::timestamptz, $5::timestamptz) \
             on conflict (role, project, schema_name, task) do update set first_time = excluded.first_time, until_time = excluded.until_time) \
             delete from rsdbt.intervals where role = current_user and project = $1 and schema_name = $2 and task = $3 \
             and state = 'success' and logical_time >= $4::timestamptz and logical_time < $5::timestamptz";
        let (first, until) = (past.first.to_string(), past.until.to_string());
        self.connection.query(statement, &[&self.project, &self.schema, &task.unique_id, &first, &until])?;
        intervals.retain(|at, interval| interval.state != IntervalState::Success || !past.contains(*at));
        self.past.insert(task.unique_id.clone(), past);
        Ok(())
    }

    pub(crate) fn interval(&self, task: &str, logical_time: Timestamp) -> Option<&Interval> {
        self.tasks.get(task)?.get(&logical_time)
    }

    /// All that is known of a task, oldest first.
    pub(crate) fn intervals(&self, task: &str) -> impl DoubleEndedIterator<Item = (Timestamp, &Interval)> {
        self.tasks.get(task).into_iter().flatten().map(|(at, interval)| (*at, interval))
    }

    pub(crate) fn settled_until(&self, task: &str) -> Option<Timestamp> {
        self.settled.get(task).copied()
    }

    /// All intervals of a task before this time are over.
    pub(crate) fn settle(&mut self, task: &str, logical_time: Timestamp) {
        self.settled.insert(task.to_owned(), logical_time);
    }

    /// What tasks have changed, and so may their intervals have.
    pub(crate) fn unsettle(&mut self) {
        self.settled.clear();
    }

    /// What a sensor has found; a rehearsal looks at nothing.
    pub(super) fn sight(&self, task: &str, logical_time: Timestamp, sensor: usize) -> Option<Sight> {
        if self.is_rehearsal { Some(Sight::Met) } else { self.sensed.of(task, logical_time, sensor) }
    }

    pub(crate) fn note_sight(&mut self, task: &str, logical_time: Timestamp, sensor: usize, sight: Sight) {
        self.sensed.note(task, logical_time, sensor, sight);
    }

    /// Records how far an interval is.
    pub(crate) fn record(&mut self, task: &str, logical_time: Timestamp, interval: Interval) -> Result<()> {
        if interval.state.is_settled() {
            self.sensed.forget(task, logical_time);
        }
        if self.is_rehearsal {
            self.tasks.entry(task.to_owned()).or_default().insert(logical_time, interval);
            return Ok(());
        }
        let statement = "insert into rsdbt.intervals (project, schema_name, task, logical_time, state, attempt, \
             not_before, started_at, ended_at, message, end_time) \
             values ($1, $10, $2, $3::timestamptz, $4, $5::int, nullif($6, '')::timestamptz, nullif($7, '')::timestamptz, \
             case when $8 = 'yes' then clock_timestamp() end, $9, nullif($11, '')::timestamptz) \
             on conflict (role, project, schema_name, task, logical_time) do update set state = excluded.state, \
             attempt = excluded.attempt, not_before = excluded.not_before, started_at = excluded.started_at, \
             ended_at = excluded.ended_at, message = excluded.message, end_time = excluded.end_time";
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
                &moment(interval.end),
            ],
        )?;
        self.tasks.entry(task.to_owned()).or_default().insert(logical_time, interval);
        Ok(())
    }

    /// What a run commits together with its work: so that a process that dies repeats nothing and skips nothing, and one
    /// that another has taken the job from commits nothing. None for an interval that this process has not begun.
    pub(crate) fn success_statement(&self, task: &str, logical_time: Timestamp) -> Option<String> {
        let begun = self.interval(task, logical_time)?.started_at?;
        let update = format!(
            "update rsdbt.intervals set state = 'success', not_before = null, ended_at = pg_catalog.clock_timestamp(), message = '' \
             where role = current_user and project = {} and schema_name = {} and task = {} and logical_time = {} \
             and state = 'running' and started_at = {}",
            quote_literal(&self.project),
            quote_literal(&self.schema),
            quote_literal(task),
            quote_literal(&logical_time.to_string()),
            quote_literal(&begun.to_string())
        );
        let block = format!(
            "begin {update}; if not found then raise exception \
             'another process has taken charge of the schedule: nothing of this attempt is committed'; end if; end"
        );
        Some(format!("do {}", quote_literal(&block)))
    }

    /// What a process needs to work on an interval.
    pub(crate) fn lease(&self, task: &str, logical_time: Timestamp) -> Lease {
        Lease {
            role: self.role.clone(),
            project: self.project.clone(),
            schema: self.schema.clone(),
            task: task.to_owned(),
            logical_time,
            epoch: self.epoch,
            step: 0,
        }
    }

    pub(crate) fn since(&self) -> Timestamp {
        self.since
    }

    /// Up to where what began before has succeeded.
    pub(crate) fn done_until(&self, task: &Task, before: Timestamp) -> Option<Timestamp> {
        let known = self.tasks.get(&task.unique_id).into_iter().flat_map(|known| known.range(..before));
        let succeeded = known.filter(|(_, interval)| interval.state == IntervalState::Success);
        let past = self.past_until(&task.unique_id).filter(|until| *until <= before);
        succeeded.map(|(at, interval)| interval.end.unwrap_or_else(|| task.following(*at))).max().max(past)
    }

    /// Where the time begins that an interval is to cover, when those between may be left out: at the end of what has succeeded, else with the
    /// first one that was ever begun. None where there is nothing before.
    pub(crate) fn open_since(&self, task: &Task, before: Timestamp) -> Option<Timestamp> {
        let begun = || self.tasks.get(&task.unique_id)?.range(..before).next().map(|(at, _)| *at);
        self.done_until(task, before).or_else(begun)
    }

    /// How an interval ended, or how far it is. One of a new cron is done where others have covered all of its time.
    pub(crate) fn outcome(&self, task: &Task, logical_time: Timestamp) -> Option<IntervalState> {
        let known = self.state(&task.unique_id, logical_time);
        let end = self.interval(&task.unique_id, logical_time).and_then(|interval| interval.end);
        // another interval that began at the same time
        let is_shorter = known.is_some_and(IntervalState::is_settled)
            && end.is_some_and(|end| end < task.following(logical_time));
        let covered = || self.is_covered(task, logical_time).then_some(IntervalState::Success);
        if is_shorter { covered() } else { known.or_else(covered) }
    }

    fn is_covered(&self, task: &Task, logical_time: Timestamp) -> bool {
        let end = task.following(logical_time);
        self.tasks.contains_key(&task.unique_id) && self.covered_until(task, logical_time) >= end
    }

    /// How far the beginning of an interval has succeeded under whatever cron; before the start of the task there is nothing to do.
    pub(crate) fn covered_until(&self, task: &Task, logical_time: Timestamp) -> Timestamp {
        let end = task.following(logical_time);
        let begin = logical_time.max(task.start);
        let past = self.past.get(&task.unique_id).filter(|past| past.contains(begin));
        let mut until = past.map_or(begin, |past| past.until);
        let Some(known) = self.tasks.get(&task.unique_id) else { return until };
        while until < end {
            let succeeded =
                known.range(..=until).filter(|(_, interval)| interval.state == IntervalState::Success);
            match succeeded.filter_map(|(_, interval)| interval.end).max() {
                Some(reached) if reached > until => until = reached,
                _ => break,
            }
        }
        until
    }

    /// Whether the cron of today has an interval, and no longer one.
    pub(crate) fn is_of_today(&self, task: &Task, logical_time: Timestamp) -> bool {
        let end = self.interval(&task.unique_id, logical_time).and_then(|interval| interval.end);
        task.has_interval(logical_time) && end.is_none_or(|end| end >= task.following(logical_time))
    }

    /// What was begun and neither succeeded nor failed for good, oldest first. What a new cron has no time for is not among it.
    pub(super) fn unfinished(&self, task: &Task) -> Option<Timestamp> {
        let mut known = self.intervals(&task.unique_id);
        let is_open = |state| matches!(state, IntervalState::Retry | IntervalState::Interrupted);
        known.find(|(at, interval)| is_open(interval.state) && self.is_of_today(task, *at)).map(|(at, _)| at)
    }

    /// Whether the server has the interval as done, whatever this process knows.
    pub(crate) fn has_committed(&mut self, task: &str, logical_time: Timestamp) -> Result<bool> {
        let query = "select state from rsdbt.intervals where role = current_user and project = $1 and schema_name = $2 \
             and task = $3 and logical_time = $4::timestamptz";
        let time = logical_time.to_string();
        let rows = self.connection.query(query, &[&self.project, &self.schema, task, &time])?;
        Ok(rows.rows.first().and_then(|row| text(row, 0)) == Some(IntervalState::Success.name()))
    }

    /// Whether the server is still there.
    pub(crate) fn ping(&mut self) -> Result<()> {
        self.connection.query("select 1", &[]).map(|_| ())
    }
}

pub(super) fn text(row: &[Cell], at: usize) -> Option<&str> {
    match row.get(at) {
        Some(Cell::Text(text)) => Some(text),
        _ => None,
    }
}

fn timestamp(row: &[Cell], at: usize) -> Option<Timestamp> {
    text(row, at)?.parse().ok()
}
