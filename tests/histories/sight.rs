//! What the database shows between two rounds, read by a client that shares no code with the product.

use std::collections::BTreeMap;

use postgres::error::SqlState;
use postgres::{Client, SimpleQueryMessage, SimpleQueryRow};

use super::change_log::{LOGS, Log, Row};
use super::facts::{Day, DayMeasures, Measures};
use super::history::History;

/// `written_by` is the transaction that wrote the row: a day that was built again has another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct MartRow {
    pub(super) lineitem: i64,
    pub(super) unit: i64,
    pub(super) measures: Measures,
    pub(super) revenue_type: String,
    pub(super) unit_type: String,
    written_by: String,
}

/// Of one history.
#[derive(Debug, Clone, Default)]
pub(super) struct Seen {
    pub(super) staged: [Vec<Row>; 3],
    pub(super) merged: [Vec<Row>; 3],
    pub(super) mart: BTreeMap<Day, Vec<MartRow>>,
}

pub(super) struct Sight {
    pub(super) mart_is_built: bool,
    pub(super) all_is_built: bool,
    pub(super) histories: BTreeMap<i64, Seen>,
}

pub(super) const MART: &str = "m1_d_ad_mart_metrics";

const MEASURES: &str = "data_at - date '1970-01-01', lineitem_id, unit_id, impression_count, click_count, \
    (revenue_sum * 1000000000)::bigint";

impl Sight {
    /// `others`: models that are to be there before all is built.
    pub(super) fn take(client: &mut Client, arriving: &str, others: &[&str]) -> Self {
        let exists = |client: &mut Client, name: &str| {
            let rows = rows(client, &format!("select 1 where to_regclass('{name}') is not null")).unwrap();
            !rows.is_empty()
        };
        let mart_is_built = exists(client, MART);
        let all_is_built = mart_is_built && others.iter().all(|name| exists(client, name));
        let mut sight = Self { mart_is_built, all_is_built, histories: BTreeMap::new() };
        for log in LOGS {
            let (model, number) = (log.model(), log as usize);
            for (history, row) in log_rows(client, log, &format!("{arriving}.{model}_staging")) {
                sight.histories.entry(history).or_default().staged[number].push(row);
            }
            if exists(client, model) {
                for (history, row) in log_rows(client, log, model) {
                    sight.histories.entry(history).or_default().merged[number].push(row);
                }
            } else {
                sight.all_is_built = false;
            }
        }
        if mart_is_built {
            let sql = format!("select {MEASURES}, revenue_type, unit_type, xmin from {MART}");
            for row in rows(client, &sql).unwrap() {
                let (day, (lineitem, unit), measures) = measured(&row);
                let text = |column| row.get(column).unwrap().to_owned();
                let seen = sight.histories.entry(History::of_day(day)).or_default();
                seen.mart.entry(day).or_default().push(MartRow {
                    lineitem,
                    unit,
                    measures,
                    revenue_type: text(6),
                    unit_type: text(7),
                    written_by: text(8),
                });
            }
        }
        sight
    }

    pub(super) fn of(&self, history: i64) -> Seen {
        self.histories.get(&history).cloned().unwrap_or_default()
    }
}

/// All days of the mart in one statement, as a dashboard reads them; none while it has never been built.
pub(super) fn glance_at_mart(client: &mut Client) -> Result<Option<BTreeMap<Day, DayMeasures>>, String> {
    let found = match rows(client, &format!("select {MEASURES} from {MART}")) {
        Ok(found) => found,
        Err(error) if error.code() == Some(&SqlState::UNDEFINED_TABLE) => return Ok(None),
        Err(error) => return Err(format!("a reader of the mart was refused: {error}")),
    };
    let mut days: BTreeMap<Day, DayMeasures> = BTreeMap::new();
    for row in found {
        let (day, key, measures) = measured(&row);
        if days.entry(day).or_default().insert(key, measures).is_some() {
            return Err(format!("a reader saw two rows of {key:?} on day {day}"));
        }
    }
    Ok(Some(days))
}

fn rows(client: &mut Client, sql: &str) -> Result<Vec<SimpleQueryRow>, postgres::Error> {
    let messages = client.simple_query(sql)?;
    let row = |message| if let SimpleQueryMessage::Row(row) = message { Some(row) } else { None };
    Ok(messages.into_iter().filter_map(row).collect())
}

fn number(row: &SimpleQueryRow, column: usize) -> Option<i64> {
    row.get(column).map(|text| text.parse().unwrap())
}

fn measured(row: &SimpleQueryRow) -> (Day, (i64, i64), Measures) {
    let number = |column| number(row, column);
    let measures =
        Measures { impressions: number(3).unwrap(), clicks: number(4).unwrap(), revenue: number(5) };
    (number(0).unwrap(), (number(1).unwrap(), number(2).unwrap()), measures)
}

pub(super) fn has_note(client: &mut Client, table: &str) -> bool {
    let sql = format!(
        "select from pg_attribute where attrelid = to_regclass('{table}') and attname = 'note' and not attisdropped"
    );
    !rows(client, &sql).unwrap().is_empty()
}

/// With the history that each row belongs to; rows without a key belong to none.
fn log_rows(client: &mut Client, log: Log, table: &str) -> Vec<(i64, Row)> {
    let with_note = has_note(client, table);
    let sql =
        format!("select {} from {table} where {} is not null", log.columns(with_note), log.key_column());
    let row = |row: &SimpleQueryRow| Row {
        key: (number(row, 0).unwrap(), number(row, 4).unwrap()),
        value: row.get(1).unwrap().to_owned(),
        moment: number(row, 2),
        serial: number(row, 3).unwrap(),
        position: number(row, 5),
        note: number(row, 6),
    };
    let rows = rows(client, &sql).unwrap();
    rows.iter().map(row).map(|row| (History::of_id(row.key.0), row)).collect()
}
