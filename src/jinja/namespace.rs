//! `dbt_utils` in `dbt_utils.star(..)`: the macros of one package.

use std::sync::Arc;

use minijinja::value::{Enumerator, Object, ObjectRepr};
use minijinja::{Error, State, Value};

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
}

impl Object for PackageNamespace {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.find(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        self.find(key)
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::NonEnumerable
    }

    fn call_method(
        self: &Arc<Self>,
        state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
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
