//! The words that a load config chooses from.

/// Of all errors in this config.
pub(crate) const CODE: &str = "load-config";

pub(super) const MODES: &[&str] = &["append", "replace", "upsert", "replace_partition"];
pub(super) const GRANULARITIES: &[&str] = &["hour", "day", "week", "month", "year"];
pub(super) const FORMATS: &[&str] = &["csv", "jsonl"];
pub(super) const COMPRESSIONS: &[&str] = &["auto", "none", "gzip", "zstd"];
pub(super) const SCHEMA_CHANGES: &[&str] = &["append_new_columns", "fail"];
pub(super) const DELETE_MISSING: &[&str] = &["ignore", "soft", "hard"];
pub(super) const UNKNOWN_COLUMNS: &[&str] = &["error", "ignore"];

/// What happens to the rows that are there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LoadMode {
    Append,
    Replace,
    Upsert,
    /// The newest periods become what the other table has of them.
    ReplacePartition,
}

impl LoadMode {
    pub(super) fn of_word(word: &str) -> Self {
        match word {
            "replace" => Self::Replace,
            "upsert" => Self::Upsert,
            "replace_partition" => Self::ReplacePartition,
            _ => Self::Append,
        }
    }

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Append => "append",
            Self::Replace => "replace",
            Self::Upsert => "upsert",
            Self::ReplacePartition => "replace_partition",
        }
    }
}

/// What a column that the table of the other database has gained does to the one that is loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SchemaChange {
    Appended,
    Refused,
}

/// What becomes of rows that the table of the other database no longer has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Missing {
    #[default]
    Kept,
    /// The time of the load that missed them is written to a column.
    Marked,
    Deleted,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Compression {
    /// By the file's first bytes.
    Auto,
    None,
    Gzip,
    Zstd,
}

/// Columns of the file that the table does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UnknownColumns {
    Refused,
    Ignored,
}
