//! Texts of the environment, and values of the project file, as values of a flag's kind.

use serde_json::{Value as Json, json};

use crate::config::yaml;
use crate::diagnostic::{Category, Diagnostic, Result, did_you_mean};

use super::option::{Kind, Opt};

/// `place` is how the message calls the value: `DBT_THREADS` or `--vars`.
pub(super) fn from_text(option: &Opt, text: &str, place: &str) -> Result<Json> {
    let invalid = |why: String| usage(format!("Invalid value for {place}: {why}"));
    match option.kind {
        Kind::Text | Kind::Path => Ok(text.into()),
        Kind::Words | Kind::ChoiceWords(_) => Ok(text.split_whitespace().collect()),
        Kind::Switch | Kind::Flag => match text.trim().to_ascii_lowercase().as_str() {
            "1" | "true" | "t" | "yes" | "y" | "on" => Ok(json!(true)),
            "0" | "false" | "f" | "no" | "n" | "off" => Ok(json!(false)),
            _ => Err(invalid(format!("'{text}' is not a valid boolean")).boxed()),
        },
        Kind::Integer(least, most) => match text.trim().parse::<i64>() {
            Ok(number) if (least..=most).contains(&number) => Ok(number.into()),
            _ => Err(invalid(format!("'{text}' is not a whole number from {least} to {most}")).boxed()),
        },
        Kind::Choice(choices) => {
            let word = text.to_ascii_lowercase();
            if choices.contains(&word.as_str()) {
                return Ok(word.into());
            }
            let shown: Vec<String> = choices.iter().map(|choice| format!("'{choice}'")).collect();
            Err(invalid(format!("'{text}' is not one of {}", shown.join(", ")))
                .maybe_help(did_you_mean(&word, choices.iter().copied()))
                .boxed())
        }
        Kind::Mapping => mapping(text, place),
        Kind::Time => time(text, place),
    }
}

/// A value that already has a type: checked, and texts read as above.
pub(super) fn from_json(option: &Opt, value: &Json, place: &str) -> Result<Json> {
    match (option.kind, value) {
        (_, Json::Null)
        | (Kind::Switch | Kind::Flag, Json::Bool(_))
        | (Kind::Mapping, Json::Object(_))
        | (Kind::Words | Kind::ChoiceWords(_), Json::Array(_)) => Ok(value.clone()),
        (_, Json::String(text)) => from_text(option, text, place),
        (Kind::Text | Kind::Path | Kind::Choice(_) | Kind::Integer(..), Json::Number(_)) => {
            from_text(option, &value.to_string(), place)
        }
        _ => Err(usage(format!("Invalid value for {place}: {value}")).boxed()),
    }
}

fn mapping(text: &str, place: &str) -> Result<Json> {
    let yaml = yaml::load_text(place, text)?;
    match yaml.to_json() {
        object @ Json::Object(_) => Ok(object),
        Json::Null if text.trim().is_empty() => Ok(json!({})),
        other => Err(Diagnostic::compilation(
            "option-not-a-mapping",
            format!(
                "The {place} argument must be a YAML dictionary, but was of type '{}'",
                python_type(&other)
            ),
        )
        .label(yaml.span(), "")
        .help("write it as `{name: value}`; mind the space after the colon and the shell's quotes")
        .boxed()),
    }
}

fn python_type(value: &Json) -> &'static str {
    match value {
        Json::Null => "NoneType",
        Json::Bool(_) => "bool",
        Json::Number(number) if number.is_f64() => "float",
        Json::Number(_) => "int",
        Json::String(_) => "str",
        Json::Array(_) => "list",
        Json::Object(_) => "dict",
    }
}

/// Dates and times, in UTC unless they name a zone, normalized to `YYYY-MM-DDTHH:MM:SS`.
fn time(text: &str, place: &str) -> Result<Json> {
    let text = text.trim();
    // as status prints them: with a zone
    let instant =
        || text.parse::<jiff::Timestamp>().map(|at| at.to_zoned(jiff::tz::TimeZone::UTC).datetime());
    let parsed = instant()
        .or_else(|_| text.parse::<jiff::civil::DateTime>())
        .or_else(|_| text.parse::<jiff::civil::Date>().map(|date| date.at(0, 0, 0, 0)));
    match parsed {
        Ok(time) => Ok(time.strftime("%Y-%m-%dT%H:%M:%S").to_string().into()),
        Err(_) => Err(usage(format!(
            "Invalid value for {place}: '{text}' does not match the formats '%Y-%m-%d', '%Y-%m-%dT%H:%M:%S', '%Y-%m-%d %H:%M:%S'."
        ))
        .help("write a day that exists, as `2024-05-31` or `2024-05-31 06:00:00`")
        .boxed()),
    }
}

pub(super) fn usage(message: impl Into<String>) -> Diagnostic {
    Diagnostic::new("flag-value", Category::Usage, message)
}
