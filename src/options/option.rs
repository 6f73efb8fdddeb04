//! What an option is: its names, what it takes, where else than on the command line it may be set, its default.

use std::marker::PhantomData;

use serde_json::{Map, Value as Json};

/// What an option's value is, and how it is written on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `--x` and `--no-x`.
    Switch,
    /// `--x` only.
    Flag,
    Text,
    Path,
    /// From and to.
    Integer(i64, i64),
    /// Any number of words, also repeated.
    Words,
    /// The same, each of them one of these.
    ChoiceWords(&'static [&'static str]),
    /// One of these words, in lower case.
    Choice(&'static [&'static str]),
    /// YAML.
    Mapping,
    Time,
}

/// Where an option may be set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    CommandLine,
    /// By `DBT_ENGINE_<KEY>` and `DBT_<KEY>`, too.
    Environment,
    /// By the environment and the project, not on the command line.
    NotTyped,
}

/// What an option is where nobody set it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Preset {
    /// The option is there only where it was given.
    Absent,
    Null,
    Bool(bool),
    Number(i64),
    Word(&'static str),
    NoWords,
    Json(&'static str),
}

impl Preset {
    pub(super) fn to_json(self) -> Option<Json> {
        Some(match self {
            Self::Absent => return None,
            Self::Null => Json::Null,
            Self::Bool(value) => value.into(),
            Self::Number(number) => number.into(),
            Self::Word(word) => word.into(),
            Self::NoWords => Json::Array(Vec::new()),
            Self::Json(text) => serde_json::from_str(text).unwrap_or_default(),
        })
    }
}

/// A row of the table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Opt {
    /// As in artifacts, in `flags:` of the project and in Jinja; the command line has dashes for its underscores.
    pub(crate) key: &'static str,
    pub(crate) short: Option<char>,
    /// In dashes.
    pub(crate) aliases: &'static [&'static str],
    pub(crate) kind: Kind,
    pub(crate) reach: Reach,
    pub(super) default: Preset,
    /// Unless the help says in its own words what happens by default.
    states_default: bool,
    pub(crate) help: &'static str,
}

impl Opt {
    /// The name on the command line, without the two dashes.
    pub(crate) fn name(&self) -> String {
        self.key.replace('_', "-")
    }

    /// Accepted because dbt has it.
    pub(crate) fn is_without_effect(&self) -> bool {
        self.help.starts_with("No effect")
    }

    pub(crate) fn is_on_by_default(&self) -> bool {
        self.default == Preset::Bool(true)
    }

    /// What its help says about the default. One without an effect has none to speak of.
    pub(crate) fn shown_default(&self) -> Option<String> {
        match self.default {
            _ if !self.states_default => None,
            Preset::Bool(true) if !self.is_without_effect() => {
                Some(format!("default, turned off by --no-{}", self.name()))
            }
            Preset::Number(number) => Some(format!("default: {number}")),
            // a word for "as each place has it"
            Preset::Word(word) if word != "default" => Some(format!("default: {word}")),
            _ => None,
        }
    }

    /// The variable that sets it.
    pub(crate) fn variable(&self) -> Option<String> {
        (self.reach == Reach::Environment).then(|| format!("DBT_{}", self.key.to_ascii_uppercase()))
    }

    /// The range of a number.
    pub(crate) fn range(&self) -> Option<(i64, i64)> {
        match self.kind {
            Kind::Integer(least, most) => Some((least, most)),
            _ => None,
        }
    }
}

/// An option by the type of what it is read as: what reads it as another does not compile.
#[derive(Debug)]
pub(crate) struct Typed<T>(pub(crate) Opt, PhantomData<fn() -> T>);

pub(crate) type Switch = Typed<bool>;
pub(crate) type Text = Typed<String>;
pub(crate) type Number = Typed<i64>;
pub(crate) type Words = Typed<Vec<String>>;
pub(crate) type Mapping = Typed<Map<String, Json>>;

impl<T> Typed<T> {
    const fn new(key: &'static str, kind: Kind, default: Preset, help: &'static str) -> Self {
        let reach = Reach::CommandLine;
        let option = Opt { key, short: None, aliases: &[], kind, reach, default, states_default: true, help };
        Self(option, PhantomData)
    }

    pub(super) const fn short(self, short: char) -> Self {
        Self(Opt { short: Some(short), ..self.0 }, PhantomData)
    }

    pub(super) const fn aliases(self, aliases: &'static [&'static str]) -> Self {
        Self(Opt { aliases, ..self.0 }, PhantomData)
    }

    pub(super) const fn in_environment(self) -> Self {
        Self(Opt { reach: Reach::Environment, ..self.0 }, PhantomData)
    }

    pub(super) const fn not_typed(self) -> Self {
        Self(Opt { reach: Reach::NotTyped, ..self.0 }, PhantomData)
    }

    pub(super) const fn default_is_in_help(self) -> Self {
        Self(Opt { states_default: false, ..self.0 }, PhantomData)
    }

    pub(super) const fn default(self, default: Preset) -> Self {
        Self(Opt { default, ..self.0 }, PhantomData)
    }

    pub(super) const fn only_where_given(self) -> Self {
        self.default(Preset::Absent)
    }
}

pub(super) const fn switch(key: &'static str, default: bool, help: &'static str) -> Switch {
    Switch::new(key, Kind::Switch, Preset::Bool(default), help)
}

pub(super) const fn flag(key: &'static str, help: &'static str) -> Switch {
    Switch::new(key, Kind::Flag, Preset::Bool(false), help)
}

pub(super) const fn text(key: &'static str, help: &'static str) -> Text {
    Text::new(key, Kind::Text, Preset::Null, help)
}

pub(super) const fn path(key: &'static str, help: &'static str) -> Text {
    Text::new(key, Kind::Path, Preset::Null, help)
}

pub(super) const fn time(key: &'static str, help: &'static str) -> Text {
    Text::new(key, Kind::Time, Preset::Null, help)
}

pub(super) const fn choice(key: &'static str, choices: &'static [&'static str], help: &'static str) -> Text {
    Text::new(key, Kind::Choice(choices), Preset::Null, help)
}

pub(super) const fn number(key: &'static str, range: (i64, i64), help: &'static str) -> Number {
    Number::new(key, Kind::Integer(range.0, range.1), Preset::Null, help)
}

pub(super) const fn words(key: &'static str, help: &'static str) -> Words {
    Words::new(key, Kind::Words, Preset::NoWords, help)
}

pub(super) const fn choices(
    key: &'static str,
    choices: &'static [&'static str],
    help: &'static str,
) -> Words {
    Words::new(key, Kind::ChoiceWords(choices), Preset::NoWords, help)
}

pub(super) const fn mapping(key: &'static str, help: &'static str) -> Mapping {
    Mapping::new(key, Kind::Mapping, Preset::Json("{}"), help)
}
