//! From offsets in the text that minijinja read back to the user's file.

use std::ops::Range;
use std::sync::Arc;

use crate::diagnostic::{SourceText, Span};

/// Where a template's text stands in a file.
#[derive(Debug, Clone)]
pub(crate) struct SourceMap {
    source: Arc<SourceText>,
    place: Origin,
    /// From this offset of the text on, the file is this many bytes ahead: line breaks that were shortened.
    shifts: Vec<(usize, isize)>,
}

#[derive(Debug, Clone)]
enum Origin {
    /// The text is the file's from this offset on.
    From(usize),
    /// The file holds the text in another form here.
    Within(Range<usize>),
}

impl SourceMap {
    pub(crate) fn exact(source: &Arc<SourceText>, start: usize) -> Self {
        Self { source: Arc::clone(source), place: Origin::From(start), shifts: Vec::new() }
    }

    pub(crate) fn of_text(text: &str, span: &Span) -> Self {
        // A plain or quoted YAML scalar usually holds the text as it is.
        let place = match span.text().find(text) {
            Some(at) => Origin::From(span.range.start + at),
            None => Origin::Within(span.range.clone()),
        };
        Self { source: Arc::clone(&span.source), place, shifts: Vec::new() }
    }

    pub(super) fn with_shifts(mut self, shifts: Vec<(usize, isize)>) -> Self {
        self.shifts = shifts;
        self
    }

    pub(super) fn span(&self, range: Range<usize>) -> Span {
        let range = match &self.place {
            Origin::From(_) => self.whole_characters(self.offset(range.start)..self.offset(range.end)),
            Origin::Within(whole) => whole.clone(),
        };
        Span::new(&self.source, range)
    }

    /// minijinja marks one byte where it has no token.
    fn whole_characters(&self, mut range: Range<usize>) -> Range<usize> {
        let text = &self.source.text;
        while !text.is_char_boundary(range.start) {
            range.start -= 1;
        }
        range.end = range.end.max(range.start);
        while !text.is_char_boundary(range.end) {
            range.end += 1;
        }
        range
    }

    fn offset(&self, offset: usize) -> usize {
        let start = match &self.place {
            Origin::From(start) | Origin::Within(Range { start, .. }) => *start,
        };
        let before = self.shifts.partition_point(|&(at, _)| at <= offset);
        let shift = if before == 0 { 0 } else { self.shifts[before - 1].1 };
        (start + offset).saturating_add_signed(shift).min(self.source.text.len())
    }
}
