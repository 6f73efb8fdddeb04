//! What templates say on the way, as events.

use std::sync::Arc;

use super::invocation::Invocation;
use crate::diagnostic::Diagnostic;
use crate::jinja::Message;
use crate::options::table::PRINT;
use crate::run::Event;

/// Where templates' messages go: dbt's names for them.
pub(super) fn sink(invocation: &Invocation) -> Arc<dyn Fn(Message) + Send + Sync> {
    let emitter = Arc::clone(&invocation.emitter);
    let prints = invocation.flags.is(&PRINT);
    Arc::new(move |message| match message {
        Message::Log { text, info: true } => emitter.emit(Event::JinjaLogInfo { msg: text }),
        Message::Log { text, info: false } => emitter.emit(Event::JinjaLogDebug { msg: text }),
        Message::Print(_) if !prints => {}
        Message::Print(text) => emitter.emit(Event::PrintEvent { msg: text }),
        Message::Warn(text) => {
            // an escalated warning cannot stop a template here; the next stage reports it
            let _ = emitter.warn(Diagnostic::warning("JinjaLogWarning", text));
        }
        Message::Warning { event, text } => {
            let _ = emitter.warn(Diagnostic::warning(event, text));
        }
    })
}
