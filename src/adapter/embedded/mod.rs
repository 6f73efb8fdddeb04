//! A PostgreSQL server of the project's own: a native server as a child process on a private unix socket.
//!
//! It serves the same adapter as any other server. Its data can be rebuilt, so it runs without `fsync`
//! unless `durable` is set. One server per project directory: a second rsdbt joins the one that runs.

mod account;
mod binaries;
mod bundle;
mod cluster;
mod download;
mod lease;
mod process;
mod server;
mod working_folder;

pub(crate) use download::install;
pub use server::{Lifetime, Server};

use std::path::PathBuf;

use crate::diagnostic::Diagnostic;

/// What a profile or a command may say about the embedded server.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// A directory with `initdb` and `postgres`; before anything else but `RSDBT_PG_BIN`.
    pub bin_dir: Option<PathBuf>,
    /// Take this source of binaries and no other.
    pub source: Option<Source>,
    /// Survive a power loss: slower.
    pub durable: bool,
    /// The role that models run as, without superuser rights; `rsdbt` when empty.
    pub user: String,
    /// Created on first use; `rsdbt` when empty.
    pub database: String,
}

/// Where the server's binaries come from, in the order in which they are tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// `RSDBT_PG_BIN` or `bin_dir`.
    Directory,
    /// Inside the rsdbt executable.
    Bundled,
    /// Installed on this machine.
    System,
    /// Fetched by `rsdbt db install`.
    Download,
    /// Those of the project's server, which runs already.
    Running,
}

impl Source {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Directory => "directory",
            Self::Bundled => "bundled",
            Self::System => "system",
            Self::Download => "download",
            Self::Running => "already running",
        }
    }
}

fn failed(message: impl Into<String>) -> Diagnostic {
    Diagnostic::database("embedded-server", message)
}

fn io_failed(what: &str, path: &std::path::Path, error: &std::io::Error) -> Box<Diagnostic> {
    failed(format!("could not {what} `{}`: {error}", path.display())).boxed()
}

#[cfg(test)]
mod tests;
