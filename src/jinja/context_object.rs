//! `context`: the names of the running template as a mapping (`context['x']`, `context.get('x')`) that takes more
//! names (`context.update({'x': 1})`).

use std::fmt;
use std::sync::Arc;

use minijinja::value::{Enumerator, Object, ObjectRepr};
use minijinja::{Error, ErrorKind, State, Value};

/// Whose names they are.
pub(super) trait Names: fmt::Debug + Send + Sync {
    /// dbt's `context` knows nothing of the macro's own parameters.
    fn global(&self, name: &str) -> Option<Value>;

    fn all(&self) -> Vec<String>;

    fn assign(&self, name: String, value: Value);
}

#[derive(Debug)]
pub(super) struct ContextObject(pub(super) Arc<dyn Names>);

impl Object for ContextObject {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Map
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.0.global(key.as_str()?)
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.0.all().into_iter().map(Value::from).collect())
    }

    fn call_method(
        self: &Arc<Self>,
        _: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        match (method, args) {
            ("update", [names]) => {
                for name in names.try_iter()? {
                    if let Some(text) = name.as_str() {
                        self.0.assign(text.to_owned(), names.get_item(&name)?);
                    }
                }
                Ok(Value::from(()))
            }
            ("get", [name]) => Ok(self.get_value(name).unwrap_or_else(|| Value::from(()))),
            ("get", [name, default]) => Ok(self.get_value(name).unwrap_or_else(|| default.clone())),
            _ => Err(Error::from(ErrorKind::UnknownMethod)),
        }
    }
}
