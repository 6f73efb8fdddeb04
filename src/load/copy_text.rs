//! Values as the text format of COPY has them.

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

/// Whatever the bytes are: what is no UTF-8 becomes U+FFFD, a NUL its picture.
pub(super) fn write_any(bytes: &[u8], out: &mut Vec<u8>) {
    let text = String::from_utf8_lossy(bytes).replace('\0', "\u{2400}");
    write(text.as_bytes(), out);
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
