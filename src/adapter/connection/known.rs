//! Which server a connection has found out that it talks to.

use super::super::identity::ServerIdentity;

/// Which server this is.
#[derive(Debug, Clone)]
pub(super) enum Known {
    NotYet,
    Is(Option<ServerIdentity>),
}
