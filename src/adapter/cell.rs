//! One value of a result, typed as psycopg2 types it, so that agate-like tables can follow.

use jiff::{Zoned, civil};

/// A value that the server sent.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    Null,
    Bool(bool),
    Int(i64),
    /// `numeric`, kept as the server wrote it.
    Decimal(String),
    Float(f64),
    Text(String),
    Date(civil::Date),
    Time(civil::Time),
    Timestamp(civil::DateTime),
    /// With the offset of the session's time zone at that moment.
    TimestampTz(Zoned),
    Interval(Interval),
    Json(serde_json::Value),
    Array(Vec<Cell>),
}

/// An interval as Python's `timedelta` holds it: a month is 30 days, a year 365.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Interval {
    pub days: i64,
    pub microseconds: i64,
}
