//! A pattern of file names: `*`, `?`, `**`, and dates that the name tells, as in `orders_{date:%Y-%m-%d}.csv`.

use fancy_regex::{Regex, escape};
use jiff::civil::Date;
use jiff::fmt::strtime::BrokenDownTime;

/// The pattern of `files:`.
#[derive(Debug, Clone)]
pub(crate) struct FilePattern {
    pub text: String,
    regex: Regex,
    /// Name and format of each placeholder.
    dates: Vec<(String, String)>,
}

/// A date that the name of a file tells.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct FileDate {
    pub name: String,
    pub date: Date,
}

impl FilePattern {
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut regex = String::from("^");
        let mut dates: Vec<(String, String)> = Vec::new();
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            if let Some(after) = rest.strip_prefix("**/") {
                regex.push_str("(?:.*/)?");
                rest = after;
                continue;
            }
            if c == '{' {
                let Some((inside, after)) = rest[1..].split_once('}') else {
                    return Err("`{` without `}` in the pattern of files".to_owned());
                };
                let (name, format) = inside.split_once(':').unwrap_or((inside, "%Y-%m-%d"));
                if name.is_empty() || !name.chars().all(|c| c.is_alphanumeric() || c == '_') {
                    return Err(format!("`{{{inside}}}` has no name of a column before the format"));
                }
                if dates.iter().any(|(known, _)| known == name) {
                    return Err(format!("`{{{name}}}` stands twice in the pattern of files"));
                }
                regex.push('(');
                regex.push_str(&digits(format)?);
                regex.push(')');
                dates.push((name.to_owned(), format.to_owned()));
                rest = after;
                continue;
            }
            match c {
                '*' => regex.push_str("[^/]*"),
                '?' => regex.push_str("[^/]"),
                other => regex.push_str(&escape(&other.to_string())),
            }
            rest = &rest[c.len_utf8()..];
        }
        regex.push('$');
        if text.trim().is_empty() {
            return Err("the pattern of files is empty".to_owned());
        }
        let regex = Regex::new(&regex).map_err(|_| "the pattern of files cannot be read".to_owned())?;
        Ok(Self { text: text.to_owned(), regex, dates })
    }

    /// The folder above everything that the pattern leaves open, and whether folders below it may match.
    pub(crate) fn folder(&self) -> (&str, bool) {
        let fixed = self.text.find(['*', '?', '{']).unwrap_or(self.text.len());
        let end = self.text[..fixed].rfind('/').map_or(0, |at| at + 1);
        (&self.text[..end], self.text[end..].contains('/'))
    }

    /// The dates of a name that matches; a date that no calendar has is `None` inside.
    pub(crate) fn dates_of(&self, path: &str) -> Option<Vec<Option<FileDate>>> {
        let found = self.regex.captures(path).ok().flatten()?;
        let date = |(at, (name, format)): (usize, &(String, String))| {
            let text = found.get(at + 1)?.as_str();
            let date = BrokenDownTime::parse(format, text).ok()?.to_date().ok()?;
            Some(FileDate { name: name.clone(), date })
        };
        Some(self.dates.iter().enumerate().map(date).collect())
    }
}

/// What a format of dates can match.
fn digits(format: &str) -> Result<String, String> {
    let mut regex = String::new();
    let mut chars = format.chars();
    let mut has = [false; 3];
    while let Some(c) = chars.next() {
        if c != '%' {
            regex.push_str(&escape(&c.to_string()));
            continue;
        }
        regex.push_str(match chars.next() {
            Some('Y') => {
                has[0] = true;
                "[0-9]{4}"
            }
            Some('y') => {
                has[0] = true;
                "[0-9]{2}"
            }
            Some('m') => {
                has[1] = true;
                "[0-9]{2}"
            }
            Some('d') => {
                has[2] = true;
                "[0-9]{2}"
            }
            Some('F') => {
                has = [true; 3];
                "[0-9]{4}-[0-9]{2}-[0-9]{2}"
            }
            Some('H' | 'M' | 'S') => "[0-9]{2}",
            other => {
                let other = other.map(String::from).unwrap_or_default();
                return Err(format!(
                    "`%{other}` is not supported in the pattern of files (%Y, %y, %m, %d, %F, %H, %M, %S)"
                ));
            }
        });
    }
    if has == [true; 3] {
        Ok(regex)
    } else {
        Err("a date in the pattern of files needs year, month and day".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_match_and_tell_their_dates() {
        let pattern = FilePattern::parse("in/**/o_{day:%Y%m%d}_*.csv").unwrap();
        assert_eq!(pattern.folder(), ("in/", true));
        let date = |path: &str| {
            pattern.dates_of(path).map(|mut dates| dates.remove(0).map(|day| day.date.to_string()))
        };
        assert_eq!(date("in/o_20260102_a.csv"), Some(Some("2026-01-02".into())));
        assert_eq!(date("in/x/y/o_20260102_.csv"), Some(Some("2026-01-02".into())));
        assert_eq!(date("in/o_20260230_a.csv"), Some(None));
        assert_eq!(date("in/o_2026010_a.csv"), None);
        assert_eq!(date("in/o_20260102_a.csv.tmp"), None);
        assert_eq!(FilePattern::parse("a.csv").unwrap().folder(), ("", false));
    }

    #[test]
    fn slips_in_patterns_are_refused() {
        for text in ["", "a_{date", "a_{:%F}.csv", "a_{d:%Q}.csv", "a_{d:%Y}.csv", "{d}_{d}"] {
            assert!(FilePattern::parse(text).is_err(), "{text}");
        }
    }
}
