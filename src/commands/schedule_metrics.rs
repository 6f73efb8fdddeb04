//! `rsdbt schedule --listen`: whether the schedule is alive, and its metrics for Prometheus.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::diagnostic::{Diagnostic, Result};
use crate::schedule::TaskStatus;

/// A schedule looks around far more often.
const ALIVE: Duration = Duration::from_mins(1);
/// How long a client may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// One who sends on and on keeps no other waiting.
const MOST_HEADERS: usize = 100;
/// How often the numbers are made anew.
const EVERY: Duration = Duration::from_secs(1);

pub(super) struct Metrics {
    shown: Arc<Mutex<Shown>>,
}

struct Shown {
    ticked: Instant,
    made: Option<Instant>,
    text: String,
    /// Of the last look at all tasks.
    took: Duration,
}

impl Metrics {
    /// Answers at the address as long as the process lives.
    pub(super) fn listen(address: &str, at_work: &Arc<AtomicBool>) -> Result<Self> {
        let listener = TcpListener::bind(address).map_err(|error| {
            Diagnostic::runtime("schedule-listen", format!("cannot listen on `{address}`: {error}"))
                .help("give an address and a port that is free, as `--listen 127.0.0.1:9187`")
                .boxed()
        })?;
        let shown = Shown { ticked: Instant::now(), made: None, text: String::new(), took: Duration::ZERO };
        let shown = Arc::new(Mutex::new(shown));
        let (shared, at_work) = (Arc::clone(&shown), Arc::clone(at_work));
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                // one who has gone does not matter
                let _ = answer(&client, &shared, &at_work);
            }
        });
        Ok(Self { shown })
    }

    /// The schedule is alive; whether the numbers are old.
    pub(super) fn tick(&self) -> bool {
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        shown.ticked = Instant::now();
        shown.made.is_none_or(|made| made.elapsed() >= EVERY)
    }

    /// A look at all tasks that found nothing to do.
    pub(super) fn looked(&self, took: Duration) {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner).took = took;
    }

    pub(super) fn show(&self, statuses: &[TaskStatus], running: usize, now: Timestamp) {
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        shown.text = text(statuses, running, now);
        shown.made = Some(Instant::now());
    }
}

fn answer(mut client: &TcpStream, shown: &Mutex<Shown>, at_work: &AtomicBool) -> std::io::Result<()> {
    client.set_read_timeout(Some(PATIENCE))?;
    client.set_write_timeout(Some(PATIENCE))?;
    let mut reader = BufReader::new(client);
    let mut request = String::new();
    std::io::Read::take(&mut reader, 8192).read_line(&mut request)?;
    // who is hung up on before all is said may lose the answer
    let mut line = String::new();
    for _ in 0..MOST_HEADERS {
        if std::io::Read::take(&mut reader, 8192).read_line(&mut line)? <= 2 {
            break;
        }
        line.clear();
    }
    let (status, body) = {
        let shown = shown.lock().unwrap_or_else(PoisonError::into_inner);
        let path = request.split(' ').nth(1).unwrap_or_default();
        match path.split('?').next().unwrap_or_default() {
            "/metrics" => ("200 OK", format!("{}{}", shown.text, tick(shown.took))),
            "/health" if at_work.load(Ordering::Relaxed) || shown.ticked.elapsed() < ALIVE => {
                ("200 OK", "ok\n".to_owned())
            }
            "/health" => {
                ("503 Service Unavailable", "the schedule has not looked around for a minute\n".to_owned())
            }
            _ => ("404 Not Found", "`/health` and `/metrics` are here\n".to_owned()),
        }
    };
    write!(
        client,
        "HTTP/1.1 {status}\r\ncontent-type: text/plain; version=0.0.4; charset=utf-8\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
}

fn tick(took: Duration) -> String {
    let name = "rsdbt_schedule_tick_seconds";
    let seconds = took.as_secs_f64();
    format!(
        "# HELP {name} Duration of the last look at all tasks that found nothing to do.\n# TYPE {name} gauge\n{name} {seconds:.6}\n"
    )
}

/// In the text format of Prometheus.
fn text(statuses: &[TaskStatus], running: usize, now: Timestamp) -> String {
    let mut lines = Vec::new();
    let mut family = |name: &str, help: &str, value: &dyn Fn(&TaskStatus) -> Option<i64>| {
        lines.push(format!("# HELP rsdbt_{name} {help}\n# TYPE rsdbt_{name} gauge"));
        for status in statuses {
            if let Some(value) = value(status) {
                let task = status.name().replace('\\', "\\\\").replace('"', "\\\"");
                lines.push(format!("rsdbt_{name}{{task=\"{task}\"}} {value}"));
            }
        }
    };
    family("task_last_success_timestamp_seconds", "Begin of the last interval that succeeded.", &|status| {
        status.last_success().map(Timestamp::as_second)
    });
    family("task_failed_intervals", "Intervals that have failed for good.", &|status| {
        i64::try_from(status.failures()).ok()
    });
    family("task_lag_seconds", "How long the oldest open interval has been due.", &|status| {
        Some(status.due_since().map_or(0, |due| now.duration_since(due).as_secs().max(0)))
    });
    family("task_paused", "1 if the task is paused.", &|status| Some(i64::from(status.is_paused())));
    let due = statuses.iter().filter(|status| status.due_since().is_some_and(|due| due <= now)).count();
    for (name, help, value) in [
        ("schedule_queue", "Tasks with an interval that is due and not done.", due),
        ("schedule_running_jobs", "Jobs at work.", running),
    ] {
        lines.push(format!("# HELP rsdbt_{name} {help}\n# TYPE rsdbt_{name} gauge\nrsdbt_{name} {value}"));
    }
    lines.join("\n") + "\n"
}
