//! Completion of command lines: what the program offers, and what bash, zsh and fish make of it.

use std::process::Command;

use crate::support::{Project, Terminal};

fn shop(name: &str) -> Project {
    let project = Project::at(&format!("rsdbt-completions-{name}-{}", std::process::id()));
    project.write(
        "profiles.yml",
        "shop: {target: dev, outputs: {dev: {type: postgres, embedded: true, schema: a},\n  production: {type: postgres, host: nowhere.invalid, user: u, password: p, dbname: d, schema: b}}}\n",
    );
    project.write("models/staging/customers_raw.sql", "{{ config(tags=['nightly']) }} select 1 as id");
    project.write("models/customers.sql", "select * from {{ ref('customers_raw') }}");
    project.write("models/orders.sql", "{{ config(materialized='table') }} select 1 as id");
    project.write(
        "models/schema.yml",
        "sources: [{name: erp, tables: [{name: lines}]}]\nmodels: [{name: orders, columns: [{name: id}]}]\n",
    );
    project.write("macros/grant.sql", "{% macro grant_all() %}{% endmacro %}");
    project.write("selectors.yml", "selectors: [{name: hourly, definition: 'tag:nightly'}]\n");
    project
}

/// The words that may follow; the last of those given is being typed.
fn offered(project: &Project, typed: &[&str]) -> Vec<String> {
    let output = project.command(&[&["complete", "--", "rsdbt"], typed].concat()).output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{typed:?}: {output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    let mut lines = text.lines();
    let kind = lines.next().unwrap();
    if kind == "paths" {
        return vec!["<paths>".to_owned()];
    }
    assert_eq!(kind, "words", "{text}");
    lines.map(|line| line.split('\t').next().unwrap().to_owned()).collect()
}

#[test]
fn names_of_the_project_are_offered_where_they_may_stand() {
    let project = shop("names");
    for (typed, expected) in [
        (&["run", "--select", "cust"][..], &["customers", "customers_raw"][..]),
        (&["run", "-s", "+cust"], &["+customers", "+customers_raw"]),
        (
            &["ls", "--select", "tag:nightly,2+cust"],
            &["tag:nightly,2+customers", "tag:nightly,2+customers_raw"],
        ),
        (&["build", "--exclude", "orders", "tag:"], &["tag:nightly"]),
        (&["run", "--select=ord"], &["--select=orders"]),
        (&["test", "--select", "source:erp."], &["source:erp.lines"]),
        (&["run", "--select", "models/s"], &["models/schema.yml", "models/staging/"]),
        (&["run", "--select", "path:models/staging/"], &["path:models/staging/customers_raw.sql"]),
        (
            &["run", "--select", "config.materialized:"],
            &["config.materialized:table", "config.materialized:view"],
        ),
        (&["run", "--select", "ta"], &["tag:"]),
        (&["run", "--selector", ""], &["hourly"]),
        (&["run", "--target", ""], &["dev", "production"]),
        (&["run", "--target=p"], &["--target=production"]),
        (&["-t", "d"], &["dev"]),
        (&["--profile", ""], &["shop"]),
        (&["lineage", "ord"], &["orders"]),
        (&["lineage", "orders."], &["orders.id"]),
        (&["run-operation", ""], &["grant_all"]),
        (&["run", "--state", ""], &["<paths>"]),
        (&["docs", ""], &["generate", "serve"]),
        (&["ru"], &["run", "run-operation"]),
        (&["run", "--full"], &["--full-refresh"]),
        (&["run", "--project-dir", "/nowhere", "--select", ""], &[]),
        (&["nonsense", "--select", ""], &[]),
    ] {
        assert_eq!(offered(&project, typed), expected, "{typed:?}");
    }
    assert!(!project.path().join("target").exists() && !project.path().join("logs").exists());
}

/// No message, and what was there when the project could last be read.
#[test]
fn a_broken_project_offers_the_names_of_its_last_manifest() {
    let project = shop("broken");
    let select = |typed: &str| offered(&project, &["run", "--select", typed]);
    project.write("models/orders.sql", "{% if %}");
    assert_eq!(select("ord"), [""; 0]);
    project.write("models/orders.sql", "select 1 as id");
    project.run_ok(&["parse"]);
    project.write("models/orders.sql", "{% if %}");
    assert_eq!(select("ord"), ["orders"]);
    // a command that a password comes from is not run
    project.write(
        "profiles.yml",
        "shop: {target: dev, outputs: {dev: {type: postgres, host: h, user: u, dbname: d, schema: s, password_command: 'touch asked; echo x'}}}\n",
    );
    assert_eq!(select("ord"), ["orders"]);
    assert!(!project.path().join("asked").exists());
    project.write("dbt_project.yml", "name: [");
    assert_eq!(select("ord"), ["orders"]);
    assert_eq!(offered(&project, &["ru"]), ["run", "run-operation"]);
}

/// None where this machine has no such shell; in CI, it has.
#[expect(clippy::print_stderr, reason = "a test that is left out says so")]
fn shell(project: &Project, name: &str, arguments: &[&str]) -> Option<Command> {
    if Command::new(name).arg("--version").output().is_err() {
        assert!(std::env::var_os("CI").is_none(), "{name} is not installed");
        eprintln!("{name} is not installed: its completion is not tested");
        return None;
    }
    let script = project.command(&["completions", name]).output().unwrap();
    assert!(script.status.success(), "{script:?}");
    std::fs::write(project.path().join("completion"), script.stdout).unwrap();
    let folder = std::path::Path::new(env!("CARGO_BIN_EXE_rsdbt")).parent().unwrap();
    let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap());
    let mut command = Command::new(name);
    command.args(arguments).current_dir(project.path()).env("PATH", path).env("HOME", project.path());
    command.env("TERM", "xterm").env("INPUTRC", "/dev/null").env_remove("DBT_PROFILES_DIR");
    Some(command)
}

/// Types lines into an interactive shell; each must become what is expected, as its `echo` shows.
fn typed_into(mut terminal: Terminal, lines: &[(&str, &str)]) {
    terminal.press("PS1='> '; source ./completion; echo re''ady\n");
    terminal.wait_for("\nready");
    terminal.press("rsdbt() { echo \"got<$*>\"; }; echo defi''ned\n");
    terminal.wait_for("\ndefined");
    for (typed, expected) in lines {
        terminal.press(typed);
        terminal.press("\t");
        // what completes the line ends it, too
        terminal.press("\n");
        terminal.wait_for(&format!("got<{expected}>"));
    }
}

const LINES: [(&str, &str); 4] = [
    ("rsdbt snap", "snapshot"),
    ("rsdbt run --select +ord", "run --select +orders"),
    ("rsdbt run --select tag:ni", "run --select tag:nightly"),
    ("rsdbt run --target=pro", "run --target=production"),
];

#[test]
fn bash_completes() {
    let project = shop("bash");
    let Some(command) = shell(&project, "bash", &["--norc", "--noprofile", "-i"]) else { return };
    let state = ("rsdbt run --state mod", "run --state models/");
    typed_into(Terminal::start(command), &[&LINES[..], &[state]].concat());
}

#[test]
fn zsh_completes() {
    let project = shop("zsh");
    let Some(command) = shell(&project, "zsh", &["-f", "-i"]) else { return };
    // zsh takes the slash away from the end of a line
    let state = ("rsdbt run --state mod", "run --state models");
    typed_into(Terminal::start(command), &[&LINES[..], &[state]].concat());
}

/// fish answers without a terminal what its completion would offer.
#[test]
fn fish_completes() {
    let project = shop("fish");
    let offered = |line: &str| {
        let words = format!("source ./completion; complete -C '{line}'");
        let output = shell(&project, "fish", &["--no-config", "-c", &words])?.output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        Some(text.lines().map(|line| line.split('\t').next().unwrap().to_owned()).collect::<Vec<_>>())
    };
    for (line, expected) in [
        ("rsdbt snap", "snapshot"),
        ("rsdbt run --select +ord", "+orders"),
        ("rsdbt run --select tag:ni", "tag:nightly"),
        ("rsdbt run --target=pro", "--target=production"),
        ("rsdbt run --state mod", "models/"),
        ("rsdbt run --full", "--full-refresh"),
    ] {
        let Some(words) = offered(line) else { return };
        assert_eq!(words, [expected], "{line}");
    }
}
