//! The command line, whatever is typed: numbers out of their range, and selections of every command that selects.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::support::{Database, Project};

/// All options of all commands whose value is a number, as clap has them.
fn numbers() -> Vec<(Vec<String>, String)> {
    fn collect(command: &clap::Command, path: &[String], found: &mut Vec<(Vec<String>, String)>) {
        for argument in
            command.get_arguments().filter(|argument| !argument.is_global_set() || path.is_empty())
        {
            let names = argument.get_value_names().unwrap_or_default();
            if names.iter().any(|name| name.as_str() == "N") {
                found.push((path.to_vec(), argument.get_long().unwrap().to_owned()));
            }
        }
        for sub in command.get_subcommands() {
            let path = path.iter().cloned().chain([sub.get_name().to_owned()]).collect::<Vec<_>>();
            collect(sub, &path, found);
        }
    }
    let mut command = rsdbt::inside::cli::command();
    command.build();
    let mut found = Vec::new();
    collect(&command, &[], &mut found);
    found
}

#[test]
fn a_number_out_of_its_range_is_an_error_that_says_the_range() {
    let project = Project::at(&format!("rsdbt-numbers-{}", std::process::id()));
    project.write(
        "profiles.yml",
        "shop: {target: dev, outputs: {dev: {type: postgres, embedded: true, schema: shop}}}\n",
    );
    let numbers = numbers();
    let mut names: Vec<&str> = numbers.iter().map(|(_, name)| name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names, ["depth", "limit", "log-file-max-bytes", "port", "printer-width", "threads"]);
    for (path, name) in &numbers {
        let range = rsdbt::inside::options::range(&name.replace('-', "_"));
        let (least, most) = range.unwrap_or_else(|| panic!("{name} has no range"));
        let path = if path.is_empty() { &["parse".to_owned()][..] } else { path };
        let say = |value: &str| {
            let mut words: Vec<String> = path.iter().cloned().chain([format!("--{name}={value}")]).collect();
            // a required word comes before the check of numbers
            words.extend((*path == ["backfill"]).then(|| "m".to_owned()));
            project.run(&words)
        };
        let above = i128::from(most) + 1;
        let below = i128::from(least) - 1;
        for value in
            [below, above, i128::from(i64::MIN), i128::from(u64::MAX) * 10].map(|value| value.to_string())
        {
            let output = say(&value);
            let expected =
                format!("Invalid value for --{name}: '{value}' is not a whole number from {least} to {most}");
            assert!(output.status == 2 && output.text.contains(&expected), "{path:?} {}", output.text);
        }
        for value in ["x", "1.5", "", "0x10", "1e3"] {
            let output = say(value);
            assert!(output.status == 2 && output.text.contains("whole number"), "{path:?} {}", output.text);
        }
    }
    for value in ["1", "10000"] {
        let output = project.run(&["parse", "--threads", value, "--printer-width", value]);
        assert_eq!(output.status, 0, "{}", output.text);
    }
    for variable in ["DBT_PRINTER_WIDTH", "DBT_LOG_FILE_MAX_BYTES", "DBT_ENGINE_LOG_FILE_MAX_BYTES"] {
        let output = project.command(&["parse"]).env(variable, "-1").output().unwrap();
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            text.contains(&format!("Invalid value for {variable}: '-1' is not a whole number from")),
            "{text}"
        );
    }
}

/// Every warning that the code has can be named.
#[test]
fn every_warning_can_be_silenced() {
    let errors = std::fs::read_to_string("docs/errors.md").unwrap();
    let warnings = errors.split("## Warnings").nth(1).unwrap().split("\n## ").next().unwrap();
    let names: Vec<&str> = warnings
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once('`').map(|(name, _)| name))
        .collect();
    assert!(names.len() > 25, "{names:?}");
    let project = Project::at(&format!("rsdbt-silenced-{}", std::process::id()));
    project.write(
        "profiles.yml",
        "shop: {target: dev, outputs: {dev: {type: postgres, embedded: true, schema: shop}}}\n",
    );
    let silence =
        |names: &str| project.run(&["parse", "--warn-error-options", &format!("{{silence: [{names}]}}")]);
    let output = silence(&names.join(", "));
    assert_eq!(output.status, 0, "{}", output.text);
    let output = silence("NoNodesSelectd");
    assert_eq!(output.status, 2);
    assert!(output.text.contains("did you mean `NoNodesSelected`?"), "{}", output.text);
}

/// The lines of tests that give options: commands of specs, and code.
fn commands_of_tests(folder: &Path) -> String {
    let mut all = String::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if ["spec", "errors", "first_run", "parity", "histories", "jobs"].contains(&name.as_str()) {
                all.push_str(&commands_of_tests(&path));
            }
            continue;
        }
        let is_code = path.extension().is_some_and(|end| end == "rs");
        if is_code || path.extension().is_some_and(|end| end == "md") {
            let text = fs::read_to_string(&path).unwrap();
            let gives = |line: &&str| {
                if is_code { !line.trim_start().starts_with("//") } else { line.starts_with("$ rsdbt ") }
            };
            text.lines().filter(gives).for_each(|line| all.extend([line, "\n"]));
        }
    }
    all
}

/// The ways to give each option that a test has to take: its long name, or `--no-` of what is on by default; its
/// letter; its other names. Of one without an effect, either way will do.
fn ways_to_give(command: &clap::Command, found: &mut BTreeSet<Vec<String>>) {
    for argument in command.get_arguments().filter(|argument| !argument.is_hide_set()) {
        let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
        if let Some(long) = argument.get_long() {
            let off = format!("--no-{long}");
            let on = format!("--{long}");
            found.insert(if help.starts_with("No effect") {
                vec![on, off]
            } else if help.contains(&format!("turned off by {off})")) {
                vec![off]
            } else {
                vec![on]
            });
        }
        found.extend(
            argument.get_all_aliases().unwrap_or_default().iter().map(|alias| vec![format!("--{alias}")]),
        );
        let letters = argument.get_short_and_visible_aliases().unwrap_or_default();
        found.extend(letters.iter().map(|letter| vec![format!("-{letter}")]));
    }
    command.get_subcommands().for_each(|sub| ways_to_give(sub, found));
}

/// An option that no test gives would be one of which nobody knows whether it does anything.
#[test]
fn every_option_is_given_by_a_test() {
    let commands = commands_of_tests(Path::new("tests"));
    let mut command = rsdbt::inside::cli::command();
    command.build();
    let mut ways = BTreeSet::new();
    ways_to_give(&command, &mut ways);
    assert!(ways.len() > 100, "{}", ways.len());
    let given = |way: &String| {
        commands.match_indices(way.as_str()).any(|(at, found)| {
            let before = commands[..at].chars().next_back();
            let after = commands[at + found.len()..].chars().next();
            before.is_some_and(|letter| letter == ' ' || letter == '"')
                && !after.is_some_and(|letter| letter.is_alphanumeric() || "-_".contains(letter))
        })
    };
    let missing: Vec<_> = ways.iter().filter(|ways| !ways.iter().any(given)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn a_letter_is_the_option_that_it_is_short_for() {
    let database = Database::new();
    let project = Project::new(&database);
    let lines = |arguments: &[&str]| {
        let output = project.run(arguments);
        assert_eq!(output.status, 0, "{}", output.text);
        output.text.lines().count()
    };
    let usual = lines(&["parse"]);
    for debug in ["-d", "--debug"] {
        assert!(lines(&[debug, "-r", "timing.txt", "parse"]) > usual + 3, "{debug}");
    }
    for quiet in ["-q", "--quiet"] {
        assert_eq!(lines(&[quiet, "parse"]), 0, "{quiet}");
    }
    for help in ["-h", "--help"] {
        assert!(project.run(&["run", help]).text.contains("Usage: rsdbt run [OPTIONS]"), "{help}");
    }
}

#[test]
fn debug_shows_what_is_configured_and_whether_the_server_answers() {
    let database = Database::new();
    let project = Project::new(&database);
    let output = project.run(&["debug"]);
    assert_eq!(output.status, 0, "{}", output.text);
    for line in [
        "Using profiles.yml file at",
        "profiles.yml file [OK found and valid]",
        "dbt_project.yml file [OK found and valid]",
        &format!("schema: {}", database.schema),
        "Connection test: [OK connection ok]",
        "All checks passed!",
    ] {
        assert!(output.text.contains(line), "{line}\n{}", output.text);
    }
    let output = project.run(&["debug", "--connection"]);
    assert!(output.status == 0 && output.text.contains("All checks passed!"), "{}", output.text);
    assert!(!output.text.contains("file [OK"), "{}", output.text);
    project.write("dbt_project.yml", "name: [shop]\n");
    let output = project.run(&["debug"]);
    assert!(
        output.status == 1 && output.text.contains("dbt_project.yml file [ERROR invalid]"),
        "{}",
        output.text
    );
}

#[test]
fn the_log_file_is_rotated_and_coloured_where_it_is_asked_for() {
    let database = Database::new();
    let project = Project::new(&database);
    project.write("models/orders.sql", "{{ config(materialized='table') }} select 1 as id");
    let logs = || -> Vec<String> {
        let files = std::fs::read_dir(project.path().join("logs")).unwrap();
        files.map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap()).collect()
    };
    project.run_ok(&["run"]);
    let plain = logs();
    assert!(plain.len() == 1 && !plain[0].contains('\u{1b}'), "{plain:?}");
    let most = plain[0].len().to_string();
    project.run_ok(&["run", "--use-colors", "--no-use-colors-file"]);
    assert!(!logs().concat().contains('\u{1b}'), "the file has no colours of its console");
    project.run_ok(&["run", "--log-file-max-bytes", &most, "--use-colors-file"]);
    let after = logs();
    assert!(after.len() > 1, "a full file is put aside");
    let text = after.concat();
    assert!(text.contains('\u{1b}'), "{text}");
}

/// Two of everything, tagged `near` and `far`, as their names say.
fn pairs(database: &Database) -> Project {
    let project = Project::new(database);
    for name in ["near", "far"] {
        project.write(&format!("models/m_{name}.sql"), "select 1 as id");
        project.write(&format!("seeds/c_{name}.csv"), "id\n1\n");
        project.write(&format!("f_{name}.csv"), "id\n1\n");
        project.write(
            &format!("models/{name}.yml"),
            &format!(
                "models:
  - {{name: m_{name}, config: {{tags: {name}}}, columns: [{{name: id, data_tests: [not_null]}}]}}
seeds: [{{name: c_{name}, config: {{tags: {name}}}}}]
snapshots:
  - {{name: s_{name}, relation: ref('c_{name}'), config: {{tags: {name}, unique_key: id, strategy: check, check_cols: all}}}}
sources:
  - name: raw_{name}
    schema: {}
    tables:
      - name: f_{name}
        columns: [{{name: id, data_type: int}}]
        config:
          tags: {name}
          load: {{from: {{files: f_{name}.csv}}}}
          loaded_at_query: select now()
          freshness: {{warn_after: {{count: 1, period: day}}}}
",
                database.schema
            ),
        );
    }
    project.write("selectors.yml", "selectors: [{name: near, definition: 'tag:near'}]\n");
    project
}

/// The commands that have this option, as their words.
fn commands_with(option: &str) -> Vec<String> {
    fn collect(command: &clap::Command, path: &str, option: &str, found: &mut Vec<String>) {
        let is_own = |argument: &&clap::Arg| !argument.is_global_set() && argument.get_long() == Some(option);
        if command.get_arguments().any(|argument| is_own(&argument)) {
            found.push(path.to_owned());
        }
        for sub in command.get_subcommands() {
            collect(sub, format!("{path} {}", sub.get_name()).trim_start(), option, found);
        }
    }
    let mut command = rsdbt::inside::cli::command();
    command.build();
    let mut found = Vec::new();
    collect(&command, "", option, &mut found);
    found
}

/// Without which the command does nothing.
fn needed(command: &str) -> &'static [&'static str] {
    match command {
        "clone" => &["--state", "target"],
        "export" => &["--to", "there/", "--format", "csv"],
        _ => &[],
    }
}

/// `--select`, `--exclude`, `--selector` and `--target-path`, of each command that has them.
#[test]
fn every_command_that_selects_takes_what_is_selected_and_nothing_else() {
    let database = Database::new();
    let project = pairs(&database);
    project.run_ok(&["load"]);
    project.run_ok(&["build"]);
    let commands = commands_with("selector");
    assert!(commands.len() > 12, "{commands:?}");
    for command in &commands {
        for selection in [["--select", "tag:near"], ["--exclude", "tag:far"], ["--selector", "near"]] {
            let mut words: Vec<&str> = command.split(' ').chain(selection).collect();
            words.extend(["--target-path", "there"]);
            match command.as_str() {
                // it wants to be told what to show
                "show" if selection[0] == "--exclude" => words.extend(["--select", "path:models"]),
                _ => words.extend(needed(command)),
            }
            let output = project.run(&words);
            assert_eq!(output.status, 0, "{words:?}\n{}", output.text);
            let there = project.path().join("there");
            assert!(there.join("manifest.json").is_file(), "{words:?}");
            let mut told = output.text;
            // the page of `docs` is about the whole project
            for name in ["run_results.json", "sources.json"].iter().filter(|_| command != "docs") {
                told.push_str(&fs::read_to_string(there.join(name)).unwrap_or_default());
            }
            assert!(told.contains("_near"), "{words:?}\n{told}");
            assert!(!told.contains("_far"), "{words:?}\n{told}");
            fs::remove_dir_all(there).unwrap();
        }
    }
}

/// `--threads`, of each command that has it: what runs nodes says how many run side by side.
#[test]
fn every_command_that_runs_nodes_takes_the_number_of_threads() {
    let database = Database::new();
    let project = pairs(&database);
    project.write("jobs.yml", "jobs: [{name: j, cron: '@daily', start: 2026-01-01, steps: [{build: {}}]}]\n");
    project.write("macros/nothing.sql", "{% macro nothing() %}{% endmacro %}");
    let by_batches = "materialized='incremental', incremental_strategy='microbatch', event_time='d', \
                      begin='2026-01-01', batch_size='day', unique_key='d'";
    project.write("models/b.sql", &format!("{{{{ config({by_batches}) }}}} select date '2026-01-01' as d"));
    project.run_ok(&["load"]);
    project.run_ok(&["build"]);
    let commands = commands_with("threads");
    assert!(commands.len() > 15, "{commands:?}");
    for command in &commands {
        let mut words: Vec<&str> = command.split(' ').collect();
        match command.as_str() {
            "backfill" => words.extend(["b", "--from", "2026-01-01", "--to", "2026-01-02"]),
            "retry" => {
                project.write("models/m_near.sql", "select nothing as id");
                assert_eq!(project.run(&["run", "--select", "m_near"]).status, 1);
                project.write("models/m_near.sql", "select 1 as id");
            }
            "run-operation" => words.push("nothing"),
            "schedule run" => words.extend(["j", "--interval", "2026-01-01"]),
            "show" => words.extend(["--select", "m_far"]),
            _ => words.extend(needed(command)),
        }
        let with =
            |threads: &'static str| words.iter().copied().chain(["--threads", threads]).collect::<Vec<_>>();
        let refused = project.run(&with("0"));
        assert!(
            refused.status == 2 && refused.text.contains("not a whole number from 1 to 10000"),
            "{words:?}\n{}",
            refused.text
        );
        // `schedule` does not end by itself
        if command == "schedule" {
            continue;
        }
        let output = project.run(&with("3"));
        assert_eq!(output.status, 0, "{words:?}\n{}", output.text);
        // one query, or none, or a job's own output
        let is_silent = ["export", "parse", "run-operation", "schedule run"].contains(&command.as_str());
        let says = output.text.contains("Concurrency: 3 threads");
        assert_eq!(says, !is_silent, "{words:?}\n{}", output.text);
    }
}

/// `--junit` and `--report`, of each command that has them.
#[test]
fn every_command_that_writes_results_elsewhere_writes_those_of_its_nodes() {
    let database = Database::new();
    let project = pairs(&database);
    project.run_ok(&["load"]);
    project.run_ok(&["build"]);
    let commands = commands_with("junit");
    assert!(commands.len() > 3 && commands == commands_with("report"), "{commands:?}");
    for command in &commands {
        project.write("models/m_near.sql", "select 2 as id where false");
        project.write("models/m_far.sql", "select nothing as id");
        if command == "retry" {
            assert_eq!(project.run(&["run"]).status, 1);
        }
        if command == "test" {
            project.write("models/m_far.sql", "select null::int as id");
            project.run_ok(&["run"]);
        }
        let output = project.run(&[command.as_str(), "--junit", "a.xml", "--report", "b.md"]);
        assert_eq!(output.status, 1, "{command}\n{}", output.text);
        let is_failed = if command == "test" { "not_null_m_far_id" } else { "m_far" };
        for (file, failed) in
            [("a.xml", format!("name=\"{is_failed}\"")), ("b.md", format!("**{is_failed}**"))]
        {
            let text = fs::read_to_string(project.path().join(file)).unwrap();
            assert!(text.contains(&failed), "{command} {file}\n{text}");
            let is_whole = command == "retry" || text.contains("near");
            assert!(is_whole || file == "b.md", "{command} {file}\n{text}");
            project.remove(file);
        }
    }
}
