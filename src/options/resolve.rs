//! The merge of all places that set a flag, and the rules between flags.

use serde_json::{Map, Value as Json};

use super::behavior;
use super::flags::{FlagOrigin, Flags};
use super::grammar::Row;
use super::option::{Opt, Reach, Text};
use super::subcommand::Subcommand;
use super::table::{
    DEFER, EVENT_TIME_END, EVENT_TIME_START, FAVOR_STATE, FULL_REFRESH, GLOBAL, INLINE, INTERVAL_END,
    INTERVAL_START, KNOWN, LOG_FORMAT, LOG_FORMAT_FILE, LOG_LEVEL, LOG_LEVEL_FILE, PRINT, SELECT, SELECTOR,
    SEND_ANONYMOUS_USAGE_STATS, STATE, USE_COLORS, USE_COLORS_FILE, WARN_ERROR, WARN_ERROR_OPTIONS,
};
use super::values::{from_json, from_text, usage};
use super::warn_error::{self, WarnErrorOptions};
use crate::config::Environment;
use crate::config::yaml;
use crate::diagnostic::{Diagnostic, Result, did_you_mean};

/// What flags are made of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FlagInputs<'a> {
    pub command: Subcommand,
    /// What the command line gave, by the options' keys.
    pub given: &'a Map<String, Json>,
    pub environment: &'a Environment,
    /// `flags:` of dbt_project.yml, or the legacy `config:` of profiles.yml.
    pub project: &'a Map<String, Json>,
}

/// Names of variables that older dbt versions read, and the option they set. `DBT_NO_PRINT` is the negative.
const OLD_VARIABLES: [(&str, &Opt); 4] = [
    ("DBT_DEFER_TO_STATE", &DEFER.0),
    ("DBT_FAVOR_STATE_MODE", &FAVOR_STATE.0),
    ("DBT_ARTIFACT_STATE_PATH", &STATE.0),
    ("DBT_NO_PRINT", &PRINT.0),
];

/// What a job tells its steps, in UTC.
const JOB_INTERVAL: [&str; 2] = ["RSDBT_INTERVAL_START", "RSDBT_INTERVAL_END"];

/// By which a step that is a command of this program gets its lease.
pub(crate) const JOB_LEASE: &str = "RSDBT_LEASE";

/// Variables with dbt's reserved prefix that are no flags.
const OTHER_ENGINE_VARIABLES: [&str; 6] = [
    "INVOCATION_ENV",
    "RECORDED_FILE_PATH",
    "PACKAGE_HUB_URL",
    "DOWNLOAD_DIR",
    "SQLPARSE",
    "SHOW_RESOURCE_REPORT",
];

/// The names of dbt's variables, without a prefix.
pub(crate) fn variable_keys() -> impl Iterator<Item = String> {
    let options = all().filter(|option| option.reach != Reach::CommandLine);
    options.map(|option| option.key.to_ascii_uppercase()).chain(OTHER_ENGINE_VARIABLES.map(str::to_owned))
}

impl Flags {
    /// Merges all places. Called twice by a command: without the project's flags to find the project, then
    /// with them.
    pub(crate) fn resolve(inputs: &FlagInputs<'_>, warnings: &mut Vec<Diagnostic>) -> Result<Self> {
        let mut flags = Self::default();
        for option in known(inputs.command) {
            if let Some((value, origin)) = value_of(option, inputs)? {
                flags.set_from(option.key, value, origin);
            }
        }
        if let Some(Json::String(text)) = inputs.given.get(super::table::VARS.0.key) {
            flags.written_vars = Some(yaml::load_text("--vars", text)?);
        }
        for (name, value) in inputs.given {
            if !flags.has(name) {
                flags.set_from(name, value.clone(), FlagOrigin::CommandLine);
            }
        }
        flags.read_old_variables(inputs, warnings)?;
        flags.take_interval_of_job(inputs)?;
        for change in behavior::ALL {
            let (value, origin) = match inputs.project.get(change.key) {
                Some(Json::Bool(value)) => (*value, FlagOrigin::Project),
                _ => (change.default, FlagOrigin::Default),
            };
            flags.set_from(change.key, value.into(), origin);
        }
        warn_unknown(inputs, warnings);
        flags.follow(&USE_COLORS.0, &USE_COLORS_FILE.0);
        flags.follow(&LOG_LEVEL.0, &LOG_LEVEL_FILE.0);
        flags.follow(&LOG_FORMAT.0, &LOG_FORMAT_FILE.0);
        if inputs.environment.get("DO_NOT_TRACK").is_some_and(|value| !matches!(value, "" | "0" | "false")) {
            flags.set(SEND_ANONYMOUS_USAGE_STATS.0.key, false);
        }
        flags.set("which", inputs.command.which());
        flags.check()?;
        warnings.extend(warn_error::deprecated(&flags.mapping(&WARN_ERROR_OPTIONS)));
        Ok(flags)
    }

    pub(crate) fn warn_error_options(&self) -> Result<WarnErrorOptions> {
        let options = match self.is(&WARN_ERROR) {
            true => WarnErrorOptions::all(),
            false => WarnErrorOptions::read(&self.mapping(&WARN_ERROR_OPTIONS))?,
        };
        let handles_all = self.follows(&behavior::REQUIRE_ALL_WARNINGS_HANDLED_BY_WARN_ERROR);
        Ok(WarnErrorOptions { handles_all, ..options })
    }

    fn read_old_variables(&mut self, inputs: &FlagInputs<'_>, warnings: &mut Vec<Diagnostic>) -> Result<()> {
        for (variable, option) in OLD_VARIABLES {
            let Some(text) = inputs.environment.get(variable).filter(|text| !text.is_empty()) else {
                continue;
            };
            let new = format!("DBT_ENGINE_{}", option.key.to_ascii_uppercase());
            let text_of_dbt = format!(
                "The environment variable `{variable}` has been renamed as `{new}`.\nIf `{variable}` is currently set, its \
                 value will be used instead of `{new}`.\nSet `{new}` and unset `{variable}` to avoid this deprecation \
                 warning and ensure it works properly in a future release."
            );
            let renamed = Diagnostic::warning("EnvironmentVariableRenamed", text_of_dbt);
            warnings.push(renamed.fact("old_name", variable).fact("new_name", new));
            if self.origin(option) >= FlagOrigin::Environment {
                continue;
            }
            let value = match from_text(option, text, variable)? {
                Json::Bool(value) if variable == "DBT_NO_PRINT" => Json::Bool(!value),
                value => value,
            };
            self.set_from(option.key, value, FlagOrigin::Environment);
        }
        Ok(())
    }

    /// What a program of a job calls works on the job's interval. A window of its own and a full refresh are something else, and the
    /// job's own steps say themselves what they build.
    fn take_interval_of_job(&mut self, inputs: &FlagInputs<'_>) -> Result<()> {
        let given = |option: &Text| self.text(option).is_some();
        let is_free = matches!(inputs.command, Subcommand::Run | Subcommand::Build)
            && inputs.environment.get(JOB_LEASE).is_none()
            && !(given(&INTERVAL_START) || given(&INTERVAL_END) || given(&EVENT_TIME_START))
            && !self.is(&FULL_REFRESH);
        let bounds = JOB_INTERVAL.map(|variable| inputs.environment.get(variable));
        let ([Some(start), Some(end)], true) = (bounds, is_free) else { return Ok(()) };
        for (option, text, variable) in
            [(&INTERVAL_START.0, start, JOB_INTERVAL[0]), (&INTERVAL_END.0, end, JOB_INTERVAL[1])]
        {
            let value = from_text(option, text, variable)?;
            self.set_from(option.key, value, FlagOrigin::Environment);
        }
        Ok(())
    }

    /// A file's setting follows the console's where only the latter was set.
    fn follow(&mut self, lead: &Opt, follower: &Opt) {
        if self.is_set(lead) && !self.is_set(follower) {
            let (value, origin) =
                (self.values().get(lead.key).cloned().unwrap_or_default(), self.origin(lead));
            self.set_from(follower.key, value, origin);
        }
    }

    fn check(&self) -> Result<()> {
        for (first, second) in
            [(&WARN_ERROR.0, &WARN_ERROR_OPTIONS.0), (&SELECT.0, &INLINE.0), (&SELECTOR.0, &INLINE.0)]
        {
            if self.is_set(first) && self.is_set(second) {
                return Err(usage(format!("{}: not allowed with argument {}", second.key, first.key)).boxed());
            }
        }
        self.warn_error_options()?;
        self.check_interval()?;
        let message = match (self.text(&EVENT_TIME_START), self.text(&EVENT_TIME_END)) {
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
        let message = match (self.text(&INTERVAL_START), self.text(&INTERVAL_END)) {
            (None, None) => return Ok(()),
            (Some(_), None) => "`--interval-start` needs `--interval-end`",
            (None, Some(_)) => "`--interval-end` needs `--interval-start`",
            (Some(start), Some(end)) if start >= end => {
                "Value for `--interval-start` must be less than `--interval-end`"
            }
            _ if self.text(&EVENT_TIME_START).is_some() => {
                "`--interval-start` is not allowed with `--event-time-start`: the first is a minimum, the second a limit"
            }
            _ => return Ok(()),
        };
        Err(usage(message).boxed())
    }
}

/// Of a command.
fn known(command: Subcommand) -> impl Iterator<Item = &'static Opt> {
    let of_row = |row: &'static Row| {
        let argument = row.argument.map(|argument| argument.option);
        row.options.iter().copied().chain(row.known.iter().copied()).chain(argument)
    };
    GLOBAL.iter().copied().chain(KNOWN.iter().copied()).chain(command.row().into_iter().flat_map(of_row))
}

/// Of all commands.
pub(super) fn all() -> impl Iterator<Item = &'static Opt> {
    Subcommand::ALL.into_iter().flat_map(known)
}

/// None where the option is there only if it was given, and was not.
fn value_of(option: &Opt, inputs: &FlagInputs<'_>) -> Result<Option<(Json, FlagOrigin)>> {
    let key = option.key;
    if let Some(value) = inputs.given.get(key) {
        let place = format!("--{}", option.name());
        return Ok(Some((from_json(option, value, &place)?, FlagOrigin::CommandLine)));
    }
    if option.reach != Reach::CommandLine {
        for prefix in ["DBT_ENGINE_", "DBT_"] {
            let variable = format!("{prefix}{}", key.to_ascii_uppercase());
            if let Some(text) = inputs.environment.get(&variable).filter(|text| !text.is_empty()) {
                return Ok(Some((from_text(option, text, &variable)?, FlagOrigin::Environment)));
            }
        }
    }
    if let Some(value) = inputs.project.get(key).filter(|value| !value.is_null()) {
        return Ok(Some((from_json(option, value, &format!("flag `{key}`"))?, FlagOrigin::Project)));
    }
    Ok(option.default.to_json().map(|value| (value, FlagOrigin::Default)))
}

fn warn_unknown(inputs: &FlagInputs<'_>, warnings: &mut Vec<Diagnostic>) {
    let keys = || all().map(|option| option.key);
    let changes = || behavior::ALL.iter().map(|change| change.key);
    for name in inputs.project.keys() {
        if !keys().chain(changes()).any(|known| known == name) {
            warnings.push(
                Diagnostic::warning(
                    "UnknownProjectFlag",
                    format!("unknown flag `{name}` in `flags:` of dbt_project.yml"),
                )
                .maybe_help(did_you_mean(name, keys().chain(changes()))),
            );
        }
    }
    for (variable, _) in inputs.environment.with_prefix("DBT_ENGINE_") {
        let name = variable["DBT_ENGINE_".len()..].to_ascii_lowercase();
        let other = OTHER_ENGINE_VARIABLES.iter().any(|other| other.eq_ignore_ascii_case(&name));
        if !other && !keys().any(|known| known == name) {
            warnings.push(
                Diagnostic::warning(
                    "EnvironmentVariableNamespaceDeprecation",
                    format!(
                        "Found custom environment variable `{variable}` in the environment. The prefix `DBT_ENGINE` is \
                         reserved for dbt engine environment variables. Custom environment variables with the prefix \
                         `DBT_ENGINE` may cause collisions and runtime errors."
                    ),
                )
                .fact("env_var", variable)
                .fact("reserved_prefix", "DBT_ENGINE")
                .maybe_help(did_you_mean(&name, keys())),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::table::{FAIL_FAST, INDIRECT_SELECTION, PRINTER_WIDTH, TARGET, VARS};
    use super::*;
    use crate::config::Environment;

    fn resolve(
        command: Subcommand,
        given: &Json,
        environment: &[(&str, &str)],
        project: &Json,
    ) -> Result<Flags> {
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
            resolve(Subcommand::Run, &json!({"target": "prod", "vars": "{a: 1}"}), &environment, &project)
                .unwrap();
        assert_eq!(flags.text(&TARGET), Some("prod"));
        assert!(flags.is(&FAIL_FAST) && flags.follows(&behavior::VALIDATE_MACRO_ARGS));
        assert_eq!(flags.number(&PRINTER_WIDTH), Some(120));
        assert_eq!(flags.text(&LOG_FORMAT_FILE), Some("json"));
        assert_eq!(flags.mapping(&VARS)["a"], 1);
        assert_eq!(flags.text(&INDIRECT_SELECTION), Some("eager"));
        assert!(!flags.has("output"));
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
            let problem = resolve(Subcommand::Run, &given, &environment, &json!({})).unwrap_err();
            assert!(problem.message.contains(message), "{problem}");
        }
    }

    #[test]
    fn warnings_as_errors() {
        let given =
            json!({"warn_error_options": "{include: all, exclude: [NothingToDo], silence: [Deprecations]}"});
        let options =
            resolve(Subcommand::Run, &given, &[], &json!({})).unwrap().warn_error_options().unwrap();
        assert_eq!(
            [options.error, options.warn, options.silence],
            [["all"], ["NothingToDo"], ["Deprecations"]]
        );
        let options = resolve(Subcommand::Run, &json!({"warn_error": true}), &[], &json!({})).unwrap();
        assert_eq!(options.warn_error_options().unwrap().error, ["all"]);
    }
}
