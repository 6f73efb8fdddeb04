//! The code of an error is in its text and in the JSON log, wherever it comes from.

use serde_json::{Value, json};

use crate::support::{Database, Project};

/// The `data` of an event, as the JSON log has it.
fn data(log: &str, event: &str) -> Value {
    let mut lines = log.lines().rev().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let found = lines.find(|line| line["info"]["name"] == event);
    found.unwrap_or_else(|| panic!("no {event} in {log}"))["data"].take()
}

/// A project whose models fail in different ways.
fn project(database: &Database) -> Project {
    let project = Project::new(database);
    project.write("models/refused.sql", "select * from no_such_table");
    project.write(
        "models/raised.sql",
        "{{ exceptions.raise_compiler_error('not today') if execute }} select 1 as id",
    );
    project.write("models/fine.sql", "select 1 as id");
    project.write(
        "models/p.yml",
        "unit_tests: [{name: u, model: fine, given: [], expect: {format: sql, rows: 'select * from nowhere'}}]\n",
    );
    project
}

fn json_of(project: &Project, arguments: &[&str]) -> String {
    let all = [&["--log-format", "json", "--log-level", "debug"], arguments].concat();
    let output = project.run(&all);
    assert_ne!(output.status, 0, "{}", output.text);
    output.text
}

#[test]
fn the_code_of_what_the_server_refuses_is_its_own() {
    let database = Database::new();
    let project = project(&database);
    let log = json_of(&project, &["run", "--select", "refused"]);
    for (event, text) in [("CatchableExceptionOnRun", "exc"), ("RunResultError", "msg")] {
        let data = data(&log, event);
        assert_eq!(data["error_codes"], json!(["42P01"]), "{data}");
        let lines: Vec<&str> = data[text].as_str().unwrap().lines().map(str::trim).collect();
        assert_eq!(lines[0], "Database Error in model refused (models/refused.sql)");
        assert_eq!(lines[1], "relation \"no_such_table\" does not exist");
        assert!(lines.contains(&"error[42P01]"), "{lines:?}");
    }
    let results = std::fs::read_to_string(project.path().join("target/run_results.json")).unwrap();
    let results: Value = serde_json::from_str(&results).unwrap();
    let result = &results["results"][0];
    assert!(
        result["message"].as_str().unwrap().contains("\n  error[42P01]\n  compiled code at "),
        "{result}"
    );
    let keys: Vec<&String> = result.as_object().unwrap().keys().collect();
    assert!(
        !keys.iter().any(|key| key.contains("error")),
        "dbt's schema of the artifact has no such key: {keys:?}"
    );
}

#[test]
fn the_code_of_a_node_is_that_of_the_command_it_ends() {
    let database = Database::new();
    let project = project(&database);
    for arguments in [&["compile", "--select", "raised"][..], &["show", "--select", "raised"]] {
        let data = data(&json_of(&project, arguments), "MainEncounteredError");
        assert_eq!(data["error_codes"], json!(["raised-by-macro"]), "{data}");
        let text = data["exc"].as_str().unwrap();
        assert!(
            text.starts_with("Runtime Error\n  Compilation Error in model raised (models/raised.sql)"),
            "{text}"
        );
        assert_eq!(text.matches("error[").count(), 1, "{text}");
    }
    let log = json_of(&project, &["test", "--select", "fine"]);
    let data = data(&log, "RunResultError");
    assert_eq!(data["error_codes"], json!(["42P01"]), "{data}");
    assert_eq!(data["msg"].as_str().unwrap().matches("error[").count(), 1, "{data}");
}

#[test]
fn each_error_of_a_command_has_its_code() {
    let database = Database::new();
    let project = Project::new(&database);
    project.write("models/a.sql", "select * from {{ ref('absent') }}");
    project.write("models/b.sql", "select * from {{ source('no', 'where') }}");
    let data = data(&json_of(&project, &["parse"]), "MainEncounteredError");
    let text = data["exc"].as_str().unwrap();
    let shown: Vec<&str> =
        text.lines().filter_map(|line| line.strip_prefix("  error[")?.strip_suffix(']')).collect();
    assert_eq!(data["error_codes"], json!(shown), "{text}");
    assert!(shown.contains(&"missing-ref"), "{shown:?}");

    project.write("models/a.sql", "select 1 as id");
    project.remove("models/b.sql");
    let log = json_of(&project, &["run-operation", "--sql", "select * from nowhere"]);
    let data = self::data(&log, "RunningOperationCaughtError");
    assert_eq!(data["error_codes"], json!(["42P01"]), "{data}");

    project.write("models/p.yml", "models: [{name: nobody}]\n");
    let output = project.run(&["--warn-error", "parse"]);
    assert!(output.text.contains("\n  error[NoNodeForYamlKey]"), "{}", output.text);
    assert_eq!(output.status, 2);
}

/// A failed test is not an error, so it has no code.
#[test]
fn a_failed_test_has_no_code() {
    let database = Database::new();
    let project = Project::new(&database);
    project.write("tests/t.sql", "select 1 as id");
    let data = data(&json_of(&project, &["test"]), "RunResultError");
    assert_eq!(data["error_codes"], json!([]), "{data}");
    assert!(!data["msg"].as_str().unwrap().contains("error["), "{data}");
}
