//! Postgres as the rest of the program sees it: connections with dbt's transaction rules, typed results,
//! catalog reads, the relation cache, COPY for seeds, and the embedded server.
//!
//! The wire client is a thin synchronous layer over `postgres-protocol`: dbt's results need the server's own
//! command tags and the column types of simple queries, and neither passes through the `postgres` crate.

mod answer;
mod cancel;
pub(crate) mod catalog;
mod cell;
mod certificate;
mod connection;
mod contact;
mod early;
pub(crate) mod embedded;
mod end_point;
mod ending;
mod fate;
mod held_lock;
mod identity;
mod lock_session;
mod lost_commit;
mod observer;
mod open;
mod outlived;
mod query_comment;
mod reconnect;
mod refusal;
mod relation_cache;
mod request;
mod response;
mod savepoints;
mod seed;
mod server_error;
mod settings;
mod site_columns;
mod stream;
#[cfg(test)]
pub(crate) mod test_database;
mod tls;
mod transfer;
mod wire;
mod worker_session;

pub(crate) use crate::sql::{quote_identifier, quote_literal, quote_odd_identifier, quote_where_needed};
pub(crate) use cancel::CancelHandle;
pub(crate) use catalog::RelationKind;
pub use cell::Cell;
pub(crate) use cell::Interval;
pub use connection::Connection;
pub(crate) use early::Early;
pub(crate) use held_lock::HeldLock;
pub(crate) use lock_session::LockSession;
pub(crate) use observer::Observer;
pub(crate) use outlived::outlived_tables;
pub(crate) use query_comment::QueryComment;
pub(crate) use refusal::other_database;
pub(crate) use relation_cache::{CacheChange, RelationCache};
pub use request::{Begin, Fetch};
pub use response::ResultSet;
pub(crate) use response::{Response, ResultColumn};
pub(crate) use seed::Nulls;
pub(crate) use seed::SeedColumn;
pub use seed::{Seed, SeedOptions};
pub(crate) use server_error::{SNAPSHOT_OUTLIVED, is_transient};
pub use settings::Settings;
pub(crate) use settings::{
    ChannelBindingMode, Hosts, Keepalives, Patience, SslMode, TargetSessionAttrs, Tls,
};
pub(crate) use site_columns::{Misfit, SiteColumn, columns_of_query, misfits};
pub(crate) use transfer::transfer;
pub(crate) use worker_session::WorkerSession;
