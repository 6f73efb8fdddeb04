//! The configs that dbt knows per resource type: order, defaults, and how values of several places merge.

use std::sync::LazyLock;

use serde_json::{Value as Json, json};

use crate::config::Configurable;

use super::ConfigMap;

/// How a later value meets an earlier one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Merge {
    Replace,
    /// Lists are joined; a single value counts as a list of one.
    Append,
    /// Mappings are updated key by key.
    Update,
    /// As `Update`, with values as lists; a key written `+key` joins its list to the earlier one.
    AppendByKey,
}

pub(super) struct Schema {
    fields: Vec<(&'static str, Json, Merge)>,
}

impl Schema {
    pub(super) fn keys(&self) -> impl Iterator<Item = &'static str> {
        self.fields.iter().map(|(key, ..)| *key)
    }

    pub(super) fn defaults(&self) -> ConfigMap {
        self.fields.iter().map(|(key, default, _)| ((*key).to_owned(), default.clone())).collect()
    }

    pub(super) fn merge_of(&self, key: &str) -> Merge {
        self.fields.iter().find(|(known, ..)| *known == key).map_or(Merge::Replace, |&(.., merge)| merge)
    }
}

pub(super) fn of(resource: Configurable) -> &'static Schema {
    static NODE: LazyLock<Schema> = LazyLock::new(|| Schema { fields: node("view") });
    static MODEL: LazyLock<Schema> = LazyLock::new(|| {
        with(
            node("view"),
            [("access", json!("protected"), Merge::Replace), ("freshness", Json::Null, Merge::Replace)],
        )
    });
    static SEED: LazyLock<Schema> = LazyLock::new(|| {
        with(
            node("seed"),
            [("delimiter", json!(","), Merge::Replace), ("quote_columns", Json::Null, Merge::Replace)],
        )
    });
    static SNAPSHOT: LazyLock<Schema> = LazyLock::new(snapshot);
    static FUNCTION: LazyLock<Schema> = LazyLock::new(function);
    static TEST: LazyLock<Schema> = LazyLock::new(test);
    static SOURCE: LazyLock<Schema> = LazyLock::new(source);
    static UNIT_TEST: LazyLock<Schema> = LazyLock::new(|| {
        with(
            Vec::new(),
            [
                ("tags", json!([]), Merge::Append),
                ("meta", json!({}), Merge::Update),
                ("enabled", json!(true), Merge::Replace),
                ("static_analysis", Json::Null, Merge::Replace),
            ],
        )
    });
    static EXPOSURE: LazyLock<Schema> = LazyLock::new(|| {
        with(
            Vec::new(),
            [
                ("enabled", json!(true), Merge::Replace),
                ("tags", json!([]), Merge::Replace),
                ("meta", json!({}), Merge::Replace),
            ],
        )
    });
    static SEMANTIC: LazyLock<Schema> = LazyLock::new(|| Schema { fields: semantic() });
    static SAVED_QUERY: LazyLock<Schema> = LazyLock::new(|| {
        with(
            semantic(),
            [
                ("export_as", Json::Null, Merge::Replace),
                ("schema", Json::Null, Merge::Replace),
                ("cache", json!({"enabled": false}), Merge::Replace),
            ],
        )
    });
    static GROUP: LazyLock<Schema> = LazyLock::new(|| with(Vec::new(), [("meta", json!({}), Merge::Update)]));
    match resource {
        Configurable::Model => &MODEL,
        Configurable::Analysis | Configurable::Operation => &NODE,
        Configurable::Seed => &SEED,
        Configurable::Snapshot => &SNAPSHOT,
        Configurable::Function => &FUNCTION,
        Configurable::Test => &TEST,
        Configurable::Source => &SOURCE,
        Configurable::UnitTest => &UNIT_TEST,
        Configurable::Exposure => &EXPOSURE,
        Configurable::Metric | Configurable::SemanticModel => &SEMANTIC,
        Configurable::SavedQuery => &SAVED_QUERY,
        Configurable::Group => &GROUP,
    }
}

type Fields = Vec<(&'static str, Json, Merge)>;

fn with<const N: usize>(mut fields: Fields, more: [(&'static str, Json, Merge); N]) -> Schema {
    fields.extend(more);
    Schema { fields }
}

fn node_and_test() -> Fields {
    vec![
        ("enabled", json!(true), Merge::Replace),
        ("alias", Json::Null, Merge::Replace),
        ("schema", Json::Null, Merge::Replace),
        ("database", Json::Null, Merge::Replace),
        ("tags", json!([]), Merge::Append),
        ("meta", json!({}), Merge::Update),
        ("group", Json::Null, Merge::Replace),
        ("static_analysis", Json::Null, Merge::Replace),
    ]
}

fn node(materialized: &str) -> Fields {
    let mut fields = node_and_test();
    fields.extend([
        ("materialized", json!(materialized), Merge::Replace),
        ("incremental_strategy", Json::Null, Merge::Replace),
        ("batch_size", Json::Null, Merge::Replace),
        ("lookback", json!(1), Merge::Replace),
        ("begin", Json::Null, Merge::Replace),
        ("persist_docs", json!({}), Merge::Replace),
        ("post-hook", json!([]), Merge::Append),
        ("pre-hook", json!([]), Merge::Append),
        ("quoting", json!({}), Merge::Update),
        ("column_types", json!({}), Merge::Update),
        ("full_refresh", Json::Null, Merge::Replace),
        ("unique_key", Json::Null, Merge::Replace),
        ("on_schema_change", json!("ignore"), Merge::Replace),
        ("on_configuration_change", json!("apply"), Merge::Replace),
        ("grants", json!({}), Merge::AppendByKey),
        ("packages", json!([]), Merge::Append),
        ("docs", json!({"show": true, "node_color": null}), Merge::Update),
        ("contract", json!({"enforced": false, "alias_types": true}), Merge::Update),
        ("event_time", Json::Null, Merge::Replace),
        ("concurrent_batches", Json::Null, Merge::Replace),
    ]);
    fields
}

fn snapshot() -> Schema {
    let names = json!({
        "dbt_valid_to": null, "dbt_valid_from": null, "dbt_scd_id": null, "dbt_updated_at": null,
        "dbt_is_deleted": null,
    });
    with(
        node("snapshot"),
        [
            ("strategy", Json::Null, Merge::Replace),
            ("target_schema", Json::Null, Merge::Replace),
            ("target_database", Json::Null, Merge::Replace),
            ("updated_at", Json::Null, Merge::Replace),
            ("check_cols", Json::Null, Merge::Replace),
            ("snapshot_meta_column_names", names, Merge::Replace),
            ("dbt_valid_to_current", Json::Null, Merge::Replace),
        ],
    )
}

fn function() -> Schema {
    with(
        node("function"),
        [
            ("type", json!("scalar"), Merge::Replace),
            ("volatility", Json::Null, Merge::Replace),
            ("runtime_version", Json::Null, Merge::Replace),
            ("entry_point", Json::Null, Merge::Replace),
        ],
    )
}

fn test() -> Schema {
    let mut fields = node_and_test();
    if let Some((_, default, _)) = fields.iter_mut().find(|(key, ..)| *key == "schema") {
        *default = json!("dbt_test__audit");
    }
    with(
        fields,
        [
            ("materialized", json!("test"), Merge::Replace),
            ("severity", json!("ERROR"), Merge::Replace),
            ("store_failures", Json::Null, Merge::Replace),
            ("store_failures_as", Json::Null, Merge::Replace),
            ("where", Json::Null, Merge::Replace),
            ("limit", Json::Null, Merge::Replace),
            ("fail_calc", json!("count(*)"), Merge::Replace),
            ("warn_if", json!("!= 0"), Merge::Replace),
            ("error_if", json!("!= 0"), Merge::Replace),
        ],
    )
}

fn source() -> Schema {
    let age = json!({"count": null, "period": null});
    let freshness = json!({"warn_after": age.clone(), "error_after": age, "filter": null});
    with(
        Vec::new(),
        [
            ("enabled", json!(true), Merge::Replace),
            ("event_time", Json::Null, Merge::Replace),
            ("freshness", freshness, Merge::Replace),
            ("loaded_at_field", Json::Null, Merge::Replace),
            ("loaded_at_query", Json::Null, Merge::Replace),
            ("meta", json!({}), Merge::Update),
            ("tags", json!([]), Merge::Replace),
            ("static_analysis", Json::Null, Merge::Replace),
        ],
    )
}

fn semantic() -> Fields {
    vec![
        ("enabled", json!(true), Merge::Replace),
        ("group", Json::Null, Merge::Replace),
        ("meta", json!({}), Merge::Update),
    ]
}
