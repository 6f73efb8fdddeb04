//! Every option's value: command line over environment over `flags:` of the project over the default.

use serde_json::{Map, Value as Json};

use super::behavior::Behavior;
use super::option::{Mapping, Number, Opt, Switch, Text, Words};
use crate::config::Yaml;
use crate::hashed::HashMap;

/// Where a flag's value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum FlagOrigin {
    Default,
    Project,
    Environment,
    CommandLine,
}

/// The values of all flags. Jinja and artifacts see them by their names; the program reads them by their options.
#[derive(Debug, Clone, Default)]
pub(crate) struct Flags {
    values: Map<String, Json>,
    origins: HashMap<String, FlagOrigin>,
    /// `--vars` as it was typed: JSON has no dates.
    pub(super) written_vars: Option<Yaml>,
}

impl Flags {
    /// What was set, else the default: an option that the command does not know has that, too.
    fn get(&self, option: &Opt) -> Option<&Json> {
        self.values.get(option.key).filter(|value| !value.is_null())
    }

    pub(crate) fn is(&self, option: &Switch) -> bool {
        match self.get(&option.0) {
            Some(value) => *value == Json::Bool(true),
            None => option.0.default == super::option::Preset::Bool(true),
        }
    }

    pub(crate) fn follows(&self, behavior: &Behavior) -> bool {
        self.values.get(behavior.key).and_then(Json::as_bool).unwrap_or(behavior.default)
    }

    pub(crate) fn text(&self, option: &Text) -> Option<&str> {
        self.get(&option.0).and_then(Json::as_str)
    }

    pub(crate) fn number(&self, option: &Number) -> Option<i64> {
        self.get(&option.0).and_then(Json::as_i64)
    }

    pub(crate) fn words(&self, option: &Words) -> Vec<String> {
        match self.get(&option.0) {
            Some(Json::Array(items)) => items.iter().filter_map(Json::as_str).map(str::to_owned).collect(),
            Some(Json::String(text)) => text.split_whitespace().map(str::to_owned).collect(),
            _ => Vec::new(),
        }
    }

    pub(crate) fn mapping(&self, option: &Mapping) -> Map<String, Json> {
        self.get(&option.0).and_then(Json::as_object).cloned().unwrap_or_default()
    }

    pub(crate) fn written_vars(&self) -> Option<&Yaml> {
        self.written_vars.as_ref()
    }

    pub(crate) fn is_set(&self, option: &Opt) -> bool {
        self.origin(option) > FlagOrigin::Default
    }

    pub(super) fn origin(&self, option: &Opt) -> FlagOrigin {
        self.origins.get(option.key).copied().unwrap_or(FlagOrigin::Default)
    }

    /// All values, as run_results.json's `args` and Jinja's `flags` show them.
    pub(crate) fn values(&self) -> &Map<String, Json> {
        &self.values
    }

    /// Sets a value that only the program knows (`which`, `invocation_command`, `log_path`).
    pub(crate) fn set(&mut self, name: &str, value: impl Into<Json>) {
        self.values.insert(name.to_owned(), value.into());
    }

    pub(super) fn set_from(&mut self, name: &str, value: Json, origin: FlagOrigin) {
        self.values.insert(name.to_owned(), value);
        self.origins.insert(name.to_owned(), origin);
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }
}
