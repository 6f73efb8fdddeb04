//! Bodies of `{% call %}` and macros inside of templates: callable from the macro that receives them.

use std::fmt;
use std::sync::Arc;

use minijinja::value::{Enumerator, Object, ObjectRepr};
use minijinja::{Error, State, Value};

use super::arguments::{self, Callee};
use super::call;
use super::compiled::ClosureBody;
use super::errors;
use super::evaluate::evaluate;
use super::kept::keep;
use super::returned::returned;
use super::scope::Scope;

/// A body with the names that it saw where it was declared.
#[derive(Debug)]
pub(super) struct Closure {
    body: Arc<ClosureBody>,
    captured: Vec<(&'static str, Value)>,
    scope: Arc<Scope>,
}

/// The filter that lowering puts where a closure is declared.
pub(super) fn capture(state: &State<'_, '_>, body: &Value, names: &Value) -> Result<Value, Error> {
    let scope = Scope::of(state)?;
    let Some(body) = body.downcast_object::<ClosureBody>() else { return Ok(Value::UNDEFINED) };
    let mut captured = Vec::new();
    if let Some(pairs) = names.as_object().and_then(minijinja::value::DynObject::try_iter_pairs) {
        for (name, value) in pairs.filter(|(_, value)| !value.is_undefined()) {
            if let Some(name) = body.compiled.names.iter().find(|known| Some(**known) == name.as_str()) {
                captured.push((*name, value));
            }
        }
    }
    Ok(Value::from_object(Closure { body, captured, scope }))
}

impl Object for Closure {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::NonEnumerable
    }

    fn call(self: &Arc<Self>, state: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
        let compiled = &self.body.compiled;
        let mut scope = self.scope.with_the_same_variables();
        scope.depth = Scope::of(state)?.depth + 1;
        call::check_depth(scope.depth, self.body.name).map_err(errors::raise)?;
        let outer = std::mem::take(&mut scope.variables);
        let callee = Callee { name: self.body.name, parameters: &compiled.parameters, uses: compiled.uses };
        arguments::bind(&callee, args, &mut scope).map_err(errors::raise)?;
        scope.variables.extend(self.captured.iter().cloned());
        if self.body.name != "caller" {
            // A macro may call itself.
            let name = keep(&format!("dbt_macro__{}", self.body.name));
            scope.variables.push((name, Value::from_dyn_object(Arc::clone(self))));
        }
        scope.variables.extend(outer);
        let scope = Arc::new(scope);
        let mut text = String::new();
        match evaluate(&compiled.body, &scope, &mut text) {
            Ok(_) => Ok(Value::from(text)),
            // A `return` leaves the macro that calls the body, as it does in Jinja2.
            Err(error) if returned(&error).is_some() => Err(error),
            Err(error) => Err(errors::raise(errors::of_run(&error, &compiled.body, &scope))),
        }
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<macro {}>", self.body.name)
    }
}
