//! Where a command line that is being typed stands: the command so far, what was given to it, and what may follow.

use serde_json::{Map, Value as Json};

use super::negative;
use crate::options::table::GLOBAL;
use crate::options::{COMMANDS, Count, Kind, Opt, Row};

/// A word that may follow, and what it means.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Candidate {
    pub word: String,
    pub help: String,
}

impl Candidate {
    pub(crate) fn new(word: impl Into<String>, help: impl Into<String>) -> Self {
        Self { word: word.into(), help: help.into() }
    }
}

/// What the last word may become.
#[derive(Debug)]
pub(crate) enum Expected {
    Words(Vec<Candidate>),
    /// The value of an option or argument. `before` is the part of the word that comes before it, as in `--target=`.
    Value {
        option: &'static Opt,
        before: String,
        typed: String,
    },
}

/// A command line up to the cursor.
#[derive(Debug)]
pub(crate) struct Position {
    /// The options before the last word, by their keys.
    pub given: Map<String, Json>,
    pub expected: Expected,
}

/// `words` begin with the program; the last one is being typed and may be empty.
pub(crate) fn position(words: &[String]) -> Position {
    let words: Vec<String> = words.iter().map(|word| unquoted(word)).collect();
    let (last, before) = words.split_last().map_or(("", &[][..]), |(last, rest)| (last.as_str(), rest));
    let mut walk = Walk::default();
    for word in before.iter().skip(1) {
        walk.step(word);
    }
    let expected = walk.expected(last);
    Position { given: walk.given, expected }
}

/// Shells hand over what was typed, with its quotes.
fn unquoted(word: &str) -> String {
    let mut chars = word.chars();
    match chars.next() {
        Some(quote @ ('\'' | '"')) => {
            let inner = chars.as_str();
            inner.strip_suffix(quote).unwrap_or(inner).to_owned()
        }
        _ => word.replace('\\', ""),
    }
}

#[derive(Debug, Default)]
struct Walk {
    row: Option<&'static Row>,
    given: Map<String, Json>,
    /// The option whose value comes next.
    pending: Option<&'static Opt>,
    arguments: usize,
    /// `--` was typed.
    only_arguments: bool,
}

impl Walk {
    fn nested(&self) -> &'static [Row] {
        self.row.map_or(COMMANDS, |row| row.nested)
    }

    /// Those of the command first.
    fn options(&self) -> impl Iterator<Item = &'static Opt> {
        self.row.map_or(&[][..], |row| row.options).iter().chain(GLOBAL).copied()
    }

    fn step(&mut self, word: &str) {
        if self.only_arguments {
            self.arguments += 1;
        } else if word == "--" {
            self.only_arguments = true;
            self.pending = None;
        } else if let Some(long) = word.strip_prefix("--") {
            self.option(long.split_once('=').map_or((long, None), |(name, value)| (name, Some(value))));
        } else if let Some(letters) = word.strip_prefix('-').filter(|letters| !letters.is_empty()) {
            self.letters(letters);
        } else {
            self.word(word);
        }
    }

    fn subcommand(&self, word: &str) -> Option<&'static Row> {
        self.nested().iter().find(|row| row.word == word || row.aliases.contains(&word))
    }

    fn word(&mut self, word: &str) {
        let command = self.subcommand(word);
        match (self.pending, command) {
            // options that take many words end where a command begins
            (Some(option), None) => {
                self.give(option, word);
                self.pending = self.pending.filter(|option| is_many(option));
            }
            (Some(option), Some(_)) if !is_many(option) => {
                self.give(option, word);
                self.pending = None;
            }
            (_, Some(row)) => (self.row, self.pending) = (Some(row), None),
            (None, None) => self.arguments += 1,
        }
    }

    fn option(&mut self, (name, value): (&str, Option<&str>)) {
        self.pending = None;
        let Some(option) = self.named(name) else { return };
        match value {
            Some(value) => self.give(option, value),
            None if !is_switch(option) => self.pending = Some(option),
            None => {}
        }
    }

    fn letters(&mut self, letters: &str) {
        self.pending = None;
        let (letter, rest) = letters.split_at(letters.chars().next().map_or(0, char::len_utf8));
        let Some(option) = self.options().find(|option| option.short == letter.chars().next()) else {
            return;
        };
        if is_switch(option) {
            return;
        }
        match rest.trim_start_matches('=') {
            "" => self.pending = Some(option),
            value => self.give(option, value),
        }
    }

    fn named(&self, name: &str) -> Option<&'static Opt> {
        self.options().find(|option| option.name() == name || option.aliases.contains(&name))
    }

    fn give(&mut self, option: &'static Opt, value: &str) {
        self.given.insert(option.key.to_owned(), value.into());
    }

    fn expected(&self, last: &str) -> Expected {
        if let Some((name, typed)) = last.strip_prefix("--").and_then(|long| long.split_once('='))
            && let Some(option) = self.named(name)
        {
            return value(option, format!("--{name}="), typed);
        }
        if last.starts_with('-') && !self.only_arguments {
            return Expected::Words(self.long_options(last));
        }
        if let Some(option) = self.pending {
            return value(option, String::new(), last);
        }
        if self.row.is_none() && self.arguments > 0 {
            // no command
            return Expected::Words(Vec::new());
        }
        let nested = self.nested().iter().filter(|row| !row.is_hidden);
        let mut words: Vec<Candidate> = nested.map(|row| Candidate::new(row.word, row.help)).collect();
        match self.row.and_then(|row| row.argument) {
            Some(argument) if words.is_empty() && (argument.count != Count::One || self.arguments == 0) => {
                value(argument.option, String::new(), last)
            }
            _ => {
                if words.is_empty() {
                    words = self.long_options(last);
                }
                Expected::Words(words)
            }
        }
    }

    /// Without those that have no effect; `--no-x` where that is the way to change what is usual.
    fn long_options(&self, typed: &str) -> Vec<Candidate> {
        let mut found = Vec::new();
        for option in self.options().filter(|option| !option.is_without_effect()) {
            let is_switch = option.kind == Kind::Switch;
            if !(is_switch && option.is_on_by_default()) || typed.starts_with(&format!("--{}", option.name()))
            {
                found.push(Candidate::new(format!("--{}", option.name()), option.help));
            }
            if is_switch && (option.is_on_by_default() || typed.starts_with("--no-")) {
                found
                    .push(Candidate::new(format!("--{}", negative(option)), format!("Off: {}", option.help)));
            }
        }
        found.push(Candidate::new("--help", "Print help"));
        found
    }
}

fn is_switch(option: &Opt) -> bool {
    matches!(option.kind, Kind::Switch | Kind::Flag)
}

fn is_many(option: &Opt) -> bool {
    matches!(option.kind, Kind::Words | Kind::ChoiceWords(_))
}

fn value(option: &'static Opt, before: String, typed: &str) -> Expected {
    match option.kind {
        Kind::Choice(words) | Kind::ChoiceWords(words) => {
            Expected::Words(words.iter().map(|word| Candidate::new(format!("{before}{word}"), "")).collect())
        }
        _ => Expected::Value { option, before, typed: typed.to_owned() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(line: &str) -> Position {
        position(&line.split(' ').map(str::to_owned).collect::<Vec<_>>())
    }

    fn words(line: &str) -> Vec<String> {
        match at(line).expected {
            Expected::Words(words) => words.into_iter().map(|candidate| candidate.word).collect(),
            other @ Expected::Value { .. } => panic!("{line}: {other:?}"),
        }
    }

    fn asked(line: &str) -> String {
        match at(line).expected {
            Expected::Value { option, before, typed } => format!("{} {before} {typed}", option.key),
            Expected::Words(words) => panic!("{line}: {words:?}"),
        }
    }

    #[test]
    fn a_command_line_up_to_the_cursor() {
        assert!(words("rsdbt ").contains(&"build".to_owned()));
        assert!(!words("rsdbt ").contains(&"complete".to_owned()));
        assert_eq!(words("rsdbt docs "), ["generate", "serve"]);
        assert_eq!(words("rsdbt completions "), ["bash", "zsh", "fish"]);
        assert!(words("rsdbt run --fail-fast ").contains(&"--select".to_owned()));
        assert!(words("rsdbt run --").contains(&"--no-print".to_owned()));
        assert!(!words("rsdbt run --").contains(&"--partial-parse".to_owned()));
        assert!(words("rsdbt run --no-").contains(&"--no-fail-fast".to_owned()));
        assert_eq!(words("rsdbt run --log-format=j")[2], "--log-format=json");
        assert_eq!(words("rsdbt docs --select a serve --")[0], "--host");
        for (line, expected) in [
            ("rsdbt run --select ", "select  "),
            ("rsdbt run --select a +b", "select  +b"),
            ("rsdbt ls -m a", "models  a"),
            ("rsdbt run --target=p", "target --target= p"),
            ("rsdbt --target dev run -t 'p", "target  p"),
            ("rsdbt run-operation ", "macro  "),
            ("rsdbt run --state ", "state  "),
            ("rsdbt db psql -- ", "arguments  "),
        ] {
            assert_eq!(asked(line), expected, "{line}");
        }
        let given = at("rsdbt --project-dir shop run --vars '{a:1}' -tprod --select a ").given;
        assert_eq!(
            Json::Object(given),
            serde_json::json!({"project_dir": "shop", "vars": "{a:1}", "target": "prod", "select": "a"})
        );
    }
}
