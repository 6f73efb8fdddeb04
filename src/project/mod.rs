//! Files on disk become a [`Project`]: the root and its installed packages, every file read once.
//!
//! Nothing is rendered or parsed here; `parse` turns the texts into nodes.

mod changes;
mod files;
mod ignored;
mod load;
mod package;
pub(crate) mod packages;
mod walk;

pub(crate) use changes::stamp;
pub(crate) use files::{Checksum, FileKind, SourceFile};
pub(crate) use load::{Installed, LoadRequest, load};
pub(crate) use package::{Package, Project};
