//! Postgres as the rest of the program sees it: connections with dbt's transaction rules, typed results,
//! catalog reads, the relation cache, COPY for seeds, and the embedded server.
//!
//! The wire client is a thin synchronous layer over `postgres-protocol`: dbt's results need the server's own
//! command tags and the column types of simple queries, and neither passes through the `postgres` crate.

mod cell;
mod connection;
mod response;
mod settings;

pub use cell::{Cell, Interval};
pub use connection::{Begin, CancelHandle, Connection, Fetch};
pub use response::{Response, ResultColumn, ResultSet};
pub use settings::{Settings, SslMode, Tls};
