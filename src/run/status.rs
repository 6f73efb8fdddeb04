//! How a node is doing and how it ended: types here, dbt's names where they are written.

use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;

use super::event_texts::Texts;

/// How a node ended, by dbt's names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) enum Status {
    #[serde(rename = "success")]
    Success,
    #[serde(rename = "error")]
    Error,
    #[serde(rename = "skipped")]
    Skipped,
    #[serde(rename = "partial success")]
    PartialSuccess,
    #[serde(rename = "no-op")]
    NoOp,
    #[serde(rename = "pass")]
    Pass,
    #[serde(rename = "fail")]
    Fail,
    #[serde(rename = "warn")]
    Warn,
    #[serde(rename = "runtime error")]
    RuntimeError,
}

impl Status {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Error => "error",
            Self::Skipped => "skipped",
            Self::PartialSuccess => "partial success",
            Self::NoOp => "no-op",
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Warn => "warn",
            Self::RuntimeError => "runtime error",
        }
    }

    /// Of a result as an event has it.
    pub(crate) fn of(result: &Value) -> Option<Self> {
        Self::deserialize(result.get("status")?).ok()
    }

    /// Ends a `--fail-fast` run.
    pub(crate) fn is_failure(self) -> bool {
        matches!(self, Self::Error | Self::Fail | Self::PartialSuccess | Self::RuntimeError)
    }
}

impl Texts for Status {
    fn has_text(&self, _: &dyn Fn(&str) -> bool) -> bool {
        false
    }

    fn with_texts(&self, _: &dyn Fn(&str) -> String) -> Self {
        *self
    }
}

/// How something ended, as its line says it: dbt has the server's answer where a status would stand.
#[derive(Debug, Clone)]
pub(crate) struct Told {
    pub(crate) status: Status,
    answer: Option<String>,
}

impl Told {
    pub(crate) fn answer(status: Status, text: String) -> Self {
        Self { status, answer: Some(text) }
    }

    pub(crate) fn text(&self) -> &str {
        self.answer.as_deref().unwrap_or(self.status.name())
    }
}

impl From<Status> for Told {
    fn from(status: Status) -> Self {
        Self { status, answer: None }
    }
}

impl Serialize for Told {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.text())
    }
}

impl Texts for Told {
    fn has_text(&self, is: &dyn Fn(&str) -> bool) -> bool {
        self.answer.has_text(is)
    }

    fn with_texts(&self, change: &dyn Fn(&str) -> String) -> Self {
        Self { status: self.status, answer: self.answer.with_texts(change) }
    }
}

/// What a node is at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum NodeStatus {
    #[default]
    Started,
    Compiling,
    Executing,
    Ended(Status),
}

impl Serialize for NodeStatus {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(match self {
            Self::Started => "started",
            Self::Compiling => "compiling",
            Self::Executing => "executing",
            Self::Ended(status) => status.name(),
        })
    }
}
