//! Materialized views whose parent is rebuilt in the same run: readers find them and their rows all the time, whether the run succeeds, their
//! own rebuild fails, or the run is killed between the two. The next run leaves nothing of the old parent behind.

use std::process::Stdio;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use postgres::Client;
use rsdbt::inside::adapter::Cell;

use crate::support::{Database, Project};

const MODELS: [(&str, &str); 5] = [
    (
        "parent",
        "{{ config(materialized='table') }} select id, {{ var('n') }} as n from generate_series(1, 1000) as id",
    ),
    // between the parent and its dependents
    (
        "pause",
        "{{ config(materialized='table') }} select 1 as one from {{ ref('parent') }}, pg_sleep({{ var('pause', 0) }}) limit 1",
    ),
    ("between", "select id, n from {{ ref('parent') }}"),
    (
        "stored",
        "{{ config(materialized='materialized_view', indexes=[{'columns': ['id'], 'unique': true}]) }}
-- depends_on: {{ ref('pause') }}
select id, n from {{ ref('between') }} where {{ var('condition', 'true') }}",
    ),
    (
        "stored_more",
        "{{ config(materialized='materialized_view') }} select n, count(*) as rows from {{ ref('stored') }} join {{ ref('parent') }} using (id, n) group by 1",
    ),
];

const READINGS: [&str; 5] = [
    "select count(*) from parent",
    "select count(*) from between",
    "select count(*) from stored",
    "select sum(rows)::bigint from stored_more",
    "select count(*) from strange",
];

const ROUNDS: u64 = 3;

#[derive(Debug, Clone, Copy)]
enum End {
    Success,
    Failure,
    Killed,
}

/// All in a loop; how often, and what was wrong.
fn read(mut client: Client, over: &AtomicBool, reads: &AtomicUsize) -> Result<(), String> {
    while !over.load(Ordering::Relaxed) {
        for query in READINGS {
            let row = client.query_one(query, &[]).map_err(|error| format!("{query}: {error:?}"))?;
            let count: Option<i64> = row.get(0);
            if count != Some(1000) {
                return Err(format!("{query}: {count:?}"));
            }
            reads.fetch_add(1, Ordering::Relaxed);
        }
        thread::sleep(Duration::from_millis(1));
    }
    Ok(())
}

#[test]
fn a_materialized_view_is_there_while_its_parent_is_rebuilt() {
    let mut database = Database::new();
    let project = Project::new(&database);
    for (name, sql) in MODELS {
        project.write(&format!("models/{name}.sql"), sql);
    }
    project.run_ok(&["run", "--vars", "{n: 0}"]);
    database.execute("create materialized view strange as select id from parent");
    let (over, reads) = (AtomicBool::new(false), AtomicUsize::new(0));
    thread::scope(|scope| {
        let client = database.client();
        let reader = scope.spawn(|| read(client, &over, &reads));
        let mut n = 0;
        for _ in 0..ROUNDS {
            for end in [End::Success, End::Failure, End::Killed] {
                n += 1;
                play(&mut database, &project, end, n);
                if reader.is_finished() {
                    break;
                }
                // what it left is ended by the next one
                n += 1;
                project.run_ok(&["run", "--vars", &format!("{{n: {n}}}")]);
                check(&mut database, end, n);
            }
        }
        over.store(true, Ordering::Relaxed);
        assert_eq!(reader.join().unwrap(), Ok(()));
    });
    assert!(reads.into_inner() > 500, "the reader was at work");
}

fn play(database: &mut Database, project: &Project, end: End, n: u64) {
    match end {
        End::Success => project.run_ok(&["run", "--vars", &format!("{{n: {n}}}")]),
        End::Failure => {
            let output =
                project.run(&["run", "--vars", &format!("{{n: {n}, condition: 1 / (id - id) = 0}}")]);
            assert_eq!(output.status, 1, "{}", output.text);
        }
        End::Killed => {
            let vars = format!("{{n: {n}, pause: 60}}");
            let mut command = project.command(&["run", "--vars", &vars]);
            let mut run = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
            let sleeping = format!(
                "select pid::bigint from pg_stat_activity where query like '%{}%pg_sleep(60)%' and wait_event = 'PgSleep'",
                database.schema
            );
            let begun = Instant::now();
            let pid = loop {
                if let [row] = &database.query(&sleeping).unwrap().rows[..] {
                    break row[0].clone();
                }
                assert!(begun.elapsed() < Duration::from_mins(1), "the run does not get to its pause");
                thread::sleep(Duration::from_millis(5));
            };
            run.kill().unwrap();
            run.wait().unwrap();
            let Cell::Int(pid) = pid else { panic!("{pid:?}") };
            database.query(&format!("select pg_terminate_backend({pid}, 10000)")).unwrap();
        }
    }
}

fn check(database: &mut Database, end: End, n: u64) {
    let rows =
        "select (select count(*) from parent where n = {n}), (select count(*) from stored where n = {n}),
        (select sum(rows)::bigint from stored_more where n = {n}), (select count(*) from strange)";
    let found = database.query(&rows.replace("{n}", &n.to_string())).unwrap().rows;
    assert_eq!(found, [[1000; 4].map(Cell::Int)], "{end:?}");
    let left = "select relname::text from pg_class where relnamespace = current_schema()::regnamespace
        and relname like '%\\_\\_dbt\\_%'";
    assert_eq!(database.query(left).unwrap().rows, [] as [Vec<Cell>; 0], "{end:?}");
}
