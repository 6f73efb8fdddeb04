//! A program that is watched while it runs, and that does not outlive this process.

use std::io;
use std::process::{Child, ChildStdin, Command, ExitStatus};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::{Clearing, LOOK, family};

/// How long a program may take to end in order.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct Supervised {
    child: Child,
    _clearing: Clearing,
}

impl Supervised {
    pub(crate) fn start(command: &mut Command) -> io::Result<Self> {
        let child = command.spawn()?;
        let id = child.id();
        Ok(Self { child, _clearing: Clearing::at_the_end(move || family::end(id)) })
    }

    /// Its standard input, where that is a pipe.
    pub(crate) fn input(&mut self) -> Option<ChildStdin> {
        self.child.stdin.take()
    }

    /// How it ended, if it has.
    pub(crate) fn ended(&mut self) -> io::Result<Option<ExitStatus>> {
        self.child.try_wait()
    }

    /// Asks it to end in order: its own children are its own business. Where it does not, all are ended.
    pub(crate) fn end(&mut self) {
        let id = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        if let Some(id) = id {
            let _ = kill_process(id, Signal::TERM);
        }
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE && matches!(self.child.try_wait(), Ok(None)) {
            sleep(LOOK);
        }
        if matches!(self.child.try_wait(), Ok(None)) {
            family::end(self.child.id());
        }
        let _ = self.child.wait();
    }

    /// Ends it and whatever it has started: a shell leaves behind what it waits for.
    pub(crate) fn end_all(&mut self) {
        family::end_within(self.child.id(), PATIENCE);
        let _ = self.child.wait();
    }
}
