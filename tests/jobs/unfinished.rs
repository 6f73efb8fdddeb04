//! What changes while an interval is unfinished, or after it: the job, its cron, the code, the tables. No row is added twice, and none is left out.

use crate::support::{Database, Project};

use super::{CLOCK, due, texts};

/// Facts of an hour each, `d` that appends those of its interval, and `bad`, which fails until there is a `good` one.
pub(super) fn project(database: &mut Database) -> Project {
    let project = Project::new(database);
    database.execute(
        "create table ev (id int, at timestamp);
         insert into ev select n, timestamp '2024-05-01' + n * interval '1 hour' from generate_series(0, 24 * 10 - 1) as n;
         create table good (x int)",
    );
    let schema = &database.schema;
    project.write(
        "models/d.sql",
        &format!(
            "{{{{ config(materialized='incremental', incremental_strategy='append') }}}} select id, at from {schema}.ev
             where at >= '{{{{ interval_start }}}}' and at < '{{{{ interval_end }}}}'"
        ),
    );
    project.write(
        "models/bad.sql",
        &format!(
            "{{{{ config(materialized='table') }}}} select 1 / (select count(*) from {schema}.good) as z"
        ),
    );
    project
}

pub(super) fn jobs(project: &Project, job: &str) {
    project.write("jobs.yml", &format!("jobs:\n  - {{name: n, {job}}}\n"));
}

pub(super) fn mend(database: &mut Database) {
    database.execute("insert into good values (1)");
}

pub(super) fn at(project: &Project, arguments: &[&str], clock: &str) -> (i32, String) {
    let output = project.command(arguments).env(CLOCK, clock).output().unwrap();
    (output.status.code().unwrap(), String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Rows, different rows, and the days of the first and the last one.
pub(super) fn rows(database: &mut Database) -> String {
    let sql = "select concat_ws(' ', count(*), count(distinct id), to_char(min(at), 'DD HH24'), to_char(max(at), 'DD HH24')) from d";
    texts(database, sql).remove(0)
}

fn is_there(database: &mut Database, table: &str) -> bool {
    let sql = format!("select (to_regclass('{}.{table}') is not null)::text", database.schema);
    texts(database, &sql) == ["true"]
}

/// A step is known by what it says, not by its place.
#[test]
fn steps_that_are_new_or_changed_run() {
    for (before, after, made) in [
        ("{run: d}, {shell: ['true']}, {run: bad}", "{run: d}, {run: bad}", "bad"),
        ("{run: d}, {run: bad}", "{run: first}, {run: d}, {run: bad}", "first"),
        ("{run: d}, {run: bad}", "{run: [d, second]}, {run: bad}", "second"),
    ] {
        let mut database = Database::new();
        let project = project(&mut database);
        project.write("models/first.sql", "{{ config(materialized='table') }} select 1 as one");
        project.write("models/second.sql", "{{ config(materialized='table') }} select 2 as two");
        jobs(&project, &format!("cron: '@daily', steps: [{before}]"));
        assert_eq!(due(&project, "2024-05-03T00:00:01Z").0, 1);
        jobs(&project, &format!("cron: '@daily', steps: [{after}]"));
        mend(&mut database);
        assert_eq!(at(&project, &["schedule", "retry", "n"], "2024-05-03T01:00:00Z").0, 0);
        let (status, text) = due(&project, "2024-05-03T01:00:01Z");
        assert_eq!(status, 0, "{after}: {text}");
        assert!(is_there(&mut database, "bad") && is_there(&mut database, made), "{after}: {text}");
        assert_eq!(rows(&mut database), "24 24 02 00 02 23", "{after}: {text}");
    }
}

/// What has committed in an interval that failed is not added again by one that covers its time too; what has not is made up for.
#[test]
fn the_next_interval_adds_only_what_is_left() {
    let mut database = Database::new();
    let project = project(&mut database);
    let schema = database.schema.clone();
    project.write(
        "models/late.sql",
        &format!(
            "{{{{ config(materialized='incremental', incremental_strategy='append') }}}} select id, at, 1 / (select count(*) from {schema}.good) as z
             from {{{{ ref('d') }}}} where at >= '{{{{ interval_start }}}}' and at < '{{{{ interval_end }}}}'"
        ),
    );
    jobs(&project, "cron: '@daily', steps: [build]");
    mend(&mut database);
    let (status, text) = due(&project, "2024-05-02T00:00:01Z");
    assert_eq!(status, 0, "{text}");
    database.execute("truncate good");
    assert_eq!(due(&project, "2024-05-03T00:00:01Z").0, 1);
    assert_eq!(rows(&mut database), "48 48 01 00 02 23");
    mend(&mut database);
    let (status, text) = due(&project, "2024-05-04T00:00:01Z");
    assert_eq!(status, 0, "{text}");
    assert_eq!(rows(&mut database), "72 72 01 00 03 23", "{text}");
    assert_eq!(
        texts(&mut database, "select concat_ws(' ', count(*), count(distinct id)) from late"),
        ["72 72"]
    );
}

/// A try that is announced happens, also when a newer interval is due by then.
#[test]
fn what_was_begun_is_finished_first() {
    let mut database = Database::new();
    let project = project(&mut database);
    jobs(&project, "cron: '@hourly', retries: 1, retry_delay: 90 minutes, steps: [{run: d}, {run: bad}]");
    assert_eq!(due(&project, "2024-05-03T01:00:01Z").0, 1);
    mend(&mut database);
    let (status, text) = due(&project, "2024-05-03T02:00:01Z");
    assert!(status == 0 && text.contains("2024-05-03T00:00:00Z n: is tried again at"), "{text}");
    assert_eq!(rows(&mut database), "1 1 03 00 03 00");
    let (status, text) = due(&project, "2024-05-03T03:30:01Z");
    assert!(status == 0 && text.contains("2024-05-03T00:00:00Z n: success"), "{text}");
    assert_eq!(rows(&mut database), "3 3 03 00 03 02", "{text}");
}

/// `retry` and `clear` do what they say where the newest interval alone is caught up with.
#[test]
fn intervals_that_are_opened_again_run() {
    let mut database = Database::new();
    let project = project(&mut database);
    jobs(&project, "cron: '@daily', steps: [{run: bad}, {run: d}]");
    assert_eq!(due(&project, "2024-05-02T00:00:01Z").0, 1);
    mend(&mut database);
    let (status, text) = due(&project, "2024-05-03T00:00:01Z");
    assert_eq!(status, 0, "{text}");
    // no success lies before: the time of the one that failed is covered
    assert_eq!(rows(&mut database), "48 48 01 00 02 23", "{text}");
    let now = "2024-05-03T01:00:00Z";
    assert!(at(&project, &["schedule", "retry", "n"], now).1.contains("1 interval opened again"));
    let (status, text) = due(&project, now);
    assert!(status == 0 && text.contains("2024-05-01T00:00:00Z n: success"), "{text}");
    assert_eq!(rows(&mut database), "48 48 01 00 02 23", "{text}");
    database.execute("delete from d where at < '2024-05-02'");
    let first = ["schedule", "clear", "n", "--from", "2024-05-01", "--to", "2024-05-02"];
    assert!(at(&project, &first, now).1.contains("1 interval cleared"));
    let (status, text) = due(&project, now);
    assert!(status == 0 && text.contains("2024-05-01T00:00:00Z n: success"), "{text}");
    assert_eq!(rows(&mut database), "48 48 01 00 02 23", "{text}");
    database.execute("delete from d");
    assert!(
        at(&project, &["schedule", "clear", "n", "--from", "2024-04-01", "--to", "2024-05-03"], now)
            .1
            .contains("2 intervals cleared")
    );
    assert_eq!(due(&project, now).0, 0);
    assert_eq!(rows(&mut database), "48 48 01 00 02 23");
}

/// The time goes on where it was, for jobs of either way to catch up and for models with a schedule.
#[test]
fn another_cron_goes_on_where_the_last_one_was() {
    let daily = "cron: '0 0 * * *'";
    for (first, then, clock, all) in [
        (daily, "cron: '0 0 * * 0'", "2024-05-12T00:00:01Z", "240 240 01 00 10 23"),
        (daily, "cron: '0 6 * * *'", "2024-05-09T06:00:01Z", "198 198 01 00 09 05"),
        (daily, "cron: '0 * * * *'", "2024-05-09T06:00:01Z", "198 198 01 00 09 05"),
        (
            "cron: '0 0 * * *', start: 2024-05-01, catch_up: all",
            "cron: '0 6 * * *', start: 2024-05-01, catch_up: all",
            "2024-05-09T06:00:01Z",
            "198 198 01 00 09 05",
        ),
        (
            "cron: '0 0 * * *', start: 2024-05-01, catch_up: all",
            "cron: '0 0 * * *', start: 2024-05-01, catch_up: all, timezone: Asia/Seoul",
            "2024-05-09T15:00:01Z",
            "207 207 01 00 09 14",
        ),
    ] {
        let mut database = Database::new();
        let project = project(&mut database);
        jobs(&project, &format!("{first}, steps: [{{run: d}}]"));
        for day in 2..=8 {
            let (status, text) = due(&project, &format!("2024-05-0{day}T00:00:01Z"));
            assert_eq!(status, 0, "{text}");
        }
        jobs(&project, &format!("{then}, steps: [{{run: d}}]"));
        let (status, text) = due(&project, clock);
        assert_eq!(status, 0, "{then}: {text}");
        assert_eq!(rows(&mut database), all, "{then}: {text}");
    }
}

/// The same for a model with a schedule of its own, under another name.
#[test]
fn a_renamed_model_adds_nothing_again() {
    let mut database = Database::new();
    let project = project(&mut database);
    let text = std::fs::read_to_string(project.path().join("models/d.sql")).unwrap();
    let scheduled = |cron: &str| {
        text.replace(
            "incremental_strategy='append'",
            &format!("incremental_strategy='append', alias='d', schedule={{'cron': '{cron}', 'start_date': '2024-05-01'}}"),
        )
    };
    project.write("models/d.sql", &scheduled("0 0 * * *"));
    let (status, text) = due(&project, "2024-05-05T00:00:01Z");
    assert_eq!(status, 0, "{text}");
    assert_eq!(rows(&mut database), "96 96 01 00 04 23");
    project.write("models/d.sql", &scheduled("0 6 * * *"));
    let (status, text) = due(&project, "2024-05-05T06:00:01Z");
    assert_eq!(status, 0, "{text}");
    assert_eq!(rows(&mut database), "102 102 01 00 05 05", "{text}");
    std::fs::rename(project.path().join("models/d.sql"), project.path().join("models/e.sql")).unwrap();
    let (status, text) = due(&project, "2024-05-06T06:00:01Z");
    assert_eq!(status, 0, "{text}");
    assert_eq!(rows(&mut database), "126 126 01 00 06 05", "{text}");
    let cleared = ["schedule", "clear", "e", "--from", "2024-05-05", "--to", "2024-05-06"];
    database.execute("delete from d where at >= '2024-05-05 06:00'");
    assert!(at(&project, &cleared, "2024-05-06T07:00:00Z").1.contains("1 interval cleared"));
    let (status, text) = due(&project, "2024-05-06T07:00:00Z");
    assert_eq!(status, 0, "{text}");
    assert_eq!(rows(&mut database), "126 126 01 00 06 05", "{text}");
}

/// Its time belongs to intervals of today, which begin at other times or at the same.
#[test]
fn an_interval_that_a_new_cron_has_not_is_forgotten() {
    for (cron, clock, all) in [
        ("0 12 * * *", "2024-05-03T12:00:01Z", "60 60 01 00 03 11"),
        ("0 0 * * 0", "2024-05-12T00:00:01Z", "240 240 01 00 10 23"),
    ] {
        let mut database = Database::new();
        let project = project(&mut database);
        jobs(&project, "cron: '0 */6 * * *', steps: [{run: bad}, {run: d}]");
        for clock in ["2024-05-01T06:00:01Z", "2024-05-02T00:00:01Z", "2024-05-02T06:00:01Z"] {
            assert_eq!(due(&project, clock).0, 1);
        }
        jobs(&project, &format!("cron: '{cron}', steps: [{{run: bad}}, {{run: d}}]"));
        mend(&mut database);
        let (status, text) = at(&project, &["schedule", "retry", "n"], "2024-05-02T07:00:00Z");
        assert!(
            status == 0 && text.contains("n: its time belongs to intervals of the cron of today"),
            "{text}"
        );
        let (status, text) = due(&project, clock);
        assert_eq!(status, 0, "{text}");
        assert_eq!(rows(&mut database), all, "{cron}: {text}");
        let status = at(&project, &["schedule", "status"], clock).1;
        assert!(status.contains("failed intervals: 0"), "{status}");
    }
}

/// Tasks that write one model, in one process or in several.
#[test]
fn tasks_that_share_a_model_add_its_rows_once() {
    let mut database = Database::new();
    let project = project(&mut database);
    let job = |name: &str| {
        format!(
            "  - {{name: {name}, cron: '@daily', catch_up: all, start: 2024-05-01, steps: [{{run: d}}]}}\n"
        )
    };
    project.write("jobs.yml", &format!("jobs:\n{}{}", job("x"), job("z")));
    let (status, text) = due(&project, "2024-05-05T00:10:00Z");
    assert_eq!(status, 0, "{text}");
    assert_eq!(rows(&mut database), "96 96 01 00 04 23");
    assert!(
        super::intervals(&mut database).iter().all(|interval| interval.contains("success")),
        "{:?}",
        super::intervals(&mut database)
    );
}

/// Whoever fills the range first: `clear` forgets what is noted of it.
#[test]
fn what_is_cleared_is_added_once_by_whoever_comes_first() {
    let mut database = Database::new();
    let project = project(&mut database);
    jobs(&project, "cron: '@daily', catch_up: all, start: 2024-05-01, steps: [{run: d}]");
    assert_eq!(due(&project, "2024-05-05T00:00:01Z").0, 0);
    let clear = ["schedule", "clear", "n", "--from", "2024-05-02", "--to", "2024-05-04"];
    let now = "2024-05-05T01:00:00Z";
    database.execute("delete from d where at >= '2024-05-02' and at < '2024-05-04'");
    assert!(at(&project, &clear, now).1.contains("2 intervals cleared"));
    let range = ["backfill", "d", "--from", "2024-05-02", "--to", "2024-05-03"];
    assert_eq!(at(&project, &range, now).0, 0);
    assert_eq!(due(&project, now).0, 0);
    assert_eq!(rows(&mut database), "96 96 01 00 04 23");
    database.execute("delete from d where at >= '2024-05-02' and at < '2024-05-04'");
    assert!(at(&project, &clear, now).1.contains("2 intervals cleared"));
    jobs(&project, "cron: '30 5 * * *', catch_up: all, start: 2024-05-01, steps: [{run: d}]");
    assert_eq!(due(&project, "2024-05-05T05:30:01Z").0, 0);
    assert_eq!(rows(&mut database), "102 102 01 00 05 05");
    // rows that are removed all at once
    database.execute("truncate d");
    assert!(
        at(&project, &["schedule", "clear", "n", "--from", "2024-05-01", "--to", "2024-05-06"], now).0 == 0
    );
    assert_eq!(due(&project, "2024-05-05T05:30:01Z").0, 0);
    assert_eq!(rows(&mut database), "96 96 01 06 05 05");
}

/// Its first interval begins before the start, and what is left of it is built.
#[test]
fn the_rest_of_an_interval_of_a_new_cron_is_built() {
    let mut database = Database::new();
    let project = project(&mut database);
    jobs(&project, "cron: '0 0 * * *', catch_up: all, start: 2024-05-01, steps: [{run: d}]");
    assert_eq!(due(&project, "2024-05-03T00:00:01Z").0, 0);
    jobs(&project, "cron: '0 0 * * 1', catch_up: all, start: 2024-05-01, steps: [{run: d}]");
    let (status, text) = due(&project, "2024-05-13T00:00:01Z");
    assert_eq!(status, 0, "{text}");
    assert_eq!(rows(&mut database), "240 240 01 00 10 23", "{text}");
}

/// A node that has committed is built again where what it is made of has changed, or where it is gone; what only adds rows is not.
#[test]
fn committed_nodes_are_left_out_while_they_are_what_they_were() {
    let mut database = Database::new();
    let project = project(&mut database);
    let schema = database.schema.clone();
    project.write("models/e.sql", "{{ config(materialized='ephemeral') }} select 1 as f");
    project.write("models/of_e.sql", "{{ config(materialized='table') }} select f from {{ ref('e') }}");
    project.write("models/of_var.sql", "{{ config(materialized='table') }} select {{ var('kind', 1) }} as f");
    project.write(
        "models/of_source.sql",
        "{{ config(materialized='table') }} select f from {{ source('raw', 's') }}",
    );
    project.write("models/gone.sql", "{{ config(materialized='table') }} select 1 as f");
    let source = |identifier: &str| {
        project.write(
            "models/s.yml",
            &format!("sources: [{{name: raw, schema: {schema}, tables: [{{name: s, identifier: {identifier}}}]}}]\n"),
        );
    };
    source("one");
    database.execute("create table one as select 1 as f; create table two as select 2 as f");
    let job = |kind: i32| {
        jobs(
            &project,
            &format!(
                "cron: '@daily', steps: [{{run: {{select: [d, of_e, of_var, of_source, gone], vars: {{kind: {kind}}}}}}}, {{run: bad}}]"
            ),
        );
    };
    job(1);
    assert_eq!(due(&project, "2024-05-03T00:00:01Z").0, 1);
    let text = std::fs::read_to_string(project.path().join("models/d.sql")).unwrap();
    project.write("models/d.sql", &format!("{text} -- changed"));
    project.write("models/e.sql", "{{ config(materialized='ephemeral') }} select 2 as f");
    source("two");
    database.execute("drop table gone");
    mend(&mut database);
    assert_eq!(at(&project, &["schedule", "retry", "n"], "2024-05-03T01:00:00Z").0, 0);
    let (status, text) = due(&project, "2024-05-03T01:00:01Z");
    assert_eq!(status, 0, "{text}");
    assert_eq!(rows(&mut database), "24 24 02 00 02 23", "{text}");
    for model in ["of_e", "of_source"] {
        assert_eq!(texts(&mut database, &format!("select f::text from {model}")), ["2"], "{model}: {text}");
    }
    assert!(is_there(&mut database, "gone"));
    database.execute("truncate good");
    assert_eq!(due(&project, "2024-05-04T00:00:01Z").0, 1);
    job(2);
    mend(&mut database);
    assert_eq!(at(&project, &["schedule", "retry", "n"], "2024-05-04T01:00:00Z").0, 0);
    let (status, text) = due(&project, "2024-05-04T01:00:01Z");
    assert_eq!(status, 0, "{text}");
    assert_eq!(texts(&mut database, "select f::text from of_var"), ["2"], "{text}");
}

#[test]
fn a_rehearsal_repairs_nothing() {
    let mut database = Database::new();
    let project = project(&mut database);
    jobs(&project, "cron: '@daily', steps: [{run: bad}]");
    assert_eq!(due(&project, "2024-05-02T00:00:01Z").0, 1);
    for command in
        [&["clear", "n"][..], &["retry", "n"], &["mark-success", "n"], &["pause", "n"], &["resume", "n"]]
    {
        let arguments = [&["schedule"], command].concat();
        let output = project
            .command(&arguments)
            .env("RSDBT_SCHEDULE_CLOCK", "2024-05-03T00:00:00Z*3600")
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(
            !output.status.success() && text.contains("a rehearsal changes nothing"),
            "{command:?}: {text}"
        );
    }
    assert_eq!(super::intervals(&mut database), ["n 05-01 00:00 failed 1"]);
}

/// A hook that removes the rows first makes a model replace them.
#[test]
fn a_model_whose_hook_removes_rows_gets_all_of_them() {
    let mut database = Database::new();
    let project = project(&mut database);
    let text = std::fs::read_to_string(project.path().join("models/d.sql")).unwrap();
    let hooked = text.replace(
        "incremental_strategy='append'",
        "incremental_strategy='append', pre_hook='{% if is_incremental() %}truncate {{ this }}{% endif %}'",
    );
    project.write("models/d.sql", &hooked);
    jobs(&project, "cron: '@daily', steps: [{run: d}, {run: bad}]");
    for day in 2..=4 {
        assert_eq!(due(&project, &format!("2024-05-0{day}T00:00:01Z")).0, 1);
    }
    assert_eq!(rows(&mut database), "72 72 01 00 03 23");
}

/// What another cron began at the same time had another end: its marks are not those of the longer interval.
#[test]
fn marks_are_those_of_one_interval() {
    for catch_up in ["latest", "all"] {
        let mut database = Database::new();
        let project = project(&mut database);
        let job = |cron: &str| {
            jobs(
                &project,
                &format!(
                    "cron: '{cron}', start: 2024-05-01, catch_up: {catch_up}, steps: [{{run: d}}, {{run: bad}}]"
                ),
            );
        };
        job("0 */6 * * *");
        mend(&mut database);
        assert_eq!(due(&project, "2024-05-02T00:10:00Z").0, 0);
        database.execute("truncate good");
        assert_eq!(due(&project, "2024-05-02T06:10:00Z").0, 1);
        mend(&mut database);
        job("0 0 * * *");
        let (status, text) = due(&project, "2024-05-03T00:10:00Z");
        assert_eq!(status, 0, "{text}");
        let first = if catch_up == "all" { "48 48 01 00 02 23" } else { "30 30 01 18 02 23" };
        assert_eq!(rows(&mut database), first, "{catch_up}: {text}");
    }
}

/// Of an interval that failed before it added anything, nothing that others have added is forgotten.
#[test]
fn clear_forgets_what_the_interval_has_added() {
    let mut database = Database::new();
    let project = project(&mut database);
    jobs(&project, "cron: '@daily', steps: [{run: bad}, {run: d}]");
    mend(&mut database);
    assert_eq!(due(&project, "2024-05-02T00:00:01Z").0, 0);
    database.execute("truncate good");
    assert_eq!(due(&project, "2024-05-03T00:00:01Z").0, 1);
    mend(&mut database);
    assert_eq!(due(&project, "2024-05-05T00:00:01Z").0, 0);
    assert_eq!(rows(&mut database), "96 96 01 00 04 23");
    assert_eq!(at(&project, &["schedule", "clear", "n"], "2024-05-05T01:00:00Z").0, 0);
    let (status, text) = due(&project, "2024-05-05T01:00:01Z");
    assert_eq!(status, 0, "{text}");
    assert_eq!(rows(&mut database), "96 96 01 00 04 23", "{text}");
}

/// There and back, and from what was tried first.
#[test]
fn time_that_is_covered_already_is_no_mistake() {
    let mut database = Database::new();
    let project = project(&mut database);
    let job = |cron: &str| {
        jobs(
            &project,
            &format!("cron: '{cron}', start: 2024-05-01, catch_up: all, steps: [{{run: bad}}, {{run: d}}]"),
        );
    };
    job("0 0 * * *");
    assert_eq!(due(&project, "2024-05-03T00:00:01Z").0, 1);
    mend(&mut database);
    job("30 5 * * *");
    let (status, text) = due(&project, "2024-05-04T06:10:00Z");
    assert_eq!(status, 0, "{text}");
    assert_eq!(rows(&mut database), "78 78 01 00 04 05", "{text}");
    job("0 0 * * *");
    assert_eq!(due(&project, "2024-05-05T00:10:00Z").0, 0);
    assert_eq!(at(&project, &["schedule", "retry", "n"], "2024-05-05T00:10:00Z").0, 0);
    let (status, text) = due(&project, "2024-05-05T00:10:00Z");
    assert_eq!(status, 0, "{text}");
    assert_eq!(rows(&mut database), "96 96 01 00 04 23", "{text}");
}

/// A committed table that was emptied is filled again.
#[test]
fn a_committed_table_that_was_emptied_is_filled_again() {
    let mut database = Database::new();
    let project = project(&mut database);
    jobs(&project, "cron: '@daily', steps: [{run: d}, {run: bad}]");
    assert_eq!(due(&project, "2024-05-02T00:00:01Z").0, 1);
    database.execute("truncate d");
    mend(&mut database);
    assert_eq!(at(&project, &["schedule", "retry", "n"], "2024-05-02T01:00:00Z").0, 0);
    let (status, text) = due(&project, "2024-05-02T01:00:00Z");
    assert_eq!(status, 0, "{text}");
    assert_eq!(rows(&mut database), "24 24 01 00 01 23", "{text}");
}
