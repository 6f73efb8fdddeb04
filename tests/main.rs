//! The one integration test binary.

mod architecture;
mod docs;
mod docs_server;
mod lineage;
mod selectors;
mod spec;
mod support;
mod weather;
