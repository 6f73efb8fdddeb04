//! Pipeline files: a merge with its schedule, as analysts write it without any SQL of their own.

use std::sync::Arc;

use super::cron::Cron;
use super::schedule::{Schedule, Upstream, moment};
use super::{Fields, Yaml, strict, yaml};
use crate::diagnostic::{Diagnostic, Result, SourceText, Span};

/// Of all errors in these files.
const CODE: &str = "pipeline";
/// The templates that there are.
const TYPES: &[&str] = &["postgres_merge_upsert"];
const KEYS: &[&str] = &[
    "pipeline_type",
    "pipeline_key",
    "pipeline_dag_configs",
    "postgres",
    "execution_delay_seconds",
    "upstream_dependencies",
    "merge_upsert",
];
const DAG_KEYS: &[&str] = &["start_date", "end_date", "schedule_interval", "catchup", "default_args"];
const ARGUMENT_KEYS: &[&str] = &["owner", "depends_on_past", "retries", "retry_delay", "weight_rule"];
/// What Airflow also takes there, and what has no meaning here.
const IDLE_DAG_KEYS: &[&str] = &[
    "alerts",
    "concurrency",
    "dag_id",
    "dagrun_timeout",
    "description",
    "max_active_runs",
    "max_active_tasks",
    "sla",
    "tags",
];
const IDLE_ARGUMENT_KEYS: &[&str] = &[
    "alerts",
    "email",
    "email_on_failure",
    "email_on_retry",
    "execution_timeout",
    "max_retry_delay",
    "pool",
    "priority_weight",
    "queue",
    "retry_exponential_backoff",
    "sla",
    "wait_for_downstream",
];
const WEIGHT_RULES: &[&str] = &["downstream", "upstream", "absolute"];
const UPSTREAM_KEYS: &[&str] = &["dag_id", "timedelta_seconds", "poke_interval", "timeout"];
const MERGE_KEYS: &[&str] =
    &["destination_table", "staging_table", "unique_keys", "updated_at", "order_by", "delete_when"];

/// One file.
#[derive(Debug, Clone)]
pub(crate) struct Pipeline {
    /// `{pipeline_type}_{pipeline_key}`.
    pub id: String,
    pub owner: Option<String>,
    pub schedule: Schedule,
    /// Where each upstream is named.
    pub upstream_spans: Vec<Span>,
    pub merge: Merge,
    /// The whole document.
    pub span: Span,
}

/// `merge_upsert:`.
#[derive(Debug, Clone)]
pub(crate) struct Merge {
    pub destination_table: String,
    pub staging_table: String,
    pub unique_keys: Vec<String>,
    pub updated_at: String,
    pub order_by: Vec<String>,
    pub delete_when: Option<String>,
    /// Where the names of columns stand: the config that they become, and `file:line:column`.
    pub places: Vec<(&'static str, String)>,
}

impl Pipeline {
    /// Reads a file; one that says nothing of a pipeline is none.
    pub(crate) fn read(source: &Arc<SourceText>, warnings: &mut Vec<Diagnostic>) -> Result<Option<Self>> {
        let loaded = yaml::load(source)?;
        let (document, doubtful) = (loaded.yaml, loaded.warnings);
        if document.as_mapping().is_none_or(|mapping| !mapping.keys().any(|key| KEYS.contains(&key))) {
            return Ok(None);
        }
        if let Some(duplicate) = doubtful.into_iter().next() {
            let message = duplicate.message.split([':', '\n']).next().unwrap_or_default().to_owned();
            let error = Diagnostic::parsing("pipeline", message);
            return Err(Diagnostic { labels: duplicate.labels, ..error }.help("keep one of them").boxed());
        }
        let file = Fields::new(&document, "pipeline", "")?;
        strict::refuse_unknown(CODE, &file, KEYS)?;
        let kind = required_choice(&file, "pipeline_type", TYPES)?;
        let id = match file.text("pipeline_key")? {
            Some(key) => format!("{kind}_{key}"),
            None => kind,
        };
        let dag = required_mapping(&file, "pipeline_dag_configs", "pipeline_dag_configs")?;
        warn_idle(&dag, IDLE_DAG_KEYS, warnings);
        strict::refuse_unknown(CODE, &dag, &[DAG_KEYS, IDLE_DAG_KEYS].concat())?;
        let arguments = required_mapping(&dag, "default_args", "default_args")?;
        warn_idle(&arguments, IDLE_ARGUMENT_KEYS, warnings);
        strict::refuse_unknown(CODE, &arguments, &[ARGUMENT_KEYS, IDLE_ARGUMENT_KEYS].concat())?;
        strict::choice(CODE, &arguments, "weight_rule", WEIGHT_RULES)?;
        let conn_id = match file.nested("postgres")? {
            Some(postgres) => {
                let postgres = Fields::new(postgres, "postgres", "")?;
                strict::refuse_unknown(CODE, &postgres, &["conn_id"])?;
                postgres.text("conn_id")?
            }
            None => None,
        };
        let (upstream_dependencies, upstream_spans) = upstreams(&file)?;
        let schedule = Schedule {
            cron: cron(&dag)?,
            start_date: date(&dag, "start_date")?.ok_or_else(|| strict::missing(CODE, &dag, "start_date"))?,
            end_date: date(&dag, "end_date")?,
            execution_delay_seconds: strict::number(
                CODE,
                &file,
                "execution_delay_seconds",
                i64::from(i32::MAX),
            )?
            .unwrap_or(0),
            upstream_dependencies,
            retries: strict::number(CODE, &arguments, "retries", 1000)?.unwrap_or(0),
            retry_delay_seconds: minutes(&arguments, "retry_delay")?.unwrap_or(300),
            depends_on_past: arguments.boolean("depends_on_past")?.unwrap_or(false),
            catch_up: dag.boolean("catchup")?.unwrap_or(true),
            keep_intervals: Schedule::default_keep_intervals(),
            conn_id,
        };
        Ok(Some(Self {
            id,
            owner: arguments.text("owner")?,
            schedule,
            upstream_spans,
            merge: merge(&file)?,
            span: document.span(),
        }))
    }
}

fn upstreams(file: &Fields<'_>) -> Result<(Vec<Upstream>, Vec<Span>)> {
    let mut upstreams = Vec::new();
    let mut spans = Vec::new();
    for item in file.list("upstream_dependencies")? {
        let fields = Fields::new(item, "upstream dependency", "")?;
        strict::refuse_unknown(CODE, &fields, UPSTREAM_KEYS)?;
        let dag_id = fields.text("dag_id")?.ok_or_else(|| strict::missing(CODE, &fields, "dag_id"))?;
        spans.push(fields.get("dag_id").map_or_else(|| item.span(), Yaml::span));
        upstreams.push(Upstream {
            dag_id,
            timedelta_seconds: fields.integer("timedelta_seconds")?.unwrap_or(0),
            poke_interval: strict::number(CODE, &fields, "poke_interval", i64::from(i32::MAX))?
                .unwrap_or_else(Upstream::default_poke_interval),
            timeout: strict::number(CODE, &fields, "timeout", i64::from(i32::MAX))?
                .unwrap_or_else(Upstream::default_timeout),
        });
    }
    Ok((upstreams, spans))
}

fn merge(file: &Fields<'_>) -> Result<Merge> {
    let fields = required_mapping(file, "merge_upsert", "merge_upsert")?;
    strict::refuse_unknown(CODE, &fields, MERGE_KEYS)?;
    let text = |key: &str| fields.text(key)?.ok_or_else(|| strict::missing(CODE, &fields, key));
    let (destination_table, staging_table) = (text("destination_table")?, text("staging_table")?);
    if let Some(value) = fields.get("staging_table").filter(|_| destination_table == staging_table) {
        return Err(strict::wrong(
            CODE,
            value,
            "`staging_table` is the `destination_table`: its rows would be consumed",
        ));
    }
    let unique_keys =
        fields.strings("unique_keys")?.ok_or_else(|| strict::missing(CODE, &fields, "unique_keys"))?;
    if let Some(empty) = fields.get("unique_keys").filter(|_| unique_keys.is_empty()) {
        return Err(strict::wrong(
            CODE,
            empty,
            "`unique_keys` is empty: a merge needs at least one key column",
        ));
    }
    let place = |key: &str| fields.get(key).unwrap_or(fields.yaml).span().location();
    let places = [("unique_key", "unique_keys"), ("updated_at", "updated_at"), ("order_by", "order_by")];
    Ok(Merge {
        places: places.map(|(config, key)| (config, place(key))).to_vec(),
        destination_table,
        staging_table,
        unique_keys,
        updated_at: fields.text("updated_at")?.unwrap_or_else(|| "updated_at".to_owned()),
        order_by: fields.strings("order_by")?.unwrap_or_default(),
        delete_when: fields.text("delete_when")?,
    })
}

fn cron(dag: &Fields<'_>) -> Result<String> {
    let value =
        dag.get("schedule_interval").ok_or_else(|| strict::missing(CODE, dag, "schedule_interval"))?;
    let text = value.expect_str("`schedule_interval` of pipeline_dag_configs")?;
    Cron::parse(text).map_err(|error| strict::wrong(CODE, value, &error))?;
    Ok(text.to_owned())
}

/// A timestamp, kept as it is written.
fn date(dag: &Fields<'_>, key: &str) -> Result<Option<String>> {
    let Some(value) = dag.get(key) else { return Ok(None) };
    let text = value.scalar_text().filter(|text| moment(text).is_some());
    match text {
        Some(text) => Ok(Some(text)),
        None => Err(strict::wrong(
            CODE,
            value,
            &format!("`{key}` is not a timestamp; write it in UTC, as 2022-09-01 15:00:00"),
        )),
    }
}

/// Also parts of one, in seconds.
fn minutes(fields: &Fields<'_>, key: &str) -> Result<Option<u32>> {
    const MOST: f64 = 60.0 * 24.0 * 365.0;
    let Some(value) = fields.get(key) else { return Ok(None) };
    let number = value.scalar_text().and_then(|text| text.parse().ok());
    match number.filter(|minutes| (0.0..=MOST).contains(minutes)) {
        // the bound leaves no more than fits
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "bounded above")]
        Some(minutes) => Ok(Some((minutes * 60.0).round() as u32)),
        None => Err(strict::wrong(CODE, value, &format!("`{key}` is a number of minutes from 0 to {MOST}"))),
    }
}

/// Keys that a file of Airflow may well have.
fn warn_idle(fields: &Fields<'_>, idle: &[&str], warnings: &mut Vec<Diagnostic>) {
    for entry in fields.mapping().iter().filter(|entry| idle.contains(&entry.key.as_str())) {
        let message = format!("`{}` in {fields} has no meaning here", entry.key);
        warnings.push(Diagnostic::warning("PipelineKeyIgnored", message).label(entry.key_span(), ""));
    }
}

fn required_mapping<'a>(fields: &Fields<'a>, key: &str, kind: &'static str) -> Result<Fields<'a>> {
    let value = fields.nested(key)?.ok_or_else(|| strict::missing(CODE, fields, key))?;
    Fields::new(value, kind, "")
}

fn required_choice(fields: &Fields<'_>, key: &str, known: &[&str]) -> Result<String> {
    strict::choice(CODE, fields, key, known)?.ok_or_else(|| strict::missing(CODE, fields, key))
}
