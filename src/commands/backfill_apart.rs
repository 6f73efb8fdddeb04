//! Which batches of a backfill may be built at the same time: those of which none reads or writes a row of another.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan as _};
use serde_json::Value as Json;

use super::backfill_plan::Models;
use super::session::{ParsedProject, Session};
use crate::adapter::{Cell, Connection, quote_literal};
use crate::diagnostic::Result;
use crate::manifest::{Manifest, Node, mentions};

pub(super) type Batch = [Timestamp; 2];

/// So many batches for each thread come together; then other runs on the same schemas have their turn.
const TURNS: usize = 4;

/// Macros of a project that do the work in another way than ours.
const OURS: [&str; 5] = [
    "get_incremental_append_sql",
    "get_incremental_partition_overwrite_sql",
    "get_insert_into_sql",
    "rsdbt_increment",
    "rsdbt_one_merge_at_a_time",
];

/// Words by which a query, or a macro that it calls, may come to the model's own table.
const OWN_TABLE: [&str; 10] = [
    "this",
    "adapter",
    "api",
    "graph",
    "model",
    "context",
    "load_relation",
    "run_query",
    "statement",
    "high_water",
];

/// A model whose batches are independent of each other.
pub(super) struct Apart {
    reach: Reach,
}

/// What a batch writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// Rows of its own, whatever their times.
    Added,
    /// Whole periods. In a time zone they begin somewhere near those of UTC.
    Periods { granularity: Granularity, is_zoned: bool },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Granularity {
    Hour,
    Day,
    Week,
    Month,
}

impl Apart {
    /// `None` where one batch may matter to another: then they are built in their order.
    pub(super) fn of(session: &Session<'_>, parsed: &ParsedProject, models: &Models) -> Option<Self> {
        let [unique_id] = models.in_parts.as_slice() else { return None };
        let node = parsed.manifest.nodes.get(unique_id)?;
        let materialization = session.engine.find_materialization("incremental", "postgres");
        let is_custom = materialization.is_none_or(|found| found.package != "dbt")
            || OURS.iter().any(|name| session.engine.is_replaced(name));
        if !models.between.is_empty()
            || is_custom
            || has_hooks(node)
            || OWN_TABLE
                .iter()
                .chain([&node.alias.as_str()])
                .any(|word| mentions(&parsed.manifest, node, word))
        {
            return None;
        }
        Some(Self { reach: reach(node)? })
    }

    /// The batches in groups, each of batches that may be built at the same time. The first one may have to create the table.
    pub(super) fn groups(&self, batches: &[Batch], threads: usize) -> Vec<Vec<Batch>> {
        let mut open = batches.to_vec();
        let mut groups: Vec<Vec<Batch>> = Vec::new();
        let most = |groups: &[Vec<Batch>]| if groups.is_empty() || threads < 2 { 1 } else { threads * TURNS };
        while !open.is_empty() {
            let mut group: Vec<Batch> = Vec::new();
            open.retain(|batch| {
                let is_free = group.iter().all(|other| self.are_apart(*batch, *other));
                let is_taken = group.len() < most(&groups) && is_free;
                if is_taken {
                    group.push(*batch);
                }
                !is_taken
            });
            groups.push(group);
        }
        groups
    }

    fn are_apart(&self, one: Batch, other: Batch) -> bool {
        let [one, other] = [one, other].map(|batch| self.cover(batch));
        one[1] <= other[0] || other[1] <= one[0]
    }

    /// All that a batch may write.
    fn cover(&self, [start, end]: Batch) -> Batch {
        let Reach::Periods { granularity, is_zoned } = self.reach else { return [start, end] };
        let slack = SignedDuration::from_hours(if is_zoned { 26 } else { 0 });
        let start = granularity.floor(start.checked_sub(slack).unwrap_or(Timestamp::MIN));
        let end = end.checked_add(slack).unwrap_or(Timestamp::MAX);
        let floor = granularity.floor(end);
        [start, if floor == end { end } else { granularity.following(floor) }]
    }
}

/// Whether something that the model reads reads its table, by views that another project made.
pub(super) fn reads_its_table(home: &mut Connection, manifest: &Manifest, node: &Node) -> Result<bool> {
    let name = |id: &String| {
        let of_node = manifest.nodes.get(id).map(|input| (&input.database, &input.relation_name));
        let of_source = || manifest.sources.get(id).map(|input| (&input.database, &input.relation_name));
        let (database, name) = of_node.or_else(of_source)?;
        // in another database it can read nothing of this one
        name.clone().filter(|_| *database == node.database)
    };
    let inputs: Vec<String> =
        node.depends_on.nodes.iter().filter_map(name).map(|name| quote_literal(&name)).collect();
    let (Some(own), false) = (&node.relation_name, inputs.is_empty()) else { return Ok(false) };
    let sql = format!(
        "with recursive read (oid) as ( \
           select pg_catalog.to_regclass(name)::oid from pg_catalog.unnest(array[{}]) as input (name) \
           union select uses.refobjid from read join pg_catalog.pg_rewrite as rule on rule.ev_class = read.oid \
           join pg_catalog.pg_depend as uses on uses.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass and uses.objid = rule.oid \
             and uses.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass \
         ) select exists (select from read where oid = pg_catalog.to_regclass({}))",
        inputs.join(", "),
        quote_literal(own)
    );
    let rows = home.query(&sql, &[])?.rows;
    Ok(rows.first().and_then(|row| row.first()) == Some(&Cell::Bool(true)))
}

/// Statements that a project adds may touch rows of other batches.
fn has_hooks(node: &Node) -> bool {
    let is_there = |hooks: &Json| hooks.as_array().is_none_or(|hooks| !hooks.is_empty());
    ["pre-hook", "post-hook"].iter().any(|key| node.config.get(*key).is_some_and(is_there))
}

fn reach(node: &Node) -> Option<Reach> {
    let config =
        |key: &str| node.config.get(key).filter(|value| !matches!(value, Json::Null | Json::Bool(false)));
    match config("incremental_strategy")?.as_str()? {
        "append" => Some(Reach::Added),
        "partition_overwrite" => {
            // periods beside those of the batch, or statements that others must not meet
            let more = ["dirty", "restate", "partitioned", "retention"];
            if more.iter().any(|key| config(key).is_some()) || is_written(node, "lookback") {
                return None;
            }
            let partition = config("partition_by")?.as_object()?;
            let granularity = match partition.get("granularity").and_then(Json::as_str).unwrap_or("day") {
                "hour" => Granularity::Hour,
                "day" => Granularity::Day,
                "week" => Granularity::Week,
                "month" => Granularity::Month,
                _ => return None,
            };
            let zone = partition.get("time_zone").and_then(Json::as_str);
            Some(Reach::Periods { granularity, is_zoned: zone.is_some_and(|zone| zone != "UTC") })
        }
        _ => None,
    }
}

/// Every model has a `lookback`, for batches of dbt's; this one is the project's own.
fn is_written(node: &Node, key: &str) -> bool {
    let written = serde_json::to_value(&node.unrendered_config).unwrap_or_default();
    written.get(key).is_some_and(|value| !value.is_null())
}

impl Granularity {
    /// The beginning of the period of UTC.
    fn floor(self, at: Timestamp) -> Timestamp {
        let local = TimeZone::UTC.to_datetime(at);
        let day = local.date();
        let begin = match self {
            Self::Hour => day.at(local.hour(), 0, 0, 0),
            Self::Day => day.at(0, 0, 0, 0),
            Self::Week => monday(day).at(0, 0, 0, 0),
            Self::Month => day.first_of_month().at(0, 0, 0, 0),
        };
        begin.to_zoned(TimeZone::UTC).map_or(Timestamp::MIN, |begin| begin.timestamp())
    }

    fn following(self, begin: Timestamp) -> Timestamp {
        let length = match self {
            Self::Hour => 1.hour(),
            Self::Day => 1.day(),
            Self::Week => 1.week(),
            Self::Month => 1.month(),
        };
        let begin = begin.to_zoned(TimeZone::UTC);
        begin.checked_add(length).map_or(Timestamp::MAX, |end| end.timestamp())
    }
}

fn monday(day: Date) -> Date {
    day.checked_sub(i64::from(day.weekday().to_monday_zero_offset()).days()).unwrap_or(Date::MIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(range: std::ops::Range<i64>) -> Vec<Batch> {
        let at = |day: i64| Timestamp::from_second(day * 86_400).unwrap();
        range.map(|day| [at(day), at(day + 1)]).collect()
    }

    fn sizes(reach: Reach, batches: &[Batch], threads: usize) -> Vec<usize> {
        let groups = Apart { reach }.groups(batches, threads);
        let mut all: Vec<Batch> = groups.iter().flatten().copied().collect();
        all.sort_unstable();
        assert_eq!(all, batches, "each batch once");
        groups.iter().map(Vec::len).collect()
    }

    #[test]
    fn batches_that_share_a_period_are_built_one_after_the_other() {
        let periods = |granularity, is_zoned| Reach::Periods { granularity, is_zoned };
        assert_eq!(sizes(Reach::Added, &days(0..10), 2), [1, 8, 1]);
        assert_eq!(sizes(Reach::Added, &days(0..3), 1), [1, 1, 1]);
        assert_eq!(sizes(periods(Granularity::Day, false), &days(0..10), 4), [1, 9]);
        // 1970-01-05 is a Monday
        assert_eq!(sizes(periods(Granularity::Week, false), &days(4..11), 4), [1; 7]);
        assert_eq!(sizes(periods(Granularity::Week, false), &days(0..12), 4), [1, 3, 2, 2, 1, 1, 1, 1]);
        let zoned = Apart { reach: periods(Granularity::Day, true) };
        for group in zoned.groups(&days(0..30), 4) {
            for pair in group.windows(2) {
                assert!(pair[1][0] > pair[0][1], "neighbours may share a day: {group:?}");
            }
        }
    }

    #[test]
    fn a_part_of_a_period_counts_as_all_of_it() {
        let apart = Apart { reach: Reach::Periods { granularity: Granularity::Month, is_zoned: false } };
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let cover = apart.cover([at("2024-02-10T00:00:00Z"), at("2024-02-20T12:00:00Z")]);
        assert_eq!(cover, [at("2024-02-01T00:00:00Z"), at("2024-03-01T00:00:00Z")]);
    }
}
