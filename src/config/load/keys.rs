//! Every key of a `load:`, by the loads that it applies to.

use std::sync::LazyLock;

const OF_EACH: &[&str] = &["from", "mode", "unique_key"];
pub(super) const OF_FILES: &[&str] = &[
    "format",
    "delimiter",
    "quote",
    "header",
    "null",
    "encoding",
    "compression",
    "formats",
    "headers",
    "unknown_columns",
    "rejects",
    "expect",
];
pub(super) const OF_CONNECTIONS: &[&str] = &[
    "columns",
    "except",
    "cursor",
    "lookback",
    "granularity",
    "time_zone",
    "on_schema_change",
    "delete_missing",
];
pub(super) static ALL: LazyLock<Vec<&str>> = LazyLock::new(|| [OF_EACH, OF_FILES, OF_CONNECTIONS].concat());
