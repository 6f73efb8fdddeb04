//! `rsdbt schedule` and `rsdbt run --due`: runs what is due, each interval once.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value as Json, json};

use super::connect::Connect;
use super::invocation::Invocation;
use super::running;
use super::session::{Parsed, Session};
use super::{CommandResult, Outcome};
use crate::diagnostic::{Diagnostic, Diagnostics, Result};
use crate::graph::Graph;
use crate::interrupt::{Interrupt, Watched};
use crate::manifest::Manifest;
use crate::options::table::{
    EMPTY, EVENT_TIME_START, EXCLUDE, FULL_REFRESH, INTERVAL_END, INTERVAL_START, MODELS, SAMPLE, SELECT,
    SELECTOR, STATUS,
};
use crate::run::{self, Command, Event};
use crate::schedule::{
    Clock, Interval, IntervalState, Ledger, Next, TAKEN, Task, next, of_other_targets, tasks,
};

/// How long at most until the server is looked after, and how long until it is called again after it was lost.
const LOOK_AROUND: Duration = Duration::from_secs(30);
const CALL_AGAIN: Duration = Duration::from_secs(5);

/// How often a waiting schedule looks at the clock.
const LOOK: Duration = Duration::from_millis(100);

/// How long the lock of our own lost session is waited for: longer than the server needs to notice.
const PATIENCE: Duration = Duration::from_mins(5);

/// Keeps running until a signal comes.
pub(super) fn run(invocation: &Invocation) -> CommandResult {
    refuse_other_wishes(invocation)?;
    let mut scheduler = Scheduler::new(invocation)?;
    if invocation.flags.is(&STATUS) {
        return scheduler.status();
    }
    match scheduler.ledger.take_charge() {
        Err(problem) if problem.code != TAKEN => scheduler.reconnect(problem)?,
        taken => taken?,
    }
    scheduler.say(&format!("{} scheduled tasks; Ctrl-C ends", scheduler.tasks.len()));
    scheduler.tell_what_is_held();
    while !scheduler.interrupt.is_set() {
        match scheduler.pass() {
            Ok(Pass { ran: true, .. }) => {}
            Ok(Pass { wake, .. }) => scheduler.sleep(wake),
            Err(problem) => scheduler.reconnect(problem)?,
        }
    }
    scheduler.say("Stopped. Interrupted intervals run again at the next start");
    Ok(Outcome::Success)
}

/// Runs until nothing more is due.
pub(super) fn once(invocation: &Invocation) -> CommandResult {
    refuse_other_wishes(invocation)?;
    let mut scheduler = Scheduler::new(invocation)?;
    scheduler.ledger.take_charge()?;
    while scheduler.pass()?.ran && !scheduler.interrupt.is_set() {}
    if scheduler.interrupt.is_set() {
        return Ok(Outcome::Failure);
    }
    if scheduler.attempts == 0 {
        scheduler.say("nothing is due");
    }
    let held = scheduler.tell_what_is_held();
    Ok(if scheduler.failures == 0 && held == 0 { Outcome::Success } else { Outcome::Failure })
}

/// Each interval is run for itself and remembered as done: nothing may be left out of it.
fn refuse_other_wishes(invocation: &Invocation) -> Result<()> {
    let flags = &invocation.flags;
    let given = |name: &'static str, is_given: bool| is_given.then_some(name);
    let wishes = [
        given("--full-refresh", flags.is(&FULL_REFRESH)),
        given("--empty", flags.is(&EMPTY)),
        given("--sample", flags.text(&SAMPLE).is_some()),
        given("--select", !flags.words(&SELECT).is_empty() || !flags.words(&MODELS).is_empty()),
        given("--exclude", !flags.words(&EXCLUDE).is_empty()),
        given("--selector", flags.text(&SELECTOR).is_some()),
        given("--event-time-start", flags.text(&EVENT_TIME_START).is_some()),
        given("--interval-start", flags.text(&INTERVAL_START).is_some()),
    ];
    let Some(wish) = wishes.into_iter().flatten().next() else { return Ok(()) };
    let message = format!(
        "`{wish}` is not allowed with a schedule: what is due is run as it is, and remembered as done"
    );
    let help =
        format!("leave `{wish}` out, or use it with `rsdbt run --select ..`, which remembers no interval");
    Err(Diagnostic::runtime("schedule-option", message).help(help).boxed())
}

struct Scheduler<'a> {
    invocation: &'a Invocation,
    session: Session<'a>,
    parsed: Parsed,
    connect: Connect,
    tasks: Vec<Task>,
    ledger: Ledger,
    clock: Clock,
    interrupt: Interrupt,
    _watched: Watched,
    attempts: usize,
    failures: usize,
}

/// What one look at all tasks came to.
struct Pass {
    /// Something was done, so that more may be due now.
    ran: bool,
    /// When to look again.
    wake: Timestamp,
}

impl<'a> Scheduler<'a> {
    fn new(invocation: &'a Invocation) -> Result<Self, Diagnostics> {
        let clock = Clock::from_environment(|name| invocation.environment.get(name))?;
        let session = Session::load(invocation)?;
        let parsed = session.parse()?;
        let tasks = tasks(&parsed.manifest, &parsed.graph, &session.profile.target_name)?;
        let others = of_other_targets(&parsed.manifest, &session.profile.target_name);
        if !others.is_empty() {
            let target = &session.profile.target_name;
            let others: Vec<String> =
                others.iter().map(|other| format!("{} ({})", other.name, other.why)).collect();
            let msg = format!("not for target {target}, and left alone: {}", others.join(", "));
            invocation.emitter.emit(Event::PrintEvent { msg });
        }
        let connect = Connect::new(&session.profile, invocation)?;
        let ledger = open_ledger(&connect, &session, clock)?;
        Ok(Self {
            invocation,
            session,
            parsed,
            connect,
            tasks,
            ledger,
            clock,
            interrupt: Interrupt::of_process(),
            _watched: Watched::begin(),
            attempts: 0,
            failures: 0,
        })
    }

    fn say(&self, text: &str) {
        self.invocation.emitter.emit(Event::PrintEvent { msg: text.to_owned() });
    }

    /// Gives every task one step, upstream first.
    fn pass(&mut self) -> Result<Pass> {
        let mut pass = Pass { ran: false, wake: Timestamp::MAX };
        for at in 0..self.tasks.len() {
            if self.interrupt.is_set() {
                break;
            }
            let task = self.tasks[at].clone();
            match next(&task, &self.tasks, &mut self.ledger, self.clock.now()) {
                Next::Run { logical_time } if self.clock.is_rehearsal() => {
                    self.say(&format!("{} {logical_time} {}: would run", self.clock.now(), task.name));
                    self.settle(&task, logical_time, IntervalState::Success, 0, String::new())?;
                    self.attempts += 1;
                    pass.ran = true;
                }
                Next::Run { logical_time } => {
                    self.attempt(&task, logical_time)?;
                    pass.ran = true;
                }
                Next::Wait { logical_time, since, until, message } => {
                    let attempt =
                        self.ledger.interval(&task.unique_id, logical_time).map_or(0, |known| known.attempt);
                    self.ledger.record(
                        &task.unique_id,
                        logical_time,
                        Interval {
                            state: IntervalState::Waiting,
                            attempt,
                            not_before: Some(until),
                            started_at: Some(since),
                            message,
                        },
                    )?;
                    pass.wake = pass.wake.min(until);
                }
                Next::InVain { logical_time, message } => {
                    self.say(&format!("{logical_time} {}: failed: {message}", task.name));
                    self.failures += 1;
                    self.settle(&task, logical_time, IntervalState::Failed, 0, message)?;
                    pass.ran = true;
                }
                Next::Later(at) => pass.wake = pass.wake.min(at),
                Next::Held { .. } | Next::Over => {}
            }
        }
        Ok(pass)
    }

    /// Intervals that failed and hold back all later ones, with the way out; and what is tried again later.
    fn tell_what_is_held(&mut self) -> usize {
        let mut held = 0;
        for at in 0..self.tasks.len() {
            let task = self.tasks[at].clone();
            match next(&task, &self.tasks, &mut self.ledger, self.clock.now()) {
                Next::Held { logical_time } => {
                    held += 1;
                    self.say(&format!(
                        "{}: held back, since {logical_time} failed: `rsdbt schedule clear {}` lets it run again",
                        task.name, task.name
                    ));
                }
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
        let interval = Interval { state, attempt, not_before: None, started_at, message };
        self.ledger.record(&task.unique_id, logical_time, interval)
    }

    /// One try of one interval.
    fn attempt(&mut self, task: &Task, logical_time: Timestamp) -> Result<()> {
        let known = self.ledger.interval(&task.unique_id, logical_time);
        let attempt = known.map_or(0, |known| known.attempt) + 1;
        let started_at = Some(self.clock.now());
        self.ledger.record(
            &task.unique_id,
            logical_time,
            Interval {
                state: IntervalState::Running,
                attempt,
                not_before: None,
                started_at,
                message: String::new(),
            },
        )?;
        self.attempts += 1;
        self.say(&format!("{logical_time} {}: attempt {attempt}", task.name));
        let error = match self.execute(task, logical_time) {
            Ok(error) => error,
            Err(problem) => Some(problem.to_string()),
        };
        if self.interrupt.is_set()
            && error.is_some()
            && !self.ledger.has_committed(&task.unique_id, logical_time)?
        {
            return self.settle(
                task,
                logical_time,
                IntervalState::Interrupted,
                attempt - 1,
                "interrupted".to_owned(),
            );
        }
        let Some(message) = error else {
            self.say(&format!("{logical_time} {}: success", task.name));
            self.settle(task, logical_time, IntervalState::Success, attempt, String::new())?;
            return self.ledger.forget_past(task);
        };
        if self.ledger.has_committed(&task.unique_id, logical_time)? {
            // the work is done, and must not be done again
            self.failures += 1;
            self.say(&format!("{logical_time} {}: success, but what followed failed: {message}", task.name));
            self.settle(task, logical_time, IntervalState::Success, attempt, message)?;
            return self.ledger.forget_past(task);
        }
        if attempt > task.schedule.retries {
            self.failures += 1;
            self.say(&format!("{logical_time} {}: failed: {message}", task.name));
            return self.settle(task, logical_time, IntervalState::Failed, attempt, message);
        }
        self.failures += 1;
        let delay = SignedDuration::from_secs(i64::from(task.schedule.retry_delay_seconds));
        let not_before = self.clock.now().checked_add(delay).ok();
        self.say(&format!(
            "{logical_time} {}: attempt {attempt} of {} failed: {message}",
            task.name,
            task.schedule.retries + 1
        ));
        self.ledger.record(
            &task.unique_id,
            logical_time,
            Interval { state: IntervalState::Retry, attempt, not_before, started_at, message },
        )
    }

    /// Runs the node for the interval's window; why it failed, if it did.
    fn execute(&self, task: &Task, logical_time: Timestamp) -> Result<Option<String>> {
        let Some(statement) = self.ledger.success_statement(&task.unique_id, logical_time) else {
            return Ok(Some("the interval is not known to be at work".to_owned()));
        };
        let parsed = with_post_hook(&self.parsed, &task.unique_id, &statement)?;
        let selected = vec![task.unique_id.clone()];
        let mut inputs = running::inputs(&self.session, &parsed, &self.connect, Command::Run, &selected)?;
        let window = [logical_time, task.following(logical_time)];
        let window = window.map(|at| at.strftime("%Y-%m-%d %H:%M:%S").to_string());
        if let (Some(shared), [start, end]) = (Arc::get_mut(&mut inputs.shared), &window) {
            shared.set_flag(INTERVAL_START.0.key, start);
            shared.set_flag(INTERVAL_END.0.key, end);
        }
        inputs.options.event_time = window.map(Some);
        let plan = run::plan(&parsed.manifest, &parsed.graph, &selected, Command::Run);
        let outcome = run::execute(&inputs, &plan)?;
        if outcome.results.success() {
            return Ok(None);
        }
        let messages: Vec<String> =
            outcome.results.results.iter().filter_map(|result| result.message.clone()).collect();
        Ok(Some(if messages.is_empty() { "interrupted".to_owned() } else { messages.join("; ") }))
    }

    /// Until a time, or until a signal or the next look at the server.
    fn sleep(&mut self, wake: Timestamp) {
        let end = Instant::now() + self.clock.until(wake).min(LOOK_AROUND);
        // the clock may be set ahead meanwhile
        while Instant::now() < end && !self.interrupt.is_set() && self.clock.now() < wake {
            self.rest(end.min(Instant::now() + LOOK));
        }
    }

    fn rest(&self, end: Instant) {
        while Instant::now() < end && !self.interrupt.is_set() {
            let left = end.saturating_duration_since(Instant::now());
            std::thread::sleep(left.min(LOOK));
        }
    }

    /// The server is away: call it until it answers, or a signal comes.
    fn reconnect(&mut self, problem: Box<Diagnostic>) -> Result<()> {
        let mut problem = problem;
        let begun = Instant::now();
        loop {
            if self.ledger.ping().is_ok() {
                // the connection is well: it was something else
                return Err(problem);
            }
            self.say(&format!("connection lost; retrying every 5 s: {}", problem.message));
            self.rest(Instant::now() + CALL_AGAIN);
            if self.interrupt.is_set() {
                return Ok(());
            }
            let taken = open_ledger(&self.connect, &self.session, self.clock).and_then(|mut ledger| {
                ledger.end_session_of(&self.ledger);
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

    fn status(&mut self) -> CommandResult {
        let now = self.clock.now();
        let mut lines = Vec::new();
        for at in 0..self.tasks.len() {
            let task = self.tasks[at].clone();
            let intervals = || self.ledger.intervals(&task.unique_id);
            let last = intervals()
                .rev()
                .find(|(_, interval)| interval.state == IntervalState::Success)
                .map_or_else(|| "never".to_owned(), |(at, _)| at.to_string());
            let failed = intervals().filter(|(_, interval)| interval.state == IntervalState::Failed).count();
            let open = intervals()
                .find(|(_, interval)| {
                    !matches!(interval.state, IntervalState::Success | IntervalState::Failed)
                })
                .map(|(at, interval)| {
                    let message = if interval.message.is_empty() {
                        String::new()
                    } else {
                        format!(" ({})", interval.message)
                    };
                    format!("\n  now: {at} {}, attempt {}{message}", interval.state.name(), interval.attempt)
                })
                .unwrap_or_default();
            let coming = match next(&task, &self.tasks, &mut self.ledger, now) {
                Next::Run { logical_time } => format!("{logical_time} is due"),
                Next::Wait { logical_time, message, .. } => format!("{logical_time} waits for {message}"),
                Next::InVain { logical_time, message } => format!("{logical_time}: {message}"),
                Next::Later(at) => format!("at {at}"),
                Next::Held { logical_time } => format!("held back: {logical_time} failed"),
                Next::Over => "none: the end date has passed".to_owned(),
            };
            lines.push(format!(
                "{}\n  cron: {}\n  last success: {last}\n  failed intervals: {failed}\n  next: {coming}{open}",
                task.name, task.cron
            ));
        }
        if lines.is_empty() {
            lines.push("nothing has a schedule".to_owned());
        }
        self.say(&lines.join("\n"));
        Ok(Outcome::Success)
    }
}

pub(super) fn open_ledger(connect: &Connect, session: &Session<'_>, clock: Clock) -> Result<Ledger> {
    Ledger::open(&Arc::new(connect.settings.clone()), session.project.root.name(), clock)
}

/// The project with one more statement in a node's transaction.
fn with_post_hook(parsed: &Parsed, unique_id: &str, statement: &str) -> Result<Parsed> {
    let mut manifest = Manifest::clone(&parsed.manifest);
    if let Some(node) = manifest.nodes.get_mut(unique_id) {
        let node = Arc::make_mut(node);
        let hooks = node.config_mut().entry("post-hook").or_insert_with(|| json!([]));
        if let Json::Array(hooks) = hooks {
            hooks.push(json!({"sql": statement, "transaction": true, "index": null}));
        }
    }
    let graph = Arc::new(Graph::build(&manifest)?);
    Ok(Parsed { manifest: Arc::new(manifest), graph, kept: Arc::clone(&parsed.kept) })
}
