//! `rsdbt export`: what is written is what the table has, whole or not at all.

use std::io::{Read as _, Write as _};
use std::process::Stdio;

use crate::support::{Database, Project};

const ROWS: &str = "select 1 as id, 'a,\"b\"' || chr(10) || 'c\\.' as \"Te xt\", null::text as nothing, '' as empty, \
    date '0044-03-15 BC' as day, timestamptz '2024-02-29 12:00:00.5+02' as at, '\\x00ff'::bytea as bytes, \
    E'{\"a\":\\n [1, \"x\\\\ny\"]}'::json as j, 'NaN'::numeric as n, array['x', null] as list, interval '1 day' as i";

fn project(database: &Database) -> Project {
    let project = Project::new(database);
    project.write("models/odd.sql", &format!("{{{{ config(materialized='table') }}}} {ROWS}"));
    project.write("models/few.sql", "select n as id from generate_series(1, 3) as n");
    project.write("models/part.sql", "{{ config(materialized='ephemeral') }} select 1 as id");
    project
}

fn written(project: &Project, name: &str) -> String {
    std::fs::read_to_string(project.path().join(name)).unwrap()
}

#[test]
fn files_have_what_the_table_has() {
    let database = Database::new();
    let project = project(&database);
    project.run_ok(&["run"]);
    let output = project.run(&["export", "--select", "odd", "--to", "out/odd.csv"]);
    assert!(output.status == 0 && output.text.contains("odd: 1 row in "), "{}", output.text);
    let mut client = database.client();
    client.batch_execute("create temp table back (like odd)").unwrap();
    let mut back = client.copy_in("copy back from stdin (format csv, header true)").unwrap();
    back.write_all(written(&project, "out/odd.csv").as_bytes()).unwrap();
    assert_eq!(back.finish().unwrap(), 1);
    let same = "select (select row(o.*)::text from odd as o) = (select row(b.*)::text from back as b)";
    assert!(client.query_one(same, &[]).unwrap().get::<_, bool>(0));
    project.run_ok(&["export", "--select", "odd", "--to", "out/odd.jsonl"]);
    let line = written(&project, "out/odd.jsonl");
    assert_eq!(line.matches('\n').count(), 1, "{line}");
    let row: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!(row["Te xt"], "a,\"b\"\nc\\.");
    assert_eq!(row["j"]["a"][1], "x\ny");
    assert!(row["nothing"].is_null() && row["empty"] == "" && row["n"] == "NaN");
}

#[test]
fn a_folder_takes_all_that_is_selected() {
    let database = Database::new();
    let project = project(&database);
    project.run_ok(&["run"]);
    project.run_ok(&["export", "--to", "all/", "--format", "csv"]);
    assert_eq!(written(&project, "all/few.csv"), "id\n1\n2\n3\n");
    let mut names: Vec<String> = std::fs::read_dir(project.path().join("all"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, ["few.csv", "odd.csv"]);
}

#[test]
fn standard_output_has_the_rows_alone() {
    let database = Database::new();
    let project = project(&database);
    project.write(
        "models/many.sql",
        "select n as id, repeat('x', 100) as text from generate_series(1, 200000) as n",
    );
    project.run_ok(&["run"]);
    let output = project.command(&["export", "--select", "few", "--to", "-"]).output().unwrap();
    assert!(output.status.success());
    assert_eq!(String::from_utf8_lossy(&output.stdout), "id\n1\n2\n3\n");
    // who has read enough
    let mut child =
        project.command(&["export", "--select", "many", "--to", "-"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut begin = [0; 10];
    child.stdout.take().unwrap().read_exact(&mut begin).unwrap();
    assert!(child.wait().unwrap().success());
    let output = project.command(&["export", "--select", "nothing_such", "--to", "-"]).output().unwrap();
    assert!(!output.status.success() && output.stdout.is_empty(), "{output:?}");
}

#[test]
fn an_export_that_fails_leaves_the_file_as_it_was() {
    let mut database = Database::new();
    let project = project(&database);
    project.run_ok(&["run"]);
    project.run_ok(&["export", "--select", "few", "--to", "few.csv"]);
    database.execute(
        "create or replace view few as select 10 / (2000 - n) as id from generate_series(1, 3000) as n",
    );
    let output = project.run(&["export", "--select", "few", "--to", "few.csv"]);
    assert!(output.status != 0 && output.text.contains("division by zero"), "{}", output.text);
    assert_eq!(written(&project, "few.csv"), "id\n1\n2\n3\n");
    let left = std::fs::read_dir(project.path())
        .unwrap()
        .filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().contains("few.csv"));
    assert_eq!(left.count(), 1);
    for (arguments, part) in [
        (&["--select", "few"][..], "`--to` is missing"),
        (&["--to", "all.csv"], "one file takes one relation, and 2 are selected"),
        (&["--select", "few", "--to", "few.xlsx"], "does not say whether it is CSV or JSON lines"),
        (&["--select", "part", "--to", "part.csv"], "nothing that is selected has a relation"),
    ] {
        let output = project.run(&[&["export"], arguments].concat());
        assert!(output.status == 2 && output.text.contains(part), "{part}: {}", output.text);
    }
    database.execute("drop view few");
    let output = project.run(&["export", "--select", "few", "--to", "few.csv"]);
    assert!(output.text.contains("build it first: `rsdbt build --select few`"), "{}", output.text);
}

/// The second one would take the place of the first.
#[test]
fn two_relations_never_share_a_file() {
    let database = Database::new();
    let project = project(&database);
    project.write("models/a.t.sql", "select 1 as id");
    let source = format!(
        "sources: [{{name: a, schema: {}, tables: [{{name: t, identifier: few}}]}}]\n",
        database.schema
    );
    project.write("models/s.yml", &source);
    project.run_ok(&["run"]);
    let output = project.run(&["export", "--to", "all/"]);
    assert!(
        output.status == 2 && output.text.contains("`a.t.csv` is the file of two relations"),
        "{}",
        output.text
    );
    assert!(!project.path().join("all").exists());
    project.run_ok(&["export", "--select", "few", "--to", "all/"]);
}
