//! `builtins`: the names of the context as they are without the project's macros. Each is made when it is asked for.

use std::sync::Arc;

use minijinja::Value;
use minijinja::value::{Enumerator, Object, ObjectRepr};

use super::NodeContext;
use crate::context::functions::globals;

#[derive(Debug)]
pub(super) struct Builtins {
    pub(super) context: Arc<NodeContext>,
    /// Those that the context itself knows.
    pub(super) names: &'static [&'static str],
}

impl Object for Builtins {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Map
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let name = key.as_str().filter(|name| *name != "builtins")?;
        let own = self.names.contains(&name).then(|| self.context.value(name)).flatten();
        own.or_else(|| globals().find_map(|(known, value)| (known == name).then(|| value.clone())))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        let others = globals().map(|(name, _)| name).filter(|name| !self.names.contains(name));
        let mut known: Vec<&str> = self.names.iter().copied().chain(others).collect();
        known.retain(|name| self.get_value(&Value::from(*name)).is_some());
        Enumerator::Values(known.into_iter().map(Value::from).collect())
    }
}
