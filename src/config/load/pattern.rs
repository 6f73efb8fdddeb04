//! A pattern of file names: `*`, `?`, `**`, and dates that the name tells, as in `orders_{date:%Y-%m-%d}.csv`.

use fancy_regex::{Regex, escape};
use jiff::civil::{DateTime, Time};
use jiff::fmt::strtime::BrokenDownTime;

/// The pattern of `files:`.
#[derive(Debug, Clone)]
pub(crate) struct FilePattern {
    pub text: String,
    regex: Regex,
    /// The same with any text for the dates.
    loose: Regex,
    /// The folders in which files may match.
    folders: Vec<Regex>,
    dates: Vec<Placeholder>,
}

/// `{day:%Y-%m-%d}`.
#[derive(Debug, Clone)]
struct Placeholder {
    name: String,
    format: String,
    regex: Regex,
}

/// A date that the name of a file tells, and a time of day where it has one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct FileDate {
    pub name: String,
    pub at: DateTime,
}

impl std::fmt::Display for FileDate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.at.time() {
            Time::MIN => write!(f, "{}", self.at.date()),
            time => write!(f, "{} {time}", self.at.date()),
        }
    }
}

/// How a path and a pattern go together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fit {
    /// With the dates of the name.
    Full(Vec<FileDate>),
    /// It matches but for its dates; why.
    Near(String),
    None,
}

/// The expressions of a pattern while it is read.
#[derive(Default)]
struct Expressions {
    exact: String,
    loose: String,
    folders: Vec<String>,
}

impl Expressions {
    fn push(&mut self, part: &str) {
        self.exact.push_str(part);
        self.loose.push_str(part);
    }

    fn push_format(&mut self, format: &str, digits: &str) {
        self.exact.push('(');
        for (at, part) in digits.split('/').enumerate() {
            if at > 0 {
                self.folders.push(format!("{})", self.exact));
                self.exact.push('/');
            }
            self.exact.push_str(part);
        }
        self.exact.push(')');
        let depth = format.matches('/').count();
        self.loose.push('(');
        self.loose.push_str(&vec!["[^/]*"; depth + 1].join("/"));
        self.loose.push(')');
    }
}

impl FilePattern {
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut expressions = Expressions::default();
        let mut dates: Vec<Placeholder> = Vec::new();
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            if let Some(after) = rest.strip_prefix("**/") {
                expressions.folders.push(format!("{}.*", expressions.exact));
                expressions.push("(?:.*/)?");
                rest = after;
                continue;
            }
            if c == '{' {
                let Some((inside, after)) = rest[1..].split_once('}') else {
                    return Err("`{` without `}` in the pattern of files".to_owned());
                };
                let (name, format) = placeholder(inside, &dates)?;
                let digits = digits(format)?;
                expressions.push_format(format, &digits);
                dates.push(Placeholder {
                    name: name.to_owned(),
                    format: format.to_owned(),
                    regex: whole(&digits)?,
                });
                rest = after;
                continue;
            }
            match c {
                '*' => expressions.push("[^/]*"),
                '?' => expressions.push("[^/]"),
                other => {
                    if other == '/' {
                        expressions.folders.push(expressions.exact.clone());
                    }
                    expressions.push(&escape(&other.to_string()));
                }
            }
            rest = &rest[c.len_utf8()..];
        }
        if text.trim().is_empty() {
            return Err("the pattern of files is empty".to_owned());
        }
        Ok(Self {
            text: text.to_owned(),
            regex: whole(&expressions.exact)?,
            loose: whole(&expressions.loose)?,
            folders: expressions.folders.iter().map(|folder| whole(folder)).collect::<Result<_, _>>()?,
            dates,
        })
    }

    /// The folder above everything that the pattern leaves open, and whether folders below it may match.
    pub(crate) fn folder(&self) -> (&str, bool) {
        let fixed = self.text.find(['*', '?', '{']).unwrap_or(self.text.len());
        let end = self.text[..fixed].rfind('/').map_or(0, |at| at + 1);
        (&self.text[..end], self.text[end..].contains('/'))
    }

    /// Whether files in this folder, or below it, may match.
    pub(crate) fn leads_through(&self, folder: &str) -> bool {
        self.folders.iter().any(|regex| regex.is_match(folder).unwrap_or(true))
    }

    pub(crate) fn fit(&self, path: &str) -> Fit {
        let captures = |regex: &Regex| {
            let found = regex.captures(path).ok().flatten()?;
            let texts = 1..=self.dates.len();
            Some(
                texts.map(|at| found.get(at).map_or("", |text| text.as_str()).to_owned()).collect::<Vec<_>>(),
            )
        };
        let Some(texts) = captures(&self.regex).or_else(|| captures(&self.loose)) else { return Fit::None };
        let mut dates = Vec::new();
        for (placeholder, text) in self.dates.iter().zip(&texts) {
            match placeholder.at(text) {
                Ok(at) => dates.push(FileDate { name: placeholder.name.clone(), at }),
                Err(problem) => return Fit::Near(problem),
            }
        }
        Fit::Full(dates)
    }
}

impl Placeholder {
    fn at(&self, text: &str) -> Result<DateTime, String> {
        if !self.regex.is_match(text).unwrap_or(false) {
            return Err(format!("`{text}` is not a date of the format `{}`", self.format));
        }
        BrokenDownTime::parse(&self.format, text)
            .and_then(|parts| parts.to_datetime())
            .map_err(|_| format!("`{text}` is a date that does not exist (format `{}`)", self.format))
    }
}

fn whole(regex: &str) -> Result<Regex, String> {
    Regex::new(&format!("^{regex}$")).map_err(|_| "the pattern of files cannot be read".to_owned())
}

/// Name and format of what stands in braces.
fn placeholder<'t>(inside: &'t str, known: &[Placeholder]) -> Result<(&'t str, &'t str), String> {
    let (name, format) = inside.split_once(':').unwrap_or((inside, "%Y-%m-%d"));
    if name.is_empty() || !name.chars().all(|c| c.is_alphanumeric() || c == '_') {
        return Err(format!("`{{{inside}}}` has no name of a column before the format"));
    }
    if known.iter().any(|other| other.name == name) {
        return Err(format!("`{{{name}}}` stands twice in the pattern of files"));
    }
    Ok((name, format))
}

/// What a format of dates can match.
fn digits(format: &str) -> Result<String, String> {
    let mut regex = String::new();
    let mut chars = format.chars();
    let mut has = [false; 3];
    let mut times = [false; 3];
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
            Some(unit @ ('H' | 'M' | 'S')) => {
                times[['H', 'M', 'S'].iter().position(|known| *known == unit).unwrap_or_default()] = true;
                "[0-9]{2}"
            }
            other => {
                let other = other.map(String::from).unwrap_or_default();
                return Err(format!(
                    "`%{other}` is not supported in the pattern of files (%Y, %y, %m, %d, %F, %H, %M, %S)"
                ));
            }
        });
    }
    if has != [true; 3] {
        return Err("a date in the pattern of files needs year, month and day".to_owned());
    }
    // minutes without their hour are of no time
    if times.windows(2).any(|pair| pair == [false, true]) {
        return Err("a time in the pattern of files begins with the hour (%H, %H%M or %H%M%S)".to_owned());
    }
    Ok(regex)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_match_and_tell_their_dates() {
        let pattern = FilePattern::parse("in/**/o_{day:%Y%m%d}_*.csv").unwrap();
        assert_eq!(pattern.folder(), ("in/", true));
        let fit = |path: &str| match pattern.fit(path) {
            Fit::Full(dates) => dates[0].to_string(),
            Fit::Near(problem) => problem,
            Fit::None => String::new(),
        };
        assert_eq!(fit("in/o_20260102_a.csv"), "2026-01-02");
        assert_eq!(fit("in/x/y/o_20260102_.csv"), "2026-01-02");
        assert_eq!(fit("in/o_20260230_a.csv"), "`20260230` is a date that does not exist (format `%Y%m%d`)");
        assert_eq!(fit("in/o_2026010_a.csv"), "`2026010` is not a date of the format `%Y%m%d`");
        assert_eq!(fit("in/o_20260102_a.csv.tmp"), "");
        let hourly = FilePattern::parse("in/s_{at:%Y-%m-%dT%H%M}.csv").unwrap();
        let Fit::Full(dates) = hourly.fit("in/s_2026-01-02T0830.csv") else { panic!() };
        assert_eq!(dates[0].to_string(), "2026-01-02 08:30:00");
        assert_eq!(FilePattern::parse("a.csv").unwrap().folder(), ("", false));
    }

    #[test]
    fn only_folders_of_the_pattern_are_looked_into() {
        let leads = |pattern: &str, folder: &str| FilePattern::parse(pattern).unwrap().leads_through(folder);
        assert!(leads("in/*/a.csv", "in") && leads("in/*/a.csv", "in/x"));
        assert!(!leads("in/*/a.csv", "in/x/y") && !leads("in/x_*/a.csv", "in/y"));
        assert!(leads("**/a.csv", "x/y") && leads("in/**/b/a.csv", "in/x/y") && !leads("in/**/a.csv", "out"));
        assert!(leads("in/{day:%Y/%m/%d}.csv", "in/2026/01") && !leads("in/{day:%Y/%m/%d}.csv", "in/x"));
    }

    #[test]
    fn slips_in_patterns_are_refused() {
        for text in [
            "a_{d:%F%M}.csv",
            "a_{d:%F%H%S}.csv",
            "",
            "a_{date",
            "a_{:%F}.csv",
            "a_{d:%Q}.csv",
            "a_{d:%Y}.csv",
            "{d}_{d}",
        ] {
            assert!(FilePattern::parse(text).is_err(), "{text}");
        }
    }
}
