//! `rsdbt lineage`: what a node or a column comes from, and what comes of it.

use super::invocation::Invocation;
use super::session::Session;
use super::{CommandResult, Outcome, artifact, compiled};
use crate::diagnostic::Diagnostic;
use crate::docs;
use crate::docs::lineage::{Direction, Format, Influences, Question, answer};
use crate::options::table::{DEPTH, DIRECTION, INFLUENCES, LINEAGE_OUTPUT, TARGET_NODE};
use crate::run::Event;

pub(super) fn run(invocation: &Invocation) -> CommandResult {
    let flags = &invocation.flags;
    let Some(target) = flags.text(&TARGET_NODE) else {
        return Err(Diagnostic::new(
            "lineage-target",
            crate::diagnostic::Category::Usage,
            "name a model, or a column as `model.column`",
        )
        .into());
    };
    let session = Session::load(invocation)?;
    let parsed = session.parse_unwritten()?;
    let manifest = compiled::manifest(&session, &parsed)?;
    let catalog = artifact::read(&session.target_directory.join("catalog.json"))?;
    let lineage = docs::trace_manifest(&manifest, catalog.as_ref(), session.profile.threads.max(2));
    let question = Question {
        target,
        direction: match flags.text(&DIRECTION) {
            Some("upstream") => Direction::Upstream,
            Some("downstream") => Direction::Downstream,
            _ => Direction::Both,
        },
        depth: flags.number(&DEPTH).and_then(|depth| usize::try_from(depth).ok()),
        influences: if flags.is(&INFLUENCES) { Influences::Shown } else { Influences::Hidden },
    };
    let format = match flags.text(&LINEAGE_OUTPUT) {
        Some("json") => Format::Json,
        Some("mermaid") => Format::Mermaid,
        Some("dot") => Format::Dot,
        _ => Format::Tree,
    };
    let text = answer(&manifest, &lineage, &question, format)?;
    invocation.emitter.emit(Event::PrintEvent { msg: text });
    Ok(Outcome::Success)
}
