//! Every option's value: command line over environment over `flags:` of the project over the default.

mod resolve;
mod table;
mod values;
mod warn_error;

use serde_json::{Map, Value as Json};

use crate::hashed::HashMap;

use super::Environment;

pub(crate) use table::MOST_THREADS;
pub(crate) use warn_error::WarnErrorOptions;

/// What flags are made of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FlagInputs<'a> {
    /// dbt's name of the command, as `run` or `docs generate`.
    pub command: &'a str,
    /// What the command line gave, by snake-case name.
    pub given: &'a Map<String, Json>,
    pub environment: &'a Environment,
    /// `flags:` of dbt_project.yml, or the legacy `config:` of profiles.yml.
    pub project: &'a Map<String, Json>,
}

/// Where a flag's value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum FlagOrigin {
    Default,
    Project,
    Environment,
    CommandLine,
}

/// The values of all flags, by snake-case name.
#[derive(Debug, Clone, Default)]
pub(crate) struct Flags {
    values: Map<String, Json>,
    origins: HashMap<String, FlagOrigin>,
}

/// From and to, of an option whose value is a number.
pub fn range(option: &str) -> Option<(i64, i64)> {
    let of_commands = table::OF_COMMANDS.iter().map(|(_, flag)| flag);
    table::GLOBAL.iter().chain(of_commands).find(|flag| flag.name == option).and_then(|flag| {
        match flag.kind {
            table::Kind::Integer(least, most) => Some((least, most)),
            _ => None,
        }
    })
}

impl Flags {
    pub(crate) fn get(&self, name: &str) -> Option<&Json> {
        self.values.get(name).filter(|value| !value.is_null())
    }

    pub(crate) fn boolean(&self, name: &str) -> bool {
        self.get(name) == Some(&Json::Bool(true))
    }

    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(Json::as_str)
    }

    pub(crate) fn integer(&self, name: &str) -> Option<i64> {
        self.get(name).and_then(Json::as_i64)
    }

    pub(crate) fn words(&self, name: &str) -> Vec<String> {
        match self.get(name) {
            Some(Json::Array(items)) => items.iter().filter_map(Json::as_str).map(str::to_owned).collect(),
            Some(Json::String(text)) => text.split_whitespace().map(str::to_owned).collect(),
            _ => Vec::new(),
        }
    }

    /// `--vars`, parsed.
    pub(crate) fn vars(&self) -> Map<String, Json> {
        match self.get("vars") {
            Some(Json::Object(vars)) => vars.clone(),
            _ => Map::new(),
        }
    }

    pub(crate) fn origin(&self, name: &str) -> FlagOrigin {
        self.origins.get(name).copied().unwrap_or(FlagOrigin::Default)
    }

    /// All values, as run_results.json's `args` and Jinja's `flags` show them.
    pub(crate) fn values(&self) -> &Map<String, Json> {
        &self.values
    }

    /// Sets a value that only the program knows (`which`, `invocation_command`, `log_path`).
    pub(crate) fn set(&mut self, name: &str, value: impl Into<Json>) {
        self.values.insert(name.to_owned(), value.into());
    }

    fn set_from(&mut self, name: &str, value: Json, origin: FlagOrigin) {
        self.values.insert(name.to_owned(), value);
        self.origins.insert(name.to_owned(), origin);
    }
}
