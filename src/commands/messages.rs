//! What templates say on the way, as events.

use std::sync::Arc;

use crate::diagnostic::Diagnostic;
use crate::jinja::Message;
use crate::run::{Emitter, Event};

/// Where templates' messages go: dbt's names for them.
pub(super) fn sink(emitter: &Arc<Emitter>) -> Arc<dyn Fn(Message) + Send + Sync> {
    let emitter = Arc::clone(emitter);
    Arc::new(move |message| match message {
        Message::Log { text, info: true } => emitter.emit(Event::JinjaLogInfo { msg: text }),
        Message::Log { text, info: false } => emitter.emit(Event::JinjaLogDebug { msg: text }),
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
