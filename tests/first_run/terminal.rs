//! A program on a terminal of its own: what it shows is read, and keys are pressed.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

pub(crate) struct Terminal {
    child: Child,
    keys: File,
    output: Receiver<Vec<u8>>,
    shown: String,
}

impl Terminal {
    pub(crate) fn start(mut command: Command) -> Self {
        use std::os::unix::process::CommandExt as _;
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let name = ptsname(&master, Vec::new()).unwrap();
        let open = || -> Stdio {
            File::options().read(true).write(true).open(name.to_str().unwrap()).unwrap().into()
        };
        // a group of its own, to be interrupted as a whole
        let child = command.stdin(open()).stdout(open()).stderr(open()).process_group(0).spawn().unwrap();
        // the command holds the terminal's other end too
        drop(command);
        let master: OwnedFd = master;
        let mut screen = File::from(master.try_clone().unwrap());
        let (sender, output) = channel();
        std::thread::spawn(move || {
            let mut piece = [0; 4096];
            // the end of the terminal is an error here
            while let Ok(1..) = screen.read(&mut piece).inspect(|&count| {
                let _ = sender.send(piece[..count].to_vec());
            }) {}
        });
        Self { child, keys: File::from(master), output, shown: String::new() }
    }

    /// Runs a command to its end; what it showed, without colours and carriage returns.
    pub(crate) fn run(command: Command) -> String {
        let mut terminal = Self::start(command);
        terminal.child.wait().unwrap();
        terminal.rest()
    }

    pub(crate) fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
    }

    /// What was shown up to here, with the line of the text.
    pub(crate) fn wait_for(&mut self, text: &str) -> String {
        let deadline = Instant::now() + Duration::from_mins(1);
        loop {
            let shown = plain(&self.shown);
            if let Some(at) = shown.find(text)
                && shown[at..].contains('\n')
            {
                return shown;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            match self.output.recv_timeout(left) {
                Ok(piece) => self.shown.push_str(&String::from_utf8_lossy(&piece)),
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                    panic!("`{text}` was not shown:\n{shown}")
                }
            }
        }
    }

    /// Ctrl-C, and all that was shown.
    pub(crate) fn interrupt(mut self) -> String {
        let group = Pid::from_raw(i32::try_from(self.child.id()).unwrap()).unwrap();
        kill_process_group(group, Signal::INT).unwrap();
        self.child.wait().unwrap();
        self.rest()
    }

    fn rest(&mut self) -> String {
        while let Ok(piece) = self.output.recv_timeout(Duration::from_millis(300)) {
            self.shown.push_str(&String::from_utf8_lossy(&piece));
        }
        plain(&self.shown)
    }
}

/// Without escape sequences; a line that was drawn over is what it was in the end.
fn plain(shown: &str) -> String {
    let mut text = String::new();
    let mut characters = shown.chars();
    while let Some(character) = characters.next() {
        match character {
            // a line that is erased was never there for the reader
            '\x1b' => {
                if characters.find(char::is_ascii_alphabetic) == Some('K') {
                    text.truncate(text.rfind('\n').map_or(0, |at| at + 1));
                }
            }
            other => text.push(other),
        }
    }
    text.replace("\r\n", "\n")
}
