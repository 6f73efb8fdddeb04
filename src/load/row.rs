//! The frame of a binary COPY.

/// Signature, flags, and no extension.
pub(super) const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";

pub(super) const TRAILER: &[u8] = &[0xff, 0xff];
