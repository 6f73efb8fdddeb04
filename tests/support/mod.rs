//! What the tests that run the binary share: a server, a schema of the test's own, and a project on disk.

mod database;
mod draw;
mod hearing;
mod mistakes;
mod patience;
mod project;
mod proxy;
mod screen;
mod server;
mod server_url;
mod terminal;
mod waiting;

pub(crate) use database::{Database, other_settings, rows_as_table, settings};
pub(crate) use draw::Draw;
pub(crate) use mistakes::assert_mistakes;
pub(crate) use project::{Output, Project};
pub(crate) use proxy::{Fault, Proxy};
pub(crate) use server::Server;
pub(crate) use terminal::Terminal;
pub(crate) use waiting::{wait_minutes_until, wait_until};
