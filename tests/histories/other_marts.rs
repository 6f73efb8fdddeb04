//! Marts of the same facts with other periods and time zones, native partitions and other kinds of fields. In the end
//! they must be what a query over all facts gives.

use super::random::Random;

/// What a mart is like in any time zone, `ZONE`.
struct Shape {
    name: &'static str,
    config: &'static str,
    /// up to its condition
    query: &'static str,
    group: &'static str,
    /// Where clocks change, an hour lasts two or none, takes turns with the next one, and a day begins at one o'clock, or twice.
    odd_zones: &'static [&'static str],
}

/// In one of them.
pub(super) struct OtherMart {
    pub(super) name: &'static str,
    zone: String,
    shape: &'static Shape,
}

const SHAPES: [Shape; 8] = [
    Shape {
        name: "hourly",
        config: "partition_by={'field': 'minute', 'granularity': 'hour', 'time_zone': 'ZONE'}",
        query: "select date_trunc('minute', created_at) as minute, count(*) as n, sum(revenue) as revenue",
        group: "1",
        odd_zones: &["America/New_York", "Asia/Kolkata"],
    },
    Shape {
        name: "weekly_partitions",
        config: "partition_by={'field': 'at', 'granularity': 'week', 'time_zone': 'ZONE'}, partitioned=true",
        query: "select date_trunc('minute', created_at) at time zone 'UTC' as at, count(*) as n",
        group: "1",
        odd_zones: &["America/New_York"],
    },
    Shape {
        name: "daily",
        config: "partition_by={'field': 'day', 'granularity': 'day', 'time_zone': 'ZONE'}",
        query: "select (created_at at time zone 'UTC' at time zone 'ZONE')::date as day, unit_id, count(*) as n",
        group: "1, 2",
        odd_zones: &["America/Havana"],
    },
    Shape {
        name: "daily_by_local_time",
        config: "partition_by={'field': 'at', 'granularity': 'day', 'time_zone': 'ZONE', 'local': true}",
        query: "select created_at at time zone 'UTC' at time zone 'ZONE' as at, user_id, count(*) as n",
        group: "1, 2",
        odd_zones: &["America/New_York"],
    },
    Shape {
        name: "hourly_by_local_time",
        config: "partition_by={'field': 'at', 'granularity': 'hour', 'time_zone': 'ZONE', 'local': true}",
        query: "select date_trunc('hour', created_at at time zone 'UTC' at time zone 'ZONE') as at, sum(revenue) as revenue",
        group: "1",
        odd_zones: &["Antarctica/Troll", "Australia/Lord_Howe"],
    },
    Shape {
        name: "hourly_in_utc",
        config: "partition_by={'field': 'at', 'granularity': 'hour', 'time_zone': 'ZONE'}",
        query: "select date_trunc('minute', created_at) as at, unit_id, count(*) as n",
        group: "1, 2",
        odd_zones: &["Antarctica/Troll"],
    },
    Shape {
        name: "weekly",
        config: "partition_by={'field': 'week', 'granularity': 'week', 'time_zone': 'ZONE'}",
        query: "select date_trunc('week', created_at at time zone 'UTC' at time zone 'ZONE')::date as week,
            lineitem_id, sum(revenue) as revenue",
        group: "1, 2",
        odd_zones: &["Asia/Kolkata"],
    },
    Shape {
        name: "monthly_partitions",
        config: "partition_by={'field': 'month', 'granularity': 'month', 'time_zone': 'ZONE'}, partitioned=true, lookback=1",
        query: "select date_trunc('month', created_at at time zone 'UTC' at time zone 'ZONE')::date as month, count(*) as n",
        group: "1",
        odd_zones: &["Asia/Seoul"],
    },
];

impl OtherMart {
    /// Half of them in an odd zone, the others in any of those that the server knows.
    pub(super) fn draw(random: &mut Random, zones: &[String]) -> Self {
        let shape = random.pick(&SHAPES);
        let (is_odd, odd) = (random.one_in(2), *random.pick(shape.odd_zones));
        let any = random.pick(zones);
        Self { name: shape.name, zone: if is_odd { odd.to_owned() } else { any.clone() }, shape }
    }

    fn query(&self) -> String {
        self.shape.query.replace("ZONE", &self.zone)
    }

    pub(super) fn model(&self) -> String {
        let (config, query, group) =
            (self.shape.config.replace("ZONE", &self.zone), self.query(), self.shape.group);
        format!(
            "{{{{ config(materialized='incremental', incremental_strategy='partition_overwrite', dirty=true, {config}) }}}}
            {query} from {{{{ source('ad', 'ad_click') }}}} where {{{{ in_partitions('created_at') }}}} group by {group}"
        )
    }

    /// How many rows are in the mart or in the facts, and not in the other.
    pub(super) fn differences(&self, schema: &str, arriving: &str) -> String {
        let (name, query, group) = (self.name, self.query(), self.shape.group);
        let all = format!("{query} from {arriving}.ad_click where created_at is not null group by {group}");
        format!(
            "select count(*) from ((table {schema}.{name} except all {all}) union all ({all} except all table {schema}.{name})) as differences"
        )
    }

    /// For a message.
    pub(super) fn said(&self) -> String {
        format!("{} ({})", self.name, self.zone)
    }
}
