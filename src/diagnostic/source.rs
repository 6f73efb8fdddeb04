//! Texts that users wrote, and byte ranges into them.

use std::ops::Range;
use std::sync::Arc;

/// A user's file as it was read: the path to print, relative to the project, and the text.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct SourceText {
    pub path: String,
    pub text: String,
    /// Part of the program: places in it tell users nothing that they could change.
    pub built_in: bool,
}

impl SourceText {
    pub fn new(path: impl Into<String>, text: impl Into<String>) -> Arc<Self> {
        Arc::new(Self { path: path.into(), text: text.into(), built_in: false })
    }

    pub fn built_in(path: impl Into<String>, text: impl Into<String>) -> Arc<Self> {
        Arc::new(Self { path: path.into(), text: text.into(), built_in: true })
    }

    /// Line and column, both counted from 1, the column in characters.
    pub fn position(&self, offset: usize) -> (usize, usize) {
        let mut offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        let before = &self.text[..offset];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let line = before.bytes().filter(|&byte| byte == b'\n').count() + 1;
        (line, before[line_start..].chars().count() + 1)
    }

    /// The byte offset at which a line (from 1) and column (from 1, in characters) stand.
    pub fn offset(&self, line: usize, column: usize) -> usize {
        let start = if line <= 1 {
            0
        } else {
            match self.text.match_indices('\n').nth(line - 2) {
                Some((at, _)) => at + 1,
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
    pub fn new(source: &Arc<SourceText>, range: Range<usize>) -> Self {
        Self { source: Arc::clone(source), range }
    }

    /// The span's start as `path:line:column`.
    pub fn location(&self) -> String {
        let (line, column) = self.source.position(self.range.start);
        format!("{}:{line}:{column}", self.source.path)
    }

    pub fn text(&self) -> &str {
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
