//! `rsdbt debug`: is the profile right, is the project, does the server answer.

use std::process::Command;
use std::sync::Arc;

use serde_json::Value as Json;

use super::bare_renderer::BareRenderer;
use super::connect::Connect;
use super::invocation::Invocation;
use super::session::load_profile;
use super::{CommandResult, Outcome};
use crate::adapter::{Cell, Connection};
use crate::config::DBT_VERSION;
use crate::config::profiles::Profile;
use crate::config::project_file::{PROJECT_FILE, VersionCheck};
use crate::counted::counted;
use crate::diagnostic::{Diagnostic, Diagnostics, render};
use crate::options::table::{CONFIG_DIR, CONNECTION, VERSION_CHECK};
use crate::run::{Event, OtherOutput};

/// A check that failed, and why.
type Check = Result<(), String>;

pub(super) fn run(invocation: &Invocation) -> CommandResult {
    let out = |text: String| invocation.emitter.emit(Event::DebugCmdOut { msg: text });
    let profiles = invocation.profiles_directory();
    if invocation.flags.is(&CONFIG_DIR) {
        invocation.emitter.emit(Event::OpenCommand {
            open_cmd: "open".to_owned(),
            profiles_dir: profiles.display().to_string(),
        });
        return Ok(Outcome::Success);
    }
    out(format!("dbt version: {DBT_VERSION}"));
    out(format!("rsdbt version: {}", env!("CARGO_PKG_VERSION")));
    out(format!("os info: {}-{}", std::env::consts::OS, std::env::consts::ARCH));
    let mut warnings = Vec::new();
    let profile = profile(invocation);
    out(format!("Using profiles dir at {}", profiles.display()));
    out(format!("Using profiles.yml file at {}", profiles.join("profiles.yml").display()));
    out(format!(
        "Using {PROJECT_FILE} file at {}",
        invocation.project_directory.join(PROJECT_FILE).display()
    ));
    if profile.is_ok() {
        out("adapter type: postgres".to_owned());
        out(format!("adapter version: {}", env!("CARGO_PKG_VERSION")));
    }
    let mut checks = vec![profile.as_ref().map(drop).map_err(Clone::clone)];
    let project = project(invocation, profile.as_ref().ok(), &mut warnings);
    for warning in warnings {
        invocation.emitter.warn(warning)?;
    }
    checks.push(project.clone());
    if invocation.flags.is(&CONNECTION) {
        out("Skipping steps before connection verification".to_owned());
    } else {
        out("Configuration:".to_owned());
        out(format!("  profiles.yml file [{}]", found(&checks[0], "OK found and valid", "ERROR invalid")));
        out(format!("  {PROJECT_FILE} file [{}]", found(&project, "OK found and valid", "ERROR invalid")));
        out("Required dependencies:".to_owned());
        let git = git();
        let shown = found(&git, "OK found", "ERROR");
        invocation.emitter.emit(Event::DebugCmdResult { msg: format!(" - git [{shown}]\n") });
        checks.push(git);
    }
    match &profile {
        Ok(profile) => {
            checks.push(connection(invocation, profile));
            checks.extend(other_connections(invocation, profile));
        }
        Err(_) => out("Connection test skipped since no profile was found".to_owned()),
    }
    Ok(conclude(invocation, &checks))
}

fn found<'a>(check: &Check, fine: &'a str, failed: &'a str) -> &'a str {
    if check.is_ok() { fine } else { failed }
}

fn profile(invocation: &Invocation) -> Result<Profile, String> {
    let renderer = BareRenderer::new(invocation, None).map_err(|problems| all(&problems))?;
    load_profile(invocation, &renderer, &mut Vec::new())
        .map_err(|problem| format!("Profile loading failed for the following reason:\n{}", render(&problem)))
}

fn project(invocation: &Invocation, profile: Option<&Profile>, warnings: &mut Vec<Diagnostic>) -> Check {
    let failed = |problem: &Diagnostic| {
        format!("Project loading failed for the following reason:\n{}", render(problem))
    };
    let raw = invocation.raw_project().map_err(|problem| failed(&problem))?;
    let target = profile.map(|profile| Json::Object(profile.to_target_dict()));
    let renderer = BareRenderer::new(invocation, target.as_ref()).map_err(|problems| all(&problems))?;
    let check = match invocation.flags.is(&VERSION_CHECK) {
        true => VersionCheck::Enforced,
        false => VersionCheck::Skipped,
    };
    raw.render(&renderer, check, warnings).map(drop).map_err(|problem| failed(&problem))
}

fn git() -> Check {
    match Command::new("git").arg("--version").output() {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => Err(format!("Error from git --version: {}", String::from_utf8_lossy(&output.stderr))),
        Err(problem) => Err(format!("git cannot be started: {problem}; `deps` needs it for git packages")),
    }
}

fn connection(invocation: &Invocation, profile: &Profile) -> Check {
    let out = |text: String| invocation.emitter.emit(Event::DebugCmdOut { msg: text });
    out("Connection:".to_owned());
    if profile.target.embedded.is_some() {
        out("  embedded: True".to_owned());
    }
    for (key, value) in profile.connection_info() {
        out(format!("  {key}: {}", python(&value)));
    }
    let answer = Connect::new(profile, invocation).and_then(|connect| {
        Connection::open(&Arc::new(connect.settings.clone()))?.query("select 1 as id", &[])
    });
    let check = answer.map(drop).map_err(|problem| unreachable(&problem));
    out(format!("  Connection test: [{}]\n", found(&check, "OK connection ok", "ERROR")));
    check
}

fn unreachable(problem: &Diagnostic) -> String {
    format!(
        "dbt was unable to connect to the specified database.\n\
         The database returned the following error:\n\n  >{}\n\n\
         Check your database credentials and try again.",
        render(problem)
    )
}

/// The outputs that the project's connections mean, each with a test of its own.
fn other_connections(invocation: &Invocation, profile: &Profile) -> Vec<Check> {
    if profile.connections.is_empty() {
        return Vec::new();
    }
    let out = |text: String| invocation.emitter.emit(Event::DebugCmdOut { msg: text });
    let Ok(others) = Connect::new(profile, invocation).map(|connect| connect.others) else {
        return Vec::new();
    };
    let check = |other: &OtherOutput| {
        let names = profile.connections.iter().filter(|(_, mapped)| mapped.output == other.name);
        let names: Vec<&str> = names.map(|(name, _)| name.as_str()).collect();
        let settings = &other.settings;
        out(format!("Connection {} (output {}):", names.join(", "), other.name));
        for (key, value) in
            [("host", &settings.host), ("user", &settings.user), ("database", &settings.database)]
        {
            out(format!("  {key}: {value}"));
        }
        out(format!("  port: {}\n  schema: {}", settings.port, settings.schema));
        let answer = Connection::open(settings).and_then(|mut it| it.query("select 1 as id", &[]));
        let check = answer.map(drop).map_err(|problem| unreachable(&problem));
        out(format!("  Connection test: [{}]\n", found(&check, "OK connection ok", "ERROR")));
        check
    };
    others.iter().map(check).collect()
}

/// The connection of the project's profile, tried once: the server's version.
pub(super) fn test_connection(invocation: &Invocation) -> Result<String, Diagnostics> {
    let renderer = BareRenderer::new(invocation, None)?;
    let profile = load_profile(invocation, &renderer, &mut Vec::new())?;
    let connect = Connect::new(&profile, invocation)?;
    let mut connection = Connection::open(&Arc::new(connect.settings.clone()))?;
    let answer = connection.query("show server_version", &[])?;
    let version = answer.rows.into_iter().flatten().next();
    Ok(match version {
        Some(Cell::Text(version)) => format!("PostgreSQL {version}"),
        _ => "PostgreSQL".to_owned(),
    })
}

fn python(value: &Json) -> String {
    match value {
        Json::Null => "None".to_owned(),
        Json::Bool(true) => "True".to_owned(),
        Json::Bool(false) => "False".to_owned(),
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn conclude(invocation: &Invocation, checks: &[Check]) -> Outcome {
    let result = |text: String| invocation.emitter.emit(Event::DebugCmdResult { msg: text });
    let failures: Vec<&String> = checks.iter().filter_map(|check| check.as_ref().err()).collect();
    if failures.is_empty() {
        result("All checks passed!".to_owned());
        return Outcome::Success;
    }
    result(format!("{} failed:", counted(failures.len(), "check")));
    for failure in failures {
        result(format!("{failure}\n"));
    }
    Outcome::Failure
}

fn all(problems: &Diagnostics) -> String {
    problems.0.iter().map(render).collect::<Vec<_>>().join("\n")
}
