//! The run log: tables of what each run did, written beside it and never in its way.

use std::process::Stdio;
use std::time::{Duration, Instant};

use rsdbt::inside::adapter::Cell;

use crate::support::{Database, Project, wait_until};

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
/// By the server's own word, and in tables of an earlier version, too.
#[test]
fn waits_for_locks_are_written_down() {
    let mut database = Database::new();
    let project = project(&database, "");
    let meta = format!("{}_meta", database.schema);
    project.write("models/free.sql", "{{ config(materialized='table') }} select 1 as id");
    project.write("models/held.sql", "{{ config(materialized='table') }} select 1 as id");
    project.run_ok(&["run"]);
    database.execute(&format!("alter table {meta}.nodes drop column lock_wait"));
    let mut reader = database.client();
    reader.batch_execute("begin; select from held").unwrap();
    let mut run = project.command(&["run"]).stdout(Stdio::null()).spawn().unwrap();
    let waiting = format!(
        "select 'yes' from pg_locks where not granted and relation = '{}.held'::regclass",
        database.schema
    );
    wait_until("the model waits", || !texts(&mut database, &waiting).is_empty());
    std::thread::sleep(Duration::from_millis(1_500));
    reader.batch_execute("commit").unwrap();
    assert!(run.wait().unwrap().success());
    let waits = format!(
        "select concat_ws(' ', node, lock_wait between 1 and seconds, lock_wait = 0) from {meta}.nodes where run = (select max(run) from {meta}.runs) order by node"
    );
    assert_eq!(texts(&mut database, &waits), ["model.shop.free f t", "model.shop.held t f"]);
}

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

/// The documentation page has the log, and the tables as they are stored; without them it is whole all the same.
#[test]
fn the_page_shows_runs_and_stored_tables() {
    let mut database = Database::new();
    let project = project(&database, "");
    let (schema, meta) = (database.schema.clone(), format!("{}_meta", database.schema));
    let index = |project: &Project| -> serde_json::Value {
        let html = std::fs::read_to_string(project.path().join("target/index.html")).unwrap();
        let (_, rest) = html.split_once("id=\"data-index\">").unwrap();
        serde_json::from_str(rest.split_once("</script>").unwrap().0).unwrap()
    };
    let node = |index: &serde_json::Value, id: &str| {
        index["nodes"].as_array().unwrap().iter().find(|node| node["id"] == id).unwrap().clone()
    };
    project.write(
        "models/Orders.sql",
        "{{ config(materialized='table', indexes=[{'columns': ['day'], 'type': 'brin'}], post_hook='analyze {{ this }}') }}
select n as id, date '2024-01-01' + n as day from generate_series(1, 500) as n",
    );
    project.write(
        "models/orders.yml",
        "models: [{name: Orders, config: {contract: {enforced: true}}, columns: [{name: id, data_type: int, constraints: [{type: primary_key}]}, {name: day, data_type: date}]}]\n",
    );
    project.write("models/seen.sql", "select * from {{ ref('Orders') }}");
    project.write("models/wrong.sql", "{{ config(materialized='table') }} select 1/0 as id");
    // before the first run nothing is logged, and nothing is wrong
    let output = project.run(&["docs", "generate", "--no-compile"]);
    assert!(output.status == 0 && !output.text.contains("WARNING"), "{}", output.text);
    assert!(index(&project)["runs"].is_null());
    for _ in 0..2 {
        assert_eq!(project.run(&["build"]).status, 1);
    }
    database.execute(&format!(
        "create table {schema}.parts (id int check (id > 0)) partition by range (id);
        create table {schema}.parts_1 partition of {schema}.parts for values from (1) to (100);
        insert into {schema}.parts select 5 from generate_series(1, 20); analyze {schema}.parts"
    ));
    project.write(
        "models/raw.yml",
        &format!("sources: [{{name: raw, schema: {schema}, tables: [{{name: parts}}]}}]\n"),
    );
    project.run_ok(&["docs", "generate"]);
    let shown = index(&project);
    let runs = shown["runs"].as_array().unwrap();
    assert!(runs.len() == 2 && runs[1][1] == "build" && runs[1][3] == "error", "{runs:?}");
    assert_eq!(shown["failures"].as_array().unwrap().len(), 2);
    assert!(shown["failures"][0][4].as_str().unwrap().contains("1/0"), "{}", shown["failures"]);
    let orders = node(&shown, "model.shop.Orders");
    let points = orders["history"].as_array().unwrap();
    assert!(points.len() == 2 && points[1][3] == 500 && points[1][4] == "success", "{points:?}");
    let stored = &orders["stored"];
    assert!(stored["rows"] == 500 && stored["bytes"].as_i64().unwrap() > 8192, "{stored}");
    assert!(stored["constraints"][0][1] == "PRIMARY KEY (id)" && stored["required"][0] == "id", "{stored}");
    let indexes = stored["indexes"].as_array().unwrap();
    assert!(
        indexes.iter().any(|index| index[1].as_str().unwrap().contains("USING brin (day)")),
        "{indexes:?}"
    );
    let parts = &node(&shown, "source.shop.raw.parts")["stored"];
    assert!(
        parts["rows"] == 20 && parts["partitions"] == 1 && parts["bytes"].as_i64().unwrap() > 0,
        "{parts}"
    );
    assert!(parts["constraints"][0][1] == "CHECK ((id > 0))", "{parts}");
    assert!(node(&shown, "model.shop.seen")["stored"].is_null(), "a view stores nothing");
    // a log that cannot be read is a warning
    database.execute(&format!("alter table {meta}.runs rename column job to work"));
    let output = project.run(&["docs", "generate"]);
    assert!(
        output.status == 0 && output.text.contains("the page has nothing of the run log"),
        "{}",
        output.text
    );
    assert!(index(&project)["runs"].is_null());
}
