//! How a command ends that a signal has interrupted: as that, wherever the signal came, and with status 2 like dbt.

use super::outcome::{CommandResult, Outcome};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::interrupt::Interrupt;

const CODE: &str = "interrupted";
/// `query_canceled`: what the server says of a statement that we have cancelled.
const CANCELLED: &str = "57014";

pub(super) fn interrupted() -> Diagnostic {
    Diagnostic::runtime("interrupted", "the run was interrupted")
}

/// The result of a command, or that it was interrupted, with what else went wrong.
pub(super) fn told(result: CommandResult) -> CommandResult {
    if !Interrupt::of_process().is_set() {
        return result;
    }
    match result {
        Ok(Outcome::Success) => Ok(Outcome::Success),
        Ok(Outcome::Failure) => Err(interrupted().into()),
        Err(problems) => Err(with_cause(problems)),
    }
}

fn with_cause(problems: Diagnostics) -> Diagnostics {
    let is_consequence =
        |problem: &Diagnostic| problem.server.as_ref().is_some_and(|server| server.sqlstate == CANCELLED);
    let mut told: Vec<Diagnostic> = problems.0;
    told.retain(|problem| !is_consequence(problem));
    if !told.iter().any(|problem| problem.code == CODE || problem.message.contains("interrupted")) {
        told.insert(0, interrupted());
    }
    Diagnostics(told)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::ServerError;

    #[test]
    fn a_cancelled_statement_is_not_told_of() {
        let server = ServerError { sqlstate: CANCELLED.into(), statement: "select 1".into(), offset: None };
        let cancelled = Diagnostic {
            server: Some(Box::new(server)),
            ..Diagnostic::database("x", "canceling statement due to user request")
        };
        let codes = |problems: Vec<Diagnostic>| {
            with_cause(Diagnostics(problems)).0.iter().map(|problem| problem.code).collect::<Vec<_>>()
        };
        assert_eq!(codes(vec![cancelled.clone()]), [CODE]);
        assert_eq!(codes(vec![interrupted(), cancelled]), [CODE]);
        assert_eq!(codes(vec![Diagnostic::runtime("not-written", "no space")]), [CODE, "not-written"]);
        let connecting = Diagnostic::runtime("connection", "interrupted while connecting to the server");
        assert_eq!(codes(vec![connecting]), ["connection"]);
    }
}
