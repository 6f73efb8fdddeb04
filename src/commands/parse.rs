//! `rsdbt parse`: reads the project and writes manifest.json.

use serde_json::json;

use super::invocation::Invocation;
use super::schedule_checks;
use super::session::Session;
use super::{CommandResult, Outcome, artifact};
use crate::options::table::WRITE_JSON;
use crate::run::Event;

pub(super) fn run(invocation: &Invocation) -> CommandResult {
    let session = Session::load(invocation)?;
    let parsed = session.parse()?;
    schedule_checks::warn(&session, &parsed)?;
    let path = session.target_directory.join("perf_info.json");
    if invocation.flags.is(&WRITE_JSON) {
        let elapsed = crate::clock::elapsed().as_secs_f64();
        let info = json!({"path_count": parsed.manifest.nodes.len(), "load_all_elapsed": elapsed});
        artifact::write(&path, info.to_string())?;
        invocation.emitter.emit(Event::ParsePerfInfoPath { path: path.display().to_string() });
    }
    // the process ends here: to give back every string would take as long as to read it
    std::mem::forget((session, parsed));
    Ok(Outcome::Success)
}
