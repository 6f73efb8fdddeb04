//! Whether a text is a value of a column's type, as strictly as the server would say; and the text that COPY reads.

mod boolean;
mod calendar;
mod clock;
mod data_type;
mod dated;
mod decimal;
mod json;
mod number_format;
mod uuid;

use std::borrow::Cow;

use super::copy_text;
use data_type::DataType;
use dated::DateFormat;
use number_format::NumberFormat;

/// Why a text is no value of the type.
pub(super) type Reason = Cow<'static, str>;

/// The judge of one column.
#[derive(Debug, Clone)]
pub(super) struct Judge {
    kind: DataType,
    /// As it is declared, for messages.
    name: String,
    numbers: Option<NumberFormat>,
    dates: Option<DateFormat>,
    words: Option<[String; 2]>,
}

impl Judge {
    pub(super) fn of(data_type: &str, format: Option<&str>) -> Result<Self, String> {
        let kind = DataType::parse(data_type);
        let name = if data_type.is_empty() { "text" } else { data_type };
        let mut judge = Self { kind, name: name.to_owned(), numbers: None, dates: None, words: None };
        let Some(format) = format else { return Ok(judge) };
        match judge.kind {
            DataType::Integer(..) | DataType::Numeric(_) | DataType::Float { .. } => {
                judge.numbers = Some(NumberFormat::parse(format)?);
            }
            DataType::Date | DataType::Timestamp { .. } => {
                judge.dates = Some(DateFormat::parse(format, &judge.kind)?);
            }
            DataType::Boolean => judge.words = Some(boolean::words(format)?),
            _ => return Err(format!("a `{name}` has no format")),
        }
        Ok(judge)
    }

    pub(super) fn is_servers(&self) -> bool {
        self.kind == DataType::Other
    }

    pub(super) fn is_json(&self) -> bool {
        matches!(self.kind, DataType::Json { .. })
    }

    /// Whether an empty text is a value.
    pub(super) fn takes_empty(&self) -> bool {
        matches!(self.kind, DataType::Text { .. })
    }

    /// Appends the value.
    pub(super) fn write(&self, text: &str, out: &mut Vec<u8>) -> Result<(), Reason> {
        match self.kind {
            DataType::Text { most } => {
                if let Some(most) = most.filter(|most| text.len() > *most) {
                    let length = text.trim_end_matches(' ').chars().count();
                    if length > most {
                        return Err(
                            format!("has {length} characters, and `{}` holds {most}", self.name).into()
                        );
                    }
                }
                return written(text, out);
            }
            DataType::Other => return written(text, out),
            DataType::Json { is_binary } => return self.json(text, is_binary, out),
            _ => {}
        }
        // of these types, only a UUID may have no blanks around it
        let trimmed = if self.kind == DataType::Uuid { text } else { text.trim_ascii() };
        if let Some(format) = &self.numbers {
            let plain = format.plain(trimmed).ok_or_else(|| self.misfit(text))?;
            self.plain(&plain, out).map_err(|reason| reason.unwrap_or_else(|| self.misfit(text)))
        } else if let Some(format) = &self.dates {
            format.write(trimmed, out).ok_or_else(|| {
                format!("{} is not a valid {} of the format `{}`", shown(text), self.name, format.text())
                    .into()
            })
        } else if let Some(words) = &self.words {
            let truth = words.iter().position(|word| word.eq_ignore_ascii_case(trimmed));
            let truth = truth.ok_or_else(|| -> Reason {
                format!("{} is neither `{}` nor `{}`", shown(text), words[0], words[1]).into()
            })?;
            out.push(if truth == 0 { b't' } else { b'f' });
            Ok(())
        } else {
            self.plain(trimmed, out).map_err(|reason| reason.unwrap_or_else(|| self.misfit(text)))
        }
    }

    /// Appends a JSON value other than a string, or a whole line.
    pub(super) fn write_json(&self, json: &str, out: &mut Vec<u8>) -> Result<(), Reason> {
        let is_scalar = !json.starts_with(['{', '[']);
        match self.kind {
            DataType::Json { is_binary } => self.json(json, is_binary, out),
            DataType::Text { .. } => self.write(json, out),
            _ if !is_scalar => {
                let what = if json.starts_with('{') { "an object" } else { "a list" };
                Err(format!("{what} is not a valid {}", self.name).into())
            }
            DataType::Date | DataType::Timestamp { .. } | DataType::Time | DataType::Uuid
                if self.dates.is_none() =>
            {
                Err(self.misfit(json))
            }
            DataType::Integer(..) | DataType::Numeric(_) | DataType::Float { .. } => {
                self.plain(json, out).map_err(|reason| reason.unwrap_or_else(|| self.misfit(json)))
            }
            _ => self.write(json, out),
        }
    }

    fn json(&self, text: &str, is_binary: bool, out: &mut Vec<u8>) -> Result<(), Reason> {
        json::check(text, is_binary)
            .map_err(|reason| -> Reason { format!("not a valid {}: {reason}", self.name).into() })?;
        written(text, out)
    }

    /// A text without a format of its own. `None`: it is no value; else a reason of its own.
    fn plain(&self, text: &str, out: &mut Vec<u8>) -> Result<(), Option<Reason>> {
        let bytes = text.as_bytes();
        let out_of_range = || Some(format!("{} is out of range for {}", shown(text), self.name).into());
        let fits = match self.kind {
            DataType::Integer(least, most) => match decimal::integer(bytes) {
                Some(value) if (i128::from(least)..=i128::from(most)).contains(&value) => true,
                Some(_) => return Err(out_of_range()),
                None => false,
            },
            DataType::Numeric(limits) => match decimal::numeric(bytes, limits) {
                Some(true) => true,
                Some(false) => return Err(out_of_range()),
                None => false,
            },
            DataType::Float { is_single } => match decimal::float(text, is_single) {
                Some(true) => true,
                Some(false) => return Err(out_of_range()),
                None => false,
            },
            DataType::Boolean => match boolean::read(bytes) {
                Some(truth) => {
                    out.push(if truth { b't' } else { b'f' });
                    return Ok(());
                }
                None => false,
            },
            DataType::Date => calendar::is_date(bytes),
            DataType::Timestamp { has_zone } => match clock::timestamp(bytes) {
                Some(true) if !has_zone => {
                    return Err(Some(
                        format!("{} has a time zone, and {} has none", shown(text), self.name).into(),
                    ));
                }
                found => found.is_some(),
            },
            DataType::Time => clock::is_time(bytes),
            DataType::Uuid => uuid::is_uuid(bytes),
            DataType::Text { .. } | DataType::Json { .. } | DataType::Other => true,
        };
        if !fits {
            return Err(None);
        }
        // none of these texts holds a byte that COPY would read otherwise
        out.extend_from_slice(bytes);
        Ok(())
    }

    fn misfit(&self, text: &str) -> Reason {
        let hint = match self.kind {
            DataType::Date => " (expected YYYY-MM-DD)",
            DataType::Timestamp { .. } => " (expected YYYY-MM-DD HH:MM:SS)",
            _ => "",
        };
        format!("{} is not a valid {}{hint}", shown(text), self.name).into()
    }
}

fn written(text: &str, out: &mut Vec<u8>) -> Result<(), Reason> {
    if copy_text::write(text.as_bytes(), out) { Ok(()) } else { Err("holds a NUL byte".into()) }
}

/// A value in a message: short, on one line.
fn shown(text: &str) -> String {
    const LONGEST: usize = 40;
    let readable = |c: char| if c.is_control() { c.escape_unicode().to_string() } else { c.to_string() };
    let short: String = text.chars().take(LONGEST).map(readable).collect();
    if text.chars().count() > LONGEST { format!("`{short}..`") } else { format!("`{short}`") }
}

#[cfg(test)]
mod tests;
