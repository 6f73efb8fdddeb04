//! When something runs by itself: the config `schedule` of a model, and what a pipeline file says about it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};

use super::cron::Cron;
use crate::diagnostic::did_you_mean;

/// `schedule:` of a node's config.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Schedule {
    pub cron: String,
    /// UTC; the first logical time is the first time of the cron that is not before it.
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
    /// Its tests run after each interval.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub test: bool,
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
    /// However long that takes.
    pub(crate) fn whenever(name: &str) -> Self {
        Self { dag_id: name.to_owned(), timedelta_seconds: 0, poke_interval: 2, timeout: u32::MAX }
    }

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

    /// Whether a config is meant for us: `schedule` alone may be a word of another tool.
    pub(crate) fn is_meant(config: &Map<String, Json>) -> bool {
        config.get("schedule").and_then(Json::as_object).is_some_and(|schedule| schedule.contains_key("cron"))
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
        check_shape("schedule", &schedule, &KEYS)?;
        for upstream in schedule.get("upstream_dependencies").and_then(Json::as_array).into_iter().flatten() {
            check_shape("upstream_dependencies", upstream, &UPSTREAM_KEYS)?;
        }
        let schedule: Self =
            serde_json::from_value(schedule).map_err(|error| format!("`schedule`: {error}"))?;
        Cron::parse(&schedule.cron).map_err(|error| format!("`cron`: {error}"))?;
        for (key, text) in
            [("start_date", Some(&schedule.start_date)), ("end_date", schedule.end_date.as_ref())]
        {
            if let Some(text) = text
                && moment(text).is_none()
            {
                return Err(format!("`{key}`: `{text}` is not a timestamp; write it as 2022-09-01 15:00:00"));
            }
        }
        Ok(Some(schedule))
    }
}

/// What the value of a key must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Text,
    Count,
    Number,
    Switch,
    List,
}

impl Shape {
    fn fits(self, value: &Json) -> bool {
        match self {
            Self::Text => value.is_string(),
            Self::Count => value.as_u64().is_some_and(|number| u32::try_from(number).is_ok()),
            Self::Number => value.is_i64(),
            Self::Switch => value.is_boolean(),
            Self::List => value.is_array(),
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Text => "a text",
            Self::Count => "a whole number, 0 or more",
            Self::Number => "a whole number",
            Self::Switch => "true or false",
            Self::List => "a list",
        }
    }
}

/// A key, what it is, and whether it must be there.
type Key = (&'static str, Shape, bool);

const KEYS: [Key; 12] = [
    ("cron", Shape::Text, true),
    ("start_date", Shape::Text, true),
    ("end_date", Shape::Text, false),
    ("execution_delay_seconds", Shape::Count, false),
    ("upstream_dependencies", Shape::List, false),
    ("retries", Shape::Count, false),
    ("retry_delay_seconds", Shape::Count, false),
    ("depends_on_past", Shape::Switch, false),
    ("catch_up", Shape::Switch, false),
    ("keep_intervals", Shape::Count, false),
    ("test", Shape::Switch, false),
    ("conn_id", Shape::Text, false),
];

const UPSTREAM_KEYS: [Key; 4] = [
    ("dag_id", Shape::Text, true),
    ("timedelta_seconds", Shape::Number, false),
    ("poke_interval", Shape::Count, false),
    ("timeout", Shape::Count, false),
];

fn check_shape(what: &str, value: &Json, keys: &[Key]) -> Result<(), String> {
    let Some(map) = value.as_object() else {
        return Err(format!("`{what}` has {value}, which is not a mapping"));
    };
    for (key, value) in map {
        let Some((_, shape, _)) = keys.iter().find(|(known, ..)| known == key) else {
            let near = did_you_mean(key, keys.iter().map(|(known, ..)| *known));
            let near = near.map_or_else(String::new, |near| format!("; {near}"));
            return Err(format!("`{what}` has an unknown key `{key}`{near}"));
        };
        if !shape.fits(value) && !value.is_null() {
            return Err(format!("`{key}` of `{what}` must be {}, not {value}", shape.words()));
        }
    }
    let missing = |(key, _, needed): &&Key| *needed && map.get(*key).is_none_or(Json::is_null);
    match keys.iter().find(missing) {
        Some((key, ..)) => Err(format!("`{what}` has no `{key}`")),
        None => Ok(()),
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
