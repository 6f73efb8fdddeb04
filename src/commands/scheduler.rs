//! The loop of a schedule: what is due is run, nodes in this process and jobs beside it, and how it ended is recorded.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

use super::built::ADDED_MEANWHILE;
use super::connect::Connect;
use super::invocation::Invocation;
use super::job_alerts::{Alerts, JobEnd};
use super::job_attempt::{Attempt, OUTPUT, Stopped};
use super::lease::gone;
use super::log_run;
use super::schedule_jobs::{Ended, Jobs, News};
use super::schedule_metrics::Metrics;
use super::schedule_sensors::Sensors;
use super::scheduled_node::ScheduledNode;
use super::session::{ParsedProject, Session};
use crate::config::RawProjectFile;
use crate::config::jobs::{CatchUp, Job, step_keys};
use crate::diagnostic::{Diagnostic, Diagnostics, Result, render};
use crate::interrupt::{Interrupt, Watched};
use crate::manifest::code;
use crate::options::table::VARS;
use crate::project;
use crate::run::Event;
use crate::run_log::RunLog;
use crate::schedule::{
    Clock, Interval, IntervalState, Ledger, Next, Other, Planned, Progress, Sight, TAKEN, Task, Work, next,
    planned, statuses,
};

/// How long at most until the server is looked after, and how long until it is called again after it was lost.
const LOOK_AROUND: Duration = Duration::from_secs(5);
const CALL_AGAIN: Duration = Duration::from_secs(5);

/// How often a waiting schedule looks at the clock.
pub(super) const LOOK: Duration = Duration::from_millis(100);

/// How long the lock of our own lost session is waited for: longer than the server needs to notice.
const PATIENCE: Duration = Duration::from_mins(5);

pub(super) struct Scheduler<'a> {
    invocation: &'a Invocation,
    session: Session<'a>,
    parsed: ParsedProject,
    connect: Connect,
    pub(super) tasks: Vec<Task>,
    pub(super) ledger: Ledger,
    pub(super) clock: Clock,
    pub(super) jobs: Jobs,
    alerts: Alerts,
    pub(super) interrupt: Interrupt,
    _watched: Watched,
    executable: PathBuf,
    log: Option<RunLog>,
    /// A node is being built in this process, which may take long.
    pub(super) at_work: Arc<AtomicBool>,
    /// Of the project's files when they were read last.
    stamp: u64,
    /// Tasks that the project no longer has, and that are still at work.
    retired: Vec<Task>,
    pub(super) attempts: usize,
    pub(super) failures: usize,
}

/// What one look at all tasks came to.
pub(super) struct Pass {
    /// Something was done, so that more may be due now.
    pub(super) ran: bool,
    /// When to look again.
    pub(super) wake: Timestamp,
}

impl<'a> Scheduler<'a> {
    pub(super) fn new(invocation: &'a Invocation) -> Result<Self, Diagnostics> {
        let clock = Clock::from_environment(|name| invocation.environment.get(name))?;
        let session = Session::load(invocation)?;
        let stamp = stamp(&session);
        let parsed = session.parse()?;
        let Planned { tasks, others } = plan_of(&session, &parsed)?;
        if let Some(msg) = left_alone(&session.profile.target_name, &others) {
            invocation.emitter.emit(Event::PrintEvent { msg });
        }
        let connect = Connect::new(&session.profile, invocation)?;
        let ledger = open_ledger(&connect, &session, clock)?;
        let jobs = Jobs::new(session.profile.threads.max(1));
        let alerts = Alerts::new(invocation, session.project.root.name(), &session.profile.target_name);
        Ok(Self {
            invocation,
            session,
            parsed,
            connect,
            tasks,
            ledger,
            clock,
            jobs,
            alerts,
            interrupt: Interrupt::of_process(),
            _watched: Watched::begin(),
            executable: std::env::current_exe().unwrap_or_else(|_| "rsdbt".into()),
            log: log_run::of(invocation)?,
            at_work: Arc::default(),
            stamp,
            retired: Vec::new(),
            attempts: 0,
            failures: 0,
        })
    }

    pub(super) fn say(&self, text: &str) {
        self.invocation.emitter.emit(Event::PrintEvent { msg: text.to_owned() });
    }

    /// Reads the project again when its files have changed. One with errors leaves everything as it was.
    pub(super) fn take_in_changes(&mut self) {
        let now = stamp(&self.session);
        if std::mem::replace(&mut self.stamp, now) == now {
            return;
        }
        match self.reload() {
            Ok(()) => self.say(&format!("the project has changed: {} scheduled tasks", self.tasks.len())),
            Err(problems) => {
                let problems: Vec<String> = problems.0.iter().map(render).collect();
                self.say(&format!(
                    "the project has changed and has errors; the schedule continues with what it was before:\n{}",
                    problems.join("\n")
                ));
            }
        }
    }

    pub(super) fn show(&mut self, metrics: &Metrics) {
        let now = self.clock.now();
        let statuses = statuses(&self.tasks, &mut self.ledger, now);
        metrics.show(&statuses, self.jobs.running(), now);
    }

    fn reload(&mut self) -> Result<(), Diagnostics> {
        let raw = RawProjectFile::read(&self.invocation.project_directory, "")?;
        let session = Session::load_from(self.invocation, &raw)?;
        let parsed = session.parse()?;
        let tasks = plan_of(&session, &parsed)?.tasks;
        let jobs = &self.jobs;
        let has_gone = |task: &Task| {
            jobs.is_running(&task.unique_id) && !tasks.iter().any(|known| known.unique_id == task.unique_id)
        };
        self.retired.retain(|task| jobs.is_running(&task.unique_id));
        self.retired.extend(self.tasks.iter().filter(|task| has_gone(task)).cloned());
        self.ledger.unsettle();
        (self.session, self.parsed, self.tasks) = (session, parsed, tasks);
        Ok(())
    }

    /// Gives every task one step, upstream first.
    pub(super) fn pass(&mut self) -> Result<Pass> {
        let mut pass = Pass { ran: self.hear()?, wake: Timestamp::MAX };
        self.ledger.look()?;
        for at in 0..self.tasks.len() {
            if self.interrupt.is_set() {
                break;
            }
            let task = self.tasks[at].clone();
            if self.jobs.is_running(&task.unique_id) {
                continue;
            }
            match next(&task, &self.tasks, &mut self.ledger, self.clock.now()) {
                Next::Run { logical_time } if self.clock.is_rehearsal() => {
                    self.say(&format!("{} {logical_time} {}: would run", self.clock.now(), task.name));
                    self.settle(&task, logical_time, IntervalState::Success, 0, String::new())?;
                    self.attempts += 1;
                    pass.ran = true;
                }
                Next::Run { logical_time } => match &task.work {
                    Work::Node => {
                        self.attempt(&task, logical_time)?;
                        pass.ran = true;
                    }
                    // the end of another one is heard of
                    Work::Job(_) if self.jobs.is_full() => {}
                    Work::Job(job) => self.begin(&task, job, logical_time)?,
                },
                Next::Wait { logical_time, since, until, message } => {
                    pass.wake = pass.wake.min(until);
                    let known = self.ledger.interval(&task.unique_id, logical_time);
                    let is_told = known.is_some_and(|known| known.waits() && known.started_at.is_some());
                    let is_job = matches!(task.work, Work::Job(_));
                    // what a job waits for is known here: it need not be kept from looking
                    if is_job && is_told {
                        continue;
                    }
                    let not_before = (!is_job).then_some(until);
                    let attempt = known.map_or(0, |known| known.attempt);
                    let state = known.map_or(IntervalState::Waiting, Interval::state_of_wait);
                    self.ledger.record(
                        &task.unique_id,
                        logical_time,
                        Interval {
                            state,
                            end: Some(task.following(logical_time)),
                            attempt,
                            not_before,
                            started_at: Some(since),
                            message,
                        },
                    )?;
                }
                Next::Look { logical_time, sensor, message } => {
                    self.look_at(&task, logical_time, sensor, &message);
                    pass.ran = true;
                }
                Next::InVain { logical_time, message } => {
                    self.say_failed(&task, logical_time, &message);
                    self.failures += 1;
                    self.settle(&task, logical_time, IntervalState::Failed, 0, message.clone())?;
                    self.alert(&task, logical_time, 0, Some(&message));
                    pass.ran = true;
                }
                Next::Later(at) => pass.wake = pass.wake.min(at),
                Next::Held { .. } | Next::Paused { .. } | Next::Over => {}
            }
        }
        if !pass.ran {
            self.session.early.let_go();
        }
        Ok(pass)
    }

    /// For good, and what leads out.
    fn say_failed(&self, task: &Task, logical_time: Timestamp, message: &str) {
        let retry = format!("once it is mended: `rsdbt schedule retry {}`", task.name);
        self.say(&format!("{logical_time} {}: failed: {message}\n  {retry}", task.name));
    }

    fn job_folder(&self, job: &Job) -> PathBuf {
        self.session.target_directory.join("jobs").join(&job.name)
    }

    /// Whether what a job waits for is there. What cannot be looked at is not there.
    fn look_at(&mut self, task: &Task, logical_time: Timestamp, at: usize, title: &str) {
        let Some(sensor) = task.sensors().get(at) else { return };
        let Self { session, parsed, connect, .. } = &*self;
        let is_met = Sensors { session, parsed, connect }.is_met(task, sensor, logical_time);
        if let Err(problem) = &is_met {
            self.say(&format!("{logical_time} {}: waits for {title}: {}", task.name, problem.message));
        }
        let again = SignedDuration::from_secs(i64::from(sensor.every_seconds()));
        let again = self.clock.now().checked_add(again).unwrap_or(Timestamp::MAX);
        let sight = if is_met.unwrap_or(false) { Sight::Met } else { Sight::Missing { again } };
        self.ledger.note_sight(&task.unique_id, logical_time, at, sight);
    }

    /// Intervals that failed and hold back all later ones, with the way out; and what is tried again later.
    pub(super) fn tell_what_is_held(&mut self) -> usize {
        let mut held = 0;
        for at in 0..self.tasks.len() {
            let task = self.tasks[at].clone();
            match next(&task, &self.tasks, &mut self.ledger, self.clock.now()) {
                Next::Held { logical_time } => {
                    held += 1;
                    self.say(&format!(
                        "{}: held back, since {logical_time} failed: `rsdbt schedule retry {}` lets it go on",
                        task.name, task.name
                    ));
                }
                Next::Paused { logical_time } => self.say(&format!(
                    "{}: paused, and {logical_time} is due: `rsdbt schedule resume {}` lets it run",
                    task.name, task.name
                )),
                Next::Later(until) => {
                    let retried = self.ledger.intervals(&task.unique_id).find(|(_, interval)| {
                        interval.state == IntervalState::Retry && interval.not_before == Some(until)
                    });
                    if let Some((logical_time, _)) = retried {
                        self.say(&format!("{logical_time} {}: is tried again at {until}", task.name));
                    }
                }
                _ => {}
            }
        }
        held
    }

    fn settle(
        &mut self,
        task: &Task,
        logical_time: Timestamp,
        state: IntervalState,
        attempt: u32,
        message: String,
    ) -> Result<()> {
        let started_at =
            self.ledger.interval(&task.unique_id, logical_time).and_then(|known| known.started_at);
        let end = Some(task.following(logical_time));
        let interval = Interval { state, end, attempt, not_before: None, started_at, message };
        self.ledger.record(&task.unique_id, logical_time, interval)
    }

    /// All its attempts, for an interval that had failed.
    pub(super) fn open_again(&mut self, task: &Task, logical_time: Timestamp) -> Result<()> {
        self.settle(task, logical_time, IntervalState::Retry, 0, String::new())
    }

    /// One more try of an interval: its number.
    fn count(&mut self, task: &Task, logical_time: Timestamp) -> Result<u32> {
        let known = self.ledger.interval(&task.unique_id, logical_time).cloned();
        let is_other = |known: &Interval| known.end.is_some_and(|end| end != task.following(logical_time));
        if known.as_ref().is_some_and(is_other) {
            // what another cron began at this time had another end
            self.ledger.forget_progress(&task.unique_id, logical_time)?;
        }
        let attempt = known.filter(|known| !is_other(known)).map_or(0, |known| known.attempt) + 1;
        let begun = Interval {
            state: IntervalState::Running,
            end: Some(task.following(logical_time)),
            attempt,
            not_before: None,
            started_at: Some(self.clock.now()),
            message: String::new(),
        };
        self.ledger.record(&task.unique_id, logical_time, begun)?;
        self.attempts += 1;
        self.say(&format!("{logical_time} {}: attempt {attempt}", task.name));
        Ok(attempt)
    }

    /// One try of one interval of a node.
    pub(super) fn attempt(&mut self, task: &Task, logical_time: Timestamp) -> Result<()> {
        let attempt = self.count(task, logical_time)?;
        self.at_work.store(true, Ordering::Relaxed);
        // the next interval may be due as well
        self.session.early.keep();
        let done = self.node(task).build(logical_time);
        self.at_work.store(false, Ordering::Relaxed);
        let error = match done {
            Ok(error) => error,
            Err(problem) => Some(render(&problem)),
        };
        let Some(message) = error else { return self.conclude(task, logical_time, attempt, Ok(())) };
        if self.ledger.has_committed(&task.unique_id, logical_time)? {
            // the work is done, and must not be done again
            self.failures += 1;
            self.say(&format!("{logical_time} {}: success, but what followed failed: {message}", task.name));
            self.settle(task, logical_time, IntervalState::Success, attempt, message)?;
            return self.ledger.forget_past(task);
        }
        let is_interrupted = self.interrupt.is_set();
        let stopped = if is_interrupted { Stopped::Interrupted } else { Stopped::Failed(message) };
        self.conclude(task, logical_time, attempt, Err(stopped))
    }

    /// Begins one try of one interval of a job.
    pub(super) fn begin(&mut self, task: &Task, job: &Arc<Job>, logical_time: Timestamp) -> Result<()> {
        let number = self.count(task, logical_time)?;
        if task.catch_up != CatchUp::Latest
            && self.ledger.covered_until(task, logical_time) >= task.following(logical_time)
        {
            return self.conclude(task, logical_time, number, Ok(()));
        }
        let (manifest, graph) = (&self.parsed.manifest, &self.parsed.graph);
        let keys = step_keys(&job.steps);
        let committed = self.ledger.committed(&task.unique_id, logical_time)?;
        let gone = gone(&self.connect, manifest, &self.session.profile.target_name, committed)?;
        let code = |step: usize, id: &str| {
            if gone.contains(id) {
                return Some(String::new());
            }
            let mut vars = (*self.parsed.vars).clone();
            vars.extend(job.steps.get(step).map(|step| step.vars.clone()).unwrap_or_default());
            Some(code(manifest, manifest.nodes.get(id)?, &vars))
        };
        let Progress { done, changed } =
            self.ledger.progress(&task.unique_id, logical_time, &keys, graph, &code)?;
        if !changed.is_empty() {
            let changed = changed.join(", ");
            self.say(&format!("{logical_time} {}: runs again from what has changed: {changed}", task.name));
        }
        let invocation = self.invocation;
        let interval = [logical_time, task.following(logical_time)];
        let window = match task.catch_up {
            CatchUp::Latest => {
                let since = self.ledger.open_since(task, logical_time);
                since.map(|since| [since, interval[1]])
            }
            // of a new cron, the first one may begin before the end of what is done
            CatchUp::All | CatchUp::None => {
                Some([self.ledger.covered_until(task, logical_time), interval[1]])
            }
        };
        let attempt = Attempt {
            job: Arc::clone(job),
            lease: self.ledger.lease(&task.unique_id, logical_time),
            keys,
            number,
            executable: self.executable.clone(),
            interval,
            window,
            options: invocation.inherited_options(),
            vars: invocation.flags.mapping(&VARS),
            directory: invocation.project_directory.clone(),
            target: self.job_folder(job),
            done,
            stop: Arc::default(),
        };
        self.jobs.start(&task.unique_id, attempt);
        Ok(())
    }

    /// What the jobs at work say: whether one has ended.
    pub(super) fn hear(&mut self) -> Result<bool> {
        let mut has_ended = false;
        while let Some(news) = self.jobs.take() {
            match news {
                News::Step { task, logical_time, step } => {
                    self.ledger.note_step(&task, logical_time, step)?;
                }
                News::End(Ended { task, logical_time, attempt, outcome }) => {
                    has_ended = true;
                    let mut known = self.tasks.iter().chain(&self.retired);
                    let known = known.find(|known| known.unique_id == task).cloned();
                    if let Some(task) = known {
                        self.conclude(&task, logical_time, attempt, outcome)?;
                    }
                }
            }
        }
        Ok(has_ended)
    }

    /// Records how an attempt ended.
    fn conclude(
        &mut self,
        task: &Task,
        logical_time: Timestamp,
        attempt: u32,
        outcome: Result<(), Stopped>,
    ) -> Result<()> {
        let message = match outcome {
            Ok(()) => {
                self.say(&format!("{logical_time} {}: success", task.name));
                self.settle(task, logical_time, IntervalState::Success, attempt, String::new())?;
                if matches!(task.work, Work::Job(_))
                    || self.node(task).output() != self.session.profile.target_name
                {
                    self.ledger.forget_progress(&task.unique_id, logical_time)?;
                }
                self.alert(task, logical_time, attempt, None);
                return self.ledger.forget_past(task);
            }
            Err(Stopped::Interrupted) => {
                let message = "interrupted".to_owned();
                return self.settle(task, logical_time, IntervalState::Interrupted, attempt - 1, message);
            }
            Err(Stopped::Failed(message)) if message.contains(ADDED_MEANWHILE) => {
                self.say(&format!("{logical_time} {}: another run has added its rows meanwhile", task.name));
                let message = "is looked at again".to_owned();
                return self.settle(task, logical_time, IntervalState::Interrupted, attempt - 1, message);
            }
            Err(Stopped::Failed(message)) => message,
        };
        self.failures += 1;
        if attempt > task.schedule.retries {
            self.say_failed(task, logical_time, &message);
            if let Work::Job(job) = &task.work {
                let output = self.job_folder(job).join(OUTPUT);
                let output = output.strip_prefix(&self.invocation.project_directory).unwrap_or(&output);
                self.say(&format!("  what its steps printed: {}", output.display()));
            }
            self.settle(task, logical_time, IntervalState::Failed, attempt, message.clone())?;
            self.alert(task, logical_time, attempt, Some(&message));
            return Ok(());
        }
        let not_before = self.clock.now().checked_add(task.retry_delay(attempt)).ok();
        self.say(&format!(
            "{logical_time} {}: attempt {attempt} of {} failed: {message}",
            task.name,
            task.schedule.retries + 1
        ));
        let started_at =
            self.ledger.interval(&task.unique_id, logical_time).and_then(|known| known.started_at);
        self.ledger.record(
            &task.unique_id,
            logical_time,
            Interval {
                state: IntervalState::Retry,
                end: Some(task.following(logical_time)),
                attempt,
                not_before,
                started_at,
                message,
            },
        )
    }

    /// Tells those whom a job names how one of its intervals ended.
    fn alert(&mut self, task: &Task, logical_time: Timestamp, attempt: u32, failure: Option<&str>) {
        if let Work::Job(job) = &task.work {
            let ended = JobEnd { interval: [logical_time, task.following(logical_time)], attempt, failure };
            self.alerts.tell(job, &ended);
        }
    }

    /// An orderly end of what is at work.
    pub(super) fn end(&mut self) -> Result<()> {
        self.jobs.stop();
        let heard = self.hear();
        self.alerts.finish();
        heard.map(drop)
    }

    fn node<'s>(&'s self, task: &'s Task) -> ScheduledNode<'s, 'a> {
        let Self { session, parsed, connect, ledger, .. } = self;
        ScheduledNode { task, session, parsed, connect, ledger, log: self.log.as_ref() }
    }

    /// Until a time, or until a signal, news of a job or the next look at the server.
    pub(super) fn sleep(&mut self, wake: Timestamp) {
        let end = Instant::now() + self.clock.until(wake).min(LOOK_AROUND);
        // the clock may be set ahead meanwhile
        while Instant::now() < end && !self.interrupt.is_set() && self.clock.now() < wake {
            if self.jobs.is_idle() {
                self.rest(end.min(Instant::now() + LOOK));
            } else if self.jobs.wait(LOOK) {
                return;
            }
        }
    }

    fn rest(&self, end: Instant) {
        while Instant::now() < end && !self.interrupt.is_set() {
            let left = end.saturating_duration_since(Instant::now());
            std::thread::sleep(left.min(LOOK));
        }
    }

    /// The server is away: call it until it answers, or a signal comes.
    pub(super) fn reconnect(&mut self, problem: Box<Diagnostic>) -> Result<()> {
        let mut problem = problem;
        let begun = Instant::now();
        let mut is_idle = self.jobs.is_idle();
        loop {
            if self.ledger.ping().is_ok() {
                // the connection is well: it was something else
                return Err(problem);
            }
            self.say(&format!("connection lost; retrying every 5 s: {}", problem.message));
            if !std::mem::replace(&mut is_idle, true) {
                // they begin again where they were, under the next charge
                self.jobs.stop();
                while self.jobs.take().is_some() {}
            }
            self.rest(Instant::now() + CALL_AGAIN);
            if self.interrupt.is_set() {
                return Ok(());
            }
            let taken = open_ledger(&self.connect, &self.session, self.clock).and_then(|mut ledger| {
                ledger.succeed(&self.ledger);
                ledger.take_charge()?;
                Ok(ledger)
            });
            match taken {
                Ok(ledger) => {
                    self.ledger = ledger;
                    return Ok(());
                }
                // the server may not have noticed yet that the session before is gone
                Err(next) if next.code == TAKEN && begun.elapsed() > PATIENCE => return Err(next),
                Err(next) => problem = next,
            }
        }
    }
}

fn stamp(session: &Session<'_>) -> u64 {
    let profiles = session.invocation.profiles_directory().join("profiles.yml");
    project::stamp(&session.project, &[&profiles])
}

/// What the profile's target runs.
pub(super) fn plan_of(session: &Session<'_>, parsed: &ParsedProject) -> Result<Planned, Diagnostics> {
    let (project, target) = (session.project.root.name(), &session.profile.target_name);
    planned(&parsed.manifest, &parsed.graph, &parsed.jobs, project, target)
}

/// What has a schedule that this target does not run.
pub(super) fn left_alone(target: &str, others: &[Other]) -> Option<String> {
    let others: Vec<String> = others.iter().map(|other| format!("{} ({})", other.name, other.why)).collect();
    (!others.is_empty()).then(|| format!("not for target {target}, and left alone: {}", others.join(", ")))
}

pub(super) fn open_ledger(connect: &Connect, session: &Session<'_>, clock: Clock) -> Result<Ledger> {
    let mut ledger = Ledger::open(&Arc::new(connect.settings.clone()), session.project.root.name(), clock)?;
    ledger.look()?;
    Ok(ledger)
}
