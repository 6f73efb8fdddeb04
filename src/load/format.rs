//! How a column's values are written where they are not as SQL writes them.

use jiff::fmt::strtime;

use super::data_type::DataType;

/// One way to write a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Format {
    /// `%d.%m.%Y`
    Pattern(String),
    /// A number of these since 1970: how many of them a second has.
    Epoch(u32),
    /// Decimal and grouping characters, as in `1.234,56`.
    Number { point: char, group: Option<char> },
    /// `yes/no`
    Words { yes: String, no: String },
}

impl Format {
    /// The error says what was expected.
    pub(super) fn parse(written: &str, data_type: DataType) -> Result<Self, &'static str> {
        match data_type {
            DataType::Date | DataType::Time | DataType::Timestamp | DataType::TimestampTz => match written {
                "epoch" => Ok(Self::Epoch(1)),
                "epoch_ms" => Ok(Self::Epoch(1_000)),
                "epoch_us" => Ok(Self::Epoch(1_000_000)),
                _ if written.contains('%') && is_valid_pattern(written) => {
                    Ok(Self::Pattern(written.to_owned()))
                }
                _ => Err("a pattern as `%d.%m.%Y`, or one of: epoch, epoch_ms, epoch_us"),
            },
            DataType::Real
            | DataType::Double
            | DataType::Numeric { .. }
            | DataType::SmallInt
            | DataType::Integer
            | DataType::BigInt => {
                number(written).ok_or("one of: 1234.56, 1234,56, 1,234.56, 1.234,56, 1 234,56, 1'234.56")
            }
            DataType::Boolean => match written.split_once('/') {
                Some((yes, no)) if yes != no => Ok(Self::Words { yes: yes.to_owned(), no: no.to_owned() }),
                _ => Err("the words for true and false, as `yes/no`"),
            },
            _ => Err("none: values of this type have one form only"),
        }
    }
}

/// What cannot be written cannot be read either.
fn is_valid_pattern(pattern: &str) -> bool {
    let now = jiff::Zoned::new(jiff::Timestamp::UNIX_EPOCH, jiff::tz::TimeZone::UTC);
    strtime::format(pattern, &now).is_ok()
}

fn number(written: &str) -> Option<Format> {
    let (point, group) = match written {
        "1234.56" => ('.', None),
        "1234,56" => (',', None),
        "1,234.56" => ('.', Some(',')),
        "1.234,56" => (',', Some('.')),
        "1 234,56" => (',', Some(' ')),
        "1'234.56" => ('.', Some('\'')),
        _ => return None,
    };
    Some(Format::Number { point, group })
}
