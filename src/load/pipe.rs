//! Standard input, and what a program writes: read without waiting longer than a signal.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::diagnostic::{Diagnostic, Result};
use crate::interrupt::{self, Clearing};

/// What a message shows of a program's own words.
const LAST_WORDS: usize = 2000;

/// The reading end of a pipe.
pub(super) struct Pipe(File);

impl Read for Pipe {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let look = Timespec { tv_sec: 0, tv_nsec: 50_000_000 };
            let mut ends = [PollFd::new(&self.0, PollFlags::IN)];
            let ready = match poll(&mut ends, Some(&look)) {
                Err(error) if error == rustix::io::Errno::INTR => 0,
                ready => ready?,
            };
            if interrupt::has_come() {
                return Err(io::Error::other("interrupted"));
            }
            if ready > 0 {
                return self.0.read(buffer);
            }
        }
    }
}

pub(super) fn stdin() -> Result<Pipe> {
    let taken = rustix::io::dup(rustix::stdio::stdin()).map(|end: OwnedFd| Pipe(end.into()));
    taken.map_err(|error| {
        Diagnostic::runtime("load-stdin", format!("could not read standard input: {error}")).boxed()
    })
}

/// A program whose output is read. It ends with its value.
pub(super) struct Program {
    child: Child,
    name: String,
    words: Option<JoinHandle<String>>,
    _clearing: Clearing,
}

impl Program {
    pub(super) fn start(words: &[String], folder: &Path) -> Result<(Self, Pipe)> {
        let name = words.first().cloned().unwrap_or_default();
        let failed = |error: io::Error| {
            Diagnostic::runtime("load-command", format!("could not start `{name}`: {error}")).boxed()
        };
        let mut command = Command::new(&name);
        command.args(&words[1..]).current_dir(folder).stdin(Stdio::null());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().map_err(failed)?;
        let clearing = interrupt::ends_with_us(&child);
        let (Some(output), Some(complaints)) = (child.stdout.take(), child.stderr.take()) else {
            return Err(failed(io::ErrorKind::BrokenPipe.into()));
        };
        let words = std::thread::spawn(move || last_words(complaints));
        Ok((
            Self { child, name, words: Some(words), _clearing: clearing },
            Pipe(OwnedFd::from(output).into()),
        ))
    }

    /// An error unless the program says that all went well.
    pub(super) fn finish(&mut self) -> Result<()> {
        let ended = self.child.wait();
        let words = self.words.take().and_then(|words| words.join().ok()).unwrap_or_default();
        let message = match ended {
            Ok(status) if status.success() => return Ok(()),
            Ok(status) => format!("`{}` failed ({status})", self.name),
            Err(error) => format!("`{}` could not be waited for: {error}", self.name),
        };
        let mut error = Diagnostic::runtime("load-command", message);
        if !words.trim().is_empty() {
            error = error.cause(words.trim().to_owned());
        }
        Err(error.boxed())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        if self.child.try_wait().is_ok_and(|ended| ended.is_none()) {
            interrupt::end_program(&self.child);
        }
        // whatever it says now
        let _ = self.child.wait();
    }
}

fn last_words(mut complaints: impl Read) -> String {
    let mut kept = Vec::new();
    let mut piece = [0; 4096];
    while let Ok(count @ 1..) = complaints.read(&mut piece) {
        kept.extend_from_slice(&piece[..count]);
        let surplus = kept.len().saturating_sub(LAST_WORDS);
        kept.drain(..surplus);
    }
    String::from_utf8_lossy(&kept).into_owned()
}
