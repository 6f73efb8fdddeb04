//! Whether the server can store a file's texts, and what it is when it cannot.

use std::fmt::Write as _;

use crate::diagnostic::{Diagnostic, Result};

/// PostgreSQL's texts are UTF-8 and hold no NUL.
pub(super) fn check(bytes: &[u8], path: &str) -> Result<()> {
    let (message, help) = if crate::regular::is_utf_16(bytes) {
        (format!("`{path}` is in UTF-16"), "save it as UTF-8; spreadsheets call it `CSV UTF-8`".to_owned())
    } else if let Some(at) = bytes.iter().position(|byte| *byte == 0) {
        let line = line_of(bytes, at);
        (
            format!("`{path}` has a NUL character in line {line}, which PostgreSQL cannot store"),
            "remove it, or save the file as UTF-8".to_owned(),
        )
    } else if let Err(error) = std::str::from_utf8(bytes) {
        not_utf_8(bytes, error.valid_up_to(), path)
    } else {
        return Ok(());
    };
    Err(Diagnostic::compilation("seed-encoding", message).help(help).boxed())
}

fn not_utf_8(bytes: &[u8], at: usize, path: &str) -> (String, String) {
    let byte = bytes.get(at).copied().unwrap_or_default();
    let mut message =
        format!("`{path}` is not in UTF-8: line {} has the byte 0x{byte:02X}", line_of(bytes, at));
    // from 0xA0 on Latin-1 and Windows-1252 are Unicode's own numbers
    let is_letter = byte >= 0xA0;
    if is_letter {
        let _ = write!(message, ", which is `{}` in Latin-1 (ISO-8859-1, Windows-1252)", char::from(byte));
    }
    let from = if is_letter { "WINDOWS-1252" } else { "<its encoding>" };
    (message, format!("save it as UTF-8: `iconv -f {from} -t UTF-8 {path}`, or `CSV UTF-8` in a spreadsheet"))
}

fn line_of(bytes: &[u8], at: usize) -> usize {
    bytes[..at].split(|byte| *byte == b'\n').count()
}
