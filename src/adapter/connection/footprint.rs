//! What the open transaction has done, as far as we know.

/// Nothing, at its beginning.
#[derive(Debug, Default)]
pub(super) struct Footprint {
    /// The transaction's number, once it changed something.
    pub(super) transaction: Option<String>,
    /// It may have changed something.
    pub(super) wrote: bool,
}

impl Footprint {
    pub(super) fn has_written(&self) -> bool {
        self.wrote || self.transaction.is_some()
    }
}
