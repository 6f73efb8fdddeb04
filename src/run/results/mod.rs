//! What a run leaves behind: one result per node, written as `run_results.json`, and what the exit status
//! of the command is.

pub(crate) mod begun;
mod freshness;
pub(crate) mod junit;
pub(crate) mod markdown;

use std::fs;
use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Map, Value};

pub(super) use freshness::{FreshnessResult, FreshnessResults};

pub(crate) use super::status::Status;
use crate::diagnostic::{Diagnostic, Result};

/// What is known of the invocation that writes an artifact.
#[derive(Debug, Clone)]
pub(crate) struct InvocationRecord {
    pub id: String,
    pub started_at: Timestamp,
    /// The dbt version whose artifacts these are.
    pub version: String,
    /// The `DBT_ENV_CUSTOM_ENV_*` variables, without the prefix.
    pub env: Map<String, Value>,
    /// Every flag, as `retry` needs it again.
    pub args: Map<String, Value>,
}

/// A phase of a node's work.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Timing {
    pub name: String,
    #[serde(serialize_with = "timestamp")]
    pub started_at: Timestamp,
    #[serde(serialize_with = "timestamp")]
    pub completed_at: Timestamp,
}

/// The batches of a microbatch model: starts and ends of each.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct BatchResults {
    pub successful: Vec<[String; 2]>,
    pub failed: Vec<[String; 2]>,
}

/// The overloads of a function, by the names of their files.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct OverloadResults {
    pub successful: Vec<String>,
    pub failed: Vec<String>,
}

/// One node's result, as `run_results.json` holds it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct NodeResult {
    pub status: Status,
    pub timing: Vec<Timing>,
    pub thread_id: String,
    pub execution_time: f64,
    pub adapter_response: Map<String, Value>,
    pub message: Option<String>,
    pub failures: Option<i64>,
    pub unique_id: String,
    pub compiled: Option<bool>,
    pub compiled_code: Option<String>,
    pub relation_name: Option<String>,
    pub batch_results: Option<BatchResults>,
    /// dbt 1.11 has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overload_results: Option<OverloadResults>,
    /// Seconds that it waited for locks of others, where that was measured.
    #[serde(skip)]
    pub lock_wait: Option<f64>,
    /// An exposure's skip is no failure.
    #[serde(skip)]
    pub harmless_skip: bool,
    /// What `message` says, where the node failed by an error.
    #[serde(skip)]
    pub error: Option<Box<Diagnostic>>,
    /// The rows of `show` and of a seed's sample.
    #[serde(skip)]
    pub table: Option<crate::context::objects::Table>,
}

impl NodeResult {
    pub(crate) fn new(unique_id: &str, status: Status) -> Self {
        Self {
            status,
            timing: Vec::new(),
            thread_id: super::thread_name().into_owned(),
            execution_time: 0.0,
            adapter_response: Map::new(),
            message: None,
            failures: None,
            unique_id: unique_id.to_owned(),
            compiled: None,
            compiled_code: None,
            relation_name: None,
            batch_results: None,
            overload_results: None,
            lock_wait: None,
            harmless_skip: false,
            error: None,
            table: None,
        }
    }

    /// The codes of the errors that `message` tells of.
    pub(crate) fn error_codes(&self) -> Vec<String> {
        self.error.iter().map(|error| error.shown_code().to_owned()).collect()
    }

    #[must_use]
    pub(crate) fn with_message(mut self, message: impl Into<String>) -> Self {
        self.message = Some(message.into());
        self
    }

    /// Whether the exit status tells of this result.
    fn fails_the_run(&self) -> bool {
        self.status.is_failure() || (self.status == Status::Skipped && !self.harmless_skip)
    }
}

/// Header of every artifact.
#[derive(Debug, Clone, Serialize)]
struct Metadata<'a> {
    dbt_schema_version: &'static str,
    dbt_version: &'a str,
    #[serde(serialize_with = "timestamp")]
    generated_at: Timestamp,
    invocation_id: &'a str,
    #[serde(serialize_with = "timestamp")]
    invocation_started_at: Timestamp,
    env: &'a Map<String, Value>,
}

impl<'a> Metadata<'a> {
    fn new(schema: &'static str, invocation: &'a InvocationRecord, generated_at: Timestamp) -> Self {
        Self {
            dbt_schema_version: schema,
            dbt_version: &invocation.version,
            generated_at,
            invocation_id: &invocation.id,
            invocation_started_at: invocation.started_at,
            env: &invocation.env,
        }
    }
}

/// All results of a run.
#[derive(Debug, Clone)]
pub(crate) struct RunResults {
    pub results: Vec<NodeResult>,
    pub elapsed_time: f64,
    pub generated_at: Timestamp,
    /// Ctrl-C ended the run.
    pub interrupted: bool,
}

impl RunResults {
    pub(crate) fn new(results: Vec<NodeResult>, elapsed_time: f64) -> Self {
        Self { results, elapsed_time, generated_at: crate::clock::now(), interrupted: false }
    }

    /// Whether nothing failed: what the exit status tells.
    pub(crate) fn success(&self) -> bool {
        !self.interrupted && !self.results.iter().any(NodeResult::fails_the_run)
    }

    /// Writes `run_results.json`.
    pub(crate) fn write(&self, path: &Path, invocation: &InvocationRecord) -> Result<()> {
        #[derive(Serialize)]
        struct Artifact<'a> {
            metadata: Metadata<'a>,
            results: &'a [NodeResult],
            elapsed_time: f64,
            args: &'a Map<String, Value>,
        }
        let schema = "https://schemas.getdbt.com/dbt/run-results/v6.json";
        let artifact = Artifact {
            metadata: Metadata::new(schema, invocation, self.generated_at),
            results: &self.results,
            elapsed_time: self.elapsed_time,
            args: &invocation.args,
        };
        write_json(path, &artifact)?;
        begun::clear(path, invocation.started_at);
        Ok(())
    }
}

/// The results of an earlier invocation, as `retry` and `result:` selection read them.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct PreviousResults {
    pub metadata: PreviousMetadata,
    pub results: Vec<NodeResult>,
    #[serde(default)]
    pub args: Map<String, Value>,
}

/// The part of an earlier artifact's header that matters.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct PreviousMetadata {
    #[serde(default)]
    pub invocation_started_at: Option<Timestamp>,
}

impl PreviousResults {
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path).map_err(|error| {
            let missing = Diagnostic::runtime(
                "no-run-results",
                format!("Could not find previous run in '{}' target directory", folder_of(path)),
            );
            let is_missing = error.kind() == std::io::ErrorKind::NotFound;
            let missing = if is_missing { missing } else { missing.cause(error.to_string()) };
            missing.help("`retry` and `result:` need the results of a command that has run before, in the same target folder")
        })?;
        serde_json::from_str(&text).map_err(|error| {
            Diagnostic::runtime("bad-run-results", format!("`{}` is not a run_results.json", path.display()))
                .cause(error.to_string())
                .help("run the command itself again, which writes the file anew")
                .boxed()
        })
    }
}

fn folder_of(path: &Path) -> String {
    path.parent().map_or_else(String::new, |folder| folder.display().to_string())
}

fn write_json(path: &Path, artifact: &impl Serialize) -> Result<()> {
    let fail = |error: std::io::Error| crate::output::unwritten(path, &error);
    let text = serde_json::to_vec(artifact).map_err(|error| fail(error.into()))?;
    crate::output::write(path, text).map_err(fail)
}

/// As the log tells times of nodes: UTC without saying so.
pub(crate) fn naive_timestamp(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S.%6f").to_string()
}

/// Python's form of an instant in UTC, with microseconds.
pub(crate) fn format_timestamp(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string()
}

fn timestamp<S: Serializer>(at: &Timestamp, serializer: S) -> std::result::Result<S::Ok, S::Error> {
    serializer.serialize_str(&format_timestamp(*at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exposure_that_was_skipped_does_not_fail_the_run() {
        let skipped = |harmless| NodeResult {
            harmless_skip: harmless,
            ..NodeResult::new("exposure.p.e", Status::Skipped)
        };
        assert!(RunResults::new(vec![skipped(true)], 0.0).success());
        assert!(!RunResults::new(vec![skipped(false)], 0.0).success());
        assert!(RunResults::new(vec![NodeResult::new("test.p.t", Status::Warn)], 0.0).success());
        assert!(!RunResults::new(vec![NodeResult::new("test.p.t", Status::Fail)], 0.0).success());
    }

    #[test]
    fn statuses_are_written_by_dbts_names() {
        for status in [Status::PartialSuccess, Status::RuntimeError, Status::NoOp] {
            assert_eq!(serde_json::to_value(status).unwrap(), status.name());
        }
    }
}
