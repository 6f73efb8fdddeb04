//! `log` and `print`: what templates say.

use minijinja::{Error, State, Value};

use crate::diagnostic::Diagnostic;
use crate::jinja::python::{bind_required, raise, to_str};
use crate::jinja::{Message, Scope};

fn emit(state: &State<'_, '_>, message: Message) -> Result<Value, Error> {
    Scope::of(state)?.context().emit(message);
    Ok(Value::from(""))
}

pub(super) fn log(state: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let [message, info] = bind_required("log", args, ["msg", "info"], 1)?;
    emit(state, Message::Log { text: to_str(&message), info: info.is_true() })
}

pub(super) fn print(state: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let [message] = bind_required("print", args, ["msg"], 1)?;
    emit(state, Message::Print(to_str(&message)))
}

/// `exceptions.warn`
pub(super) fn warn(state: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let [message, _] = bind_required("warn", args, ["msg", "node"], 1)?;
    emit(state, Message::Warn(to_str(&message)))
}

/// What dbt 0.18 had instead of `adapter.dispatch`.
pub(super) fn adapter_macro(_: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let name = args.first().map(to_str).unwrap_or_default();
    let message = "The \"adapter_macro\" macro has been deprecated. Instead, use the `adapter.dispatch` method to find a \
                   macro and call the result.";
    Err(raise(
        Diagnostic::compilation("adapter-macro", format!("{message} adapter_macro was called for: {name}"))
            .help("write `{{ adapter.dispatch('name', 'namespace')(..) }}`"),
    ))
}

/// `exceptions.warn_snapshot_timestamp_data_types`
pub(super) fn warn_snapshot_types(state: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let names = ["snapshot_time_data_type", "updated_at_data_type"];
    let [snapshot, updated] = bind_required("warn_snapshot_timestamp_data_types", args, names, 2)?;
    let text = format!(
        "Data type of snapshot table timestamp columns ({}) doesn't match derived column 'updated_at' ({}). \
         Please update snapshot config 'updated_at'.",
        to_str(&snapshot),
        to_str(&updated)
    );
    emit(state, Message::Warning { event: "SnapshotTimestampWarning", text })?;
    Ok(Value::from(()))
}
