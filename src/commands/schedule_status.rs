//! `rsdbt schedule status`: how far every task is.

use serde_json::json;

use super::connect::Connect;
use super::invocation::Invocation;
use super::schedule_checks;
use super::scheduler::{left_alone, open_ledger, plan_of};
use super::session::Session;
use super::{CommandResult, Outcome};
use crate::options::table::STATUS_OUTPUT;
use crate::run::Event;
use crate::schedule::{Clock, TaskStatus, statuses};

pub(super) fn run(invocation: &Invocation) -> CommandResult {
    let clock = Clock::from_environment(|name| invocation.environment.get(name))?;
    let session = Session::load(invocation)?;
    let parsed = session.parse()?;
    let planned = plan_of(&session, &parsed)?;
    let connect = Connect::new(&session.profile, invocation)?;
    let mut ledger = open_ledger(&connect, &session, clock)?;
    let statuses = statuses(&planned.tasks, &mut ledger, clock.now());
    let msg = if invocation.flags.text(&STATUS_OUTPUT) == Some("json") {
        let others = planned.others.iter().map(|other| json!({"name": other.name, "why": other.why}));
        let report = json!({
            "project": session.project.root.name(),
            "target": session.profile.target_name,
            "now": clock.now().to_string(),
            "tasks": statuses.iter().map(TaskStatus::to_json).collect::<Vec<_>>(),
            "left_alone": others.collect::<Vec<_>>(),
        });
        format!("{report:#}")
    } else {
        schedule_checks::warn(&session, &parsed)?;
        let mut lines: Vec<String> = statuses.iter().map(ToString::to_string).collect();
        lines.extend(left_alone(&session.profile.target_name, &planned.others));
        if lines.is_empty() {
            lines.push("nothing has a schedule".to_owned());
        }
        lines.join("\n")
    };
    invocation.emitter.emit(Event::PrintEvent { msg });
    Ok(Outcome::Success)
}
