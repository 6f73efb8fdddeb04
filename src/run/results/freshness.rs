//! The results of `source freshness`, written as `sources.json`.

use std::path::Path;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};

use super::{InvocationRecord, Metadata, Status, Timing, write_json};
use crate::diagnostic::Result;

/// How old one source's data is.
#[derive(Debug, Clone)]
pub(crate) struct FreshnessResult {
    pub unique_id: String,
    pub status: Status,
    /// Why the age could not be measured.
    pub error: Option<String>,
    pub max_loaded_at: Option<Timestamp>,
    pub snapshotted_at: Option<Timestamp>,
    pub age_seconds: f64,
    /// `warn_after`, `error_after`, `filter` as configured.
    pub criteria: Value,
    pub adapter_response: Map<String, Value>,
    pub timing: Vec<Timing>,
    pub thread_id: String,
    pub execution_time: f64,
}

/// All results of a freshness check.
#[derive(Debug, Clone)]
pub(crate) struct FreshnessResults {
    pub results: Vec<FreshnessResult>,
    pub elapsed_time: f64,
    pub generated_at: Timestamp,
}

impl FreshnessResults {
    pub(crate) fn new(results: Vec<FreshnessResult>, elapsed_time: f64) -> Self {
        Self { results, elapsed_time, generated_at: crate::clock::now() }
    }

    pub(crate) fn success(&self) -> bool {
        !self.results.iter().any(|result| result.status.is_failure())
    }

    pub(crate) fn write(&self, path: &Path, invocation: &InvocationRecord) -> Result<()> {
        #[derive(Serialize)]
        struct Artifact<'a> {
            metadata: Metadata<'a>,
            results: Vec<Value>,
            elapsed_time: f64,
        }
        let schema = "https://schemas.getdbt.com/dbt/sources/v3.json";
        write_json(
            path,
            &Artifact {
                metadata: Metadata::new(schema, invocation, self.generated_at),
                results: self.results.iter().map(FreshnessResult::artifact).collect(),
                elapsed_time: self.elapsed_time,
            },
        )
    }
}

impl FreshnessResult {
    fn artifact(&self) -> Value {
        if self.status == Status::RuntimeError {
            return serde_json::json!({
                "unique_id": self.unique_id,
                "error": self.error,
                "status": self.status,
            });
        }
        let at = |instant: Option<Timestamp>| instant.map(iso_format);
        serde_json::json!({
            "unique_id": self.unique_id,
            "max_loaded_at": at(self.max_loaded_at),
            "snapshotted_at": at(self.snapshotted_at),
            "max_loaded_at_time_ago_in_s": self.age_seconds,
            "status": self.status,
            "criteria": self.criteria,
            "adapter_response": self.adapter_response,
            "timing": self.timing,
            "thread_id": self.thread_id,
            "execution_time": self.execution_time,
        })
    }
}

/// Python's `isoformat` of a datetime in UTC.
fn iso_format(at: Timestamp) -> String {
    let form = if at.subsec_microsecond() == 0 && at.subsec_millisecond() == 0 {
        "%Y-%m-%dT%H:%M:%S+00:00"
    } else {
        "%Y-%m-%dT%H:%M:%S.%6f+00:00"
    };
    at.strftime(form).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_written_as_python_does() {
        assert_eq!(iso_format("2016-09-19T14:45:51Z".parse().unwrap()), "2016-09-19T14:45:51+00:00");
        assert_eq!(iso_format("2016-09-19T14:45:51.5Z".parse().unwrap()), "2016-09-19T14:45:51.500000+00:00");
    }
}
