//! A node's context as the engine asks for it.

use std::sync::PoisonError;

use minijinja::Value;

use super::NodeContext;
use super::names::NAMES;
use crate::jinja::{Context, Message};

impl Context for NodeContext {
    fn get(&self, name: &str) -> Option<Value> {
        self.value(name)
    }

    fn names(&self) -> Vec<String> {
        NAMES.iter().map(|&name| name.to_owned()).chain(self.extra.keys().cloned()).collect()
    }

    fn package(&self) -> &str {
        self.package_name()
    }

    fn subject(&self) -> Option<String> {
        let subject = self.subject_resource()?;
        Some(format!("{} {} ({})", subject.resource_type(), subject.name(), subject.original_file_path()))
    }

    fn execute(&self) -> bool {
        true
    }

    fn emit(&self, message: Message) {
        // `--no-print`
        let silent = self.shared.invocation.flags.get("PRINT") == Some(&serde_json::Value::Bool(false));
        if silent && matches!(message, Message::Print(_)) {
            return;
        }
        (self.sink)(message);
    }

    fn called(&self, unique_id: &str) {
        let mut macros = self.macros.lock().unwrap_or_else(PoisonError::into_inner);
        if !macros.iter().any(|known| known == unique_id) {
            macros.push(unique_id.to_owned());
        }
    }

    fn override_of(&self, name: &str) -> Option<Value> {
        self.overridden(name)
    }

    fn as_any(&self) -> &dyn std::any::Any {
        self
    }
}
