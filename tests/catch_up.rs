//! Many intervals are due at once: one run follows another, and none of them makes the sessions of the one before anew.

use std::time::Instant;

use rsdbt::inside::adapter::Cell;

use crate::support::{Database, Project};

const CLOCK: &str = "RSDBT_SIMULATED_CLOCK";

fn texts(database: &mut Database, sql: &str) -> Vec<String> {
    let text = |row: Vec<Cell>| match row.into_iter().next() {
        Some(Cell::Text(text)) => text,
        other => panic!("{other:?}"),
    };
    database.query(sql).unwrap().rows.into_iter().map(text).collect()
}

fn due(project: &Project, at: &str) -> (i32, String) {
    let output = project.command(&["run", "--due"]).env(CLOCK, at).output().unwrap();
    (output.status.code().unwrap(), String::from_utf8_lossy(&output.stdout).into_owned())
}

/// A model of every hour of a day that keeps the process of the server that wrote each row.
fn hourly(project: &Project) {
    project.write(
        "models/hourly.sql",
        "{{ config(materialized='incremental', incremental_strategy='append', schedule={'cron': '@hourly', 'start_date': '2024-05-01'}) }} \
         select '{{ interval_start }}'::timestamp as at, pg_backend_pid() as pid",
    );
}

#[test]
fn intervals_that_follow_each_other_share_their_sessions() {
    let mut database = Database::new();
    let project = Project::new(&database);
    hourly(&project);
    let (status, text) = due(&project, "2024-05-02T00:00:01Z");
    assert_eq!(status, 0, "{text}");
    let rows = "select concat_ws(' ', count(*), count(distinct at), count(distinct pid)) from hourly";
    assert_eq!(texts(&mut database, rows), ["24 24 1"]);
    let left = "select count(*)::text from pg_stat_activity where pid in (select pid from hourly)";
    assert_eq!(texts(&mut database, left), ["0"], "nothing stays open");
}

/// Each run ends the session that did its work; the next one makes another.
#[test]
fn sessions_that_are_gone_are_made_anew() {
    let mut database = Database::new();
    let project = Project::new(&database);
    hourly(&project);
    let schema = database.schema.clone();
    project.write(
        "dbt_project.yml",
        &format!("name: shop\nprofile: shop\non-run-end: [\"select pg_terminate_backend(pid) from {schema}.hourly where pid <> pg_backend_pid()\"]\n"),
    );
    let (status, text) = due(&project, "2024-05-01T06:00:01Z");
    assert_eq!(status, 0, "{text}");
    let rows = "select concat_ws(' ', count(*), count(distinct at), count(distinct pid) > 3) from hourly";
    assert_eq!(texts(&mut database, rows), ["6 6 t"]);
    let attempts = format!(
        "select distinct state || ' ' || attempt from rsdbt.intervals where schema_name = '{schema}'"
    );
    assert_eq!(texts(&mut database, &attempts), ["success 1"]);
}

/// A step that does nothing takes no longer than its process.
#[test]
fn short_steps_are_not_waited_for() {
    let database = Database::new();
    let project = Project::new(&database);
    project.write(
        "jobs.yml",
        "jobs:\n  - {name: empty, cron: '* * * * *', start: 2024-05-01, catch_up: all, steps: [{shell: ['true']}, {shell: ['true']}, {shell: ['true']}]}\n",
    );
    let begun = Instant::now();
    let (status, text) = due(&project, "2024-05-01T01:40:01Z");
    assert_eq!(status, 0, "{text}");
    let took = begun.elapsed();
    println!("100 intervals of three empty steps: {:.1} s", took.as_secs_f64());
    assert_eq!(text.matches(": success").count(), 100, "{text}");
    // 300 steps, each of which was looked after every 50 ms: 15 s
    assert!(took.as_secs() < 12, "{took:?}");
}
