//! Which files a table is loaded from: a path with `*` in its last part, and `{date:%Y-%m-%d}`.

use std::path::Path;

use jiff::civil::Date;
use jiff::fmt::strtime;

use super::keys::invalid;
use crate::diagnostic::Result;

/// A path below the project, or an absolute one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pattern {
    pub(super) written: String,
    pub(super) folder: String,
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Any,
    Date(String),
}

/// A file's name that is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) date: Option<Date>,
}

impl Pattern {
    pub(super) fn parse(written: &str) -> Result<Self> {
        let (folder, name) = written.rsplit_once('/').unwrap_or(("", written));
        let wrong = |what: &str| invalid("load.from.files", what).boxed();
        if folder.contains(['*', '{']) {
            return Err(wrong(
                "has a `*` or `{date:..}` in a folder's name (only the file's name may have them)",
            ));
        }
        if name.is_empty() {
            return Err(wrong("names a folder, not files"));
        }
        let mut parts = Vec::new();
        let mut rest = name;
        while let Some(at) = rest.find(['*', '{']) {
            let (text, special) = rest.split_at(at);
            if !text.is_empty() {
                parts.push(Part::Text(text.to_owned()));
            }
            if let Some(after) = special.strip_prefix('*') {
                parts.push(Part::Any);
                rest = after;
                continue;
            }
            let place = special.strip_prefix("{date:").and_then(|inner| inner.split_once('}'));
            let Some((format, after)) = place.filter(|(format, _)| is_date_format(format)) else {
                return Err(wrong("has a `{` that does not begin a date, as in `{date:%Y-%m-%d}`"));
            };
            if parts.iter().any(|part| matches!(part, Part::Date(_))) {
                return Err(wrong("has two dates"));
            }
            parts.push(Part::Date(format.to_owned()));
            rest = after;
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.to_owned()));
        }
        Ok(Self { written: written.to_owned(), folder: folder_of(folder, written), parts })
    }

    pub(super) fn has_date(&self) -> bool {
        self.parts.iter().any(|part| matches!(part, Part::Date(_)))
    }

    /// The name of the one file that is meant, where there is one.
    pub(super) fn single(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [Part::Text(name)] => Some(name),
            _ => None,
        }
    }

    /// Of the file's name, without that of a compression.
    pub(super) fn extension(&self) -> Option<&str> {
        let name = self.written.trim_end_matches(".gz").trim_end_matches(".zst");
        Path::new(name).extension()?.to_str()
    }

    /// Whether a file's name is meant, with its date.
    pub(super) fn matches(&self, name: &str) -> Option<Named> {
        matches(&self.parts, name)
    }
}

fn folder_of(folder: &str, written: &str) -> String {
    if folder.is_empty() && written.starts_with('/') { "/".to_owned() } else { folder.to_owned() }
}

fn is_date_format(format: &str) -> bool {
    let day = jiff::civil::date(2024, 2, 29);
    let written = strtime::format(format, day);
    written.is_ok_and(|text| Date::strptime(format, text).is_ok_and(|read| read == day))
}

fn matches(parts: &[Part], name: &str) -> Option<Named> {
    match parts {
        [] => name.is_empty().then_some(Named { date: None }),
        [Part::Text(text), rest @ ..] => matches(rest, name.strip_prefix(text.as_str())?),
        [Part::Any, rest @ ..] => {
            let mut ends = name.char_indices().map(|(at, _)| at).chain([name.len()]);
            ends.find_map(|end| matches(rest, &name[end..]))
        }
        [Part::Date(format), rest @ ..] => {
            let mut ends: Vec<usize> =
                name.char_indices().map(|(at, _)| at).skip(1).chain([name.len()]).collect();
            ends.reverse();
            ends.into_iter().find_map(|end| {
                let date = Date::strptime(format, &name[..end]).ok()?;
                // else the last digit of a wrong day would be taken for what follows the date
                strtime::format(format, date).is_ok_and(|text| text == name[..end]).then_some(())?;
                matches(rest, &name[end..]).map(|_| Named { date: Some(date) })
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_match_with_their_date() {
        let pattern = Pattern::parse("landing/x_{date:%Y-%m-%d}*.csv").unwrap();
        assert_eq!(pattern.folder, "landing");
        let day = Named { date: Some(jiff::civil::date(2024, 5, 1)) };
        assert_eq!(pattern.matches("x_2024-05-01.csv"), Some(day));
        assert_eq!(pattern.matches("x_2024-05-01_b.csv"), Some(day));
        for other in ["x_2024-05-32.csv", "x_.csv", "y_2024-05-01.csv", "x_2024-05-01.csv.gz", "x_2024-05-01"]
        {
            assert_eq!(pattern.matches(other), None, "{other}");
        }
        let single = Pattern::parse("/o.csv").unwrap();
        assert_eq!((single.folder.as_str(), single.single()), ("/", Some("o.csv")));
        assert_eq!(Pattern::parse("a/b.jsonl.gz").unwrap().extension(), Some("jsonl"));
        for wrong in ["*/x.csv", "landing/", "x_{day}.csv", "x_{date:%Y}.csv", "{date:%F}{date:%F}"] {
            assert!(Pattern::parse(wrong).is_err(), "{wrong}");
        }
    }
}
