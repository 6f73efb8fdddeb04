//! A program on a terminal of its own: what it shows is read, and keys are pressed.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

use super::hearing::hearing;
use super::screen;

const SIZE: Winsize = Winsize { ws_row: 50, ws_col: 150, ws_xpixel: 0, ws_ypixel: 0 };
/// Nothing that is run here takes longer.
const PATIENCE: Duration = Duration::from_mins(1);

pub(crate) struct Terminal {
    child: Child,
    keys: File,
    output: Receiver<Vec<u8>>,
    shown: Vec<u8>,
}

impl Terminal {
    pub(crate) fn start(command: Command) -> Self {
        use std::os::unix::process::CommandExt as _;
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        tcsetwinsize(&master, SIZE).unwrap();
        let name = ptsname(&master, Vec::new()).unwrap();
        let open = || -> Stdio {
            File::options().read(true).write(true).open(name.to_str().unwrap()).unwrap().into()
        };
        let mut command = hearing(&command);
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
        Self { child, keys: File::from(master), output, shown: Vec::new() }
    }

    /// Runs a command to its end; what it showed, without colours and carriage returns.
    pub(crate) fn run(command: Command) -> String {
        Self::start(command).end()
    }

    pub(crate) fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
    }

    /// What was shown up to here, with the line of the text.
    pub(crate) fn wait_for(&mut self, text: &str) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let shown = self.text();
            if let Some(at) = shown.find(text)
                && shown[at..].contains('\n')
            {
                return shown;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(self.listen(left), "`{text}` was not shown:\n{shown}");
        }
    }

    /// Ctrl-C, and all that was shown.
    pub(crate) fn interrupt(self) -> String {
        kill_process_group(self.group(), Signal::INT).unwrap();
        self.end()
    }

    /// What was shown when the program has ended.
    fn end(mut self) -> String {
        let deadline = Instant::now() + PATIENCE;
        while self.child.try_wait().unwrap().is_none() {
            if Instant::now() > deadline {
                let _ = kill_process_group(self.group(), Signal::KILL);
                panic!("still running after a minute:\n{}", self.text());
            }
            self.listen(Duration::from_millis(100));
        }
        // until nothing has the terminal open, or what has it is silent
        while self.listen(Duration::from_millis(300)) {}
        self.text()
    }

    /// Whether something was shown.
    fn listen(&mut self, limit: Duration) -> bool {
        match self.output.recv_timeout(limit) {
            Ok(piece) => self.shown.extend(piece),
            Err(RecvTimeoutError::Timeout) => return false,
            Err(RecvTimeoutError::Disconnected) => {
                // the program ends soon
                std::thread::sleep(Duration::from_millis(10));
                return false;
            }
        }
        true
    }

    fn group(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.child.id()).unwrap()).unwrap()
    }

    fn text(&self) -> String {
        screen::plain(&String::from_utf8_lossy(&self.shown), usize::from(SIZE.ws_col))
    }
}

impl Drop for Terminal {
    /// A shell that nobody types into any more would stay for ever.
    fn drop(&mut self) {
        if self.child.try_wait().is_ok_and(|ended| ended.is_none()) {
            let _ = kill_process_group(self.group(), Signal::KILL);
            let _ = self.child.wait();
        }
    }
}
