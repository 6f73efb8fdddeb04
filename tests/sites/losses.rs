//! A server that goes in the middle of the rows leaves the table as it was.

use std::process::Stdio;

use super::field::Field;
use crate::support::wait_until;

/// So many rows that they do not fit between the servers at once.
const SLOW: &str = "{{ config(materialized='table') }} select id, repeat('x', 1000) as text, pg_sleep(case when id = 2000 then 60 end) is null as slow from {{ source('far', 'events') }}";

#[test]
fn a_site_that_dies_amid_the_rows_leaves_the_table_and_the_node_is_tried_again() {
    let mut field = Field::new();
    field.arrive(1, 1500);
    field.project.write("models/m.sql", SLOW);
    field.run_ok(&["run"]);
    field.arrive(1501, 3000);
    let mut run =
        field.project.command(&["run"]).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    wait_until("the rows are on their way", || field.is_running("copy ("));
    // what is asked for again does not wait
    field.far.batch_execute("delete from events where id = 2000").unwrap();
    assert!(field.end_sessions(false));
    assert_eq!(field.home_value("select count(*)::text from m"), "1500");
    let status = run.wait().unwrap();
    assert!(status.success());
    assert_eq!(field.home_value("select count(*)::text from m"), "2999");
}

#[test]
fn a_query_that_fails_amid_the_rows_leaves_the_table() {
    let mut field = Field::new();
    field.arrive(1, 3000);
    field.project.write(
        "models/m.sql",
        "{{ config(materialized='table') }} select id, repeat('x', 1000) as text, 1 / ({{ var('bad') }} - id) as f from {{ source('far', 'events') }}",
    );
    field.run_ok(&["run", "--vars", "{bad: 0}"]);
    let failed = field.project.run(&["run", "--vars", "{bad: 2900}"]);
    assert!(failed.text.contains("division by zero"), "{}", failed.text);
    assert_eq!(field.home_value("select count(*) || ' ' || max(f) from m"), "3000 0");
    assert_eq!(field.home_value("select count(*)::text from pg_class where relname like 'm\\_\\_dbt%'"), "0");
}

#[test]
fn rows_that_the_table_refuses_end_the_copy() {
    let mut field = Field::new();
    field.arrive(1, 3000);
    field.project.write(
        "models/m.sql",
        "{{ config(materialized='table', contract={'enforced': true}) }} select id, repeat('x', 1000) as text from {{ source('far', 'events') }}",
    );
    field.project.write(
        "models/m.yml",
        "models:\n  - name: m\n    columns:\n      - {name: text, data_type: text}\n      - {name: id, data_type: bigint, constraints: [{type: check, expression: id < 2000, name: low}]}\n",
    );
    let failed = field.project.run(&["run"]);
    assert!(failed.text.contains("violates check constraint"), "{}", failed.text);
    field.far.batch_execute("delete from events where id >= 2000").unwrap();
    field.run_ok(&["run"]);
    assert_eq!(field.home_value("select count(*)::text from m"), "1999");
}

#[test]
fn a_table_that_is_filled_anew_while_its_query_waits_is_not_taken_for_empty() {
    let mut field = Field::new();
    field.arrive(1, 100);
    field.far.batch_execute("create view seen as select id from events").unwrap();
    field.project.write(
        "models/m.sql",
        "{{ config(materialized='table') }} select id from {{ source('far', 'events') }}",
    );
    field.project.write(
        "models/of_view.sql",
        "{{ config(materialized='incremental', unique_key='id') }} select id from {{ source('far', 'seen') }}",
    );
    let sources = std::fs::read_to_string(field.project.path().join("models/sources.yml")).unwrap();
    field
        .project
        .write("models/sources.yml", &sources.replace("{name: events}", "{name: events}, {name: seen}"));
    field.run_ok(&["run"]);
    let mut other = field.far_client();
    let mut anew = other.transaction().unwrap();
    anew.batch_execute("truncate events; insert into events (id) select generate_series(1, 200)").unwrap();
    let run = field.project.command(&["run"]).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let name = field.name.clone();
    wait_until("both queries wait", || {
        let sql =
            "select count(*) from pg_stat_activity where application_name = $1 and wait_event_type = 'Lock'";
        field.far.query_one(sql, &[&name]).unwrap().get::<_, i64>(0) == 2
    });
    anew.commit().unwrap();
    let output = run.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}");
    assert!(text.contains("after the snapshot of the query was taken"), "it is tried again: {text}");
    for table in ["m", "of_view"] {
        assert_eq!(field.home_value(&format!("select count(*)::text from {table}")), "200", "{table}");
    }
}
