//! The part of an input that is in memory: it moves over the input and grows only as far as one record needs.

use std::io::{ErrorKind, Read};

use encoding_rs::{Decoder, DecoderResult, Encoding, UTF_8};

/// What one read asks for.
const PIECE: usize = 256 * 1024;

/// The longest record.
pub(super) const LONGEST: usize = 64 * 1024 * 1024;

/// No byte of UTF-8: stands where a byte was none of the input's encoding.
pub(super) const NOT_TEXT: u8 = 0xff;

/// A moving part of an input, in UTF-8 where the input's encoding is known.
pub(super) struct Window {
    reader: Box<dyn Read>,
    /// `None`: the input is UTF-8 already, or is to be.
    decoder: Option<Decoder>,
    /// Bytes that are to be decoded.
    raw: Vec<u8>,
    buffer: Vec<u8>,
    start: usize,
    is_at_end: bool,
}

impl Window {
    pub(super) fn new(reader: Box<dyn Read>, encoding: &'static Encoding) -> Self {
        let decoder = (encoding != UTF_8).then(|| encoding.new_decoder_with_bom_removal());
        let raw = Vec::new();
        Self { reader, decoder, raw, buffer: Vec::with_capacity(2 * PIECE), start: 0, is_at_end: false }
    }

    /// What has been read and not been passed.
    pub(super) fn rest(&self) -> &[u8] {
        &self.buffer[self.start..]
    }

    pub(super) fn pass(&mut self, count: usize) {
        self.start += count;
    }

    /// Nothing follows what is in memory.
    pub(super) fn is_at_end(&self) -> bool {
        self.is_at_end
    }

    /// Reads on.
    pub(super) fn fill(&mut self) -> std::io::Result<()> {
        if self.start > 0 {
            self.buffer.drain(..self.start);
            self.start = 0;
        }
        // a record that does not fit is looked at again from its beginning: not too often
        let wanted = PIECE.max(self.buffer.len());
        let Some(decoder) = &mut self.decoder else {
            self.is_at_end = read_some(&mut *self.reader, wanted, &mut self.buffer)?;
            return Ok(());
        };
        self.raw.clear();
        self.is_at_end = read_some(&mut *self.reader, wanted, &mut self.raw)?;
        decode(decoder, &self.raw, self.is_at_end, &mut self.buffer);
        Ok(())
    }
}

/// True at the end.
fn read_some(reader: &mut dyn Read, wanted: usize, buffer: &mut Vec<u8>) -> std::io::Result<bool> {
    let old = buffer.len();
    buffer.resize(old + wanted, 0);
    let read = loop {
        match reader.read(&mut buffer[old..]) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            read => break read,
        }
    };
    buffer.truncate(old + read.as_ref().copied().unwrap_or(0));
    Ok(read? == 0)
}

fn decode(decoder: &mut Decoder, mut raw: &[u8], is_last: bool, into: &mut Vec<u8>) {
    loop {
        let old = into.len();
        into.resize(
            old + decoder.max_utf8_buffer_length_without_replacement(raw.len()).unwrap_or(raw.len()),
            0,
        );
        let (result, read, written) =
            decoder.decode_to_utf8_without_replacement(raw, &mut into[old..], is_last);
        into.truncate(old + written);
        raw = &raw[read..];
        match result {
            DecoderResult::InputEmpty => return,
            DecoderResult::OutputFull => {}
            DecoderResult::Malformed(..) => into.push(NOT_TEXT),
        }
    }
}
