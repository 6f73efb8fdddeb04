//! The database of the unit tests: `RSDBT_TEST_DATABASE_URL`, else the embedded server.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

use super::embedded::{Lifetime, Options, Server};
use super::{Begin, Connection, Fetch, Settings};

#[path = "../../tests/support/server_url.rs"]
mod server_url;

pub(crate) fn settings() -> Arc<Settings> {
    static SETTINGS: OnceLock<Arc<Settings>> = OnceLock::new();
    let find = || match std::env::var("RSDBT_TEST_DATABASE_URL") {
        Ok(uri) => of_url(&uri),
        Err(_) => embedded(),
    };
    Arc::clone(SETTINGS.get_or_init(|| Arc::new(find())))
}

/// Of the server that the URL names.
fn of_url(url: &str) -> Settings {
    let (host, port, user, password, database) = server_url::parts(url);
    Settings { host, port, user, password, database, ..Settings::default() }
}

/// One server for all tests of the process; the kernel ends it when the process ends.
fn embedded() -> Settings {
    static SERVER: OnceLock<Server> = OnceLock::new();
    let project = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("target");
    let start = || Server::ensure(&project, &Options::default(), Lifetime::Command).unwrap();
    SERVER.get_or_init(start).settings().clone()
}

pub(crate) fn connect() -> Connection {
    Connection::open(&settings()).unwrap()
}

/// A schema of the test's own, first in the search path; gone with the session's transaction.
pub(crate) fn connect_with_schema() -> (Connection, String) {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let schema = format!("unit_{}_{number}", std::process::id());
    let mut connection = connect();
    let sql = format!("create schema {schema}; set local search_path = {schema}");
    connection.execute(&sql, Begin::Auto, Fetch::Nothing).unwrap();
    (connection, schema)
}

/// Ends a session from outside, and waits until it is gone.
pub(crate) fn terminate(pid: i32) {
    let sql = format!("select pg_terminate_backend({pid}, 10000)");
    connect().execute(&sql, Begin::No, Fetch::Nothing).unwrap();
}
