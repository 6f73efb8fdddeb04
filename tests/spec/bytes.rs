//! Files that no document can hold as they are: other encodings, control characters, compressed ones.

use std::io::Write as _;

/// What a block of this kind writes: `bytes` has escapes as `\x00`, and no line's end behind its last line; `gzip` and `zstd`
/// compress their text, `cut-gzip` loses the end of it.
pub(super) fn of(kind: &str, body: &str) -> Option<Vec<u8>> {
    Some(match kind {
        "bytes" => unescaped(body.strip_suffix('\n').unwrap_or(body)),
        "gzip" => gzip(body),
        "cut-gzip" => {
            let mut whole = gzip(body);
            whole.truncate(whole.len() - 12);
            whole
        }
        "zstd" => {
            ruzstd::encoding::compress_to_vec(body.as_bytes(), ruzstd::encoding::CompressionLevel::Fastest)
        }
        _ => return None,
    })
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

fn unescaped(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        bytes.extend_from_slice(&rest.as_bytes()[..at]);
        let escape = &rest[at + 1..];
        let length = match escape.as_bytes()[0] {
            b'n' => bytes.write(b"\n").unwrap(),
            b'r' => bytes.write(b"\r").unwrap(),
            b't' => bytes.write(b"\t").unwrap(),
            b'\\' => bytes.write(b"\\").unwrap(),
            b'x' => {
                bytes.push(u8::from_str_radix(&escape[1..3], 16).unwrap());
                3
            }
            other => panic!("no escape: \\{}", char::from(other)),
        };
        rest = &escape[length..];
    }
    bytes.extend_from_slice(rest.as_bytes());
    bytes
}
