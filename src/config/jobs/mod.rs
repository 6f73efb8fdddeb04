//! Jobs: steps that run together by a clock of their own or after other jobs. `jobs.yml` and `jobs/*.yml`.

mod alert;
pub(crate) mod schema;
mod sensor;
mod step;
mod values;
mod when;

use std::sync::Arc;

use super::schedule::Upstream;
use super::{Fields, Yaml, strict, yaml};
use crate::diagnostic::{Diagnostic, Diagnostics, Result, SourceText, Span, did_you_mean};

pub(crate) use alert::Alert;
pub(crate) use sensor::{LooksAt, Sensor};
pub(crate) use step::{JobAction, JobStep, step_keys};
use values::{CODE, seconds};
pub(crate) use when::{CatchUp, Cycle, When};

const KEYS: &[&str] = &[
    "name",
    "description",
    "cron",
    "timezone",
    "start",
    "end",
    "after",
    "catch_up",
    "depends_on",
    "target",
    "steps",
    "retries",
    "retry_delay",
    "backoff",
    "timeout",
    "on_failure",
    "on_success",
];
const UPSTREAM_KEYS: &[&str] = &["job", "pipeline", "file", "source", "offset", "timeout"];
/// Of these, an entry has one.
const UPSTREAMS: &[&str] = &["job", "pipeline", "file", "source"];

/// How often a job looks whether what it waits for is done: that is known to the process.
const LOOK_AGAIN: u32 = 2;

type Upstreams = Vec<(Upstream, Span)>;

/// One job.
#[derive(Debug, Clone)]
pub(crate) struct Job {
    pub name: String,
    pub when: When,
    pub catch_up: CatchUp,
    /// The target that runs it; others leave it alone.
    pub target: Option<String>,
    pub depends_on: Upstreams,
    pub sensors: Vec<Sensor>,
    pub steps: Vec<JobStep>,
    pub retries: u32,
    pub retry_delay_seconds: u32,
    /// Each delay is so many times the one before.
    pub backoff: f64,
    /// Of one attempt.
    pub timeout_seconds: Option<u32>,
    pub on_failure: Vec<Alert>,
    pub on_success: Vec<Alert>,
    /// Its name in the file.
    pub span: Span,
}

/// The jobs of a file; one without `jobs:`, or a slip in it, is somebody else's.
pub(crate) fn read(source: &Arc<SourceText>) -> std::result::Result<Vec<Job>, Diagnostics> {
    let loaded = yaml::load(source)?;
    let document = loaded.yaml;
    if let Some(entry) = without_heading(&document) {
        return Err(strict::wrong(
            CODE,
            entry,
            "a file of jobs begins with `jobs:`, and the list follows below",
        )
        .into());
    }
    let is_ours = |key: &str| key == "jobs" || did_you_mean(key, ["jobs"]).is_some();
    if !document.as_mapping().is_some_and(|file| file.keys().any(is_ours)) {
        return Ok(Vec::new());
    }
    if let Some(duplicate) = loaded.warnings.into_iter().next() {
        let message = duplicate.message.split([':', '\n']).next().unwrap_or_default().to_owned();
        let error = Diagnostic::parsing(CODE, message);
        return Err(Diagnostic { labels: duplicate.labels, ..error }.help("keep one of them").into());
    }
    let file = Fields::new(&document, "file of jobs", "")?;
    strict::refuse_unknown(CODE, &file, &["version", "jobs"])?;
    let (mut jobs, mut problems) = (Vec::new(), Vec::new());
    for entry in file.list("jobs")? {
        match job(entry) {
            Ok(job) => jobs.push(job),
            Err(problem) => problems.push(*problem),
        }
    }
    if problems.is_empty() { Ok(jobs) } else { Err(Diagnostics(problems)) }
}

/// What looks like a job and stands where nobody would read it.
fn without_heading(document: &Yaml) -> Option<&Yaml> {
    let first = document.as_sequence().map_or(Some(document), |list| list.first())?;
    let has = |key: &str| first.as_mapping().is_some_and(|entry| entry.keys().any(|known| known == key));
    (has("steps") && ["name", "cron", "after"].iter().any(|key| has(key))).then_some(first)
}

fn job(entry: &Yaml) -> Result<Job> {
    let fields = Fields::named(entry, "job")?;
    strict::refuse_unknown(CODE, &fields, KEYS)?;
    let name = fields.name().to_owned();
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
    // its folder has its name
    let is_wrong = !name.chars().all(is_plain) || name.chars().all(|c| c == '.');
    if let Some(value) = fields.get("name").filter(|_| is_wrong) {
        let message = format!("`{name}` is not a valid name of a job (letters, digits, `_`, `-` and `.`)");
        return Err(strict::wrong(CODE, value, &message));
    }
    fields.text("description")?;
    let steps = match fields.get("steps") {
        None => return Err(strict::missing(CODE, &fields, "steps")),
        Some(value) => value.expect_sequence(&format!("`steps` of {fields}"))?,
    };
    if let Some(value) = fields.get("steps").filter(|_| steps.is_empty()) {
        return Err(strict::wrong(CODE, value, "`steps` is empty: a job needs at least one step"));
    }
    let (when, catch_up) = when::read(&fields)?;
    let (depends_on, sensors) = upstreams(&fields)?;
    Ok(Job {
        name,
        when,
        catch_up,
        target: fields.string("target")?,
        depends_on,
        sensors,
        steps: steps.iter().map(step::read).collect::<Result<_>>()?,
        retries: strict::number(CODE, &fields, "retries", 1000)?.unwrap_or(0),
        retry_delay_seconds: seconds(&fields, "retry_delay")?.unwrap_or(300),
        backoff: backoff(&fields)?,
        timeout_seconds: seconds(&fields, "timeout")?,
        on_failure: alerts(&fields, "on_failure")?,
        on_success: alerts(&fields, "on_success")?,
        span: fields.get("name").map_or_else(|| entry.span(), Yaml::span),
    })
}

/// Other jobs, and what else is waited for.
fn upstreams(fields: &Fields<'_>) -> Result<(Upstreams, Vec<Sensor>)> {
    let (mut upstreams, mut sensors) = (Vec::new(), Vec::new());
    for item in fields.list("depends_on")? {
        let entry = Fields::new(item, "entry of depends_on", "")?;
        strict::refuse_unknown(CODE, &entry, UPSTREAM_KEYS)?;
        let named: Vec<(&str, &Yaml)> =
            UPSTREAMS.iter().filter_map(|key| Some((*key, entry.get(key)?))).collect();
        let (key, named) = match named.as_slice() {
            [one] => *one,
            _ => {
                let place = named.get(1).map_or(item, |(_, value)| *value);
                let message =
                    "an entry of depends_on has exactly one of `job`, `pipeline`, `file` and `source`";
                return Err(strict::wrong(CODE, place, message));
            }
        };
        match key {
            "file" => sensors.push(sensor::file(&entry, named)?),
            "source" => sensors.push(sensor::source(&entry, named)?),
            _ => upstreams.push((upstream(&entry, named)?, named.span())),
        }
    }
    Ok((upstreams, sensors))
}

fn upstream(entry: &Fields<'_>, named: &Yaml) -> Result<Upstream> {
    Ok(Upstream {
        dag_id: named.expect_str("the name of what a job depends on")?.to_owned(),
        timedelta_seconds: i64::from(seconds(entry, "offset")?.unwrap_or(0)),
        poke_interval: LOOK_AGAIN,
        timeout: seconds(entry, "timeout")?.unwrap_or_else(Upstream::default_timeout),
    })
}

fn backoff(fields: &Fields<'_>) -> Result<f64> {
    let Some(value) = fields.get("backoff") else { return Ok(1.0) };
    let number: Option<f64> = value.scalar_text().and_then(|text| text.parse().ok());
    number.filter(|number| (1.0..=100.0).contains(number)).ok_or_else(|| {
        strict::wrong(
            CODE,
            value,
            "`backoff` is a number from 1 to 100: each delay is so many times the one before",
        )
    })
}

fn alerts(fields: &Fields<'_>, key: &str) -> Result<Vec<Alert>> {
    fields.list(key)?.iter().map(alert::read).collect()
}
