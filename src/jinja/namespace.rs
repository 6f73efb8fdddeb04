//! `dbt_utils` in `dbt_utils.star(..)`: the macros of one package, a mapping that can also be asked (`.get(name)`).

use std::sync::Arc;

use minijinja::value::{Enumerator, Object, ObjectRepr};
use minijinja::{Error, ErrorKind, State, Value};

use crate::diagnostic::Diagnostic;

use super::errors;
use super::scope::Scope;

#[derive(Debug)]
pub(super) struct PackageNamespace {
    pub(super) package: String,
    pub(super) scope: Arc<Scope>,
}

impl PackageNamespace {
    fn find(&self, name: &str) -> Option<Value> {
        let context = self.scope.context();
        let replaced = context.override_of(&format!("{}.{name}", self.package));
        let registry = self.scope.engine().registry();
        replaced.or_else(|| registry.in_package(&self.package, name).map(|entry| entry.value.clone()))
    }

    fn names(&self) -> Vec<String> {
        self.scope.engine().registry().names_in(&self.package)
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
            None if !self.scope.context().execute() => Ok(Value::UNDEFINED),
            None => {
                let registry = self.scope.engine().registry();
                let message = format!("'dict object' has no attribute '{method}'");
                let near = registry.did_you_mean_in(&self.package, method);
                let missing = format!("package `{}` has no macro `{method}`", self.package);
                Err(errors::raise(
                    Diagnostic::compilation("undefined-macro", message).help(near.unwrap_or(missing)),
                ))
            }
        }
    }
}
