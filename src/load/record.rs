//! What a record of a file gives for each column.

use super::column::{Column, Place};
use super::copy_text;
use super::rejects::Misfit;

/// A field as the file has it.
#[derive(Debug, Clone, Copy)]
pub(super) enum Field<'a> {
    Null,
    Text(&'a str),
    /// A JSON value other than a string: a number, a boolean, an object, a list.
    Json(&'a str),
}

/// Appends the record as a line of COPY, after the values of `head`. Nothing is appended when a field does not fit.
pub(super) fn write<'a>(
    columns: &[Column],
    head: &[u8],
    field: impl Fn(usize) -> Field<'a>,
    whole: &str,
    out: &mut Vec<u8>,
) -> Result<(), Misfit> {
    let start = out.len();
    out.extend_from_slice(head);
    for (at, column) in columns.iter().enumerate() {
        if at > 0 {
            out.push(b'\t');
        }
        let written = match &column.place {
            Place::Constant(text) => {
                out.extend_from_slice(text.as_bytes());
                Ok(())
            }
            Place::Whole => column.judge.write_json(whole, out),
            Place::Field(index) => match field(*index) {
                Field::Null if column.is_required => Err("is NULL, and the column must not be".into()),
                Field::Null => {
                    out.extend_from_slice(copy_text::NULL);
                    Ok(())
                }
                // of a type that the server judges, it knows whether there is an empty text
                Field::Text("")
                    if !column.judge.takes_empty() && (column.is_required || !column.judge.is_servers()) =>
                {
                    if column.is_required {
                        Err("is empty, and the column must not be NULL".into())
                    } else {
                        out.extend_from_slice(copy_text::NULL);
                        Ok(())
                    }
                }
                Field::Text(text) => column.judge.write(text, out),
                Field::Json(json) => column.judge.write_json(json, out),
            },
        };
        if let Err(reason) = written {
            out.truncate(start);
            return Err(Misfit { column: column.name.clone(), reason: reason.into_owned() });
        }
    }
    out.push(b'\n');
    Ok(())
}
