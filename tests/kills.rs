//! Runs that are killed at any time: the client by `kill -9`, its sessions by `pg_terminate_backend`, or one of their
//! processes on the server by `kill -9`, after which the server starts all its sessions anew. All materializations and
//! strategies are at work, readers look at every relation in a loop, and rows arrive between the runs. Whatever was
//! killed, the next run ends with each row once, nobody saw a relation missing or rows gone, and nothing is left over.
//!
//! `RSDBT_KILLS` says how many kills; `RSDBT_KILLS_SEED` plays the same order of kinds and delays again.

use std::fs;
use std::io::Write as _;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use postgres::Client;

use crate::support::{Database, Draw, Project, Server};

const KILLS: u64 = 12;
/// Kills in a row before a run may end and its rows are counted.
const IN_A_ROW: u64 = 4;

/// Path, text, and the query that must give the number of events; none where it always gives the same.
const MODELS: [(&str, &str, &str); 19] = [
    (
        "models/built.sql",
        "{{ config(materialized='table', indexes=[{'columns': ['id'], 'unique': true}]) }} select e.*, names.name from {{ source('in', 'events') }} as e join {{ ref('names') }} as names on names.id = e.id % 2",
        "select count(*) from built",
    ),
    ("models/promised.sql", "select id, day from {{ ref('built') }}", "select count(*) from promised"),
    (
        "models/shown.sql",
        "{{ config(materialized='view') }} select id, day, at from {{ ref('built') }}",
        "select count(*) from shown",
    ),
    (
        "models/stored.sql",
        "{{ config(materialized='materialized_view') }} select id, day from {{ ref('built') }}",
        "select count(*) from stored",
    ),
    (
        "models/stored_more.sql",
        "{{ config(materialized='materialized_view') }} select day, count(*) as n from {{ ref('shown') }} group by 1",
        "select sum(n)::bigint from stored_more",
    ),
    (
        "models/appended.sql",
        "{{ config(materialized='incremental', incremental_strategy='append') }} select id, day from {{ source('in', 'events') }} {% if is_incremental() %} where id > (select coalesce(max(id), 0) from {{ this }}) {% endif %}",
        "select count(*) from appended",
    ),
    (
        "models/replaced.sql",
        "{{ config(materialized='incremental', unique_key='id', incremental_strategy='delete+insert') }} select id, day from {{ ref('shown') }}",
        "select count(*) from replaced",
    ),
    (
        "models/merged.sql",
        "{{ config(materialized='incremental', unique_key='id', incremental_strategy='merge') }} select id, day from {{ ref('shown') }}",
        "select count(*) from merged",
    ),
    (
        "models/upserted.sql",
        "{{ config(materialized='incremental', incremental_strategy='merge_upsert', unique_key=['id'], updated_at='at', consume=true) }} select id, at from {{ source('in', 'staged') }}",
        "select count(*) from upserted",
    ),
    (
        "models/by_day.sql",
        "{{ config(materialized='incremental', incremental_strategy='partition_overwrite', dirty=true, partition_by={'field': 'day', 'granularity': 'day'}) }} select day, count(*) as n from {{ source('in', 'events') }} where {{ in_partitions('at') }} group by 1",
        "select sum(n)::bigint from by_day",
    ),
    (
        "models/by_partition.sql",
        "{{ config(materialized='incremental', incremental_strategy='partition_overwrite', dirty=true, partitioned=true, partition_by={'field': 'day', 'granularity': 'day'}) }} select day, count(*) as n from {{ source('in', 'events') }} where {{ in_partitions('at') }} group by 1",
        "select sum(n)::bigint from by_partition",
    ),
    (
        "models/overwritten.sql",
        "{{ config(materialized='incremental', incremental_strategy='insert_overwrite', incremental_predicates=['id > 0']) }} select id, day from {{ source('in', 'events') }}",
        "select count(*) from overwritten",
    ),
    (
        "models/all_days.sql",
        "{{ config(materialized='incremental', incremental_strategy='partition_overwrite', partition_by={'field': 'day', 'granularity': 'day'}) }} select day, count(*) as n from {{ source('in', 'events') }} group by 1",
        "select sum(n)::bigint from all_days",
    ),
    (
        "models/all_partitions.sql",
        "{{ config(materialized='incremental', incremental_strategy='partition_overwrite', partitioned=true, partition_by={'field': 'day', 'granularity': 'day'}) }} select id, day from {{ ref('shown') }}",
        "select count(*) from all_partitions",
    ),
    (
        "models/mirrored.sql",
        "{{ config(materialized='incremental', incremental_strategy='merge_upsert', unique_key=['id'], updated_at='at', consume=true, delete_when='gone') }} select id, at, gone from {{ source('in', 'changes') }}",
        "select count(*) from mirrored",
    ),
    (
        "models/batched.sql",
        "{{ config(materialized='incremental', incremental_strategy='microbatch', unique_key='id', event_time='at', batch_size='year', begin='2026-01-01') }} select id, at from {{ source('in', 'events') }}",
        "select count(*) from batched",
    ),
    (
        "snapshots/kept.sql",
        "{% snapshot kept %}{{ config(unique_key='id', strategy='check', check_cols=['day']) }} select id, day from {{ source('in', 'events') }}{% endsnapshot %}",
        "select count(*) from kept where dbt_valid_to is null",
    ),
    (
        "snapshots/kept_by_time.sql",
        "{% snapshot kept_by_time %}{{ config(unique_key='id', strategy='timestamp', updated_at='at') }} select id, at from {{ ref('shown') }}{% endsnapshot %}",
        "select count(*) from kept_by_time",
    ),
    ("functions/half.sql", "select n / 2", ""),
];

/// A source table that `rsdbt load` fills from files: the query that must give the number of events.
const LOADED: &str = "select count(*) from loaded";

const PROPERTIES: &str = "
models:
  - name: promised
    config: {materialized: table, contract: {enforced: true}}
    constraints: [{type: unique, columns: [id], name: promised_once}]
    columns:
      - {name: id, data_type: bigint, constraints: [{type: not_null}, {type: check, expression: id > 0}]}
      - {name: day, data_type: date}
    data_tests: [{not_null: {arguments: {column_name: id}, config: {store_failures: true}}}]
functions:
  - {name: half, arguments: [{name: n, data_type: integer}], returns: {data_type: integer}}
";

/// What others made: a view and a materialized view that no run knows, and foreign keys to a model and a seed.
const STRANGERS: [(&str, &str); 3] = [
    ("create view strange as select id from built", "select count(*) from strange"),
    (
        "create materialized view strange_stored as select count(*) as n from names",
        "select n from strange_stored",
    ),
    (
        "create table strange_child (id bigint references promised (id), name int references names (id)); insert into strange_child values (1, 1)",
        "",
    ),
];

#[test]
fn killed_runs_lose_nothing_show_no_holes_and_leave_nothing() {
    let kills = std::env::var("RSDBT_KILLS").map_or(KILLS, |text| text.parse().unwrap());
    let now = || u64::from(SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().subsec_nanos());
    let seed = std::env::var("RSDBT_KILLS_SEED").map_or_else(|_| now(), |text| text.parse().unwrap());
    let mut field = Field::new();
    field.arrive(50);
    field.build_and_check(seed);
    for (sql, _) in STRANGERS {
        field.client.batch_execute(sql).unwrap();
    }
    field.strangers = true;
    field.expected = field.relations();
    let usual = [field.time_of(&["build"]), field.time_of(&["load"])];
    let mut draw = Draw::new(seed);
    let over = AtomicBool::new(false);
    let reads = AtomicUsize::new(0);
    thread::scope(|scope| {
        let readers: Vec<_> = (0..2)
            .map(|_| {
                let connector = field.database.connector();
                let (over, reads) = (&over, &reads);
                scope.spawn(move || read(&connector, over, reads))
            })
            .collect();
        let mut done = 0;
        while done < kills && !readers.iter().any(thread::ScopedJoinHandle::is_finished) {
            for _ in 0..IN_A_ROW.min(kills - done) {
                field.arrive(draw.below(4));
                field.kill_one(&mut draw, usual);
                done += 1;
            }
            field.build_and_check(seed);
            field.report(done, reads.load(Ordering::Relaxed));
        }
        over.store(true, Ordering::Relaxed);
        for reader in readers {
            assert_eq!(reader.join().unwrap(), None, "seed {seed}, {done} kills");
        }
        assert!(done >= kills);
    });
    if field.server.is_some() {
        assert_eq!(field.crashes, (kills + 2) / 4, "processes of the server were killed");
    }
    assert!(reads.into_inner() as u64 > kills, "the readers were at work");
}

/// Looks at every relation until it is over: how often, and what was wrong.
fn read(connect: &Connector, over: &AtomicBool, reads: &AtomicUsize) -> Option<String> {
    let mut client = connected(connect);
    let queries: Vec<&str> = MODELS
        .iter()
        .map(|model| model.2)
        .chain(STRANGERS.map(|stranger| stranger.1))
        .chain([LOADED])
        .collect();
    let mut most = vec![0_i64; queries.len()];
    while !over.load(Ordering::Relaxed) {
        for (query, most) in queries.iter().zip(&mut most).filter(|(query, _)| !query.is_empty()) {
            let found = match client.query_one(*query, &[]) {
                Ok(row) => row.get::<_, Option<i64>>(0).unwrap_or(0),
                // the server starts anew, and the reader with it
                Err(error) if is_away(&error) => {
                    client = connected(connect);
                    continue;
                }
                Err(error) => return Some(format!("{query}: {error:?}")),
            };
            if found < *most {
                return Some(format!("{query}: {found} after {most}"));
            }
            *most = found;
            reads.fetch_add(1, Ordering::Relaxed);
        }
        thread::sleep(Duration::from_millis(1));
    }
    None
}

/// The connection, or the server behind it, is gone.
fn is_away(error: &postgres::Error) -> bool {
    error.is_closed() || error.code().is_none_or(|code| code.code().starts_with("57P0"))
}

type Connector = dyn Fn() -> Result<Client, postgres::Error>;

/// Until the server takes connections again.
fn connected(connect: &Connector) -> Client {
    let begun = Instant::now();
    loop {
        match connect() {
            Ok(client) => return client,
            Err(error) => assert!(begun.elapsed() < Duration::from_mins(1), "{error:?}"),
        }
        thread::sleep(Duration::from_millis(5));
    }
}

struct Field {
    database: Database,
    project: Project,
    client: Client,
    /// Of the test's own, where there can be one: only there processes of the server are killed. It ends last.
    server: Option<Server>,
    events: i64,
    strangers: bool,
    /// All relations and functions after the last build.
    expected: Vec<String>,
    kills: u64,
    /// of the server
    crashes: u64,
}

impl Field {
    fn new() -> Self {
        let server = Server::new("kills", "");
        let mut database = match &server {
            Some(server) => Database::on(Arc::new(server.settings())),
            None => Database::new(),
        };
        let project = Project::new(&database);
        for (path, text, _) in MODELS {
            project.write(path, text);
        }
        project.write("models/properties.yml", PROPERTIES);
        project.write("seeds/names.csv", "id,name\n0,even\n1,odd\n");
        let schema = database.schema.clone();
        let sources = format!(
            "sources:\n  - name: in\n    schema: {schema}\n    tables:\n      - {{name: events, config: {{event_time: at}}}}\n      - {{name: staged}}\n      - {{name: changes}}\n
      - name: loaded\n        config: {{load: {{from: {{files: \"landing/*.csv\"}}}}}}\n        columns: [{{name: id, data_type: bigint}}]\n"
        );
        project.write("models/sources.yml", &sources);
        project.write(
            "dbt_project.yml",
            "name: shop\nprofile: shop\nseeds: {+indexes: [{columns: [id], unique: true}]}\n",
        );
        let profile = fs::read_to_string(project.path().join("profiles.yml")).unwrap();
        let threads = format!("threads: 4\n      application_name: {schema}");
        project.write("profiles.yml", &profile.replace("threads: 1", &threads));
        database.execute(
            "create table events (id bigint primary key, day date, at timestamp); create table staged (id bigint, at timestamp);
             create table changes (id bigint, at timestamp, gone boolean)",
        );
        let client = database.client();
        Self {
            database,
            project,
            client,
            server,
            events: 0,
            strangers: false,
            expected: Vec::new(),
            kills: 0,
            crashes: 0,
        }
    }

    fn arrive(&mut self, count: u64) {
        let count = i64::try_from(count).unwrap();
        let rows = format!(
            "select id, current_date, current_date + id % 86400 * interval '1 second' from generate_series({} + 1, {} + {count}) as id",
            self.events, self.events
        );
        self.client
            .batch_execute(&format!(
                "insert into events {rows}; create temporary table new as select id, at from events where id > {};
                 insert into staged table new; insert into changes select id, at, false from new;
                 insert into changes select -id, at + n * interval '1 second', n = 1 from new, generate_series(0, 1) as n; drop table new",
                self.events
            ))
            .unwrap();
        if count > 0 {
            let rows: Vec<String> =
                (self.events + 1..=self.events + count).map(|id| format!("{id}\n")).collect();
            self.project.write(&format!("landing/{}.csv", self.events), &format!("id\n{}", rows.concat()));
        }
        self.events += count;
    }

    fn start(&self, arguments: &[&str]) -> Child {
        self.project.command(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }

    fn time_of(&self, arguments: &[&str]) -> Duration {
        let begun = Instant::now();
        self.project.run_ok(arguments);
        begun.elapsed()
    }

    /// A run of a random kind that does not live to its end, or just does.
    fn kill_one(&mut self, draw: &mut Draw, [of_build, of_load]: [Duration; 2]) {
        let arguments: &[&str] = match draw.below(7) {
            0 => &["build", "--full-refresh", "--exclude", "appended", "kept", "kept_by_time"],
            1 => &["run", "--select", "built"],
            2 => &["run", "--select", "stored", "stored_more"],
            3 => &["run"],
            4 => &["load"],
            _ => &["build"],
        };
        let usual = if arguments == ["load"] { of_load } else { of_build };
        let kind = self.kills % 4;
        self.kills += 1;
        if kind == 1 && self.server.is_some() {
            self.kill_a_server_process(draw, arguments, usual);
            self.settle();
            return;
        }
        let mut run = self.start_for(draw, arguments, usual);
        if kind == 3 {
            // of its sessions, one or all
            let one = if draw.below(2) == 0 { "limit 1" } else { "" };
            let sql = format!(
                "select count(pg_terminate_backend(pid)) from (select pid from pg_stat_activity where application_name = '{}' order by random() {one}) as session",
                self.database.schema
            );
            self.client.query_one(&sql, &[]).unwrap();
            run.wait().unwrap();
        } else {
            run.kill().unwrap();
            run.wait().unwrap();
        }
        self.settle();
    }

    /// A run at any of its moments, or just after its end.
    fn start_for(&self, draw: &mut Draw, arguments: &[&str], usual: Duration) -> Child {
        let run = self.start(arguments);
        let microseconds = u64::try_from(usual.as_micros()).unwrap().max(1);
        thread::sleep(Duration::from_micros(microseconds / 20 + draw.below(microseconds)));
        run
    }

    /// One that works for the run. A run that had ended by then is played again and is met earlier, so that the server
    /// starts anew each time, however fast the machine is now.
    fn kill_a_server_process(&mut self, draw: &mut Draw, arguments: &[&str], mut usual: Duration) {
        loop {
            let mut run = self.start_for(draw, arguments, usual);
            let killed = self.kill_session_of(&mut run);
            run.wait().unwrap();
            if killed {
                self.crashes += 1;
                self.client = connected(&self.database.connector());
                return;
            }
            usual /= 2;
        }
    }

    /// As soon as there is one; false where the run ended before.
    fn kill_session_of(&mut self, run: &mut Child) -> bool {
        let sql = "select pid from pg_stat_activity where application_name = $1 order by random() limit 1";
        while run.try_wait().unwrap().is_none() {
            if let Some(session) = self.client.query_opt(sql, &[&self.database.schema]).unwrap() {
                let pid: i32 = session.get(0);
                // it may have ended by itself
                return Command::new("kill").args(["-9", &pid.to_string()]).status().unwrap().success();
            }
            thread::sleep(Duration::from_millis(2));
        }
        false
    }

    /// The server ends what a killed process began.
    fn settle(&mut self) {
        let deadline = Instant::now() + Duration::from_secs(20);
        let sql = "select count(*) from pg_stat_activity where application_name = $1";
        while self.client.query_one(sql, &[&self.database.schema]).unwrap().get::<_, i64>(0) > 0 {
            assert!(Instant::now() < deadline, "sessions of a process that is gone are still there");
            thread::sleep(Duration::from_millis(2));
        }
    }

    /// Of the schema and those beside it; a day of a native mart has a partition.
    fn relations(&mut self) -> Vec<String> {
        let sql = "select kind || ' ' || nspname || '.' || name from (
               select relkind::text as kind, relnamespace as schema, relname::text as name from pg_class where relkind not in ('i', 'I', 't') and not relispartition
               union all select 'function', pronamespace, proname::text from pg_proc
             ) as found join pg_namespace as namespace on namespace.oid = schema
             where nspname::text like current_schema() || '%' order by 1";
        self.client.query(sql, &[]).unwrap().iter().map(|row| row.get(0)).collect()
    }

    /// For whoever waits for a thousand.
    fn report(&self, kills: u64, reads: usize) {
        if std::env::var_os("RSDBT_KILLS").is_some() {
            let crashes = self.crashes;
            let line = format!("{kills} kills, {crashes} of them of the server's processes; {reads} reads");
            let _ = writeln!(std::io::stderr(), "{line}");
        }
    }

    fn build_and_check(&mut self, seed: u64) {
        let loaded = self.project.run(&["load"]);
        assert_eq!(loaded.status, 0, "seed {seed}: {}", loaded.text);
        let output = self.project.run(&["build"]);
        assert_eq!(output.status, 0, "seed {seed}: {}", output.text);
        let queries = MODELS.iter().map(|model| (model.0, model.2)).filter(|(_, query)| !query.is_empty());
        for (path, query) in queries.chain([("a load", LOADED)]) {
            let found: Option<i64> = self.client.query_one(query, &[]).unwrap().get(0);
            assert_eq!(found, Some(self.events), "seed {seed}: {path}\n{}", output.text);
        }
        let keys = "select count(*) from pg_constraint where conrelid = to_regclass('strange_child') and contype = 'f' and convalidated";
        let keys: i64 = self.client.query_one(keys, &[]).unwrap().get(0);
        let expected = if self.strangers { 2 } else { 0 };
        assert_eq!(keys, expected, "seed {seed}: foreign keys of others");
        let mut number = |sql: &str| self.client.query_one(sql, &[]).unwrap().get::<_, i64>(0);
        for table in ["appended", "overwritten", "all_partitions", "mirrored", "loaded"] {
            let twice = format!("select count(*) - count(distinct id) from {table}");
            assert_eq!(number(&twice), 0, "seed {seed}: {table}");
        }
        assert_eq!(number("select count(*) from staged"), 0, "seed {seed}");
        assert_eq!(number("select count(*) from changes"), 0, "seed {seed}");
        assert_eq!(number("select count(*) from mirrored__tombstones"), self.events, "seed {seed}");
        let relations = self.relations();
        if self.strangers {
            assert_eq!(relations, self.expected, "seed {seed}: nothing is left, and nothing is gone");
        }
        self.expected = relations;
    }
}
