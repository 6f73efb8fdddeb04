//! The schedule: days rehearsed in seconds, with upstreams that fail, tries that are repeated and processes that die.

use std::process::Stdio;
use std::thread;
use std::time::Duration;

use rsdbt::inside::adapter::Cell;

use crate::support::{Database, Project, Proxy, assert_mistakes, wait_minutes_until, wait_until};

const CLOCK: &str = "RSDBT_SIMULATED_CLOCK";
const REHEARSAL: &str = "RSDBT_SCHEDULE_CLOCK";

/// A pipeline of the reference's form over a staging table of the same name.
fn pipeline(key: &str, more: &str) -> String {
    format!(
        "pipeline_type: postgres_merge_upsert
pipeline_key: {key}
pipeline_dag_configs:
  start_date: 2022-09-01 15:00:00
  schedule_interval: \"0 15 * * *\"
  default_args: {{owner: ads, depends_on_past: false, retries: 1, retry_delay: 5, weight_rule: downstream}}
postgres: {{conn_id: dev}}
execution_delay_seconds: 3600
{more}merge_upsert:
  destination_table: {key}
  staging_table: {key}_staging
  unique_keys: [id]
"
    )
}

const WAITS: &str = "upstream_dependencies:
  - dag_id: postgres_merge_upsert_ad_lineitem
    timedelta_seconds: 0
";

/// Two pipelines, the second after the first; every run that is committed leaves a row in `calls`.
fn project(database: &mut Database) -> Project {
    let project = Project::new(database);
    let schema = database.schema.clone();
    project.write("pipelines/ad_lineitem.yaml", &pipeline("ad_lineitem", ""));
    project.write("pipelines/unit.yaml", &pipeline("unit", WAITS));
    project.write(
        "dbt_project.yml",
        &format!(
            "name: shop\nprofile: shop\nmodels:\n  +pre-hook: \"insert into {schema}.calls values ('{{{{ this.identifier }}}}')\"\n"
        ),
    );
    database.execute(
        "create table calls (task text);
         create table ad_lineitem_staging (id bigint, revenue_type text, created_at timestamp, updated_at timestamp);
         create table unit_staging (id bigint, unit_type text, created_at timestamp, updated_at timestamp);
         insert into ad_lineitem_staging values (1, 'CPC', now(), now());
         insert into unit_staging values (1, 'BANNER', now(), now())",
    );
    let sources = format!(
        "sources:\n  - {{name: ad, schema: {schema}, tables: [{{name: ad_lineitem_staging}}, {{name: unit_staging}}]}}\n"
    );
    project.write("models/sources.yml", &sources);
    project
}

fn texts(database: &mut Database, sql: &str) -> Vec<String> {
    let rows = database.query(sql).unwrap().rows;
    rows.into_iter()
        .map(|row| match row.first() {
            Some(Cell::Text(text)) => text.clone(),
            other => panic!("{other:?}"),
        })
        .collect()
}

fn intervals(database: &mut Database) -> Vec<String> {
    let schema = database.schema.clone();
    let sql = format!(
        "select concat_ws(' ', regexp_replace(task, '.*(upsert_|[.])', ''), (logical_time at time zone 'UTC')::date, state, attempt) \
         from rsdbt.intervals where schema_name = '{schema}' order by logical_time, task"
    );
    texts(database, &sql)
}

#[test]
fn killed_processes_repeat_nothing_and_skip_nothing() {
    let mut database = Database::new();
    let project = project(&mut database);
    // ten days are due, and the clock stands still enough that no eleventh comes
    let at = "2022-09-12T10:00:00Z";
    for round in 0_u64..8 {
        let mut schedule = project
            .command(&["schedule"])
            .env(CLOCK, at)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        thread::sleep(Duration::from_millis(150 + round * 61));
        schedule.kill().unwrap();
        schedule.wait().unwrap();
    }
    // the server may need a moment to see that the last one is gone
    wait_until("the killed one's lock is free", || {
        project.command(&["run", "--due"]).env(CLOCK, at).output().unwrap().status.success()
    });
    let calls = texts(&mut database, "select task || ' ' || count(*) from calls group by task order by task");
    assert_eq!(calls, ["ad_lineitem 10", "unit 10"]);
    let states: Vec<String> = (1..=10)
        .flat_map(|day| ["ad_lineitem", "unit"].map(|task| format!("{task} 2022-09-{day:02} success 1")))
        .collect();
    assert_eq!(intervals(&mut database), states);
}

#[test]
fn an_upstream_that_fails_fails_what_waits_for_it_and_the_next_day_is_well() {
    let mut database = Database::new();
    let project = project(&mut database);
    database.execute("insert into ad_lineitem_staging values (null, 'CPC', now(), now())");
    let two_days = ["ad_lineitem 2022-09-01 failed 2", "unit 2022-09-01 failed 0"];
    rehearse(&project, || intervals(&mut database) == two_days);
    let messages = format!(
        "select message from rsdbt.intervals where schema_name = '{}' order by task",
        database.schema
    );
    let messages = texts(&mut database, &messages);
    assert!(messages[0].contains("1 staged row without a key (id): nothing was applied"), "{messages:?}");
    assert_eq!(messages[1], "postgres_merge_upsert_ad_lineitem of 2022-09-01T15:00:00Z failed");
    database.execute("delete from ad_lineitem_staging where id is null");
    let next = project.command(&["run", "--due"]).env(CLOCK, "2022-09-03T17:00:00Z").output().unwrap();
    assert!(next.status.success(), "{}", String::from_utf8_lossy(&next.stdout));
    assert_eq!(
        intervals(&mut database)[2..],
        ["ad_lineitem 2022-09-02 success 1", "unit 2022-09-02 success 1"]
    );
}

/// An hour is a second, and one day is due; a signal ends it in order.
fn rehearse(project: &Project, is_over: impl FnMut() -> bool) {
    let mut schedule = project
        .command(&["schedule"])
        .env(CLOCK, "2022-09-02T16:00:01Z*3600")
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    wait_until("the rehearsal", is_over);
    let status = project.command(&["schedule", "--status"]).output().unwrap();
    end(&schedule);
    assert!(schedule.wait().unwrap().success());
    let status = String::from_utf8_lossy(&status.stdout).into_owned();
    assert!(status.contains("failed intervals: 1"), "{status}");
}

#[test]
fn who_waits_too_long_or_for_what_will_never_come_fails() {
    let unit_failed = |more: &str, upstream: (&str, &str)| {
        let mut database = Database::new();
        let project = project(&mut database);
        let other = pipeline("ad_lineitem", "").replace(upstream.0, upstream.1);
        project.write("pipelines/ad_lineitem.yaml", &other);
        project.write("pipelines/unit.yaml", &pipeline("unit", &format!("{WAITS}{more}")));
        let failed = "unit 2022-09-01 failed 0".to_owned();
        rehearse(&project, || intervals(&mut database).contains(&failed));
        let sql = format!(
            "select message from rsdbt.intervals where schema_name = '{}' and task like '%unit'",
            database.schema
        );
        texts(&mut database, &sql).remove(0)
    };
    let late = ("execution_delay_seconds: 3600", "execution_delay_seconds: 86400");
    let message = unit_failed("    timeout: 3600\n", late);
    assert_eq!(
        message,
        "postgres_merge_upsert_ad_lineitem of 2022-09-01T15:00:00Z did not succeed within 3600 s"
    );
    let never = "postgres_merge_upsert_ad_lineitem has no interval at 2022-09-01T15:00:00Z";
    let over = (
        "start_date: 2022-09-01 15:00:00",
        "start_date: 2022-08-01 15:00:00\n  end_date: 2022-08-03 15:00:00",
    );
    assert_eq!(unit_failed("", over), never);
    assert_eq!(unit_failed("", ("0 15 * * *", "0 14 * * *")), never);
    assert_eq!(unit_failed("", ("start_date: 2022-09-01", "start_date: 2022-09-02")), never);
}

/// An orderly end is asked for, as a service manager does it.
fn end(process: &std::process::Child) {
    let status = std::process::Command::new("kill").arg(process.id().to_string()).status().unwrap();
    assert!(status.success());
}

#[test]
fn a_failure_is_tried_again_after_its_delay() {
    let mut database = Database::new();
    let project = project(&mut database);
    let schema = database.schema.clone();
    database.execute("create sequence tries");
    project.write(
        "models/flaky.sql",
        &format!(
            "{{{{ config(materialized='table', schedule={{'cron': '@daily', 'start_date': '2022-09-01', \
             'retries': 2, 'retry_delay_seconds': 600}}, pre_hook=\"select 1 / (nextval('{schema}.tries') - 1)\") }}}}\n\
             select 1 as id"
        ),
    );
    let due = |at: &str| project.command(&["run", "--due"]).env(CLOCK, at).output().unwrap();
    due("2022-09-02T00:00:01Z");
    let flaky = |database: &mut Database| {
        let all = intervals(database);
        all.into_iter().find(|line| line.starts_with("flaky 2022-09-01")).unwrap()
    };
    assert_eq!(flaky(&mut database), "flaky 2022-09-01 retry 1");
    due("2022-09-02T00:05:00Z");
    assert_eq!(flaky(&mut database), "flaky 2022-09-01 retry 1", "the delay is kept");
    let last = due("2022-09-02T00:11:00Z");
    assert!(last.status.success());
    assert_eq!(flaky(&mut database), "flaky 2022-09-01 success 2");
}

#[test]
fn old_successes_have_no_rows_and_are_not_repeated() {
    let mut database = Database::new();
    let project = project(&mut database);
    let write = |start: &str| {
        let config =
            "materialized='table', schedule={'cron': '@daily', 'start_date': 'START', 'keep_intervals': 4}";
        let config = config.replace("START", start);
        project.write("models/daily.sql", &format!("{{{{ config({config}) }}}}\nselect 1 as id"));
    };
    let due = |at: &str| {
        let output = project.command(&["run", "--due"]).env(CLOCK, at).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    };
    let rows =
        |database: &mut Database| intervals(database).iter().filter(|line| line.starts_with("daily")).count();
    let runs =
        |database: &mut Database| texts(database, "select count(*)::text from calls where task = 'daily'");
    write("2022-08-01");
    due("2022-08-13T01:00:00Z");
    assert_eq!(runs(&mut database), ["12"]);
    assert_eq!(rows(&mut database), 4);
    due("2022-08-14T01:00:00Z");
    assert_eq!(runs(&mut database), ["13"], "another process knows what has no row");
    write("2022-07-30");
    due("2022-08-14T01:00:00Z");
    assert_eq!(runs(&mut database), ["15"], "what never ran is due");
}

fn due(project: &Project, at: &str) -> String {
    let output = project.command(&["run", "--due"]).env(CLOCK, at).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{text}");
    text
}

/// Periods of other intervals keep their rows, whatever became of the facts that they were built from.
#[test]
fn an_interval_builds_its_own_periods_and_those_that_changed() {
    let mut database = Database::new();
    let project = project(&mut database);
    let schema = database.schema.clone();
    database.execute(
        "create table facts (day date, n integer);
         insert into facts select day, n from generate_series(date '2022-09-01', '2022-09-03', '1 day') as day, generate_series(1, 8) as n",
    );
    let facts = format!(
        "sources: [{{name: in, schema: {schema}, tables: [{{name: facts, config: {{event_time: day}}}}]}}]\n"
    );
    project.write("models/facts.yml", &facts);
    let model = |name: &str, dirty: bool| {
        let config = format!(
            "materialized='incremental', incremental_strategy='partition_overwrite', dirty={dirty}, \
             partition_by={{'field': 'day', 'granularity': 'day'}}, schedule={{'cron': '@daily', 'start_date': '2022-09-01'}}"
        );
        let query = "select day, count(*) as n from {{ source('in', 'facts') }} where {{ in_partitions('day') }} group by day";
        project.write(&format!("models/{name}.sql"), &format!("{{{{ config({config}) }}}}\n{query}"));
    };
    model("plain", false);
    model("watchful", true);
    due(&project, "2022-09-04T00:00:01Z");
    let days = |database: &mut Database, name: &str| {
        texts(database, &format!("select day::date || ' ' || n from {name} order by day"))
    };
    let whole = ["2022-09-01 8", "2022-09-02 8", "2022-09-03 8"];
    assert_eq!(days(&mut database, "plain"), whole);
    assert_eq!(days(&mut database, "watchful"), whole);
    database.execute(
        "delete from facts where day = '2022-09-01' and n > 4;
         insert into facts select '2022-09-04', n from generate_series(1, 3) as n",
    );
    due(&project, "2022-09-05T00:00:01Z");
    assert_eq!(days(&mut database, "plain"), [&whole[..], &["2022-09-04 3"]].concat());
    assert_eq!(
        days(&mut database, "watchful"),
        ["2022-09-01 4", "2022-09-02 8", "2022-09-03 8", "2022-09-04 3"],
        "`dirty` adds what changed"
    );
}

#[test]
fn work_that_is_committed_is_not_repeated_when_a_hook_fails_after_it() {
    let mut database = Database::new();
    let project = project(&mut database);
    let schema = database.schema.clone();
    project.write("dbt_project.yml", "name: shop\nprofile: shop\non-run-end: [\"select 1/0\"]\n");
    project.write(
        "models/daily.sql",
        "{{ config(materialized='incremental', incremental_strategy='append', \
         schedule={'cron': '@daily', 'start_date': '2022-09-01', 'retries': 3}) }} select now() as at",
    );
    let calls = [0; 3].map(|_| {
        let output = project.command(&["run", "--due"]).env(CLOCK, "2022-09-03T00:00:01Z").output().unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    });
    assert!(calls[0].contains("division by zero"), "{}", calls[0]);
    assert!(calls[2].contains("nothing is due"), "{}", calls[2]);
    assert_eq!(texts(&mut database, "select count(*)::text from daily"), ["2"]);
    let states = format!(
        "select concat_ws(' ', logical_time at time zone 'UTC', state, attempt) from rsdbt.intervals \
         where schema_name = '{schema}' and task like '%daily' order by 1"
    );
    assert_eq!(
        texts(&mut database, &states),
        ["2022-09-01 00:00:00 success 1", "2022-09-02 00:00:00 success 1"]
    );
}

/// The one whose session is gone may still be at work when another takes charge.
#[test]
fn a_scheduler_that_lost_its_charge_commits_nothing() {
    let mut database = Database::new();
    let project = project(&mut database);
    let schema = database.schema.clone();
    project.write("dbt_project.yml", "name: shop\nprofile: shop\n");
    project.write(
        "models/daily.sql",
        "{{ config(materialized='incremental', incremental_strategy='append', \
         schedule={'cron': '@daily', 'start_date': '2022-09-01'}) }} select now() as at from pg_sleep(3)",
    );
    let at = "2022-09-02T00:00:01Z";
    let mut first = project.command(&["run", "--due"]).env(CLOCK, at).stdout(Stdio::piped()).spawn().unwrap();
    let running = format!(
        "select pid::text from pg_stat_activity where query like '%pg_sleep(3)%' and query like '%daily%' and state = 'active' \
         and pid <> pg_backend_pid() and query like '%{schema}%'"
    );
    wait_until("the first is at work", || !texts(&mut database, &running).is_empty());
    let charge = format!(
        "select pg_terminate_backend(pid)::text from pg_locks where locktype = 'advisory' and objsubid = 1 \
         and (classid::bigint << 32) + objid::bigint = hashtextextended('rsdbt schedule {schema} shop', 0)"
    );
    assert_eq!(texts(&mut database, &charge), ["true"]);
    due(&project, at);
    assert!(!first.wait().unwrap().success());
    assert_eq!(texts(&mut database, "select count(*)::text from daily"), ["1"]);
    due(&project, at);
    assert_eq!(texts(&mut database, "select count(*)::text from daily"), ["1"]);
}

/// By commands alone: no SQL on tables of ours.
#[test]
fn failed_intervals_are_run_again_or_taken_for_done() {
    let mut database = Database::new();
    let project = project(&mut database);
    project.write(
        "pipelines/unit.yaml",
        &pipeline("unit", "").replace("depends_on_past: false", "depends_on_past: true"),
    );
    database.execute("insert into unit_staging values (null, 'VIDEO', now(), now())");
    let task = "postgres_merge_upsert_unit";
    let run = |arguments: &[&str], at: &str| {
        let output = project.command(arguments).env(CLOCK, at).output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let unit = |database: &mut Database| -> Vec<String> {
        intervals(database).into_iter().filter(|line| line.starts_with("unit")).collect()
    };
    run(&["run", "--due"], "2022-09-04T17:00:00Z");
    run(&["run", "--due"], "2022-09-04T17:06:00Z");
    assert_eq!(unit(&mut database), ["unit 2022-09-01 failed 2"], "the others are held back");
    let (status, text) = run(&["schedule", "clear", "postgres_merge_upsert_unti"], "2022-09-04T17:07:00Z");
    assert!(status == Some(2) && text.contains(&format!("did you mean `{task}`?")), "{text}");
    let (status, text) = run(&["schedule", "clear", task], "2022-09-04T17:07:00Z");
    assert!(status == Some(0) && text.contains("1 interval cleared: what is due runs again"), "{text}");
    database.execute("delete from unit_staging where id is null");
    let (status, text) = run(&["run", "--due"], "2022-09-04T17:08:00Z");
    assert_eq!(status, Some(0), "{text}");
    let done = ["unit 2022-09-01 success 1", "unit 2022-09-02 success 1", "unit 2022-09-03 success 1"];
    assert_eq!(unit(&mut database), done);

    let range = |from: &'static str, to: &'static str| ["--interval-start", from, "--interval-end", to];
    let marked = range("2022-09-04", "2022-09-06");
    let (status, text) =
        run(&[&["schedule", "mark-success", task], &marked[..]].concat(), "2022-09-08T17:00:00Z");
    assert!(status == Some(0) && text.contains("2 intervals marked as success"), "{text}");
    run(&["run", "--due"], "2022-09-08T17:00:00Z");
    assert_eq!(
        unit(&mut database)[3..],
        [
            "unit 2022-09-04 success 0",
            "unit 2022-09-05 success 0",
            "unit 2022-09-06 success 1",
            "unit 2022-09-07 success 1"
        ]
    );
    let cleared = range("2022-09-05 15:00:00", "2022-09-07");
    let (status, text) = run(&[&["schedule", "clear", task], &cleared[..]].concat(), "2022-09-08T17:00:00Z");
    assert!(status == Some(0) && text.contains("2 intervals cleared"), "{text}");
    run(&["run", "--due"], "2022-09-08T17:00:00Z");
    let lines = unit(&mut database);
    assert_eq!(lines[4..6], ["unit 2022-09-05 success 1", "unit 2022-09-06 success 1"], "{lines:?}");
    let (status, text) = run(&["schedule", "clear", task], "2022-09-08T17:00:00Z");
    assert!(status == Some(0) && text.contains(&format!("no interval of {task}")), "{text}");
}

/// What is remembered as done was done as the project says, all of it.
#[test]
fn options_that_would_leave_something_out_are_refused() {
    let mut database = Database::new();
    let project = project(&mut database);
    let at = "2022-09-03T17:00:00Z";
    for (variable, value) in [("DBT_FULL_REFRESH", "true"), ("DBT_EMPTY", "true"), ("DBT_SAMPLE", "3days")] {
        let output = project.command(&["run", "--due"]).env(CLOCK, at).env(variable, value).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.code() == Some(2) && text.contains("is not allowed with a schedule"), "{text}");
    }
    // has no such options
    for option in ["--full-refresh", "--empty", "--select=unit"] {
        assert_eq!(project.command(&["schedule", option]).output().unwrap().status.code(), Some(2));
    }
    for more in [
        &["--full-refresh"][..],
        &["--empty"],
        &["--sample", "3 days"],
        &["--select", "unit"],
        &["--models", "unit"],
        &["--exclude", "unit"],
        &["--selector", "nosuch"],
        &["--event-time-start", "2022-09-01", "--event-time-end", "2022-09-02"],
        &["--interval-start", "2022-09-01", "--interval-end", "2022-09-02"],
    ] {
        let output = project.command(&[&["run", "--due"], more].concat()).env(CLOCK, at).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.code() == Some(2) && text.contains("schedule"), "{more:?}\n{text}");
    }
    assert!(intervals_if_any(&mut database).is_empty());
}

fn intervals_if_any(database: &mut Database) -> Vec<String> {
    let is_there = texts(database, "select coalesce(to_regclass('rsdbt.intervals')::text, 'none')");
    if is_there == ["none"] { Vec::new() } else { intervals(database) }
}

/// Somebody looks at the exit status of a nightly call.
#[test]
fn what_failed_is_told_until_it_is_done() {
    let mut database = Database::new();
    let project = project(&mut database);
    project.write(
        "models/wrong.sql",
        "{{ config(materialized='table', schedule={'cron': '@daily', 'start_date': '2022-09-01', 'retries': 1, \
         'retry_delay_seconds': 600, 'depends_on_past': true}) }} select 1/0 as id",
    );
    let run = |at: &str| {
        let output = project.command(&["run", "--due"]).env(CLOCK, at).output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let (status, text) = run("2022-09-02T00:00:01Z");
    assert!(status == Some(1) && text.contains("attempt 1 of 2 failed"), "{text}");
    // how long the attempt takes is the machine's affair
    let again = format!(
        "select to_char(not_before at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS') from rsdbt.intervals \
         where not_before >= started_at + interval '600 s' and schema_name = '{}'",
        database.schema
    );
    let again = texts(&mut database, &again).remove(0);
    assert!(again.as_str() >= "2022-09-02T00:10:01", "{again}");
    let (status, text) = run("2022-09-02T00:05:00Z");
    assert!(status == Some(0) && text.contains(&format!("wrong: is tried again at {again}")), "{text}");
    assert_eq!(run("2022-09-02T00:12:00Z").0, Some(1));
    for day in ["2022-09-03T01:00:00Z", "2022-09-09T01:00:00Z"] {
        let (status, text) = run(day);
        let way_out =
            "wrong: held back, since 2022-09-01T00:00:00Z failed: `rsdbt schedule retry wrong` lets it go on";
        assert!(status == Some(1) && text.contains(way_out), "{text}");
    }
}

/// Since its start there were sixteen million.
#[test]
fn the_last_of_many_intervals_is_found_at_once() {
    let mut database = Database::new();
    let project = project(&mut database);
    let begun = std::time::Instant::now();
    for (cron, last) in [
        ("* * * * *", "2022-09-05T08:59:00Z"),
        ("0 0 * * *", "2022-09-04T00:00:00Z"),
        ("30 4 1 * *", "2022-08-01T04:30:00Z"),
        ("0 0 29 2 *", "2016-02-29T00:00:00Z"),
    ] {
        project.write(
            "models/minutely.sql",
            &format!(
                "{{{{ config(materialized='table', schedule={{'cron': '{cron}', 'start_date': '1990-01-01', 'catch_up': false}}) }}}} select 1 as id"
            ),
        );
        let output =
            project.command(&["run", "--due"]).env(REHEARSAL, "2022-09-05T09:00:00Z").output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(text.matches("minutely: would run").count(), 1, "{text}");
        assert!(text.contains(&format!("{last} minutely: would run")), "{text}");
    }
    assert!(begun.elapsed() < Duration::from_mins(1));
}

#[test]
fn a_rehearsal_tells_what_would_run_and_writes_nothing() {
    let mut database = Database::new();
    let project = project(&mut database);
    let rehearse = |at: &str| {
        let output = project.command(&["run", "--due"]).env(REHEARSAL, at).output().unwrap();
        assert!(output.status.success());
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let untouched = |database: &mut Database| {
        let schema = database.schema.clone();
        let written = format!(
            "select count(*)::text from rsdbt.intervals where schema_name = '{schema}' union all \
             select count(*)::text from rsdbt.jobs where schema_name = '{schema}'"
        );
        let is_there = texts(database, "select coalesce(to_regclass('rsdbt.intervals')::text, 'none')");
        is_there == ["none"] || texts(database, &written) == ["0", "0"]
    };
    let text = rehearse("2022-09-03T17:00:00Z");
    for line in [
        "2022-09-01T15:00:00Z postgres_merge_upsert_ad_lineitem: would run",
        "2022-09-01T15:00:00Z postgres_merge_upsert_unit: would run",
        "2022-09-02T15:00:00Z postgres_merge_upsert_unit: would run",
    ] {
        assert_eq!(text.matches(line).count(), 1, "{line}\n{text}");
    }
    assert!(untouched(&mut database));
    assert_eq!(texts(&mut database, "select count(*)::text from calls"), ["0"]);
    due(&project, "2022-09-02T17:00:00Z");
    let text = rehearse("2022-09-03T17:00:00Z");
    assert!(!text.contains("2022-09-01T15:00:00Z") && text.contains("2022-09-02T15:00:00Z"), "{text}");
    assert_eq!(texts(&mut database, "select count(*)::text from calls"), ["2"]);
    assert_eq!(intervals(&mut database).len(), 2);
}

/// As after a network that was gone: the server has not noticed yet.
#[test]
fn the_lock_of_a_lost_session_is_waited_for() {
    let mut database = Database::new();
    let project = project(&mut database);
    let schedule = ScheduleInCharge::start(&mut database, &project);
    schedule.loses_its_session_and_goes_on(&mut database);
}

#[test]
fn a_session_lost_while_charge_is_taken_is_made_anew() {
    let mut database = Database::new();
    let project = project(&mut database);
    project.run(&["schedule", "--status"]);
    // the lock is taken, and what is written after it waits for this
    let schema = database.schema.clone();
    let mut other = database.client();
    let job = "insert into rsdbt.jobs (project, schema_name) values ('shop', $1)";
    let mut transaction = other.transaction().unwrap();
    transaction.execute(job, &[&schema]).unwrap();
    let schedule = ScheduleInCharge::start(&mut database, &project);
    schedule.loses_its_session_and_goes_on_after(&mut database, || transaction.rollback().unwrap());
}

/// A process whose session holds the lock of the schedule.
struct ScheduleInCharge<'p> {
    process: std::process::Child,
    project: &'p Project,
    lock: String,
    holder: String,
}

impl<'p> ScheduleInCharge<'p> {
    fn start(database: &mut Database, project: &'p Project) -> Self {
        let lock = format!("hashtextextended('rsdbt schedule {} shop', 0)", database.schema);
        let holder = format!(
            "select pid::text from pg_locks where locktype = 'advisory' and objsubid = 1 and granted \
             and (classid::bigint << 32) + objid::bigint = {lock}"
        );
        let output = std::fs::File::create(project.path().join("schedule.out")).unwrap();
        let process = project
            .command(&["schedule"])
            .env(CLOCK, "2022-09-02T15:59:00Z*10")
            .stdout(output)
            .spawn()
            .unwrap();
        wait_until("somebody is in charge", || !texts(database, &holder).is_empty());
        Self { process, project, lock, holder }
    }

    fn loses_its_session_and_goes_on(self, database: &mut Database) {
        self.loses_its_session_and_goes_on_after(database, || ());
    }

    fn loses_its_session_and_goes_on_after(mut self, database: &mut Database, release: impl FnOnce()) {
        let mut stranger = database.client();
        let terminate = self.holder.replace("select pid::text", "select pg_terminate_backend(pid)::text");
        assert_eq!(texts(database, &terminate), ["true"]);
        wait_until("the lock is free", || {
            let take = format!("select pg_try_advisory_lock({})", self.lock);
            stranger.query_one(&take, &[]).unwrap().get(0)
        });
        release();
        let refused = "retrying every 5 s: another process runs the schedule of `shop` already";
        wait_until("it calls, is refused, and calls again", || {
            std::fs::read_to_string(self.project.path().join("schedule.out")).unwrap().contains(refused)
        });
        assert!(self.process.try_wait().unwrap().is_none(), "it has given up");
        drop(stranger);
        wait_until("it goes on", || intervals(database).len() == 2);
        end(&self.process);
        assert!(self.process.wait().unwrap().success());
    }
}

#[test]
fn tasks_of_other_targets_are_named() {
    let mut database = Database::new();
    let project = project(&mut database);
    project.write("pipelines/unit.yaml", &pipeline("unit", "").replace("conn_id: dev", "conn_id: prdo"));
    let text = due(&project, "2022-08-01T00:00:00Z");
    assert!(
        text.contains("not for target dev, and left alone: postgres_merge_upsert_unit (conn_id: prdo)"),
        "{text}"
    );
    let status = project.run(&["schedule", "status"]).text;
    assert!(status.contains("left alone: postgres_merge_upsert_unit (conn_id: prdo)"), "{status}");
    assert!(!status.contains("nothing has a schedule"), "{status}");
    // what waits for it is left alone with it, and the others run
    project.write("pipelines/lineitem.yaml", &pipeline("lineitem", &WAITS.replace("ad_lineitem", "unit")));
    let text = due(&project, "2022-08-01T00:00:00Z");
    assert!(text.contains("postgres_merge_upsert_lineitem (waits for postgres_merge_upsert_unit)"), "{text}");
    project.write(
        "models/again.sql",
        "{{ config(materialized='table', schedule={'cron': '@daily', 'start_date': '2022-09-01', \
         'upstream_dependencies': [{'dag_id': 'again'}]}) }} select 1 as id",
    );
    let output = project.run(&["run", "--due"]);
    assert!(output.status == 2 && output.text.contains("which is itself"), "{}", output.text);
}

#[test]
fn two_schedulers_of_one_project_are_one_too_many() {
    let mut database = Database::new();
    let project = project(&mut database);
    let mut first = project
        .command(&["schedule"])
        .env(CLOCK, "2022-09-01T00:00:00Z")
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let holder = format!(
        "select pid::text from pg_locks where locktype = 'advisory' and objsubid = 1 and granted and \
         (classid::bigint << 32) + objid::bigint = hashtextextended('rsdbt schedule {} shop', 0)",
        database.schema
    );
    wait_until("the first is in charge", || !texts(&mut database, &holder).is_empty());
    let second = project.run(&["schedule"]);
    end(&first);
    first.wait().unwrap();
    assert_eq!(second.status, 2);
    assert!(second.text.contains("another process runs the schedule of `shop` already"), "{}", second.text);
}

#[test]
fn mistakes_in_a_models_schedule_are_errors_of_the_parse() {
    let mut database = Database::new();
    let project = project(&mut database);
    let parse = |config: &str| {
        project.write("models/daily.sql", &format!("{{{{ config({config}) }}}}\nselect 1 as id"));
        project.run(&["parse"])
    };
    let day = "'cron': '@daily', 'start_date': '2022-09-01'";
    for (more, message) in [
        ("'retrys': 1", "`schedule` has an unknown key `retrys`; did you mean `retries`?"),
        ("'retries': '2'", "`retries` of `schedule` must be a whole number, 0 or more, not \"2\""),
        ("'retries': -1", "`retries` of `schedule` must be a whole number, 0 or more, not -1"),
        ("'catch_up': 'no'", "`catch_up` of `schedule` must be true or false, not \"no\""),
        (
            "'upstream_dependencies': 'abc'",
            "`upstream_dependencies` of `schedule` must be a list, not \"abc\"",
        ),
        ("'upstream_dependencies': ['abc']", "`upstream_dependencies` has \"abc\", which is not a mapping"),
        ("'upstream_dependencies': [{}]", "`upstream_dependencies` has no `dag_id`"),
        ("'end_date': 'tomorrow'", "`end_date`: `tomorrow` is not a timestamp"),
        ("'cron': '0 25 * * *'", "`25` is not a valid hour (0-23)"),
    ] {
        let output = parse(&format!("schedule={{{day}, {more}}}"));
        let place = "models/daily.sql:1:1";
        let told = output.text.contains(message) && output.text.contains(place);
        assert!(output.status == 2 && told, "{message}\n{}", output.text);
    }
    let output = parse("schedule={'cron': '@daily'}");
    assert!(output.text.contains("`schedule` has no `start_date`"), "{}", output.text);
    for of_others in ["schedule='daily'", "schedule={'every': 'day'}", "schedule=none"] {
        let output = parse(of_others);
        assert_eq!(output.status, 0, "{}", output.text);
    }
}

/// What Airflow's files usually have.
#[test]
fn ordinary_keys_of_airflow_are_taken_or_told() {
    let mut database = Database::new();
    let project = project(&mut database);
    let schema = database.schema.clone();
    let file = pipeline("unit", "")
        .replace(
            "schedule_interval: \"0 15 * * *\"",
            "schedule_interval: \"@daily\"\n  catchup: false\n  tags: [ads]",
        )
        .replace("retry_delay: 5", "retry_delay: 0.5, email: [ads@example.com], email_on_failure: true")
        .replace("destination_table: unit\n", &format!("destination_table: {schema}.unit\n"));
    project.write("pipelines/unit.yaml", &file);
    let text = project.run(&["parse"]).text;
    for key in ["tags", "email", "email_on_failure"] {
        assert!(text.contains(&format!("[PipelineKeyIgnored]: `{key}` in ")), "{key}\n{text}");
    }
    due(&project, "2022-09-05T00:00:00Z");
    let unit: Vec<String> =
        intervals(&mut database).into_iter().filter(|line| line.starts_with("unit")).collect();
    assert_eq!(unit, ["unit 2022-09-03 success 1"], "without `catchup`, only the last");
    // in the schema that it names, which is the target's own
    assert_eq!(texts(&mut database, &format!("select unit_type from {schema}.unit")), ["BANNER"]);
}

#[test]
fn mistakes_in_pipeline_files_are_shown_where_they_are() {
    let mut database = Database::new();
    let project = project(&mut database);
    let right = pipeline("unit", WAITS);
    let mistakes = [
        (
            "pipeline_type: postgres_merge_upsert",
            "pipeline_type: postgres_merge_upset",
            "1:16",
            "`postgres_merge_upset` is not a valid pipeline_type",
        ),
        ("pipeline_type: postgres_merge_upsert\n", "", "1:1", "`pipeline_type` is missing in pipeline"),
        ("\"0 15 * * *\"", "\"0 25 * * *\"", "5:22", "`25` is not a valid hour (0-23)"),
        ("2022-09-01 15:00:00", "yesterday", "4:15", "`start_date` is not a timestamp"),
        ("retries: 1", "retrys: 1", "6:", "unknown key `retrys` in default_args"),
        ("weight_rule: downstream", "weight_rule: sideways", "6:", "`sideways` is not a valid weight_rule"),
        (
            "execution_delay_seconds: 3600",
            "execution_delay_seconds: -1",
            "8:26",
            "`execution_delay_seconds` goes from 0 to 2147483647",
        ),
        (
            "postgres_merge_upsert_ad_lineitem",
            "postgres_merge_upsert_ad_lineitm",
            "10:13",
            "which is neither a pipeline nor a model",
        ),
        ("  staging_table: unit_staging\n", "  staging_table: unit\n", "14:18", "its rows would be consumed"),
        (
            "execution_delay_seconds: 3600\n",
            "execution_delay_seconds: 3600\npipeline_key: other\n",
            "9:1",
            "duplicate key `pipeline_key`\n",
        ),
        (
            "  - dag_id: postgres_merge_upsert_ad_lineitem\n    timedelta_seconds: 0\n",
            "  - ad_lineitem\n",
            "10:5",
            "an upstream dependency must be a mapping",
        ),
        ("retry_delay: 5", "retry_delay: soon", "6:", "`retry_delay` is a number of minutes"),
        ("unique_keys: [id]", "unique_keys: []", "15:16", "`unique_keys` is empty"),
        ("  unique_keys: [id]\n", "", "13:3", "`unique_keys` is missing in merge_upsert"),
    ];
    assert_mistakes(&project, "pipelines/unit.yaml", &right, &mistakes);
}

#[test]
fn a_pipeline_is_selected_by_the_name_of_its_table() {
    let mut database = Database::new();
    let project = project(&mut database);
    let list = |select: &str| project.run(&["-q", "ls", "--select", select]).text;
    assert_eq!(list("unit").trim(), "shop.postgres_merge_upsert_unit");
    assert_eq!(list("+shop.unit").lines().count(), 4, "with its upstream, and the sources");
    // a node of that name is meant first
    project.write("models/unit.sql", "{{ config(alias='other') }} select 1 as id");
    assert_eq!(list("unit").trim(), "shop.unit");
    assert_eq!(list("postgres_merge_upsert_unit").trim(), "shop.postgres_merge_upsert_unit");
    assert_eq!(list("other").trim(), "", "only pipelines go by their table");
}

#[test]
fn columns_that_a_pipeline_misspells_are_told_with_those_there_are() {
    let mut database = Database::new();
    let project = project(&mut database);
    let right = pipeline("unit", "");
    let run = |file: &str| {
        project.write("pipelines/unit.yaml", file);
        project.run(&["run", "--select", "unit"])
    };
    let columns = "Its columns are: id, unit_type, created_at, updated_at";
    for round in 0..2 {
        for (keys, message) in [
            ("[idd]", "`unique_keys` (pipelines/unit.yaml:12:16): the query has no column idd. "),
            (
                "[id]\n  updated_at: changed_at",
                "`updated_at` (pipelines/unit.yaml:13:15): the query has no column changed_at. ",
            ),
            (
                "[id]\n  order_by: [created]",
                "`order_by` (pipelines/unit.yaml:13:13): the query has no column created. ",
            ),
        ] {
            let output = run(&right.replace("unique_keys: [id]", &format!("unique_keys: {keys}")));
            let told = output.text.contains(&format!("{message}{columns}"));
            assert!(output.status == 1 && told, "{round} {message}\n{}", output.text);
        }
        // the first time there is no table yet
        assert_eq!(run(&right).status, 0);
    }
}

/// A suspended machine wakes up ten hours later.
#[test]
fn what_came_due_while_the_clock_jumped_runs() {
    let mut database = Database::new();
    let project = project(&mut database);
    project.write(
        "models/hourly.sql",
        "{{ config(materialized='table', schedule={'cron': '@hourly', 'start_date': '2022-09-05'}) }} select 1 as id",
    );
    let mut schedule = project
        .command(&["schedule"])
        .env(CLOCK, "2022-09-05T02:00:01Z+36000@6")
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let hourly = |database: &mut Database| {
        let lines = intervals_if_any(database);
        lines.into_iter().filter(|line| line.starts_with("hourly") && line.ends_with("success 1")).count()
    };
    wait_until("what is due at first", || hourly(&mut database) >= 2);
    wait_until("what came due meanwhile", || hourly(&mut database) == 12);
    end(&schedule);
    assert!(schedule.wait().unwrap().success());
    assert_eq!(texts(&mut database, "select count(*)::text from calls where task = 'hourly'"), ["12"]);
}

/// A network that is gone says nothing: neither end hears of the other's.
#[test]
fn a_connection_that_swallows_everything_is_given_up() {
    let mut database = Database::new();
    let project = project(&mut database);
    let proxy = Proxy::new(&database.settings);
    let profile = std::fs::read_to_string(project.root.join("profiles.yml")).unwrap();
    let through: Vec<String> = profile
        .lines()
        .map(|line| match line.trim_start().split_once(':') {
            Some((key @ ("host" | "port"), _)) => {
                let indent = &line[..line.len() - line.trim_start().len()];
                let value = if key == "host" { "127.0.0.1".to_owned() } else { proxy.port.to_string() };
                format!("{indent}{key}: {value}")
            }
            _ => line.to_owned(),
        })
        .collect();
    project.write("profiles.yml", &through.join("\n"));
    let schema = database.schema.clone();
    let mut schedule = project
        .command(&["schedule"])
        .env(CLOCK, "2022-09-02T15:59:50Z")
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let holder = format!(
        "select pid::text from pg_locks where locktype = 'advisory' and objsubid = 1 and granted \
         and (classid::bigint << 32) + objid::bigint = hashtextextended('rsdbt schedule {schema} shop', 0)"
    );
    wait_until("somebody is in charge", || !texts(&mut database, &holder).is_empty());
    let lost = texts(&mut database, &holder);
    proxy.swallow();
    wait_minutes_until("it goes on", || {
        intervals_if_any(&mut database).iter().filter(|line| line.ends_with("success 1")).count() == 2
    });
    assert_ne!(texts(&mut database, &holder), lost, "its own old session does not keep it out");
    end(&schedule);
    assert!(schedule.wait().unwrap().success());
    let calls = texts(&mut database, "select task || ' ' || count(*) from calls group by task order by task");
    assert_eq!(calls, ["ad_lineitem 1", "unit 1"]);
}
