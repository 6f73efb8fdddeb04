//! `docs/` is a book: every page is in its summary, every link leads somewhere, the tutorial runs, and the reference names all that the
//! program reads. `UPDATE_SPECS=1 cargo test book` rewrites what is written by a test.

mod commands;
mod links;
mod privileges;
mod tutorial;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use fancy_regex::Regex;
use serde_json::Value as Json;

use crate::spec::difference;

fn say(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_rsdbt"))
        .args(arguments)
        .env("NO_COLOR", "1")
        .env_remove("COLUMNS")
        .output()
        .unwrap();
    assert!(output.status.success(), "{arguments:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn read(page: &str) -> String {
    fs::read_to_string(page).unwrap_or_else(|problem| panic!("{page}: {problem}"))
}

/// A page, or a part of one, that a test writes.
fn assert_written(path: &str, expected: &str) {
    let text = fs::read_to_string(path).unwrap_or_default();
    if text == expected {
        return;
    }
    if std::env::var_os("UPDATE_SPECS").is_some() {
        fs::write(path, expected).unwrap();
        return;
    }
    panic!("{path} is out of date (UPDATE_SPECS=1 writes it):\n{}", difference(&text, expected));
}

/// Each of these stands in code on the page.
fn assert_named<S: AsRef<str>>(page: &str, keys: impl IntoIterator<Item = S>) {
    let text = read(page);
    let missing: BTreeSet<String> = keys
        .into_iter()
        .map(|key| key.as_ref().to_owned())
        .filter(|key| !text.contains(&format!("`{key}`")) && !text.contains(&format!("`{key}:")))
        .collect();
    assert!(missing.is_empty(), "{page} lacks {missing:?}");
}

fn schema(name: &str) -> Json {
    serde_json::from_str(&say(&["schema", name])).unwrap()
}

fn keys(schema: &Json) -> Vec<String> {
    let keys = schema["properties"].as_object().into_iter().flat_map(|properties| properties.keys());
    keys.map(|key| key.trim_start_matches('+').to_owned()).collect()
}

#[test]
fn every_command_option_and_variable_is_listed() {
    let help = |words: &[&str]| say(&[words, &["--help"]].concat());
    let all = commands::all(&help);
    assert!(all.len() > 35, "{}", all.len());
    assert_written("docs/reference/commands.md", &commands::page(&all));
    let page = "docs/reference/environment.md";
    let text = read(page);
    let head = "| variable | option | meaning |\n|---|---|---|\n";
    let (before, rest) = text.split_once(head).unwrap();
    let after = rest.split_once("\n\n").map_or("", |(_, after)| after);
    assert_written(page, &format!("{before}{head}{}\n{after}", commands::variables(&all)));
}

#[test]
fn every_key_of_a_profile_is_described() {
    let output = &schema("profiles")["additionalProperties"]["properties"]["outputs"];
    let keys = keys(&output["additionalProperties"]["then"]);
    assert!(keys.len() > 40, "{keys:?}");
    assert_named("docs/reference/profiles.md", keys);
}

#[test]
fn every_config_and_property_is_described() {
    let project = schema("project");
    assert_named("docs/reference/project.md", keys(&project));
    let trees = project["definitions"].as_object().unwrap();
    let configs: BTreeSet<String> = trees.values().flat_map(keys).collect();
    assert!(configs.len() > 90, "{}", configs.len());
    assert_named("docs/reference/configs.md", configs);

    let mut properties = BTreeSet::new();
    each_key(&schema("properties"), &mut properties);
    assert!(properties.len() > 60, "{properties:?}");
    assert_named("docs/reference/properties.md", properties);
    assert_named("docs/loading.md", keys(&trees["sources"]["properties"]["+load"]));
    let mut of_jobs = BTreeSet::new();
    each_key(&schema("jobs"), &mut of_jobs);
    of_jobs.remove("jobs");
    assert_named("docs/jobs.md", of_jobs);
}

/// The keys of a file and of the entries of its lists; configs have a page of their own.
fn each_key(schema: &Json, found: &mut BTreeSet<String>) {
    found.extend(keys(schema));
    for (key, value) in schema["properties"].as_object().into_iter().flatten() {
        if key != "config" {
            each_key(&value["items"], found);
        }
    }
}

#[test]
fn every_flag_of_the_project_is_described() {
    let changes = Regex::new(r#"behavior\(\s*"(\w+)""#).unwrap();
    let text = read("src/options/behavior.rs");
    let mut flags: Vec<String> =
        changes.captures_iter(&text).map(|found| found.unwrap()[1].to_owned()).collect();
    assert!(flags.len() > 20, "{flags:?}");
    let without_option = Regex::new(r#"(?:number|mapping)\("(\w+)",[^;]*\.not_typed\(\)"#).unwrap();
    let text = read("src/options/table.rs");
    let rows = text.split(';').filter_map(|row| without_option.captures(row).unwrap());
    flags.extend(rows.map(|found| found[1].to_owned()));
    assert!(flags.contains(&"run_log".to_owned()), "{flags:?}");
    assert_named("docs/reference/project.md", flags);
}

#[test]
fn every_selection_method_is_described() {
    let text = read("src/graph/selector/syntax.rs");
    let names = text.split("const NAMES").nth(1).unwrap().split("];").next().unwrap();
    let name = Regex::new(r#"\("(\w+)", Self::"#).unwrap();
    let names: Vec<String> = name.captures_iter(names).map(|found| found.unwrap()[1].to_owned()).collect();
    assert!(names.len() > 20, "{names:?}");
    let page = read("docs/concepts.md");
    let missing: Vec<&String> = names
        .iter()
        .filter(|name| !page.contains(&format!("{name}:")) && !page.contains(&format!("{name}.")))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// Variables that only builds and tests read.
const OF_TESTS: &[&str] = &[
    "DBT_INTERNAL_SOURCE",
    "RSDBT_BUILD_TARGET",
    "RSDBT_BUNDLED_ARCHIVE",
    "RSDBT_OUTCOMES",
    "RSDBT_TEMPLATES",
    "RSDBT_TEST_DATABASE_URL",
    "UPDATE_SPECS",
];

#[test]
fn every_variable_that_the_program_reads_is_described() {
    let own = Regex::new(r#""((?:DBT|RSDBT)_[A-Z_]+)""#).unwrap();
    let asked =
        Regex::new(r#"(?:var_os|env::var|environment\.get|\bset|\bnamed)\("([A-Z][A-Z_]+)"\)"#).unwrap();
    let mut names = BTreeSet::new();
    for path in files("src", "rs") {
        let text = fs::read_to_string(&path).unwrap();
        let code = text.split("#[cfg(test)]\nmod ").next().unwrap();
        if path.file_stem().is_some_and(|stem| stem.to_string_lossy().ends_with("tests")) {
            continue;
        }
        for found in own.captures_iter(code).chain(asked.captures_iter(code)) {
            names.insert(found.unwrap()[1].to_owned());
        }
    }
    let text = read("src/options/resolve.rs");
    let others = text.split("const OTHER_ENGINE_VARIABLES").nth(1).unwrap().split("];").next().unwrap();
    names.extend(others.split('"').skip(1).step_by(2).map(|name| format!("DBT_{name}")));
    names.retain(|name| !OF_TESTS.contains(&name.as_str()));
    assert!(names.len() > 30, "{names:?}");
    let page = read("docs/reference/environment.md");
    let is_missing = |name: &&String| !page.contains(&format!("`{}", name.trim_end_matches('_')));
    let missing: Vec<&String> = names.iter().filter(is_missing).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

pub(crate) fn files(folder: &str, extension: &str) -> Vec<PathBuf> {
    fn walk(folder: &Path, extension: &str, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, extension, found);
            } else if path.extension().is_some_and(|its| its == extension) {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    walk(Path::new(folder), extension, &mut found);
    found.sort();
    found
}
