//! What is asked beside the text of a statement.

/// Whether a statement opens dbt's transaction when none is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begin {
    Auto,
    No,
}

/// How many rows of the answer are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fetch {
    Nothing,
    All,
    Limit(usize),
}
