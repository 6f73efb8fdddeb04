//! The bytes of a file, of a command's output or of standard input, counted and hashed as they are read.

use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use sha2::{Digest as _, Sha256};

use crate::diagnostic::{Diagnostic, Result};
use crate::interrupt::{self, Clearing};
use crate::regular;

/// What is read.
#[derive(Debug, Clone)]
pub(super) enum Opened {
    File(PathBuf),
    Command(Vec<String>, PathBuf),
    Stdin,
}

/// How much was read, and its hash.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) bytes: u64,
    hash: Sha256,
}

impl Tally {
    pub(super) fn checksum(&self) -> String {
        crate::hex::digits(self.hash.clone().finalize())
    }
}

/// The bytes as they come.
pub(super) struct OriginReader {
    bytes: Bytes,
    pub(super) tally: Arc<Mutex<Tally>>,
}

enum Bytes {
    File(File, PathBuf, Box<Metadata>),
    Command(Running),
    Stdin(io::Stdin),
}

/// A command at work. It ends with this value.
pub(super) struct Running {
    child: Child,
    words: Vec<String>,
    complaints: Option<JoinHandle<String>>,
    _clearing: Clearing,
}

impl OriginReader {
    pub(super) fn open(opened: &Opened, shown: &str) -> Result<Self> {
        let bytes = match opened {
            Opened::File(path) => {
                let file = regular::open(path).and_then(|file| Ok((file.metadata()?, file)));
                let (data, file) = file.map_err(|error| unreadable(shown, &error))?;
                Bytes::File(file, path.clone(), Box::new(data))
            }
            Opened::Command(words, folder) => Bytes::Command(Running::start(words, folder)?),
            Opened::Stdin => Bytes::Stdin(io::stdin()),
        };
        Ok(Self { bytes, tally: Arc::default() })
    }

    /// The end of the bytes: whether the file stayed as it was, and how the command ended.
    pub(super) fn finish(ended: &mut Ending, shown: &str) -> Result<Option<jiff::Timestamp>> {
        match ended {
            Ending::File(path, before, bytes) => {
                let after = std::fs::metadata(path).map_err(|error| unreadable(shown, &error))?;
                let same = |get: fn(&Metadata) -> io::Result<std::time::SystemTime>| match (
                    get(before),
                    get(&after),
                ) {
                    (Ok(before), Ok(after)) => before == after,
                    _ => true,
                };
                if before.len() != after.len() || after.len() != *bytes || !same(Metadata::modified) {
                    return Err(Diagnostic::runtime(
                        "load-file-changed",
                        format!("{shown}: the file changed while it was read; nothing of it was loaded"),
                    )
                    .help("write files under another name and rename them when they are complete")
                    .boxed());
                }
                Ok(modified(&after))
            }
            Ending::Command(running) => running.finish().map(|()| None),
            Ending::Stdin => Ok(None),
        }
    }

    pub(super) fn into_ending(self) -> Ending {
        let bytes = self.tally.lock().unwrap_or_else(PoisonError::into_inner).bytes;
        match self.bytes {
            Bytes::File(_, path, data) => Ending::File(path, data, bytes),
            Bytes::Command(running) => Ending::Command(Box::new(running)),
            Bytes::Stdin(_) => Ending::Stdin,
        }
    }
}

/// What is left of an origin when its bytes are read.
pub(super) enum Ending {
    File(PathBuf, Box<Metadata>, u64),
    Command(Box<Running>),
    Stdin,
}

impl Read for OriginReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = match &mut self.bytes {
            Bytes::File(file, ..) => file.read(buffer)?,
            Bytes::Command(running) => match &mut running.child.stdout {
                Some(stdout) => stdout.read(buffer)?,
                None => 0,
            },
            Bytes::Stdin(stdin) => stdin.lock().read(buffer)?,
        };
        let mut tally = self.tally.lock().unwrap_or_else(PoisonError::into_inner);
        tally.bytes += count as u64;
        tally.hash.update(&buffer[..count]);
        Ok(count)
    }
}

impl Running {
    fn start(words: &[String], folder: &Path) -> Result<Self> {
        let (program, arguments) =
            words.split_first().map_or(("", &[][..]), |(first, rest)| (first.as_str(), rest));
        let started = Command::new(program)
            .args(arguments)
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn();
        let mut child = started.map_err(|error| {
            Diagnostic::runtime("load-command", format!("cannot run `{program}`: {error}"))
                .help("`command` in `from` is a program and its arguments, called without a shell")
        })?;
        let complaints = child.stderr.take().map(|stderr| thread::spawn(move || last_words(stderr)));
        let clearing = interrupt::end_with_us(child.id());
        Ok(Self { child, words: words.to_vec(), complaints, _clearing: clearing })
    }
}

impl Running {
    fn finish(&mut self) -> Result<()> {
        let status = self.child.wait();
        let complaints = self.complaints.take().and_then(|reader| reader.join().ok()).unwrap_or_default();
        let ended = match status {
            Ok(status) if status.success() => return Ok(()),
            Ok(status) => status.to_string(),
            Err(error) => error.to_string(),
        };
        let mut message = format!("`{}` failed ({ended}); nothing was loaded", self.words.join(" "));
        for line in complaints.lines() {
            message.push_str("\n  ");
            message.push_str(line);
        }
        Err(Diagnostic::runtime("load-command", message).boxed())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if !matches!(self.child.try_wait(), Ok(Some(_))) {
            interrupt::end_now(self.child.id());
            let _ = self.child.wait();
        }
    }
}

/// The end of what a command says on stderr.
fn last_words(mut stderr: impl Read) -> String {
    const KEPT: usize = 2000;
    let (mut kept, mut piece) = (Vec::new(), [0; 4096]);
    while let Ok(count @ 1..) = stderr.read(&mut piece) {
        kept.extend_from_slice(&piece[..count]);
        let surplus = kept.len().saturating_sub(KEPT);
        kept.drain(..surplus);
    }
    String::from_utf8_lossy(&kept).trim().to_owned()
}

/// When its content may have changed last: a program can set the time of the last write, as copies do, but not that of the last change.
pub(crate) fn modified(data: &Metadata) -> Option<jiff::Timestamp> {
    let written = data.modified().ok().and_then(|at| jiff::Timestamp::try_from(at).ok());
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let changed = i32::try_from(data.ctime_nsec()).ok();
        let changed = changed.and_then(|rest| jiff::Timestamp::new(data.ctime(), rest).ok());
        written.max(changed)
    }
    #[cfg(not(unix))]
    written
}

pub(super) fn unreadable(shown: &str, error: &io::Error) -> Box<Diagnostic> {
    Diagnostic::runtime("load-file", format!("{shown}: {error}")).help("nothing of it was loaded").boxed()
}
