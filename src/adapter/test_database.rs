//! The database of the unit tests: `RSDBT_TEST_DATABASE_URL`.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use super::{Begin, Connection, Fetch, Settings};

pub(crate) fn settings() -> Arc<Settings> {
    let uri = std::env::var("RSDBT_TEST_DATABASE_URL").unwrap();
    Arc::new(Settings::from_uri(&uri).unwrap())
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
