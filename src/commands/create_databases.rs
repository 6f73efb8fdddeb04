//! `rsdbt db create-databases`: what a profile's target and its connections name and their servers lack.

use std::sync::Arc;

use super::connect::Connect;
use super::invocation::Invocation;
use super::session::Session;
use super::{CommandResult, Outcome};
use crate::adapter::{Begin, Connection, Fetch, Settings, quote_identifier};
use crate::diagnostic::{Diagnostic, Diagnostics, Result};
use crate::options::table::DRY_RUN;
use crate::run::Event;

const NO_SUCH_DATABASE: &str = "3D000";
const MAY_NOT: &str = "42501";
/// Another process was faster: told by name, or where both looked at once by the catalog's index.
const IS_THERE: [&str; 2] = ["42P04", "23505"];
/// Databases to connect to for creating others.
const TO_CREATE_FROM: [&str; 2] = ["postgres", "template1"];

pub(super) fn run(invocation: &Invocation) -> CommandResult {
    let profile = Session::profile(invocation)?;
    let connect = Connect::new(&profile, invocation)?;
    let target = (profile.target_name.clone(), Arc::new(connect.settings.clone()));
    let others = connect.others.iter().map(|other| (other.name.clone(), Arc::clone(&other.settings)));
    let mut problems = Vec::new();
    for (output, settings) in std::iter::once(target).chain(others) {
        match ensure(&settings, invocation.flags.is(&DRY_RUN)) {
            Ok(state) => {
                let (host, port) = (&settings.host, settings.port);
                let msg = format!("{output}: database `{}` on {host}:{port} {state}", settings.database);
                invocation.emitter.emit(Event::PrintEvent { msg });
            }
            Err(problem) => problems.push(*problem),
        }
    }
    if problems.is_empty() { Ok(Outcome::Success) } else { Err(Diagnostics(problems)) }
}

fn sqlstate(problem: &Diagnostic) -> &str {
    problem.server.as_ref().map_or("", |server| server.sqlstate.as_str())
}

fn ensure(settings: &Arc<Settings>, is_dry: bool) -> Result<&'static str> {
    match Connection::open(settings) {
        Ok(_) => Ok("is there"),
        Err(problem) if sqlstate(&problem) != NO_SUCH_DATABASE => Err(problem),
        Err(_) if is_dry => Ok("would be created"),
        Err(missing) => create(settings, *missing),
    }
}

fn create(settings: &Settings, missing: Diagnostic) -> Result<&'static str> {
    let statement = format!("create database {}", quote_identifier(&settings.database));
    let beside = |database: &str| {
        let there = Settings { database: database.to_owned(), ..settings.clone() };
        Connection::open(&Arc::new(there))
    };
    let Some(mut connection) = TO_CREATE_FROM.iter().find_map(|database| beside(database).ok()) else {
        let databases = TO_CREATE_FROM.map(|database| format!("`{database}`")).join(" nor ");
        return Err(missing
            .help(format!(
                "neither {databases} can be connected to for creating it: have `{statement}` run there"
            ))
            .boxed());
    };
    connection.clear_transaction()?;
    match connection.add_query(&statement, Begin::No, Fetch::Nothing) {
        Ok(_) => Ok("was created"),
        Err(problem) if IS_THERE.contains(&sqlstate(&problem)) => Ok("is there"),
        Err(problem) if sqlstate(&problem) == MAY_NOT => {
            let owner = quote_identifier(settings.role.as_ref().unwrap_or(&settings.user));
            let help = format!("have a role with the right to do so run `{statement} owner {owner}`");
            Err(problem.help(help).boxed())
        }
        Err(problem) => Err(problem),
    }
}
