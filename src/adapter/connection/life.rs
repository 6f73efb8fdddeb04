//! Whether a session can still be used.

/// How a session is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Life {
    Alive,
    /// It is gone, and with it what was not committed.
    Lost,
    /// The server ended it instead of carrying out the statement.
    Refused,
}

impl Life {
    /// One that was refused stays so.
    pub(super) fn lose(&mut self) {
        if *self == Self::Alive {
            *self = Self::Lost;
        }
    }
}
