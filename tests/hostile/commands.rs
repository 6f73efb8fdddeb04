//! What the specs do not play: every other command that asks a server, and a second database full of strangers beside the first.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;

use clap::Command;
use rsdbt::inside::adapter::Settings;

use crate::support::{Database, Project, settings, wait_until};

/// In this order, each ends well.
const PLAYED: [&[&str]; 26] = [
    &["db", "create-databases"],
    &["debug"],
    &["source", "freshness"],
    &["load"],
    &["build"],
    &["load", "--select", "source:raw.orders"],
    &["load", "--allow-deletes", "--select", "source:raw.copied"],
    &["run"],
    &["backfill", "appended", "--from", "2026-01-01", "--to", "2026-01-02", "--mark-built"],
    &["run", "--interval-start", "2026-01-01", "--interval-end", "2026-01-03"],
    &["test"],
    &["backfill", "by_day", "--from", "2026-01-01", "--to", "2026-01-04"],
    &["backfill", "by_day", "--from", "2026-01-01", "--to", "2026-01-04", "--rebuild"],
    &["backfill", "appended", "--from", "2026-01-01", "--to", "2026-01-06"],
    &["run", "--due"],
    &["schedule", "status"],
    &["schedule", "pause", "nightly"],
    &["schedule", "resume", "nightly"],
    &["schedule", "mark-success", "nightly"],
    &["schedule", "clear", "nightly"],
    &["schedule", "retry", "nightly"],
    &["schedule", "run", "nightly", "--interval", "2026-01-02"],
    &["export", "--to", "exports/"],
    &["lineage", "by_day.n"],
    &["docs", "generate"],
    &["docs", "--select", "by_day"],
];

/// They ask no server, or the folder's own, or are played as a process that goes on.
const OTHERS: [&str; 14] = [
    "clean",
    "complete",
    "completions",
    "db install",
    "db psql",
    "db start",
    "db status",
    "db stop",
    "deps",
    "docs serve",
    "init",
    "man",
    "schedule",
    "schema",
];

const SOURCES: &str = "sources:
  - name: far
    schema: public
    config: {connection: far, loaded_at_field: at, freshness: {warn_after: {count: 90000, period: day}}}
    tables: [{name: events, config: {event_time: at}}]
  - name: raw
    schema: \"{{ target.schema }}\"
    tables:
      - {name: facts, config: {event_time: at, loaded_at_query: 'select pg_catalog.now()'}}
      - name: orders
        config: {load: {from: {files: orders.csv}, mode: upsert, unique_key: id, rejects: {max: 1}}}
        columns: [{name: id, data_type: int, data_tests: [unique, not_null]}, {name: day, data_type: date}]
      - {name: copied, config: {load: {from: {connection: far, schema: public, table: events}, mode: upsert, unique_key: id, cursor: at, lookback: 1 hour}}}
";

const MODELS: [(&str, &str, &str); 5] = [
    ("built", "materialized='table'", "select id, day, at, amount from {{ source('far', 'events') }}"),
    (
        "upserted",
        "materialized='incremental', incremental_strategy='merge_upsert', unique_key=['id'], updated_at='at'",
        "select id, day, at from {{ source('far', 'events') }} {% if is_incremental() %}where at > {{ high_water('at') }}{% endif %}",
    ),
    (
        "by_part",
        "materialized='incremental', incremental_strategy='partition_overwrite', partitioned=true, partition_by={'field': 'day', 'granularity': 'day'}",
        "select id, day from {{ source('far', 'events') }} {% if is_incremental() %}where day >= {{ high_water('day') }}{% endif %}",
    ),
    (
        "by_day",
        "materialized='incremental', incremental_strategy='partition_overwrite', partition_by={'field': 'day', 'granularity': 'day'}",
        "select at::pg_catalog.date as day, pg_catalog.count(*) as n from {{ source('raw', 'facts') }} where {{ in_partitions('at') }} group by 1",
    ),
    (
        "appended",
        "materialized='incremental', incremental_strategy='append'",
        "select id, at from {{ source('raw', 'facts') }} where at >= '{{ interval_start or \"2026-01-01\" }}' and at < '{{ interval_end or \"2026-01-02\" }}'",
    ),
];

const JOBS: &str = "jobs:
  - {name: nightly, cron: '@daily', start: 2026-01-01, catch_up: latest, steps: [{load: 'source:raw.orders'}, {run: by_day}, {test: by_day}]}
  - {name: after, after: [nightly], depends_on: [{source: raw.facts}], steps: [{build: built}]}
";

/// As a superuser, in a database full of strangers and from another one.
pub(super) fn play(hostile: &Arc<Settings>, far: &str) {
    let mut database = Database::on(Arc::clone(hostile));
    let project = Project::new(&database);
    write(&project, &database, far);
    database.execute(
        "create table facts (id int, at timestamp);
         insert into facts select id, timestamp '2026-01-01' + id * interval '1 hour' from generate_series(0, 99) as id",
    );
    for arguments in PLAYED {
        let output = project.run(arguments);
        assert_eq!(output.status, 0, "{arguments:?}\n{}", output.text);
    }
    // the process that goes on has statements of its own
    let mut scheduler = project
        .hearing(&["schedule"])
        .env("RSDBT_SIMULATED_CLOCK", "2026-02-02T00:00:05Z")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let done = "select from rsdbt.intervals where state = 'success' and logical_time = '2026-02-01'";
    wait_until(done, || !database.query(done).unwrap().rows.is_empty());
    let ended = std::process::Command::new("kill").arg(scheduler.id().to_string()).status().unwrap();
    assert!(ended.success());
    scheduler.wait().unwrap();
}

fn write(project: &Project, database: &Database, far: &str) {
    let profile = fs::read_to_string(project.path().join("profiles.yml")).unwrap();
    let (head, output) = profile.split_once("    dev:\n").unwrap();
    let schema = &database.schema;
    let far = output
        .replace(&format!("dbname: '{}'", database.settings.database), &format!("dbname: '{far}'"))
        .replace(&format!("'{schema}'"), "'public'");
    let output = format!("{output}      connections: {{far: far_dev}}\n");
    let output = output.replace("threads: 1", "threads: 2");
    project.write("profiles.yml", &format!("{head}    dev:\n{output}    far_dev:\n{far}"));
    let flags = format!("flags: {{run_log: {{schema: {schema}_meta, keep: 90 days}}}}\n");
    project.write("dbt_project.yml", &format!("name: shop\nprofile: shop\n{flags}"));
    project.write("models/sources.yml", SOURCES);
    for (name, config, query) in MODELS {
        project.write(&format!("models/{name}.sql"), &format!("{{{{ config({config}) }}}} {query}"));
    }
    project.write(
        "models/models.yml",
        "models: [{name: by_day, columns: [{name: day, data_tests: [unique, not_null]}]}]\n",
    );
    project.write("jobs.yml", JOBS);
    project.write("orders.csv", "id,day\n1,2026-01-01\nx,2026-01-02\n2,2026-01-02\n");
}

/// The inputs of the second database.
pub(super) const FAR: &str = "create table public.events (id bigint primary key, day date, at timestamptz, amount numeric(12, 2));
    insert into public.events select id, date '2026-01-01' + (id / 10)::int, timestamptz '2026-01-01 UTC' + id * interval '1 hour', id * 1.25
    from generate_series(1::bigint, 50) as id";

#[test]
fn every_command_is_played_among_strangers() {
    let mut played: BTreeSet<String> = OTHERS.iter().map(|&name| name.to_owned()).collect();
    played
        .extend(PLAYED.iter().flat_map(|words| [words[0].to_owned(), words[..words.len().min(2)].join(" ")]));
    for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/spec")).unwrap() {
        let text = fs::read_to_string(entry.unwrap().path()).unwrap();
        for line in text.lines().filter_map(|line| line.strip_prefix("$ rsdbt ")) {
            let words: Vec<&str> = line.split_whitespace().collect();
            played.extend([words[0].replace("ls", "list"), words[..words.len().min(2)].join(" ")]);
        }
    }
    let mut names = Vec::new();
    paths(&rsdbt::inside::cli::command(), "", &mut names);
    assert!(names.len() > 40, "{names:?}");
    let missing: Vec<&String> = names.iter().filter(|name| !played.contains(*name)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// On any server: what fails among strangers, and not here, is theirs.
#[test]
fn the_commands_end_well_where_nobody_else_is() {
    let mut outside = Database::new();
    let own = settings();
    let names = ["home", "far"].map(|stem| format!("{}_{stem}", outside.schema));
    let [home, far] = names.clone().map(|name| {
        outside.client().batch_execute(&format!("create database {name}")).unwrap();
        let mut settings = (*own).clone();
        settings.database = name;
        Arc::new(settings)
    });
    Database::on(far).client().batch_execute(FAR).unwrap();
    play(&home, &names[1]);
    for name in names {
        outside.client().batch_execute(&format!("drop database {name} with (force)")).unwrap();
    }
    outside.execute("select 1");
}

/// Those that can be called.
fn paths(command: &Command, above: &str, names: &mut Vec<String>) {
    for inner in command.get_subcommands().filter(|inner| inner.get_name() != "help") {
        let name = format!("{above}{}", inner.get_name());
        if !inner.is_subcommand_required_set() {
            names.push(name.clone());
        }
        paths(inner, &format!("{name} "), names);
    }
}
