//! Compressed bytes as plain ones, while they are read.

use std::io::{self, BufRead, Read};

use ruzstd::decoding::StreamingDecoder;

/// The first member of a gzip stream.
pub(crate) fn gunzip_first(bytes: impl Read) -> impl Read {
    flate2::read::GzDecoder::new(bytes)
}

/// All members: files that were compressed one by one may be written behind each other.
pub(crate) fn gunzip(bytes: impl Read) -> impl Read {
    flate2::read::MultiGzDecoder::new(bytes)
}

/// All frames of a zstd stream.
pub(crate) fn unzstd<R: BufRead>(bytes: R) -> Unzstd<R> {
    Unzstd(State::Between(bytes))
}

pub(crate) struct Unzstd<R: BufRead>(State<R>);

enum State<R: BufRead> {
    Between(R),
    Inside(Box<StreamingDecoder<R, ruzstd::decoding::FrameDecoder>>),
    Failed,
}

impl<R: BufRead> Read for Unzstd<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            self.0 = match std::mem::replace(&mut self.0, State::Failed) {
                State::Failed => return Err(io::ErrorKind::InvalidData.into()),
                State::Between(mut bytes) => {
                    if bytes.fill_buf()?.is_empty() {
                        self.0 = State::Between(bytes);
                        return Ok(0);
                    }
                    State::Inside(Box::new(
                        StreamingDecoder::new(bytes).map_err(|_| io::Error::other("invalid zstd header"))?,
                    ))
                }
                State::Inside(mut decoder) => match decoder.read(buffer)? {
                    0 if !buffer.is_empty() => State::Between(decoder.into_inner()),
                    count => {
                        self.0 = State::Inside(decoder);
                        return Ok(count);
                    }
                },
            };
        }
    }
}

/// For tests that need a compressed text.
#[cfg(test)]
pub(crate) fn gzip(text: &[u8]) -> io::Result<Vec<u8>> {
    use io::Write as _;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text)?;
    encoder.finish()
}
