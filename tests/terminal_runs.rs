//! What a run shows on a terminal, and what pipes, logs and CI get of it.

use std::process::Command;

use crate::support::{Database, Project, Terminal, wait_until};

fn shop(database: &Database) -> Project {
    let project = Project::new(database);
    for number in 0..25 {
        project.write(&format!("models/fine_{number:02}.sql"), "select 1 as id");
    }
    project.write("models/broken.sql", "select\n  1 as a\n  2 as b\n");
    project.write("models/after.sql", "select * from {{ ref('broken') }}");
    project.write("models/later.sql", "select * from {{ ref('after') }}");
    project.write("models/slow.sql", "{{ config(materialized='table') }} select 1 as id from pg_sleep(1.2)");
    project
}

/// With a person before it, and as little of the environment of the tests as may be.
fn on_terminal(project: &Project, arguments: &[&str], more: &[(&str, &str)]) -> String {
    let mut command: Command = project.command(arguments);
    command.env_remove("NO_COLOR").env_remove("CI").env("TERM", "xterm");
    command.envs(more.iter().copied());
    Terminal::run(command)
}

fn without_times(text: &str) -> Vec<String> {
    let number = |c: char| c.is_ascii_digit() || c == '.' || c == ':';
    let line = |line: &str| line.trim_end().chars().filter(|c| !number(*c)).collect();
    text.lines().map(line).collect()
}

#[test]
fn a_terminal_shows_what_fails_and_what_comes_of_it() {
    let database = Database::new();
    let project = shop(&database);
    let shown = on_terminal(&project, &["run"], &[]);
    // when it fails, once, with its text
    let line = shown.find("ERROR creating sql view model").unwrap_or_else(|| panic!("{shown}"));
    let end = shown.find("Finished running").unwrap();
    let text = "is a comma missing at the end of line 2?";
    assert_eq!(shown.matches(text).count(), 1, "{shown}");
    assert!((line..end).contains(&shown.find(text).unwrap()), "{shown}");
    for absent in ["START", "OK created", "SKIP relation", "LINE ", "/29 done"] {
        assert!(!shown.contains(absent), "{absent}: {shown}");
    }
    for expected in [
        "Failure in model broken (models/broken.sql)",
        "Slowest:\n",
        "s  slow\n",
        "Skipped because of broken (error): after, later\n",
        "To run what failed or was skipped: rsdbt retry\n",
        "Done. PASS=26 WARN=0 ERROR=1 SKIP=2 NO-OP=0 TOTAL=29",
    ] {
        assert!(shown.contains(expected), "{expected}: {shown}");
    }
    let log = std::fs::read_to_string(project.path().join("logs/dbt.log")).unwrap();
    assert!(log.contains("OK created") && !log.contains("Slowest") && !log.contains("rsdbt retry"), "{log}");
}

#[test]
fn pipes_ci_and_dumb_terminals_keep_the_lines() {
    let database = Database::new();
    let project = shop(&database);
    let piped = project.run(&["run", "--threads", "1"]).text;
    for (name, value) in [("CI", "true"), ("TERM", "dumb")] {
        let shown = on_terminal(&project, &["run", "--threads", "1", "--no-use-colors"], &[(name, value)]);
        let (shown, piped) = (without_times(&shown), without_times(&piped));
        // the first line names the program for people
        assert_eq!(shown[1..], piped[1..], "{name}");
    }
    assert!(piped.contains("START") && piped.contains("OK created") && !piped.contains("Slowest"), "{piped}");
}

#[test]
fn few_nodes_have_a_line_each_without_colours_where_none_are_wanted() {
    let database = Database::new();
    let project = Project::new(&database);
    project.write("models/orders.sql", "select 1 as id");
    let shown = on_terminal(&project, &["run"], &[("NO_COLOR", "1")]);
    assert!(shown.contains("1 of 1 OK created") && !shown.contains("START"), "{shown}");
    assert!(!shown.contains("retry"), "{shown}");
}

#[test]
fn failing_rows_are_shown_on_a_terminal_and_elsewhere_where_asked_for() {
    let database = Database::new();
    let project = Project::new(&database);
    project.write(
        "models/people.sql",
        "select n as id, 'ann' || chr(27) || '[2J' || n as name, null::int as age from generate_series(1, 9) as n",
    );
    project.write("tests/aged.sql", "select * from {{ ref('people') }} where age is null");
    project.run_ok(&["run"]);
    let kept = |name: &str| std::fs::read_to_string(project.path().join(name)).unwrap();
    let shown = on_terminal(&project, &["test"], &[]);
    let rows = |text: &str| text.matches("| ann\\x1b[2J").count();
    assert_eq!(rows(&shown), 5, "{shown}");
    assert!(shown.contains("rsdbt show --select aged --limit -1"), "{shown}");
    for (arguments, variables) in [
        (&["test", "--no-show-failing-rows"][..], &[][..]),
        (&["test"], &[("CI", "true")]),
        (&["test", "--log-format", "json"], &[]),
    ] {
        assert!(!on_terminal(&project, arguments, variables).contains("ann"), "{arguments:?}");
    }
    assert!(!project.run(&["test"]).text.contains("ann"));
    for name in ["logs/dbt.log", "target/run_results.json"] {
        assert!(!kept(name).contains("ann\\"), "{name}");
    }
    let asked = project.run(&["build", "--show-failing-rows"]).text;
    assert_eq!(rows(&asked), 5, "{asked}");
    assert!(kept("logs/dbt.log").contains("| ann\\x1b[2J"));
}

#[test]
fn an_interrupt_says_what_was_running_and_what_had_not_begun() {
    let mut database = Database::new();
    let project = Project::new(&database);
    let mark = format!("interrupted_{}", std::process::id());
    project.write(
        "models/a.sql",
        &format!("{{{{ config(materialized='table') }}}} select 1 as {mark} from pg_sleep(60)"),
    );
    for name in ["b", "c"] {
        project.write(&format!("models/{name}.sql"), "select * from {{ ref('a') }}");
    }
    let asleep = format!(
        "select 1 from pg_stat_activity where query like '%{mark}%' and wait_event = 'PgSleep' and pid <> pg_backend_pid()"
    );
    let child = project.hearing(&["run"]).stdout(std::process::Stdio::piped()).spawn().unwrap();
    wait_until("the model runs", || !database.query(&asleep).unwrap().rows.is_empty());
    let pid = rustix::process::Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("Interrupted: 1 model cancelled, 2 not started"), "{text}");
    assert_eq!(output.status.code(), Some(2), "{text}");
}
