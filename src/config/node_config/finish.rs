//! What dbt does to a config after the last merge: hooks in full, freshness in full, flags that follow others.

use serde_json::{Value as Json, json};

use crate::config::Configurable;
use crate::diagnostic::Result;

use super::ConfigMap;

pub(super) fn finish(resource: Configurable, config: &mut ConfigMap) -> Result<()> {
    for key in ["pre-hook", "post-hook"] {
        if let Some(Json::Array(hooks)) = config.get_mut(key) {
            hooks.iter_mut().for_each(complete_hook);
        }
    }
    if let Some(Json::Bool(on)) = config.get("static_analysis") {
        let word = if *on { "on" } else { "off" };
        config.insert("static_analysis".into(), word.into());
    }
    match resource {
        Configurable::Test => follow_store_failures(config),
        Configurable::Model => complete_build_after(config),
        Configurable::Source => complete_source_freshness(config),
        Configurable::Snapshot => complete_meta_columns(config),
        _ => {}
    }
    Ok(())
}

/// A hook is `{sql, transaction, index}`; a string may hold that as JSON, or be the SQL.
fn complete_hook(hook: &mut Json) {
    if let Json::String(text) = hook {
        let parsed = if text.trim_start().starts_with('{') { serde_json::from_str(text).ok() } else { None };
        *hook = match parsed {
            Some(object @ Json::Object(_)) => object,
            _ => json!({"sql": std::mem::take(text)}),
        };
    }
    if let Json::Object(object) = hook {
        let mut take = |key: &str, default: Json| object.shift_remove(key).unwrap_or(default);
        let (sql, transaction) = (take("sql", json!("")), take("transaction", json!(true)));
        let index = take("index", Json::Null);
        *hook = json!({"sql": sql, "transaction": transaction, "index": index});
    }
}

/// `store_failures_as` decides; without it `store_failures` does.
fn follow_store_failures(config: &mut ConfigMap) {
    match config.get("store_failures_as") {
        None | Some(Json::Null) => {
            let stored_as = match config.get("store_failures") {
                Some(Json::Bool(true)) => json!("table"),
                Some(Json::Bool(false)) => json!("ephemeral"),
                _ => Json::Null,
            };
            config.insert("store_failures_as".into(), stored_as);
        }
        Some(stored_as) => {
            let stored = stored_as != "ephemeral";
            config.insert("store_failures".into(), stored.into());
        }
    }
}

fn complete_build_after(config: &mut ConfigMap) {
    let build_after = config.get("freshness").and_then(|freshness| freshness.get("build_after"));
    let freshness = match build_after {
        Some(Json::Object(given)) => {
            let get = |key: &str, default: Json| given.get(key).cloned().unwrap_or(default);
            json!({"build_after": {
                "count": get("count", Json::Null),
                "period": get("period", Json::Null),
                "updates_on": get("updates_on", json!("any")),
            }})
        }
        _ => Json::Null,
    };
    config.insert("freshness".into(), freshness);
}

fn complete_source_freshness(config: &mut ConfigMap) {
    let Some(Json::Object(given)) = config.get("freshness") else { return };
    let age = |key: &str| match given.get(key) {
        Some(Json::Object(age)) => json!({"count": age.get("count"), "period": age.get("period")}),
        Some(Json::Null) => Json::Null,
        _ => json!({"count": null, "period": null}),
    };
    let complete = json!({"warn_after": age("warn_after"), "error_after": age("error_after"), "filter": given.get("filter")});
    config.insert("freshness".into(), complete);
    if let Some(Json::String(tag)) = config.get("tags") {
        let tags = json!([tag]);
        config.insert("tags".into(), tags);
    }
}

fn complete_meta_columns(config: &mut ConfigMap) {
    let Some(Json::Object(given)) = config.get("snapshot_meta_column_names") else { return };
    let names = ["dbt_valid_to", "dbt_valid_from", "dbt_scd_id", "dbt_updated_at", "dbt_is_deleted"];
    let complete: ConfigMap = names
        .iter()
        .map(|name| ((*name).to_owned(), given.get(*name).cloned().unwrap_or(Json::Null)))
        .collect();
    config.insert("snapshot_meta_column_names".into(), Json::Object(complete));
}
