//! A thread that reads, decompresses and decodes, ahead of whoever parses.

use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

use super::decoding::Decoding;
use super::members::Members;
use super::origin_reader::{Ending, Opened, OriginReader, Tally, unreadable};
use crate::config::load::Compression;
use crate::diagnostic::{Diagnostic, Result};
use crate::interrupt;
use crate::regular;

const CHUNK: usize = 256 * 1024;
/// Chunks that wait to be parsed.
const AHEAD: usize = 8;

/// What was read of one input.
#[derive(Debug, Clone)]
pub(crate) struct Provenance {
    pub bytes: u64,
    pub checksum: String,
    pub modified: Option<jiff::Timestamp>,
}

/// Text in UTF-8, chunk by chunk.
pub(crate) struct Input {
    receiver: Receiver<Message>,
    provenance: Option<Provenance>,
}

enum Message {
    Chunk(Vec<u8>),
    End(Provenance),
    Failed(Box<Diagnostic>),
}

impl Input {
    pub(crate) fn file(
        path: &Path,
        shown: &str,
        compression: Compression,
        encoding: &'static Encoding,
    ) -> Result<Self> {
        Self::start(&Opened::File(path.to_owned()), shown, compression, encoding)
    }

    pub(crate) fn command(
        words: &[String],
        folder: PathBuf,
        shown: &str,
        compression: Compression,
        encoding: &'static Encoding,
    ) -> Result<Self> {
        Self::start(&Opened::Command(words.to_vec(), folder), shown, compression, encoding)
    }

    pub(crate) fn stdin(shown: &str, compression: Compression, encoding: &'static Encoding) -> Result<Self> {
        Self::start(&Opened::Stdin, shown, compression, encoding)
    }

    fn start(
        opened: &Opened,
        shown: &str,
        compression: Compression,
        encoding: &'static Encoding,
    ) -> Result<Self> {
        let origin = OriginReader::open(opened, shown)?;
        let (sender, receiver) = sync_channel(AHEAD);
        let shown = shown.to_owned();
        // nobody waits for it: standard input may never end
        let started = thread::Builder::new().name("load".into()).spawn(move || {
            let reading = Reading { sender: &sender, shown: &shown };
            let last = match reading.all(origin, compression, encoding) {
                Ok(Some(provenance)) => Message::End(provenance),
                Ok(None) => return,
                Err(error) => Message::Failed(error),
            };
            let _ = sender.send(last);
        });
        match started {
            Ok(_) => Ok(Self { receiver, provenance: None }),
            Err(error) => {
                Err(Diagnostic::runtime("load-file", format!("cannot start a thread: {error}")).boxed())
            }
        }
    }

    /// The next chunk; `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<Vec<u8>>> {
        if self.provenance.is_some() {
            return Ok(None);
        }
        loop {
            match self.receiver.recv_timeout(Duration::from_millis(100)) {
                Ok(Message::Chunk(chunk)) => return Ok(Some(chunk)),
                Ok(Message::End(provenance)) => {
                    self.provenance = Some(provenance);
                    return Ok(None);
                }
                Ok(Message::Failed(error)) => return Err(error),
                Err(RecvTimeoutError::Timeout) if !interrupt::has_come() => {}
                Err(RecvTimeoutError::Timeout) => {
                    return Err(Diagnostic::runtime("interrupted", "interrupted while reading rows").boxed());
                }
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(Diagnostic::runtime("load-file", "the thread that reads has ended").boxed());
                }
            }
        }
    }

    /// Known once everything was read.
    pub(crate) fn provenance(&self) -> Option<&Provenance> {
        self.provenance.as_ref()
    }
}

/// The work of the thread.
struct Reading<'r> {
    sender: &'r SyncSender<Message>,
    shown: &'r str,
}

impl Reading<'_> {
    /// `None` when nobody wants to know any more.
    fn all(
        &self,
        origin: OriginReader,
        compression: Compression,
        encoding: &'static Encoding,
    ) -> Result<Option<Provenance>> {
        let tally = Arc::clone(&origin.tally);
        let failed = |error: std::io::Error| unreadable(self.shown, &error);
        let mut origin = BufReader::with_capacity(CHUNK, origin);
        let compression = match compression {
            Compression::Auto => sniffed(&mut origin).map_err(failed)?,
            other => other,
        };
        let (went_on, mut ending) = match compression {
            Compression::Gzip => {
                let mut reader = Members::new(origin);
                let went_on = self.decoded(&mut reader, encoding, true)?;
                let Some(origin) = reader.into_inner() else { return Ok(None) };
                (went_on, end_of(origin, failed)?)
            }
            Compression::Zstd => {
                let mut reader = zstd::stream::read::Decoder::with_buffer(origin).map_err(failed)?;
                let went_on = self.decoded(&mut reader, encoding, true)?;
                (went_on, end_of(reader.finish(), failed)?)
            }
            Compression::None | Compression::Auto => {
                let went_on = self.decoded(&mut origin, encoding, false)?;
                (went_on, end_of(origin, failed)?)
            }
        };
        if !went_on {
            return Ok(None);
        }
        let modified = OriginReader::finish(&mut ending, self.shown)?;
        let tally = tally.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(Some(provenance(&tally, modified)))
    }

    /// False when nobody takes the chunks any more.
    fn decoded(&self, reader: &mut dyn Read, encoding: &'static Encoding, is_packed: bool) -> Result<bool> {
        let failed = |error: std::io::Error| {
            let error = unreadable(self.shown, &error);
            if is_packed {
                Diagnostic {
                    help: Some(
                        "the compressed file is damaged or not complete; nothing of it was loaded".into(),
                    ),
                    ..*error
                }
                .boxed()
            } else {
                error
            }
        };
        let mut first = next_chunk(reader).map_err(failed)?;
        if encoding == UTF_8 {
            if regular::is_utf_16(&first) {
                return Err(self.other_encoding());
            }
            if first.starts_with(b"\xef\xbb\xbf") {
                first.drain(..3);
            }
            return self.plain(reader, first, failed);
        }
        let encoding = match first.as_slice() {
            [0xfe, 0xff, ..] if encoding == UTF_16LE => UTF_16BE,
            _ => encoding,
        };
        let mut decoding = Decoding::new(encoding);
        let mut chunk = first;
        loop {
            let is_last = chunk.is_empty();
            let text = decoding.text(&chunk, is_last);
            if !text.is_empty() && self.sender.send(Message::Chunk(text)).is_err() {
                return Ok(false);
            }
            if is_last {
                return Ok(true);
            }
            chunk = next_chunk(reader).map_err(failed)?;
        }
    }

    fn plain(
        &self,
        reader: &mut dyn Read,
        first: Vec<u8>,
        failed: impl Fn(std::io::Error) -> Box<Diagnostic>,
    ) -> Result<bool> {
        let mut chunk = first;
        loop {
            if !chunk.is_empty() && self.sender.send(Message::Chunk(chunk)).is_err() {
                return Ok(false);
            }
            chunk = next_chunk(reader).map_err(&failed)?;
            if chunk.is_empty() {
                return Ok(true);
            }
        }
    }

    fn other_encoding(&self) -> Box<Diagnostic> {
        Diagnostic::runtime(
            "load-encoding",
            format!("{}: the file is UTF-16, not UTF-8; nothing of it was loaded", self.shown),
        )
        .help("set `encoding: utf-16`")
        .boxed()
    }
}

/// As much as a chunk holds, unless the input ends.
fn next_chunk(reader: &mut dyn Read) -> std::io::Result<Vec<u8>> {
    let mut chunk = Vec::with_capacity(CHUNK);
    reader.take(CHUNK as u64).read_to_end(&mut chunk)?;
    Ok(chunk)
}

fn sniffed(origin: &mut BufReader<OriginReader>) -> std::io::Result<Compression> {
    use std::io::BufRead as _;
    let begin = origin.fill_buf()?;
    Ok(if begin.starts_with(&[0x1f, 0x8b]) {
        Compression::Gzip
    } else if begin.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
        Compression::Zstd
    } else {
        Compression::None
    })
}

/// Reads what a decompressor has left, so that the checksum is that of all bytes.
fn end_of(
    mut origin: BufReader<OriginReader>,
    failed: impl Fn(std::io::Error) -> Box<Diagnostic>,
) -> Result<Ending> {
    std::io::copy(&mut origin, &mut std::io::sink()).map_err(failed)?;
    Ok(origin.into_inner().into_ending())
}

fn provenance(tally: &Tally, modified: Option<jiff::Timestamp>) -> Provenance {
    Provenance { bytes: tally.bytes, checksum: tally.checksum(), modified }
}

/// The checksum of a file that is not loaded.
pub(crate) fn checksum(path: &Path, shown: &str) -> Result<Provenance> {
    let mut origin = OriginReader::open(&Opened::File(path.to_owned()), shown)?;
    let tally: Arc<Mutex<Tally>> = Arc::clone(&origin.tally);
    let mut piece = vec![0; CHUNK];
    while origin.read(&mut piece).map_err(|error| unreadable(shown, &error))? > 0 {}
    let modified = OriginReader::finish(&mut origin.into_ending(), shown)?;
    let tally = tally.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(provenance(&tally, modified))
}
