//! What people do beside a job, or by it: they restore, rename and refresh tables, open intervals again, and call the program from steps of their own.

use crate::support::{Database, Project};

use super::unfinished::{at, jobs, mend, project, rows};
use super::{due, texts};

/// As `f`, for strategies that take their batches and periods from it.
fn facts_with_event_time(project: &Project, database: &Database) {
    let config = "{{ config(materialized='view', event_time='at') }}";
    project.write("models/f.sql", &format!("{config} select id, at from {}.ev", database.schema));
}

/// As after a restore: its rows are there, and nobody knows of which times. A word of somebody who does lets it go on.
#[test]
fn a_table_of_which_nothing_is_known_gets_no_rows() {
    for job in [
        "cron: '@daily', steps: [{run: d}]",
        "cron: '@daily', catch_up: all, start: 2024-05-01, steps: [{run: d}]",
    ] {
        let mut database = Database::new();
        let project = project(&mut database);
        jobs(&project, job);
        for day in ["2024-05-02T00:00:01Z", "2024-05-03T00:00:01Z"] {
            assert_eq!(due(&project, day).0, 0);
        }
        assert_eq!(rows(&mut database), "48 48 01 00 02 23");
        database.execute("create table again as table d; drop table d; alter table again rename to d");
        let (status, text) = due(&project, "2024-05-04T00:00:01Z");
        assert!(
            status == 1 && text.contains("it is not known of which times") && text.contains("--mark-built"),
            "{text}"
        );
        assert_eq!(rows(&mut database), "48 48 01 00 02 23", "{text}");
        let noted =
            project.run(&["backfill", "d", "--from", "2024-05-01", "--to", "2024-05-03", "--mark-built"]);
        assert!(noted.status == 0 && noted.text.contains("is noted as built"), "{}", noted.text);
        assert_eq!(at(&project, &["schedule", "retry", "n"], "2024-05-04T01:00:00Z").0, 0);
        let (status, text) = due(&project, "2024-05-04T01:00:01Z");
        assert_eq!(status, 0, "{text}");
        assert_eq!(rows(&mut database), "72 72 01 00 03 23", "{text}");
    }
}

/// By hand, too; and what is noted is one range of one model.
#[test]
fn who_names_an_interval_adds_no_rows_to_such_a_table() {
    let mut database = Database::new();
    let project = project(&mut database);
    let day = |day| {
        let [from, to] = [day, day + 1].map(|day| format!("2024-05-{day:02}"));
        project.run(&["run", "--select", "d", "--interval-start", &from, "--interval-end", &to])
    };
    assert_eq!(day(1).status, 0);
    database.execute("create table again as table d; drop table d; alter table again rename to d");
    let refused = day(1);
    assert!(refused.status == 2 && refused.text.contains("--mark-built"), "{}", refused.text);
    assert_eq!(rows(&mut database), "24 24 01 00 01 23", "{}", refused.text);
    let mark = |more: &[&str]| {
        let range = ["backfill", "d", "--from", "2024-05-01", "--to", "2024-05-02", "--mark-built"];
        project.run(&[&range[..], more].concat())
    };
    for wish in [&["--rebuild"][..], &["--downstream"], &["--batch", "1 hour"]] {
        let output = mark(wish);
        assert!(output.status == 2 && output.text.contains(wish[0]), "{}", output.text);
    }
    assert_eq!(day(2).status, 2);
    assert_eq!(mark(&[]).status, 0);
    assert!(day(1).text.contains("none is added again"));
    assert_eq!(day(2).status, 0);
    assert_eq!(rows(&mut database), "48 48 01 00 02 23");
}

/// Nobody would know of them when the interval is built.
#[test]
fn rows_of_a_sample_are_not_added_to_an_interval() {
    let mut database = Database::new();
    let project = project(&mut database);
    let interval = ["run", "--select", "d", "--interval-start", "2024-05-01", "--interval-end", "2024-05-02"];
    let output = project.run(&[&interval[..], &["--sample", "3 hours"]].concat());
    assert!(output.status == 2 && output.text.contains("those of a sample"), "{}", output.text);
    assert_eq!(project.run(&interval).status, 0);
    assert_eq!(rows(&mut database), "24 24 01 00 01 23");
}

/// Its query asks for the interval, and would give the rows of one alone.
#[test]
fn a_full_refresh_within_an_interval_replaces_no_more_than_that() {
    let mut database = Database::new();
    let project = project(&mut database);
    project.write(
        "jobs.yml",
        "jobs:\n  - {name: n, cron: '@daily', steps: [{run: d}]}\n  - {name: whole, cron: '0 12 * * *', start: '2024-05-02 12:00', steps: [{run: {select: d, full_refresh: true}}]}\n",
    );
    // the first of all makes the table
    assert_eq!(due(&project, "2024-05-02T00:00:01Z").0, 0);
    assert_eq!(due(&project, "2024-05-03T00:00:01Z").0, 0);
    let before = rows(&mut database);
    let (status, text) = due(&project, "2024-05-03T12:00:01Z");
    assert!(status == 1 && text.contains("would keep the rows of this interval alone"), "{text}");
    assert_eq!(rows(&mut database), before, "{text}");
    let interval = ["--interval-start", "2024-05-02", "--interval-end", "2024-05-03"];
    let output = project.run(&[&["run", "--select", "d", "--full-refresh"], &interval[..]].concat());
    assert!(output.status == 2 && output.text.contains("would keep the rows"), "{}", output.text);
    assert_eq!(rows(&mut database), before);
}

/// Also where it has to wait first, and newer intervals are done.
#[test]
fn what_is_opened_again_runs_after_what_it_waits_for() {
    for waits in ["after: [first]", "cron: '@daily', depends_on: [{job: first}]"] {
        let mut database = Database::new();
        let project = project(&mut database);
        let all = format!(
            "jobs:\n  - {{name: first, cron: '@daily', steps: [{{shell: [test, -e, ok]}}]}}\n  - {{name: n, {waits}, steps: [{{run: d}}]}}\n"
        );
        project.write("jobs.yml", &all);
        assert_eq!(due(&project, "2024-05-02T00:10:00Z").0, 1);
        project.write("ok", "");
        let (status, text) = due(&project, "2024-05-03T00:10:00Z");
        assert_eq!(status, 0, "{text}");
        let now = "2024-05-03T01:00:00Z";
        for job in ["first", "n"] {
            assert!(at(&project, &["schedule", "retry", job], now).1.contains("opened again"), "{waits}");
        }
        let (status, text) = due(&project, now);
        assert!(status == 0 && text.contains("2024-05-01T00:00:00Z n: success"), "{waits}: {text}");
        let (_, status) = at(&project, &["schedule", "status"], now);
        assert!(!status.contains("waiting"), "{waits}: {status}");
    }
}

#[test]
fn an_interval_that_has_not_ended_is_not_marked() {
    let mut database = Database::new();
    let project = project(&mut database);
    jobs(&project, "cron: '@daily', catch_up: all, start: 2024-05-01, steps: [{run: d}]");
    let range = ["--from", "2024-05-01", "--to", "2024-06-01"];
    let (status, text) =
        at(&project, &[&["schedule", "mark-success", "n"], &range[..]].concat(), "2024-05-02T09:00:00Z");
    assert!(status == 0 && text.contains("2024-05-02T00:00:00Z n: has not ended"), "{text}");
    assert!(text.contains("1 interval marked"), "{text}");
    let (status, text) = due(&project, "2024-05-03T00:00:01Z");
    assert_eq!(status, 0, "{text}");
    assert_eq!(rows(&mut database), "24 24 02 00 02 23", "{text}");
}

/// It finds the interval in its environment, and notes what it adds.
#[test]
fn a_program_of_a_step_adds_rows_once() {
    let mut database = Database::new();
    let project = project(&mut database);
    let program = env!("CARGO_BIN_EXE_rsdbt");
    jobs(
        &project,
        &format!("cron: '@daily', steps: [{{shell: [sh, -c, '{program} run -s d && test -e ok']}}]"),
    );
    assert_eq!(due(&project, "2024-05-02T00:00:01Z").0, 1);
    assert_eq!(rows(&mut database), "24 24 01 00 01 23");
    project.write("ok", "");
    assert_eq!(at(&project, &["schedule", "retry", "n"], "2024-05-02T01:00:00Z").0, 0);
    let (status, text) = due(&project, "2024-05-02T01:00:01Z");
    assert_eq!(status, 0, "{text}");
    assert_eq!(rows(&mut database), "24 24 01 00 01 23", "{text}");
    // and so does one who repeats a command
    let interval = ["--interval-start", "2024-05-02", "--interval-end", "2024-05-03"];
    for said in ["INSERT 0 24", "has its rows of"] {
        let output = project.run(&[&["run", "--select", "d"], &interval[..]].concat());
        assert!(output.status == 0 && output.text.contains(said), "{}", output.text);
        assert_eq!(rows(&mut database), "48 48 01 00 02 23");
    }
}

/// A stage that another model empties has had its rows.
#[test]
fn rows_that_were_consumed_are_not_added_again() {
    let mut database = Database::new();
    let project = project(&mut database);
    project.write(
        "models/cur.sql",
        "{{ config(materialized='incremental', incremental_strategy='merge_upsert', unique_key='id', updated_at='at', consume=true) }} select id, at from {{ ref('d') }}",
    );
    jobs(&project, "cron: '@daily', steps: [{run: d}, {run: cur}, {run: bad}]");
    mend(&mut database);
    assert_eq!(due(&project, "2024-05-02T00:00:01Z").0, 0);
    let schema = database.schema.clone();
    database.execute(&format!(
        "truncate good; create table staged (id int);
         create function note() returns trigger language plpgsql as 'begin insert into {schema}.staged values (new.id); return null; end';
         create trigger note after insert on d for each row execute function note()"
    ));
    assert_eq!(due(&project, "2024-05-03T00:00:01Z").0, 1);
    mend(&mut database);
    let (status, text) = due(&project, "2024-05-04T00:00:01Z");
    assert_eq!(status, 0, "{text}");
    assert_eq!(at(&project, &["schedule", "retry", "n"], "2024-05-04T01:00:00Z").0, 0);
    let (status, text) = due(&project, "2024-05-04T01:00:01Z");
    assert_eq!(status, 0, "{text}");
    assert_eq!(
        texts(&mut database, "select concat_ws(' ', count(*), count(distinct id)) from staged"),
        ["48 48"]
    );
    let dry = project.run(&["backfill", "d", "--from", "2024-05-01", "--to", "2024-05-04", "--dry-run"]);
    assert!(!dry.text.contains("to build"), "{}", dry.text);
    assert_eq!(
        texts(&mut database, "select concat_ws(' ', count(*), count(distinct id)) from cur"),
        ["72 72"]
    );
}

/// What a program prints is not known again.
#[test]
fn a_load_from_a_command_is_not_repeated() {
    let mut database = Database::new();
    let project = project(&mut database);
    let table = |name: &str| {
        format!(
            "      - name: {name}\n        config: {{load: {{from: {{command: [cat, {name}.csv]}}}}}}\n        columns: [{{name: id, data_type: int}}]\n"
        )
    };
    let schema = &database.schema;
    let sources = format!(
        "sources:\n  - name: raw\n    schema: {schema}\n    tables:\n{}{}",
        table("here"),
        table("late")
    );
    project.write("models/sources.yml", &sources);
    project.write("here.csv", "id\n1\n2\n");
    jobs(&project, "cron: '@daily', steps: [load]");
    assert_eq!(due(&project, "2024-05-02T00:00:01Z").0, 1);
    project.write("late.csv", "id\n3\n");
    assert_eq!(at(&project, &["schedule", "retry", "n"], "2024-05-02T01:00:00Z").0, 0);
    let (status, text) = due(&project, "2024-05-02T01:00:01Z");
    assert_eq!(status, 0, "{text}");
    let counts = "select (select count(*) from here) || ' ' || (select count(*) from late)";
    assert_eq!(texts(&mut database, counts), ["2 1"], "{text}");
    // the next interval has its own
    let (status, text) = due(&project, "2024-05-03T00:00:01Z");
    assert_eq!(status, 0, "{text}");
    assert_eq!(texts(&mut database, counts), ["4 2"], "{text}");
    // what is gone is loaded again
    std::fs::remove_file(project.path().join("late.csv")).unwrap();
    assert_eq!(due(&project, "2024-05-04T00:00:01Z").0, 1);
    database.execute("drop table here");
    project.write("late.csv", "id\n3\n");
    assert_eq!(at(&project, &["schedule", "retry", "n"], "2024-05-04T01:00:00Z").0, 0);
    let (status, text) = due(&project, "2024-05-04T01:00:01Z");
    assert_eq!(status, 0, "{text}");
    assert_eq!(texts(&mut database, counts), ["2 3"], "{text}");
}

/// With it the first build would take all rows, and later intervals those that came after the first one again.
#[test]
fn a_first_build_takes_the_rows_of_its_interval_alone() {
    let mut database = Database::new();
    let project = project(&mut database);
    let schema = database.schema.clone();
    let model = |config: &str| {
        format!(
            "{{{{ config(materialized='incremental'{config}) }}}} select id, at from {schema}.ev
             {{% if is_incremental() %}}{{% if true %}} where at >= '{{{{ interval_start }}}}' and at < '{{{{ interval_end }}}}'{{% endif %}}{{% endif %}}"
        )
    };
    jobs(&project, "cron: '@daily', steps: [{run: d}]");
    for config in ["", ", incremental_strategy='append'", ", incremental_strategy='merge', unique_key=[]"] {
        project.write("models/d.sql", &model(config));
        let (status, text) = due(&project, "2024-05-02T00:00:01Z");
        assert!(status == 1 && text.contains("only where `is_incremental()`"), "{config}: {text}");
        assert_eq!(at(&project, &["schedule", "clear", "n"], "2024-05-02T00:00:02Z").0, 0);
    }
    // what replaces its rows may begin with all of them, and a full refresh takes all
    project.write("models/d.sql", &model(", incremental_strategy='delete+insert', unique_key='id'"));
    let (status, text) = due(&project, "2024-05-02T00:00:03Z");
    assert_eq!(status, 0, "{text}");
    assert_eq!(rows(&mut database), "240 240 01 00 10 23");
    let interval = ["--interval-start", "2024-05-02", "--interval-end", "2024-05-03"];
    let output = project.run(&[&["run", "--select", "d", "--full-refresh"], &interval[..]].concat());
    assert_eq!(output.status, 0, "{}", output.text);
}

/// The condition may stand in a macro, in a variable or in an expression, and the interval in a column, too.
#[test]
fn a_first_build_of_all_rows_is_noticed_however_it_is_written() {
    let queries = [
        "{{ later() }}",
        "{% set start = interval_start %}{% if is_incremental() %} where at >= '{{ start }}' and at < '{{ interval_end }}'{% endif %}",
        "{% set inc = is_incremental() %}{% if inc %} where at >= '{{ interval_start }}' and at < '{{ interval_end }}'{% endif %}",
        "{{ \"where at >= '\" ~ interval_start ~ \"' and at < '\" ~ interval_end ~ \"'\" if is_incremental() else '' }}",
        "cross join (select '{{ interval_start }}' as loaded_for) as l {% if is_incremental() %} where at >= '{{ interval_start }}' and at < '{{ interval_end }}'{% endif %}",
    ];
    let mut database = Database::new();
    let project = project(&mut database);
    let schema = database.schema.clone();
    project.write(
        "macros/later.sql",
        "{% macro later() %}{% if is_incremental() %}where at >= '{{ interval_start }}' and at < '{{ interval_end }}'{% endif %}{% endmacro %}",
    );
    jobs(&project, "cron: '@daily', steps: [{run: d}]");
    for query in queries {
        let config = "{{ config(materialized='incremental', incremental_strategy='append') }}";
        project.write("models/d.sql", &format!("{config} select id, at from {schema}.ev {query}"));
        let (status, text) = due(&project, "2024-05-02T00:00:01Z");
        assert!(status == 1 && text.contains("only where `is_incremental()`"), "{query}: {text}");
        assert_eq!(at(&project, &["schedule", "clear", "n"], "2024-05-02T00:00:02Z").0, 0);
        let range = ["backfill", "d", "--from", "2024-05-01", "--to", "2024-05-03"];
        let output = project.run(&range);
        assert!(
            output.status == 2 && output.text.contains("only where `is_incremental()`"),
            "{}",
            output.text
        );
    }
}

/// Each batch would leave its own rows alone.
#[test]
fn a_backfill_is_no_full_refresh() {
    let mut database = Database::new();
    let project = project(&mut database);
    let backfill = |to| project.run(&["backfill", "d", "--from", "2024-05-01", "--to", to]);
    assert_eq!(backfill("2024-05-04").status, 0);
    let settings = std::fs::read_to_string(project.path().join("dbt_project.yml")).unwrap();
    project.write("dbt_project.yml", &format!("{settings}models: {{+full_refresh: true}}\n"));
    let output = backfill("2024-05-06");
    assert!(
        output.status == 2 && output.text.contains("each batch would keep its own rows"),
        "{}",
        output.text
    );
    assert_eq!(rows(&mut database), "72 72 01 00 03 23");
    project.write("dbt_project.yml", &settings);
    assert_eq!(backfill("2024-05-06").status, 0);
    assert_eq!(rows(&mut database), "120 120 01 00 05 23");
}

/// Batches and periods are those of the interval, as in the job's own steps.
#[test]
fn a_program_of_a_step_builds_the_batches_and_periods_of_the_interval() {
    let mut database = Database::new();
    let project = project(&mut database);
    facts_with_event_time(&project, &database);
    let strategies = [
        (
            "m",
            "incremental_strategy='microbatch', unique_key='id', event_time='at', batch_size='day', begin='2024-05-01'",
        ),
        (
            "p",
            "incremental_strategy='partition_overwrite', lookback=[0], partition_by={'field': 'day', 'granularity': 'day'}",
        ),
    ];
    for (name, config) in strategies {
        project.write(
            &format!("models/{name}.sql"),
            &format!("{{{{ config(materialized='incremental', {config}) }}}} select id, at, at::date as day from {{{{ ref('f') }}}}"),
        );
    }
    project.run_ok(&["run", "--select", "f", "m", "p"]);
    database.execute("update ev set id = id + 1000 where at::date = '2024-05-03'");
    let program = env!("CARGO_BIN_EXE_rsdbt");
    jobs(
        &project,
        &format!(
            "cron: '@daily', start: 2024-05-03, catch_up: all, steps: [{{shell: [{program}, run, -s, m, p]}}]"
        ),
    );
    let (status, text) = due(&project, "2024-05-04T00:00:01Z");
    assert_eq!(status, 0, "{text}");
    for name in ["m", "p"] {
        let sql = format!(
            "select concat_ws(' ', count(*) filter (where id >= 1000), count(*) filter (where at::date = '2024-05-03')) from {name}"
        );
        let expected = if name == "m" { "24 48" } else { "24 24" };
        assert_eq!(texts(&mut database, &sql), [expected], "{name}: {text}");
    }
}

/// By its config, too, and whatever strategy builds a part.
#[test]
fn a_full_refresh_of_the_config_replaces_no_more_than_its_interval() {
    let parts = [
        ("incremental_strategy='append'", "where at >= '{{ interval_start }}' and at < '{{ interval_end }}'"),
        (
            "incremental_strategy='microbatch', event_time='at', batch_size='day', begin='2024-05-01', unique_key='id'",
            "",
        ),
    ];
    for (config, condition) in parts {
        let mut database = Database::new();
        let project = project(&mut database);
        facts_with_event_time(&project, &database);
        project.write(
            "models/d.sql",
            &format!("{{{{ config(materialized='incremental', full_refresh=true, {config}) }}}} select id, at from {{{{ ref('f') }}}} {condition}"),
        );
        jobs(&project, "cron: '@daily', catch_up: all, start: 2024-05-01, steps: [{run: f}, {run: d}]");
        assert_eq!(due(&project, "2024-05-02T00:00:01Z").0, 0, "{config}");
        assert_eq!(rows(&mut database), "24 24 01 00 01 23", "{config}");
        let (status, text) = due(&project, "2024-05-03T00:00:01Z");
        assert!(
            status == 1 && text.contains("would keep the rows of this interval alone"),
            "{config}: {text}"
        );
        assert_eq!(rows(&mut database), "24 24 01 00 01 23", "{config}");
    }
}
