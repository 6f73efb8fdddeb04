//! One value of a result, typed as psycopg2 types it, so that agate-like tables can follow.

use jiff::civil;
use jiff::tz::Offset;

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
    /// With the offset of the session's time zone at that time.
    /// The wall clock, and how far it is from UTC. As wide as the calendar, which `jiff::Zoned` is not.
    TimestampTz(civil::DateTime, Offset),
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

impl Cell {
    /// The value of a text that the server sent for a type.
    pub(super) fn decode(type_oid: u32, text: &str) -> Self {
        Self::typed(type_oid, text).unwrap_or_else(|| Self::Text(text.to_owned()))
    }

    /// None where the text is beyond what the type holds here, as `infinity` for a date.
    fn typed(type_oid: u32, text: &str) -> Option<Self> {
        Some(match type_oid {
            16 => Self::Bool(text == "t"),
            20 | 21 | 23 | 26 => Self::Int(text.parse().ok()?),
            700 | 701 => Self::Float(text.parse().ok()?),
            1700 => Self::Decimal(text.to_owned()),
            1082 => Self::Date(text.parse().ok()?),
            1083 => Self::Time(text.parse().ok()?),
            1114 => Self::Timestamp(text.parse().ok()?),
            1184 => {
                let (local, offset) = timestamp_with_offset(text)?;
                Self::TimestampTz(local, offset)
            }
            1186 => Self::Interval(Interval::parse(text)?),
            114 | 3802 => Self::Json(serde_json::from_str(text).ok()?),
            oid => Self::Array(array(element_type(oid)?, text)?),
        })
    }
}

/// The element's type of those array types that psycopg2 makes lists of.
fn element_type(array_oid: u32) -> Option<u32> {
    Some(match array_oid {
        1000 => 16,
        1005 => 21,
        1006 | 1007 => 23,
        1016 => 20,
        1028 => 26,
        1021 => 700,
        1022 => 701,
        1231 => 1700,
        1182 => 1082,
        1183 => 1083,
        1115 => 1114,
        1185 => 1184,
        1187 => 1186,
        199 => 114,
        3807 => 3802,
        1002 | 1003 | 1009 | 1014 | 1015 => 25,
        _ => return None,
    })
}

/// `2024-01-31 10:00:00.5+05:30`: the offset is the session's.
fn timestamp_with_offset(text: &str) -> Option<(civil::DateTime, Offset)> {
    let at = text.rfind(['+', '-']).filter(|&at| at > 10)?;
    let local: civil::DateTime = text[..at].parse().ok()?;
    let mut seconds = 0;
    for (part, unit) in text[at + 1..].split(':').zip([3600, 60, 1]) {
        seconds += part.parse::<i32>().ok()? * unit;
    }
    let sign = if text.as_bytes()[at] == b'-' { -1 } else { 1 };
    Some((local, Offset::from_seconds(sign * seconds).ok()?))
}

/// The server's array text: `{1,NULL,"a \"b\"",{..}}`.
fn array(element: u32, text: &str) -> Option<Vec<Cell>> {
    // `[0:1]={..}` tells bounds that lists do not have
    let body = if text.starts_with('[') { &text[text.find('=')? + 1..] } else { text };
    let mut characters = body.chars().peekable();
    (characters.next()? == '{').then(|| elements(element, &mut characters)).flatten()
}

fn elements(element: u32, characters: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Option<Vec<Cell>> {
    let mut cells = Vec::new();
    loop {
        match characters.peek()? {
            '}' => {
                characters.next();
                return Some(cells);
            }
            ',' => {
                characters.next();
            }
            '{' => {
                characters.next();
                cells.push(Cell::Array(elements(element, characters)?));
            }
            '"' => {
                characters.next();
                let mut value = String::new();
                loop {
                    match characters.next()? {
                        '"' => break,
                        '\\' => value.push(characters.next()?),
                        other => value.push(other),
                    }
                }
                cells.push(Cell::decode(element, &value));
            }
            _ => {
                let mut value = String::new();
                while let Some(next) = characters.next_if(|next| !matches!(next, ',' | '}')) {
                    value.push(next);
                }
                cells.push(if value == "NULL" { Cell::Null } else { Cell::decode(element, &value) });
            }
        }
    }
}

impl Interval {
    /// Reads the server's default style: `1 year 2 mons -3 days 04:05:06.789`.
    fn parse(text: &str) -> Option<Self> {
        let mut interval = Self { days: 0, microseconds: 0 };
        let mut words = text.split(' ');
        while let Some(word) = words.next() {
            if word.contains(':') {
                interval.microseconds = clock(word)?;
                continue;
            }
            let count: i64 = word.parse().ok()?;
            interval.days += count
                * match words.next()?.trim_end_matches('s') {
                    "year" => 365,
                    "mon" => 30,
                    "day" => 1,
                    _ => return None,
                };
        }
        Some(interval)
    }
}

/// `-04:05:06.789` in microseconds.
fn clock(text: &str) -> Option<i64> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text.trim_start_matches('+')),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let mut seconds = 0;
    for part in whole.split(':') {
        seconds = seconds * 60 + part.parse::<i64>().ok()?;
    }
    let micros: i64 = format!("{fraction:0<6}").parse().ok()?;
    Some(sign * (seconds * 1_000_000 + micros))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_take_the_types_that_psycopg2_gives() {
        assert_eq!(Cell::decode(20, "7"), Cell::Int(7));
        assert_eq!(Cell::decode(1700, "1.50"), Cell::Decimal("1.50".into()));
        assert_eq!(Cell::decode(1082, "infinity"), Cell::Text("infinity".into()));
        assert_eq!(Cell::decode(25, "x"), Cell::Text("x".into()));
        let Cell::TimestampTz(local, offset) = Cell::decode(1184, "2024-01-31 10:00:00.5+05:30") else {
            panic!()
        };
        assert_eq!((local.to_string().as_str(), offset.seconds()), ("2024-01-31T10:00:00.5", 19_800));
    }

    #[test]
    fn arrays_keep_nulls_quotes_and_depth() {
        let text = |value: &str| Cell::Text(value.into());
        assert_eq!(
            Cell::decode(1009, r#"{a,NULL,"NULL","b \"c\", d"}"#),
            Cell::Array(vec![text("a"), Cell::Null, text("NULL"), text("b \"c\", d")])
        );
        let inner = |a, b| Cell::Array(vec![Cell::Int(a), Cell::Int(b)]);
        assert_eq!(Cell::decode(1007, "{{1,2},{3,4}}"), Cell::Array(vec![inner(1, 2), inner(3, 4)]));
    }

    #[test]
    fn intervals_count_days_and_microseconds() {
        let parse = |text| Interval::parse(text).map(|i| (i.days, i.microseconds));
        assert_eq!(parse("1 year 2 mons 3 days 01:00:00.5"), Some((428, 3_600_500_000)));
        assert_eq!(parse("-1 days -00:00:01"), Some((-1, -1_000_000)));
    }
}
