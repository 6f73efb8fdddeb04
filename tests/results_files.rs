//! Results for CI systems and pull requests: `--junit`, `--report`, and the annotations of `--log-format github`.

use std::fs;

use crate::support::{Database, Project};

fn shop(database: &Database) -> Project {
    let project = Project::new(database);
    project.write("models/orders.sql", "select 1 as id union all select 1");
    project.write("models/broken.sql", "select nope as id");
    project.write("models/after.sql", "select * from {{ ref('broken') }}");
    project.write(
        "models/schema.yml",
        "models: [{name: orders, columns: [{name: id, data_tests: [unique, not_null]}]}]\n",
    );
    project
}

#[test]
fn the_results_are_written_as_junit_and_markdown() {
    let database = Database::new();
    let project = shop(&database);
    let output = project.run(&["build", "--junit", "junit.xml", "--report", "report.md"]);
    assert_eq!(output.status, 1, "{}", output.text);
    let read = |name: &str| fs::read_to_string(project.path().join(name)).unwrap();
    let junit = read("junit.xml");
    for expected in [
        "<testsuites name=\"rsdbt\" tests=\"5\" failures=\"1\" errors=\"1\" skipped=\"1\" ",
        "<testcase classname=\"models.schema\" name=\"unique_orders_id\" file=\"models/schema.yml\" ",
        "<failure message=\"Got 1 result, configured to fail if != 0\" type=\"fail\">",
        "<error message=\"Database Error in model broken (models/broken.sql)\" type=\"error\">",
    ] {
        assert!(junit.contains(expected), "{expected}\n{junit}");
    }
    let report = read("report.md");
    assert!(report.starts_with("## `rsdbt build`: 2 failed, 1 skipped, 2 passed\n"), "{report}");
    assert!(report.contains("**broken** (`models/broken.sql`)\n\n```text\nDatabase Error"), "{report}");
    assert!(report.contains("### Skipped\n\n`after`\n"), "{report}");
    let output = project.run(&["test", "--junit", "missing/junit.xml"]);
    assert!(output.status == 2 && output.text.contains("cannot write missing/junit.xml"), "{}", output.text);
}

#[test]
fn github_gets_annotations_at_the_lines_of_the_files() {
    let database = Database::new();
    let project = shop(&database);
    let run = |arguments: &[&str]| {
        let mut command = project.command(arguments);
        command.env("GITHUB_WORKSPACE", project.path().parent().unwrap());
        let output = command.output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let text = run(&["build", "--log-format", "github"]);
    let folder = project.path().file_name().unwrap().to_str().unwrap();
    for expected in [
        format!(
            "\n::error title=broken,file={folder}/models/broken.sql,line=1::Database Error in model broken"
        ),
        format!("\n::error title=unique_orders_id,file={folder}/models/schema.yml::Got 1 result, configured"),
        "1 of 5 START".to_owned(),
    ] {
        assert!(text.contains(&expected), "{expected}\n{text}");
    }
    project.write("models/broken.sql", "{{ ref('nowhere') }}");
    let text = run(&["parse", "--log-format", "github"]);
    let expected = format!("\n::error title=rsdbt error,file={folder}/models/broken.sql,line=1::");
    assert!(text.contains(&expected), "{text}");
    project.write("models/broken.sql", "{{ log('\\n  ::stop-commands::x', info=true) }} select 1 as id");
    let text = run(&["run", "--log-format", "github"]);
    assert!(text.lines().all(|line| !line.trim_start().starts_with("::stop")), "{text}");
}
