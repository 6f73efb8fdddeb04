//! Jobs: steps in an order, side by side, tried again where they failed, and told about.

mod by_hand;
mod unfinished;

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::thread;

use rsdbt::inside::adapter::Cell;

use crate::support::{Database, Project, assert_mistakes, wait_until};

const CLOCK: &str = "RSDBT_SIMULATED_CLOCK";

fn texts(database: &mut Database, sql: &str) -> Vec<String> {
    let rows = database.query(sql).unwrap().rows;
    rows.into_iter()
        .map(|row| match row.into_iter().next() {
            Some(Cell::Text(text)) => text,
            other => panic!("{other:?}"),
        })
        .collect()
}

/// What is known of the jobs' intervals, oldest first.
fn intervals(database: &mut Database) -> Vec<String> {
    let schema = database.schema.clone();
    if texts(database, "select coalesce(to_regclass('rsdbt.intervals')::text, 'none')") == ["none"] {
        return Vec::new();
    }
    let sql = format!(
        "select concat_ws(' ', regexp_replace(task, '.*[.]', ''), to_char(logical_time at time zone 'UTC', 'MM-DD HH24:MI'), state, attempt) \
         from rsdbt.intervals where schema_name = '{schema}' order by logical_time, task"
    );
    texts(database, &sql)
}

fn due(project: &Project, at: &str) -> (i32, String) {
    let output = project.command(&["run", "--due"]).env(CLOCK, at).output().unwrap();
    (output.status.code().unwrap(), String::from_utf8_lossy(&output.stdout).into_owned())
}

/// A model that keeps a row for each time that it is built.
fn counting(project: &Project, name: &str, more: &str) {
    let config = "materialized='incremental', incremental_strategy='append'";
    project.write(
        &format!("models/{name}.sql"),
        &format!("{{{{ config({config}) }}}} select now() as at {more}"),
    );
}

fn count(database: &mut Database, table: &str) -> String {
    texts(database, &format!("select count(*)::text from {table}")).remove(0)
}

fn end(process: &std::process::Child) {
    let status = std::process::Command::new("kill").arg(process.id().to_string()).status().unwrap();
    assert!(status.success());
}

#[test]
fn steps_run_in_their_order_and_jobs_after_each_other() {
    let mut database = Database::new();
    let project = Project::new(&database);
    project.write("models/a.sql", "{{ config(tags=['nightly']) }} select {{ var('n', 0) }} as n");
    project.write("models/b.sql", "select n from {{ ref('a') }}");
    project.write(
        "models/b.yml",
        "models: [{name: a, columns: [{name: n, data_tests: [{accepted_values: {values: [7]}}]}]}]\n",
    );
    project.write(
        "macros/note.sql",
        "{% macro note(word) %}{% do run_query('begin; create table ' ~ target.schema ~ '.noted as select ' ~ dbt.string_literal(word) ~ '::text as word; commit') %}{% endmacro %}",
    );
    project.write(
        "jobs.yml",
        r#"jobs:
  - name: nightly
    cron: "0 3 * * *"
    steps:
      - build: {select: tag:nightly, vars: {n: 7}}
      - run-operation: {macro: note, args: {word: heard}}
      - shell: [sh, -c, "echo $RSDBT_JOB $RSDBT_ATTEMPT $RSDBT_INTERVAL_START $RSDBT_INTERVAL_END >> said.txt"]
"#,
    );
    project.write("jobs/later.yml", "jobs:\n  - {name: report, after: nightly, steps: [{run: b}, {shell: [sh, -c, \"echo report >> said.txt\"]}]}\n");
    let (status, text) = due(&project, "2024-05-02T03:00:01Z");
    assert_eq!(status, 0, "{text}");
    assert_eq!(intervals(&mut database), ["nightly 05-01 03:00 success 1", "report 05-01 03:00 success 1"]);
    let said = std::fs::read_to_string(project.root.join("said.txt")).unwrap();
    assert_eq!(said, "nightly 1 2024-05-01T03:00:00Z 2024-05-02T03:00:00Z\nreport\n");
    assert_eq!(texts(&mut database, "select word from noted"), ["heard"]);
    assert_eq!(texts(&mut database, "select n::text from b"), ["7"]);
    let (status, text) = due(&project, "2024-05-02T09:00:00Z");
    assert!(status == 0 && text.contains("nothing is due"), "{text}");
    let left = format!("rsdbt.progress where schema_name = '{}'", database.schema);
    assert_eq!(count(&mut database, &left), "0", "what is done needs no record of its parts");
}

/// The node that failed is tried again, and none that has committed.
#[test]
fn a_job_resumes_where_it_failed() {
    let mut database = Database::new();
    let project = Project::new(&database);
    database.execute("create table switch (broken int); insert into switch values (1)");
    let schema = database.schema.clone();
    counting(&project, "a", "");
    counting(
        &project,
        "b",
        &format!("from {{{{ ref('a') }}}} where (select 1 / (1 - broken) from {schema}.switch) = 1 limit 1"),
    );
    counting(&project, "c", "from {{ ref('b') }} limit 1");
    project.write(
        "jobs.yml",
        r#"jobs:
  - name: nightly
    cron: "@daily"
    retries: 1
    retry_delay: 10 minutes
    steps:
      - shell: [sh, -c, "echo once >> said.txt"]
      - build:
      - shell: [sh, -c, "echo last >> said.txt"]
"#,
    );
    let (status, text) = due(&project, "2024-05-02T00:00:01Z");
    assert!(status == 1 && text.contains("nightly: attempt 1 of 2 failed: build: model.shop.b: "), "{text}");
    assert!(text.contains("division by zero"), "{text}");
    assert_eq!(intervals(&mut database), ["nightly 05-01 00:00 retry 1"]);
    database.execute("update switch set broken = 0");
    assert!(due(&project, "2024-05-02T00:05:00Z").1.contains("is tried again at 2024-05-02T00:1"));
    let (status, text) = due(&project, "2024-05-02T01:00:00Z");
    assert_eq!(status, 0, "{text}");
    assert_eq!(intervals(&mut database), ["nightly 05-01 00:00 success 2"]);
    for table in ["a", "b", "c"] {
        assert_eq!(count(&mut database, table), "1", "{table}");
    }
    assert_eq!(std::fs::read_to_string(project.root.join("said.txt")).unwrap(), "once\nlast\n");
    let log = std::fs::read_to_string(project.root.join("target/jobs/nightly/output.log")).unwrap();
    let heads: Vec<&str> = log.lines().filter(|line| line.starts_with("=== ")).collect();
    assert!(heads.len() == 2 && heads[0].ends_with(" 2024-05-01T00:00:00Z, attempt 1"), "{heads:?}");
    assert!(log.contains("division by zero"), "what the first attempt printed is still there");
}

/// All nodes have committed, and what follows them has not: only that is repeated, for the schemas of all of them.
#[test]
fn a_hook_after_the_nodes_is_repeated_until_it_succeeds() {
    let mut database = Database::new();
    let project = Project::new(&database);
    database.execute(
        "create table switch (broken int); insert into switch values (1); create table heard (at text)",
    );
    let schema = database.schema.clone();
    counting(&project, "a", "");
    project.write(
        "dbt_project.yml",
        &format!(
            "name: shop\nprofile: shop\non-run-end:\n  - \"insert into {schema}.heard select '{{{{ schemas | join(' ') }}}}' from {schema}.switch where 1 / (1 - broken) = 1\"\n"
        ),
    );
    project.write("jobs.yaml", "jobs:\n  - {name: nightly, cron: '@daily', retries: 1, steps: [run]}\n");
    let (status, text) = due(&project, "2024-05-02T00:00:01Z");
    assert!(status == 1 && text.contains("division by zero"), "{text}");
    let (status, text) = due(&project, "2024-05-02T01:00:00Z");
    assert!(status == 1 && text.contains("division by zero"), "{text}");
    assert_eq!(intervals(&mut database), ["nightly 05-01 00:00 failed 2"]);
    database.execute("update switch set broken = 0");
    let retried = project
        .command(&["schedule", "retry", "nightly"])
        .env(CLOCK, "2024-05-02T08:00:00Z")
        .output()
        .unwrap();
    assert!(retried.status.success());
    let (status, text) = due(&project, "2024-05-02T08:00:00Z");
    assert_eq!(status, 0, "{text}");
    assert_eq!(count(&mut database, "a"), "1");
    assert_eq!(texts(&mut database, "select at from heard"), [schema]);
}

/// In the morning: what the night has committed stays, or is done anew, as one likes.
#[test]
fn a_job_that_failed_for_good_continues_or_begins_anew() {
    let mut database = Database::new();
    let project = Project::new(&database);
    counting(&project, "a", "");
    project.write(
        "jobs.yml",
        "jobs:\n  - {name: nightly, cron: '@daily', steps: [run, {shell: [test, -e, go]}]}\n",
    );
    let repair = |command: &str| {
        let output = project
            .command(&["schedule", command, "nightly"])
            .env(CLOCK, "2024-05-02T08:00:00Z")
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{text}");
        text
    };
    assert_eq!(due(&project, "2024-05-02T00:00:01Z").0, 1);
    assert_eq!(intervals(&mut database), ["nightly 05-01 00:00 failed 1"]);
    let text = repair("retry");
    assert!(
        text.contains("nightly: continues where it failed") && text.contains("1 interval opened again"),
        "{text}"
    );
    assert_eq!(due(&project, "2024-05-02T08:00:00Z").0, 1);
    assert_eq!(count(&mut database, "a"), "1");
    assert!(repair("clear").contains("1 interval cleared"));
    project.write("go", "");
    let (status, text) = due(&project, "2024-05-02T08:00:00Z");
    assert_eq!(status, 0, "{text}");
    assert_eq!(intervals(&mut database), ["nightly 05-01 00:00 success 1"]);
    assert_eq!(count(&mut database, "a"), "2");
    assert!(repair("retry").contains("no interval of nightly"));
}

/// Whoever is killed, and whenever: what a node has committed is not done again.
#[test]
fn kills_repeat_no_node() {
    let mut database = Database::new();
    let project = Project::new(&database);
    for (at, name) in ["a", "b", "c", "d"].into_iter().enumerate() {
        let before = ["a", "b", "c", "d"][..at]
            .last()
            .map_or(String::new(), |before| format!("-- depends_on: {{{{ ref('{before}') }}}}\n"));
        counting(&project, name, &format!("from pg_sleep(0.1)\n{before}"));
    }
    project.write(
        "jobs.yml",
        "jobs:\n  - {name: nightly, cron: '@daily', start: 2024-05-01, catch_up: all, steps: [build]}\n",
    );
    let at = "2024-05-04T00:00:01Z";
    for round in 0_u64..6 {
        let mut schedule = project
            .command(&["schedule"])
            .env(CLOCK, at)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        thread::sleep(std::time::Duration::from_millis(700 + round * 173));
        schedule.kill().unwrap();
        schedule.wait().unwrap();
    }
    let mut status = (2, String::new());
    wait_until("the job is done", || {
        status = due(&project, at);
        status.0 == 0
    });
    let done: Vec<String> = (1..=3).map(|day| format!("nightly 05-0{day} 00:00 success 1")).collect();
    assert_eq!(intervals(&mut database), done, "{}", status.1);
    for table in ["a", "b", "c", "d"] {
        assert_eq!(count(&mut database, table), "3", "{table}");
    }
}

/// The schedule is gone, and what it had at work does not know it yet.
#[test]
fn a_step_that_outlives_its_schedule_commits_nothing_once_another_has_taken_charge() {
    let mut database = Database::new();
    let project = Project::new(&database);
    let schema = database.schema.clone();
    let gate = format!("hashtextextended('gate of {schema}', 0)");
    counting(&project, "a", &format!("from pg_advisory_xact_lock_shared({gate})"));
    database.execute(&format!("select pg_advisory_lock({gate})"));
    project.write("jobs.yml", "jobs:\n  - {name: nightly, cron: '@daily', steps: [run]}\n");
    let at = "2024-05-02T00:00:01Z";
    let mut first = project.command(&["run", "--due"]).env(CLOCK, at).stdout(Stdio::null()).spawn().unwrap();
    let at_work = format!(
        "select pid::text from pg_locks where locktype = 'advisory' and objsubid = 1 and not granted and \
         (classid::bigint << 32) + objid::bigint = {gate}"
    );
    wait_until("the step is at work", || !texts(&mut database, &at_work).is_empty());
    first.kill().unwrap();
    first.wait().unwrap();
    let in_charge = format!(
        "select pid::text from pg_locks where locktype = 'advisory' and objsubid = 1 and granted and \
         (classid::bigint << 32) + objid::bigint = hashtextextended('rsdbt schedule {schema} shop', 0)"
    );
    wait_until("the charge of the first is free", || texts(&mut database, &in_charge).is_empty());
    let mut second = project.command(&["run", "--due"]).env(CLOCK, at).stdout(Stdio::null()).spawn().unwrap();
    let epoch = format!("select epoch::text from rsdbt.jobs where schema_name = '{schema}'");
    wait_until("the second is in charge", || texts(&mut database, &epoch) == ["2"]);
    database.execute(&format!("select pg_advisory_unlock({gate})"));
    assert!(second.wait().unwrap().success());
    assert_eq!(intervals(&mut database), ["nightly 05-01 00:00 success 1"]);
    assert_eq!(count(&mut database, "a"), "1");
    let log = std::fs::read_to_string(project.root.join("target/jobs/nightly/dbt.log")).unwrap();
    assert!(
        log.contains(
            "another process has taken charge of the schedule: nothing of this attempt is committed"
        )
    );
}

#[test]
fn jobs_run_side_by_side_and_each_once_at_a_time() {
    let mut database = Database::new();
    let project = Project::new(&database);
    // each waits for the other's file, and would wait for ever alone
    let meet = |own: &str, other: &str| {
        format!(
            "{{shell: [sh, -c, \"mkdir {own} && while [ ! -e {other} ]; do sleep 0.05; done; sleep 0.3; rmdir {own}.done 2>/dev/null; mkdir {own}.done\"]}}"
        )
    };
    project.write(
        "jobs.yml",
        &format!(
            "jobs:\n  - {{name: one, cron: '@daily', timeout: 30 s, steps: [{}]}}\n  - {{name: two, cron: '@daily', timeout: 30 s, steps: [{}]}}\n",
            meet("one", "two"),
            meet("two", "one")
        ),
    );
    let profile = std::fs::read_to_string(project.root.join("profiles.yml")).unwrap();
    project.write("profiles.yml", &profile.replace("threads: 1", "threads: 4"));
    let (status, text) = due(&project, "2024-05-02T00:00:01Z");
    assert_eq!(status, 0, "{text}");
    assert_eq!(intervals(&mut database), ["one 05-01 00:00 success 1", "two 05-01 00:00 success 1"]);
}

#[test]
fn a_job_that_takes_too_long_is_stopped() {
    let mut database = Database::new();
    let project = Project::new(&database);
    project.write("models/slow.sql", "{{ config(materialized='table') }} select 1 as id from pg_sleep(300)");
    project.write(
        "jobs.yml",
        "jobs:\n  - {name: slow, cron: '@daily', timeout: 2 seconds, steps: [run]}\n  - {name: late, after: [slow], steps: [run]}\n",
    );
    let (status, text) = due(&project, "2024-05-02T00:00:01Z");
    assert!(status == 1 && text.contains("slow: failed: run: stopped after the timeout of 2 s"), "{text}");
    assert!(text.contains("late: failed: slow of 2024-05-01T00:00:00Z failed"), "{text}");
    assert_eq!(intervals(&mut database), ["late 05-01 00:00 failed 0", "slow 05-01 00:00 failed 1"]);
    let schema = database.schema.clone();
    let left = format!(
        "select count(*)::text from pg_stat_activity where query like '%pg_sleep(300)%' and query like '%{schema}%' \
         and state = 'active' and pid <> pg_backend_pid()"
    );
    wait_until("nothing of it is left on the server", || texts(&mut database, &left) == ["0"]);
}

#[test]
fn a_signal_ends_jobs_in_order_and_they_begin_again() {
    let mut database = Database::new();
    let project = Project::new(&database);
    counting(&project, "a", "");
    project.write(
        "jobs.yml",
        "jobs:\n  - {name: nightly, cron: '@daily', steps: [run, {shell: [sh, -c, 'echo $RSDBT_ATTEMPT >> said.txt; test -e go || sleep 300']}]}\n",
    );
    let at = "2024-05-02T00:00:01Z";
    let mut schedule = project.command(&["schedule"]).env(CLOCK, at).stdout(Stdio::null()).spawn().unwrap();
    wait_until("the shell is at work", || project.root.join("said.txt").exists());
    end(&schedule);
    assert!(schedule.wait().unwrap().success());
    assert_eq!(intervals(&mut database), ["nightly 05-01 00:00 interrupted 0"]);
    project.write("go", "");
    let (status, text) = due(&project, at);
    assert_eq!(status, 0, "{text}");
    assert_eq!(count(&mut database, "a"), "1");
    assert_eq!(
        std::fs::read_to_string(project.root.join("said.txt")).unwrap(),
        "1\n1\n",
        "a shell step may run twice"
    );
}

/// The server's end is of an HTTP/1.1 request with a body: what was posted, and how it is answered.
struct Receiver {
    url: String,
    bodies: Arc<Mutex<Vec<String>>>,
}

impl Receiver {
    /// Answers the first requests with the given statuses, and all later ones with success.
    fn answering(first: &'static [&'static str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://127.0.0.1:{}/hook", listener.local_addr().unwrap().port());
        let bodies = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&bodies);
        thread::spawn(move || {
            for (at, stream) in listener.incoming().flatten().enumerate() {
                let Some(body) = body(&stream) else { continue };
                kept.lock().unwrap().push(body);
                let answer = first.get(at).copied().unwrap_or("200 OK");
                let _ =
                    write!(&stream, "HTTP/1.1 {answer}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            }
        });
        Self { url, bodies }
    }
}

fn body(mut stream: &TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    loop {
        let mut chunk = [0; 4096];
        let read = stream.read(&mut chunk).ok()?;
        bytes.extend_from_slice(&chunk[..read]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.to_ascii_lowercase();
            let length: usize =
                length.lines().find_map(|line| line.strip_prefix("content-length: ")?.trim().parse().ok())?;
            if body.len() >= length {
                return Some(body.to_owned());
            }
        }
        if read == 0 {
            return None;
        }
    }
}

#[test]
fn alerts_are_posted_until_they_are_taken() {
    let mut database = Database::new();
    let project = Project::new(&database);
    let receiver = Receiver::answering(&["500 Internal Server Error"]);
    project.write("models/wrong.sql", "{{ config(materialized='table') }} select 1/0 as id");
    project.write(
        "jobs.yml",
        "jobs:
  - name: nightly
    cron: '@daily'
    steps: [run]
    on_failure: [{webhook_from: DBT_ENV_SECRET_HOOK}, {command: [sh, -c, 'cat > told.json']}]
  - name: fine
    cron: '@daily'
    steps: [{shell: ['true']}]
    on_success: [{webhook: 'http://127.0.0.1:9/'}]
",
    );
    let run = |at: &str| {
        let output = project
            .command(&["run", "--due"])
            .env(CLOCK, at)
            .env("DBT_ENV_SECRET_HOOK", &receiver.url)
            .env("NO_PROXY", "127.0.0.1")
            .output()
            .unwrap();
        (output.status.code().unwrap(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let (status, text) = run("2024-05-02T00:00:01Z");
    assert_eq!(status, 1, "{text}");
    assert_eq!(intervals(&mut database), ["fine 05-01 00:00 success 1", "nightly 05-01 00:00 failed 1"]);
    assert!(
        text.contains("the alert of fine (2024-05-01T00:00:00Z) is lost: http://127.0.0.1:9/..: "),
        "{text}"
    );
    let bodies = receiver.bodies.lock().unwrap().clone();
    assert_eq!(bodies.len(), 2, "the server's error is tried again");
    let body: serde_json::Value = serde_json::from_str(&bodies[1]).unwrap();
    for (key, value) in [
        ("event", "failure"),
        ("project", "shop"),
        ("target", "dev"),
        ("job", "nightly"),
        ("interval_start", "2024-05-01T00:00:00Z"),
        ("interval_end", "2024-05-02T00:00:00Z"),
    ] {
        assert_eq!(body[key], value, "{key}");
    }
    assert_eq!(body["attempt"], 1);
    let message = body["message"].as_str().unwrap();
    assert!(message.contains("model.shop.wrong") && message.contains("division by zero"), "{message}");
    let told = std::fs::read_to_string(project.root.join("told.json")).unwrap();
    assert_eq!(told, bodies[1]);
}

/// Servers that are slow, down or broken: the result of the job is the same, and the schedule ends.
#[test]
fn alerts_that_nobody_takes_change_nothing() {
    let mut database = Database::new();
    let project = Project::new(&database);
    let broken = Receiver::answering(&["500 Internal Server Error"; 3]);
    // connections are made, and nothing is ever answered
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let silent_port = silent.local_addr().unwrap().port();
    project.write(
        "jobs.yml",
        &format!(
            "jobs:
  - {{name: slow, cron: '@daily', steps: [{{shell: ['true']}}], on_success: [{{webhook: 'http://127.0.0.1:{silent_port}/'}}]}}
  - {{name: down, cron: '@daily', steps: [{{shell: ['true']}}], on_success: [{{webhook: 'http://127.0.0.1:9/'}}]}}
  - {{name: broken, cron: '@daily', steps: [{{shell: ['true']}}], on_success: [{{webhook: '{}'}}]}}
",
            broken.url
        ),
    );
    let begun = std::time::Instant::now();
    let (status, text) = due(&project, "2024-05-02T00:00:01Z");
    assert_eq!(status, 0, "{text}");
    assert!(begun.elapsed().as_secs() < 60, "{:?}", begun.elapsed());
    let done = ["broken 05-01 00:00 success 1", "down 05-01 00:00 success 1", "slow 05-01 00:00 success 1"];
    assert_eq!(intervals(&mut database), done);
    for (job, reason) in [
        ("slow", "the schedule ends, and it was not delivered within 20 s"),
        ("down", "http://127.0.0.1:9/..: "),
        ("broken", "http status: 500"),
    ] {
        let line = text
            .lines()
            .find(|line| line.contains(&format!("the alert of {job} (2024-05-01T00:00:00Z) is lost: ")));
        assert!(line.is_some_and(|line| line.contains(reason)), "{job}\n{text}");
    }
    assert_eq!(broken.bodies.lock().unwrap().len(), 3, "it is tried three times");
}

/// A job that catches up on its last interval alone covers those it left out.
#[test]
fn the_window_of_the_latest_begins_where_the_last_success_ended() {
    let mut database = Database::new();
    let project = Project::new(&database);
    database.execute("create table windows (at text)");
    let schema = database.schema.clone();
    let window = "{{ flags.INTERVAL_START }} {{ flags.INTERVAL_END }}";
    project.write(
        "models/a.sql",
        &format!("{{{{ config(materialized='table', post_hook=\"insert into {schema}.windows values ('{window}')\") }}}} select 1 as id"),
    );
    let write = |catch_up: &str| {
        project.write("jobs.yml", &format!("jobs:\n  - {{name: nightly, cron: '@daily', start: 2024-05-01, catch_up: {catch_up}, steps: [run]}}\n"));
    };
    write("latest");
    for at in ["2024-05-03T00:00:01Z", "2024-05-04T00:00:01Z", "2024-05-09T00:00:01Z"] {
        let (status, text) = due(&project, at);
        assert_eq!(status, 0, "{text}");
    }
    assert_eq!(
        texts(&mut database, "select at from windows"),
        ["None None", "2024-05-03T00:00:00 2024-05-04T00:00:00", "2024-05-04T00:00:00 2024-05-09T00:00:00",]
    );
    write("none");
    let (status, text) = due(&project, "2024-05-12T00:00:01Z");
    assert!(status == 0 && text.contains("nothing is due"), "{text}");
    write("all");
    let (status, text) = due(&project, "2024-05-06T00:00:01Z");
    assert_eq!(status, 0, "{text}");
    let after = texts(&mut database, "select at from windows offset 3");
    assert_eq!(
        after,
        [
            "2024-05-01T00:00:00 2024-05-02T00:00:00",
            "2024-05-04T00:00:00 2024-05-05T00:00:00",
            "2024-05-05T00:00:00 2024-05-06T00:00:00"
        ]
    );
}

#[test]
fn jobs_of_another_target_are_left_alone() {
    let mut database = Database::new();
    let project = Project::new(&database);
    project.write(
        "jobs.yml",
        "jobs:
  - {name: nightly, cron: '@daily', target: prod, steps: [{shell: ['false']}]}
  - {name: report, after: nightly, steps: [{shell: ['false']}]}
  - {name: own, cron: '@daily', target: dev, timezone: Asia/Seoul, steps: [{shell: ['true']}]}
",
    );
    let (status, text) = due(&project, "2024-05-02T16:00:00Z");
    assert_eq!(status, 0, "{text}");
    assert!(
        text.contains(
            "not for target dev, and left alone: nightly (target: prod), report (waits for nightly)"
        ),
        "{text}"
    );
    assert_eq!(intervals(&mut database), ["own 05-01 15:00 success 1"]);
    let status =
        project.command(&["schedule", "--status"]).env(CLOCK, "2024-05-02T16:00:00Z").output().unwrap();
    let status = String::from_utf8_lossy(&status.stdout).into_owned();
    assert!(status.contains("cron: @daily (Asia/Seoul)\n  last success: 2024-05-01T15:00:00Z"), "{status}");
}

/// What was renamed meanwhile, and a model that fails batch by batch.
#[test]
fn a_job_says_what_it_did_not_do() {
    let database = Database::new();
    let project = Project::new(&database);
    project
        .write("models/f.sql", "{{ config(event_time='at') }} select timestamp '2024-05-01' as at, 1 as id");
    project.write(
        "models/m.sql",
        "{{ config(materialized='incremental', incremental_strategy='microbatch', event_time='at', batch_size='day', begin='2024-05-01', unique_key='id') }} select at, 1 / (id - 1) as id from {{ ref('f') }}",
    );
    let job = |steps: &str| {
        project
            .write("jobs.yml", &format!("jobs:\n  - {{name: nightly, cron: '@daily', steps: [{steps}]}}\n"));
    };
    job("{run: f}, {run: reports}");
    let (status, text) = due(&project, "2024-05-02T00:00:01Z");
    assert_ne!(status, 0, "{text}");
    assert!(text.contains("the step selects nothing: `reports`"), "{text}");
    let status = project.run(&["schedule", "status"]).text;
    assert!(status.contains("the step `run --select reports` of job `nightly` selects nothing"), "{status}");
    job("{run: f}, {run: m}");
    let (status, text) = due(&project, "2024-05-03T00:00:01Z");
    assert_ne!(status, 0, "{text}");
    assert!(text.contains("division by zero"), "{text}");
    // as the status has it
    project.write("models/m.sql", "{{ config(materialized='table') }} select 1 as id");
    let output = project.run(&[
        "schedule",
        "clear",
        "nightly",
        "--from",
        "2024-05-02T00:00:00Z",
        "--to",
        "2024-05-03T02:00:00+02:00",
    ]);
    assert_eq!(output.status, 0, "{}", output.text);
    let (status, text) = due(&project, "2024-05-03T00:00:01Z");
    assert_eq!(status, 0, "{text}");
}

#[test]
fn what_a_job_quotes_has_no_colours() {
    let mut database = Database::new();
    let project = Project::new(&database);
    project.write("models/m.sql", "select 1 as a");
    project.write("models/m.yml", "unit_tests: [{name: u, model: m, given: [], expect: {rows: [{a: 2}]}}]\n");
    project.write(
        "jobs.yml",
        "jobs: [{name: nightly, cron: '0 3 * * *', start: 2024-01-01, steps: [build], on_failure: [{command: [tee, alert.json]}]}]\n",
    );
    let (status, text) = due(&project, "2024-01-02 04:00:00");
    assert_ne!(status, 0, "{text}");
    let read = |path: &str| std::fs::read_to_string(project.path().join(path)).unwrap();
    let log = read("target/jobs/nightly/output.log");
    assert!(log.contains("actual differs from expected"), "{log}");
    let told = texts(&mut database, "select coalesce(string_agg(message, ''), '') from rsdbt.intervals");
    for quoted in [text, log, read("alert.json"), told.concat()] {
        assert!(!quoted.contains('\u{1b}') && !quoted.contains("\\u001b"), "{quoted}");
    }
}

#[test]
fn a_step_loads_each_file_once() {
    let mut database = Database::new();
    let project = Project::new(&database);
    let schema = database.schema.clone();
    project.write("landing/a.csv", "id\n1\n2\n");
    project.write(
        "models/s.yml",
        &format!("sources: [{{name: raw, schema: {schema}, tables: [{{name: t, config: {{load: {{from: {{files: 'landing/*.csv'}}}}}}, columns: [{{name: id, data_type: int}}]}}]}}]\n"),
    );
    project
        .write("models/m.sql", "{{ config(materialized='table') }} select id from {{ source('raw', 't') }}");
    project.write(
        "jobs.yml",
        "jobs:\n  - {name: nightly, cron: '@daily', steps: [{load: 'source:raw'}, build]}\n",
    );
    for (day, rows) in [("02", "2"), ("03", "3")] {
        let (status, text) = due(&project, &format!("2024-05-{day}T00:00:01Z"));
        assert_eq!(status, 0, "{text}");
        assert_eq!(count(&mut database, "m"), rows);
        project.write("landing/b.csv", "id\n3\n");
    }
}

#[test]
fn mistakes_are_shown_where_they_are() {
    let database = Database::new();
    let project = Project::new(&database);
    project.write(
        "models/a.sql",
        "{{ config(schedule={'cron': '@daily', 'start_date': '2024-01-01'}) }} select 1 as id",
    );
    project.write("macros/m.sql", "{% macro vacuum_all() %}{% endmacro %}");
    let right = r#"jobs:
  - name: nightly
    cron: "0 3 * * *"
    timezone: Europe/Berlin
    start: 2024-01-01
    retries: 2
    retry_delay: 5 minutes
    backoff: 2
    timeout: 2 hours
    depends_on:
      - {pipeline: a, offset: 1 day}
    steps:
      - build: {select: tag:nightly}
      - run-operation: vacuum_all
      - shell: [echo, done]
    on_failure:
      - webhook: https://example.com/hook
  - name: report
    after: [nightly]
    steps: [test]
"#;
    project.write("jobs/nightly.yml", right);
    let output = project.run(&["parse"]);
    assert_eq!(output.status, 0, "{}", output.text);
    let mistakes = [
        ("name: nightly", "name: 'my job'", "2:11", "`my job` is not a valid name of a job"),
        ("name: nightly", "name: a", "2:11", "`a` is already the name of a node with a schedule"),
        ("name: nightly", "name: '..'", "2:11", "`..` is not a valid name of a job"),
        ("jobs:\n", "\n", "2:5", "a file of jobs begins with `jobs:`"),
        ("build: {select: tag:nightly}", "build: ''", "13:16", "`build` selects nothing"),
        ("jobs:", "job:", "1:1", "unknown key `job` in file of jobs"),
        ("name: report", "name: nightly", "18:11", "there are two jobs named `nightly`"),
        ("retries: 2", "retrys: 2", "6:5", "unknown key `retrys` in job `nightly`"),
        ("cron: \"0 3 * * *\"", "cron: \"0 25 * * *\"", "3:11", "`25` is not a valid hour (0-23)"),
        ("cron: \"0 3 * * *\"", "description: x", "2:5", "has neither `cron` nor `after`"),
        ("Europe/Berlin", "Europe/Berln", "4:15", "`Europe/Berln` is not a known time zone"),
        ("start: 2024-01-01", "start: soon", "5:12", "`start` is not a timestamp"),
        ("start: 2024-01-01", "catch_up: all", "2:5", "has `catch_up: all` and no `start`"),
        ("start: 2024-01-01", "catch_up: last", "5:15", "`last` is not a valid catch_up"),
        ("start: 2024-01-01", "end: 1960-01-01", "5:10", "`end` lies before `start`"),
        ("retries: 2", "retries: -1", "6:14", "`retries` goes from 0 to 1000"),
        ("5 minutes", "5", "7:18", "`retry_delay` is not a duration; write it as `5 minutes` or `2 hours`"),
        ("5 minutes", "5 months", "7:18", "`retry_delay` is not a duration"),
        ("backoff: 2", "backoff: 0.5", "8:14", "`backoff` is a number from 1 to 100"),
        (
            "pipeline: a",
            "pipeline: aa",
            "11:20",
            "which is neither a job nor a pipeline or model with a schedule",
        ),
        ("pipeline: a, offset: 1 day", "job: nightly", "11:15", "`nightly` depends on its own interval"),
        ("offset: 1 day", "ofset: 1 day", "11:23", "unknown key `ofset` in entry of depends_on"),
        ("build: {select: tag:nightly}", "bild: {select: tag:nightly}", "13:9", "`bild` is not a valid step"),
        ("select: tag:nightly", "slect: tag:nightly", "13:17", "unknown key `slect` in step `build`"),
        ("build: {select: tag:nightly}", "test: {full_refresh: true}", "13:30", "`test` has no full refresh"),
        ("vacuum_all", "vacum_all", "14:24", "there is no macro named `vacum_all`"),
        ("[echo, done]", "echo done", "15:16", "`shell` must be a list"),
        ("[echo, done]", "[]", "15:16", "`shell` is a list of a program and its arguments"),
        (
            "https://example.com/hook",
            "example.com/hook",
            "17:18",
            "`example.com/hook` is not the URL of a webhook",
        ),
        ("webhook: https", "webhok: https", "17:9", "unknown key `webhok` in alert"),
        ("[nightly]", "[nightli]", "19:13", "`report` comes after `nightli`, which is not a job"),
        ("[nightly]", "[report]", "18:11", "come after each other in a circle: report"),
        ("after: [nightly]", "after: [nightly]\n    cron: '@daily'", "20:11", "`cron` stands beside `after`"),
        ("steps: [test]", "steps: []", "20:12", "`steps` is empty: a job needs at least one step"),
        ("    steps: [test]\n", "", "18:5", "`steps` is missing in job `report`"),
    ];
    assert_mistakes(&project, "jobs/nightly.yml", right, &mistakes);
    // somebody else's file of that name
    project.write("jobs/nightly.yml", "tasks: []\n");
    assert_eq!(project.run(&["parse"]).status, 0);
}
