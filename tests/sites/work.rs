//! Backfills and jobs of models that live in another database than the target's own.

use std::process::{Child, Stdio};

use super::field::Field;
use crate::support::wait_until;

const CLOCK: &str = "RSDBT_SIMULATED_CLOCK";

/// A model in the connection `far` that appends what its interval has.
fn write_appended(field: &mut Field, name: &str, from: &str) {
    field.project.write(
        &format!("models/{name}.sql"),
        &format!(
            "{{{{ config(materialized='incremental', incremental_strategy='append', connection='far') }}}} {from}"
        ),
    );
}

fn far_value(field: &mut Field, sql: &str) -> String {
    field.far.query_one(sql, &[]).unwrap().get(0)
}

#[test]
fn a_backfill_knows_what_is_built_in_each_database() {
    let mut field = Field::new();
    field.arrive(0, 999);
    field
        .far
        .batch_execute("create table switch (bad date); insert into switch values ('2024-01-05')")
        .unwrap();
    write_appended(
        &mut field,
        "there",
        "select id, 1 / (case when day = bad then 0 else 1 end) as one from {{ source('far', 'events') }}, public.switch \
         where day >= '{{ interval_start }}' and day < '{{ interval_end }}'",
    );
    let backfill = |field: &Field, more: &[&str]| {
        let range = ["backfill", "there", "--from", "2024-01-01", "--to", "2024-01-11"];
        field.project.run(&[&range[..], more].concat())
    };
    let output = backfill(&field, &[]);
    assert!(output.status == 1 && output.text.contains("stopped"), "{}", output.text);
    // a hundred rows a day; how many days were built beside the one that failed is the machine's affair
    let left = "select (10 - count(*) / 100)::text from there where (select count(*) % 100 from there) = 0";
    let left = far_value(&mut field, left);
    field.far.batch_execute("update switch set bad = null").unwrap();
    let output = backfill(&field, &[]);
    assert!(output.status == 0 && output.text.contains(&format!("{left} batches built")), "{}", output.text);
    let rows = "select count(*) || ' ' || count(distinct id) from there";
    assert_eq!(far_value(&mut field, rows), "1000 1000");
    let output = backfill(&field, &["--dry-run"]);
    assert!(!output.text.contains("to build"), "{}", output.text);
    let output = backfill(&field, &["--rebuild", "--dry-run"]);
    assert_eq!(output.text.matches("to build: there").count(), 10, "{}", output.text);
}

/// The source's event time is a column there, and none here: periods are found by the rows that arrive.
#[test]
fn periods_are_overwritten_from_a_dated_source_of_another_database() {
    let mut field = Field::new();
    field.arrive(0, 999);
    field.project.write(
        "models/dated.yml",
        "sources: [{name: dated, schema: public, config: {connection: far, event_time: at}, tables: [{name: events}]}]\n",
    );
    field.project.write(
        "models/days.sql",
        "{{ config(materialized='incremental', incremental_strategy='partition_overwrite', partition_by={'field': 'day', 'granularity': 'day'}) }} \
         select day, count(*) as n, sum(amount)::text as amount from {{ source('dated', 'events') }} group by day",
    );
    let range = ["backfill", "days", "--from", "2024-01-01", "--to", "2024-01-11", "--batch", "3 days"];
    field.run_ok(&range);
    let ours = "select string_agg(day || ' ' || n || ' ' || amount, ',' order by day) from days";
    let theirs = "select string_agg(day || ' ' || n || ' ' || amount, ',' order by day) from \
         (select day, count(*) as n, sum(amount)::text as amount from events group by day) as days";
    assert_eq!(field.home_value(ours), far_value(&mut field, theirs));
    field.far.batch_execute("update events set amount = amount + 1 where id between 250 and 260").unwrap();
    field.run_ok(&[
        "run",
        "--select",
        "days",
        "--interval-start",
        "2024-01-03",
        "--interval-end",
        "2024-01-04",
    ]);
    assert_eq!(field.home_value(ours), far_value(&mut field, theirs));
}

fn begin(field: &Field) -> Child {
    let mut command = field.project.command(&["run", "--due"]);
    command.env(CLOCK, "2024-05-02T00:00:01Z").stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

fn finish(field: &Field) {
    let output =
        field.project.command(&["run", "--due"]).env(CLOCK, "2024-05-02T00:00:01Z").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

/// The schedule is killed while its step is at work in the other database.
#[test]
fn nodes_of_other_databases_are_built_once_whoever_is_killed() {
    for (number, by_job) in [(0, true), (1, true), (2, false)] {
        let mut field = Field::new();
        let commits_first = number == 1;
        write_appended(&mut field, "there", "select 1 as id from pg_advisory_xact_lock_shared(20240501)");
        field.project.write(
            "models/here.sql",
            "{{ config(materialized='incremental', incremental_strategy='append') }} select 1 as id",
        );
        if by_job {
            field.project.write(
                "jobs.yml",
                "jobs:\n  - {name: nightly, cron: '@daily', steps: [{run: here}, {run: there}]}\n",
            );
        } else {
            field.project.write(
                "models/there.yml",
                "models: [{name: there, config: {schedule: {cron: '@daily', start_date: '2024-05-01'}}}]\n",
            );
        }
        field.far.batch_execute("select pg_advisory_lock(20240501)").unwrap();
        let mut first = begin(&field);
        wait_until("the step is at work", || field.is_running("pg_advisory_xact_lock_shared(20240501)"));
        first.kill().unwrap();
        first.wait().unwrap();
        let second = if commits_first {
            field.far.batch_execute("select pg_advisory_unlock(20240501)").unwrap();
            wait_until("what was begun is done", || {
                !field.is_running("pg_advisory_xact_lock_shared(20240501)")
            });
            None
        } else {
            let second = begin(&field);
            let epoch =
                "select coalesce(max(epoch), 0)::text from rsdbt.jobs where schema_name = current_schema()";
            wait_until("the second is in charge", || field.home_value(epoch) == "2");
            field.far.batch_execute("select pg_advisory_unlock(20240501)").unwrap();
            Some(second)
        };
        if let Some(mut second) = second {
            second.wait().unwrap();
        }
        finish(&field);
        assert_eq!(far_value(&mut field, "select count(*)::text from there"), "1", "case {number}");
        if by_job {
            assert_eq!(field.home_value("select count(*)::text from here"), "1", "case {number}");
            // once more on purpose: the record of before does not count
            let output = field.project.run(&[
                "schedule",
                "clear",
                "nightly",
                "--from",
                "2024-05-01T00:00:00Z",
                "--to",
                "2024-05-02",
            ]);
            assert_eq!(output.status, 0, "{}", output.text);
            finish(&field);
            assert_eq!(far_value(&mut field, "select count(*)::text from there"), "2", "case {number}");
        }
    }
}
