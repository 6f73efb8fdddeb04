//! How many lines may be rejected, and by when rows are expected.

use super::choices::CODE;
use crate::config::{Fields, Yaml, strict};
use crate::diagnostic::{Diagnostic, Result};

/// More rejects than this, and nothing of the file is loaded.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum MostRejects {
    Lines(u64),
    /// Of the lines of the file, in millionths of a percent.
    Millionths(u64),
}

/// Of a percent.
const MILLION: u64 = 1_000_000;
const DIGITS: usize = 6;

impl Default for MostRejects {
    fn default() -> Self {
        Self::Lines(0)
    }
}

impl MostRejects {
    pub(super) fn read(value: &Yaml) -> Result<Self> {
        let fields = Fields::new(value, "`rejects` of a load config", "")?;
        strict::refuse_unknown(CODE, &fields, &["max"])?;
        let Some(most) = fields.get("max") else { return Ok(Self::default()) };
        let text = most.scalar_text().unwrap_or_default();
        let parsed = match text.strip_suffix('%') {
            Some(percent) => share(percent.trim()).map(Self::Millionths),
            None => text.parse().ok().map(Self::Lines),
        };
        parsed.ok_or_else(|| {
            Diagnostic::parsing(CODE, format!("`{text}` is not a valid number of rejected lines"))
                .label(most.span(), "")
                .help("write a number of lines, as `100`, or a share of them from 0 to 100 %, as `0.5%`")
                .boxed()
        })
    }

    /// Whether this many are too many while more lines may follow.
    pub(crate) fn is_exceeded_by(self, rejects: u64) -> bool {
        matches!(self, Self::Lines(most) if rejects > most)
    }

    /// Whether this many of all lines are too many.
    pub(crate) fn is_exceeded(self, rejects: u64, lines: u64) -> bool {
        match self {
            Self::Lines(most) => rejects > most,
            Self::Millionths(share) => {
                u128::from(rejects) * 100 * u128::from(MILLION) > u128::from(share) * u128::from(lines)
            }
        }
    }
}

/// Nothing of it is rounded.
fn share(percent: &str) -> Option<u64> {
    let (whole, fraction) = percent.split_once('.').unwrap_or((percent, ""));
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(whole) || !is_number(fraction) || fraction.len() > DIGITS {
        return None;
    }
    let whole: u64 = whole.parse().ok()?;
    let fraction: u64 = format!("{fraction:0<DIGITS$}").parse().ok()?;
    let share = whole.checked_mul(MILLION)?.checked_add(fraction)?;
    (share <= 100 * MILLION).then_some(share)
}

impl std::fmt::Display for MostRejects {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Lines(most) => write!(f, "{most}"),
            Self::Millionths(share) => {
                let fraction = format!("{:0DIGITS$}", share % MILLION);
                match fraction.trim_end_matches('0') {
                    "" => write!(f, "{}%", share / MILLION),
                    digits => write!(f, "{}.{digits}%", share / MILLION),
                }
            }
        }
    }
}

/// `expect:` rows that are to be there by a time of day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Deadline {
    /// Of the day, by the clock of this machine.
    pub by: jiff::civil::Time,
    pub is_error: bool,
}

impl Deadline {
    pub(super) fn read(value: &Yaml) -> Result<Self> {
        let fields = Fields::new(value, "`expect` of a load config", "")?;
        strict::refuse_unknown(CODE, &fields, &["by", "else"])?;
        let Some(by) = fields.get("by") else { return Err(strict::missing(CODE, &fields, "by")) };
        let time = by.as_str().and_then(|text| jiff::civil::Time::strptime("%H:%M", text).ok());
        let Some(time) = time else {
            return Err(Diagnostic::parsing(CODE, "`by` is not a valid time of day")
                .label(by.span(), "")
                .help("write hours and minutes in quotes, as \"08:00\"")
                .boxed());
        };
        let action = strict::choice(CODE, &fields, "else", &["warn", "error"])?;
        Ok(Self { by: time, is_error: action.as_deref() == Some("error") })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_what_is_written() {
        let shown = |text: &str| share(text).map(|share| MostRejects::Millionths(share).to_string());
        for (text, percent) in
            [("5", "5%"), ("0.57", "0.57%"), ("100", "100%"), ("0", "0%"), ("12.500", "12.5%")]
        {
            assert_eq!(shown(text).as_deref(), Some(percent), "{text}");
        }
        for text in ["", ".", ".5", "-1", "100.1", "1e1", "0.0000001", "x"] {
            assert_eq!(share(text), None, "{text}");
        }
        let share = MostRejects::Millionths(share("0.57").unwrap_or_default());
        assert!(!share.is_exceeded(57, 10_000) && share.is_exceeded(58, 10_000));
    }
}
