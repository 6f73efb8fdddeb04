//! What templates ask of a dict.

use std::fmt;
use std::sync::Arc;

use minijinja::value::{DynObject, Enumerator, Object, Tuple, Value, ValueKind};
use minijinja::{Error, State};

use super::items::items_of;
use super::view::{DictItems, DictKeys, DictValues};
use super::{
    Arguments, bind_required, check_hashable, no_arguments, repr, type_error, unknown_method, value_error,
};

use super::dict::Dict;

impl Dict {
    fn find(&self, key: &Value) -> Option<Value> {
        match key.as_str() {
            Some(text) => self.get(text),
            None => self.lock().get(key).cloned(),
        }
    }

    fn update(&self, args: &[Value]) -> Result<Value, Error> {
        let arguments = Arguments::new("update", args);
        let mut pairs = match arguments.positional {
            [] => Vec::new(),
            [other] => pairs_of(other)?,
            many => {
                return Err(type_error(format!("update expected at most 1 argument, got {}", many.len())));
            }
        };
        pairs.extend(
            arguments.keywords().iter().map(|(key, value)| (Value::from(key.as_str()), value.clone())),
        );
        self.lock().extend(pairs);
        Ok(Value::from(()))
    }

    fn pop(&self, args: &[Value]) -> Result<Value, Error> {
        let [key, default] = bind_required("pop", args, ["key", "default"], 1)?;
        if let Some(value) = self.lock().shift_remove(&key) {
            return Ok(value);
        }
        if args.len() > 1 { Ok(default) } else { Err(value_error(format!("no key {} in dict", repr(&key)))) }
    }

    fn set_default(&self, args: &[Value]) -> Result<Value, Error> {
        let [key, default] = bind_required("setdefault", args, ["key", "default"], 1)?;
        let default = if default.is_undefined() { Value::from(()) } else { default };
        Ok(self.lock().entry(key).or_insert(default).clone())
    }
}

/// The pairs of a mapping, or of a sequence of pairs.
pub(crate) fn pairs_of(value: &Value) -> Result<Vec<(Value, Value)>, Error> {
    if value.kind() == ValueKind::Map {
        let object = value.as_object().and_then(DynObject::try_iter_pairs);
        return Ok(object.into_iter().flatten().collect());
    }
    items_of(value)?
        .iter()
        .enumerate()
        .map(|(index, item)| match items_of(item)?.as_slice() {
            [key, value] => Ok((key.clone(), value.clone())),
            other => Err(value_error(format!(
                "dictionary update sequence element #{index} has length {}; 2 is required",
                other.len()
            ))),
        })
        .collect()
}

/// The methods every mapping has, mutable or not.
pub(super) fn call_mapping_method(
    pairs: impl FnOnce() -> Vec<(Value, Value)>,
    find: impl FnOnce(&Value) -> Option<Value>,
    method: &str,
    args: &[Value],
) -> Result<Value, Error> {
    match method {
        "get" => {
            let [key, default] = bind_required(method, args, ["key", "default"], 1)?;
            check_hashable(&key)?;
            let default = if args.len() > 1 { default } else { Value::from(()) };
            Ok(find(&key).unwrap_or(default))
        }
        "keys" => {
            no_arguments(method, args)?;
            let keys = pairs().into_iter().map(|(key, _)| key).collect();
            Ok(DictKeys::value(keys))
        }
        "values" => {
            no_arguments(method, args)?;
            let values = pairs().into_iter().map(|(_, value)| value).collect();
            Ok(DictValues::value(values))
        }
        "items" => {
            no_arguments(method, args)?;
            let items = pairs().into_iter().map(|(key, value)| Value::from(Tuple::from([key, value])));
            Ok(DictItems::value(items.collect()))
        }
        // What is an object in dbt may be a plain dict here.
        "copy" | "to_dict" => {
            if method == "copy" {
                no_arguments(method, args)?;
            }
            Ok(super::dict(pairs()))
        }
        "fromkeys" => {
            let [keys, value] = bind_required(method, args, ["iterable", "value"], 1)?;
            let value = if value.is_undefined() { Value::from(()) } else { value };
            Ok(super::dict(items_of(&keys)?.into_iter().map(|key| (key, value.clone()))))
        }
        _ => Err(unknown_method("dict", method)),
    }
}

impl fmt::Debug for Dict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&repr(&Value::from_pairs(self.snapshot())))
    }
}

impl Object for Dict {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.find(key)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        self.get(key)
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::RevKeyValueIter(Box::new(self.snapshot().into_iter()))
    }

    fn enumerator_len(self: &Arc<Self>) -> Option<usize> {
        Some(self.lock().len())
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }

    fn call_method(
        self: &Arc<Self>,
        _state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        match method {
            "update" => self.update(args),
            "pop" => self.pop(args),
            "setdefault" => self.set_default(args),
            "popitem" => {
                no_arguments(method, args)?;
                let popped = self.lock().pop();
                popped
                    .map(|(key, value)| Value::from(Tuple::from([key, value])))
                    .ok_or_else(|| value_error("popitem(): dictionary is empty"))
            }
            "clear" => {
                no_arguments(method, args)?;
                self.lock().clear();
                Ok(Value::from(()))
            }
            _ => call_mapping_method(|| self.snapshot(), |key| self.find(key), method, args),
        }
    }
}
