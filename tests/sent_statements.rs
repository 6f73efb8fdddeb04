//! What stands in `target/run` is what was sent, in the form in which it was sent.

use std::fs;

use crate::support::{Database, Project};

/// A model for each way of bringing rows into a table that is there: name, configs, condition.
const MODELS: &[(&str, &str, &str)] = &[
    ("added", "incremental_strategy='append'", "true"),
    ("replaced", "incremental_strategy='delete+insert', unique_key='id'", "true"),
    ("covered", "incremental_strategy='insert_overwrite', incremental_predicates=['true']", "true"),
    ("merged", "incremental_strategy='merge', unique_key='id'", "true"),
    ("upserted", "incremental_strategy='merge_upsert', unique_key='id', updated_at='at'", "true"),
    ("overwritten", "incremental_strategy='partition_overwrite', dirty=true", "{{ in_partitions('at') }}"),
    (
        "looked_back",
        "incremental_strategy='partition_overwrite', dirty=true, lookback=1",
        "{{ in_partitions('at') }}",
    ),
    (
        "partitioned",
        "incremental_strategy='partition_overwrite', dirty=true, partitioned=true",
        "{{ in_partitions('at') }}",
    ),
];

/// Without blanks, semicolons and comments: how a text is laid out and cut into messages is no matter.
fn plain(sql: &str) -> String {
    let sql =
        sql.split_once("*/").filter(|(comment, _)| comment.starts_with("/* {")).map_or(sql, |(_, sql)| sql);
    sql.chars().filter(|letter| !letter.is_whitespace() && *letter != ';').collect()
}

/// All statements of the last command.
fn sent(project: &Project) -> String {
    let log = fs::read_to_string(project.path().join("logs/dbt.log")).unwrap();
    fs::remove_file(project.path().join("logs/dbt.log")).unwrap();
    let events = log.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    events.filter_map(|event| Some(plain(event["data"]["sql"].as_str()?))).collect()
}

fn text(project: &Project, folder: &str, model: &str) -> String {
    fs::read_to_string(project.path().join(format!("target/{folder}/shop/models/{model}.sql"))).unwrap()
}

#[test]
fn what_runs_stands_in_target_run() {
    let mut database = Database::new();
    let project = Project::new(&database);
    project.declare_facts(&database.schema.clone());
    for (name, config, condition) in MODELS {
        let by = "partition_by={'field': 'at', 'granularity': 'day', 'time_zone': 'UTC'}";
        let query = format!("select id, at from {{{{ source('s', 'f') }}}} where {condition}");
        project.write(
            &format!("models/{name}.sql"),
            &format!("{{{{ config(materialized='incremental', {config}, {by}) }}}}\n{query}"),
        );
    }
    database.execute("create table f as select 1 as id, timestamp '2024-01-01 10:00' as at");
    let run = ["run", "--log-level-file", "debug", "--log-format-file", "json"];
    for change in ["", "insert into f values (2, '2024-01-02 11:00')", "update f set id = 3 where id = 2"] {
        if !change.is_empty() {
            database.execute(change);
        }
        project.run_ok(&run);
        let sent = sent(&project);
        for (name, ..) in MODELS {
            let written = text(&project, "run", name);
            for statement in written.split(";\n\n") {
                let statement = plain(statement);
                assert!(sent.contains(&statement), "{name}, {change}: {statement}\n is not in \n{sent}");
            }
            assert!(written.contains("\"f\""), "{name}, {change}: {written}");
        }
    }
    for (name, ..) in MODELS.iter().filter(|(.., condition)| *condition != "true") {
        let narrowed = "(at >= '2024-01-02 00:00:00+00' and at < '2024-01-03 00:00:00+00'";
        assert!(text(&project, "run", name).contains(narrowed), "{name}: {}", text(&project, "run", name));
    }
    // before it is known which periods are read
    project.run_ok(&["compile"]);
    let compiled = text(&project, "compiled", "overwritten");
    assert!(
        compiled.ends_with("where (at not in ('infinity', '-infinity') and at is not null)"),
        "{compiled}"
    );
}

/// The statement that reads is the one that fails.
#[test]
fn a_reading_statement_that_fails_can_be_looked_at() {
    let mut database = Database::new();
    let project = Project::new(&database);
    project.write(
        "models/ratio.sql",
        "{{ config(materialized='incremental', unique_key='id') }}\nselect id, 1 / id as ratio from {{ source('s', 'f') }}",
    );
    project.declare_facts(&database.schema.clone());
    database.execute("create table f as select 1 as id, now() as at");
    project.run_ok(&["run"]);
    database.execute("insert into f values (0, now())");
    let output = project.run(&["run"]);
    assert_eq!(output.status, 1, "{}", output.text);
    assert!(output.text.contains("compiled code at target/run/shop/models/ratio.sql"), "{}", output.text);
    let written = text(&project, "run", "ratio");
    assert!(written.contains("create temporary table") && written.contains("1 / id as ratio"), "{written}");
}

/// One text for two kinds could not be told apart.
#[test]
fn a_column_has_one_kind_in_a_query() {
    let mut database = Database::new();
    let project = Project::new(&database);
    project.declare_facts(&database.schema.clone());
    database.execute("create table f as select 1 as id, timestamp '2024-01-01 10:00' as at");
    let model = |second: &str| {
        let config = "materialized='incremental', incremental_strategy='partition_overwrite', partition_by={'field': 'at', 'granularity': 'day'}";
        let facts = "(select at from {{ source('s', 'f') }})";
        format!(
            "{{{{ config({config}) }}}}\nselect at from {facts} as f where {{{{ in_partitions('at') }}}}\n\
             union all select at from {facts} as g where {{{{ {second} }}}}"
        )
    };
    project.write("models/both.sql", &model("in_partitions('at', kind='local')"));
    let output = project.run(&["run"]);
    assert!(
        output.text.contains("in_partitions('at'): one query has it without a kind and with kind='local'"),
        "{}",
        output.text
    );
    project.write("models/both.sql", &model("in_partitions('g.at', kind='local')"));
    project.run_ok(&["run"]);
    project.run_ok(&["run"]);
}
