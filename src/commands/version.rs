//! `--version`.

use crate::config::DBT_VERSION;
use crate::report;

pub(super) fn print() -> std::io::Result<()> {
    report::say(&format!(
        "rsdbt {}\n\nCore:\n  - installed: {DBT_VERSION}\n\nPlugins:\n  - postgres: {DBT_VERSION}",
        env!("CARGO_PKG_VERSION")
    ))
}
