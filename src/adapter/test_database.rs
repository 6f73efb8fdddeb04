//! The database of the unit tests: `RSDBT_TEST_DATABASE_URL`.

use std::sync::Arc;

use super::{Connection, Settings};

pub(crate) fn settings() -> Arc<Settings> {
    let uri = std::env::var("RSDBT_TEST_DATABASE_URL").unwrap();
    Arc::new(Settings::from_uri(&uri).unwrap())
}

pub(crate) fn connect() -> Connection {
    Connection::open(&settings()).unwrap()
}
