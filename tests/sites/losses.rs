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
