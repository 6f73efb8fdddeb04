//! Alerts of jobs: sent beside the work, tried again, and reported as lost when nobody takes them. The job's result stays what it is.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde_json::{Value as Json, json};

use super::invocation::Invocation;
use crate::config::Environment;
use crate::config::jobs::{Alert, Job};
use crate::http::Client;
use crate::interrupt::Supervised;
use crate::run::{Emitter, Event};

/// Of one request, and of one command.
const REQUEST: Duration = Duration::from_secs(10);
const COMMAND: Duration = Duration::from_mins(1);

/// How long the end of the schedule waits for all that are on their way.
const AT_THE_END: Duration = Duration::from_secs(20);

/// How long before each further try.
const AGAIN: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(5)];

/// How an interval of a job ended.
pub(super) struct JobEnd<'m> {
    pub(super) interval: [Timestamp; 2],
    pub(super) attempt: u32,
    pub(super) failure: Option<&'m str>,
}

pub(super) struct Alerts {
    emitter: Arc<Emitter>,
    environment: Environment,
    directory: PathBuf,
    project: String,
    target: String,
    sending: Vec<Sending>,
}

struct Sending {
    about: String,
    thread: JoinHandle<()>,
}

impl Alerts {
    pub(super) fn new(invocation: &Invocation, project: &str, target: &str) -> Self {
        Self {
            emitter: Arc::clone(&invocation.emitter),
            environment: invocation.environment.clone(),
            directory: invocation.project_directory.clone(),
            project: project.to_owned(),
            target: target.to_owned(),
            sending: Vec::new(),
        }
    }

    /// Tells those whom the job names.
    pub(super) fn tell(&mut self, job: &Job, end: &JobEnd<'_>) {
        let [start, until] = end.interval.map(|at| at.to_string());
        let about = format!("{} ({start})", job.name);
        let (event, alerts, text) = match end.failure {
            Some(message) => ("failure", &job.on_failure, format!("{about} failed: {message}")),
            None => ("success", &job.on_success, format!("{about} succeeded")),
        };
        let body = json!({
            "version": 1,
            "event": event,
            "project": self.project,
            "target": self.target,
            "job": job.name,
            "interval_start": start,
            "interval_end": until,
            "attempt": end.attempt,
            "message": end.failure,
            "text": text,
        });
        self.send(alerts, &about, &body);
    }

    fn send(&mut self, alerts: &[Alert], about: &str, body: &Json) {
        self.sending.retain(|sending| !sending.thread.is_finished());
        for alert in alerts {
            let message = Message {
                alert: alert.clone(),
                body: body.to_string(),
                environment: self.environment.clone(),
                directory: self.directory.clone(),
            };
            let (told, emitter) = (about.to_owned(), Arc::clone(&self.emitter));
            let thread = thread::spawn(move || {
                if let Err(problem) = message.persistently() {
                    let msg = format!("the alert of {told} is lost: {problem}");
                    emitter.emit(Event::PrintEvent { msg });
                }
            });
            self.sending.push(Sending { about: about.to_owned(), thread });
        }
    }

    /// Waits for what is still on its way, but not for long: who does not answer must not hold up the end of the schedule.
    pub(super) fn finish(&mut self) {
        let begun = Instant::now();
        while begun.elapsed() < AT_THE_END && self.sending.iter().any(|sending| !sending.thread.is_finished())
        {
            thread::sleep(Duration::from_millis(20));
        }
        for sending in self.sending.drain(..) {
            if sending.thread.is_finished() {
                let _ = sending.thread.join();
            } else {
                let msg = format!(
                    "the alert of {} is lost: the schedule ends, and it was not delivered within {} s",
                    sending.about,
                    AT_THE_END.as_secs()
                );
                self.emitter.emit(Event::PrintEvent { msg });
            }
        }
    }
}

/// On its way.
struct Message {
    alert: Alert,
    body: String,
    environment: Environment,
    directory: PathBuf,
}

impl Message {
    fn persistently(&self) -> Result<(), String> {
        let mut waits = AGAIN.into_iter();
        loop {
            let problem = match self.once() {
                Ok(()) => return Ok(()),
                Err(problem) => problem,
            };
            match waits.next() {
                Some(wait) => thread::sleep(wait),
                None => return Err(problem),
            }
        }
    }

    fn once(&self) -> Result<(), String> {
        match &self.alert {
            Alert::Webhook(url) => {
                self.post(url).map_err(|problem| format!("{}: {problem}", without_path(url)))
            }
            Alert::WebhookFrom(variable) => {
                let url = self.environment.get(variable).filter(|url| !url.is_empty());
                let url =
                    url.ok_or_else(|| format!("the variable {variable} of the environment is not set"))?;
                self.post(url).map_err(|problem| format!("the webhook of {variable}: {problem}"))
            }
            Alert::Command(words) => {
                self.call(words).map_err(|problem| format!("{}: {problem}", words.join(" ")))
            }
        }
    }

    fn post(&self, url: &str) -> Result<(), String> {
        Client::new(REQUEST).post_json(url, &self.body).map_err(|failure| failure.message)
    }

    /// A program gets the body on its standard input.
    fn call(&self, words: &[String]) -> Result<(), String> {
        let Some((program, arguments)) = words.split_first() else { return Ok(()) };
        let mut command = Command::new(program);
        command.args(arguments).current_dir(&self.directory);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut program = Supervised::start(&mut command).map_err(|error| error.to_string())?;
        if let Some(mut input) = program.input() {
            let body = self.body.clone();
            // it may not want to know, and never read it
            thread::spawn(move || drop(input.write_all(body.as_bytes())));
        }
        let begun = Instant::now();
        loop {
            match program.ended().map_err(|error| error.to_string())? {
                Some(status) if status.success() => return Ok(()),
                Some(status) => return Err(status.to_string()),
                None if begun.elapsed() > COMMAND => {
                    program.end_all();
                    return Err(format!("stopped after {} s", COMMAND.as_secs()));
                }
                None => thread::sleep(Duration::from_millis(20)),
            }
        }
    }
}

/// The path is often a secret.
fn without_path(url: &str) -> String {
    let begin = url.find("://").map_or(0, |at| at + 3);
    let host = url[begin..].split(['/', '?']).next().unwrap_or_default();
    let host = host.rsplit('@').next().unwrap_or_default();
    format!("{}{host}/..", &url[..begin])
}
