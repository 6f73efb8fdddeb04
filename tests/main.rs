//! The one integration test binary.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod ad_mart_sample;
mod architecture;
mod attachments;
mod cascades;
mod code_of_others;
mod connections;
mod consume;
mod consumed_types;
mod dependent_kinds;
mod dependents;
mod docs;
mod docs_server;
mod embedded;
mod faults;
mod first_run;
mod full_disk;
mod histories;
mod kills;
mod lineage;
mod many_periods;
mod mart_lineage;
mod memory;
mod other_client;
mod parity;
mod retention;
mod rights;
mod schedule;
mod secret_profiles;
mod secrets;
mod set_aside;
mod spec;
mod support;
mod surroundings;
mod time_zones;
mod weather;
