//! `rsdbt db`: the project's own server, kept up for psql, BI tools and quick runs.

use super::connect::embedded_options;
use super::invocation::Invocation;
use super::session::Session;
use super::{CommandResult, Outcome};
use crate::adapter::embedded::{self, Lifetime, Options, Server};
use crate::diagnostic::{Diagnostic, Diagnostics, Result};
use crate::options::table::ARGUMENTS;
use crate::run::Event;

/// The server of the project's profile.
fn options(invocation: &Invocation) -> Result<Options, Diagnostics> {
    let profile = Session::profile(invocation)?;
    let Some(options) = embedded_options(&profile.target) else {
        return Err(Diagnostic::runtime(
            "not-embedded",
            format!("the target `{}` is a server of its own, not the embedded one", profile.target_name),
        )
        .help("choose an output with `embedded: true`, or remove profiles.yml")
        .into());
    };
    Ok(options)
}

fn say(invocation: &Invocation, text: impl Into<String>) {
    invocation.emitter.emit(Event::PrintEvent { msg: text.into() });
}

pub(super) fn start(invocation: &Invocation) -> CommandResult {
    let options = options(invocation)?;
    let server = Server::ensure(&invocation.project_directory, &options, Lifetime::Detached)?;
    let settings = server.settings();
    say(
        invocation,
        format!(
            "PostgreSQL {} ({}) is up: psql -h {} -p {} -U {} {}",
            server.major,
            server.source.as_str(),
            settings.host,
            settings.port,
            settings.user,
            settings.database
        ),
    );
    Ok(Outcome::Success)
}

pub(super) fn stop(invocation: &Invocation) -> CommandResult {
    let options = options(invocation)?;
    let stopped = Server::stop(&invocation.project_directory, &options)?;
    say(invocation, if stopped { "stopped" } else { "it was not running" });
    Ok(Outcome::Success)
}

pub(super) fn status(invocation: &Invocation) -> CommandResult {
    let options = options(invocation)?;
    let status = Server::status(&invocation.project_directory, &options)?;
    let state = if status.running { "running" } else { "stopped" };
    let pid = status.pid.map_or_else(String::new, |pid| format!(" (pid {pid})"));
    say(
        invocation,
        format!(
            "{state}{pid}\nversion: PostgreSQL {} ({})\nprograms: {}\ndata: {}\nsocket: {}\nlog: {}\nin use by other commands: {}",
            status.major,
            status.source.as_str(),
            status.bin_dir.display(),
            status.data.display(),
            status.socket_dir.display(),
            status.log.display(),
            if status.in_use { "yes" } else { "no" }
        ),
    );
    Ok(if status.running { Outcome::Success } else { Outcome::Failure })
}

/// Fetches a stock server, for machines on which neither the bundled one runs nor another is installed.
pub(super) fn install(invocation: &Invocation) -> CommandResult {
    let dir = embedded::install()?;
    say(invocation, format!("PostgreSQL is in {}", dir.display()));
    Ok(Outcome::Success)
}

/// Opens psql on the server: its own where it has one, as the bundled server has not, else the system's.
pub(super) fn psql(invocation: &Invocation) -> CommandResult {
    let options = options(invocation)?;
    let server = Server::ensure(&invocation.project_directory, &options, Lifetime::Command)?;
    let mut command = server.psql(&invocation.flags.words(&ARGUMENTS));
    let ended: Result<_> = command.status().map_err(|error| {
        Diagnostic::runtime("psql-missing", format!("psql cannot be started: {error}"))
            .help(
                "install the PostgreSQL client, run `rsdbt db install`, or query with `rsdbt show --inline`",
            )
            .boxed()
    });
    Ok(if ended?.success() { Outcome::Success } else { Outcome::Failure })
}
