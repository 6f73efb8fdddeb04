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

/// A table of 20 rows, and what another session does to it while the snapshot is held; each commits 20 rows or more.
const REWRITTEN: [(&str, &str, &str); 9] = [
    ("truncated", "create table truncated as select g as id from generate_series(1, 20) g", "truncate truncated; insert into truncated select generate_series(1, 20)"),
    ("rewritten", "create table rewritten (id int); insert into rewritten select generate_series(1, 20)", "alter table rewritten alter id type bigint; alter table rewritten alter id type int"),
    ("replaced", "create table replaced as select g as id from generate_series(1, 20) g", "create table renamed as table replaced; drop table replaced; alter table renamed rename to replaced"),
    (
        "part_truncated",
        "create table part_truncated (id int) partition by range (id); create table pt1 partition of part_truncated for values from (0) to (18);
         create table pt2 partition of part_truncated for values from (18) to (99); insert into part_truncated select generate_series(1, 20)",
        "truncate pt2; insert into pt2 select generate_series(18, 20)",
    ),
    (
        "part_swapped",
        "create table part_swapped (id int) partition by range (id); create table ps1 partition of part_swapped for values from (0) to (18);
         create table ps2 partition of part_swapped for values from (18) to (99); insert into part_swapped select generate_series(1, 20)",
        "create table ps3 as table ps2; alter table part_swapped detach partition ps2; alter table part_swapped attach partition ps3 for values from (18) to (99)",
    ),
    (
        "inherited",
        "create table inherited (id int); create table heir () inherits (inherited); insert into inherited select generate_series(1, 17); insert into heir select generate_series(18, 20)",
        "truncate heir; insert into heir select generate_series(18, 20)",
    ),
    (
        "kid_swapped",
        "create table kid_swapped (id int); create table kid () inherits (kid_swapped); insert into kid select generate_series(1, 20)",
        "alter table kid rename to old; alter table old no inherit kid_swapped; create table kid () inherits (kid_swapped); insert into kid table old; drop table old",
    ),
    (
        "viewed",
        "create table below as select g as id from generate_series(1, 20) g; create view amid as table below; create view viewed as table amid",
        "truncate below; insert into below select generate_series(1, 20)",
    ),
    (
        "refreshed",
        "create materialized view refreshed as select g as id from generate_series(1, 20) g",
        "refresh materialized view refreshed",
    ),
];

#[test]
fn a_table_that_is_rewritten_after_the_snapshot_is_not_taken_for_empty() {
    let mut field = field();
    let tables: Vec<String> = REWRITTEN
        .iter()
        .map(|(name, ..)| {
            format!(
                "{{name: {name}, config: {{load: {{mode: upsert, unique_key: id, delete_missing: hard}}}}}}"
            )
        })
        .collect();
    let sources = std::fs::read_to_string(field.project.path().join("models/sources.yml")).unwrap();
    let sources = sources.replace("{name: b}", &format!("{{name: untouched}}, {}", tables.join(", ")));
    field.project.write("models/sources.yml", &sources);
    field.far.batch_execute("create table untouched (id int); insert into untouched values (1)").unwrap();
    for (_, make, _) in REWRITTEN {
        field.far.batch_execute(make).unwrap();
    }
    field.far.batch_execute(LET_GO).unwrap();
    field.run_ok(&["load"]);
    field.far.batch_execute(HOLD).unwrap();
    let run = start(&mut field, &["load"]);
    for (_, _, disturb) in REWRITTEN {
        field.far.batch_execute(disturb).unwrap();
    }
    field.far.batch_execute("insert into untouched values (2)").unwrap();
    field.far.batch_execute(LET_GO).unwrap();
    let output = run.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(1), "{text}");
    let refusals =
        text.matches("truncated, rewritten or replaced after the snapshot of the load was taken").count();
    assert_eq!(refusals, REWRITTEN.len(), "{text}");
    assert_eq!(field.home_value("select count(*)::text from untouched"), "1", "it is read as it was");
    for arguments in [None, Some(["retry"])] {
        if let Some(arguments) = arguments {
            field.run_ok(&arguments);
        }
        for (name, ..) in REWRITTEN {
            let rows = field.home_value(&format!("select count(*) || ' ' || sum(id) from {name}"));
            assert_eq!(rows, "20 210", "{name}");
        }
    }
}
