//! Versions and ranges as dbt reads them: `require-dbt-version` and the versions of hub packages.

use std::cmp::Ordering;
use std::fmt;

/// A version: three numbers and what follows them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Version {
    numbers: [u64; 3],
    pub prerelease: Option<String>,
    build: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Matcher {
    Exact,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
}

/// One condition, as `>=1.3.0`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Specifier {
    pub matcher: Matcher,
    pub version: Version,
}

impl Version {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (text, build) = match text.split_once('+') {
            Some((text, build)) => (text, Some(build.to_owned())),
            None => (text, None),
        };
        let mut rest = text;
        let mut numbers = [0; 3];
        for (at, number) in numbers.iter_mut().enumerate() {
            let length = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
            let digits = &rest[..length];
            if digits.is_empty() || (digits.len() > 1 && digits.starts_with('0')) {
                return None;
            }
            *number = digits.parse().ok()?;
            rest = &rest[length..];
            if at < 2 {
                rest = rest.strip_prefix('.')?;
            }
        }
        // dbt allows `1.0.0rc1` beside `1.0.0-rc1`.
        let prerelease = rest.strip_prefix('-').unwrap_or(rest);
        let valid =
            |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        if !rest.is_empty() && !prerelease.split('.').all(valid) {
            return None;
        }
        let prerelease = (!rest.is_empty()).then(|| prerelease.to_owned());
        Some(Self { numbers, prerelease, build })
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, patch] = self.numbers;
        write!(f, "{major}.{minor}.{patch}")?;
        if let Some(prerelease) = &self.prerelease {
            write!(f, "-{prerelease}")?;
        }
        self.build.as_ref().map_or(Ok(()), |build| write!(f, "+{build}"))
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        self.numbers.cmp(&other.numbers).then_with(|| match (&self.prerelease, &other.prerelease) {
            (None, None) => Ordering::Equal,
            (None, Some(_)) => Ordering::Greater,
            (Some(_), None) => Ordering::Less,
            (Some(left), Some(right)) => compare_prereleases(left, right),
        })
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

fn compare_prereleases(left: &str, right: &str) -> Ordering {
    for (left, right) in left.split('.').zip(right.split('.')) {
        let order = match (left.parse::<u64>(), right.parse::<u64>()) {
            (Ok(left), Ok(right)) => left.cmp(&right),
            (Ok(_), Err(_)) => Ordering::Less,
            (Err(_), Ok(_)) => Ordering::Greater,
            (Err(_), Err(_)) => left.cmp(right),
        };
        if order != Ordering::Equal {
            return order;
        }
    }
    left.len().cmp(&right.len())
}

impl Specifier {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let matchers = [
            (">=", Matcher::GreaterOrEqual),
            ("<=", Matcher::LessOrEqual),
            (">", Matcher::Greater),
            ("<", Matcher::Less),
            ("=", Matcher::Exact),
            ("", Matcher::Exact),
        ];
        let (sign, matcher) = matchers.into_iter().find(|(sign, _)| text.starts_with(sign))?;
        Some(Self { matcher, version: Version::parse(text[sign.len()..].trim())? })
    }

    /// The conditions of `>=1.0.0,<2.0.0` or of a list; the text that is none on failure.
    pub(crate) fn parse_all(texts: &[String]) -> Result<Vec<Self>, String> {
        texts
            .iter()
            .flat_map(|text| text.split(','))
            .map(|text| Self::parse(text).ok_or_else(|| text.trim().to_owned()))
            .collect()
    }

    pub(crate) fn allows(&self, version: &Version) -> bool {
        let order = version.cmp(&self.version);
        match self.matcher {
            Matcher::Exact => order == Ordering::Equal,
            Matcher::Greater => order == Ordering::Greater,
            Matcher::GreaterOrEqual => order != Ordering::Less,
            Matcher::LessOrEqual => order != Ordering::Greater,
            // dbt: `<2.0.0` leaves out 2.0.0's prereleases too.
            Matcher::Less => {
                let own_prerelease =
                    version.numbers == self.version.numbers && self.version.prerelease.is_none();
                order == Ordering::Less && !own_prerelease
            }
        }
    }
}

impl fmt::Display for Specifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = match self.matcher {
            Matcher::Exact => "=",
            Matcher::Greater => ">",
            Matcher::GreaterOrEqual => ">=",
            Matcher::Less => "<",
            Matcher::LessOrEqual => "<=",
        };
        write!(f, "{sign}{}", self.version)
    }
}

/// Texts as a Python list prints them: messages quote dbt's.
pub(crate) fn python_list(texts: &[impl fmt::Display]) -> String {
    let quoted: Vec<String> = texts.iter().map(|text| format!("'{text}'")).collect();
    format!("[{}]", quoted.join(", "))
}

/// Whether some version can meet all conditions.
pub(crate) fn satisfiable(specifiers: &[Specifier]) -> bool {
    let exact = specifiers.iter().find(|specifier| specifier.matcher == Matcher::Exact);
    if let Some(exact) = exact {
        return specifiers.iter().all(|specifier| specifier.allows(&exact.version));
    }
    let lowest = specifiers
        .iter()
        .filter(|s| matches!(s.matcher, Matcher::Greater | Matcher::GreaterOrEqual))
        .max_by(|a, b| a.version.cmp(&b.version));
    let highest = specifiers
        .iter()
        .filter(|s| matches!(s.matcher, Matcher::Less | Matcher::LessOrEqual))
        .min_by(|a, b| a.version.cmp(&b.version));
    match (lowest, highest) {
        (Some(low), Some(high)) => match low.version.cmp(&high.version) {
            Ordering::Less => true,
            Ordering::Equal => low.matcher == Matcher::GreaterOrEqual && high.matcher == Matcher::LessOrEqual,
            Ordering::Greater => false,
        },
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(conditions: &str, version: &str) -> bool {
        let specifiers = Specifier::parse_all(&[conditions.to_owned()]).unwrap();
        let version = Version::parse(version).unwrap();
        specifiers.iter().all(|specifier| specifier.allows(&version))
    }

    #[test]
    fn ranges_and_prereleases() {
        assert!(allowed(">=1.3.0,<2.0.0", "1.11.16"));
        assert!(!allowed(">=1.3.0, <2.0.0", "2.0.0"));
        assert!(!allowed("<2.0.0", "2.0.0-rc1"));
        assert!(allowed(">=1.8.0-b1", "1.8.0b2"));
        assert!(allowed("=1.0.0", "1.0.0"));
        assert!(Version::parse("1.0").is_none());
        assert!(Version::parse("1.01.0").is_none());
    }

    #[test]
    fn contradictions_are_seen() {
        let specifiers = |text: &str| Specifier::parse_all(&[text.to_owned()]).unwrap();
        assert!(!satisfiable(&specifiers(">=2.0.0,<1.0.0")));
        assert!(satisfiable(&specifiers(">=1.0.0,<=1.0.0")));
        assert!(!satisfiable(&specifiers("=1.0.0,>1.0.0")));
    }
}
