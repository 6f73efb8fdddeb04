//! Thousands of periods that lie apart: what a run costs must grow as their number does.

use std::time::{Duration, Instant};

use crate::support::{Database, Project};

const HOURS: u32 = 4_000;

/// Where every pair of periods is compared, a run takes many minutes.
const PATIENCE: Duration = Duration::from_secs(100);

fn is_right_in_time(config: &str, event_type: &str, hours: u32) {
    let mut database = Database::new();
    let schema = database.schema.clone();
    let project = Project::new(&database);
    project.declare_facts(&schema);
    let query = "select at as hour, count(*) as n, sum(v) as v from";
    project.write(
        "models/hourly.sql",
        &format!(
            "{{{{ config(materialized='incremental', incremental_strategy='partition_overwrite', {config}) }}}}
             {query} {{{{ source('s', 'f') }}}} where {{{{ in_partitions('at') }}}} group by 1"
        ),
    );
    // every other period, with rows at both of its edges
    database.execute(&format!(
        "create table f as select (timestamptz '2020-01-01 00:00+00' + n * interval '2 hours' + edge)::{event_type} as at, 1 as v
         from generate_series(1, {hours}) as n, unnest(array[interval '0', '1 hour -1 microsecond']) as edge"
    ));
    let mut client = database.client();
    let differences = format!(
        "select count(*) from ((table hourly except all {query} f group by 1) union all ({query} f group by 1 except all table hourly)) as d"
    );
    for change in [
        "",
        "update f set v = v + 1",
        "delete from f where v < 0",
        "update f set v = 7 where at < '2020-01-05'",
    ] {
        if !change.is_empty() {
            database.execute(change);
        }
        let begun = Instant::now();
        project.run_ok(&["run"]);
        assert!(begun.elapsed() < PATIENCE, "{change}: {:?}", begun.elapsed());
        let differing: i64 = client.query_one(&differences, &[]).unwrap().get(0);
        assert_eq!(differing, 0, "{change}");
    }
}

#[test]
fn thousands_of_changed_hours_take_seconds() {
    is_right_in_time(
        "dirty=true, partition_by={'field': 'hour', 'granularity': 'hour', 'time_zone': 'America/New_York'}",
        "timestamptz",
        HOURS,
    );
}

#[test]
fn thousands_of_changed_hours_by_local_time_are_right() {
    is_right_in_time(
        "dirty=true, partition_by={'field': 'hour', 'granularity': 'hour', 'time_zone': 'UTC', 'local': true}",
        "timestamp",
        500,
    );
}

#[test]
fn hundreds_of_changed_native_partitions_are_right() {
    is_right_in_time(
        "dirty=true, partitioned=true, partition_by={'field': 'hour', 'granularity': 'hour'}",
        "timestamp",
        80,
    );
}
