//! `rsdbt completions`: the script that a shell completes command lines with.

use crate::builtin;
use crate::cli::Arguments;
use crate::options::table::SHELL;
use crate::report;

pub(super) fn print(arguments: &Arguments) -> std::io::Result<()> {
    let shell = arguments.given.get(SHELL.0.key).and_then(serde_json::Value::as_str).unwrap_or_default();
    report::say(builtin::completions(shell).trim_end())
}
