//! `rsdbt run-operation`: calls a macro, or runs one Jinja-SQL text.

use super::connect::Connect;
use super::invocation::Invocation;
use super::running;
use super::session::Session;
use super::{CommandResult, Outcome};
use crate::diagnostic::{Category, Diagnostic};
use crate::options::table::{ARGS, MACRO, SQL};
use crate::run::{self, Command, Operation};

pub(super) fn run(invocation: &Invocation) -> CommandResult {
    let flags = &invocation.flags;
    let operation = match (flags.text(&MACRO), flags.text(&SQL)) {
        (Some(name), None) => {
            Operation::Macro { name: name.to_owned(), arguments: flags.mapping(&ARGS).into_iter().collect() }
        }
        (None, Some(sql)) => Operation::Sql(sql.to_owned()),
        _ => {
            return Err(Diagnostic::new(
                "operation-arguments",
                Category::Usage,
                "name a macro, or give SQL with `--sql`",
            )
            .into());
        }
    };
    let session = Session::load(invocation)?;
    let parsed = session.parse()?;
    let connect = Connect::new(&session.profile, invocation)?;
    let inputs = running::inputs(&session, &parsed, &connect, Command::Run, &[])?;
    let results = run::run_operation(&inputs, &operation)?;
    if results.interrupted {
        return Err(super::interrupted::interrupted().into());
    }
    Ok(if results.success() { Outcome::Success } else { Outcome::Failure })
}
