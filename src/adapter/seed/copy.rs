//! A seed on its way into its table: the file's own bytes where the server can read them, else rewritten rows.

use crate::diagnostic::Result;

use super::super::{Begin, Connection, Response};
use super::records::{Records, Row};
use super::value;
use super::{Seed, SeedType};

const PIECE: usize = 128 * 1024;

impl Seed {
    /// Fills a table. `relation` and `columns` are SQL: a quoted name, quoted names with commas.
    pub fn copy_into(&self, connection: &mut Connection, relation: &str, columns: &str) -> Result<Response> {
        if self.columns.is_empty() || self.row_count == 0 {
            return Ok(Response::from_tag("COPY 0"));
        }
        let copied = if self.verbatim {
            self.copy_verbatim(connection, relation, columns)
        } else {
            self.copy_rewritten(connection, relation, columns)
        };
        copied.map_err(|error| self.in_file(error))
    }

    fn copy_rewritten(&self, connection: &mut Connection, relation: &str, columns: &str) -> Result<Response> {
        let mut records = Records::new(&self.bytes, self.data_start, self.delimiter);
        let mut row = Row::default();
        let sql = format!("copy {relation} ({columns}) from stdin");
        connection.copy_in(&sql, Begin::Auto, &mut |piece| {
            while piece.len() < PIECE {
                if !records.next(&mut row) {
                    return Ok(false);
                }
                self.write_row(&row, piece);
            }
            Ok(true)
        })
    }

    fn copy_verbatim(&self, connection: &mut Connection, relation: &str, columns: &str) -> Result<Response> {
        let delimiter = match self.delimiter {
            b'\'' => "''".to_owned(),
            other => char::from(other).to_string(),
        };
        let sql = format!("copy {relation} ({columns}) from stdin (format csv, delimiter E'{delimiter}')");
        let mut pieces = self.bytes[self.data_start..].chunks(PIECE);
        connection.copy_in(&sql, Begin::Auto, &mut |piece| {
            let Some(next) = pieces.next() else { return Ok(false) };
            piece.extend_from_slice(next);
            Ok(true)
        })
    }

    fn write_row(&self, row: &Row, piece: &mut Vec<u8>) {
        for (index, column) in self.columns.iter().enumerate() {
            if index > 0 {
                piece.push(b'\t');
            }
            match row.field(index, &self.bytes) {
                Some(field) if !self.nulls.include(field) => write_field(field, column.data_type, piece),
                _ => piece.extend_from_slice(b"\\N"),
            }
        }
        piece.push(b'\n');
    }
}

fn write_field(field: &[u8], data_type: SeedType, piece: &mut Vec<u8>) {
    match data_type {
        SeedType::Text => write_text(field, piece),
        SeedType::Integer | SeedType::BigInteger | SeedType::Numeric => {
            piece.extend_from_slice(value::number_text(field, true).as_bytes());
        }
        SeedType::Float => piece.extend_from_slice(value::number_text(field, false).as_bytes()),
        SeedType::Timestamp => piece.extend_from_slice(value::iso_text(field).as_bytes()),
        SeedType::Date | SeedType::Boolean => piece.extend_from_slice(field.trim_ascii()),
    }
}

fn write_text(field: &[u8], piece: &mut Vec<u8>) {
    let special = |byte: &u8| matches!(byte, b'\\' | b'\t' | b'\n' | b'\r');
    if !field.iter().any(special) {
        piece.extend_from_slice(field);
        return;
    }
    for &byte in field {
        match byte {
            b'\\' => piece.extend_from_slice(b"\\\\"),
            b'\t' => piece.extend_from_slice(b"\\t"),
            b'\n' => piece.extend_from_slice(b"\\n"),
            b'\r' => piece.extend_from_slice(b"\\r"),
            other => piece.push(other),
        }
    }
}
