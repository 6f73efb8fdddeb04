//! One pipeline file: its type, its schedule, what it waits for.

use std::sync::Arc;

use super::merge::{self, Merge};
use super::transform::{self, Transform};
use crate::config::cron::Cron;
use crate::config::schedule::{Schedule, Upstream, moment};
use crate::config::{Fields, Yaml, strict, yaml};
use crate::diagnostic::{Diagnostic, Result, SourceText, Span};

/// Of all errors in these files.
const CODE: &str = "pipeline";
const MERGE: &str = "postgres_merge_upsert";
const TRANSFORM: &str = "postgres_transform_load";
/// The templates that there are, and the key under which each says what it does.
const TYPES: [(&str, &str); 2] = [(MERGE, "merge_upsert"), (TRANSFORM, "transform_load")];
const KEYS: [&str; 6] = [
    "pipeline_type",
    "pipeline_key",
    "pipeline_dag_configs",
    "postgres",
    "execution_delay_seconds",
    "upstream_dependencies",
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

/// One file.
#[derive(Debug, Clone)]
pub(crate) struct Pipeline {
    /// `{pipeline_type}_{pipeline_key}`.
    pub id: String,
    pub owner: Option<String>,
    pub schedule: Schedule,
    /// Where each upstream is named.
    pub upstream_spans: Vec<Span>,
    /// `schema.table` or `table`.
    pub destination_table: String,
    pub work: Work,
    /// Generic tests of the table, as a properties file lists them.
    pub tests: Vec<Yaml>,
    /// The whole document.
    pub span: Span,
}

/// What an interval of it does.
#[derive(Debug, Clone)]
pub(crate) enum Work {
    Merge(Merge),
    Transform(Box<Transform>),
}

impl Pipeline {
    /// Reads a file; one that says nothing of a pipeline is none.
    pub(crate) fn read(source: &Arc<SourceText>, warnings: &mut Vec<Diagnostic>) -> Result<Option<Self>> {
        let loaded = yaml::load(source)?;
        let (document, doubtful) = (loaded.yaml, loaded.warnings);
        let sections = TYPES.map(|(_, section)| section);
        let is_ours = |key: &str| KEYS.contains(&key) || sections.contains(&key);
        if document.as_mapping().is_none_or(|mapping| !mapping.keys().any(is_ours)) {
            return Ok(None);
        }
        if let Some(duplicate) = doubtful.into_iter().next() {
            let message = duplicate.message.split([':', '\n']).next().unwrap_or_default().to_owned();
            let error = Diagnostic::parsing("pipeline", message);
            return Err(Diagnostic { labels: duplicate.labels, ..error }.help("keep one of them").boxed());
        }
        let file = Fields::new(&document, "pipeline", "")?;
        let kind = required_choice(&file, "pipeline_type", &TYPES.map(|(kind, _)| kind))?;
        let section = section_of(&file, &kind)?;
        let id = match file.text("pipeline_key")? {
            Some(key) => format!("{kind}_{key}"),
            None => kind.clone(),
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
            test: false,
            conn_id,
        };
        let destination_table = strict::text(CODE, &section, "destination_table")?;
        let tests = section.list("tests")?.to_vec();
        let work = match kind.as_str() {
            MERGE => Work::Merge(Merge::read(&section, &destination_table)?),
            _ => Work::Transform(Box::new(Transform::read(&section)?)),
        };
        Ok(Some(Self {
            id,
            owner: arguments.text("owner")?,
            schedule: Schedule { test: !tests.is_empty(), ..schedule },
            upstream_spans,
            destination_table,
            work,
            tests,
            span: document.span(),
        }))
    }
}

/// The mapping that says what a pipeline of this type does; nothing of another type may be there.
fn section_of<'a>(file: &Fields<'a>, kind: &str) -> Result<Fields<'a>> {
    for (other, section) in TYPES {
        let Some(entry) = file.mapping().iter().find(|entry| entry.key == section && other != kind) else {
            continue;
        };
        return Err(Diagnostic::parsing(
            CODE,
            format!("`{section}` belongs to a {other}, and this is a {kind}"),
        )
        .label(entry.key_span(), "")
        .help(format!("set `pipeline_type: {other}`, or remove `{section}`"))
        .boxed());
    }
    let (section, known) =
        if kind == MERGE { (TYPES[0].1, merge::KEYS) } else { (TYPES[1].1, transform::KEYS) };
    strict::refuse_unknown(CODE, file, &[&KEYS[..], &[section]].concat())?;
    let fields = required_mapping(file, section, section)?;
    strict::refuse_unknown(CODE, &fields, known)?;
    Ok(fields)
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
