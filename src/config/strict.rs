//! Reading of files of ours, in which every key has a meaning: a key that is not known is an error with a suggestion.

use std::collections::BTreeSet;

use jiff::tz::TimeZone;

use super::{Fields, Yaml};
use crate::diagnostic::{Diagnostic, Result, did_you_mean};

pub(super) fn refuse_unknown(code: &'static str, fields: &Fields<'_>, known: &[&str]) -> Result<()> {
    let Some(entry) = fields.mapping().iter().find(|entry| !known.contains(&entry.key.as_str())) else {
        return Ok(());
    };
    let suggestion = did_you_mean(&entry.key, known.iter().copied())
        .unwrap_or_else(|| format!("known are: {}", known.join(", ")));
    Err(Diagnostic::parsing(code, format!("unknown key `{}` in {fields}", entry.key))
        .label(entry.key_span(), "")
        .help(suggestion)
        .boxed())
}

/// One of a few words.
pub(super) fn choice(
    code: &'static str,
    fields: &Fields<'_>,
    key: &str,
    known: &[&str],
) -> Result<Option<String>> {
    let Some(value) = fields.get(key) else { return Ok(None) };
    let text = value.expect_str(&format!("`{key}` of {fields}"))?;
    if known.contains(&text) {
        return Ok(Some(text.to_owned()));
    }
    let suggestion = did_you_mean(text, known.iter().copied())
        .unwrap_or_else(|| format!("it is one of: {}", known.join(", ")));
    Err(Diagnostic::parsing(code, format!("`{text}` is not a valid {key}"))
        .label(value.span(), "")
        .help(suggestion)
        .boxed())
}

pub(super) fn missing(code: &'static str, fields: &Fields<'_>, key: &str) -> Box<Diagnostic> {
    Diagnostic::parsing(code, format!("`{key}` is missing in {fields}"))
        .label(fields.yaml.span(), "")
        .help(format!("add `{key}: ...`"))
        .boxed()
}

pub(super) fn text(code: &'static str, fields: &Fields<'_>, key: &str) -> Result<String> {
    fields.text(key)?.ok_or_else(|| missing(code, fields, key))
}

pub(super) fn wrong(code: &'static str, value: &Yaml, message: &str) -> Box<Diagnostic> {
    Diagnostic::parsing(code, message.to_owned()).label(value.span(), "").boxed()
}

/// A whole number from 0 to a bound.
pub(super) fn number(code: &'static str, fields: &Fields<'_>, key: &str, most: i64) -> Result<Option<u32>> {
    let Some(given) = fields.integer(key)? else { return Ok(None) };
    match (u32::try_from(given), fields.get(key)) {
        (Ok(number), _) if given <= most => Ok(Some(number)),
        (_, Some(value)) => Err(wrong(code, value, &format!("`{key}` goes from 0 to {most}"))),
        (_, None) => Ok(None),
    }
}

pub(super) fn time_zone(code: &'static str, fields: &Fields<'_>, key: &str) -> Result<Option<TimeZone>> {
    let Some(value) = fields.get(key) else { return Ok(None) };
    let name = value.expect_str(&format!("`{key}` of {fields}"))?;
    if let Ok(zone) = TimeZone::get(name) {
        return Ok(Some(zone));
    }
    let known: BTreeSet<String> = jiff::tz::db().available().map(|name| name.to_string()).collect();
    let help = did_you_mean(name, known.iter().map(String::as_str))
        .unwrap_or_else(|| "write a name of the IANA database, as `Europe/Berlin`, or `UTC`".to_owned());
    let error = Diagnostic::parsing(code, format!("`{name}` is not a known time zone"));
    Err(error.label(value.span(), "").help(help).boxed())
}
