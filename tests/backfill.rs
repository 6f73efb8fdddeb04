//! `rsdbt backfill`: a past time range in batches, each once, whoever built it and whatever interrupts it.

use std::process::Stdio;

use rsdbt::inside::adapter::Cell;

use crate::support::{Database, Project, wait_until};

fn texts(database: &mut Database, sql: &str) -> Vec<String> {
    let text = |row: Vec<Cell>| match row.into_iter().next() {
        Some(Cell::Text(text)) => text,
        other => panic!("{other:?}"),
    };
    database.query(sql).unwrap().rows.into_iter().map(text).collect()
}

/// `a` appends the facts of its interval, `t` is a table of `a`, `b` appends the interval's rows of `t`, `v` counts them.
fn project(database: &mut Database) -> Project {
    let project = Project::new(database);
    let schema = database.schema.clone();
    database.execute(
        "create table f (at timestamp); insert into f select timestamp '2024-05-01' + n * interval '1 hour' from generate_series(0, 24 * 20 - 1) as n; \
         create table switch (broken_day date); insert into switch values ('2024-05-05')",
    );
    let appended = "{{ config(materialized='incremental', incremental_strategy='append') }}";
    let within =
        "{% if interval_start %}where at >= '{{ interval_start }}' and at < '{{ interval_end }}'{% endif %}";
    project.write("models/a.sql", &format!("{appended} select at from {schema}.f {within}"));
    project.write("models/t.sql", "{{ config(materialized='table') }} select at from {{ ref('a') }}");
    project.write(
        "models/b.sql",
        &format!(
            "{appended} select at, 1 / (case when at::date = broken_day then 0 else 1 end) as one from {{{{ ref('t') }}}}, {schema}.switch {within}"
        ),
    );
    project
        .write("models/v.sql", "{{ config(materialized='table') }} select count(*) as n from {{ ref('b') }}");
    project
}

fn days(database: &mut Database, table: &str) -> Vec<String> {
    let sql = format!(
        "select to_char(at, 'DD') || ' ' || count(*) from {table} group by to_char(at, 'DD') order by 1"
    );
    texts(database, &sql)
}

fn backfill(project: &Project, more: &[&str]) -> (i32, String) {
    let output = project.run(&[&["backfill"], more].concat());
    (output.status, output.text)
}

#[test]
fn batches_are_built_once_and_an_interruption_is_continued() {
    let mut database = Database::new();
    let project = project(&mut database);
    project.run_ok(&[
        "run",
        "--interval-start",
        "2024-05-03",
        "--interval-end",
        "2024-05-04",
        "--select",
        "a",
    ]);
    let range = ["--from", "2024-05-02", "--to", "2024-05-07 12:00:00"];
    let with = |more: &[&'static str]| [&["a"], &range[..], more].concat();
    let (status, text) = backfill(&project, &with(&["--dry-run"]));
    assert_eq!(status, 0, "{text}");
    for line in [
        "2024-05-02 00:00:00 .. 2024-05-03 00:00:00  to build: a\n",
        "2024-05-03 00:00:00 .. 2024-05-04 00:00:00  is built\n",
        "2024-05-07 00:00:00 .. 2024-05-07 12:00:00  to build: a\n",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    assert_eq!(days(&mut database, "a"), ["03 24"], "nothing is built");
    let (status, text) = backfill(&project, &with(&["--downstream", "--batch", "1 day"]));
    assert!(
        status == 1 && text.contains("stopped: the same command continues with what is missing"),
        "{text}"
    );
    assert!(text.contains("batch 1 of 6: 2024-05-02 00:00:00 .. 2024-05-03 00:00:00\n"), "{text}");
    assert!(text.contains("batch 4 of 6: 2024-05-05 00:00:00 .. 2024-05-06 00:00:00, about "), "{text}");
    assert_eq!(days(&mut database, "a"), ["02 24", "03 24", "04 24", "05 24"]);
    assert_eq!(days(&mut database, "b"), ["02 24", "03 24", "04 24"]);
    database.execute("update switch set broken_day = null");
    let (status, text) = backfill(&project, &with(&["--downstream", "--batch", "1 day"]));
    assert!(status == 0 && text.contains("to build: b\n") && text.contains("3 batches built"), "{text}");
    let all = ["02 24", "03 24", "04 24", "05 24", "06 24", "07 12"];
    assert_eq!(days(&mut database, "a"), all);
    assert_eq!(days(&mut database, "b"), all);
    assert_eq!(texts(&mut database, "select n::text from v"), ["132"]);
    let (status, text) = backfill(&project, &with(&["--downstream", "--batch", "2 days"]));
    assert!(status == 0 && text.contains("0 batches built") && !text.contains("to build"), "{text}");
    assert_eq!(days(&mut database, "a"), all);
    // what is built from other SQL is not built
    let sql = std::fs::read_to_string(project.root.join("models/a.sql")).unwrap();
    project.write("models/a.sql", &format!("{sql} -- other"));
    database.execute("truncate a");
    let (status, text) = backfill(&project, &with(&["--batch", "1 week"]));
    assert!(status == 0 && text.contains("1 batch built"), "{text}");
    assert_eq!(days(&mut database, "a"), all);
    // once more, on demand
    database.execute("truncate a");
    let (status, text) = backfill(&project, &with(&["--rebuild"]));
    assert!(status == 0 && text.contains("6 batches built"), "{text}");
    assert_eq!(days(&mut database, "a"), all);
    // the memory of a table dies with it
    database.execute("drop table a cascade");
    let (_, text) = backfill(&project, &with(&["--dry-run"]));
    assert!(!text.contains("is built"), "{text}");
}

/// A microbatch model whose middle batch fails is not built, whatever its last batch did.
#[test]
fn a_microbatch_model_is_built_when_all_its_batches_are() {
    let mut database = Database::new();
    let project = project(&mut database);
    let schema = database.schema.clone();
    project.declare_facts(&schema);
    project.write(
        "models/m.sql",
        &format!("{{{{ config(materialized='incremental', incremental_strategy='microbatch', event_time='at', batch_size='day', begin='2024-05-01', unique_key='at') }}}} \
         select at, 1 / (case when at::date = broken_day then 0 else 1 end) as one from {{{{ source('s', 'f') }}}}, {schema}.switch"),
    );
    let fill = ["m", "--from", "2024-05-04", "--to", "2024-05-07", "--batch", "1 week"];
    let (status, text) = backfill(&project, &fill);
    assert_eq!(status, 1, "{text}");
    assert_eq!(days(&mut database, "m"), ["04 24", "06 24"]);
    let (_, text) = backfill(&project, &[&fill[..], &["--dry-run"]].concat());
    assert!(text.contains("to build: m"), "{text}");
    project.write(
        "jobs.yml",
        "jobs:\n  - {name: nightly, cron: '@weekly', start: 2024-05-05, catch_up: all, steps: [run: m]}\n",
    );
    let due = |at: &str| {
        let output = project.command(&["run", "--due"]).env("RSDBT_SIMULATED_CLOCK", at).output().unwrap();
        (output.status.code().unwrap(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    database.execute("update switch set broken_day = '2024-05-06'");
    let (status, text) = due("2024-05-12T00:00:01Z");
    assert_eq!(status, 1, "{text}");
    database.execute("update switch set broken_day = null");
    let mut retried = project.command(&["schedule", "retry", "nightly"]);
    retried.env("RSDBT_SIMULATED_CLOCK", "2024-05-12T00:00:01Z");
    assert!(retried.output().unwrap().status.success());
    let (status, text) = due("2024-05-12T00:00:01Z");
    assert_eq!(status, 0, "{text}");
    let all = ["04 24", "05 24", "06 24", "07 24", "08 24", "09 24", "10 24", "11 24"];
    assert_eq!(days(&mut database, "m"), all);
}

#[test]
fn mistakes_of_a_backfill_are_told() {
    let mut database = Database::new();
    let project = project(&mut database);
    let range = ["--from", "2024-05-02", "--to", "2024-05-03"];
    for (arguments, message) in [
        (&["a"][..], "`--from` and `--to` are missing"),
        (&["a", "--from", "2024-05-02"], "`--from` and `--to` belong together"),
        (&["a", "--from", "2024-05-02", "--to", "2024-05-01"], "`--from` must lie before `--to`"),
        (
            &["a", "--from", "2024-05-02", "--to", "2024-05-01", "--batch", "1 month"],
            "`--from` must lie before `--to`",
        ),
        (
            &["a", "--from", "2024-05-01", "--to", "2024-05-02", "--batch", "1 month"],
            "`1 month` is not a valid batch",
        ),
        (
            &["a", "--from", "2000-05-01", "--to", "2024-05-02", "--batch", "1 s"],
            "has more than 100000 batches of 1 s",
        ),
    ] {
        let (status, text) = backfill(&project, arguments);
        assert!(status == 2 && text.contains(message), "{message}\n{text}");
    }
    for (model, message) in
        [("aa", "there is no model named `aa`"), ("t", "`t` is a table: each run builds all of it")]
    {
        let (status, text) = backfill(&project, &[&[model][..], &range].concat());
        assert!(status == 2 && text.contains(message), "{message}\n{text}");
    }
    let lock = format!("rsdbt backfill {} model.shop.a", database.schema);
    database.query(&format!("select pg_advisory_lock(hashtextextended('{lock}', 0))::text")).unwrap();
    let (status, text) = backfill(&project, &[&["a"][..], &range].concat());
    assert!(status == 2 && text.contains("another process is filling `model.shop.a` already"), "{text}");
}

/// By hand, too, a microbatch model builds the interval that is noted; other models know nothing of event time.
#[test]
fn what_is_noted_is_what_was_built() {
    let mut database = Database::new();
    let project = project(&mut database);
    let schema = database.schema.clone();
    project.write(
        "models/s.yml",
        &format!(
            "sources: [{{name: s, schema: {schema}, tables: [{{name: f, config: {{event_time: at}}}}]}}]\n"
        ),
    );
    project.write(
        "models/m.sql",
        "{{ config(materialized='incremental', incremental_strategy='microbatch', event_time='at', batch_size='day', begin='2024-05-01', lookback=0, unique_key='at') }} select at from {{ source('s', 'f') }}",
    );
    let windows = [("--event-time-start", "--event-time-end", 1), ("--interval-start", "--interval-end", 3)];
    for (start, end, day) in windows {
        let [from, to] = [day, day + 1].map(|day| format!("2024-05-0{day}"));
        project.run_ok(&["run", "--select", "m", start, &from, end, &to]);
    }
    assert_eq!(days(&mut database, "m"), ["01 24", "03 24"]);
    let range = ["--from", "2024-05-01", "--to", "2024-05-05"];
    let (status, text) = backfill(&project, &[&["m"], &range[..]].concat());
    assert!(status == 0 && text.contains("2 batches built"), "{text}");
    assert_eq!(days(&mut database, "m"), ["01 24", "02 24", "03 24", "04 24"]);
    project.run_ok(&[
        "run",
        "--select",
        "a",
        "--event-time-start",
        "2024-05-02",
        "--event-time-end",
        "2024-05-03",
    ]);
    let (status, text) = backfill(&project, &[&["a", "--dry-run"], &range[..]].concat());
    assert!(status == 2 && text.contains("`a` has rows, and it is not known of which times"), "{text}");
    let (_, text) = backfill(&project, &[&["a", "--dry-run", "--rebuild"], &range[..]].concat());
    assert_eq!(text.matches("to build: a").count(), 4, "{text}");
}

/// Whatever becomes of the model, of its memory and of its rows: the same command never adds a row twice.
#[test]
fn a_model_that_only_adds_rows_has_each_once() {
    let mut database = Database::new();
    let project = project(&mut database);
    with_threads(&project);
    let within = ["--interval-start", "2024-05-03 12:00:00", "--interval-end", "2024-05-04 12:00:00"];
    project.run_ok(&[&["run", "--select", "a"], &within[..]].concat());
    let range = ["a", "--from", "2024-05-02", "--to", "2024-05-06"];
    let all = ["02 24", "03 24", "04 24", "05 24"];
    let (status, text) = backfill(&project, &range);
    assert!(status == 0 && text.contains("4 batches built"), "{text}");
    assert_eq!(days(&mut database, "a"), all, "two halves of days, and two days");
    let sql = std::fs::read_to_string(project.root.join("models/a.sql")).unwrap();
    project.write("models/a.sql", &format!("{sql} -- other"));
    let (status, text) = backfill(&project, &range);
    assert!(status == 0 && text.contains("0 batches built"), "{text}");
    assert_eq!(days(&mut database, "a"), all);
    database.execute("delete from rsdbt.built where relation = 'a'::regclass");
    let (status, text) = backfill(&project, &range);
    assert!(status == 2 && text.contains("error[backfill-adds]"), "{text}");
    assert_eq!(days(&mut database, "a"), all);
    database.execute("delete from a where at >= '2024-05-04'");
    let (status, text) =
        backfill(&project, &["a", "--from", "2024-05-04", "--to", "2024-05-06", "--rebuild"]);
    assert_eq!(status, 0, "{text}");
    assert_eq!(days(&mut database, "a"), all);
    database.execute("truncate a");
    let (status, text) = backfill(&project, &range);
    assert!(status == 0 && text.contains("4 batches built"), "{text}");
    assert_eq!(days(&mut database, "a"), all);
}

/// `meet()` gives how many batches are at work. It waits for a second one as often as the table `patience` says: at first, not at all.
fn meeting(database: &mut Database) {
    let schema = database.schema.clone();
    let name = format!("hashtextextended('{schema} meets', 0)");
    let place = "(classid::bigint << 32) + objid::bigint";
    database.execute(&format!(
        "create table patience (turns int); insert into patience values (0); \
         create function meet() returns int language plpgsql as $$ declare n int := 0; begin \
         perform pg_advisory_xact_lock_shared({name}); \
         for i in 1 .. (select turns from {schema}.patience) loop \
           select count(distinct pid) into n from pg_locks where locktype = 'advisory' and objsubid = 1 and {place} = {name}; \
           exit when n > 1; perform pg_sleep(0.05); \
         end loop; return n; end $$"
    ));
}

const COUNTS: &str = "select 'at once: ' || (max(met) > 1) || ', days: ' || count(distinct day) || ', rows: ' || sum(n) from m";

fn with_threads(project: &Project) {
    let profile = std::fs::read_to_string(project.root.join("profiles.yml")).unwrap();
    project.write("profiles.yml", &profile.replace("threads: 1", "threads: 3"));
}

#[test]
fn batches_that_share_no_period_are_built_at_the_same_time() {
    for (config, reads) in [
        ("incremental_strategy='append'", "where at >= '{{ interval_start }}' and at < '{{ interval_end }}'"),
        (
            "incremental_strategy='partition_overwrite', partition_by={'field': 'day', 'granularity': 'day'}",
            "where {{ in_partitions('at') }}",
        ),
    ] {
        let mut database = Database::new();
        let project = project(&mut database);
        with_threads(&project);
        meeting(&mut database);
        let schema = database.schema.clone();
        project.write(
            "models/m.sql",
            &format!(
                "{{{{ config(materialized='incremental', {config}) }}}} select day, n, {schema}.meet() as met from \
                 (select at::date as day, count(*) as n from {schema}.f {reads} group by 1) as days"
            ),
        );
        database.execute("delete from f where at >= '2024-05-11'");
        let range = ["m", "--from", "2024-05-01", "--to", "2024-05-11"];
        let (status, text) = backfill(&project, &["m", "--from", "2024-05-01", "--to", "2024-05-02"]);
        assert_eq!(status, 0, "{text}");
        database.execute("update patience set turns = 100");
        let (status, text) = backfill(&project, &range);
        assert_eq!(status, 0, "{text}");
        assert!(text.contains("batch 9 of 9: ") && text.contains("9 batches built"), "{text}");
        assert_eq!(texts(&mut database, COUNTS), ["at once: true, days: 10, rows: 240"], "{text}");
        let (status, text) = backfill(&project, &range);
        assert!(status == 0 && text.contains("0 batches built"), "{text}");
        let results = std::fs::read_to_string(project.root.join("target/run_results.json")).unwrap();
        assert!(results.matches("model.shop.m").count() >= 2, "{results}");
    }
}

/// One that fails ends the backfill; those beside it are built, and not again by the next command.
#[test]
fn a_batch_that_fails_beside_others_is_built_the_next_time() {
    let mut database = Database::new();
    let project = project(&mut database);
    with_threads(&project);
    let schema = database.schema.clone();
    project.write(
        "models/m.sql",
        &format!(
            "{{{{ config(materialized='incremental', incremental_strategy='append') }}}} \
             select at, 1 / (case when at::date = broken_day then 0 else 1 end) as one from {schema}.f, {schema}.switch \
             where at >= '{{{{ interval_start }}}}' and at < '{{{{ interval_end }}}}'"
        ),
    );
    let range = ["m", "--from", "2024-05-01", "--to", "2024-05-19"];
    let (status, text) = backfill(&project, &range);
    assert!(
        status == 1
            && text.contains("stopped: the same command continues with what is missing")
            && text.contains("ERROR creating sql incremental model")
            && text.contains(".m of 2024-05-05 00:00:00 .. 2024-05-06 00:00:00 "),
        "{text}"
    );
    let built = days(&mut database, "m");
    assert!(built.iter().all(|day| day.ends_with(" 24") && *day != "05 24"), "{built:?}");
    // as whoever mends the query would
    let sql = std::fs::read_to_string(project.root.join("models/m.sql")).unwrap();
    project.write(
        "models/m.sql",
        &sql.replace("1 / (case", "1 / nullif(case").replace("else 1 end)", "else 1 end, 0)"),
    );
    let (status, text) = backfill(&project, &range);
    assert!(status == 0, "{text}");
    let all: Vec<String> = (1..=18).map(|day| format!("{day:02} 24")).collect();
    assert_eq!(days(&mut database, "m"), all);
}

/// A backfill may take hours: who waits for its schemas has a turn between its groups of batches.
#[test]
fn other_runs_have_their_turn() {
    for threads in [1, 3] {
        let mut database = Database::new();
        let project = project(&mut database);
        let profile = std::fs::read_to_string(project.root.join("profiles.yml")).unwrap();
        project.write("profiles.yml", &profile.replace("threads: 1", &format!("threads: {threads}")));
        let schema = database.schema.clone();
        project.write(
            "models/m.sql",
            &format!(
                "{{{{ config(materialized='incremental', incremental_strategy='append') }}}} select at from {schema}.f, (select pg_sleep(0.2)) as slow \
                 where at >= '{{{{ interval_start }}}}' and at < '{{{{ interval_end }}}}'"
            ),
        );
        project.write("models/other.sql", "select 1 as id");
        let fill = ["backfill", "m", "--from", "2024-05-01", "--to", "2024-06-10"];
        let mut filling = project.command(&fill).stdout(Stdio::null()).spawn().unwrap();
        let begun = "select from pg_tables where tablename = 'm' and schemaname = current_schema()";
        wait_until(begun, || !database.query(begun).unwrap().rows.is_empty());
        let output =
            project.run(&["run", "--select", "other", "--target-path", "beside", "--log-path", "beside"]);
        assert_eq!(output.status, 0, "{}", output.text);
        assert!(output.text.contains("Waiting for another run to finish"), "{}", output.text);
        assert!(filling.try_wait().unwrap().is_none(), "{threads} threads: it ran when all was built");
        assert!(filling.wait().unwrap().success());
        assert_eq!(texts(&mut database, "select count(*)::text from m"), ["480"]);
    }
}

/// What reads its own table, or changes more than the periods of the batch, depends on the order.
#[test]
fn batches_that_depend_on_each_other_keep_their_order() {
    for (config, query) in [
        (
            "incremental_strategy='append'",
            "where at >= '{{ interval_start }}' and at < '{{ interval_end }}' {{ own() }}",
        ),
        (
            "incremental_strategy='append'",
            "where at >= '{{ interval_start }}' and at < '{{ interval_end }}' {% if is_incremental() %}and (select count(*) from {{ target.schema }}.m where false) = 0{% endif %}",
        ),
        (
            "incremental_strategy='append'",
            "where at >= '{{ interval_start }}' and at < '{{ interval_end }}' and (select count(*) from {{ source('over', 'seen') }} where false) = 0",
        ),
        (
            "incremental_strategy='append'",
            "where at >= '{{ interval_start }}' and at < '{{ interval_end }}' and at > '2024-01-01' {# not in this #}",
        ),
        (
            "incremental_strategy='append', post_hook='select 1'",
            "where at >= '{{ interval_start }}' and at < '{{ interval_end }}'",
        ),
        (
            "incremental_strategy='delete+insert', unique_key='day'",
            "where at >= '{{ interval_start }}' and at < '{{ interval_end }}'",
        ),
        (
            "incremental_strategy='partition_overwrite', lookback=1, partition_by={'field': 'day', 'granularity': 'day'}",
            "where {{ in_partitions('at') }}",
        ),
    ] {
        let mut database = Database::new();
        let project = project(&mut database);
        with_threads(&project);
        meeting(&mut database);
        let schema = database.schema.clone();
        project.write(
            "macros/own.sql",
            "{% macro own() %}{% if load_relation(this) %} and true{% endif %}{% endmacro %}",
        );
        project.write(
            "models/over.yml",
            &format!("sources: [{{name: over, schema: {schema}, tables: [{{name: seen}}]}}]\n"),
        );
        database.execute("create view seen as select 1 as n");
        project.write(
            "models/m.sql",
            &format!(
                "{{{{ config(materialized='incremental', {config}) }}}} select day, n, {schema}.meet() as met from \
                 (select at::date as day, count(*) as n from {schema}.f {query} group by 1) as days"
            ),
        );
        database.execute("delete from f where at >= '2024-05-05'");
        let (status, text) = backfill(&project, &["m", "--from", "2024-05-01", "--to", "2024-05-02"]);
        assert_eq!(status, 0, "{text}");
        database.execute("create or replace view seen as select met as n from m");
        database.execute("update patience set turns = 10");
        let (status, text) = backfill(&project, &["m", "--from", "2024-05-02", "--to", "2024-05-05"]);
        assert_eq!(status, 0, "{text}");
        assert_eq!(texts(&mut database, COUNTS), ["at once: false, days: 4, rows: 96"], "{config}");
    }
}

/// Each batch would give all rows again.
#[test]
fn a_model_that_asks_for_no_interval_is_refused() {
    let mut database = Database::new();
    let project = project(&mut database);
    let schema = database.schema.clone();
    let configs = ["'append'", "'delete+insert', unique_key='at'", "'merge', unique_key='at'"];
    for (number, config) in configs.into_iter().enumerate() {
        let name = format!("all_{number}");
        let config = format!("{{{{ config(materialized='incremental', incremental_strategy={config}) }}}}");
        project.write(&format!("models/{name}.sql"), &format!("{config} select at from {schema}.f"));
        project.run_ok(&["run", "--select", &name]);
        for more in [&[][..], &["--dry-run"]] {
            let words = [&[name.as_str(), "--from", "2024-05-01", "--to", "2024-05-03"][..], more].concat();
            let (status, text) = backfill(&project, &words);
            assert!(status == 2 && text.contains("its query asks for no interval"), "{text}");
            assert!(text.contains("{{ interval_start }}"), "{text}");
        }
        assert_eq!(texts(&mut database, &format!("select count(*)::text from {name}")), ["480"]);
    }
    // below another one it is built as in any run, and never noted
    project.write(
        "models/below.sql",
        "{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='at') }} select at from {{ ref('a') }}",
    );
    let (status, text) =
        backfill(&project, &["a", "--from", "2024-05-01", "--to", "2024-05-03", "--downstream"]);
    assert!(status == 0 && !text.contains("to build: a, below"), "{text}");
    assert_eq!(texts(&mut database, "select count(*)::text from below"), ["48"]);
    // the interval may be asked for by a macro, an ephemeral model or a hook
    project.write(
        "macros/bounds.sql",
        "{% macro bounds() %}at >= '{{ interval_start }}' and at < '{{ interval_end }}'{% endmacro %}",
    );
    project.write(
        "models/within.sql",
        &format!(
            "{{{{ config(materialized='ephemeral') }}}} select at from {schema}.f where {{{{ bounds() }}}}"
        ),
    );
    project.write(
        "models/through.sql",
        "{{ config(materialized='incremental', incremental_strategy='append') }} select at from {{ ref('within') }}",
    );
    let (status, text) = backfill(&project, &["through", "--from", "2024-05-01", "--to", "2024-05-03"]);
    assert_eq!(status, 0, "{text}");
    assert_eq!(texts(&mut database, "select count(*)::text from through"), ["48"]);
    let (status, text) = backfill(&project, &[]);
    assert!(status == 2 && text.contains("model_name"), "{text}");
}

/// Rows that are built anew are passed on, also where they were built anew before.
#[test]
fn models_downstream_are_built_from_the_rows_that_are_there() {
    let mut database = Database::new();
    let project = project(&mut database);
    let schema = database.schema.clone();
    let replaced =
        "{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='at') }}";
    let within = "where at >= '{{ interval_start }}' and at < '{{ interval_end }}'";
    let write = |factor: i32| {
        project
            .write("models/x.sql", &format!("{replaced} select at, {factor} as n from {schema}.f {within}"));
    };
    write(1);
    project.write(
        "models/y.sql",
        &format!("{replaced} select at, n * 10 as n from {{{{ ref('x') }}}} {within}"),
    );
    project
        .write("models/z.sql", &format!("{replaced} select at, n + 1 as n from {{{{ ref('y') }}}} {within}"));
    let range = ["--from", "2024-05-01", "--to", "2024-05-04"];
    let all = |more: &[&str]| backfill(&project, &[&["x"], &range[..], more].concat());
    let sums = |database: &mut Database| {
        texts(
            database,
            "select concat_ws(' ', (select sum(n) from x), (select sum(n) from y), (select sum(n) from z))",
        )
    };
    assert_eq!(all(&["--downstream"]).0, 0);
    assert_eq!(sums(&mut database), ["72 720 792"]);
    write(2);
    let (status, text) = all(&["--downstream"]);
    assert!(status == 0 && text.contains("to build: x, y, z"), "{text}");
    assert_eq!(sums(&mut database), ["144 1440 1512"]);
    write(3);
    assert_eq!(all(&[]).0, 0);
    assert_eq!(sums(&mut database), ["216 1440 1512"]);
    let (status, text) = all(&["--downstream"]);
    assert!(status == 0 && text.contains("to build: y, z") && text.contains("3 batches built"), "{text}");
    assert_eq!(sums(&mut database), ["216 2160 2232"]);
    let (status, text) = all(&["--downstream"]);
    assert!(status == 0 && text.contains("0 batches built"), "{text}");
}

/// What it is made of beside its own text, and whether its rows are still there.
#[test]
fn what_has_changed_around_a_model_is_built_again() {
    let mut database = Database::new();
    let project = project(&mut database);
    let schema = database.schema.clone();
    database.execute("create table g as select at from f");
    let source = |table: &str| {
        project.write(
            "models/s.yml",
            &format!(
                "sources: [{{name: raw, schema: {schema}, tables: [{{name: s, identifier: {table}}}]}}]\n"
            ),
        );
    };
    let ephemeral = |kind: i32| {
        project.write("models/e.sql", &format!("{{{{ config(materialized='ephemeral') }}}} select at, {kind} as kind from {{{{ source('raw', 's') }}}}"));
    };
    source("f");
    ephemeral(1);
    let range = ["--from", "2024-05-01", "--to", "2024-05-03"];
    for (model, config) in [
        ("r", "incremental_strategy='delete+insert', unique_key='at'"),
        ("p", "incremental_strategy='partition_overwrite', partition_by={'field': 'at'}"),
        (
            "m",
            "incremental_strategy='microbatch', unique_key='at', event_time='at', batch_size='day', begin='2024-05-01'",
        ),
    ] {
        project.write(
            &format!("models/{model}.sql"),
            &format!(
                "{{{{ config(materialized='incremental', {config}) }}}} select at, kind, {{{{ var('more', 0) }}}} as more from {{{{ ref('e') }}}}
                 where at >= '{{{{ interval_start }}}}' and at < '{{{{ interval_end }}}}'"
            ),
        );
        let mut fill = |more: &[&str], batches: usize| {
            let (status, text) = backfill(&project, &[&[model], &range[..], more].concat());
            assert!(
                status == 0 && text.contains(&format!("{batches} batches built")),
                "{model} {more:?}: {text}"
            );
            texts(
                &mut database,
                &format!("select concat_ws(' ', count(*), max(kind), max(more)) from {model}"),
            )
        };
        assert_eq!(fill(&[], 2), ["48 1 0"]);
        assert_eq!(fill(&[], 0), ["48 1 0"]);
        ephemeral(2);
        assert_eq!(fill(&[], 2), ["48 2 0"]);
        assert_eq!(fill(&["--vars", "{more: 7}"], 2), ["48 2 7"]);
        assert_eq!(fill(&["--vars", "{more: 7, other: 1}"], 0), ["48 2 7"]);
        source("g");
        assert_eq!(fill(&["--vars", "{more: 7}"], 2), ["48 2 7"]);
        database.execute(&format!("truncate {model}"));
        let mut fill = |batches: usize| {
            let (status, text) =
                backfill(&project, &[&[model], &range[..], &["--vars", "{more: 7}"]].concat());
            assert!(status == 0 && text.contains(&format!("{batches} batches built")), "{model}: {text}");
            texts(&mut database, &format!("select count(*)::text from {model}"))
        };
        assert_eq!(fill(2), ["48"]);
        source("f");
        ephemeral(1);
    }
}

/// The notes of a table that was emptied are of no use to what is built into it afterwards.
#[test]
fn an_emptied_table_is_filled_whole() {
    let mut database = Database::new();
    let project = project(&mut database);
    let range = ["a", "--from", "2024-05-01", "--to", "2024-05-06"];
    assert_eq!(backfill(&project, &range).0, 0);
    database.execute("delete from a");
    project.run_ok(&[
        "run",
        "--select",
        "a",
        "--interval-start",
        "2024-05-03",
        "--interval-end",
        "2024-05-04",
    ]);
    let (status, text) = backfill(&project, &range);
    assert!(status == 0 && text.contains("4 batches built"), "{text}");
    assert_eq!(days(&mut database, "a"), ["01 24", "02 24", "03 24", "04 24", "05 24"]);
    let (status, text) =
        backfill(&project, &["a", "--from", "2024-05-06", "--to", "2024-05-08", "--batch", "2 days"]);
    assert_eq!(status, 0, "{text}");
    // what a rebuild forgets is its range, not what was noted together with it
    database.execute("delete from a where at >= '2024-05-06' and at < '2024-05-07'");
    let (status, text) =
        backfill(&project, &["a", "--from", "2024-05-06", "--to", "2024-05-07", "--rebuild"]);
    assert_eq!(status, 0, "{text}");
    let (status, text) = backfill(&project, &["a", "--from", "2024-05-01", "--to", "2024-05-08"]);
    assert!(status == 0 && text.contains("0 batches built"), "{text}");
    assert_eq!(days(&mut database, "a"), ["01 24", "02 24", "03 24", "04 24", "05 24", "06 24", "07 24"]);
}

/// Somebody says of the named model that its rows are gone, and of no other.
#[test]
fn a_rebuild_adds_nothing_again_downstream() {
    let mut database = Database::new();
    let project = project(&mut database);
    let schema = database.schema.clone();
    let within = "where at >= '{{ interval_start }}' and at < '{{ interval_end }}'";
    let config = |strategy: &str| {
        format!(
            "{{{{ config(materialized='incremental', incremental_strategy='{strategy}', unique_key='at') }}}}"
        )
    };
    project
        .write("models/up.sql", &format!("{} select at from {schema}.f {within}", config("delete+insert")));
    project
        .write("models/dn.sql", &format!("{} select at from {{{{ ref('up') }}}} {within}", config("append")));
    let range = ["up", "--from", "2024-05-01", "--to", "2024-05-03", "--downstream"];
    assert_eq!(backfill(&project, &range).0, 0);
    let (status, text) = backfill(&project, &[&range[..], &["--rebuild"]].concat());
    assert!(status == 0 && text.contains("2 batches built"), "{text}");
    assert_eq!(days(&mut database, "up"), ["01 24", "02 24"]);
    assert_eq!(days(&mut database, "dn"), ["01 24", "02 24"]);
}
