//! dbt's config keys per resource type, in dbt's order, with their defaults, and the last touches on a config.

use std::sync::LazyLock;

use serde_json::{Map, Value as Json, json};

use crate::config::ResourceType;

/// A config in which nothing was set.
pub fn defaults(resource: ResourceType) -> &'static Map<String, Json> {
    static MODEL: LazyLock<Map<String, Json>> =
        LazyLock::new(|| node("view", &json!({"access": "protected", "freshness": null})));
    static SEED: LazyLock<Map<String, Json>> =
        LazyLock::new(|| node("seed", &json!({"delimiter": ",", "quote_columns": null})));
    static SNAPSHOT: LazyLock<Map<String, Json>> = LazyLock::new(snapshot);
    static FUNCTION: LazyLock<Map<String, Json>> = LazyLock::new(|| {
        node(
            "function",
            &json!({"type": "scalar", "volatility": null, "runtime_version": null, "entry_point": null}),
        )
    });
    static OTHER: LazyLock<Map<String, Json>> = LazyLock::new(|| node("view", &json!({})));
    static TEST: LazyLock<Map<String, Json>> = LazyLock::new(test);
    static UNIT_TEST: LazyLock<Map<String, Json>> =
        LazyLock::new(|| object(json!({"tags": [], "meta": {}, "enabled": true, "static_analysis": null})));
    static SOURCE: LazyLock<Map<String, Json>> = LazyLock::new(source);
    static EXPOSURE: LazyLock<Map<String, Json>> =
        LazyLock::new(|| object(json!({"enabled": true, "tags": [], "meta": {}})));
    static METRIC: LazyLock<Map<String, Json>> =
        LazyLock::new(|| object(json!({"enabled": true, "group": null, "meta": {}})));
    static SAVED_QUERY: LazyLock<Map<String, Json>> = LazyLock::new(saved_query);
    match resource {
        ResourceType::Model => &MODEL,
        ResourceType::Seed => &SEED,
        ResourceType::Snapshot => &SNAPSHOT,
        ResourceType::Function => &FUNCTION,
        ResourceType::Analysis | ResourceType::Operation => &OTHER,
        ResourceType::Test => &TEST,
        ResourceType::UnitTest => &UNIT_TEST,
        ResourceType::Source => &SOURCE,
        ResourceType::Exposure => &EXPOSURE,
        ResourceType::Metric | ResourceType::SemanticModel => &METRIC,
        ResourceType::SavedQuery => &SAVED_QUERY,
    }
}

fn object(value: Json) -> Map<String, Json> {
    match value {
        Json::Object(map) => map,
        _ => Map::new(),
    }
}

fn node(materialized: &str, more: &Json) -> Map<String, Json> {
    let mut config = object(json!({
        "enabled": true, "alias": null, "schema": null, "database": null, "tags": [], "meta": {},
        "group": null, "static_analysis": null, "materialized": materialized, "incremental_strategy": null,
        "batch_size": null, "lookback": 1, "begin": null, "persist_docs": {}, "post-hook": [], "pre-hook": [],
        "quoting": {}, "column_types": {}, "full_refresh": null, "unique_key": null,
        "on_schema_change": "ignore", "on_configuration_change": "apply", "grants": {}, "packages": [],
        "docs": {"show": true, "node_color": null}, "contract": {"enforced": false, "alias_types": true},
        "event_time": null, "concurrent_batches": null,
    }));
    config.extend(object(more.clone()));
    config
}

fn snapshot() -> Map<String, Json> {
    node(
        "snapshot",
        &json!({
            "strategy": null, "target_schema": null, "target_database": null, "updated_at": null,
            "check_cols": null,
            "snapshot_meta_column_names": {
                "dbt_valid_to": null, "dbt_valid_from": null, "dbt_scd_id": null, "dbt_updated_at": null,
                "dbt_is_deleted": null,
            },
            "dbt_valid_to_current": null,
        }),
    )
}

fn test() -> Map<String, Json> {
    object(json!({
        "enabled": true, "alias": null, "schema": "dbt_test__audit", "database": null, "tags": [], "meta": {},
        "group": null, "static_analysis": null, "materialized": "test", "severity": "ERROR",
        "store_failures": null, "store_failures_as": null, "where": null, "limit": null,
        "fail_calc": "count(*)", "warn_if": "!= 0", "error_if": "!= 0",
    }))
}

fn source() -> Map<String, Json> {
    object(json!({
        "enabled": true, "event_time": null,
        "freshness": {
            "warn_after": {"count": null, "period": null}, "error_after": {"count": null, "period": null},
            "filter": null,
        },
        "loaded_at_field": null, "loaded_at_query": null, "meta": {}, "tags": [], "static_analysis": null,
    }))
}

fn saved_query() -> Map<String, Json> {
    object(json!({
        "enabled": true, "group": null, "meta": {}, "export_as": null, "schema": null,
        "cache": {"enabled": false},
    }))
}

/// What dbt does when all sources are merged: hooks as mappings, `on`/`off` as text, failures stored consistently.
pub fn finish(resource: ResourceType, config: &mut Map<String, Json>) {
    for key in ["post-hook", "pre-hook"] {
        if let Some(Json::Array(hooks)) = config.get_mut(key) {
            for hook in hooks {
                *hook = normal_hook(hook);
            }
        }
    }
    if let Some(Json::Bool(on)) = config.get("static_analysis") {
        let text = if *on { "on" } else { "off" };
        config.insert("static_analysis".to_owned(), text.into());
    }
    match resource {
        ResourceType::Test => finish_test(config),
        ResourceType::Model => {
            let builds_after =
                config.get("freshness").is_some_and(|value| value.get("build_after").is_some());
            if !builds_after {
                config.insert("freshness".to_owned(), Json::Null);
            }
        }
        _ => {}
    }
}

fn finish_test(config: &mut Map<String, Json>) {
    let kept_as = config.get("store_failures_as").cloned().unwrap_or_default();
    match kept_as.as_str() {
        Some(name) => {
            config.insert("store_failures".to_owned(), Json::Bool(name != "ephemeral"));
        }
        None => {
            let implied = match config.get("store_failures") {
                Some(Json::Bool(true)) => "table".into(),
                Some(Json::Bool(false)) => "ephemeral".into(),
                _ => Json::Null,
            };
            config.insert("store_failures_as".to_owned(), implied);
        }
    }
}

/// A hook is SQL, a mapping, or the JSON text that `before_begin()` renders.
fn normal_hook(hook: &Json) -> Json {
    let given = match hook {
        Json::Object(map) => map.clone(),
        Json::String(text) => match serde_json::from_str::<Json>(text) {
            Ok(Json::Object(map)) => map,
            _ => object(json!({"sql": text})),
        },
        other => object(json!({"sql": other})),
    };
    let of = |key: &str, default: Json| given.get(key).cloned().unwrap_or(default);
    json!({
        "sql": of("sql", Json::String(String::new())),
        "transaction": of("transaction", Json::Bool(true)),
        "index": of("index", Json::Null),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hooks_and_stored_failures_take_their_final_form() {
        let mut config = defaults(ResourceType::Model).clone();
        config
            .insert("pre-hook".into(), json!(["select 1", "{\"sql\": \"vacuum\", \"transaction\": false}"]));
        finish(ResourceType::Model, &mut config);
        assert_eq!(
            config["pre-hook"],
            json!([
                {"sql": "select 1", "transaction": true, "index": null},
                {"sql": "vacuum", "transaction": false, "index": null}
            ])
        );
        let mut config = defaults(ResourceType::Test).clone();
        config.insert("store_failures".into(), json!(true));
        finish(ResourceType::Test, &mut config);
        assert_eq!(config["store_failures_as"], "table");
    }
}
