//! The head of manifest.json.

use serde::{Deserialize, Serialize};

use crate::hashed::IndexMap;

use super::{Quoting, lenient};

/// The schema that our manifests follow.
pub(crate) const SCHEMA_VERSION: &str = "https://schemas.getdbt.com/dbt/manifest/v12.json";

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Metadata {
    pub dbt_schema_version: String,
    pub dbt_version: String,
    pub generated_at: Option<String>,
    pub invocation_id: Option<String>,
    pub invocation_started_at: Option<String>,
    #[serde(deserialize_with = "lenient::or_default")]
    pub env: IndexMap<String, String>,
    pub project_name: Option<String>,
    pub project_id: Option<String>,
    pub user_id: Option<String>,
    pub send_anonymous_usage_stats: Option<bool>,
    pub adapter_type: Option<String>,
    #[serde(deserialize_with = "lenient::or_default")]
    pub quoting: Quoting,
    pub run_started_at: Option<String>,
}

impl Default for Metadata {
    fn default() -> Self {
        Self {
            dbt_schema_version: SCHEMA_VERSION.to_owned(),
            dbt_version: String::new(),
            generated_at: None,
            invocation_id: None,
            invocation_started_at: None,
            env: IndexMap::default(),
            project_name: None,
            project_id: None,
            user_id: None,
            send_anonymous_usage_stats: None,
            adapter_type: None,
            quoting: Quoting::default(),
            run_started_at: None,
        }
    }
}

impl Metadata {
    /// The number in `dbt_schema_version`, as 12.
    pub(crate) fn schema_number(&self) -> Option<u32> {
        let (_, tail) = self.dbt_schema_version.rsplit_once("/v")?;
        tail.strip_suffix(".json")?.parse().ok()
    }
}
