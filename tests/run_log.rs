//! The run log: tables of what each run did, written beside it and never in its way.

use std::time::Instant;

use rsdbt::inside::adapter::Cell;

use crate::support::{Database, Project};

fn texts(database: &mut Database, sql: &str) -> Vec<String> {
    let text = |row: Vec<Cell>| match row.into_iter().next() {
        Some(Cell::Text(text)) => text,
        other => panic!("{other:?}"),
    };
    database.query(sql).unwrap().rows.into_iter().map(text).collect()
}

fn project(database: &Database, more: &str) -> Project {
    let project = Project::new(database);
    let flags = format!("flags: {{run_log: {{schema: {}_meta{more}}}}}", database.schema);
    project.write("dbt_project.yml", &format!("name: shop\nprofile: shop\n{flags}\n"));
    project
}

#[test]
fn runs_are_written_down() {
    let mut database = Database::new();
    let project = project(&database, ", keep: 90 days");
    let meta = format!("{}_meta", database.schema);
    project.write(
        "models/a.sql",
        "{{ config(materialized='table') }} select n as id from generate_series(1, 7) as n",
    );
    project.write(
        "models/wrong.sql",
        "{{ config(materialized='table') }} select 1/0 as id -- of {{ ref('a') }}",
    );
    project.write("models/a.yml", "models: [{name: a, columns: [{name: id, data_tests: [unique, {accepted_values: {values: [1, 2, 3, 4]}}]}]}]\n");
    assert_eq!(project.run(&["build"]).status, 1);
    project.run_ok(&[
        "run",
        "--select",
        "a",
        "--interval-start",
        "2024-05-01",
        "--interval-end",
        "2024-05-02",
    ]);
    // what changes nothing is no run
    project.run_ok(&["compile", "--select", "a"]);
    let runs = format!(
        "select concat_ws(' ', command, project, target, status, nodes, failures, interval_start at time zone 'UTC', ended_at >= started_at) from {meta}.runs order by run"
    );
    assert_eq!(
        texts(&mut database, &runs),
        ["build shop dev error 4 1 t", "run shop dev success 1 0 2024-05-01 00:00:00 t"]
    );
    let nodes = format!(
        "select concat_ws(' ', node, status, rows, sql is not null, message like '%division by zero%', ended_at >= started_at) from {meta}.nodes order by run, node"
    );
    assert_eq!(
        texts(&mut database, &nodes),
        ["model.shop.a success 7 f f t", "model.shop.wrong skipped f", "model.shop.a success 7 f f t"]
    );
    let tests = format!(
        "select concat_ws(' ', split_part(test, '.', 3), status, failures, sql is not null) from {meta}.tests order by test"
    );
    let found = texts(&mut database, &tests);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[0].starts_with("accepted_values_a_id__") && found[0].ends_with(" fail 3 t"), "{found:?}");
    assert_eq!(found[1], "unique_a_id pass 0 f");
    // a run that is older than is kept goes, with all of it
    database.execute(&format!(
        "update {meta}.runs set started_at = started_at - interval '91 days' where command = 'build'"
    ));
    project.run_ok(&["run", "--select", "a"]);
    assert_eq!(
        texts(&mut database, &format!("select string_agg(command, ' ') from {meta}.runs")),
        ["run run"]
    );
    assert_eq!(texts(&mut database, &format!("select count(*)::text from {meta}.tests")), ["0"]);
}

/// Whatever is wrong with the log: one warning, and the run is what it is.
#[test]
fn a_log_that_cannot_be_written_fails_no_run() {
    let mut database = Database::new();
    let project = project(&database, "");
    let meta = format!("{}_meta", database.schema);
    project.write("models/a.sql", "select 1 as id");
    database.execute(&format!(
        "create schema {meta}; create table {meta}.loads (); create table {meta}.runs (x int)"
    ));
    let warned = |arguments: &[&str]| {
        let output = project.run(arguments);
        assert_eq!(output.status, 0, "{}", output.text);
        output.text.matches("the run log could not be written: ").count()
    };
    assert_eq!(warned(&["run"]), 1, "others' tables");
    assert_eq!(warned(&["--warn-error", "run"]), 1, "no error either");
    database.execute(&format!("drop schema {meta} cascade"));
    assert_eq!(warned(&["run"]), 0);
    // somebody holds it
    let mut other = database.client();
    other.batch_execute(&format!("begin; lock table {meta}.runs")).unwrap();
    let begun = Instant::now();
    assert_eq!(warned(&["run"]), 1);
    assert!(begun.elapsed().as_secs() < 20, "{:?}", begun.elapsed());
    other.batch_execute("rollback").unwrap();
    // a role without rights
    let role = format!("{}_log", database.schema);
    database.execute(&format!(
        "create role {role} login; grant usage, create on schema {schema} to {role}; grant {role} to current_user",
        schema = database.schema
    ));
    let profile = std::fs::read_to_string(project.root.join("profiles.yml")).unwrap();
    project.write(
        "profiles.yml",
        &profile.replace("      threads:", &format!("      role: {role}\n      threads:")),
    );
    project.write("models/a.sql", "{{ config(alias='other') }} select 1 as id");
    assert_eq!(warned(&["run"]), 1);
    database.execute(&format!("drop owned by {role}; drop role {role}"));
    for (setting, message) in
        [("{shema: meta}", "unknown key `shema`"), ("{schema: meta, keep: 3}", "`keep` of the flag")]
    {
        project
            .write("dbt_project.yml", &format!("name: shop\nprofile: shop\nflags: {{run_log: {setting}}}\n"));
        let output = project.run(&["run"]);
        assert!(output.status == 2 && output.text.contains(message), "{}", output.text);
    }
}

/// Two runs that meet an empty schema both find their place, and both write.
#[test]
fn runs_at_once_write_each_their_own() {
    let mut database = Database::new();
    let project = project(&database, "");
    for name in ["a", "b", "c", "d"] {
        let schema = format!("{{{{ config(schema='{name}') }}}}");
        project.write(&format!("models/{name}.sql"), &format!("{schema} select 1 as id"));
    }
    let runs: Vec<_> = ["a", "b", "c", "d"]
        .into_iter()
        .map(|name| {
            let target = format!("target_{name}");
            let log = format!("logs_{name}");
            let mut run =
                project.command(&["run", "--select", name, "--target-path", &target, "--log-path", &log]);
            run.stdout(std::process::Stdio::piped()).spawn().unwrap()
        })
        .collect();
    for run in runs {
        let output = run.wait_with_output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success() && !text.contains("run log"), "{text}");
    }
    let meta = format!("{}_meta", database.schema);
    assert_eq!(texts(&mut database, &format!("select count(*)::text from {meta}.nodes")), ["4"]);
}
