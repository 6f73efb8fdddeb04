//! A resource's config, as the manifest keeps it.

use serde_json::{Map, Value};

/// A resource's resolved config: dbt's keys with their defaults first, the user's own after them.
pub(crate) type Config = Map<String, Value>;
