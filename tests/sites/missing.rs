//! Rows that the table of the other database no longer has.

use super::field::Field;

#[test]
fn rows_that_are_missing_are_deleted() {
    let mut field = Field::new();
    field.write_source("mode: upsert, unique_key: id, delete_missing: hard");
    field.far.batch_execute("alter table events add column mail text unique").unwrap();
    field.arrive(1, 100);
    field.far.batch_execute("update events set mail = 'a' where id = 1").unwrap();
    field.loads(&["load"], "LOAD 100 ");
    field.home.batch_execute("create unique index on events (mail)").unwrap();
    // a value that is unique passes from a row that is gone to a new one
    field
        .far
        .batch_execute(
            "delete from events where id <= 20; insert into events (id, mail) values (101, 'a'); update events set amount = 0 where id = 50",
        )
        .unwrap();
    field.loads(&["load"], "LOAD 2 (81 read, 79 unchanged, 20 deleted)");
    field.check(&["events"], "rows were deleted");
    let results = std::fs::read_to_string(field.project.path().join("target/run_results.json")).unwrap();
    assert!(results.contains("\"rows_deleted\":20") || results.contains("\"rows_deleted\": 20"), "{results}");
    field.loads(&["load"], "LOAD 0 (81 read, 81 unchanged)");
    field.far.batch_execute("delete from events where id <= 37").unwrap();
    field.refuses("17 of the 81 rows of");
    field.far.batch_execute("insert into events (id) values (21)").unwrap();
    field.loads(&["load"], "16 deleted");
    field.far.batch_execute("delete from events where id > 40").unwrap();
    field.loads(&["load", "--allow-deletes"], "61 deleted");
    field.far.batch_execute("truncate events").unwrap();
    field.refuses("it has no rows, and");
    field.loads(&["load", "--allow-deletes"], "LOAD 0 (4 deleted)");
    field.check(&["events"], "all rows were deleted");
}

#[test]
fn rows_that_are_missing_are_marked_and_come_back() {
    let mut field = Field::new();
    field.write_source("mode: upsert, unique_key: id");
    field.arrive(1, 100);
    field.loads(&["load"], "LOAD 100");
    // an existing table gets the column
    field.write_source("mode: upsert, unique_key: id, delete_missing: soft");
    field.far.batch_execute("delete from events where id in (5, 6)").unwrap();
    field.loads(&["load"], "LOAD 0 (98 read, 98 unchanged, 2 marked as deleted)");
    let marked = "select coalesce(string_agg(id::text, ' ' order by id), '') from events where rsdbt_deleted_at is not null";
    assert_eq!(field.home_value(marked), "5 6");
    let time = "select rsdbt_deleted_at::text from events where id = 5";
    let first = field.home_value(time);
    field.far.batch_execute("insert into events (id) values (6)").unwrap();
    field.loads(&["load"], "LOAD 1 (99 read, 98 unchanged)");
    assert_eq!(field.home_value(marked), "5");
    assert_eq!(field.home_value(time), first);
    // of the 99 that are not marked
    field.far.batch_execute("delete from events where id between 7 and 26").unwrap();
    field.refuses("20 of the 99 rows of");
    field.loads(&["load", "--allow-deletes"], "20 marked as deleted");
    field.far.batch_execute("delete from events where id between 27 and 40").unwrap();
    field.loads(&["load"], "14 marked as deleted");
    // and what is marked counts as gone
    field.arrive(7, 40);
    field.loads(&["load"], "LOAD 34 (99 read, 65 unchanged)");
    assert_eq!(field.home_value(marked), "5");
    field.write_source("mode: upsert, unique_key: id, delete_missing: hard");
    field.refuses("column `rsdbt_deleted_at` (timestamp with time zone) is not in");
    field.write_source("mode: upsert, unique_key: id, delete_missing: soft");
    field.far.batch_execute("alter table events add column rsdbt_deleted_at date").unwrap();
    field.refuses("has a column `rsdbt_deleted_at`, in which `delete_missing: soft` marks rows");
}

#[test]
fn tables_of_keys_alone_and_odd_names_lose_rows_too() {
    for (mode, left) in [("hard", "1"), ("soft", "1"), ("ignore", "2")] {
        let mut field = Field::new();
        let columns = "\"a \"\"b\" varchar(9), \"Order\" int";
        field
            .far
            .batch_execute(&format!("create table \"The 'keys\" ({columns}, primary key (\"a \"\"b\", \"Order\")); insert into \"The 'keys\" values ('x', 1), ('y', 2)"))
            .unwrap();
        field.project.write(
            "models/sources.yml",
            &format!(
                "sources:\n  - name: raw\n    schema: \"{{{{ target.schema }}}}\"\n    tables:\n      - name: t\n        identifier: my 'keys\n        config: {{load: {{from: {{connection: far, schema: public, table: The 'keys}}, mode: upsert, unique_key: ['a \"b', Order], delete_missing: {mode}}}}}\n"
            ),
        );
        field.loads(&["load"], "LOAD 2");
        field.far.batch_execute("delete from \"The 'keys\" where \"Order\" = 2").unwrap();
        field.loads(&["load", "--allow-deletes"], "(1 read, 1 unchanged");
        let lives = if mode == "soft" { " where rsdbt_deleted_at is null" } else { "" };
        assert_eq!(
            field.home_value(&format!("select count(*)::text from \"my 'keys\"{lives}")),
            left,
            "{mode}"
        );
        field.far.batch_execute("insert into \"The 'keys\" values ('y', 2)").unwrap();
        field.run_ok(&["load"]);
        assert_eq!(
            field.home_value(&format!("select count(*)::text from \"my 'keys\"{lives}")),
            "2",
            "{mode}"
        );
    }
}

#[test]
fn an_empty_table_is_refused_with_a_cursor_too() {
    for mode in ["upsert", "append"] {
        let mut field = Field::new();
        field.write_source(&format!("mode: {mode}, unique_key: id, cursor: id, lookback: 3"));
        field.arrive(1, 100);
        field.loads(&["load"], "LOAD 100");
        // old rows remain there
        field.far.batch_execute("delete from events where id > 50").unwrap();
        field.loads(&["load"], "LOAD 0");
        field.far.batch_execute("truncate events").unwrap();
        field.refuses("it has no rows, and");
        field.loads(&["load", "--allow-deletes"], "LOAD 0");
        assert_eq!(field.home_value("select count(*)::text from events"), "100");
    }
}

#[test]
fn what_cannot_be_missed_is_refused_with_its_place() {
    let field = Field::new();
    for (load, expected) in [
        ("delete_missing: maybe", "`maybe` is not a valid delete_missing"),
        ("delete_missing: hard, cursor: id, lookback: 3", "`delete_missing` needs all rows of the table"),
    ] {
        field.write_source(&format!("mode: upsert, unique_key: id, {load}"));
        let failed = field.project.run(&["parse"]);
        assert!(failed.status != 0 && failed.text.contains(expected), "{load}: {}", failed.text);
        assert!(failed.text.contains("sources.yml"), "{load}: {}", failed.text);
    }
    for (mode, expected) in [
        ("replace", "`delete_missing` does not apply to `mode: replace`"),
        ("append, cursor: id, lookback: 3", "`delete_missing` applies only to `mode: upsert`"),
    ] {
        field.project.write(
            "models/sources.yml",
            &format!("sources: [{{name: raw, tables: [{{name: events, config: {{load: {{from: {{connection: far}}, unique_key: id, delete_missing: soft, mode: {mode}}}}}}}]}}]\n"),
        );
        let failed = field.project.run(&["parse"]);
        assert!(failed.status != 0 && failed.text.contains(expected), "{mode}: {}", failed.text);
    }
}
