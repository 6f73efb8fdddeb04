//! A value's text as the binary form of its type, or the reason why it has none.

mod misfit;
mod number;
mod point;
mod text;

use jiff::tz::TimeZone;

use super::column::LoadColumn;
use super::data_type::DataType;
use super::document;
use super::format::Format;
use misfit::Misfit;

/// Appends the value with its length.
pub(super) fn write(
    column: &LoadColumn,
    text: &str,
    zone: &TimeZone,
    into: &mut Vec<u8>,
) -> Result<(), Misfit> {
    let at = into.len();
    into.extend_from_slice(&[0; 4]);
    let trimmed = if column.data_type.is_text() { text } else { text.trim() };
    write_bare(column, trimmed, zone, into)?;
    let length = i32::try_from(into.len() - at - 4).map_err(|_| Misfit::Borrowed("is longer than 1 GB"))?;
    into[at..at + 4].copy_from_slice(&length.to_be_bytes());
    Ok(())
}

pub(super) fn write_null(into: &mut Vec<u8>) {
    into.extend_from_slice(&(-1_i32).to_be_bytes());
}

fn write_bare(column: &LoadColumn, text: &str, zone: &TimeZone, into: &mut Vec<u8>) -> Result<(), Misfit> {
    match column.data_type {
        DataType::Text => into.extend_from_slice(text.as_bytes()),
        DataType::Varchar(most) => text::bounded(text, most, into)?,
        DataType::Char(most) => text::bounded(text.trim_end_matches(' '), most, into)?,
        DataType::Boolean => into.push(u8::from(boolean(text, &column.formats)?)),
        DataType::Uuid => text::uuid(text, into)?,
        DataType::Bytea => text::bytea(text, into)?,
        DataType::Json => {
            document::check(text).map_err(|error| Misfit::from(error.reason))?;
            into.extend_from_slice(text.as_bytes());
        }
        DataType::Jsonb => {
            document::check(text).map_err(|error| Misfit::from(error.reason))?;
            into.push(1);
            into.extend_from_slice(text.as_bytes());
        }
        DataType::Date | DataType::Time | DataType::Timestamp | DataType::TimestampTz => {
            point::write(column.data_type, text, &column.formats, zone, into)?;
        }
        _ => number::write(column.data_type, &number::plain(text, &column.formats)?, into)?,
    }
    Ok(())
}

/// The server's words, and those of a format.
fn boolean(text: &str, formats: &[Format]) -> Result<bool, Misfit> {
    if formats.is_empty() {
        let is = |words: &[&str]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
        return match () {
            () if is(&["true", "t", "1", "yes", "y", "on"]) => Ok(true),
            () if is(&["false", "f", "0", "no", "n", "off"]) => Ok(false),
            () => Err("is not a boolean".into()),
        };
    }
    let mut meanings = formats.iter().filter_map(|format| match format {
        Format::Words { yes, .. } if yes == text => Some(true),
        Format::Words { no, .. } if no == text => Some(false),
        _ => None,
    });
    meanings.next().ok_or_else(|| "is neither of the words of its format".into())
}
