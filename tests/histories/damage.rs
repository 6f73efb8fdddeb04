//! What somebody does between two runs to the tables behind the runs' backs: to the marts, to their inputs, and to the
//! logs.

use super::change_log::{LOGS, Log};
use super::facts::Kind;
use super::random::Random;
use super::sight::MART;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Damage {
    /// A backup of the marts and the inputs, for what is restored later.
    Saved,
    Truncated(Table),
    /// of three days one is deleted, and the rest written to another file
    DaysLost(i64),
    /// written to another file, with all its rows
    Rewritten(Table),
    /// the rows of the backup, in the table as it is
    RolledBack(Table),
    /// the mart of the backup, as a table of its own
    Restored,
    InputTruncated(Kind),
    /// as it was in the backup
    InputRolledBack(Kind),
    LogTruncated(Log),
}

/// Both are built of the same facts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Table {
    Mart,
    OtherMart,
}

impl Table {
    fn name(self, other_mart: &str) -> String {
        match self {
            Self::Mart => MART.to_owned(),
            Self::OtherMart => other_mart.to_owned(),
        }
    }
}

impl Damage {
    pub(super) fn draw(random: &mut Random) -> Option<Self> {
        let lost = i64::from(random.below(3));
        let table = *random.pick(&[Table::Mart, Table::Mart, Table::OtherMart]);
        let kind = *random.pick(&[Kind::Impression, Kind::Click]);
        let log = *random.pick(&LOGS);
        match random.below(24) {
            0 | 1 => Some(Self::Saved),
            2 | 3 => Some(Self::Truncated(table)),
            4 => Some(Self::DaysLost(lost)),
            5 => Some(Self::Rewritten(table)),
            6 | 7 => Some(Self::RolledBack(table)),
            8 => Some(Self::Restored),
            9 => Some(Self::InputTruncated(kind)),
            10 | 11 => Some(Self::InputRolledBack(kind)),
            12 => Some(Self::LogTruncated(log)),
            _ => None,
        }
    }

    /// One statement each. A table that a foreign key refers to can only be truncated with what has the key.
    pub(super) fn statements(self, arriving: &str, other_mart: &str) -> Vec<String> {
        let truncate = |table: Table| match table {
            Table::Mart => format!("truncate {MART}, strange_notes"),
            Table::OtherMart => format!("truncate {other_mart}"),
        };
        let backup = |table: &str| format!("{arriving}.{table}_saved");
        let refill = |table: &str, from: &str| format!("insert into {table} select * from {from}");
        match self {
            Self::Saved => {
                let inputs = [Kind::Impression, Kind::Click]
                    .map(|kind| (format!("{arriving}.{}", kind.table()), backup(kind.table())));
                let marts = [MART, other_mart].map(|table| (table.to_owned(), backup(table)));
                let save = |(table, backup): &(String, String)| {
                    let like = format!("create table {backup} (like {table} including all)");
                    [format!("drop table if exists {backup}"), like, refill(backup, table)]
                };
                marts.iter().chain(&inputs).flat_map(save).collect()
            }
            Self::Truncated(table) => vec![truncate(table)],
            Self::DaysLost(number) => {
                let of_three = format!("(data_at - date '1970-01-01') % 3 = {number}");
                vec![format!("delete from {MART} where {of_three}"), format!("vacuum full {MART}")]
            }
            Self::Rewritten(table) => vec![format!("vacuum full {}", table.name(other_mart))],
            Self::RolledBack(table) => {
                let name = table.name(other_mart);
                vec![truncate(table), refill(&name, &backup(&name))]
            }
            Self::Restored => vec![
                format!("drop table {MART} cascade"),
                format!("create table {MART} (like {} including all)", backup(MART)),
                refill(MART, &backup(MART)),
            ],
            Self::InputTruncated(kind) => vec![format!("truncate {arriving}.{}", kind.table())],
            Self::InputRolledBack(kind) => {
                let table = format!("{arriving}.{}", kind.table());
                vec![format!("truncate {table}"), refill(&table, &backup(kind.table()))]
            }
            Self::LogTruncated(log) => vec![format!("truncate {arriving}.{}_staging", log.model())],
        }
    }
}
