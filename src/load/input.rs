//! One input, opened: its text in a window, and what is known of it at its end.

use std::cell::RefCell;
use std::io::{self, BufRead as _, BufReader, Read};
use std::rc::Rc;

use super::files::{Found, KnownFile};
use super::meter::{Meter, Opened, Passed};
use super::pipe::{self, Program};
use super::spec::{Compression, From, LoadSpec};
use super::window::Window;
use crate::diagnostic::{Diagnostic, Result};
use crate::packed;

/// What is read for a table: one file after the other, or one stream.
#[derive(Debug, Clone)]
pub(crate) enum Input {
    File(Found),
    Stream,
}

/// An open input.
pub(super) struct Open {
    pub(super) name: String,
    pub(super) window: Window,
    passed: Rc<RefCell<Passed>>,
    end: End,
}

enum End {
    File(Opened),
    Program(Program),
    Stdin,
}

impl Open {
    pub(super) fn new(input: &Input, spec: &LoadSpec) -> Result<Self> {
        let (name, bytes, end): (String, Box<dyn Read>, End) = match (input, &spec.from) {
            (Input::File(found), _) => {
                let (opened, file) = Opened::open(&found.path, &found.name)?;
                (found.name.clone(), Box::new(file), End::File(opened))
            }
            (Input::Stream, From::Command(words)) => {
                let (program, output) = Program::start(words, &spec.root)?;
                (words.join(" "), Box::new(output), End::Program(program))
            }
            (Input::Stream, _) => ("standard input".to_owned(), Box::new(pipe::stdin()?), End::Stdin),
        };
        let (meter, passed) = Meter::new(bytes);
        let mut open = Self { window: Window::new(Box::new(io::empty()), spec.encoding), name, passed, end };
        let compression = spec.compression.unwrap_or_else(|| by_name(&open.name));
        let reader = unpacked(meter, compression).map_err(|error| open.unreadable(&error))?;
        open.window = Window::new(reader, spec.encoding);
        Ok(open)
    }

    /// Reads on.
    pub(super) fn fill(&mut self) -> Result<()> {
        self.window.fill().map_err(|error| self.unreadable(&error))
    }

    fn unreadable(&self, error: &io::Error) -> Box<Diagnostic> {
        let message = match error.kind() {
            io::ErrorKind::UnexpectedEof => {
                format!("`{}` is cut off: its compressed data has no end", self.name)
            }
            _ => format!("could not read `{}`: {error}", self.name),
        };
        Diagnostic::runtime("load-unreadable", message).boxed()
    }

    /// The end of the input has been read: what the ledger keeps of a file.
    pub(super) fn finish(mut self) -> Result<Option<KnownFile>> {
        match &mut self.end {
            End::Program(program) => program.finish().map(|()| None),
            End::Stdin => Ok(None),
            End::File(opened) => {
                let passed = self.passed.borrow();
                opened.is_unchanged(passed.bytes)?;
                Ok(Some(KnownFile {
                    name: self.name.clone(),
                    size: opened.size,
                    modified: opened.modified,
                    checksum: passed.checksum(),
                }))
            }
        }
    }
}

fn by_name(name: &str) -> Compression {
    match name.rsplit_once('.') {
        Some((_, "gz")) => Compression::Gzip,
        Some((_, "zst")) => Compression::Zstd,
        _ => Compression::None,
    }
}

fn unpacked(bytes: impl Read + 'static, compression: Compression) -> io::Result<Box<dyn Read>> {
    let mut bytes = BufReader::with_capacity(128 * 1024, bytes);
    Ok(match compression {
        Compression::None => Box::new(bytes),
        Compression::Zstd => Box::new(packed::unzstd(bytes)),
        Compression::Gzip => {
            // an empty file is cut off, too
            let is_empty = bytes.fill_buf()?.is_empty();
            if is_empty {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            Box::new(packed::gunzip(bytes))
        }
    })
}
