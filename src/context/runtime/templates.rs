//! Functions that render and write: `render`, `write`; and those of built-in macros.

use std::sync::{Arc, PoisonError};

use minijinja::value::{Object, ObjectRepr};
use minijinja::{Error, State, Value};

use super::condition::{Condition, keep};
use super::run_context::NodeFile;
use super::{NodeContext, Subject};
use crate::diagnostic::{Diagnostic, SourceText};
use crate::jinja::Scope;
use crate::jinja::python::{bind_required, raise, to_str};
use crate::jinja::render;

#[derive(Debug, Clone, Copy)]
enum Function {
    Render,
    Write,
    WriteFirst,
    Condition,
    Input,
}

#[derive(Debug)]
struct Callable {
    function: Function,
    context: Arc<NodeContext>,
}

pub(super) fn function(name: &str, context: &Arc<NodeContext>) -> Value {
    let function = match name {
        "render" => Function::Render,
        "write" => Function::Write,
        "rsdbt_write_first" => Function::WriteFirst,
        "rsdbt_input" => Function::Input,
        _ => Function::Condition,
    };
    Value::from_object(Callable { function, context: Arc::clone(context) })
}

impl Object for Callable {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn call(self: &Arc<Self>, state: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
        match self.function {
            Function::Render => {
                let [text] = bind_required("render", args, ["string"], 1)?;
                self.context.render(state, &to_str(&text)).map(Value::from)
            }
            Function::Write => {
                let [payload] = bind_required("write", args, ["payload"], 1)?;
                self.context.write(&to_str(&payload)).map_err(raise)?;
                Ok(Value::from(""))
            }
            Function::WriteFirst => {
                let [payload] = bind_required("rsdbt_write_first", args, ["payload"], 1)?;
                self.context.write_first(&to_str(&payload)).map_err(raise)?;
                Ok(Value::from(""))
            }
            Function::Input => {
                let [unique_id] = bind_required("rsdbt_input", args, ["unique_id"], 1)?;
                Ok(self.context.input(&to_str(&unique_id)))
            }
            Function::Condition => {
                let [text, kind, column] =
                    bind_required("rsdbt_condition", args, ["text", "kind", "column"], 3)?;
                let condition =
                    Condition { text: to_str(&text), kind: to_str(&kind), column: to_str(&column) };
                let mut known = self.context.conditions.lock().unwrap_or_else(PoisonError::into_inner);
                keep(&mut known, condition).map_err(raise)?;
                Ok(text)
            }
        }
    }
}

impl NodeContext {
    /// Renders a text that a template made, in the same context.
    fn render(self: &Arc<Self>, state: &State<'_, '_>, text: &str) -> Result<String, Error> {
        let source = SourceText::new(self.file_path(), text);
        let scope = Scope::of(state)?;
        render(&source, || scope.root_of_nested()).map_err(raise)
    }

    pub(super) fn file_path(&self) -> String {
        match &self.subject {
            Subject::Node(node) => node.original_file_path.clone(),
            Subject::Source(source) => source.original_file_path.clone(),
            Subject::Operation => String::new(),
        }
    }

    /// Writes a statement that is sent before the one that [`NodeContext::write`] writes: both stand in the file.
    fn write_first(&self, statement: &str) -> Result<(), Box<Diagnostic>> {
        let statement = format!("{};\n\n", statement.trim().trim_end_matches(';'));
        self.sent_first.lock().unwrap_or_else(PoisonError::into_inner).push_str(&statement);
        self.write("")
    }

    fn write(&self, payload: &str) -> Result<(), Box<Diagnostic>> {
        let Subject::Node(node) = &self.subject else {
            return Err(
                Diagnostic::compilation("nothing-to-write", "cannot \"write\" macros or sources").boxed()
            );
        };
        let file = NodeFile {
            package_name: &node.package_name,
            path: &node.path,
            original_file_path: &node.original_file_path,
            suffix: self.batch.as_ref().map(|batch| batch.label.as_str()),
        };
        let path = self.shared.write_path("run", &file);
        let first = self.sent_first.lock().unwrap_or_else(PoisonError::into_inner).clone();
        self.shared.write(&path, &(first + payload))?;
        self.set_build_path(path.display().to_string());
        Ok(())
    }
}
