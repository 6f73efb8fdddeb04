//! Marts of the same facts with other periods and time zones, native partitions and other kinds of fields. In the end
//! they must be what a query over all facts gives.

/// Where clocks change, an hour lasts two or none, takes turns with the next one, and a day begins at one o'clock, or twice.
pub(super) struct OtherMart {
    pub(super) name: &'static str,
    config: &'static str,
    /// up to its condition
    query: &'static str,
    group: &'static str,
}

pub(super) const OTHER_MARTS: [OtherMart; 9] = [
    OtherMart {
        name: "hourly",
        config: "partition_by={'field': 'hour', 'granularity': 'hour', 'time_zone': 'America/New_York'}",
        query: "select date_trunc('hour', created_at) as hour, count(*) as n, sum(revenue) as revenue",
        group: "1",
    },
    OtherMart {
        name: "weekly_partitions",
        config: "partition_by={'field': 'at', 'granularity': 'week', 'time_zone': 'America/New_York'}, partitioned=true",
        query: "select date_trunc('hour', created_at) at time zone 'UTC' as at, count(*) as n",
        group: "1",
    },
    OtherMart {
        name: "daily_in_havana",
        config: "partition_by={'field': 'day', 'granularity': 'day', 'time_zone': 'America/Havana'}",
        query: "select (created_at at time zone 'UTC' at time zone 'America/Havana')::date as day, unit_id, count(*) as n",
        group: "1, 2",
    },
    OtherMart {
        name: "daily_by_local_time",
        config: "partition_by={'field': 'at', 'granularity': 'day', 'time_zone': 'America/New_York', 'local': true}",
        query: "select created_at at time zone 'UTC' at time zone 'America/New_York' as at, user_id, count(*) as n",
        group: "1, 2",
    },
    OtherMart {
        name: "hourly_at_troll",
        config: "partition_by={'field': 'at', 'granularity': 'hour', 'time_zone': 'Antarctica/Troll', 'local': true}",
        query: "select date_trunc('hour', created_at at time zone 'UTC' at time zone 'Antarctica/Troll') as at, count(*) as n",
        group: "1",
    },
    OtherMart {
        name: "hourly_in_utc_at_troll",
        config: "partition_by={'field': 'at', 'granularity': 'hour', 'time_zone': 'Antarctica/Troll'}",
        query: "select date_trunc('hour', created_at) as at, unit_id, count(*) as n",
        group: "1, 2",
    },
    OtherMart {
        name: "hourly_on_lord_howe",
        config: "partition_by={'field': 'at', 'granularity': 'hour', 'time_zone': 'Australia/Lord_Howe', 'local': true}",
        query: "select date_trunc('hour', created_at at time zone 'UTC' at time zone 'Australia/Lord_Howe') as at, sum(revenue) as revenue",
        group: "1",
    },
    OtherMart {
        name: "weekly",
        config: "partition_by={'field': 'week', 'granularity': 'week', 'time_zone': 'Asia/Kolkata'}",
        query: "select date_trunc('week', created_at at time zone 'UTC' at time zone 'Asia/Kolkata')::date as week,
            lineitem_id, sum(revenue) as revenue",
        group: "1, 2",
    },
    OtherMart {
        name: "monthly_partitions",
        config: "partition_by={'field': 'month', 'granularity': 'month', 'time_zone': 'Asia/Seoul'}, partitioned=true, lookback=1",
        query: "select date_trunc('month', created_at at time zone 'UTC' at time zone 'Asia/Seoul')::date as month, count(*) as n",
        group: "1",
    },
];

impl OtherMart {
    pub(super) fn model(&self) -> String {
        let Self { config, query, group, .. } = self;
        format!(
            "{{{{ config(materialized='incremental', incremental_strategy='partition_overwrite', dirty=true, {config}) }}}}
            {query} from {{{{ source('ad', 'ad_click') }}}} where {{{{ in_partitions('created_at') }}}} group by {group}"
        )
    }

    /// How many rows are in the mart or in the facts, and not in the other.
    pub(super) fn differences(&self, schema: &str, arriving: &str) -> String {
        let Self { name, query, group, .. } = self;
        let all = format!("{query} from {arriving}.ad_click where created_at is not null group by {group}");
        format!(
            "select count(*) from ((table {schema}.{name} except all {all}) union all ({all} except all table {schema}.{name})) as differences"
        )
    }
}
