//! How a seed's file is to be read.

use super::value::is_null;

/// How a seed's file is to be read.
#[derive(Debug, Clone)]
pub struct SeedOptions {
    pub delimiter: u8,
    /// Columns with a configured type: their cells stay as they are written.
    pub text_columns: Vec<String>,
    /// `007` is a text then, not the number 7.
    pub keep_leading_zeros: bool,
    pub(crate) nulls: Nulls,
}

/// Which cells are NULL.
#[derive(Debug, Clone, Default)]
pub(crate) enum Nulls {
    /// dbt's: nothing, blanks, and `null` in any letter case.
    #[default]
    Usual,
    /// Cells of exactly these texts.
    Texts(Vec<String>),
}

impl Nulls {
    pub(super) fn include(&self, field: &[u8]) -> bool {
        match self {
            Self::Usual => is_null(field),
            Self::Texts(texts) => texts.iter().any(|text| text.as_bytes() == field),
        }
    }
}

impl Default for SeedOptions {
    fn default() -> Self {
        Self { delimiter: b',', text_columns: Vec::new(), keep_leading_zeros: false, nulls: Nulls::Usual }
    }
}
