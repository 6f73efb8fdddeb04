//! The tables that rsdbt builds equal those that dbt built, row for row, over two rounds with changed inputs.
//! `tests/projects/materializations/record.py` records dbt's.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use rsdbt::inside::adapter::Cell;
use serde_json::Value;
use similar::TextDiff;

use crate::support::{Database, Project};

const PROJECT: &str = "tests/projects/materializations";

#[test]
fn every_materialization_builds_what_dbt_built() {
    let read = |path: &str| -> Value { serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap() };
    let recorded = read("tests/recorded/tables.json");
    let queries = read(&format!("{PROJECT}/queries.json"));
    let mut database = Database::new();
    let project = Project::new(&database);
    for folder in ["models", "seeds", "snapshots", "."] {
        project.copy_from(&Path::new(PROJECT).join(folder), folder);
    }
    let mut differences = String::new();
    for (number, expected) in recorded.as_array().unwrap().iter().enumerate() {
        if number == 1 {
            project.copy_from(&Path::new(PROJECT).join("later/seeds"), "seeds");
        }
        let window = ["--event-time-start", "2024-01-01", "--event-time-end", "2024-01-05"];
        project.run_ok(&["seed"]);
        project.run_ok(&[&["run"], &window[..]].concat());
        project.run_ok(&["snapshot"]);
        for (name, sql) in queries.as_object().unwrap() {
            let actual = rows(&mut database, sql.as_str().unwrap());
            if actual != expected[name] {
                let [before, after] =
                    [&expected[name], &actual].map(|rows| serde_json::to_string_pretty(rows).unwrap());
                let diff = TextDiff::from_lines(&before, &after);
                let shown = diff.unified_diff().context_radius(5).to_string();
                let _ = writeln!(differences, "round {}, {name}:\n{shown}", number + 1);
            }
        }
    }
    assert!(differences.is_empty(), "{differences}");
}

fn rows(database: &mut Database, sql: &str) -> Value {
    let sql =
        format!("select coalesce(jsonb_agg(to_jsonb(q) order by to_jsonb(q)::text), '[]') from ({sql}) as q");
    match database.query(&sql).unwrap().rows.swap_remove(0).swap_remove(0) {
        Cell::Json(rows) => rows,
        other => panic!("{other:?}"),
    }
}
