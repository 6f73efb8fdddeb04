//! `rsdbt db`: the project's own server, kept up for psql, BI tools and quick runs.

use std::process::Stdio;

use super::connect::embedded_options;
use super::invocation::Invocation;
use super::session::Session;
use super::{CommandResult, Outcome};
use crate::adapter::embedded::{Lifetime, Options, Server};
use crate::diagnostic::{Diagnostic, Result};
use crate::run::Event;

pub(super) fn run(invocation: &Invocation, action: &str) -> CommandResult {
    let profile = Session::profile(invocation)?;
    let Some(options) = embedded_options(&profile.target) else {
        return Err(Diagnostic::runtime(
            "not-embedded",
            format!("the target `{}` is a server of its own, not the embedded one", profile.target_name),
        )
        .help("choose an output with `embedded: true`, or remove profiles.yml")
        .into());
    };
    match action {
        "start" => start(invocation, &options),
        "stop" => stop(invocation, &options),
        "psql" => psql(invocation, &options),
        _ => status(invocation, &options),
    }
}

fn say(invocation: &Invocation, text: impl Into<String>) {
    invocation.emitter.emit(Event::PrintEvent { msg: text.into() });
}

fn start(invocation: &Invocation, options: &Options) -> CommandResult {
    let server = Server::ensure(&invocation.project_directory, options, Lifetime::Detached)?;
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

fn stop(invocation: &Invocation, options: &Options) -> CommandResult {
    let stopped = Server::stop(&invocation.project_directory, options)?;
    say(invocation, if stopped { "stopped" } else { "it was not running" });
    Ok(Outcome::Success)
}

fn status(invocation: &Invocation, options: &Options) -> CommandResult {
    let status = Server::status(&invocation.project_directory, options)?;
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

/// Opens the system's psql on the server; the bundled server has none of its own.
fn psql(invocation: &Invocation, options: &Options) -> CommandResult {
    let server = Server::ensure(&invocation.project_directory, options, Lifetime::Command)?;
    let settings = server.settings();
    let mut command = std::process::Command::new("psql");
    command
        .args(["-h", &settings.host, "-p", &settings.port.to_string(), "-U", &settings.user])
        .arg(&settings.database)
        .args(invocation.flags.words("arguments"))
        .stdin(Stdio::inherit());
    let ended: Result<_> = command.status().map_err(|error| {
        Diagnostic::runtime("psql-missing", format!("psql cannot be started: {error}"))
            .help("install the PostgreSQL client, or query with `rsdbt show --inline`")
            .boxed()
    });
    Ok(if ended?.success() { Outcome::Success } else { Outcome::Failure })
}
