//! Each command wires the stages: arguments to settings, project, manifest, graph, plan, results.

mod added_once;
mod artifact;
mod assets;
mod backfill;
mod backfill_added;
mod backfill_apart;
mod backfill_plan;
mod bare_renderer;
mod build_loads;
mod built;
mod clean;
mod compiled;
mod complete;
mod completions;
mod connect;
mod create_databases;
mod db;
mod debug;
mod deps;
mod docs;
mod export;
mod first_build;
mod homes;
mod init;
mod interrupted;
mod invocation;
mod job_alerts;
mod job_attempt;
mod lease;
mod lineage;
mod list;
mod load_selection;
mod log_run;
mod man;
mod messages;
mod observed;
mod open_lineage;
mod outcome;
mod parse;
mod parse_events;
mod results_files;
mod retry;
mod run;
mod run_operation;
mod running;
mod runtime_config;
mod schedule;
mod schedule_checks;
mod schedule_jobs;
mod schedule_metrics;
mod schedule_pause;
mod schedule_repair;
mod schedule_run;
mod schedule_sensors;
mod schedule_status;
mod schedule_task;
mod scheduled_node;
mod scheduler;
mod schema;
mod session;
mod show;
mod table_rows;
mod vars;
mod version;
mod whole_or_part;

use std::process::ExitCode;

use crate::cli::{self, Arguments, Request};
use crate::interrupt;
use crate::options::Subcommand;
use crate::options::table::DUE;
use invocation::Invocation;
use outcome::{CommandResult, Outcome};

/// Runs the program.
pub fn main(arguments: impl IntoIterator<Item = String>) -> ExitCode {
    let arguments = match cli::parse(arguments) {
        Ok(Request::Command(arguments)) => match without_project(&arguments) {
            Some(code) => return ExitCode::from(code),
            None => arguments,
        },
        Ok(Request::Version) => {
            let printed = version::print();
            return ExitCode::from(printed.map_or_else(|error| invocation::unprinted(&error), |()| 0));
        }
        Ok(Request::Help) => {
            let _ = cli::command().print_help();
            return ExitCode::from(2);
        }
        Err(error) => {
            // clap prints help to stdout and errors to stderr
            let printed = match cli::help_text(&error) {
                Some(text) => crate::report::show(&text),
                None => error.print(),
            };
            let code = u8::try_from(error.exit_code()).unwrap_or(2);
            return ExitCode::from(printed.map_or_else(|error| invocation::unprinted(&error), |()| code));
        }
    };
    if let Err(error) = interrupt::listen() {
        crate::report::complain(&format!("cannot listen for signals: {error}"));
        return ExitCode::from(2);
    }
    interrupt::announce(Some(Box::new(|| {
        invocation::report_without_flags(&interrupted::interrupted().into());
    })));
    match Invocation::start(arguments) {
        Ok(invocation) => {
            interrupt::announce(invocation.announcement());
            let result = dispatch(&invocation);
            interrupt::wait_if_ending();
            let result = interrupted::told(result);
            invocation.finish(result)
        }
        Err(problems) => {
            interrupt::wait_if_ending();
            invocation::report_without_flags(&problems);
            ExitCode::from(2)
        }
    }
}

/// Commands without a project and a log.
fn without_project(arguments: &Arguments) -> Option<u8> {
    let printed = match arguments.command {
        Subcommand::Complete => complete::print(arguments),
        Subcommand::Completions => completions::print(arguments),
        Subcommand::Schema => schema::print(arguments),
        Subcommand::Man => return Some(man::write(arguments)),
        _ => return None,
    };
    Some(printed.map_or_else(|error| invocation::unprinted(&error), |()| 0))
}

fn dispatch(invocation: &Invocation) -> CommandResult {
    match invocation.command {
        // printed before anything else
        Subcommand::Complete | Subcommand::Completions | Subcommand::Man | Subcommand::Schema => {
            Ok(Outcome::Success)
        }
        Subcommand::List => list::run(invocation),
        Subcommand::Backfill => backfill::run(invocation),
        Subcommand::Parse => parse::run(invocation),
        Subcommand::Clean => clean::run(invocation),
        Subcommand::Docs => docs::overview(invocation),
        Subcommand::DocsGenerate => docs::generate(invocation),
        Subcommand::DocsServe => docs::serve(invocation),
        Subcommand::Lineage => lineage::run(invocation),
        Subcommand::Export => export::run(invocation),
        Subcommand::DbCreateDatabases => create_databases::run(invocation),
        Subcommand::DbStart => db::start(invocation),
        Subcommand::DbStop => db::stop(invocation),
        Subcommand::DbStatus => db::status(invocation),
        Subcommand::DbPsql => db::psql(invocation),
        Subcommand::DbInstall => db::install(invocation),
        Subcommand::Retry => retry::run(invocation),
        Subcommand::Schedule => schedule::run(invocation),
        Subcommand::ScheduleClear => schedule_repair::clear(invocation),
        Subcommand::ScheduleMarkSuccess => schedule_repair::mark_success(invocation),
        Subcommand::SchedulePause => schedule_pause::pause(invocation),
        Subcommand::ScheduleResume => schedule_pause::resume(invocation),
        Subcommand::ScheduleRetry => schedule_repair::retry(invocation),
        Subcommand::ScheduleRun => schedule_run::run(invocation),
        Subcommand::ScheduleStatus => schedule_status::run(invocation),
        Subcommand::Run if invocation.flags.is(&DUE) => schedule::once(invocation),
        Subcommand::Debug => debug::run(invocation),
        Subcommand::Deps => deps::run(invocation),
        Subcommand::Init => init::run(invocation),
        Subcommand::RunOperation => run_operation::run(invocation),
        Subcommand::Run
        | Subcommand::Build
        | Subcommand::Test
        | Subcommand::Seed
        | Subcommand::Snapshot
        | Subcommand::Compile
        | Subcommand::Show
        | Subcommand::Clone
        | Subcommand::Load
        | Subcommand::SourceFreshness => run::run(invocation),
    }
}
