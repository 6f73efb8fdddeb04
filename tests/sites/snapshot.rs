//! Tables that are loaded from one database see one snapshot of it.

use std::process::{Child, Stdio};

use super::field::Field;
use crate::support::wait_until;

const HOLD: &str = "select pg_advisory_lock(7071)";
const LET_GO: &str = "select pg_advisory_unlock(7071)";

/// `a` is read first, and waits amid its rows; `b` is read after it.
fn field() -> Field {
    let mut field = Field::new();
    field
        .far
        .batch_execute(
            "create table rows (id int primary key); insert into rows select generate_series(1, 10);
             create view a as select id, (select pg_advisory_xact_lock_shared(7071)) is null as held from rows;
             create view b as select id from rows",
        )
        .unwrap();
    field.project.write(
        "models/sources.yml",
        "sources:\n  - name: raw\n    schema: \"{{ target.schema }}\"\n    config: {load: {from: {connection: far, schema: public}}}\n    tables: [{name: a}, {name: b}]\n",
    );
    field.far.batch_execute(HOLD).unwrap();
    field
}

fn start(field: &mut Field, arguments: &[&str]) -> Child {
    let run = field
        .project
        .command(arguments)
        .args(["--threads", "1"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    wait_until("the first table is read", || field.is_running("copy ("));
    run
}

fn counts(field: &mut Field) -> String {
    field.home_value("select (select count(*) from a) || ' ' || (select count(*) from b)")
}

#[test]
fn what_is_committed_meanwhile_is_in_none_of_the_tables() {
    let mut field = field();
    field.project.write("models/seen.sql", "select count(*) as n from {{ source('raw', 'b') }}");
    for (arguments, now) in [(&["load"][..], "10 10"), (&["build", "--load"], "11 11")] {
        let mut run = start(&mut field, arguments);
        field.far.batch_execute("insert into rows select max(id) + 1 from rows").unwrap();
        field.far.batch_execute(LET_GO).unwrap();
        assert!(run.wait().unwrap().success());
        assert_eq!(counts(&mut field), now);
        field.far.batch_execute(HOLD).unwrap();
    }
    assert_eq!(field.home_value("select n::text from seen"), "11");
}

#[test]
fn without_its_snapshot_the_rest_is_not_loaded() {
    let mut field = field();
    let run = start(&mut field, &["load"]);
    let ended: i64 = field
        .far
        .query_one(
            "select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = current_database() and state = 'idle in transaction'",
            &[],
        )
        .unwrap()
        .get(0);
    assert_eq!(ended, 1, "the session that exports the snapshot");
    field.far.batch_execute("insert into rows values (11)").unwrap();
    field.far.batch_execute(LET_GO).unwrap();
    let output = run.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(
        text.contains("the session that held the snapshot of `far_dev` has ended, and 1 tables were read"),
        "{text}"
    );
    assert_eq!(field.home_value("select count(*)::text from a"), "10");
    assert_eq!(field.home_value("select (to_regclass('b') is null)::text"), "true");
    field.run_ok(&["retry"]);
    assert_eq!(counts(&mut field), "10 11");
}

#[test]
fn a_snapshot_that_no_table_was_read_from_is_taken_again() {
    let mut field = field();
    let mut run = start(&mut field, &["load"]);
    field.far.batch_execute("insert into rows values (11)").unwrap();
    assert!(field.end_sessions(false));
    field.far.batch_execute(LET_GO).unwrap();
    assert!(run.wait().unwrap().success());
    assert_eq!(counts(&mut field), "11 11");
}
