//! Texts that users wrote, and byte ranges into them.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

/// A user's file as it was read: the path to print, relative to the project, and the text.
#[derive(Debug)]
pub struct SourceText {
    pub path: String,
    pub text: String,
    /// Part of the program: places in it tell users nothing that they could change.
    pub built_in: bool,
    /// What of the text may be shown, line by line, where the text itself may not: a file that holds secrets.
    shown: Option<String>,
    /// Where lines end, once somebody has asked for a place: a file may be wrong in thousands of them.
    line_breaks: OnceLock<Vec<usize>>,
}

impl PartialEq for SourceText {
    fn eq(&self, other: &Self) -> bool {
        (&self.path, &self.text, self.built_in) == (&other.path, &other.text, other.built_in)
    }
}

impl Eq for SourceText {}

impl SourceText {
    pub fn new(path: impl Into<String>, text: impl Into<String>) -> Arc<Self> {
        Self::make(path.into(), text.into(), false, None)
    }

    /// A file that holds secrets: `shown` has its lines without what nobody may read.
    pub(crate) fn secret(path: impl Into<String>, text: impl Into<String>, shown: String) -> Arc<Self> {
        Self::make(path.into(), text.into(), false, Some(shown))
    }

    pub(crate) fn built_in(path: impl Into<String>, text: impl Into<String>) -> Arc<Self> {
        Self::make(path.into(), text.into(), true, None)
    }

    fn make(path: String, text: String, built_in: bool, shown: Option<String>) -> Arc<Self> {
        Arc::new(Self { path, text, built_in, shown, line_breaks: OnceLock::new() })
    }

    /// A line (from 1) without its secrets; `None` when the text has none and may be shown.
    pub(super) fn masked_line(&self, line: usize) -> Option<&str> {
        self.shown.as_ref().map(|shown| shown.lines().nth(line - 1).unwrap_or_default())
    }

    fn line_breaks(&self) -> &[usize] {
        self.line_breaks.get_or_init(|| self.text.match_indices('\n').map(|(at, _)| at).collect())
    }

    /// Line and column, both counted from 1, the column in characters.
    pub(crate) fn position(&self, offset: usize) -> (usize, usize) {
        let mut offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        let breaks = self.line_breaks();
        let lines_before = breaks.partition_point(|at| *at < offset);
        let line_start = if lines_before == 0 { 0 } else { breaks[lines_before - 1] + 1 };
        (lines_before + 1, self.text[line_start..offset].chars().count() + 1)
    }

    /// The byte offset at which a line (from 1) and column (from 1, in characters) stand.
    pub(crate) fn offset(&self, line: usize, column: usize) -> usize {
        let start = if line <= 1 {
            0
        } else {
            match self.line_breaks().get(line - 2) {
                Some(at) => at + 1,
                None => return self.text.len(),
            }
        };
        let line_text = self.text[start..].lines().next().unwrap_or_default();
        let within =
            line_text.char_indices().nth(column.saturating_sub(1)).map_or(line_text.len(), |(at, _)| at);
        start + within
    }
}

/// A byte range in a user's file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    pub source: Arc<SourceText>,
    pub range: Range<usize>,
}

impl Span {
    pub(crate) fn new(source: &Arc<SourceText>, range: Range<usize>) -> Self {
        Self { source: Arc::clone(source), range }
    }

    /// The span's start as `path:line:column`.
    pub(crate) fn location(&self) -> String {
        let (line, column) = self.source.position(self.range.start);
        format!("{}:{line}:{column}", self.source.path)
    }

    pub(crate) fn text(&self) -> &str {
        self.source.text.get(self.range.clone()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_characters_and_round_trip() {
        let source = SourceText::new("a.sql", "select 1\nwhere é = 'x'\n");
        let at = source.text.find('=').unwrap();
        assert_eq!(source.position(at), (2, 9));
        assert_eq!(source.offset(2, 9), at);
    }
}
