//! Configs as they stand in the manifest.

use serde_json::{Map, Value as Json};

/// Configs as they stand in the manifest.
pub(crate) type ConfigMap = Map<String, Json>;
