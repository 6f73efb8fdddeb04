//! CSV as Python's `csv` module reads it: blank lines are rows too, and quotes matter only where a field begins.

/// The fields of one row, as ranges of the file or, where quotes were undone, of a buffer.
#[derive(Debug, Default)]
pub(super) struct Row {
    fields: Vec<Field>,
    buffer: Vec<u8>,
}

#[derive(Debug, Clone, Copy)]
struct Field {
    start: usize,
    end: usize,
    buffered: bool,
}

impl Row {
    pub(super) fn len(&self) -> usize {
        self.fields.len()
    }

    pub(super) fn field<'a>(&'a self, index: usize, bytes: &'a [u8]) -> Option<&'a [u8]> {
        let field = self.fields.get(index)?;
        let from = if field.buffered { &self.buffer } else { bytes };
        from.get(field.start..field.end)
    }

    /// Where the field stands in the file; none for one whose quotes were undone.
    pub(super) fn place(&self, index: usize) -> Option<std::ops::Range<usize>> {
        self.fields.get(index).filter(|field| !field.buffered).map(|field| field.start..field.end)
    }
}

/// Walks over a file's rows.
pub(super) struct Records<'a> {
    bytes: &'a [u8],
    at: usize,
    delimiter: u8,
}

impl<'a> Records<'a> {
    pub(super) fn new(bytes: &'a [u8], start: usize, delimiter: u8) -> Self {
        Self { bytes, at: start, delimiter }
    }

    /// Where the next row begins.
    pub(super) fn position(&self) -> usize {
        self.at
    }

    /// False at the end of the file. A blank line is a row without fields.
    pub(super) fn next(&mut self, row: &mut Row) -> bool {
        row.fields.clear();
        row.buffer.clear();
        if self.at >= self.bytes.len() {
            return false;
        }
        if self.skip_line_end() {
            return true;
        }
        loop {
            if self.bytes.get(self.at) == Some(&b'"') {
                self.quoted(row);
            } else {
                let start = self.at;
                self.skip_plain();
                row.fields.push(Field { start, end: self.at, buffered: false });
            }
            if self.bytes.get(self.at) == Some(&self.delimiter) {
                self.at += 1;
            } else {
                self.skip_line_end();
                return true;
            }
        }
    }

    fn skip_plain(&mut self) {
        let rest = &self.bytes[self.at..];
        let is_end = |&byte: &u8| byte == self.delimiter || byte == b'\n' || byte == b'\r';
        self.at += rest.iter().position(is_end).unwrap_or(rest.len());
    }

    fn skip_line_end(&mut self) -> bool {
        match self.bytes.get(self.at) {
            Some(b'\r') if self.bytes.get(self.at + 1) == Some(&b'\n') => self.at += 2,
            Some(b'\n' | b'\r') => self.at += 1,
            _ => return false,
        }
        true
    }

    /// Line ends inside quotes become `\n`, as text files are read in Python.
    fn quoted(&mut self, row: &mut Row) {
        self.at += 1;
        let first = row.buffer.len();
        loop {
            let rest = &self.bytes[self.at..];
            let plain = rest.iter().position(|byte| matches!(byte, b'"' | b'\r')).unwrap_or(rest.len());
            row.buffer.extend_from_slice(&rest[..plain]);
            self.at += plain;
            match (self.bytes.get(self.at), self.bytes.get(self.at + 1)) {
                (Some(b'\r'), next) => {
                    row.buffer.push(b'\n');
                    self.at += if next == Some(&b'\n') { 2 } else { 1 };
                }
                (Some(b'"'), Some(b'"')) => {
                    row.buffer.push(b'"');
                    self.at += 2;
                }
                (Some(_), _) => {
                    self.at += 1;
                    break;
                }
                (None, _) => break,
            }
        }
        // what follows a closing quote belongs to the field
        let start = self.at;
        self.skip_plain();
        row.buffer.extend_from_slice(&self.bytes[start..self.at]);
        row.fields.push(Field { start: first, end: row.buffer.len(), buffered: true });
    }
}
