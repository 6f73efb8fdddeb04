//! How a seed's file is to be read.

/// How a seed's file is to be read.
#[derive(Debug, Clone)]
pub struct SeedOptions {
    pub delimiter: u8,
    /// Columns with a configured type: their cells stay as they are written.
    pub text_columns: Vec<String>,
    /// `007` is a text then, not the number 7.
    pub keep_leading_zeros: bool,
}

impl Default for SeedOptions {
    fn default() -> Self {
        Self { delimiter: b',', text_columns: Vec::new(), keep_leading_zeros: false }
    }
}
