//! `dbt_utils` in `dbt_utils.star(..)`: the macros of one package, a mapping that can also be asked (`.get(name)`).

use std::fmt;
use std::sync::Arc;

use minijinja::value::{Enumerator, Object, ObjectRepr};
use minijinja::{Error, ErrorKind, State, Value};

use crate::diagnostic::Diagnostic;

use super::filters::is_tolerant;
use super::python::raise;
use super::root::Root;

pub(super) struct PackageNamespace {
    pub(super) package: String,
    pub(super) root: Arc<Root>,
}

impl fmt::Debug for PackageNamespace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PackageNamespace").field("package", &self.package).finish_non_exhaustive()
    }
}

impl PackageNamespace {
    fn find(&self, name: &str) -> Option<Value> {
        let replaced = self.root.context.override_of(&format!("{}.{name}", self.package));
        replaced.or_else(|| self.root.library.value_in(&self.package, name))
    }

    fn names(&self) -> Vec<String> {
        self.root.library.names_in(&self.package)
    }
}

impl Object for PackageNamespace {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Map
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.find(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        self.find(key)
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.names().into_iter().map(Value::from).collect())
    }

    fn call_method(
        self: &Arc<Self>,
        state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        // Python finds a mapping's own methods before its items
        if matches!(method, "get" | "items" | "keys" | "values") {
            return Err(Error::from(ErrorKind::UnknownMethod));
        }
        match self.find(method) {
            Some(value) => value.call(state, args),
            None if is_tolerant(state) => Ok(Value::UNDEFINED),
            None => {
                let library = &self.root.library;
                let message = format!("'dict object' has no attribute '{method}'");
                let near = library.did_you_mean_in(&self.package, method);
                let missing = format!("package `{}` has no macro `{method}`", self.package);
                Err(raise(Diagnostic::compilation("undefined-macro", message).help(near.unwrap_or(missing))))
            }
        }
    }
}
