//! Freshness thresholds of sources, and how four places that may give them merge.

use serde_json::{Map, Value as Json, json};

use crate::config::{Fields, Yaml};
use crate::diagnostic::{Diagnostic, Result, did_you_mean};

const PERIODS: [&str; 3] = ["minute", "hour", "day"];

/// `freshness:`; an explicit null of a threshold disables it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Freshness {
    warn_after: Option<Age>,
    error_after: Option<Age>,
    filter: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Age {
    count: Option<i64>,
    period: Option<String>,
}

impl Default for Freshness {
    fn default() -> Self {
        Self { warn_after: Some(Age::default()), error_after: Some(Age::default()), filter: None }
    }
}

impl Age {
    fn is_set(&self) -> bool {
        self.count.is_some() && self.period.is_some()
    }

    fn to_json(&self) -> Json {
        json!({"count": self.count, "period": self.period})
    }

    fn merge(base: Option<Self>, update: Option<Self>) -> Option<Self> {
        match (base, update) {
            (_, None) => None,
            (Some(base), Some(update)) if base.is_set() && update.is_set() => {
                Some(Self { count: update.count.or(base.count), period: update.period.or(base.period) })
            }
            (base, Some(update)) => {
                if update.is_set() {
                    Some(update)
                } else {
                    base
                }
            }
        }
    }
}

impl Freshness {
    /// The `freshness` of a source or table: absent is empty, null is `None`.
    pub(super) fn of(owner: &Fields<'_>) -> Result<Option<Self>> {
        match owner.mapping().get("freshness") {
            None => Ok(Some(Self::default())),
            Some(value) if value.is_null() => Ok(None),
            Some(value) => Self::read(value).map(Some),
        }
    }

    /// The `freshness` inside a `config:` block that was read as JSON; `owner` is where it stands.
    pub(super) fn in_config(config: &Map<String, Json>, owner: &Yaml) -> Result<Option<Self>> {
        match config.get("freshness") {
            None => Ok(Some(Self::default())),
            Some(Json::Null) => Ok(None),
            Some(value) => {
                let place = owner.path(&["config", "freshness"]).unwrap_or(owner).span();
                Self::read(&Yaml::from_json(value.clone(), &place)).map(Some)
            }
        }
    }

    fn read(yaml: &Yaml) -> Result<Self> {
        let fields = Fields::new(yaml, "freshness block", "")?;
        let age = |key: &str| match yaml.get(key) {
            None => Ok(Some(Age::default())),
            Some(value) if value.is_null() => Ok(None),
            Some(value) => read_age(value).map(Some),
        };
        Ok(Self {
            warn_after: age("warn_after")?,
            error_after: age("error_after")?,
            filter: fields.string("filter")?,
        })
    }

    pub(super) fn is_set(&self) -> bool {
        self.warn_after.as_ref().is_some_and(Age::is_set)
            || self.error_after.as_ref().is_some_and(Age::is_set)
    }

    pub(super) fn to_json(&self) -> Json {
        json!({
            "warn_after": self.warn_after.as_ref().map(Age::to_json),
            "error_after": self.error_after.as_ref().map(Age::to_json),
            "filter": self.filter,
        })
    }

    /// dbt's pairwise merge, from the least to the most specific place.
    pub(super) fn merge(places: [Option<Self>; 4]) -> Option<Self> {
        let mut places = places.into_iter();
        let mut merged = places.next()?;
        for update in places {
            merged = match (merged, update) {
                (Some(base), Some(update)) => Some(Self {
                    filter: update.filter.or(base.filter),
                    warn_after: Age::merge(base.warn_after, update.warn_after),
                    error_after: Age::merge(base.error_after, update.error_after),
                }),
                (None, Some(update)) if update.is_set() => Some(update),
                _ => None,
            };
        }
        merged
    }
}

fn read_age(yaml: &Yaml) -> Result<Age> {
    let fields = Fields::new(yaml, "freshness threshold", "")?;
    let age = Age { count: fields.integer("count")?, period: fields.string("period")? };
    let Some(period) = age.period.as_deref().filter(|period| !PERIODS.contains(period)) else {
        return Ok(age);
    };
    Err(Diagnostic::parsing(
        "freshness-period",
        format!("'{period}' is not one of ['minute', 'hour', 'day']"),
    )
    .label(yaml.get("period").unwrap_or(yaml).span(), "")
    .help("count in one of them: seven days make a week")
    .maybe_help(did_you_mean(period, PERIODS))
    .boxed())
}
