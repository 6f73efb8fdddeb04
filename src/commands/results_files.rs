//! `--junit` and `--report`: the results of a run, for CI systems and pull requests.

use super::invocation::Invocation;
use crate::diagnostic::{Diagnostic, Result};
use crate::manifest::Manifest;
use crate::options::table::{JUNIT, REPORT};
use crate::run::{self, RunResults};

pub(super) fn write(invocation: &Invocation, manifest: &Manifest, results: &RunResults) -> Result<()> {
    let flags = &invocation.flags;
    if let Some(file) = flags.text(&JUNIT) {
        write_to(file, &run::junit(manifest, &results.results))?;
    }
    if let Some(file) = flags.text(&REPORT) {
        let command = format!("rsdbt {}", invocation.command.name());
        write_to(file, &run::markdown(&command, manifest, &results.results, results.elapsed_time))?;
    }
    Ok(())
}

fn write_to(file: &str, text: &str) -> Result<()> {
    std::fs::write(file, text).map_err(|error| {
        Diagnostic::runtime("unwritable-file", format!("cannot write {file}: {error}")).boxed()
    })
}
