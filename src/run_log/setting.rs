//! `flags: {run_log: {schema: meta, keep: 90 days}}` of dbt_project.yml.

use serde_json::{Map, Value as Json};

use crate::config::duration;
use crate::diagnostic::{Diagnostic, Result, did_you_mean};

const KEYS: [&str; 2] = ["schema", "keep"];

/// Where the log is, and how long a run is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RunLog {
    pub(super) schema: String,
    /// None: for ever.
    pub(super) keep_seconds: Option<u32>,
}

impl RunLog {
    /// `None` if the project wants none.
    pub(crate) fn of(setting: &Map<String, Json>) -> Result<Option<Self>> {
        if setting.is_empty() {
            return Ok(None);
        }
        if let Some(key) = setting.keys().find(|key| !KEYS.contains(&key.as_str())) {
            let help =
                did_you_mean(key, KEYS).unwrap_or_else(|| "the keys are `schema` and `keep`".to_owned());
            return Err(wrong(format!("unknown key `{key}` in the flag `run_log`"), help));
        }
        let Some(schema) = setting.get("schema").and_then(Json::as_str).filter(|schema| !schema.is_empty())
        else {
            let help = "write it as `run_log: {schema: meta, keep: 90 days}`".to_owned();
            return Err(wrong("`schema` is missing in the flag `run_log`".to_owned(), help));
        };
        let keep_seconds = match setting.get("keep") {
            None | Some(Json::Null) => None,
            Some(keep) if keep == "for ever" || keep == "forever" => None,
            Some(keep) => {
                let seconds = keep.as_str().and_then(duration::seconds);
                let unread = || {
                    let help = "write it as `90 days` or `12 weeks`".to_owned();
                    wrong(format!("`keep` of the flag `run_log` is {keep}, which is not a duration"), help)
                };
                Some(seconds.ok_or_else(unread)?)
            }
        };
        Ok(Some(Self { schema: schema.to_owned(), keep_seconds }))
    }
}

fn wrong(message: String, help: String) -> Box<Diagnostic> {
    Diagnostic::runtime("run-log", message).help(help).boxed()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn settings_are_checked() {
        let of = |value: Json| RunLog::of(value.as_object().unwrap());
        assert_eq!(of(json!({})).unwrap(), None);
        let log = of(json!({"schema": "meta", "keep": "90 days"})).unwrap().unwrap();
        assert_eq!((log.schema.as_str(), log.keep_seconds), ("meta", Some(90 * 86_400)));
        let log = of(json!({"schema": "meta", "keep": "forever"})).unwrap().unwrap();
        assert_eq!(log.keep_seconds, None);
        for (value, message) in [
            (json!({"shema": "meta"}), "unknown key `shema`"),
            (json!({"keep": "1 day"}), "`schema` is missing"),
            (json!({"schema": "meta", "keep": 90}), "`keep` of the flag `run_log` is 90"),
        ] {
            assert!(of(value).unwrap_err().message.contains(message), "{message}");
        }
    }
}
