//! Columns of users that are called as something is in SQL of ours: a name that stands there without its table would mean theirs.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::support::{Database, Project};

/// All words that name something in the statements of built-in macros: aliases, columns of aliases, CTEs.
fn names_of_ours() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for file in files(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src/builtin/macros"))) {
        let text = fs::read_to_string(file).unwrap();
        let words: Vec<&str> = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').collect();
        for pair in words.windows(2) {
            if pair[0] == "as" {
                names.insert(pair[1].to_owned());
            }
        }
        for (at, _) in text.match_indices(" as ") {
            // `as alias (one, two)`, `name as (`, `name as materialized (`
            let before = text[..at]
                .rsplit(|c: char| !c.is_ascii_alphanumeric() && c != '_')
                .next()
                .unwrap_or_default();
            names.insert(before.to_owned());
            let after = &text[at + 4..];
            let alias = after.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(after.len());
            if let Some(listed) = after[alias..].strip_prefix(" (").and_then(|list| list.split_once(')')) {
                names.extend(listed.0.split(", ").map(str::to_owned));
            }
        }
    }
    let is_name = |name: &String| {
        name.len() > 1
            && !["rsdbt_", "dbt_"].iter().any(|prefix| name.starts_with(prefix))
            && name.starts_with(|c: char| c.is_ascii_lowercase())
            && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
            && !["id", "at", "day", "op", "ctid", "xmin", "tableoid"].contains(&name.as_str())
    };
    names.retain(is_name);
    names
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

const MODELS: [(&str, &str, &str); 8] = [
    ("appended", "incremental_strategy='append'", "where not {{ is_incremental() }} or at >= '2026-01-04'"),
    ("deleted", "incremental_strategy='delete+insert', unique_key='id'", ""),
    ("merged", "incremental_strategy='merge', unique_key='id'", ""),
    (
        "upserted",
        "incremental_strategy='merge_upsert', unique_key=['id'], updated_at='at', delete_when='op = 9'",
        "",
    ),
    ("replaced", "incremental_strategy='insert_overwrite', incremental_predicates=['true']", ""),
    (
        "by_days",
        "incremental_strategy='partition_overwrite', dirty=true, partition_by={'field': 'day', 'granularity': 'day'}",
        "where {{ in_partitions('at') }}",
    ),
    (
        "by_parts",
        "incremental_strategy='partition_overwrite', dirty=true, partitioned=true, partition_by={'field': 'day', 'granularity': 'day'}",
        "where {{ in_partitions('at') }}",
    ),
    (
        "by_interval",
        "incremental_strategy='partition_overwrite', lookback=2, partition_by={'field': 'day', 'granularity': 'day'}",
        "where {{ in_partitions('at') }}",
    ),
];

fn project(database: &Database) -> Project {
    let project = Project::new(database);
    project.write(
        "models/sources.yml",
        "sources:\n  - name: s\n    schema: \"{{ target.schema }}\"\n    tables:\n      - {name: facts, config: {event_time: at}}\n      - {name: log}\n",
    );
    for (name, config, condition) in MODELS {
        project.write(
            &format!("models/{name}.sql"),
            &format!("{{{{ config(materialized='incremental', {config}) }}}}\nselect * from {{{{ source('s', 'facts') }}}}\n{condition}"),
        );
    }
    project.write(
        "models/consumed.sql",
        "{{ config(materialized='incremental', incremental_strategy='merge_upsert', unique_key='id', updated_at='at', consume=true) }}
        select distinct on (id) * from {{ source('s', 'log') }} where op <> 5 order by id, at desc",
    );
    project.write(
        "models/tabled.sql",
        "{{ config(materialized='table') }} select * from {{ source('s', 'facts') }}",
    );
    project.write(
        "models/stored.sql",
        "{{ config(materialized='materialized_view') }} select * from {{ source('s', 'facts') }}",
    );
    project.write(
        "snapshots/kept.sql",
        "{% snapshot kept %}{{ config(unique_key='id', hard_deletes='invalidate', strategy='timestamp', updated_at='at') }}
        select * from {{ source('s', 'facts') }}{% endsnapshot %}",
    );
    project
}

/// As times they would be taken for times, and are an error anywhere else.
#[test]
fn columns_are_their_owners() {
    let (data_type, value) = ("timestamptz", "'2026-01-01 00:00+00'");
    let mut database = Database::new();
    let names = names_of_ours();
    assert!(names.len() > 200 && names.contains("start") && names.contains("asked"), "{names:?}");
    let listed = names
        .iter()
        .map(|name| format!("\"{name}\" {data_type} default {value}"))
        .collect::<Vec<_>>()
        .join(", ");
    database.execute(&format!(
        "create table facts (id int, at timestamp, day date, op int, {listed});
         insert into facts select n, date '2026-01-01' + n, date '2026-01-01' + n, 1 from generate_series(0, 5) as n;
         create table log (like facts including defaults);
         insert into log select * from facts; insert into log (id, at, day, op) values (2, null, null, 1), (3, '2025-01-01', '2025-01-01', 5)"
    ));
    let project = project(&database);
    let same = |database: &mut Database, step: &str, tables: &[&str]| {
        let mut client = database.client();
        for table in tables {
            let difference = format!(
                "select count(*) from ((select id, at, day, op from {table} except all select id, at, day, op from facts)
                 union all (select id, at, day, op from facts except all select id, at, day, op from {table})) as d"
            );
            let found: i64 = client.query_one(&difference, &[]).unwrap().get(0);
            assert_eq!(found, 0, "{data_type}, {step}: {table}");
        }
    };
    let all = [
        "appended",
        "deleted",
        "merged",
        "upserted",
        "replaced",
        "by_days",
        "by_parts",
        "by_interval",
        "tabled",
    ];
    let failed = project.run(&["run", "--select", "consumed"]);
    assert!(
        failed.text.contains("keys have") || failed.text.contains("key has"),
        "a NULL before others: {}",
        failed.text
    );
    database.execute("delete from log where at is null");
    project.run_ok(&["build"]);
    same(&mut database, "the first build", &all);
    database.execute("insert into facts (id, at, day, op) values (6, '2026-01-05 12:00', '2026-01-05', 1); update facts set op = 2 where id = 5");
    project.run_ok(&["build", "--event-time-start", "2026-01-05", "--event-time-end", "2026-01-07"]);
    same(
        &mut database,
        "late rows",
        &["deleted", "merged", "replaced", "by_days", "by_parts", "by_interval", "tabled"],
    );
    // a period without input rows is not emptied unasked
    database.execute("delete from facts where day = '2026-01-02'");
    let kept = project.run(&[
        "run",
        "--select",
        "by_interval",
        "--interval-start",
        "2026-01-02",
        "--interval-end",
        "2026-01-03",
    ]);
    assert!(kept.text.contains("has rows in by_interval but none in the inputs"), "{}", kept.text);
}
