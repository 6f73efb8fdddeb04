//! One attempt of one interval of a job: its steps in their order, each a process of its own.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime};

use jiff::Timestamp;
use serde_json::{Map, Value as Json};

use crate::config::jobs::{Job, JobAction, JobStep};
use crate::hashed::HashSet;
use crate::interrupt::{self, Supervised};
use crate::options::JOB_LEASE;
use crate::output;
use crate::run::{FIRST_ERROR, PreviousResults, Status};
use crate::schedule::Lease;

/// How often a step is looked after: the longer it runs, the less often.
const LOOK: [Duration; 2] = [Duration::from_millis(1), Duration::from_millis(50)];

/// What the steps of a job print, in its folder.
pub(super) const OUTPUT: &str = "output.log";

/// From this length on, a log is put aside for a new one.
const MOST_LOG: u64 = 10 << 20;

/// So much of the end of what a program printed is kept as the reason of its failure.
const TAIL: u64 = 2000;

#[derive(Clone)]
pub(super) struct Attempt {
    pub(super) job: Arc<Job>,
    pub(super) lease: Lease,
    pub(super) number: u32,
    /// This program, as it was when the schedule began: it may be replaced meanwhile.
    /// Of the steps.
    pub(super) keys: Vec<u32>,
    pub(super) executable: PathBuf,
    pub(super) interval: [Timestamp; 2],
    /// What steps that build are given: it begins earlier where intervals were left out before.
    pub(super) window: Option<[Timestamp; 2]>,
    /// Options of this process that its steps get too.
    pub(super) options: Vec<String>,
    pub(super) vars: Map<String, Json>,
    pub(super) directory: PathBuf,
    /// Artifacts and logs of the job.
    pub(super) target: PathBuf,
    /// Steps that earlier attempts have done.
    pub(super) done: HashSet<usize>,
    pub(super) stop: Arc<AtomicBool>,
}

/// Why it did not get to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Stopped {
    Failed(String),
    Interrupted,
}

impl Attempt {
    pub(super) fn run(&self, mut done: impl FnMut(u32)) -> Result<(), Stopped> {
        let begun = Instant::now();
        if let Err(error) = self.head() {
            return Err(Stopped::Failed(format!("{}: {error}", self.output().display())));
        }
        for (at, step) in self.job.steps.iter().enumerate() {
            if self.done.contains(&at) {
                continue;
            }
            match self.step(at, step, begun) {
                Ok(None) => done(self.key(at)),
                Ok(Some(stopped)) => return Err(stopped),
                Err(error) => return Err(Stopped::Failed(format!("{}: {error}", step.title()))),
            }
        }
        Ok(())
    }

    /// `None` if all went well.
    fn step(&self, at: usize, step: &JobStep, begun: Instant) -> io::Result<Option<Stopped>> {
        let log = OpenOptions::new().append(true).open(self.output())?;
        let printed_before = log.metadata()?.len();
        let mut command = self.command(at, step)?;
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        let (started, begun_step) = (SystemTime::now(), Instant::now());
        let mut program = Supervised::start(&mut command)?;
        let end = |program: &mut Supervised| match step.action {
            JobAction::Program(_) => program.end_all(),
            _ => program.end(),
        };
        let is_late = || {
            let most = self.job.timeout_seconds.map(|seconds| Duration::from_secs(u64::from(seconds)));
            most.is_some_and(|most| begun.elapsed() >= most)
        };
        let status = loop {
            if let Some(status) = program.ended()? {
                break status;
            }
            if self.is_stopped() {
                end(&mut program);
                return Ok(Some(Stopped::Interrupted));
            }
            if is_late() {
                end(&mut program);
                let seconds = self.job.timeout_seconds.unwrap_or_default();
                return Ok(Some(Stopped::Failed(format!(
                    "{}: stopped after the timeout of {seconds} s",
                    step.title()
                ))));
            }
            std::thread::sleep((begun_step.elapsed() / 20).clamp(LOOK[0], LOOK[1]));
        };
        if status.success() {
            return Ok(None);
        }
        if self.is_stopped() {
            return Ok(Some(Stopped::Interrupted));
        }
        let results = self.target.join("run_results.json");
        let reason = failures(&results, started).map_or_else(|| tail(&self.output(), printed_before), Ok)?;
        let reason = if reason.is_empty() { status.to_string() } else { reason };
        Ok(Some(Stopped::Failed(format!("{}: {reason}", step.title()))))
    }

    /// A line before what the attempt prints. Logs of earlier attempts stay, until they are long.
    fn head(&self) -> io::Result<()> {
        output::make_folder(&self.target)?;
        let path = self.output();
        if std::fs::metadata(&path).is_ok_and(|log| log.len() > MOST_LOG) {
            output::replace(&path, &path.with_extension("log.1"))?;
        }
        let mut log = OpenOptions::new().append(true).create(true).open(path)?;
        writeln!(log, "=== {} {}, attempt {}", Timestamp::now(), self.interval[0], self.number)
    }

    /// What the steps print.
    fn output(&self) -> PathBuf {
        self.target.join(OUTPUT)
    }

    fn key(&self, step: usize) -> u32 {
        self.keys.get(step).copied().unwrap_or_default()
    }

    fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed) || interrupt::has_come()
    }

    fn command(&self, at: usize, step: &JobStep) -> io::Result<Command> {
        let mut command = match &step.action {
            JobAction::Program(words) => {
                let mut command = Command::new(words.first().map_or("", String::as_str));
                command.args(words.iter().skip(1));
                command
            }
            JobAction::Command { name, options } => {
                let mut command = self.own(step, name);
                command.args(options);
                let is_whole = options.iter().any(|option| option == "--full-refresh");
                if let Some(window) = self.window.filter(|_| step.builds() && !is_whole) {
                    let [start, end] = window.map(|at| at.strftime("%Y-%m-%d %H:%M:%S").to_string());
                    command.args(["--interval-start", start.as_str(), "--interval-end", end.as_str()]);
                }
                let lease = Lease { step: self.key(at), ..self.lease.clone() };
                command.env(JOB_LEASE, serde_json::to_string(&lease)?);
                command
            }
            JobAction::Operation { macro_name, arguments, .. } => {
                let mut command = self.own(step, "run-operation");
                command.arg(macro_name).args(["--args", &Json::Object(arguments.clone()).to_string()]);
                command
            }
        };
        let [start, end] = self.interval.map(|at| at.to_string());
        command
            .current_dir(&self.directory)
            .env("RSDBT_JOB", &self.job.name)
            .env("RSDBT_ATTEMPT", self.number.to_string())
            .env("RSDBT_INTERVAL_START", start)
            .env("RSDBT_INTERVAL_END", end);
        Ok(command)
    }

    /// This program with a command of its own.
    fn own(&self, step: &JobStep, name: &str) -> Command {
        let mut vars = self.vars.clone();
        vars.extend(step.vars.clone());
        let mut command = Command::new(&self.executable);
        command.args(name.split(' ')).args(&self.options).arg("--target-path").arg(&self.target);
        command.arg("--log-path").arg(&self.target);
        // alerts and the schedule's own tables quote it
        if std::env::var_os("DBT_USE_COLORS").is_none() {
            command.env("DBT_USE_COLORS", "false");
        }
        if !vars.is_empty() {
            command.args(["--vars", &Json::Object(vars).to_string()]);
        }
        command
    }
}

/// What failed in the run, by its artifact; `None` if it wrote none.
fn failures(results: &Path, started: SystemTime) -> Option<String> {
    let written = std::fs::metadata(results).ok()?.modified().ok()?;
    if written < started {
        return None;
    }
    let results = PreviousResults::read(results).ok()?.results;
    let failed = results.iter().filter(|result| {
        matches!(result.status, Status::Error | Status::Fail | Status::RuntimeError | Status::PartialSuccess)
    });
    let lines: Vec<String> = failed
        .map(|result| {
            let message = result.message.as_deref().unwrap_or("failed").trim();
            let of_batch = result.adapter_response.get(FIRST_ERROR).and_then(Json::as_str);
            let of_batch = of_batch.map_or_else(String::new, |error| format!("\n{error}"));
            format!("{}: {message}{of_batch}", result.unique_id)
        })
        .collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

/// The end of what was printed.
fn tail(output: &Path, from: u64) -> io::Result<String> {
    let mut file = File::open(output)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(from.max(length.saturating_sub(TAIL))))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    let said: Vec<&str> = text.lines().filter(|line| !line.contains("Running with dbt=")).collect();
    Ok(said.join("\n").trim().to_owned())
}
