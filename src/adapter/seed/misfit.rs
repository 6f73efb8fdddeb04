//! A row that the server refuses, shown where it stands in the file.

use crate::diagnostic::{Diagnostic, SourceText, Span};

use super::Seed;
use super::records::{Records, Row};

const CONTEXT: &str = "\nCONTEXT:  COPY ";

impl Seed {
    /// The server names the row of the COPY and the column; the user's is a line of the file.
    pub(super) fn in_file(&self, mut error: Box<Diagnostic>) -> Box<Diagnostic> {
        let Some((at, place)) = error
            .message
            .find(CONTEXT)
            .and_then(|at| Some((at, CellPlace::of(&error.message[at + CONTEXT.len()..])?)))
        else {
            return error;
        };
        let Some((range, column)) = self.cell_of(&place) else { return error };
        error.message.truncate(at);
        let source = SourceText::new(&self.shown_path, String::from_utf8_lossy(&self.bytes));
        let text = column.map_or_else(String::new, |column| format!("column `{column}`"));
        error.label(Span::new(&source, range), text).boxed()
    }

    fn cell_of(&self, place: &CellPlace) -> Option<(std::ops::Range<usize>, Option<&str>)> {
        let mut records = Records::new(&self.bytes, self.data_start, self.delimiter);
        let mut row = Row::default();
        let mut begin = records.position();
        for _ in 0..place.row {
            begin = records.position();
            if !records.next(&mut row) {
                return None;
            }
        }
        let line_end = |from: usize| {
            let rest = &self.bytes[from..];
            from + rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')).unwrap_or(rest.len())
        };
        let index = self.columns.iter().position(|column| Some(&column.name) == place.column.as_ref());
        let cell = index.and_then(|index| row.place(index));
        let range = cell.filter(|range| !range.is_empty()).unwrap_or_else(|| begin..line_end(begin));
        Some((range, index.map(|index| self.columns[index].name.as_str())))
    }
}

/// `t, line 3, column id: "x"`: only the text before the cell is the server's.
struct CellPlace {
    /// From one.
    row: usize,
    column: Option<String>,
}

impl CellPlace {
    fn of(context: &str) -> Option<Self> {
        let (_, rest) = context.split_once(", line ")?;
        let digits = rest.find(|character: char| !character.is_ascii_digit()).unwrap_or(rest.len());
        let row = rest[..digits].parse().ok()?;
        let column = rest[digits..].strip_prefix(", column ").map(|rest| {
            let end = rest.find(": ").unwrap_or(rest.len());
            rest[..end].lines().next().unwrap_or_default().to_owned()
        });
        Some(Self { row, column })
    }
}
