//! How much of a table is printed.

/// How much of a table is printed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PrintLimits {
    pub rows: Option<usize>,
    pub columns: Option<usize>,
    pub column_width: Option<usize>,
    pub precision: Option<usize>,
}

impl Default for PrintLimits {
    /// agate's own.
    fn default() -> Self {
        Self { rows: Some(20), columns: Some(6), column_width: Some(20), precision: Some(3) }
    }
}
