//! Dates and times: ISO 8601 as it stands in most files, else by the formats of a column.

use jiff::civil::{Date, DateTime, Time};
use jiff::fmt::strtime::{self, BrokenDownTime};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::super::data_type::DataType;
use super::super::format::Format;
use super::misfit::Misfit;

/// Where the server counts from.
const EPOCH: Date = jiff::civil::date(2000, 1, 1);

/// A point as it is written: parts may be missing.
#[derive(Debug, Clone, Copy, Default)]
struct Written {
    date: Option<Date>,
    time: Option<Time>,
    /// Seconds.
    offset: Option<i32>,
}

pub(super) fn write(
    data_type: DataType,
    text: &str,
    formats: &[Format],
    zone: &TimeZone,
    into: &mut Vec<u8>,
) -> Result<(), Misfit> {
    let name = || data_type.name();
    let written = if formats.is_empty() {
        iso(text, data_type).ok_or_else(|| Misfit::from(format!("is not a valid {}", name())))?
    } else {
        let mut read = formats.iter().filter_map(|format| by_format(text, format));
        read.next().ok_or_else(|| Misfit::from(format!("is not a {} of its format", name())))?
    };
    let midnight = Time::midnight();
    match (data_type, written) {
        (DataType::Date, Written { date: Some(date), time, .. }) => {
            if time.is_some_and(|time| time != midnight) {
                return Err("has a time of day, which a date does not keep".into());
            }
            into.extend_from_slice(&days(date).to_be_bytes());
        }
        (DataType::Time, Written { time: Some(time), date: None, offset: None }) => {
            into.extend_from_slice(&micros_of_day(time).to_be_bytes());
        }
        (DataType::Timestamp, Written { date: Some(date), time, offset }) => {
            if offset.is_some() {
                return Err("has an offset from UTC: declare the column as timestamp with time zone".into());
            }
            let at = micros(date.to_datetime(time.unwrap_or(midnight)));
            into.extend_from_slice(&at.to_be_bytes());
        }
        (DataType::TimestampTz, Written { date: Some(date), time, offset }) => {
            let local = date.to_datetime(time.unwrap_or(midnight));
            let at = match offset {
                Some(offset) => micros(local) - i64::from(offset) * 1_000_000,
                None if *zone == TimeZone::UTC => micros(local),
                None => in_zone(local, zone)
                    .ok_or_else(|| Misfit::from(format!("is out of range for {}", name())))?,
            };
            into.extend_from_slice(&at.to_be_bytes());
        }
        _ => return Err(format!("is not a valid {}", name()).into()),
    }
    Ok(())
}

fn in_zone(local: DateTime, zone: &TimeZone) -> Option<i64> {
    let at = zone.to_ambiguous_zoned(local).compatible().ok()?;
    Some(micros(at.with_time_zone(TimeZone::UTC).datetime()))
}

fn days(date: Date) -> i32 {
    date.since(EPOCH).map_or(0, |span| span.get_days())
}

fn micros_of_day(time: Time) -> i64 {
    let nanos = time.duration_since(Time::midnight()).as_nanos();
    // as the server rounds
    i64::try_from((nanos + 500) / 1_000).unwrap_or_default()
}

fn micros(at: DateTime) -> i64 {
    i64::from(days(at.date())) * 86_400_000_000 + micros_of_day(at.time())
}

fn by_format(text: &str, format: &Format) -> Option<Written> {
    match format {
        Format::Pattern(pattern) => {
            let parts: BrokenDownTime = strtime::parse(pattern, text).ok()?;
            Some(Written {
                date: parts.to_date().ok(),
                time: parts.to_time().ok().filter(|_| parts.hour().is_some()),
                offset: parts.offset().map(jiff::tz::Offset::seconds),
            })
        }
        Format::Epoch(per_second) => {
            let at = Timestamp::from_duration(since_1970(text, *per_second)?).ok()?;
            let at = at.to_zoned(TimeZone::UTC).datetime();
            Some(Written { date: Some(at.date()), time: Some(at.time()), offset: Some(0) })
        }
        _ => None,
    }
}

/// `1700000000.123`
fn since_1970(text: &str, per_second: u32) -> Option<SignedDuration> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if fraction.len() > 9 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let is_negative = whole.starts_with('-');
    let whole: i64 = whole.parse().ok()?;
    let billionths: i128 = if fraction.is_empty() { 0 } else { format!("{fraction:0<9}").parse().ok()? };
    let units = i128::from(whole) * 1_000_000_000 + if is_negative { -billionths } else { billionths };
    SignedDuration::try_from_nanos_i128(units / i128::from(per_second))
}

/// `2024-01-31`, `2024-01-31T10:00:00.123+01:00`, `10:00`. With a `T` or a blank, seconds and minutes may be missing.
fn iso(text: &str, data_type: DataType) -> Option<Written> {
    let bytes = text.as_bytes();
    if data_type == DataType::Time {
        return clock(bytes).filter(|written| written.offset.is_none());
    }
    let (date, rest) = (bytes.get(..10)?, &bytes[10..]);
    let date = Some(iso_date(date)?);
    match rest {
        [] => Some(Written { date, ..Written::default() }),
        [b'T' | b't' | b' ', rest @ ..] => clock(rest).map(|written| Written { date, ..written }),
        _ => None,
    }
}

fn iso_date(bytes: &[u8]) -> Option<Date> {
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = *bytes else { return None };
    let year = two(y1, y2)? * 100 + two(y3, y4)?;
    let (month, day) = (i8::try_from(two(m1, m2)?).ok()?, i8::try_from(two(d1, d2)?).ok()?);
    Date::new(year, month, day).ok().filter(|_| year > 0)
}

fn two(high: u8, low: u8) -> Option<i16> {
    (high.is_ascii_digit() && low.is_ascii_digit())
        .then(|| i16::from(high - b'0') * 10 + i16::from(low - b'0'))
}

/// `10:00:00.123456+01:00`
fn clock(bytes: &[u8]) -> Option<Written> {
    let [h1, h2, b':', m1, m2, rest @ ..] = bytes else { return None };
    let (hour, minute) = (two(*h1, *h2)?, two(*m1, *m2)?);
    let (second, rest) = match rest {
        [b':', s1, s2, rest @ ..] => (two(*s1, *s2)?, rest),
        rest => (0, rest),
    };
    let (nanos, rest) = match rest {
        [b'.' | b',', rest @ ..] => {
            let count = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
            if count == 0 {
                return None;
            }
            let digits = rest[..count].iter().chain(std::iter::repeat(&b'0')).take(9);
            (digits.fold(0_i32, |sum, digit| sum * 10 + i32::from(digit - b'0')), &rest[count..])
        }
        rest => (0, rest),
    };
    let small = |number: i16| i8::try_from(number).ok();
    let time = Time::new(small(hour)?, small(minute)?, small(second)?, nanos).ok()?;
    let offset = match rest {
        [] => None,
        [b'Z' | b'z'] => Some(0),
        [sign @ (b'+' | b'-'), h1, h2, rest @ ..] => {
            let minutes = match rest {
                [] => 0,
                [m1, m2] | [b':', m1, m2] => two(*m1, *m2)?,
                _ => return None,
            };
            let hours = two(*h1, *h2)?;
            if hours > 15 || minutes > 59 {
                return None;
            }
            let seconds = i32::from(hours) * 3600 + i32::from(minutes) * 60;
            Some(if *sign == b'-' { -seconds } else { seconds })
        }
        _ => return None,
    };
    Some(Written { date: None, time: Some(time), offset })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(data_type: DataType, text: &str, formats: &[Format], zone: &str) -> Result<i64, String> {
        let zone = TimeZone::get(zone).unwrap();
        let mut into = Vec::new();
        write(data_type, text, formats, &zone, &mut into).map_err(Misfit::into_owned)?;
        Ok(match into.len() {
            4 => i32::from_be_bytes(into.try_into().unwrap()).into(),
            _ => i64::from_be_bytes(into.try_into().unwrap()),
        })
    }

    #[test]
    fn points_are_counted_from_2000() {
        let day = 86_400_000_000;
        let utc = |data_type, text: &str| number(data_type, text, &[], "UTC");
        assert_eq!(utc(DataType::Date, "2000-03-01"), Ok(60));
        assert_eq!(utc(DataType::Date, "1999-12-31"), Ok(-1));
        assert_eq!(utc(DataType::Timestamp, "2000-01-02 00:00:00.0000015"), Ok(day + 2));
        assert_eq!(utc(DataType::Timestamp, "2000-01-02"), Ok(day));
        assert_eq!(utc(DataType::TimestampTz, "2000-01-02T01:00+01:00"), Ok(day));
        assert_eq!(utc(DataType::Time, "00:00:01"), Ok(1_000_000));
        assert_eq!(number(DataType::TimestampTz, "2000-01-02 01:00:00", &[], "Europe/Berlin"), Ok(day));
        let german = [Format::Pattern("%d.%m.%Y".into()), Format::Pattern("%d/%m/%y".into())];
        assert_eq!(number(DataType::Date, "01.03.2000", &german, "UTC"), Ok(60));
        assert_eq!(number(DataType::Date, "01/03/00", &german, "UTC"), Ok(60));
        let epoch = [Format::Epoch(1000)];
        assert_eq!(number(DataType::TimestampTz, "946684800001", &epoch, "UTC"), Ok(1_000));
        for (data_type, text) in [
            (DataType::Date, "2023-02-29"),
            (DataType::Date, "2023-2-9"),
            (DataType::Date, "01.03.2000"),
            (DataType::Date, "0000-01-01"),
            (DataType::Timestamp, "2000-01-01 24:00:00"),
            (DataType::Timestamp, "2000-01-01 10"),
            (DataType::TimestampTz, "2000-01-01 10:00 CET"),
            (DataType::Time, "10:00Z"),
        ] {
            assert_eq!(utc(data_type, text), Err(format!("is not a valid {}", data_type.name())), "{text}");
        }
        assert!(utc(DataType::Timestamp, "2000-01-01T00:00Z").unwrap_err().starts_with("has an offset"));
        assert!(utc(DataType::Date, "2000-01-01 10:00").unwrap_err().starts_with("has a time of day"));
    }
}
