//! Bad weather: readers at work, runs that are killed, sessions that end, runs at the same time.

use std::io::{BufRead as _, BufReader};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rsdbt::inside::adapter::{Begin, Cell, Connection, Fetch};

use crate::support::{Database, Project, wait_until};

const TABLE: &str =
    "{{ config(materialized='table') }}\nselect generate_series(1, 1000) as id, now() as at\n";

/// Reads in a loop until it is told to stop; the number of reads, and the first error or empty answer.
fn read_on(database: &Database, sql: &str, stop: &AtomicBool, reads: &AtomicUsize) -> Option<String> {
    let mut connection = Connection::open(&database.settings).unwrap();
    while !stop.load(Ordering::Relaxed) {
        let answer = connection.execute(sql, Begin::No, Fetch::All);
        let rows = match answer {
            Ok((_, rows)) => rows.unwrap_or_default().rows,
            Err(error) => return Some(error.message.clone()),
        };
        if rows != [[Cell::Int(1000)]] {
            return Some(format!("{rows:?}"));
        }
        let _ = connection.execute("commit", Begin::No, Fetch::Nothing);
        reads.fetch_add(1, Ordering::Relaxed);
    }
    None
}

#[test]
fn a_reader_never_sees_a_table_missing_or_empty() {
    let mut database = Database::new();
    let project = Project::new(&database);
    project.write("models/orders.sql", TABLE);
    project.run_ok(&["run"]);
    let schema = database.schema.clone();
    database.execute("create view seen as select id from orders");
    let stop = AtomicBool::new(false);
    let reads = AtomicUsize::new(0);
    thread::scope(|scope| {
        let table = format!("select count(*) from {schema}.orders");
        let view = format!("select count(*) from {schema}.seen");
        let readers = [table, view].map(|sql| {
            let (database, stop, reads) = (&database, &stop, &reads);
            scope.spawn(move || read_on(database, &sql, stop, reads))
        });
        for _ in 0..200 {
            project.run_ok(&["run"]);
        }
        stop.store(true, Ordering::Relaxed);
        for reader in readers {
            assert_eq!(reader.join().unwrap(), None);
        }
    });
    assert!(reads.into_inner() > 200, "the readers were at work");
}

/// Every kind of relation, each from the one before.
const KINDS: [(&str, &str); 6] = [
    (
        "models/built.sql",
        "{{ config(materialized='table', indexes=[{'columns': ['id'], 'unique': true}]) }}
select number.id, names.name from generate_series(1, 1000) as number (id) join {{ ref('names') }} as names on names.id = number.id % 2",
    ),
    ("models/shown.sql", "select * from {{ ref('built') }}"),
    ("models/stored.sql", "{{ config(materialized='materialized_view') }} select * from {{ ref('shown') }}"),
    (
        "models/merged.sql",
        "{{ config(materialized='incremental', unique_key='id') }} select * from {{ ref('shown') }}",
    ),
    (
        "models/by_day.sql",
        "{{ config(materialized='incremental', incremental_strategy='partition_overwrite', partitioned=true,
    partition_by={'field': 'day', 'granularity': 'day'}) }}
select date '2024-01-01' + id % 5 as day, count(*) as n from {{ ref('merged') }} group by 1",
    ),
    (
        "snapshots/kept.sql",
        "{% snapshot kept %}{{ config(unique_key='id', strategy='check', check_cols='all') }}
select * from {{ ref('merged') }}{% endsnapshot %}",
    ),
];

#[test]
fn a_killed_run_leaves_nothing_behind() {
    let mut database = Database::new();
    let project = Project::new(&database);
    for (path, sql) in KINDS {
        project.write(path, sql);
    }
    project.write("seeds/names.csv", "id,name\n0,even\n1,odd\n");
    project.run_ok(&["build"]);
    let kinds: [&[&str]; 2] =
        [&["build", "--log-level", "debug"], &["build", "--full-refresh", "--log-level", "debug"]];
    // each statement is announced by a line before it is sent
    let usual = kinds.map(|arguments| project.run(arguments).text.lines().count());
    let mut killed = 0;
    for round in 0..100 {
        let kind = usize::from(round % 3 == 0);
        let mut run =
            project.command(kinds[kind]).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let said = BufReader::new(run.stdout.take().unwrap());
        let lines = usual[kind] * round / 100;
        assert!(said.lines().take(lines).all(|line| line.is_ok()));
        run.kill().unwrap();
        killed += usize::from(run.wait().unwrap().signal() == Some(9));
    }
    assert!(killed > 50, "{killed} of 100 were killed before their end");
    project.run_ok(&["build"]);
    let left = "select relname::text from pg_class where relnamespace = current_schema()::regnamespace
        and relname like '%\\_\\_dbt\\_%'";
    assert_eq!(database.query(left).unwrap().rows, [] as [Vec<Cell>; 0]);
    let right = "select (select count(*) from names), (select count(*) from built), (select count(*) from stored),
        (select count(*) from merged), (select sum(n)::bigint from by_day), (select count(*) from by_day), (select count(*) from kept)";
    let counts = [2, 1000, 1000, 1000, 1000, 5, 1000].map(Cell::Int);
    assert_eq!(database.query(right).unwrap().rows, [counts]);
}

#[test]
fn an_interrupted_operation_is_told_from_a_failed_one() {
    let mut database = Database::new();
    let project = Project::new(&database);
    let schema = database.schema.clone();
    let nap = format!("select '{schema}' as napper, pg_sleep(60)");
    project.write(
        "macros/nap.sql",
        &format!("{{% macro nap() %}}{{% do run_query(\"{nap}\") %}}{{% endmacro %}}"),
    );
    let mut operation = project
        .hearing(&["run-operation", "nap"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let naps = format!(
        "select count(*) from pg_stat_activity where query like '%{schema}%' and query like '%pg_sleep%' and pid <> pg_backend_pid()"
    );
    wait_until("the operation begins", || database.query(&naps).unwrap().rows[0][0] != Cell::Int(0));
    let interrupt = std::process::Command::new("kill").arg("-INT").arg(operation.id().to_string()).status();
    assert!(interrupt.unwrap().success());
    assert_eq!(operation.wait().unwrap().code(), Some(2));
}

#[test]
fn two_runs_at_once_on_one_schema_end_well() {
    let mut database = Database::new();
    let project = Project::new(&database);
    for number in 0..6 {
        project.write(&format!("models/t{number}.sql"), TABLE);
        project
            .write(&format!("models/v{number}.sql"), &format!("select id from {{{{ ref('t{number}') }}}}"));
    }
    project.run_ok(&["run"]);
    thread::scope(|scope| {
        let runs: Vec<_> = (0..2)
            .map(|number| {
                let target = format!("target{number}");
                let logs = format!("logs{number}");
                let project = &project;
                scope.spawn(move || {
                    for _ in 0..5 {
                        project.run_ok(&["--log-path", &logs, "run", "--target-path", &target]);
                    }
                })
            })
            .collect();
        for run in runs {
            run.join().unwrap();
        }
    });
    assert_eq!(database.query("select count(*) from v5").unwrap().rows, [[Cell::Int(1000)]]);
}

/// A run that has lost its lock goes on until it commits, and the next one comes to its table meanwhile: whoever waits for the other
/// keeps it from nothing, so that they cannot wait for each other.
#[test]
fn who_waits_for_another_merge_has_locked_nothing() {
    let models = [
        "incremental_strategy='partition_overwrite', partitioned=true, partition_by={'field': 'day', 'granularity': 'day'}",
        "incremental_strategy='merge_upsert', unique_key='id', updated_at='day'",
    ];
    for config in models {
        let mut database = Database::new();
        let project = Project::new(&database);
        let schema = database.schema.clone();
        let gate = format!("hashtextextended('gate of {schema}', 0)");
        project.write(
            "models/m.sql",
            &format!("{{{{ config(materialized='incremental', {config}) }}}} select 1 as id, date '2024-05-01' as day where (select pg_advisory_xact_lock_shared({gate}) is not null)"),
        );
        project.run_ok(&["run"]);
        database.execute(&format!("select pg_advisory_lock({gate})"));
        let run = |number: usize| {
            let [logs, target] = ["logs", "target"].map(|folder| format!("{folder}{number}"));
            let mut command = project.command(&["--log-path", &logs, "run", "--target-path", &target]);
            command.stdout(Stdio::null()).spawn().unwrap()
        };
        // those that wait for a lock of one number, and what they have of the table
        let waiting = format!(
            "select coalesce((select max(mode) from pg_locks as held where held.pid = waits.pid and relation = '{schema}.m'::regclass and mode <> 'AccessShareLock'), 'nothing') \
             from pg_locks as waits join pg_stat_activity using (pid) \
             where locktype = 'advisory' and objsubid = 1 and not granted and query like '%' || $${schema}$$ || '%' and waits.pid <> pg_backend_pid() order by query_start"
        );
        let mut first = run(1);
        wait_until("the first one reads", || database.query(&waiting).unwrap().rows.len() == 1);
        database.execute(&format!(
            "select pg_terminate_backend(pid, 5000) from pg_locks where locktype = 'advisory' and objsubid = 2 and granted \
             and classid::bigint = (hashtext('rsdbt')::bigint & 4294967295) and objid::bigint = (hashtext('{schema}')::bigint & 4294967295)"
        ));
        let mut second = run(2);
        wait_until("the second one waits, too", || database.query(&waiting).unwrap().rows.len() == 2);
        let held = database.query(&waiting).unwrap().rows;
        assert_eq!(held[1], [Cell::Text("nothing".into())], "{config}: {held:?}");
        database.execute(&format!("select pg_advisory_unlock({gate})"));
        assert!(first.wait().unwrap().success() && second.wait().unwrap().success(), "{config}");
        assert_eq!(database.query("select count(*) from m").unwrap().rows, [[Cell::Int(1)]]);
    }
}

#[test]
fn eight_threads_share_dependents_without_a_deadlock() {
    let mut database = Database::new();
    let project = Project::new(&database);
    for number in 0..8 {
        project.write(&format!("models/t{number}.sql"), TABLE);
    }
    project.run_ok(&["run"]);
    for view in 0..6 {
        let parts: Vec<_> = (0..5).map(|part| format!("select id from t{}", (view + part * 3) % 8)).collect();
        database.execute(&format!("create view shared{view} as {}", parts.join(" union all ")));
    }
    database.execute("create view over as select count(*) from shared0 join shared5 using (id)");
    for _ in 0..50 {
        project.run_ok(&["run", "--threads", "8"]);
    }
    assert_eq!(database.query("select count(*) from shared3").unwrap().rows, [[Cell::Int(5000)]]);
}

#[test]
fn long_and_odd_names_are_built() {
    let mut database = Database::new();
    let project = Project::new(&database);
    let long = "a".repeat(60) + "xyz";
    let sql = "{{ config(materialized='table', indexes=[{'columns': ['id']}]) }}\nselect 1 as id, 2 as \"select \"\"x\"\"\"\n";
    project.write(&format!("models/{long}.sql"), sql);
    let sibling = "a".repeat(60) + "xyw";
    project.write(&format!("models/{sibling}.sql"), sql);
    project.run_ok(&["run"]);
    project.run_ok(&["run", "--threads", "2"]);
    let rows = database.query(&format!("select * from {long}")).unwrap();
    assert_eq!(rows.columns[1].name, "select \"x\"");
    let too_long = "b".repeat(80);
    project.write(&format!("models/{too_long}.sql"), sql);
    let output = project.run(&["run"]);
    assert_eq!(output.status, 1);
    assert!(output.text.contains("is longer than 63 characters"), "{}", output.text);
}

#[test]
fn a_terminated_session_is_tried_again_and_five_fail_the_model() {
    let mut database = Database::new();
    let project = Project::new(&database);
    let slow = "{{ config(materialized='table') }}\nselect {{ var('id', 1) }} as id from pg_sleep({{ var('s', 0) }})\n";
    project.write("models/slow.sql", slow);
    project.run_ok(&["run"]);
    let terminate = format!(
        "select pg_terminate_backend(pid, 5000) from pg_stat_activity where query like '%{}%pg_sleep%' and wait_event = 'PgSleep' and pid <> pg_backend_pid()",
        database.schema
    );
    for (times, status, id) in [(1, 0, 2), (5, 1, 2)] {
        let vars = format!("{{s: {}, id: {}}}", if times == 1 { 1 } else { 60 }, times + 1);
        let mut run: Command = project.command(&["run", "--vars", &vars]);
        let child = run.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        for _ in 0..times {
            wait_until("the model is at work", || !database.query(&terminate).unwrap().rows.is_empty());
        }
        let output = child.wait_with_output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(output.status.code(), Some(status), "{text}");
        let attempts = text.matches("; attempt ").count();
        assert_eq!(attempts, times.min(4), "{text}");
        assert_eq!(text.contains("error[57P01]"), times == 5, "{text}");
        assert_eq!(database.query("select id from slow").unwrap().rows, [[Cell::Int(id)]], "{text}");
    }
}

#[test]
fn a_server_that_stops_fails_the_run_at_once_and_the_next_run_is_right() {
    let database = Database::new();
    let project = Project::new(&database);
    project.write(
        "profiles.yml",
        "shop: {target: dev, outputs: {dev: {type: postgres, embedded: true, schema: s, reconnect_timeout: 1}}}",
    );
    project.write("models/fast.sql", "{{ config(materialized='table') }}\nselect 1 as id\n");
    let slow = "{{ config(materialized='table') }}\nselect id from {{ ref('fast') }}, pg_sleep({{ var('seconds', 0) }})\n";
    project.write("models/slow.sql", slow);
    project.run_ok(&["run"]);
    project.run_ok(&["db", "start"]);
    let mut run = Command::new(env!("CARGO_BIN_EXE_rsdbt"))
        .args(["run", "--vars", "{seconds: 60}"])
        .current_dir(&project.root)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let asleep = "select count(*) as n from pg_stat_activity where query like '%pg_sleep(60)%' and pid <> pg_backend_pid()";
    wait_until("the slow model is at work", || {
        project.run(&["show", "--quiet", "--inline", asleep]).text.contains("| 1 |")
    });
    let stopped = Instant::now();
    project.run_ok(&["db", "stop"]);
    assert_eq!(run.wait().unwrap().code(), Some(1));
    assert!(stopped.elapsed() < Duration::from_secs(30), "the run waited for a server that is gone");
    project.run_ok(&["run"]);
    let shown = project.run(&["show", "--quiet", "--inline", "select count(*) as n from s.slow"]);
    assert!(shown.text.contains("| 1 |"), "{}", shown.text);
    let left = project.run(&[
        "show",
        "--quiet",
        "--inline",
        "select relname from pg_class where relname like '%dbt_tmp'",
    ]);
    assert!(!left.text.contains("__dbt_tmp"), "{}", left.text);
}

/// The bundled server has no timers, so this asks a stock one; docs/postgres.md tells users.
#[test]
fn a_query_that_takes_too_long_is_stopped() {
    let database = Database::new();
    let project = Project::new(&database);
    let seconds = if std::env::var_os("RSDBT_TEST_DATABASE_URL").is_some() { 10 } else { 0 };
    let slow = "{{ config(materialized='table', statement_timeout=50) }}\nselect 1 as id from pg_sleep(";
    project.write("models/slow.sql", &format!("{slow}{seconds})"));
    let output = project.run(&["run"]);
    assert_eq!(output.status, i32::from(seconds > 0), "{}", output.text);
    let told = output.text.contains("canceling statement due to statement timeout");
    assert_eq!(told, seconds > 0, "{}", output.text);
}

/// The bundled server has no timers: there the swap gets in line like anyone else.
#[test]
fn a_swap_of_partitions_waits_for_a_long_reader_and_holds_up_no_other() {
    let mut database = Database::new();
    let project = Project::new(&database);
    let config = "materialized='incremental', incremental_strategy='partition_overwrite', partitioned=true, partition_by={'field': 'at'}";
    project.write(
        "models/mart.sql",
        &format!("{{{{ config({config}) }}}}\nselect date '2024-01-01' as at, now() as built"),
    );
    project.run_ok(&["run"]);
    let read = format!("select count(*) from {}.mart", database.schema);
    let mut long = Connection::open(&database.settings).unwrap();
    long.execute(&read, Begin::Auto, Fetch::All).unwrap();
    let mut other = Connection::open(&database.settings).unwrap();
    let has_timers = std::env::var_os("RSDBT_TEST_DATABASE_URL").is_some();
    let asks = format!(
        "select 1 from pg_stat_activity where state = 'active' and query like '%{}%' and query like '%lock table%' and pid <> pg_backend_pid()",
        database.schema
    );
    let mut worst = Duration::ZERO;
    thread::scope(|scope| {
        let run = scope.spawn(|| project.run_ok(&["run"]));
        wait_until("the swap asks for its lock", || !database.query(&asks).unwrap().rows.is_empty());
        for _ in 0..if has_timers { 300 } else { 0 } {
            let asked = Instant::now();
            other.execute(&read, Begin::No, Fetch::All).unwrap();
            let _ = other.execute("commit", Begin::No, Fetch::Nothing);
            worst = worst.max(asked.elapsed());
            thread::sleep(Duration::from_millis(5));
        }
        assert!(
            !run.is_finished() && !database.query(&asks).unwrap().rows.is_empty(),
            "the swap still waits"
        );
        long.commit().unwrap();
    });
    assert!(worst < Duration::from_secs(1), "{worst:?}");
}
