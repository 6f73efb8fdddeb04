//! The words that a load config chooses from.

/// Of all errors in this config.
pub(crate) const CODE: &str = "load-config";

/// What happens to the rows that are there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LoadMode {
    Append,
    Replace,
    Upsert,
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
