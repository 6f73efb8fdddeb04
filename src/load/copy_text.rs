//! Values as the text format of COPY has them.

use std::fmt::Write as _;

use super::decoding::{self, Piece};

pub(super) const NULL: &[u8] = b"\\N";

/// Bytes that the format writes with a backslash, and NUL, which no text of PostgreSQL holds.
static SPECIAL: [bool; 256] = {
    let mut special = [false; 256];
    special[0] = true;
    special[b'\\' as usize] = true;
    special[b'\t' as usize] = true;
    special[b'\n' as usize] = true;
    special[b'\r' as usize] = true;
    special
};

/// False, with nothing written, where the text holds a NUL.
pub(super) fn write(text: &[u8], out: &mut Vec<u8>) -> bool {
    let start = out.len();
    let mut rest = text;
    while let Some(at) = rest.iter().position(|byte| SPECIAL[*byte as usize]) {
        out.extend_from_slice(&rest[..at]);
        out.extend_from_slice(match rest[at] {
            b'\\' => b"\\\\",
            b'\t' => b"\\t",
            b'\n' => b"\\n",
            b'\r' => b"\\r",
            _ => {
                out.truncate(start);
                return false;
            }
        });
        rest = &rest[at + 1..];
    }
    out.extend_from_slice(rest);
    true
}

/// Text of a message: a NUL becomes its picture.
pub(super) fn write_message(text: &str, out: &mut Vec<u8>) {
    write(text.replace('\0', "\u{2400}").as_bytes(), out);
}

/// A line of a file. Where it holds bytes that are no text, each of them is `\xNN` and each backslash is doubled. `is_decoded`: they are marks.
pub(super) fn write_line(line: &[u8], is_decoded: bool, out: &mut Vec<u8>) {
    if std::str::from_utf8(line).is_ok() && write(line, out) {
        return;
    }
    let mut shown = String::new();
    if is_decoded {
        for piece in decoding::pieces(line) {
            match piece {
                Piece::Text(text) => escaped(text, &mut shown),
                Piece::Byte(byte) => hexadecimal(byte, &mut shown),
            }
        }
    } else {
        escaped(line, &mut shown);
    }
    write(shown.as_bytes(), out);
}

fn escaped(line: &[u8], shown: &mut String) {
    for chunk in line.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '\\' => shown.push_str("\\\\"),
                '\0' => hexadecimal(0, shown),
                c => shown.push(c),
            }
        }
        for byte in chunk.invalid() {
            hexadecimal(*byte, shown);
        }
    }
}

fn hexadecimal(byte: u8, shown: &mut String) {
    let _ = write!(shown, "\\x{byte:02x}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn special_bytes_are_escaped_and_nul_is_refused() {
        let mut out = b"x".to_vec();
        assert!(write(b"a\\b\tc\nd\re", &mut out));
        assert_eq!(out, b"xa\\\\b\\tc\\nd\\re");
        assert!(!write(b"a\tb\0c", &mut out));
        assert_eq!(out, b"xa\\\\b\\tc\\nd\\re");
    }
}
