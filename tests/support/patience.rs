//! A command that hangs fails its test, with what the server says of it, instead of keeping the whole suite waiting.

use std::collections::HashMap;
use std::fs;
use std::io::Write as _;
use std::sync::Once;
use std::thread;
use std::time::{Duration, Instant};

use rsdbt::inside::adapter::{Begin, Cell, Connection, Fetch};
use rustix::process::{Pid, Signal, kill_process};

/// Longer than any command of a test takes, on a slow machine too.
const PATIENCE: Duration = Duration::from_mins(25);

const SESSIONS: &str = "select concat_ws(' | ', pid, application_name, state, wait_event, xact_start, \
    'blocked by ' || nullif(pg_blocking_pids(pid)::text, '{}'), left(query, 500)) \
    from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid() order by xact_start";

/// From now on, as far as the system tells of processes.
pub(crate) fn limit() {
    static WATCH: Once = Once::new();
    WATCH.call_once(|| drop(thread::spawn(watch)));
}

fn watch() {
    let mut seen: HashMap<String, Instant> = HashMap::new();
    loop {
        thread::sleep(Duration::from_secs(5));
        let now = commands();
        seen.retain(|known, _| now.iter().any(|(_, command)| command == known));
        for (pid, command) in now {
            if seen.entry(command.clone()).or_insert_with(Instant::now).elapsed() > PATIENCE {
                let said = format!("has not ended after {PATIENCE:?}: {command}\n{}\n", sessions());
                let _ = std::io::stderr().write_all(said.as_bytes());
                let _ = kill_process(pid, Signal::KILL);
            }
        }
    }
}

/// The commands that this process has started and that run: what names one of them, with all of its words.
fn commands() -> Vec<(Pid, String)> {
    let own = std::process::id().to_string();
    let numbers = fs::read_dir("/proc").into_iter().flatten().flatten();
    let numbers = numbers.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    let command = |number| {
        let read = |file| fs::read_to_string(format!("/proc/{number}/{file}")).ok();
        let stat = read("stat")?;
        // `1 (rsdbt) S 0 ..`: the parent is the second, the moment of its start the 20th word behind the name
        let (name, rest) = stat.rsplit_once(')')?;
        let words: Vec<&str> = rest.split_whitespace().collect();
        let is_ours = name.ends_with("(rsdbt") && words.get(1) == Some(&own.as_str());
        let line = read("cmdline")?.replace('\0', " ");
        is_ours.then(|| format!("{number} since {}: {line}", words[19]))
    };
    numbers.filter_map(|number| Some((Pid::from_raw(number)?, command(number)?))).collect()
}

/// What each session of the server is at, a line each.
fn sessions() -> String {
    let rows = Connection::open(&super::settings())
        .and_then(|mut connection| connection.execute(SESSIONS, Begin::No, Fetch::All));
    let rows = rows.ok().and_then(|(_, rows)| rows).map(|rows| rows.rows).unwrap_or_default();
    let text = |row: Vec<Cell>| match row.into_iter().next() {
        Some(Cell::Text(text)) => text,
        _ => String::new(),
    };
    rows.into_iter().map(text).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_command_that_waits_for_ever_is_found() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let project = super::Project::at(&format!("rsdbt-patience-{}", std::process::id()));
    let output = format!("{{type: postgres, host: 127.0.0.1, port: {port}, user: a, dbname: a, schema: a}}");
    project.write("profiles.yml", &format!("shop: {{target: dev, outputs: {{dev: {output}}}}}\n"));
    let mut command = project.command(&["debug"]).stdout(std::process::Stdio::null()).spawn().unwrap();
    let found = |command: &(Pid, String)| command.1.ends_with("/rsdbt debug ");
    super::wait_until("it is found", || commands().iter().any(found));
    command.kill().unwrap();
    command.wait().unwrap();
    assert!(!commands().iter().any(found));
    assert!(sessions().is_empty() || sessions().contains(" | "));
}
