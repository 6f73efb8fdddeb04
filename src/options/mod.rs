//! What the user may set: every option in one table, the commands that take them, and the values from the command line,
//! the environment and the project.

pub(crate) mod behavior;
mod examples;
mod flags;
mod grammar;
mod option;
mod resolve;
mod subcommand;
pub(crate) mod table;
mod values;
mod warn_error;

pub(crate) use flags::Flags;
pub(crate) use grammar::{COMMANDS, Count, Row};
pub(crate) use option::{Kind, Opt, Text};
pub(crate) use resolve::{FlagInputs, JOB_LEASE, variable_keys};
pub(crate) use subcommand::Subcommand;
pub(crate) use warn_error::WarnErrorOptions;

/// From and to, of an option whose value is a number.
pub fn range(key: &str) -> Option<(i64, i64)> {
    resolve::all().find(|option| option.key == key).and_then(Opt::range)
}
