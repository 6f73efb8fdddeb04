//! Unix wildcards, as Python's `fnmatch` and `pathlib` understand them.

/// `*`, `?`, `[a-z]` and `[!a-z]` over the whole of a text.
#[derive(Debug, Clone)]
pub(super) struct Pattern(Vec<Token>);

#[derive(Debug, Clone)]
enum Token {
    Letter(char),
    Any,
    AnyRun,
    OneOf { ranges: Vec<(char, char)>, negated: bool },
}

impl Pattern {
    pub(super) fn new(text: &str) -> Self {
        let letters: Vec<char> = text.chars().collect();
        let mut tokens = Vec::new();
        let mut at = 0;
        while at < letters.len() {
            match letters[at] {
                '*' => {
                    if !matches!(tokens.last(), Some(Token::AnyRun)) {
                        tokens.push(Token::AnyRun);
                    }
                }
                '?' => tokens.push(Token::Any),
                '[' => match class(&letters, at + 1) {
                    Some((token, end)) => {
                        tokens.push(token);
                        at = end;
                    }
                    None => tokens.push(Token::Letter('[')),
                },
                letter => tokens.push(Token::Letter(letter)),
            }
            at += 1;
        }
        Self(tokens)
    }

    pub(super) fn matches(&self, text: &str) -> bool {
        let letters: Vec<char> = text.chars().collect();
        let (mut token, mut letter) = (0, 0);
        // where to go on when the text after the last `*` does not fit
        let mut retry: Option<(usize, usize)> = None;
        while letter < letters.len() {
            match self.0.get(token) {
                Some(Token::AnyRun) => {
                    retry = Some((token + 1, letter));
                    token += 1;
                }
                Some(single) if single.accepts(letters[letter]) => {
                    token += 1;
                    letter += 1;
                }
                _ => match retry {
                    Some((after, from)) => {
                        retry = Some((after, from + 1));
                        token = after;
                        letter = from + 1;
                    }
                    None => return false,
                },
            }
        }
        self.0[token..].iter().all(|token| matches!(token, Token::AnyRun))
    }
}

impl Token {
    fn accepts(&self, letter: char) -> bool {
        match self {
            Self::Letter(own) => *own == letter,
            Self::Any => true,
            Self::AnyRun => false,
            Self::OneOf { ranges, negated } => {
                ranges.iter().any(|&(low, high)| (low..=high).contains(&letter)) != *negated
            }
        }
    }
}

/// The class that starts behind a `[`, and the place of its `]`; without one the bracket is a letter.
fn class(letters: &[char], start: usize) -> Option<(Token, usize)> {
    let negated = letters.get(start) == Some(&'!');
    let first = start + usize::from(negated);
    // a `]` in the first place is a letter
    let end = (first + 1..letters.len()).find(|&at| letters[at] == ']')?;
    let members = &letters[first..end];
    let mut ranges = Vec::new();
    let mut at = 0;
    while at < members.len() {
        if at + 2 < members.len() && members[at + 1] == '-' {
            ranges.push((members[at], members[at + 2]));
            at += 3;
        } else {
            ranges.push((members[at], members[at]));
            at += 1;
        }
    }
    Some((Token::OneOf { ranges, negated }, end))
}

pub(super) fn has_wildcard(text: &str) -> bool {
    text.contains(['*', '?', '[', ']'])
}

/// A path with wildcards that do not cross `/`; `**` stands for any number of directories.
#[derive(Debug, Clone)]
pub(super) struct PathPattern(Vec<Part>);

#[derive(Debug, Clone)]
enum Part {
    Directories,
    Name(Pattern),
}

impl PathPattern {
    pub(super) fn new(text: &str) -> Self {
        let mut parts = Vec::new();
        for part in text.split('/').filter(|part| !part.is_empty() && *part != ".") {
            if part != "**" {
                parts.push(Part::Name(Pattern::new(part)));
            } else if !matches!(parts.last(), Some(Part::Directories)) {
                parts.push(Part::Directories);
            }
        }
        Self(parts)
    }

    /// A trailing `**` matches directories only, which the caller knows about.
    pub(super) fn matches(&self, path: &str) -> bool {
        let names: Vec<&str> = path.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
        parts_match(&self.0, &names)
    }

    pub(super) fn only_directories(&self) -> bool {
        matches!(self.0.last(), Some(Part::Directories))
    }
}

fn parts_match(parts: &[Part], names: &[&str]) -> bool {
    match parts.split_first() {
        None => names.is_empty(),
        Some((Part::Directories, rest)) => (0..=names.len()).any(|skip| parts_match(rest, &names[skip..])),
        Some((Part::Name(pattern), rest)) => match names.split_first() {
            Some((name, others)) => pattern.matches(name) && parts_match(rest, others),
            None => false,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_match_as_in_python() {
        let cases = [
            ("stg_*", "stg_orders", true),
            ("*a*b", "xaxxb", true),
            ("*a*b", "xaxxbc", false),
            ("?", "", false),
            ("a[!b-d]e", "axe", true),
            ("a[!b-d]e", "ace", false),
            ("[]]", "]", true),
            ("a[b", "a[b", true),
            ("**", "", true),
            ("x[a-]", "x-", true),
        ];
        for (pattern, text, expected) in cases {
            assert_eq!(Pattern::new(pattern).matches(text), expected, "{pattern} on {text}");
        }
    }

    #[test]
    fn path_wildcards_stay_within_a_directory() {
        let cases = [
            ("models/*", "models/a.sql", true),
            ("models/*", "models/a/b.sql", false),
            ("models/**/*.sql", "models/a/b.sql", true),
            ("models/**/*.sql", "models/b.sql", true),
            ("./models/a/", "models/a", true),
            ("**", "models", true),
        ];
        for (pattern, path, expected) in cases {
            assert_eq!(PathPattern::new(pattern).matches(path), expected, "{pattern} on {path}");
        }
    }
}
