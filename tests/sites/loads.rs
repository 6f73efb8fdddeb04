//! Source tables that are filled from another database.

use std::process::Stdio;

use super::field::Field;
use crate::support::wait_until;

/// The table `events` of the other database, as the source `raw.events` at home.
fn write_source(field: &Field, load: &str, rest: &str) {
    field.project.write(
        "models/sources.yml",
        &format!(
            "sources:\n  - name: raw\n    schema: \"{{{{ target.schema }}}}\"\n    tables:\n      - name: events\n        config: {{load: {{from: {{connection: far, schema: public}}{load}}}}}\n{rest}"
        ),
    );
}

fn refused(field: &Field, arguments: &[&str]) -> String {
    let failed = field.project.run(arguments);
    assert_ne!(failed.status, 0, "{}", failed.text);
    failed.text
}

fn loaded(field: &Field, arguments: &[&str], expected: &str) {
    let done = field.project.run(arguments);
    assert!(done.status == 0 && done.text.contains(expected), "{expected}: {}", done.text);
}

#[test]
fn a_whole_table_is_replaced_and_what_hangs_on_it_stays() {
    let mut field = Field::new();
    field.arrive(1, 500);
    write_source(&field, "", "");
    field.project.write("models/seen.sql", "select count(*) as n from {{ source('raw', 'events') }}");
    loaded(&field, &["build", "--load"], "LOAD 500");
    field.check(&["events"], "the first load");
    field.home.batch_execute("create index mine on events (day); grant select on events to public").unwrap();
    field
        .far
        .batch_execute("update events set amount = -1 where id = 7; delete from events where id > 450")
        .unwrap();
    loaded(&field, &["load"], "LOAD 450");
    field.check(&["events"], "the second load");
    assert_eq!(field.home_value("select n::text from seen"), "450");
    assert_eq!(field.home_value("select (to_regclass('mine') is not null)::text"), "true");
    assert_eq!(field.home_value("select has_table_privilege('public', 'events', 'select')::text"), "true");
    let ledger = "select concat_ws(' ', count(*), min(file), min(applied_count)) from rsdbt.loads where relation = 'events'::regclass";
    assert_eq!(field.home_value(ledger), "1 \"public\".\"events\" of connection far 450");
    field.far.batch_execute("delete from events where id > 300").unwrap();
    let text = refused(&field, &["load"]);
    assert!(text.contains("it has 450 rows, and the load has 300, more than 20 % fewer"), "{text}");
    field.far.batch_execute("truncate events").unwrap();
    assert!(refused(&field, &["load"]).contains("and the load has 0"));
    loaded(&field, &["load", "--allow-deletes"], "LOAD 0");
    field.check(&["events"], "a load of nothing");
}

/// What somebody else has put there is not deleted unasked, however few rows it is.
#[test]
fn a_table_that_was_never_loaded_loses_no_row() {
    for (load, what) in [
        ("", "it has 500 rows, and the load has 499"),
        (", mode: upsert, unique_key: id, delete_missing: hard", "1 of the 500 rows"),
        (
            ", mode: replace_partition, cursor: day, granularity: month, lookback: 400 days, unique_key: id",
            "of the 500 rows",
        ),
    ] {
        let mut field = Field::new();
        field.arrive(1, 500);
        write_source(&field, load, "");
        loaded(&field, &["load"], "LOAD 500");
        field.home.batch_execute("create table kept as table events; drop table events; alter table kept rename to events; create unique index on events (id)").unwrap();
        field.far.batch_execute("delete from events where id = 500").unwrap();
        let text = refused(&field, &["load"]);
        assert!(text.contains(what) && text.contains("rsdbt never loaded this table"), "{load}: {text}");
        assert_eq!(field.home_value("select count(*)::text from events"), "500", "{load}");
        loaded(&field, &["load", "--allow-deletes"], "LOAD");
        assert_eq!(field.home_value("select count(*)::text from events"), "499", "{load}");
        field.far.batch_execute("delete from events where id = 499").unwrap();
        loaded(&field, &["load"], "LOAD");
        assert_eq!(field.home_value("select count(*)::text from events"), "498", "{load}");
    }
}

/// The rows of a new table go into it at once, where its constraints meet them.
#[test]
fn a_new_table_refuses_rows_by_name_and_is_not_left_behind() {
    let mut field = Field::new();
    field.arrive(1, 100);
    let declared =
        "        columns: [{name: amount, constraints: [{type: check, expression: amount < 1000}]}]\n";
    write_source(&field, "", declared);
    field.far.batch_execute("update events set amount = 1000 where id = 7").unwrap();
    let text = refused(&field, &["load"]);
    assert!(text.contains("\"public\".\"events\" in `far_dev`: \""), "{text}");
    assert!(text.contains("refused a row; nothing was loaded") && !text.contains("CONTEXT"), "{text}");
    assert!(text.contains("violates check constraint"), "{text}");
    assert_eq!(field.home_value("select (to_regclass('events') is null)::text"), "true");
    // an error of the other database is none of the table
    field.far.batch_execute("alter table events rename to kept").unwrap();
    field
        .far
        .batch_execute("create view events as select id, day, at, amount / (id - 90) as amount from kept")
        .unwrap();
    let text = refused(&field, &["load"]);
    assert!(text.contains("division by zero") && !text.contains("refused a row"), "{text}");
    field
        .far
        .batch_execute("drop view events; alter table kept rename to events; delete from events where id = 7")
        .unwrap();
    loaded(&field, &["load"], "LOAD 99");
    field.check(&["events"], "the first load");
}

#[test]
fn upsert_and_append_lose_no_late_row_no_tie_and_no_row_without_a_cursor() {
    for mode in ["upsert", "append"] {
        let mut field = Field::new();
        field.far.batch_execute("alter table events add column n serial").unwrap();
        write_source(&field, &format!(", mode: {mode}, unique_key: id, cursor: at, lookback: 3 hours"), "");
        loaded(&field, &["load"], "LOAD 0");
        field.arrive(1, 1000);
        field.far.batch_execute("insert into events values (-1, null, null, 3)").unwrap();
        loaded(&field, &["load"], "LOAD 1001");
        // of the same time as the last, late within the lookback, without a time, and infinite
        field
            .far
            .batch_execute(
                "insert into events select 2000, day, at, 1 from events where id = 1000;
                 insert into events select 2001, day, at + interval '1 second', 1 from events where id = 900;
                 insert into events values (-2, null, null, 4), (-3, null, 'infinity', 5)",
            )
            .unwrap();
        loaded(&field, &["load"], "LOAD 4 (186 read, 182 unchanged)");
        field.check(&["events"], mode);
        field.arrive(1001, 1010);
        field
            .far
            .batch_execute("update events set amount = -1, at = at + interval '16 hours' where id = 3")
            .unwrap();
        field.run_ok(&["load"]);
        let changed = if mode == "upsert" { "-1.00" } else { "3.75" };
        assert_eq!(field.home_value("select amount::text from events where id = 3"), changed);
        assert_eq!(field.home_value("select count(*)::text from events"), "1015");
    }
}

#[test]
fn all_rows_are_upserted_without_a_cursor_and_only_what_differs_is_written() {
    let mut field = Field::new();
    field.far.batch_execute("alter table events add column doc json").unwrap();
    field.arrive(1, 100);
    field.far.batch_execute("update events set doc = '{\"a\": 1}'").unwrap();
    write_source(&field, ", mode: upsert, unique_key: [id]", "");
    loaded(&field, &["load"], "LOAD 100");
    field
        .far
        .batch_execute("update events set doc = '{\"a\": 2}' where id = 5; delete from events where id = 6")
        .unwrap();
    loaded(&field, &["load"], "LOAD 1 (99 read, 98 unchanged)");
    assert_eq!(field.home_value("select count(*)::text from events"), "100");
    field.far.batch_execute("truncate events").unwrap();
    assert!(refused(&field, &["load"]).contains("it has no rows, and"));
    assert_eq!(field.home_value("select count(*)::text from events"), "100");
    field
        .far
        .batch_execute("alter table events drop constraint events_pkey, alter id drop not null")
        .unwrap();
    field.far.batch_execute("insert into events (id) values (1), (1), (null)").unwrap();
    let text = refused(&field, &["load"]);
    assert!(text.contains("rows without a value of it: 1, keys of several rows: 1"), "{text}");
}

#[test]
fn columns_come_and_go_and_odd_names_are_taken() {
    let mut field = Field::new();
    field
        .far
        .batch_execute(
            "create schema \"a.b\"; create type mood as enum ('sad', 'ok');
             create table \"a.b\".\"the \"\"order\"\"\" (\"order\" int primary key, \"it's\" text, mood mood, secret text);
             insert into \"a.b\".\"the \"\"order\"\"\" values (1, 'x''\"y', 'ok', 's')",
        )
        .unwrap();
    let write = |field: &Field, load: &str, columns: &str| {
        field.project.write(
            "models/sources.yml",
            &format!(
                "sources:\n  - name: raw\n    schema: \"{{{{ target.schema }}}}\"\n    config: {{load: {{from: {{connection: far, schema: a.b, table: 'the \"order\"'}}}}}}\n    tables:\n      - name: t\n        identifier: my \"order\"\n        config: {{load: {{{load}}}}}\n        columns: [{columns}]\n"
            ),
        );
    };
    write(&field, "", "");
    let text = refused(&field, &["load"]);
    assert!(
        text.contains("cannot be loaded into") && text.contains("`mood` (public.mood, which is missing)"),
        "{text}"
    );
    write(&field, "except: secret, mode: upsert, unique_key: order", "{name: mood, data_type: text}");
    loaded(&field, &["load"], "LOAD 1");
    let row = "select concat_ws(' ', \"order\", \"it's\", mood) from \"my \"\"order\"\"\"";
    assert_eq!(field.home_value(row), "1 x'\"y ok");
    field
        .far
        .batch_execute("alter table \"a.b\".\"the \"\"order\"\"\" add column later int default 7")
        .unwrap();
    write(
        &field,
        "except: secret, mode: upsert, unique_key: order, on_schema_change: fail",
        "{name: mood, data_type: text}",
    );
    let text = refused(&field, &["load"]);
    assert!(text.contains("the table has no column `later` (integer)"), "{text}");
    write(&field, "except: secret, mode: upsert, unique_key: order", "{name: mood, data_type: text}");
    loaded(&field, &["load"], "LOAD 1");
    assert_eq!(field.home_value("select later::text from \"my \"\"order\"\"\""), "7");
    field.far.batch_execute("alter table \"a.b\".\"the \"\"order\"\"\" alter later type bigint").unwrap();
    let text = refused(&field, &["load"]);
    assert!(text.contains("column `later` is in the load bigint, the table has integer"), "{text}");
    field.far.batch_execute("alter table \"a.b\".\"the \"\"order\"\"\" drop column later").unwrap();
    let text = refused(&field, &["load"]);
    assert!(
        text.contains("column `later` (integer) is not in \"a.b\".\"the \"\"order\"\"\" in `far_dev`"),
        "{text}"
    );
    write(&field, "except: secret", "{name: mood, data_type: text}, {name: order, data_type: bigint}");
    let text = refused(&field, &["load"]);
    assert!(text.contains("column `order` is in the load bigint, the table has integer"), "{text}");
    write(&field, "except: [secret, nothing]", "");
    assert!(refused(&field, &["load"]).contains("the load names the column `nothing`, which"));
    field.far.batch_execute("drop schema \"a.b\" cascade").unwrap();
    let text = refused(&field, &["load"]);
    assert!(text.contains("does not exist"), "{text}");
    assert_eq!(field.home_value("select count(*)::text from \"my \"\"order\"\"\""), "1");
}

#[test]
fn rows_that_a_policy_hides_are_not_passed_over() {
    let mut field = Field::new();
    field.arrive(1, 10);
    field
        .far
        .batch_execute("alter table events enable row level security, force row level security; create policy few on events using (id < 5)")
        .unwrap();
    // a superuser sees all; whoever does not is told
    let role = format!("reader_{}", std::process::id());
    field
        .far
        .batch_execute(&format!(
            "create role {role} login; grant {role} to current_user; grant select on events to {role}"
        ))
        .unwrap();
    let profile = std::fs::read_to_string(field.project.path().join("profiles.yml")).unwrap();
    let limited = profile.replace("schema: public", &format!("schema: public\n      role: {role}"));
    field.project.write("profiles.yml", &limited);
    write_source(&field, "", "");
    let text = refused(&field, &["load"]);
    field.far.batch_execute(&format!("drop owned by {role}; drop role {role}")).unwrap();
    assert!(text.contains("row-level security"), "{text}");
}

#[test]
fn a_session_that_ends_amid_the_rows_leaves_the_table_and_the_load_is_tried_again() {
    for at_home in [false, true] {
        let mut field = Field::new();
        field.arrive(1, 3000);
        field
            .far
            .batch_execute(
                "create view slow as select id, repeat('x', 1000) as text, pg_sleep(case when id = 2000 then 60 end) is null as slow from events where id <= (select max(id) from events)",
            )
            .unwrap();
        field.project.write(
            "models/sources.yml",
            "sources:\n  - name: raw\n    schema: \"{{ target.schema }}\"\n    tables: [{name: t, config: {load: {from: {connection: far, schema: public, table: slow}}}}]\n",
        );
        let mut run =
            field.project.command(&["load"]).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        wait_until("the rows are on their way", || field.is_running("copy ("));
        field.far.batch_execute("delete from events where id = 2000").unwrap();
        assert!(field.end_sessions(at_home));
        if at_home {
            // the other server writes no rows while it sleeps, and does not see that nobody reads them
            field.end_sessions(false);
        }
        assert!(run.wait().unwrap().success(), "at home: {at_home}");
        assert_eq!(field.home_value("select count(*)::text from t"), "2999");
        assert_eq!(
            field.home_value("select applied_count::text from rsdbt.loads where relation = 't'::regclass"),
            "2999"
        );
    }
}

#[test]
fn a_load_that_is_killed_leaves_nothing_and_retry_loads_once() {
    let mut field = Field::new();
    field.arrive(1, 3000);
    field
        .far
        .batch_execute("create view slow as select id, repeat('x', 1000) as text, pg_sleep(case when id = 2000 then 60 end) is null as slow from events")
        .unwrap();
    field.project.write(
        "models/sources.yml",
        "sources:\n  - name: raw\n    schema: \"{{ target.schema }}\"\n    tables: [{name: t, config: {load: {from: {connection: far, schema: public, table: slow}, mode: append, unique_key: id, cursor: id, lookback: 100}}}]\n",
    );
    // an earlier command has left its results
    field.run_ok(&["run-operation", "--sql", "select 1"]);
    let mut run =
        field.project.command(&["load"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    wait_until("the rows are on their way", || field.is_running("copy ("));
    let early = refused(&field, &["retry"]);
    assert!(early.contains("is still at work"), "{early}");
    // one beside it that ends well says nothing of it
    field.run_ok(&["run-operation", "--sql", "select 1"]);
    run.kill().unwrap();
    run.wait().unwrap();
    field.end_sessions(false);
    field.far.batch_execute("delete from events where id = 2000").unwrap();
    field.run_ok(&["compile"]);
    // results of other commands say nothing of this one
    let late = refused(&field, &["retry"]);
    assert!(
        late.contains("`rsdbt load`, begun at") && late.contains("ended before it wrote its results"),
        "{late}"
    );
    loaded(&field, &["load"], "LOAD 2999");
    field.far.batch_execute("create or replace view slow as select id, repeat('x', 1000) as text, 1 / (id - 2950) > 7 as slow from events").unwrap();
    assert!(refused(&field, &["load"]).contains("division by zero"));
    field
        .far
        .batch_execute("delete from events where id = 2950; insert into events (id) values (2950000)")
        .unwrap();
    loaded(&field, &["retry"], "LOAD 1 (101 read, 100 unchanged)");
    assert_eq!(field.home_value("select count(*)::text from t"), "3000");
}

#[test]
fn configs_that_cannot_be_are_refused_with_their_place() {
    let field = Field::new();
    for (load, expected) in [
        (", mode: append, unique_key: id", "`cursor` is missing in load config"),
        (", mode: append, unique_key: id, cursor: at", "`lookback` is missing in load config"),
        (", mode: append, cursor: at, lookback: 1 day", "`unique_key` is missing in load config"),
        (", mode: upsert, unique_key: id, lookback: 1 day", "`cursor` is missing in load config"),
        (", mode: upsert", "`unique_key` is missing in load config"),
        (", cursor: at, lookback: 1 day", "`cursor` does not apply to `mode: replace`, which reads all rows"),
        (", mode: append, unique_key: id, cursor: at, lookback: soon", "`soon` is not a valid lookback"),
        (", mode: replace_partition, cursor: at", "`lookback` is missing in load config"),
        (", mode: replace_partition, lookback: 1 day", "`cursor` is missing in load config"),
        (
            ", mode: replace_partition, cursor: at, lookback: 3",
            "`mode: replace_partition` needs a lookback that is a time",
        ),
        (
            ", mode: replace_partition, cursor: at, lookback: 1 day, granularity: days",
            "`days` is not a valid granularity",
        ),
        (
            ", mode: replace_partition, cursor: at, lookback: 1 day, time_zone: Europe/Berln",
            "did you mean `Europe/Berlin`?",
        ),
        (
            ", mode: replace_partition, cursor: at, lookback: 1 day, delete_missing: hard",
            "`delete_missing` does not apply to `mode: replace_partition`",
        ),
        (", granularity: day", "`granularity` applies only to `mode: replace_partition`"),
        (
            ", mode: upsert, unique_key: id, time_zone: UTC",
            "`time_zone` applies only to `mode: replace_partition`",
        ),
        (", columns: id, except: at", "`columns` and `except` exclude each other"),
        (", delimiter: ';'", "`delimiter` applies only to loads from files, commands and standard input"),
        (", on_schema_change: ignore", "`ignore` is not a valid on_schema_change"),
    ] {
        write_source(&field, load, "");
        let text = refused(&field, &["parse"]);
        assert!(text.contains(expected) && text.contains("sources.yml"), "{load}: {text}");
    }
    field.project.write(
        "models/sources.yml",
        "sources: [{name: raw, tables: [{name: t, config: {load: {from: {connection: for}}}}]}]\n",
    );
    let text = refused(&field, &["parse"]);
    assert!(text.contains("maps the connection `for` to no output"), "{text}");
    field.project.write(
        "models/sources.yml",
        "sources: [{name: raw, tables: [{name: t, columns: [{name: id}], config: {load: {from: {files: a.csv}, except: id}}}]}]\n",
    );
    assert!(refused(&field, &["parse"]).contains("`except` applies only to loads from a connection"));
}

#[test]
fn a_table_is_not_loaded_from_itself_and_may_be_loaded_within_its_database() {
    let mut field = Field::new();
    let profile = std::fs::read_to_string(field.project.path().join("profiles.yml")).unwrap();
    field.project.write("profiles.yml", &profile.replace("{far: far_dev}", "{far: dev}"));
    field.home.batch_execute("create table origin as select 1 as id").unwrap();
    let write = |from: &str| {
        field.project.write(
            "models/sources.yml",
            &format!("sources: [{{name: raw, schema: \"{{{{ target.schema }}}}\", tables: [{{name: events, config: {{load: {{from: {{connection: far{from}}}}}}}}}]}}]\n"),
        );
    };
    write(", table: origin");
    loaded(&field, &["load"], "LOAD 1");
    write("");
    let text = refused(&field, &["load"]);
    assert!(text.contains("is loaded from itself"), "{text}");
}

#[test]
fn what_reads_a_loaded_table_by_another_name_waits_for_its_load() {
    let mut field = Field::new();
    field.arrive(1, 20);
    write_source(
        &field,
        "",
        "  - name: other\n    schema: \"{{ target.schema }}\"\n    tables: [{name: seen_as, identifier: events, columns: [{name: id, data_tests: [unique]}]}]\n",
    );
    field.project.write("models/a.sql", "select count(*) as n from {{ source('other', 'seen_as') }}");
    for arguments in [&["build", "--load"][..], &["build", "--load", "--select", "a"]] {
        let last = far_count(&mut field);
        field.arrive(last + 1, last + 10);
        field.run_ok(arguments);
        assert_eq!(
            field.home_value("select n::text from a"),
            far_count(&mut field).to_string(),
            "{arguments:?}"
        );
    }
}

fn far_count(field: &mut Field) -> i64 {
    field.far.query_one("select count(*) from events", &[]).unwrap().get(0)
}

#[test]
fn a_table_of_another_connection_is_loaded_where_it_lives() {
    let mut field = Field::new();
    field.arrive(1, 20);
    field.project.write(
        "models/sources.yml",
        "sources:\n  - name: mirror\n    config: {connection: far, load: {from: {connection: far, schema: public}, mode: upsert, unique_key: id}}\n    tables: [{name: events, columns: [{name: id, data_tests: [unique]}]}]\n",
    );
    field.project.write(
        "models/a.sql",
        "{{ config(materialized='table') }} select count(*) as n from {{ source('mirror', 'events') }}",
    );
    field.run_ok(&["build", "--load"]);
    field.arrive(21, 30);
    field.run_ok(&["build", "--load"]);
    assert_eq!(field.home_value("select n::text from a"), "30");
    let there: i64 = field.far.query_one("select count(*) from mirror.events", &[]).unwrap().get(0);
    assert_eq!(there, 30);
}
