//! `adapter.dispatch`.

use minijinja::{Error, State, Value};

use crate::diagnostic::Diagnostic;

use crate::jinja::Scope;
use crate::jinja::python::raise;

/// The macro that `adapter.dispatch(name, namespace)` finds from the template that calls it.
///
/// # Errors
/// dbt's message with every name that was tried.
pub(crate) fn dispatch(state: &State<'_, '_>, name: &str, namespace: Option<&str>) -> Result<Value, Error> {
    let scope = Scope::of(state)?;
    if let Some((package, plain)) = name.split_once('.') {
        let message = format!(
            "In adapter.dispatch, got a macro name of \"{name}\", but \".\" is not a valid macro name component. \
             Did you mean `adapter.dispatch(\"{plain}\", macro_namespace=\"{package}\")`?"
        );
        return Err(raise(Diagnostic::compilation("dispatch", message)));
    }
    let library = scope.library();
    let found = library.dispatch(name, namespace, scope.package()).or_else(|tried| {
        // dbt gives a generic test the macros that its own package has beside it
        let beside = scope.macro_package().filter(|_| namespace.is_none());
        beside.and_then(|package| library.dispatch(name, namespace, package).ok()).ok_or(tried)
    });
    match found {
        Ok(value) => Ok(value),
        Err(tried) => {
            let tried: Vec<_> = tried.iter().map(|name| format!("'{name}'")).collect();
            let namespace = namespace.unwrap_or("None");
            let message = format!(
                "In dispatch: No macro named '{name}' found within namespace: '{namespace}'\n    Searched for: {}",
                tried.join(", ")
            );
            let help = library.did_you_mean(&format!("default__{name}"));
            Err(raise(Diagnostic::compilation("dispatch", message).maybe_help(help)))
        }
    }
}
