//! `datetime.strptime`: reads a text by the directives of `strftime`.

use minijinja::Error;

use super::calendar::{date_from_parts, from_ordinal, ordinal};
use super::parts::time_from_parts;
use super::strftime::{MONTHS, WEEKDAYS};
use super::{Moment, Timezone, iso};
use crate::jinja::python::{repr, value_error};

struct Parsed {
    year: i64,
    month: i64,
    day: i64,
    day_of_year: Option<i64>,
    time: [i64; 4],
    afternoon: Option<bool>,
    timezone: Option<Timezone>,
}

pub(super) fn strptime(text: &str, format: &str) -> Result<Moment, Error> {
    let mut parsed = Parsed {
        year: 1900,
        month: 1,
        day: 1,
        day_of_year: None,
        time: [0; 4],
        afternoon: None,
        timezone: None,
    };
    let quoted = |text: &str| repr(&minijinja::Value::from(text));
    let rest = parsed.read(text, format).ok_or_else(|| {
        value_error(format!("time data {} does not match format {}", quoted(text), quoted(format)))
    })?;
    if !rest.is_empty() {
        return Err(value_error(format!("unconverted data remains: {rest}")));
    }
    parsed.finish()
}

impl Parsed {
    fn read<'t>(&mut self, mut text: &'t str, format: &str) -> Option<&'t str> {
        let mut letters = format.chars();
        while let Some(letter) = letters.next() {
            text = if letter == '%' {
                self.directive(text, letters.next()?)?
            } else if letter.is_whitespace() {
                text.trim_start()
            } else {
                let first = text.chars().next()?;
                if !first.eq_ignore_ascii_case(&letter) {
                    return None;
                }
                &text[first.len_utf8()..]
            };
        }
        Some(text)
    }

    fn directive<'t>(&mut self, text: &'t str, directive: char) -> Option<&'t str> {
        let mut rest = text;
        let mut number = |most: usize| -> Option<i64> {
            let length = rest.bytes().take(most).take_while(u8::is_ascii_digit).count();
            let value = rest[..length].parse().ok()?;
            rest = &rest[length..];
            Some(value)
        };
        match directive {
            'Y' => self.year = if text.len() < 4 { return None } else { number(4)? },
            'y' => {
                let year = number(2)?;
                self.year = if year < 69 { year + 2000 } else { year + 1900 };
            }
            'm' => self.month = number(2)?,
            'd' | 'e' => self.day = number(2)?,
            'H' => self.time[0] = number(2)?,
            'I' => {
                self.time[0] = number(2)? % 12;
                self.afternoon = self.afternoon.or(Some(false));
            }
            'M' => self.time[1] = number(2)?,
            'S' => self.time[2] = number(2)?,
            'j' => self.day_of_year = Some(number(3)?),
            'w' | 'u' => drop(number(1)?),
            'U' | 'W' => drop(number(2)?),
            'f' => {
                let length = text.bytes().take(6).take_while(u8::is_ascii_digit).count();
                let value = number(6)?;
                self.time[3] = value * 10_i64.pow(u32::try_from(6 - length).ok()?);
            }
            'F' => return self.read(text, "%Y-%m-%d"),
            'T' | 'X' => return self.read(text, "%H:%M:%S"),
            'D' | 'x' => return self.read(text, "%m/%d/%y"),
            _ => return self.text_directive(text, directive),
        }
        Some(rest)
    }

    fn text_directive<'t>(&mut self, text: &'t str, directive: char) -> Option<&'t str> {
        match directive {
            'p' => {
                let (word, rest) = text.split_at_checked(2)?;
                self.afternoon = Some(word.eq_ignore_ascii_case("pm"));
                (word.eq_ignore_ascii_case("am") || word.eq_ignore_ascii_case("pm")).then_some(rest)
            }
            'b' | 'B' | 'h' => {
                let (month, rest) = name(text, &MONTHS, directive == 'B')?;
                self.month = i64::try_from(month).ok()? + 1;
                Some(rest)
            }
            'a' | 'A' => name(text, &WEEKDAYS, directive == 'A').map(|(_, rest)| rest),
            'z' => {
                let end = text.find(|c: char| !matches!(c, '+' | '-' | ':' | '0'..='9' | 'Z'));
                let (offset, rest) = text.split_at(end.unwrap_or(text.len()));
                self.timezone = Some(Timezone::Fixed(iso::parse_offset(offset)?));
                Some(rest)
            }
            'Z' => {
                let end = text.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(text.len());
                (end > 0).then(|| &text[end..])
            }
            '%' => text.strip_prefix('%'),
            _ => None,
        }
    }

    fn finish(self) -> Result<Moment, Error> {
        let Parsed { year, month, day, mut time, .. } = self;
        if self.afternoon == Some(true) && time[0] < 12 {
            time[0] += 12;
        }
        let date = match self.day_of_year {
            Some(day_of_year) => from_ordinal(ordinal(date_from_parts(year, 1, 1)?) + day_of_year - 1)?,
            None => date_from_parts(year, month, day)?,
        };
        let civil = date.to_datetime(time_from_parts(time)?);
        let zone = self.timezone.map(|timezone| timezone.for_wall_clock(civil));
        Ok(Moment::new(civil, zone))
    }
}

/// Which name a text starts with, by its full form or its first three letters.
fn name<'t>(text: &'t str, names: &[&str], full: bool) -> Option<(usize, &'t str)> {
    names.iter().enumerate().find_map(|(index, name)| {
        let name = if full { name } else { &name[..3] };
        let head = text.get(..name.len())?;
        head.eq_ignore_ascii_case(name).then(|| (index, &text[name.len()..]))
    })
}
