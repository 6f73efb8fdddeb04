//! How old a source's newest row is, and whether that is too old.

use std::sync::Arc;

use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, ToSpan};
use serde_json::{Value as Json, json};

use super::super::results::{FreshnessResult, Status};
use super::super::state::sink;
use super::{Executed, NodeRun, Watch, Worker, adapter_response};
use crate::adapter::Response;
use crate::config::batches::instant;
use crate::context::objects::Table;
use crate::context::runtime::{NodeContext, NodeContextParts, Subject};
use crate::diagnostic::{Diagnostic, Result, SourceText};
use crate::jinja::python::datetime::Moment;
use crate::jinja::python::{given, to_str, type_name};
use crate::jinja::{Context, Value};
use crate::manifest::{Freshness, FreshnessPeriod, SourceDefinition};

struct Age {
    response: Response,
    max_loaded_at: Timestamp,
    snapshotted_at: Timestamp,
}

impl Age {
    fn seconds(&self) -> f64 {
        self.snapshotted_at.duration_since(self.max_loaded_at).as_secs_f64()
    }
}

impl NodeRun<'_, '_> {
    pub(super) fn freshness(&mut self, worker: &mut Worker, source: &SourceDefinition) -> Result<Executed> {
        let mut watch = std::mem::replace(&mut self.watch, Watch::start());
        watch.phase("compile", || ());
        self.executing();
        let age = watch.phase("execute", || self.age(worker, source));
        self.watch = watch;
        let mut result = FreshnessResult {
            unique_id: source.unique_id.clone(),
            status: Status::RuntimeError,
            error: None,
            max_loaded_at: None,
            snapshotted_at: None,
            age_seconds: 0.0,
            criteria: criteria(source.freshness.as_ref()),
            adapter_response: serde_json::Map::new(),
            timing: self.watch.phases.clone(),
            thread_id: super::super::thread_name().into_owned(),
            execution_time: self.watch.seconds(),
        };
        match age {
            Ok(age) => {
                result.status = judged(source.freshness.as_ref(), &age);
                result.max_loaded_at = Some(age.max_loaded_at);
                result.snapshotted_at = Some(age.snapshotted_at);
                result.age_seconds = age.seconds();
                result.adapter_response = adapter_response(&age.response);
                let executed =
                    Executed { status: result.status, message: None, ..Executed::of_response(&age.response) };
                self.run.keep_freshness(result);
                Ok(executed)
            }
            Err(error) => {
                let resource = crate::manifest::Resource::Source(source);
                result.error = Some(self.error_text(&self.explained(Diagnostic::clone(&error), resource)));
                self.run.keep_freshness(result);
                Err(error)
            }
        }
    }

    fn age(&self, worker: &mut Worker, source: &SourceDefinition) -> Result<Age> {
        worker.step_outside()?;
        let context = NodeContext::new(NodeContextParts {
            shared: Arc::clone(&self.run.inputs.shared),
            subject: Subject::Source(Arc::new(source.clone())),
            unit_test: None,
            batch: None,
            extra: crate::hashed::HashMap::default(),
            sink: sink(&self.run.emitter, Some(self.info.clone())),
            database: worker.names(),
        });
        let dynamic: Arc<dyn Context> = Arc::<NodeContext>::clone(&context);
        let engine = &self.run.inputs.engine;
        let this = context.get("this").unwrap_or_default();
        let answer = if let Some(query) = &source.loaded_at_query {
            let text = SourceText::new(source.original_file_path.clone(), query.clone());
            let query = Value::from(engine.render(&text, &dynamic)?);
            engine.execute_macro("collect_freshness_custom_sql", &dynamic, &[this, query])?
        } else if let Some(field) = &source.loaded_at_field {
            let filter = source.freshness.as_ref().and_then(|freshness| freshness.filter.as_deref());
            let filter = filter.map_or_else(|| Value::from(()), Value::from);
            engine.execute_macro(
                "collect_freshness",
                &dynamic,
                &[this, Value::from(field.as_str()), filter],
            )?
        } else {
            return Err(Diagnostic::runtime(
                "no-loaded-at-field",
                format!(
                    "Could not compute freshness for source {}: no 'loaded_at_field' provided and postgres adapter \
                     does not support metadata-based freshness checks.",
                    source.name
                ),
            )
            .help("set `loaded_at_field` or `loaded_at_query`")
            .boxed());
        };
        // A project's own macro may return the table alone.
        let part = |name: &str| answer.get_attr(name).unwrap_or_default();
        let table = Table::from_value(&part("table")).or_else(|| Table::from_value(&answer));
        if Table::from_value(&answer).is_some() {
            self.run.emitter.warn_for(
                Some(&self.info),
                Diagnostic::warning(
                    "CollectFreshnessReturnSignature",
                    "The 'collect_freshness' macro returns a table; it should return the whole result of its \
                     statement, with the response",
                ),
            )?;
        }
        let Some(table) = table else {
            return Err(Diagnostic::runtime("no-freshness", "the freshness query gave no result").boxed());
        };
        read(Response::from_tag(&to_str(&part("response"))), &table, source)
    }
}

fn read(response: Response, table: &Table, source: &SourceDefinition) -> Result<Age> {
    let [row] = table.rows() else {
        return Err(Diagnostic::runtime(
            "bad-freshness-query",
            format!("Got an invalid result from freshness query on {}", source.name),
        )
        .boxed());
    };
    let snapshotted_at = row.values().get(1).and_then(moment).unwrap_or_else(Timestamp::now);
    let max_loaded_at = match row.values().first() {
        Some(value) if given(value) => moment(value).ok_or_else(|| {
            Diagnostic::runtime(
                "bad-loaded-at",
                format!(
                    "Expected a timestamp value when querying field '{}' of table {} but received value of type '{}' \
                     instead",
                    source.loaded_at_field.as_deref().unwrap_or("loaded_at_query"),
                    source.relation_name.as_deref().unwrap_or(&source.name),
                    kind(value)
                ),
            )
            .help("cast it, as in `loaded_at_field: updated_on::timestamp`")
            .boxed()
        })?,
        // dbt: an empty table is as old as time
        _ => YEAR_ONE.parse().unwrap_or(Timestamp::UNIX_EPOCH),
    };
    Ok(Age { response, max_loaded_at, snapshotted_at })
}

/// Python's `datetime.min`.
const YEAR_ONE: &str = "0001-01-01T00:00:00Z";

/// Times without a zone are UTC.
fn moment(value: &Value) -> Option<Timestamp> {
    value.downcast_object_ref::<Moment>()?;
    let at = instant(&to_str(value))?;
    at.to_zoned(TimeZone::UTC).ok().map(|at| at.timestamp())
}

/// Python's name of a value's type.
fn kind(value: &Value) -> String {
    if to_str(value).parse::<jiff::civil::Date>().is_ok() { "date".to_owned() } else { type_name(value) }
}

fn judged(freshness: Option<&Freshness>, age: &Age) -> Status {
    let Some(freshness) = freshness else { return Status::Pass };
    let exceeded = |period: &Option<FreshnessPeriod>| {
        let limit = period.as_ref().and_then(span);
        limit.is_some_and(|limit| {
            let oldest = age.snapshotted_at.to_zoned(TimeZone::UTC).checked_sub(limit);
            oldest.is_ok_and(|oldest| age.max_loaded_at < oldest.timestamp())
        })
    };
    if exceeded(&freshness.error_after) {
        Status::Error
    } else if exceeded(&freshness.warn_after) {
        Status::Warn
    } else {
        Status::Pass
    }
}

fn span(period: &FreshnessPeriod) -> Option<Span> {
    let count = period.count?;
    match period.period.as_deref()? {
        "minute" => Some(count.minutes()),
        "hour" => Some(count.hours()),
        "day" => Some((count * 24).hours()),
        _ => None,
    }
}

fn criteria(freshness: Option<&Freshness>) -> Json {
    let period = |period: Option<&FreshnessPeriod>| match period {
        Some(period) => json!({ "count": period.count, "period": period.period }),
        None => Json::Null,
    };
    json!({
        "warn_after": period(freshness.and_then(|it| it.warn_after.as_ref())),
        "error_after": period(freshness.and_then(|it| it.error_after.as_ref())),
        "filter": freshness.and_then(|it| it.filter.as_deref()),
    })
}
