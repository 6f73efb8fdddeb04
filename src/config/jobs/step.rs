//! A step of a job: a command of this program, or another program.

use serde_json::{Map, Value as Json};
use sha2::{Digest as _, Sha256};

use super::values::{CODE, json_mapping, words};
use crate::config::{Fields, Yaml, strict};
use crate::diagnostic::{Diagnostic, Result, Span, did_you_mean};

/// Commands with a selection.
const COMMANDS: &[&str] = &["build", "run", "test", "seed", "snapshot", "source freshness", "load"];
/// Steps without one.
const OTHERS: [&str; 2] = ["run-operation", "shell"];
const OPERATION: &str = OTHERS[0];
const SHELL: &str = OTHERS[1];
const COMMAND_KEYS: &[&str] = &["select", "exclude", "selector", "vars", "full_refresh"];
const OPERATION_KEYS: &[&str] = &["macro", "args", "vars"];

#[derive(Debug, Clone)]
pub(crate) struct JobStep {
    pub place: Span,
    pub action: JobAction,
    /// Beside those of the command line.
    pub vars: Map<String, Json>,
}

#[derive(Debug, Clone)]
pub(crate) enum JobAction {
    /// Its words, and its options.
    Command {
        name: &'static str,
        options: Vec<String>,
    },
    Operation {
        macro_name: String,
        arguments: Map<String, Json>,
        place: Span,
    },
    /// Without a shell.
    Program(Vec<String>),
}

impl JobStep {
    /// As messages call it.
    pub(crate) fn title(&self) -> String {
        match &self.action {
            JobAction::Command { name, options } if options.is_empty() => (*name).to_owned(),
            JobAction::Command { name, options } => format!("{name} {}", options.join(" ")),
            JobAction::Operation { macro_name, .. } => format!("{OPERATION} {macro_name}"),
            JobAction::Program(words) => words.join(" "),
        }
    }

    /// All that it says.
    fn words(&self) -> String {
        let of_action = match &self.action {
            JobAction::Operation { arguments, .. } => Json::Object(arguments.clone()).to_string(),
            JobAction::Command { name, .. } => (*name).to_owned(),
            JobAction::Program(words) => Json::from(words.clone()).to_string(),
        };
        format!("{} {of_action} {}", self.title(), Json::Object(self.vars.clone()))
    }

    /// Whether it builds the project's own relations, for an interval.
    pub(crate) fn builds(&self) -> bool {
        matches!(self.action, JobAction::Command { name: "build" | "run", .. })
    }
}

/// A number for each step, by which it is known after others have come before it or have gone. Equal steps count.
pub(crate) fn step_keys(steps: &[JobStep]) -> Vec<u32> {
    let all: Vec<String> = steps.iter().map(JobStep::words).collect();
    let key = |(at, words): (usize, &String)| {
        let twins = all[..at].iter().filter(|other| *other == words).count();
        let digest = Sha256::digest(format!("{twins} {words}"));
        // a positive `integer` of the server
        digest[..4].iter().fold(0_u32, |key, byte| key << 8 | u32::from(*byte)) >> 1
    };
    all.iter().enumerate().map(key).collect()
}

pub(super) fn read(entry: &Yaml) -> Result<JobStep> {
    if let Some(name) = entry.as_str() {
        let name = command(name, entry)?;
        return Ok(JobStep {
            place: entry.span(),
            action: JobAction::Command { name, options: Vec::new() },
            vars: Map::new(),
        });
    }
    let fields = Fields::new(entry, "step", "")?;
    let mut entries = fields.mapping().iter();
    let (Some(only), None) = (entries.next(), entries.next()) else {
        return Err(strict::wrong(CODE, entry, "a step has exactly one key, as `build: tag:nightly`"));
    };
    match only.key.as_str() {
        SHELL => Ok(JobStep {
            place: only.value.span(),
            action: JobAction::Program(words(&only.value, "`shell`")?),
            vars: Map::new(),
        }),
        OPERATION => operation(&only.value),
        key => {
            let found = COMMANDS.iter().find(|name| **name == key);
            let name = found.copied().ok_or_else(|| unknown(key, only.key_span()))?;
            with_selection(name, &only.value)
        }
    }
}

fn unknown(word: &str, span: Span) -> Box<Diagnostic> {
    let known = || COMMANDS.iter().copied().chain(OTHERS);
    let help = did_you_mean(word, known())
        .unwrap_or_else(|| format!("it is one of: {}", known().collect::<Vec<_>>().join(", ")));
    Diagnostic::parsing(CODE, format!("`{word}` is not a valid step")).label(span, "").help(help).boxed()
}

fn command(word: &str, value: &Yaml) -> Result<&'static str> {
    COMMANDS.iter().find(|name| **name == word).copied().ok_or_else(|| unknown(word, value.span()))
}

/// `tag:nightly`, a list of selections, or a mapping of options.
fn with_selection(name: &'static str, value: &Yaml) -> Result<JobStep> {
    let mut options = Vec::new();
    if value.is_null() {
        return Ok(JobStep {
            place: value.span(),
            action: JobAction::Command { name, options },
            vars: Map::new(),
        });
    }
    if let Some(selected) = value.string_or_list() {
        if selected.iter().all(|word| word.trim().is_empty()) {
            let message =
                format!("`{name}` selects nothing: for all of the project, write the step as `{name}`");
            return Err(strict::wrong(CODE, value, &message));
        }
        options.extend(["--select".to_owned(), selected.join(" ")]);
        return Ok(JobStep {
            place: value.span(),
            action: JobAction::Command { name, options },
            vars: Map::new(),
        });
    }
    let fields = Fields::new(value, "step", name)?;
    strict::refuse_unknown(CODE, &fields, COMMAND_KEYS)?;
    for key in ["select", "exclude"] {
        if let Some(value) = fields.get(key) {
            let listed = value.string_or_list();
            let listed = listed
                .ok_or_else(|| value.wrong_type(&format!("`{key}` of {fields}"), "a string or a list"))?;
            options.extend([format!("--{key}"), listed.join(" ")]);
        }
    }
    if let Some(selector) = fields.string("selector")? {
        options.extend(["--selector".to_owned(), selector]);
    }
    if fields.boolean("full_refresh")? == Some(true) {
        if let Some(value) = fields.get("full_refresh").filter(|_| !matches!(name, "build" | "run" | "seed"))
        {
            return Err(strict::wrong(CODE, value, &format!("`{name}` has no full refresh")));
        }
        options.push("--full-refresh".to_owned());
    }
    Ok(JobStep {
        place: value.span(),
        action: JobAction::Command { name, options },
        vars: json_mapping(&fields, "vars")?,
    })
}

fn operation(value: &Yaml) -> Result<JobStep> {
    if let Some(name) = value.as_str() {
        let action =
            JobAction::Operation { macro_name: name.to_owned(), arguments: Map::new(), place: value.span() };
        return Ok(JobStep { place: value.span(), action, vars: Map::new() });
    }
    let fields = Fields::new(value, "step", OPERATION)?;
    strict::refuse_unknown(CODE, &fields, OPERATION_KEYS)?;
    let place = fields.get("macro").ok_or_else(|| strict::missing(CODE, &fields, "macro"))?;
    let macro_name = place.expect_str("`macro`")?.to_owned();
    let action =
        JobAction::Operation { macro_name, arguments: json_mapping(&fields, "args")?, place: place.span() };
    Ok(JobStep { place: value.span(), action, vars: json_mapping(&fields, "vars")? })
}
