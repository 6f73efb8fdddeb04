//! The one integration test binary.

mod architecture;
mod docs;
mod lineage;
mod spec;
mod support;
