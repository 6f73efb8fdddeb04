//! When something runs by itself: the config `schedule` of a model, and what a pipeline file says about it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};

use super::cron::Cron;

/// `schedule:` of a node's config.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Schedule {
    pub cron: String,
    /// UTC; the first logical time is the first moment of the cron that is not before it.
    pub start_date: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_date: Option<String>,
    #[serde(default)]
    pub execution_delay_seconds: u32,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub upstream_dependencies: Vec<Upstream>,
    #[serde(default)]
    pub retries: u32,
    #[serde(default)]
    pub retry_delay_seconds: u32,
    /// A failed interval holds back the later ones.
    #[serde(default)]
    pub depends_on_past: bool,
    /// false: of several intervals that are due only the last one runs.
    #[serde(default = "yes")]
    pub catch_up: bool,
    /// So many of the newest intervals have a row each; older successes are one span of time.
    #[serde(default = "Schedule::default_keep_intervals", skip_serializing_if = "Schedule::keeps_default")]
    pub keep_intervals: u32,
    /// The target that this runs on; others leave it alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conn_id: Option<String>,
}

fn yes() -> bool {
    true
}

/// Something that must have succeeded before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Upstream {
    pub dag_id: String,
    /// How much earlier the upstream's logical time is.
    #[serde(default)]
    pub timedelta_seconds: i64,
    #[serde(default = "Upstream::default_poke_interval")]
    pub poke_interval: u32,
    #[serde(default = "Upstream::default_timeout")]
    pub timeout: u32,
}

impl Upstream {
    pub(crate) fn default_poke_interval() -> u32 {
        180
    }

    pub(crate) fn default_timeout() -> u32 {
        7200
    }
}

impl Schedule {
    pub(crate) fn default_keep_intervals() -> u32 {
        1000
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
    fn keeps_default(keep_intervals: &u32) -> bool {
        *keep_intervals == Self::default_keep_intervals()
    }

    /// The schedule in a node's config: `schedule: {cron: ...}`, or `cron` and `start_date` alone. An error says
    /// what is wrong with it.
    pub(crate) fn of_config(config: &Map<String, Json>) -> Result<Option<Self>, String> {
        let schedule = match (config.get("schedule"), config.get("cron")) {
            (Some(schedule @ Json::Object(_)), _) => schedule.clone(),
            (Some(Json::Null) | None, Some(cron @ Json::String(_))) => {
                json!({"cron": cron, "start_date": config.get("start_date").cloned().unwrap_or_default()})
            }
            (Some(Json::Null) | None, _) => return Ok(None),
            (Some(other), _) => return Err(format!("`schedule` must be a mapping, not {other}")),
        };
        let schedule: Self = serde_json::from_value(schedule).map_err(|error| {
            format!("`schedule`: {}", error.to_string().replace("invalid type: null", "it is missing"))
        })?;
        Cron::parse(&schedule.cron).map_err(|error| format!("`cron`: {error}"))?;
        for (key, text) in
            [("start_date", Some(&schedule.start_date)), ("end_date", schedule.end_date.as_ref())]
        {
            if let Some(text) = text
                && moment(text).is_none()
            {
                return Err(format!("`{key}`: `{text}` is no moment; write it as 2022-09-01 15:00:00"));
            }
        }
        Ok(Some(schedule))
    }
}

/// `2022-09-01 15:00:00`, `2022-09-01T15:00:00` or `2022-09-01`, in UTC unless it says otherwise.
pub(crate) fn moment(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    text.parse::<Timestamp>().ok().or_else(|| {
        let civil = text
            .parse::<jiff::civil::DateTime>()
            .ok()
            .or_else(|| text.parse::<jiff::civil::Date>().ok().map(jiff::civil::DateTime::from))?;
        civil.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
    })
}
