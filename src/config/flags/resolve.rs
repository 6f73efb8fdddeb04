//! The merge of all places that set a flag, and the rules between flags.

use serde_json::Value as Json;

use crate::diagnostic::{Diagnostic, Result, did_you_mean};

use super::table::{self, BEHAVIOR_FLAGS, Flag};
use super::values::{from_json, from_text, usage};
use super::{FlagInputs, FlagOrigin, Flags, WarnErrorOptions};

impl Flags {
    /// Merges all places. Called twice by a command: without the project's flags to find the project, then
    /// with them.
    pub(crate) fn resolve(inputs: &FlagInputs<'_>, warnings: &mut Vec<Diagnostic>) -> Result<Self> {
        let mut flags = Self::default();
        for flag in known(inputs.command) {
            let (value, origin) = value_of(flag, inputs)?;
            flags.set_from(flag.name, value, origin);
        }
        for (name, value) in inputs.given {
            if !flags.values.contains_key(name) {
                flags.set_from(name, value.clone(), FlagOrigin::CommandLine);
            }
        }
        flags.read_old_variables(inputs)?;
        for (name, default) in BEHAVIOR_FLAGS {
            let (value, origin) = match inputs.project.get(*name) {
                Some(Json::Bool(value)) => (*value, FlagOrigin::Project),
                _ => (*default, FlagOrigin::Default),
            };
            flags.set_from(name, value.into(), origin);
        }
        warn_unknown(inputs, warnings);
        flags.follow("use_colors", "use_colors_file");
        flags.follow("log_level", "log_level_file");
        flags.follow("log_format", "log_format_file");
        if inputs.environment.get("DO_NOT_TRACK").is_some_and(|value| !matches!(value, "" | "0" | "false")) {
            flags.set("send_anonymous_usage_stats", false);
        }
        flags.set("which", inputs.command.rsplit(' ').next().unwrap_or_default());
        flags.check()?;
        Ok(flags)
    }

    pub(crate) fn warn_error_options(&self) -> Result<WarnErrorOptions> {
        if self.boolean("warn_error") {
            return Ok(WarnErrorOptions::all());
        }
        let options = self.get("warn_error_options").and_then(Json::as_object);
        options.map_or_else(|| Ok(WarnErrorOptions::default()), WarnErrorOptions::read)
    }

    fn read_old_variables(&mut self, inputs: &FlagInputs<'_>) -> Result<()> {
        for (variable, name) in table::OLD_VARIABLES {
            let Some(text) = inputs.environment.get(variable).filter(|text| !text.is_empty()) else {
                continue;
            };
            let Some(flag) = table::GLOBAL.iter().find(|flag| flag.name == name) else { continue };
            if self.origin(name) >= FlagOrigin::Environment {
                continue;
            }
            let value = match from_text(flag, text, variable)? {
                Json::Bool(value) if variable == "DBT_NO_PRINT" => Json::Bool(!value),
                value => value,
            };
            self.set_from(name, value, FlagOrigin::Environment);
        }
        Ok(())
    }

    /// A file's setting follows the console's where only the latter was set.
    fn follow(&mut self, lead: &str, follower: &str) {
        if self.origin(lead) > FlagOrigin::Default && self.origin(follower) == FlagOrigin::Default {
            let (value, origin) = (self.values.get(lead).cloned().unwrap_or_default(), self.origin(lead));
            self.set_from(follower, value, origin);
        }
    }

    fn check(&self) -> Result<()> {
        for (first, second) in
            [("warn_error", "warn_error_options"), ("select", "inline"), ("selector", "inline")]
        {
            let set = |name: &str| self.origin(name) > FlagOrigin::Default;
            if set(first) && set(second) {
                return Err(usage(format!("{second}: not allowed with argument {first}")).boxed());
            }
        }
        self.warn_error_options()?;
        self.check_interval()?;
        let message = match (self.text("event_time_start"), self.text("event_time_end")) {
            (Some(start), Some(end)) if start >= end => {
                "Value for `--event-time-start` must be less than `--event-time-end`"
            }
            (Some(_), None) => {
                "The flag `--event-time-start` was specified, but `--event-time-end` was not. \
                 When specifying `--event-time-start`, `--event-time-end` must also be present."
            }
            (None, Some(_)) => {
                "The flag `--event-time-end` was specified, but `--event-time-start` was not. \
                 When specifying `--event-time-end`, `--event-time-start` must also be present."
            }
            _ => return Ok(()),
        };
        Err(usage(message).boxed())
    }

    /// A window by hand is a limit, the interval of a job a minimum.
    fn check_interval(&self) -> Result<()> {
        let message = match (self.text("interval_start"), self.text("interval_end")) {
            (None, None) => return Ok(()),
            (Some(_), None) => "`--interval-start` needs `--interval-end`",
            (None, Some(_)) => "`--interval-end` needs `--interval-start`",
            (Some(start), Some(end)) if start >= end => {
                "Value for `--interval-start` must be less than `--interval-end`"
            }
            _ if self.text("event_time_start").is_some() => {
                "`--interval-start` is not allowed with `--event-time-start`: the first is a minimum, the second a limit"
            }
            _ => return Ok(()),
        };
        Err(usage(message).boxed())
    }
}

fn known(command: &str) -> impl Iterator<Item = &'static Flag> {
    let of_command = table::OF_COMMANDS.iter().filter(move |(commands, _)| commands.contains(&command));
    table::GLOBAL.iter().chain(of_command.map(|(_, flag)| flag))
}

fn value_of(flag: &Flag, inputs: &FlagInputs<'_>) -> Result<(Json, FlagOrigin)> {
    if let Some(value) = inputs.given.get(flag.name) {
        let place = format!("--{}", flag.name.replace('_', "-"));
        return Ok((from_json(flag, value, &place)?, FlagOrigin::CommandLine));
    }
    if flag.in_environment {
        for prefix in ["DBT_ENGINE_", "DBT_"] {
            let variable = format!("{prefix}{}", flag.name.to_ascii_uppercase());
            if let Some(text) = inputs.environment.get(&variable).filter(|text| !text.is_empty()) {
                return Ok((from_text(flag, text, &variable)?, FlagOrigin::Environment));
            }
        }
    }
    if let Some(value) = inputs.project.get(flag.name).filter(|value| !value.is_null()) {
        return Ok((from_json(flag, value, &format!("flag `{}`", flag.name))?, FlagOrigin::Project));
    }
    Ok((serde_json::from_str(flag.default).unwrap_or_default(), FlagOrigin::Default))
}

fn warn_unknown(inputs: &FlagInputs<'_>, warnings: &mut Vec<Diagnostic>) {
    let all = || {
        let flags = table::GLOBAL.iter().chain(table::OF_COMMANDS.iter().map(|(_, flag)| flag));
        flags.map(|flag| flag.name)
    };
    let behavior = || BEHAVIOR_FLAGS.iter().map(|(name, _)| *name);
    for name in inputs.project.keys() {
        if !all().chain(behavior()).any(|known| known == name) {
            warnings.push(
                Diagnostic::warning(
                    "UnknownProjectFlag",
                    format!("unknown flag `{name}` in `flags:` of dbt_project.yml"),
                )
                .maybe_help(did_you_mean(name, all().chain(behavior()))),
            );
        }
    }
    for (variable, _) in inputs.environment.with_prefix("DBT_ENGINE_") {
        let name = variable["DBT_ENGINE_".len()..].to_ascii_lowercase();
        let other = table::OTHER_ENGINE_VARIABLES.iter().any(|other| other.eq_ignore_ascii_case(&name));
        if !other && !all().any(|known| known == name) {
            warnings.push(
                Diagnostic::warning(
                    "EnvironmentVariableNamespaceDeprecation",
                    format!("Found custom environment variable `{variable}` in the reserved namespace `DBT_ENGINE`"),
                )
                .maybe_help(did_you_mean(&name, all())),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::config::Environment;

    fn resolve(command: &str, given: &Json, environment: &[(&str, &str)], project: &Json) -> Result<Flags> {
        let pairs = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let inputs = FlagInputs {
            command,
            given: given.as_object().unwrap(),
            environment: &Environment::of(pairs),
            project: project.as_object().unwrap(),
        };
        Flags::resolve(&inputs, &mut Vec::new())
    }

    #[test]
    fn each_place_beats_the_next() {
        let environment = [
            ("DBT_FAIL_FAST", "yes"),
            ("DBT_ENGINE_TARGET", "ci"),
            ("DBT_TARGET", "old"),
            ("DBT_LOG_FORMAT", "JSON"),
        ];
        let project = json!({"fail_fast": false, "printer_width": 120, "validate_macro_args": true});
        let flags =
            resolve("run", &json!({"target": "prod", "vars": "{a: 1}"}), &environment, &project).unwrap();
        assert_eq!(flags.text("target"), Some("prod"));
        assert!(flags.boolean("fail_fast") && flags.boolean("validate_macro_args"));
        assert_eq!(flags.integer("printer_width"), Some(120));
        assert_eq!(flags.text("log_format_file"), Some("json"));
        assert_eq!(flags.vars()["a"], 1);
        assert_eq!(flags.text("indirect_selection"), Some("eager"));
        assert!(flags.get("output").is_none());
    }

    #[test]
    fn wrong_values_are_told() {
        for (given, environment, message) in [
            (
                json!({"vars": "a"}),
                vec![],
                "The --vars argument must be a YAML dictionary, but was of type 'str'",
            ),
            (
                json!({}),
                vec![("DBT_FAIL_FAST", "maybe")],
                "Invalid value for DBT_FAIL_FAST: 'maybe' is not a valid boolean",
            ),
            (
                json!({"event_time_start": "2024-01-01"}),
                vec![],
                "The flag `--event-time-start` was specified",
            ),
            (
                json!({"interval_start": "2024-01-01", "interval_end": "2024-01-01"}),
                vec![],
                "Value for `--interval-start` must be less than `--interval-end`",
            ),
            (
                json!({"warn_error": true, "warn_error_options": "{error: all}"}),
                vec![],
                "not allowed with argument warn_error",
            ),
            (json!({}), vec![("DBT_INDIRECT_SELECTION", "eagr")], "is not one of 'eager'"),
        ] {
            let problem = resolve("run", &given, &environment, &json!({})).unwrap_err();
            assert!(problem.message.contains(message), "{problem}");
        }
    }

    #[test]
    fn warnings_as_errors() {
        let given = json!({"warn_error_options": "{include: all, exclude: [A], silence: [B]}"});
        let options = resolve("run", &given, &[], &json!({})).unwrap().warn_error_options().unwrap();
        assert_eq!([options.error, options.warn, options.silence], [["all"], ["A"], ["B"]]);
        let options = resolve("run", &json!({"warn_error": true}), &[], &json!({})).unwrap();
        assert_eq!(options.warn_error_options().unwrap().error, ["all"]);
    }
}
