//! Each command wires the stages: arguments to settings, project, manifest, graph, plan, results.

mod artifact;
mod assets;
mod clean;
mod compiled;
mod connect;
mod db;
mod debug;
mod deps;
mod docs;
mod init;
mod invocation;
mod lineage;
mod list;
mod messages;
mod open_lineage;
mod parse;
mod retry;
mod run;
mod run_operation;
mod running;
mod runtime_config;
mod schedule;
mod session;
mod show;
mod version;

use std::process::ExitCode;

use crate::cli;
use crate::diagnostic::Diagnostics;
use crate::interrupt;
use invocation::Invocation;

/// How a command that could be carried out ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Success,
    /// Something failed in the run: exit status 1.
    Failure,
}

type CommandResult = Result<Outcome, Diagnostics>;

/// Runs the program.
pub fn main(arguments: impl IntoIterator<Item = String>) -> ExitCode {
    let invocation = match cli::parse(arguments) {
        Ok(invocation) => invocation,
        Err(error) => {
            // clap prints help to stdout and errors to stderr
            let printed = error.print();
            let code = u8::try_from(error.exit_code()).unwrap_or(2);
            return ExitCode::from(printed.map_or_else(|error| invocation::unprinted(&error), |()| code));
        }
    };
    if invocation.command == "version" {
        let printed = version::print();
        return ExitCode::from(printed.map_or_else(|error| invocation::unprinted(&error), |()| 0));
    }
    if invocation.command.is_empty() {
        let _ = cli::command().print_help();
        return ExitCode::from(2);
    }
    if let Err(error) = interrupt::listen() {
        crate::report::complain(&format!("cannot listen for signals: {error}"));
        return ExitCode::from(2);
    }
    match Invocation::start(invocation) {
        Ok(invocation) => {
            let result = dispatch(&invocation);
            interrupt::wait_if_ending();
            invocation.finish(result)
        }
        Err(problems) => {
            interrupt::wait_if_ending();
            invocation::report_without_flags(&problems);
            ExitCode::from(2)
        }
    }
}

fn dispatch(invocation: &Invocation) -> CommandResult {
    match invocation.command.as_str() {
        "list" => list::run(invocation),
        "parse" => parse::run(invocation),
        "clean" => clean::run(invocation),
        "docs" => docs::overview(invocation),
        "docs generate" => docs::generate(invocation),
        "docs serve" => docs::serve(invocation),
        "lineage" => lineage::run(invocation),
        "db start" => db::run(invocation, "start"),
        "db stop" => db::run(invocation, "stop"),
        "db status" => db::run(invocation, "status"),
        "db psql" => db::run(invocation, "psql"),
        "db install" => db::install(invocation),
        "retry" => retry::run(invocation),
        "schedule" => schedule::run(invocation),
        "run" if invocation.flags.boolean("due") => schedule::once(invocation),
        "debug" => debug::run(invocation),
        "deps" => deps::run(invocation),
        "init" => init::run(invocation),
        "run-operation" => run_operation::run(invocation),
        "run" | "build" | "test" | "seed" | "snapshot" | "compile" | "show" | "clone"
        | "source freshness" => run::run(invocation),
        other => Err(crate::diagnostic::Diagnostic::runtime(
            "command-missing",
            format!("the command `{other}` cannot be carried out yet"),
        )
        .into()),
    }
}
