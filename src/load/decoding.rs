//! Text of another encoding as UTF-8. A byte that is none there becomes a mark, so that only its line is rejected, and the
//! line can still be shown.

use encoding_rs::{Decoder, DecoderResult, Encoding};

/// Begins a mark, and no UTF-8 has it. The two halves of the byte follow, as bytes that delimit nothing.
const MARK: u8 = 0xff;
/// Bytes of the chunk before that may be found wrong only now.
const REMEMBERED: usize = 16;

pub(super) struct Decoding {
    decoder: Decoder,
    /// Its undefined bytes are control characters to the decoder.
    is_windows: bool,
    before: Vec<u8>,
}

impl Decoding {
    pub(super) fn new(encoding: &'static Encoding) -> Self {
        Self {
            decoder: encoding.new_decoder_with_bom_removal(),
            is_windows: encoding.name().starts_with("windows-"),
            before: Vec::new(),
        }
    }

    pub(super) fn text(&mut self, chunk: &[u8], is_last: bool) -> Vec<u8> {
        let mut text = vec![0; 3 * chunk.len() + 64];
        let (mut at, mut end) = (0, 0);
        loop {
            let (result, read, written) =
                self.decoder.decode_to_utf8_without_replacement(&chunk[at..], &mut text[end..], is_last);
            at += read;
            end += written;
            match result {
                DecoderResult::InputEmpty => break,
                DecoderResult::OutputFull => text.resize(text.len() * 2, 0),
                DecoderResult::Malformed(length, after) => {
                    text.truncate(end);
                    let last = self.before.len() + at - usize::from(after);
                    for place in last.saturating_sub(usize::from(length))..last {
                        let byte = self.before.get(place).or_else(|| chunk.get(place - self.before.len()));
                        mark(*byte.unwrap_or(&0), &mut text);
                    }
                    end = text.len();
                    text.resize(end + 3 * (chunk.len() - at) + 64, 0);
                }
            }
        }
        text.truncate(end);
        self.before.extend_from_slice(&chunk[chunk.len().saturating_sub(REMEMBERED)..]);
        let surplus = self.before.len().saturating_sub(REMEMBERED);
        self.before.drain(..surplus);
        if self.is_windows { with_undefined_marked(text) } else { text }
    }
}

fn mark(byte: u8, text: &mut Vec<u8>) {
    text.extend_from_slice(&[MARK, 0x80 | byte >> 4, 0x80 | byte & 0x0f]);
}

/// U+0080 to U+009F stand for the bytes of these numbers.
fn with_undefined_marked(text: Vec<u8>) -> Vec<u8> {
    let is_undefined = |at: usize| text.get(at + 1).is_some_and(|byte| (0x80..=0x9f).contains(byte));
    let found: Vec<usize> = memchr::memchr_iter(0xc2, &text).filter(|at| is_undefined(*at)).collect();
    if found.is_empty() {
        return text;
    }
    let mut marked = Vec::with_capacity(text.len() + found.len());
    let mut done = 0;
    for at in found {
        marked.extend_from_slice(&text[done..at]);
        mark(text[at + 1], &mut marked);
        done = at + 2;
    }
    marked.extend_from_slice(&text[done..]);
    marked
}

/// The bytes of a line with marks, as they were before decoding where they are marked.
pub(super) fn pieces(line: &[u8]) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = line;
    std::iter::from_fn(move || match rest {
        [] => None,
        [MARK, high, low, after @ ..] => {
            rest = after;
            Some(Piece::Byte((high & 0x0f) << 4 | low & 0x0f))
        }
        _ => {
            let end = memchr::memchr(MARK, rest).unwrap_or(rest.len()).max(1);
            let (text, after) = rest.split_at(end);
            rest = after;
            Some(Piece::Text(text))
        }
    })
}

/// Of a line with marks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Piece<'p> {
    Text(&'p [u8]),
    Byte(u8),
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As if the bytes came in pieces of every length.
    fn decoded(name: &str, bytes: &[u8]) -> String {
        let whole = in_pieces(name, bytes, bytes.len());
        for length in 1..bytes.len() {
            assert_eq!(in_pieces(name, bytes, length), whole, "{name} in pieces of {length}");
        }
        whole
    }

    fn in_pieces(name: &str, bytes: &[u8], length: usize) -> String {
        let mut decoding = Decoding::new(Encoding::for_label(name.as_bytes()).unwrap());
        let mut text: Vec<u8> = bytes.chunks(length).flat_map(|chunk| decoding.text(chunk, false)).collect();
        text.extend(decoding.text(&[], true));
        let shown = |piece| match piece {
            Piece::Text(text) => String::from_utf8(text.to_vec()).unwrap(),
            Piece::Byte(byte) => format!("<{byte:02x}>"),
        };
        pieces(&text).map(shown).collect()
    }

    #[test]
    fn bytes_that_are_no_text_are_marked() {
        assert_eq!(decoded("windows-1252", b"a\x80\x81b\x9d\xfc"), "a\u{20ac}<81>b<9d>\u{fc}");
        assert_eq!(decoded("windows-1250", b"\x8a\x83"), "\u{160}<83>");
        assert_eq!(decoded("iso-8859-2", b"\x81x"), "\u{81}x");
        assert_eq!(decoded("shift_jis", b"1,\x82\n2\x82"), "1,<82>\n2<82>");
        assert_eq!(decoded("euc-kr", b"a\xc9\xa1b"), "a<c9><a1>b");
        assert_eq!(decoded("utf-16le", b"a\0\x00\xd8b\0c"), "a<00><d8>b<63>");
        assert_eq!(decoded("gb18030", b"a\x81\x30\x81 b"), "a<81>0<81> b");
    }
}
