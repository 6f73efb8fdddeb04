//! Whether the server was reached: known to all sessions of a run.

use std::sync::atomic::{AtomicU8, Ordering};

/// What this process knows of the server; shared by all sessions of a run.
#[derive(Debug, Default)]
pub struct Contact(AtomicU8);

const REACHED: u8 = 1;
const GIVEN_UP: u8 = 2;

impl Contact {
    pub(super) fn reached(&self) {
        self.0.store(REACHED, Ordering::Relaxed);
    }

    pub(super) fn give_up(&self) {
        self.0.store(GIVEN_UP, Ordering::Relaxed);
    }

    pub(super) fn was_reached(&self) -> bool {
        self.0.load(Ordering::Relaxed) == REACHED
    }
}
