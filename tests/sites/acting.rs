//! Triggers of the loaded table that hold rows back, and other ways in which it may not have what the load gives.

use super::field::Field;

fn write(field: &Field, load: &str) {
    field.project.write(
        "models/sources.yml",
        &format!(
            "sources:\n  - name: raw\n    schema: \"{{{{ target.schema }}}}\"\n    tables:\n      - name: events\n        config: {{load: {{from: {{connection: far, schema: public}}{load}}}}}\n"
        ),
    );
}

/// A function that acts on some ids, and its trigger, which is dropped again.
fn with_trigger(field: &mut Field, when: &str, body: &str, load: impl FnOnce(&mut Field)) {
    let sql = format!(
        "create function acts() returns trigger language plpgsql as $$ begin {body} end $$; create trigger acting {when} on events for each row execute function acts()"
    );
    field.home.batch_execute(&sql).unwrap();
    load(field);
    field.home.batch_execute("drop function acts cascade").unwrap();
}

fn refused(field: &Field, expected: &str) {
    let failed = field.project.run(&["load"]);
    assert!(failed.status == 1 && failed.text.contains(expected), "{expected}: {}", failed.text);
    assert!(
        failed.text.contains("othing was loaded") || failed.text.contains("Nothing was"),
        "{}",
        failed.text
    );
}

fn loaded(field: &Field, expected: &str) {
    let done = field.project.run(&["load"]);
    assert!(done.status == 0 && done.text.contains(expected), "{expected}: {}", done.text);
}

const HOLDS: &str = "if new.id % 10 = 3 then return null; end if; return new;";

#[test]
fn rows_that_a_trigger_discards_are_not_passed_off_as_unchanged() {
    for mode in ["upsert, unique_key: id", "append, unique_key: id, cursor: id, lookback: 1000"] {
        let mut field = Field::new();
        field.arrive(1, 100);
        write(&field, &format!(", mode: {mode}"));
        loaded(&field, "LOAD 100");
        field.arrive(101, 120);
        with_trigger(&mut field, "before insert", HOLDS, |field| {
            refused(field, "2 rows were not written into");
            refused(field, "discarded by trigger acting of");
        });
        assert_eq!(field.home_value("select count(*)::text from events"), "100");
        let deletes = "execute format('delete from %I.events where id = $1 and id %% 10 = 3', tg_table_schema) using new.id; return null;";
        with_trigger(&mut field, "after insert", deletes, |field| refused(field, "2 rows are not in"));
        let renames = "new.id := new.id + 1000; return new;";
        with_trigger(&mut field, "before insert", renames, |field| refused(field, "20 rows are not in"));
        // one that lets all rows pass, whatever it makes of their values
        with_trigger(&mut field, "before insert", "new.amount := 0; return new;", |field| {
            loaded(field, "LOAD 20 (120 read, 100 unchanged)");
        });
        assert_eq!(
            field.home_value("select count(*) filter (where amount = 0) || ' ' || count(*) from events"),
            "20 120"
        );
    }
}

#[test]
fn rows_that_a_trigger_keeps_from_change_are_not_passed_off_as_changed() {
    let mut field = Field::new();
    field.arrive(1, 100);
    write(&field, ", mode: upsert, unique_key: id, delete_missing: hard");
    loaded(&field, "LOAD 100");
    field.far.batch_execute("update events set amount = -1 where id in (3, 4)").unwrap();
    with_trigger(&mut field, "before update", HOLDS, |field| refused(field, "1 row was not written into"));
    loaded(&field, "LOAD 2 (100 read, 98 unchanged)");
    field.far.batch_execute("delete from events where id = 5").unwrap();
    with_trigger(&mut field, "before delete", "return null;", |field| {
        refused(field, "were kept by trigger acting of");
    });
    loaded(&field, "LOAD 0 (99 read, 99 unchanged, 1 deleted)");
    write(&field, ", mode: upsert, unique_key: id, delete_missing: soft");
    field.home.batch_execute("alter table events add rsdbt_deleted_at timestamptz").unwrap();
    field.far.batch_execute("delete from events where id = 6").unwrap();
    with_trigger(&mut field, "before update", "return null;", |field| {
        refused(field, "were kept by trigger acting of");
    });
    loaded(&field, "LOAD 0 (98 read, 98 unchanged, 1 marked as deleted)");
}

#[test]
fn rows_of_files_that_a_trigger_holds_back_are_not_lost_in_silence() {
    for load in
        ["mode: append", "mode: append, unique_key: id", "mode: upsert, unique_key: id", "mode: replace"]
    {
        let mut field = Field::new();
        let file = |name: &str, ids: std::ops::Range<i32>| {
            let lines: Vec<String> = ids.map(|id| id.to_string()).collect();
            field.project.write(name, &format!("id\n{}\n", lines.join("\n")));
        };
        file("a.csv", 1..101);
        field.project.write(
            "models/sources.yml",
            &format!("sources:\n  - name: raw\n    schema: \"{{{{ target.schema }}}}\"\n    tables:\n      - {{name: events, columns: [{{name: id, data_type: int}}], config: {{load: {{from: {{files: '*.csv'}}, {load}}}}}}}\n"),
        );
        loaded(&field, "LOAD 100");
        file("b.csv", 101..121);
        with_trigger(&mut field, "before insert", HOLDS, |field| refused(field, "trigger"));
        let deletes = "execute format('delete from %I.events where id = $1 and id %% 10 = 3', tg_table_schema) using new.id; return null;";
        with_trigger(&mut field, "after insert", deletes, |field| refused(field, "trigger acting of"));
        assert_eq!(field.home_value("select count(*)::text from events"), "100", "{load}");
        loaded(&field, if load.contains("replace") { "LOAD 120" } else { "LOAD 20" });
    }
}

#[test]
fn keys_that_are_equal_for_a_collation_are_not_taken_for_one() {
    let mut field = Field::new();
    let made = field.home.batch_execute(
        "create collation alike (provider = icu, locale = 'und-u-ks-level2', deterministic = false)",
    );
    if let Err(error) = made {
        let message = error.as_db_error().map(|error| error.message().to_owned()).unwrap_or_default();
        // the server was built without ICU, and has no such collations
        return assert_eq!(message, "ICU is not supported in this build");
    }
    field.far.batch_execute("drop table events; create table events (id text primary key, at int)").unwrap();
    field.far.batch_execute("insert into events values ('a', 1)").unwrap();
    for mode in ["upsert, unique_key: id", "append, unique_key: id, cursor: at, lookback: 10"] {
        field.home.batch_execute("drop table if exists events; create table events (id text collate alike primary key, at int)").unwrap();
        write(&field, &format!(", mode: {mode}"));
        refused_whole(&field, "has a nondeterministic collation, for which different keys are equal");
        field
            .home
            .batch_execute("drop table events; create table events (id text primary key, at int)")
            .unwrap();
        loaded(&field, "LOAD 1");
    }
}

fn refused_whole(field: &Field, expected: &str) {
    let failed = field.project.run(&["load"]);
    assert!(failed.status != 0 && failed.text.contains(expected), "{expected}: {}", failed.text);
}

#[test]
fn two_that_write_one_table_are_refused() {
    let field = Field::new();
    let write = |first: &str, second: &str| {
        let table = |name: &str, from: &str| {
            format!(
                "      - {{name: {name}, identifier: events, columns: [{{name: id, data_type: int}}], config: {{load: {{{from}}}}}}}\n"
            )
        };
        field.project.write(
            "models/sources.yml",
            &format!(
                "sources:\n  - name: raw\n    schema: \"{{{{ target.schema }}}}\"\n    tables:\n{}{}",
                table("one", first),
                table("two", second)
            ),
        );
    };
    let (far, added, replaced) = (
        "from: {connection: far, schema: public, table: events}",
        "from: {files: 'a*.csv'}",
        "from: {files: 'b*.csv'}, mode: replace",
    );
    for (first, second) in [(far, far), (far, added), (added, replaced)] {
        write(first, second);
        let text = field.project.run(&["parse"]).text;
        assert!(
            text.contains("are loaded into one table") && text.contains("raw.two"),
            "{first} {second}: {text}"
        );
    }
    write(added, "from: {files: 'b*.csv'}, mode: upsert, unique_key: id");
    field.run_ok(&["parse"]);
    field.project.write("models/events.sql", "select 1 as id");
    refused_whole_at(&field, "is loaded into", "model events (models/events.sql) is built there");
}

fn refused_whole_at(field: &Field, one: &str, other: &str) {
    let failed = field.project.run(&["parse"]);
    assert!(
        failed.status != 0 && failed.text.contains(one) && failed.text.contains(other),
        "{}",
        failed.text
    );
}

#[test]
fn odd_cursors_and_references_are_taken_or_explained() {
    let mut field = Field::new();
    field.far.batch_execute("insert into events (id) values (-9223372036854775800), (7)").unwrap();
    write(&field, ", mode: append, unique_key: id, cursor: id, lookback: 10.5");
    loaded(&field, "LOAD 2");
    field.far.batch_execute("delete from events where id = 7").unwrap();
    field.home.batch_execute("delete from events where id = 7").unwrap();
    field.far.batch_execute("insert into events (id) values (-9223372036854775799)").unwrap();
    loaded(&field, "LOAD 1 (2 read, 1 unchanged)");
    // what refers to the rows of a replaced table
    field.home.batch_execute("alter table events add primary key (id); create table of_event (id bigint references events); insert into of_event values (-9223372036854775800)").unwrap();
    write(&field, "");
    refused(&field, "foreign keys of `");
    write(&field, ", mode: upsert, unique_key: id, delete_missing: hard");
    loaded(&field, "LOAD 0 (2 read, 2 unchanged)");
    // a unique value that passes to another row
    field.far.batch_execute("alter table events drop constraint events_pkey; update events set id = id + 100, amount = 1; insert into events (id, amount) values (1, 2)").unwrap();
    field.home.batch_execute("truncate events, of_event").unwrap();
    loaded(&field, "LOAD 3");
    field
        .home
        .batch_execute("create unique index on events (amount, id); alter table events add unique (at)")
        .unwrap();
    field
        .far
        .batch_execute("update events set at = timestamptz '2024-01-01' + id % 10 * interval '1 day'")
        .unwrap();
    loaded(&field, "LOAD 3");
    field.far.batch_execute("update events set at = case id when 1 then (select at from events e where e.id <> 1 order by id limit 1) else timestamptz '2025-01-01' + id % 10 * interval '1 day' end").unwrap();
    loaded(&field, "LOAD");
}

#[test]
fn rows_that_are_marked_do_not_make_an_empty_table_suspicious() {
    let mut field = Field::new();
    field.arrive(1, 10);
    write(&field, ", mode: upsert, unique_key: id, delete_missing: soft");
    loaded(&field, "LOAD 10");
    field.far.batch_execute("truncate events").unwrap();
    refused_whole(&field, "it has no rows");
    let done = field.project.run(&["load", "--allow-deletes"]);
    assert!(done.status == 0 && done.text.contains("10 marked as deleted"), "{}", done.text);
    loaded(&field, "LOAD 0");
}

#[test]
fn a_trigger_that_returns_the_old_row_is_not_passed_off_as_an_update() {
    for mode in ["upsert, unique_key: id", "upsert, unique_key: id, cursor: id, lookback: 1000"] {
        let mut field = Field::new();
        field.arrive(1, 20);
        write(&field, &format!(", mode: {mode}"));
        loaded(&field, "LOAD 20");
        field.far.batch_execute("update events set amount = -1 where id in (3, 4)").unwrap();
        let keeps = "if new.id = 3 then return old; end if; return new;";
        with_trigger(&mut field, "before update", keeps, |field| refused(field, "1 row of"));
        // one that makes something of the new values
        let rounds = "new.amount := new.amount - 1; return new;";
        with_trigger(&mut field, "before update", rounds, |field| loaded(field, "LOAD 2"));
        assert_eq!(field.home_value("select amount::text from events where id = 3"), "-2.00");
    }
}

#[test]
fn a_trigger_that_changes_the_cursor_hides_nothing_from_the_next_load() {
    for mode in [
        "append, unique_key: id",
        "upsert, unique_key: id",
        "replace_partition",
        "replace_partition, unique_key: id",
    ] {
        for when in ["before insert or update", "after insert"] {
            let mut field = Field::new();
            field.arrive(1, 20);
            write(&field, &format!(", mode: {mode}, cursor: at, lookback: 1 hour"));
            loaded(&field, "LOAD 20");
            field.arrive(21, 30);
            let body = if when.starts_with("before") {
                "new.at := now(); return new;"
            } else {
                "execute format('update %I.events set at = now() where id = $1', tg_table_schema) using new.id; return null;"
            };
            with_trigger(&mut field, when, body, |field| refused(field, "have another \"at\" in"));
            loaded(&field, "LOAD ");
            field.check(&["events"], mode);
        }
    }
}

#[test]
fn rules_do_not_stand_in_the_way_and_tables_that_inherit_do() {
    let mut field = Field::new();
    field.arrive(1, 20);
    write(&field, ", mode: upsert, unique_key: id");
    loaded(&field, "LOAD 20");
    field.home.batch_execute("create table seen (id bigint); create rule notes as on insert to events do also insert into seen values (new.id)").unwrap();
    field.arrive(21, 30);
    field.far.batch_execute("update events set amount = -1 where id = 3").unwrap();
    loaded(&field, "LOAD 11 (30 read, 19 unchanged)");
    field.check(&["events"], "a rule");
    field.home.batch_execute("drop rule notes on events; create table heir () inherits (events)").unwrap();
    refused_as_it_is(&field, "heir` inherit from it");
}

fn refused_as_it_is(field: &Field, expected: &str) {
    let failed = field.project.run(&["load"]);
    assert!(failed.status == 1 && failed.text.contains(expected), "{expected}: {}", failed.text);
}
