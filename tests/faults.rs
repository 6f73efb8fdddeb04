//! Statements that fail once, and connections that are lost at any of them: nothing is lost, and nothing is
//! done twice.
//!
//! A few statements of each scenario, drawn by a seed that a failure prints (`RSDBT_FAULTS_SEED`); with `RSDBT_FAULTS=all`, or the
//! name of a scenario, each statement.

use std::fmt::{self, Write as _};
use std::fs;
use std::path::Path;
use std::time::SystemTime;

use rsdbt::inside::adapter::Cell;

use crate::support::{Database, Draw, Fault, Project, Proxy};

/// One kind of work, done again and again with the next `n`.
struct Scenario {
    name: &'static str,
    files: &'static [(&'static str, &'static str)],
    setup: &'static str,
    /// Before each run.
    before: &'static str,
    arguments: &'static [&'static str],
    /// True after the run with `n`.
    check: &'static str,
}

const ROWS: &str = "select id, {{ var('n') }} as n from generate_series(1, 10) as id";
const ONE_OF_EACH: &str = "select count(*) = 10 and min(n) = {n} and max(n) = {n} from m";
const LOADED: &str = "sources:\n  - name: raw\n    schema: \"{{ target.schema }}\"\n    tables:\n      - name: m\n        config: {load: {from: {files: m.csv}, rejects: {max: 1}}}\n        columns: [{name: id, data_type: int}, {name: n, data_type: int}]\n";
const UPSERTED: &str = "sources:\n  - name: raw\n    schema: \"{{ target.schema }}\"\n    tables:\n      - name: m\n        config: {load: {from: {files: \"*.csv\"}, mode: upsert, unique_key: id}}\n        columns: [{name: id, data_type: int}, {name: n, data_type: int}]\n";
const STAGED: &str = "insert into staging select id, {n}, timestamp '2024-01-01' + {n} * interval '1 day' from generate_series(1, 10) as id";

const FACTS: &str =
    "select at::date as day, id, n from {{ source('raw', 'facts') }} where {{ in_partitions('at') }}";
const FACTS_SOURCE: (&str, &str) = (
    "models/sources.yml",
    "sources:\n  - {name: raw, schema: \"{{ target.schema }}\", tables: [{name: facts, config: {event_time: at}}]}\n",
);

/// Facts of three days that all change, and what is known of them.
const fn dirty(files: &'static [(&'static str, &'static str)]) -> Scenario {
    Scenario {
        setup: "create table facts (id int, n int, at timestamp);
                insert into facts select id, 0, timestamp '2024-01-01' + id % 3 * interval '1 day' from generate_series(1, 10) as id",
        before: "update facts set n = {n}",
        ..scenario(
            "partition_overwrite",
            files,
            "select count(*) = 10 and min(n) = {n} and max(n) = {n} and (
               select count(*) = 3 and sum(row_count) = 10 from rsdbt.periods where relation = 'm'::regclass and input like 'source.%'
             ) from m",
        )
    }
}

const fn scenario(
    name: &'static str,
    files: &'static [(&'static str, &'static str)],
    check: &'static str,
) -> Scenario {
    Scenario { name, files, setup: "", before: "", arguments: &["run"], check }
}

const SCENARIOS: &[Scenario] = &[
    Scenario {
        arguments: &["seed"],
        ..scenario("seed", &[("seeds/m.csv", "id,name\n1,a\n2,b\n3,c\n")], "select count(*) = 3 from m where {n} > 0")
    },
    Scenario {
        arguments: &["load"],
        before: "drop table if exists m",
        ..scenario(
            "load",
            &[("models/s.yml", LOADED), ("m.csv", "id,n\n1,1\n2,x\n3,1\n")],
            "select count(*) = 2 and {n} > 0 and (select count(*) = {n} from m__rejects) and (
               select count(*) = 1 from rsdbt.loads where relation = 'm'::regclass and applied_count = 2
             ) from m",
        )
    },
    Scenario {
        arguments: &["load"],
        before: "drop table if exists m",
        ..scenario(
            "load",
            &[("models/s.yml", UPSERTED), ("m.csv", "id,n\n1,1\n2,1\n1,2\n"), ("n.csv", "id,n\n2,3\n")],
            "select count(*) = 2 and sum(n) = 5 and {n} > 0 and (
               select count(*) = 2 from rsdbt.loads where relation = 'm'::regclass
             ) from m",
        )
    },
    scenario(
        "table",
        &[("models/m.sql", "{{ config(materialized='table', indexes=[{'columns': ['id']}], post_hook='insert into {{ this.schema }}.audit select {{ var(\"n\") }}') }} ROWS")],
        "select count(*) = 10 and min(n) = {n} and max(n) = {n} and (select count(*) = {n} from audit) from m",
    ),
    scenario("view", &[("models/m.sql", "ROWS")], ONE_OF_EACH),
    Scenario {
        before: "drop view if exists m",
        ..scenario("view", &[("models/m.sql", "ROWS")], ONE_OF_EACH)
    },
    scenario(
        "materialized_view",
        &[("models/m.sql", "{{ config(materialized='materialized_view') }} ROWS")],
        ONE_OF_EACH,
    ),
    Scenario {
        setup: "create table base (n int)",
        before: "insert into base values ({n})",
        ..scenario(
            "materialized_view",
            &[("models/m.sql", "{{ config(materialized='materialized_view') }} select n from {{ target.schema }}.base")],
            "select count(*) = {n} from m",
        )
    },
    scenario(
        "append",
        &[("models/m.sql", "{{ config(materialized='incremental', incremental_strategy='append') }} ROWS")],
        "select count(*) = 10 * {n} and count(distinct n) = {n} from m",
    ),
    scenario(
        "default",
        &[("models/m.sql", "{{ config(materialized='incremental', unique_key='id') }} ROWS")],
        ONE_OF_EACH,
    ),
    Scenario {
        arguments: &["run", "--full-refresh"],
        ..scenario(
            "incremental",
            &[("models/m.sql", "{{ config(materialized='incremental', unique_key='id') }} ROWS")],
            ONE_OF_EACH,
        )
    },
    scenario(
        "delete_insert",
        &[("models/m.sql", "{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='id') }} ROWS")],
        ONE_OF_EACH,
    ),
    scenario(
        "insert_overwrite",
        &[("models/m.sql", "{{ config(materialized='incremental', incremental_strategy='insert_overwrite', incremental_predicates=['id > 0']) }} ROWS")],
        ONE_OF_EACH,
    ),
    scenario(
        "merge",
        &[("models/m.sql", "{{ config(materialized='incremental', incremental_strategy='merge', unique_key='id') }} ROWS")],
        ONE_OF_EACH,
    ),
    Scenario {
        setup: "create table staging (id int, n int, at timestamp)",
        before: STAGED,
        ..scenario(
            "merge_upsert",
            &[
                ("models/m.sql", "{{ config(materialized='incremental', incremental_strategy='merge_upsert', unique_key=['id'], updated_at='at', consume=true) }} select id, n, at from {{ source('raw', 'staging') }}"),
                ("models/sources.yml", "sources:\n  - {name: raw, schema: \"{{ target.schema }}\", tables: [{name: staging}]}\n"),
            ],
            "select count(*) = 10 and min(n) = {n} and not exists (select from staging) from m",
        )
    },
    scenario(
        "partition_overwrite",
        &[("models/m.sql", "{{ config(materialized='incremental', incremental_strategy='partition_overwrite', partition_by={'field': 'day', 'granularity': 'day'}) }} select date '2024-01-01' + id % 3 as day, * from (ROWS) as r")],
        ONE_OF_EACH,
    ),
    dirty(&[
        ("models/m.sql", "{{ config(materialized='incremental', incremental_strategy='partition_overwrite', dirty=true, partition_by={'field': 'day', 'granularity': 'day'}) }} FACTS"),
        FACTS_SOURCE,
    ]),
    dirty(&[
        ("models/m.sql", "{{ config(materialized='incremental', incremental_strategy='partition_overwrite', partitioned=true, dirty=true, partition_by={'field': 'day', 'granularity': 'day'}) }} FACTS"),
        FACTS_SOURCE,
    ]),
    Scenario {
        setup: "create table staging (id int, n int, at timestamp)",
        before: STAGED,
        ..scenario(
            "merge_upsert",
            &[
                ("models/m.sql", "{{ config(materialized='incremental', incremental_strategy='merge_upsert', unique_key=['id'], updated_at='at', consume=true, delete_when='id = 1 + n % 2') }} select id, n, at from {{ source('raw', 'staging') }}"),
                ("models/sources.yml", "sources:\n  - {name: raw, schema: \"{{ target.schema }}\", tables: [{name: staging}]}\n"),
            ],
            "select count(*) = 9 and min(n) = {n} and not exists (select from staging)
             and not exists (select from m where id = 1 + {n} % 2)
             and exists (select from m__tombstones where id = 1 + {n} % 2 and at = timestamp '2024-01-01' + {n} * interval '1 day') from m",
        )
    },
    scenario(
        "partition_overwrite",
        &[("models/m.sql", "{{ config(materialized='incremental', incremental_strategy='partition_overwrite', partitioned=true, partition_by={'field': 'day', 'granularity': 'day'}) }} select date '2024-01-01' + id % 3 as day, * from (ROWS) as r")],
        "select count(*) = 10 and min(n) = {n} and max(n) = {n} and (select count(*) = 3 from pg_inherits where inhparent = 'm'::regclass)
         and not exists (select from pg_class where relnamespace = current_schema()::regnamespace and relname like '%\\_\\_dbt\\_%') from m",
    ),
    Scenario {
        arguments: &["run", "--event-time-start", "2024-01-01", "--event-time-end", "2024-01-03"],
        ..scenario(
            "microbatch",
            &[("models/m.sql", "{{ config(materialized='incremental', incremental_strategy='microbatch', unique_key='id', event_time='at', batch_size='day', begin='2024-01-01') }} select *, timestamp '2024-01-01' + id * interval '2 hours' as at from (ROWS) as r")],
            ONE_OF_EACH,
        )
    },
    Scenario {
        arguments: &["snapshot"],
        ..scenario(
            "snapshot",
            &[("snapshots/m.sql", "{% snapshot m %}{{ config(unique_key='id', strategy='check', check_cols='all') }} ROWS {% endsnapshot %}")],
            "select count(*) = 10 * {n} and count(*) filter (where dbt_valid_to is null and n = {n}) = 10 from m",
        )
    },
    Scenario { arguments: &["build"], ..scenario(
        "function",
        &[
            ("functions/f.sql", "select {{ var('n') }}"),
            ("functions/f.yml", "functions:\n  - {name: f, arguments: [], returns: {data_type: integer}}\n"),
            ("models/m.sql", "select {{ function('f') }}() as n"),
        ],
        "select n = {n} from m",
    ) },
    Scenario {
        arguments: &["test"],
        ..scenario(
            "test",
            &[("tests/m.sql", "{{ config(severity='warn', store_failures=true, schema='t') }} ROWS")],
            "select count(*) = 10 and min(n) = {n} from {schema}_t.m",
        )
    },
    Scenario {
        arguments: &["test", "--select", "test_type:unit"],
        ..scenario(
            "unit",
            &[
                ("models/m.sql", "select 1 as a"),
                ("models/m.yml", "unit_tests:\n  - {name: u, model: m, given: [], expect: {rows: [{a: 1}]}}\n"),
            ],
            "select {n} > 0",
        )
    },
];

struct Bench {
    database: Database,
    project: Project,
    proxy: Proxy,
    n: usize,
}

impl Bench {
    fn new(scenario: &Scenario) -> Self {
        let mut database = Database::new();
        let project = Project::new(&database);
        database.execute("create table audit (n int)");
        if !scenario.setup.is_empty() {
            database.execute(scenario.setup);
        }
        for (path, text) in scenario.files {
            project.write(path, &text.replace("ROWS", ROWS).replace("FACTS", FACTS));
        }
        let mut bench = Self { proxy: Proxy::new(&database.settings), database, project, n: 0 };
        bench.use_profile(false);
        let output = bench.run(scenario);
        assert_eq!(output.status, 0, "{}: {}", scenario.name, output.text);
        bench
    }

    fn use_profile(&self, autocommit: bool) {
        let settings = &self.database.settings;
        let mut profile = String::from("shop:\n  target: dev\n  outputs:\n    dev:\n      type: postgres\n");
        for (key, value) in [
            ("user", settings.user.as_str()),
            ("password", settings.password.as_deref().unwrap_or("")),
            ("dbname", &settings.database),
            ("schema", &self.database.schema),
        ] {
            let _ = writeln!(profile, "      {key}: '{value}'");
        }
        let port = self.proxy.port;
        let _ = write!(
            profile,
            "      host: 127.0.0.1\n      port: {port}\n      threads: 1\n      autocommit: {autocommit}\n"
        );
        self.project.write("profiles.yml", &profile);
    }

    /// The next run, and what it said.
    fn run(&mut self, scenario: &Scenario) -> crate::support::Output {
        self.n += 1;
        let n = self.n.to_string();
        if !scenario.before.is_empty() {
            self.database.execute(&scenario.before.replace("{n}", &n));
        }
        let vars = format!("{{n: {n}}}");
        let mut arguments = scenario.arguments.to_vec();
        arguments.extend(["--vars", &vars]);
        self.project.run(&arguments)
    }

    fn is_right(&mut self, scenario: &Scenario) -> bool {
        let sql =
            scenario.check.replace("{n}", &self.n.to_string()).replace("{schema}", &self.database.schema);
        self.database.query(&sql).is_ok_and(|rows| rows.rows == [[Cell::Bool(true)]])
    }
}

/// Which statements get a fault: `RSDBT_FAULTS=all` each, a name all of that scenario, and otherwise a few that are drawn.
enum Extent {
    Each,
    Drawn { seed: u64, draw: Draw },
}

impl Extent {
    fn is_chosen(scenario: &Scenario) -> bool {
        std::env::var("RSDBT_FAULTS").map_or(true, |name| name == "all" || name == scenario.name)
    }

    fn of_environment() -> Self {
        if std::env::var_os("RSDBT_FAULTS").is_some() {
            return Self::Each;
        }
        let now = || {
            let elapsed = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
            u64::from(elapsed.subsec_nanos())
        };
        let seed = std::env::var("RSDBT_FAULTS_SEED").map_or_else(|_| now(), |text| text.parse().unwrap());
        Self::Drawn { seed, draw: Draw::new(seed) }
    }

    /// Of the statements' numbers, which begin at 1, all or so many.
    fn of(&mut self, among: &[usize], count: usize) -> Vec<usize> {
        match self {
            Self::Each => among.to_vec(),
            Self::Drawn { draw, .. } => {
                let mut left = among.to_vec();
                let mut pick = || {
                    let place = draw.below(left.len() as u64);
                    left.remove(usize::try_from(place).unwrap())
                };
                (0..count.min(among.len())).map(|_| pick()).collect()
            }
        }
    }
}

impl fmt::Display for Extent {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Each => write!(formatter, "RSDBT_FAULTS=all"),
            Self::Drawn { seed, .. } => write!(formatter, "RSDBT_FAULTS_SEED={seed}"),
        }
    }
}

/// A statement of the run gets the fault; whether it was there to get it.
fn disturb(bench: &mut Bench, scenario: &Scenario, fault: Fault, number: usize, extent: &Extent) -> bool {
    bench.proxy.disturb(fault, number);
    let output = bench.run(scenario);
    let statement = bench.proxy.sent().get(number - 1).cloned();
    let place = format!("{}, statement {number}, {fault:?} ({extent}): {statement:?}", scenario.name);
    assert_eq!(output.status, 0, "{place}\n{}", output.text);
    assert!(bench.is_right(scenario), "{place}\n{}", output.text);
    bench.proxy.has_fired()
}

/// Those of an undisturbed run.
fn statements(bench: &mut Bench, scenario: &Scenario) -> Vec<String> {
    bench.proxy.leave_alone();
    let output = bench.run(scenario);
    assert_eq!(output.status, 0, "{}: {}", scenario.name, output.text);
    assert!(bench.is_right(scenario), "{}: undisturbed\n{}", scenario.name, output.text);
    let sent = bench.proxy.sent();
    assert!(sent.len() > 5, "{}: {sent:?}", scenario.name);
    sent
}

/// Each of so many statements in turn gets the fault, and all that follow; or one that is drawn.
fn disturb_each(bench: &mut Bench, scenario: &Scenario, fault: Fault, sent: usize, extent: &mut Extent) {
    for number in extent.of(&(1..=sent).collect::<Vec<_>>(), 1) {
        disturb(bench, scenario, fault, number, extent);
    }
    if matches!(extent, Extent::Each) {
        let mut number = sent + 1;
        while disturb(bench, scenario, fault, number, extent) {
            number += 1;
        }
    }
}

/// All materializations and strategies have a scenario.
#[test]
fn faults_cover_each_materialization_and_strategy() {
    fn texts(folder: &Path, all: &mut String) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { texts(&path, all) } else { all.push_str(&fs::read_to_string(path).unwrap()) }
        }
    }
    let mut all = String::new();
    texts(Path::new("src/builtin/macros"), &mut all);
    let names = |before: &str, after: &str| -> Vec<String> {
        all.split(before).skip(1).filter_map(|rest| Some(rest.split_once(after)?.0.to_owned())).collect()
    };
    let mut wanted = names("{% materialization ", ",");
    wanted.extend(names("{% macro get_incremental_", "_sql(arg_dict)"));
    assert!(wanted.len() > 15, "{wanted:?}");
    wanted.push("load".to_owned());
    // `clone` makes views like `view`
    let known = |name: &String| name == "clone" || SCENARIOS.iter().any(|known| known.name == name);
    let missing: Vec<_> = wanted.iter().filter(|name| !known(name)).collect();
    assert!(missing.is_empty(), "{missing:?}");
    // options that make a strategy another one
    for options in [
        &["partition_overwrite", "dirty=true"][..],
        &["partition_overwrite", "dirty=true", "partitioned=true"],
        &["partition_overwrite", "partitioned=true"],
        &["merge_upsert", "consume=true"],
        &["merge_upsert", "delete_when="],
    ] {
        let covers = |known: &Scenario| options.iter().all(|option| known.files[0].1.contains(option));
        assert!(SCENARIOS.iter().any(covers), "{options:?}");
    }
}

#[test]
fn faults_are_survived() {
    let mut extent = Extent::of_environment();
    for scenario in SCENARIOS.iter().filter(|scenario| Extent::is_chosen(scenario)) {
        let mut bench = Bench::new(scenario);
        let sent = statements(&mut bench, scenario);
        let mut each =
            |bench: &mut Bench, fault| disturb_each(bench, scenario, fault, sent.len(), &mut extent);
        each(&mut bench, Fault::Fails);
        each(&mut bench, Fault::CutAfter);
        // a node is a transaction there, too: what failed in it has done nothing
        bench.use_profile(true);
        each(&mut bench, Fault::Fails);
        bench.use_profile(false);
        let ends = |number: &usize| sent[number - 1].to_lowercase().contains("commit");
        let ends: Vec<usize> = (1..=sent.len()).filter(ends).collect();
        for number in extent.of(&ends, 1) {
            disturb(&mut bench, scenario, Fault::CutBefore, number, &extent);
        }
    }
}

/// Without a transaction around them nobody can say what became of a statement: it is never done twice.
#[test]
fn what_commits_by_itself_is_never_done_twice() {
    let scenario = Scenario {
        setup: "create table t (n int)",
        ..scenario(
            "autocommit",
            &[
                (
                    "models/m.sql",
                    "{{ config(materialized='incremental', incremental_strategy='append', post_hook=[{'sql': 'insert into {{ this.schema }}.audit select {{ var(\"n\") }}', 'transaction': false}]) }} ROWS",
                ),
                (
                    "dbt_project.yml",
                    "name: shop\nprofile: shop\non-run-start: \"insert into {{ target.schema }}.t select {{ var('n') }}\"\n",
                ),
            ],
            "",
        )
    };
    let mut extent = Extent::of_environment();
    for (autocommit, fault) in [
        (false, Fault::CutAfter),
        (true, Fault::CutAfter),
        (false, Fault::CutBefore),
        (true, Fault::CutBefore),
    ] {
        let mut bench = Bench::new(&scenario);
        bench.use_profile(autocommit);
        bench.proxy.leave_alone();
        bench.run(&scenario);
        let sent = bench.proxy.sent();
        let mut numbers = extent.of(&(1..=sent.len()).collect::<Vec<_>>(), 2);
        // those that matter most
        numbers.extend((1..=sent.len()).filter(|&number| sent[number - 1].contains("insert into")));
        if matches!(extent, Extent::Each) {
            numbers.extend(sent.len() + 1..=3 * sent.len());
        }
        let mut unknown = 0;
        for number in numbers {
            bench.proxy.disturb(fault, number);
            let output = bench.run(&scenario);
            let n = bench.n;
            let counts = format!(
                "select (select count(*) from t where n = {n}), (select count(*) from m where n = {n}), (select count(*) from audit where n = {n})"
            );
            let rows = bench.database.query(&counts).unwrap().rows;
            let place = format!(
                "autocommit {autocommit}, {fault:?}, statement {number}: {:?}\n{rows:?}\n{}",
                bench.proxy.sent().get(number - 1),
                output.text
            );
            let complete = [[Cell::Int(1), Cell::Int(10), Cell::Int(1)]];
            if output.status == 0 {
                assert_eq!(rows, complete, "{place}");
            } else {
                let lost = output.text.contains("server closed the connection unexpectedly");
                let told = output.text.contains("is not known");
                assert!(told || lost, "{place}");
                unknown += usize::from(told);
                let most = |cell: &Cell, most: i64| *cell == Cell::Int(0) || *cell == Cell::Int(most);
                assert!(most(&rows[0][0], 1) && most(&rows[0][1], 10) && most(&rows[0][2], 1), "{place}");
            }
            if number > sent.len() && !bench.proxy.has_fired() {
                break;
            }
        }
        assert!(unknown > 0, "autocommit {autocommit}, {fault:?}");
    }
}
