//! The one integration test binary.

mod architecture;
mod lineage;
mod spec;
mod support;
