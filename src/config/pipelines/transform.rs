//! `transform_load:` a query of a file of its own, whose rows replace those of the table: of whole periods, of equal keys, or all.

use serde_json::{Map, Value as Json, json};

use crate::config::yaml::Kind;
use crate::config::{Fields, Yaml, strict};
use crate::diagnostic::{Diagnostic, Result, Span};

const CODE: &str = "pipeline";

pub(super) const KEYS: &[&str] = &[
    "destination_table",
    "sql_file",
    "unique_keys",
    "partition_by",
    "dirty",
    "lookback",
    "horizon",
    "restate",
    "retention",
    "partitioned",
    "indexes",
    "tests",
];
/// What only a table by periods takes, as the strategy `partition_overwrite` has it.
const OF_PERIODS: &[&str] = &["dirty", "lookback", "horizon", "restate", "retention", "partitioned"];
const PARTITION_KEYS: &[&str] = &["field", "granularity", "time_zone", "local", "independent"];
const GRANULARITIES: &[&str] = &["hour", "day", "week", "month"];

#[derive(Debug, Clone)]
pub(crate) struct Transform {
    pub sql_file: String,
    pub sql_file_span: Span,
    /// How the rows get into the table, as config of a model.
    pub config: Map<String, Json>,
}

impl Transform {
    pub(super) fn read(fields: &Fields<'_>) -> Result<Self> {
        let sql_file = strict::text(CODE, fields, "sql_file")?;
        let unique_keys = fields.strings("unique_keys")?.unwrap_or_default();
        if let Some(empty) = fields.get("unique_keys").filter(|_| unique_keys.is_empty()) {
            return Err(strict::wrong(CODE, empty, "`unique_keys` is empty: name the columns, or remove it"));
        }
        let mut config = match fields.get("partition_by") {
            Some(periods) => by_periods(fields, periods)?,
            None => whole(fields, &unique_keys)?,
        };
        add_indexes(fields, &unique_keys, &mut config)?;
        let sql_file_span = fields.get("sql_file").map_or_else(|| fields.yaml.span(), Yaml::span);
        Ok(Self { sql_file, sql_file_span, config })
    }
}

/// Without periods: rows of equal keys are replaced, or without keys all rows.
fn whole(fields: &Fields<'_>, unique_keys: &[String]) -> Result<Map<String, Json>> {
    if let Some(entry) = fields.mapping().iter().find(|entry| OF_PERIODS.contains(&entry.key.as_str())) {
        let message = format!("`{}` needs `partition_by`", entry.key);
        return Err(Diagnostic::parsing(CODE, message)
            .label(entry.key_span(), "")
            .help("add `partition_by: {field: .., granularity: day, time_zone: UTC}`, or remove the key")
            .boxed());
    }
    let mut config = Map::new();
    if unique_keys.is_empty() {
        config.insert("materialized".to_owned(), json!("table"));
    } else {
        config.insert("materialized".to_owned(), json!("incremental"));
        config.insert("unique_key".to_owned(), json!(unique_keys));
        config.insert("on_schema_change".to_owned(), json!("append_new_columns"));
    }
    Ok(config)
}

/// Whole periods are replaced: those of the interval, and those whose input has changed.
fn by_periods(fields: &Fields<'_>, periods: &Yaml) -> Result<Map<String, Json>> {
    let mut config = Map::new();
    let mut set = |key: &str, value: Json| config.insert(key.to_owned(), value);
    set("materialized", json!("incremental"));
    set("incremental_strategy", json!("partition_overwrite"));
    set("partition_by", partition_by(periods)?);
    set("on_schema_change", json!("append_new_columns"));
    set("dirty", json!(fields.boolean("dirty")?.unwrap_or(true)));
    if fields.get("lookback").is_some_and(|value| matches!(value.kind, Kind::Sequence(_))) {
        set("lookback", fields.get("lookback").map(Yaml::to_json).unwrap_or_default());
    } else if let Some(number) = strict::number(CODE, fields, "lookback", i64::from(i32::MAX))? {
        set("lookback", json!(number));
    }
    for key in ["horizon", "retention"] {
        if let Some(number) = strict::number(CODE, fields, key, i64::from(i32::MAX))? {
            set(key, json!(number));
        }
    }
    if let Some(is_partitioned) = fields.boolean("partitioned")? {
        set("partitioned", json!(is_partitioned));
    }
    if let Some(queries) = fields.strings("restate")? {
        set("restate", json!(queries));
    }
    Ok(config)
}

/// A column, or a mapping as in the config of a model.
fn partition_by(periods: &Yaml) -> Result<Json> {
    if let Some(field) = periods.scalar_text() {
        return Ok(json!({"field": field, "granularity": "day", "time_zone": "UTC"}));
    }
    let fields = Fields::new(periods, "partition_by", "")?;
    strict::refuse_unknown(CODE, &fields, PARTITION_KEYS)?;
    let field = strict::text(CODE, &fields, "field")?;
    let granularity = strict::choice(CODE, &fields, "granularity", GRANULARITIES)?;
    // Postgres reads it; what no list of zones has is a slip
    strict::time_zone(CODE, &fields, "time_zone")?;
    Ok(json!({
        "field": field,
        "granularity": granularity.unwrap_or_else(|| "day".to_owned()),
        "time_zone": fields.text("time_zone")?.unwrap_or_else(|| "UTC".to_owned()),
        "local": fields.boolean("local")?.unwrap_or(false),
        "independent": fields.boolean("independent")?.unwrap_or(false),
    }))
}

/// A key of the table is a unique index of it: what would come twice is refused, and nothing is written.
fn add_indexes(fields: &Fields<'_>, unique_keys: &[String], config: &mut Map<String, Json>) -> Result<()> {
    let mut indexes: Vec<Json> = Vec::new();
    if !unique_keys.is_empty() {
        indexes.push(json!({"columns": unique_keys, "unique": true}));
    }
    indexes.extend(fields.list("indexes")?.iter().map(Yaml::to_json));
    if !indexes.is_empty() {
        config.insert("indexes".to_owned(), indexes.into());
    }
    Ok(())
}
