//! Values that dbt rejects, in the words of its validators.

use serde_json::Value as Json;

use crate::config::Configurable;
use crate::diagnostic::{Diagnostic, Result};

use super::ConfigMap;
use super::colors::is_color;

pub(super) fn check(resource: Configurable, config: &ConfigMap) -> Result<()> {
    check_types(config)?;
    let materialized = config.get("materialized").and_then(Json::as_str).unwrap_or_default();
    match resource {
        Configurable::Seed if materialized != "seed" => {
            Err(problem("materialized", "A seed must have a materialized value of 'seed'"))
        }
        Configurable::Test => check_test(config, materialized),
        Configurable::Model => check_model(config, materialized),
        _ => Ok(()),
    }
}

/// Snapshots must be complete; checked only once all places have been merged.
pub(crate) fn check_snapshot(config: &ConfigMap) -> Result<()> {
    let given = |key: &str| config.get(key).filter(|value| is_truthy(value));
    let (Some(strategy), Some(_)) = (given("strategy"), given("unique_key")) else {
        return Err(problem("strategy", "Snapshots must be configured with a 'strategy' and 'unique_key'."));
    };
    let check_cols = given("check_cols");
    match strategy.as_str() {
        Some("check") => match check_cols {
            None => {
                return Err(problem(
                    "check_cols",
                    "A snapshot configured with the check strategy must specify a check_cols configuration.",
                ));
            }
            Some(Json::String(text)) if text != "all" => {
                return Err(problem(
                    "check_cols",
                    format!("Invalid value for 'check_cols': {text}. Expected 'all' or a list of strings."),
                ));
            }
            Some(_) => {}
        },
        Some("timestamp") if given("updated_at").is_none() => {
            return Err(problem(
                "updated_at",
                "A snapshot configured with the timestamp strategy must specify an updated_at configuration.",
            ));
        }
        Some("timestamp") if check_cols.is_some() => {
            return Err(problem("check_cols", "A 'timestamp' snapshot should not have 'check_cols'"));
        }
        _ => {}
    }
    match config.get("materialized").and_then(Json::as_str) {
        Some("snapshot") | None => Ok(()),
        Some(_) => Err(problem("materialized", "A snapshot must have a materialized value of 'snapshot'")),
    }
}

fn check_types(config: &ConfigMap) -> Result<()> {
    for (key, kind) in [
        ("enabled", "boolean"),
        ("materialized", "string"),
        ("meta", "object"),
        ("persist_docs", "object"),
        ("quoting", "object"),
        ("column_types", "object"),
        ("grants", "object"),
        ("docs", "object"),
        ("contract", "object"),
    ] {
        let Some(value) = config.get(key) else { continue };
        let fits = match kind {
            "boolean" => value.is_boolean(),
            "string" => value.is_string(),
            _ => value.is_object(),
        };
        if !fits {
            return Err(problem(
                key,
                format!("at path ['{key}']: {} is not of type '{kind}'", python(value)),
            ));
        }
    }
    for key in ["full_refresh", "store_failures"] {
        if let Some(value) = config.get(key).filter(|value| !value.is_null() && !value.is_boolean()) {
            return Err(problem(
                key,
                format!("at path ['{key}']: {} is not valid under any of the given schemas", python(value)),
            ));
        }
    }
    let color = config.get("docs").and_then(|docs| docs.get("node_color")).filter(|color| is_truthy(color));
    if let Some(color) = color.filter(|color| !color.as_str().is_some_and(is_color)) {
        return Err(problem(
            "docs",
            format!(
                "Invalid color name for docs.node_color: {}. It is neither a valid HTML color name nor a valid HEX code.",
                color.as_str().map_or_else(|| python(color), str::to_owned)
            ),
        ));
    }
    let Some(value) = config.get("on_configuration_change") else { return Ok(()) };
    match value.as_str() {
        Some("apply" | "continue" | "fail") => Ok(()),
        _ => Err(problem(
            "on_configuration_change",
            format!(
                "at path ['on_configuration_change']: {} is not one of ['apply', 'continue', 'fail']",
                python(value)
            ),
        )),
    }
}

fn check_test(config: &ConfigMap, materialized: &str) -> Result<()> {
    let severity = config.get("severity").map_or("", |value| value.as_str().unwrap_or("?"));
    if !severity.is_empty() && !["warn", "error"].iter().any(|known| severity.eq_ignore_ascii_case(known)) {
        return Err(problem(
            "severity",
            format!("Severity must be either 'warn' or 'error'. Got '{severity}'"),
        ));
    }
    if materialized != "test" {
        return Err(problem("materialized", "A test must have a materialized value of 'test'"));
    }
    Ok(())
}

fn check_model(config: &ConfigMap, materialized: &str) -> Result<()> {
    let text = |key: &str| config.get(key).and_then(Json::as_str).unwrap_or_default();
    let enforced =
        config.get("contract").and_then(|contract| contract.get("enforced")) == Some(&Json::Bool(true));
    let on_schema_change = text("on_schema_change");
    if enforced && materialized == "incremental" && !matches!(on_schema_change, "append_new_columns" | "fail")
    {
        return Err(problem(
            "on_schema_change",
            format!(
                "Invalid value for on_schema_change: {on_schema_change}. Models materialized as incremental \
                 with contracts enabled must set on_schema_change to 'append_new_columns' or 'fail'"
            ),
        ));
    }
    let Some(build_after) = config.get("freshness").and_then(|freshness| freshness.get("build_after")) else {
        return Ok(());
    };
    let has = |key: &str| build_after.get(key).is_some_and(|value| !value.is_null());
    match (has("count"), has("period")) {
        (false, true) => Err(problem(
            "freshness",
            "`freshness.build_after` must have a value for `count` if a `period` is provided",
        )),
        (true, false) => Err(problem(
            "freshness",
            "`freshness.build_after` must have a value for `period` if a `count` is provided",
        )),
        _ => Ok(()),
    }
}

fn is_truthy(value: &Json) -> bool {
    match value {
        Json::Null | Json::Bool(false) => false,
        Json::String(text) => !text.is_empty(),
        Json::Array(items) => !items.is_empty(),
        _ => true,
    }
}

fn python(value: &Json) -> String {
    match value {
        Json::String(text) => format!("'{text}'"),
        Json::Bool(true) => "True".into(),
        Json::Bool(false) => "False".into(),
        Json::Null => "None".into(),
        other => other.to_string(),
    }
}

fn problem(key: &str, message: impl Into<String>) -> Box<Diagnostic> {
    Diagnostic::parsing("config-value", message).help(format!("see the config `{key}`")).boxed()
}
