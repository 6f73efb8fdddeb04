//! Gzip data of one or several members; zeros may fill up the end.

use std::io::{self, BufRead, Read};

use flate2::bufread::GzDecoder;

/// Reads one member after the other.
pub(super) struct Members<R> {
    member: Option<GzDecoder<R>>,
    /// After the last member.
    rest: Option<R>,
}

impl<R: BufRead> Members<R> {
    pub(super) fn new(reader: R) -> Self {
        Self { member: Some(GzDecoder::new(reader)), rest: None }
    }

    pub(super) fn into_inner(self) -> Option<R> {
        self.member.map(GzDecoder::into_inner).or(self.rest)
    }
}

impl<R: BufRead> Read for Members<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Some(mut member) = self.member.take() {
            let count = member.read(buffer)?;
            if count > 0 || buffer.is_empty() {
                self.member = Some(member);
                return Ok(count);
            }
            let mut reader = member.into_inner();
            match reader.fill_buf()? {
                [] => self.rest = Some(reader),
                [0x1f, ..] => self.member = Some(GzDecoder::new(reader)),
                _ => self.rest = Some(only_zeros(reader)?),
            }
        }
        Ok(0)
    }
}

fn only_zeros<R: BufRead>(mut reader: R) -> io::Result<R> {
    loop {
        let bytes = reader.fill_buf()?;
        let count = bytes.len();
        if count == 0 {
            return Ok(reader);
        }
        if bytes.iter().any(|byte| *byte != 0) {
            return Err(io::Error::other("other bytes follow the end of the gzip data"));
        }
        reader.consume(count);
    }
}
