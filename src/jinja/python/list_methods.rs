//! What templates ask of a list.

use std::fmt;
use std::sync::Arc;

use minijinja::value::{Enumerator, Object, ObjectRepr, Value};
use minijinja::{Error, State};

use super::items::items_of;
use super::{bind, bind_required, expect_int, no_arguments, repr, unknown_method, value_error};

use super::list::List;

impl List {
    /// The place that a Python index, negative ones counting from the end, stands for.
    fn index(length: usize, index: i64) -> Option<usize> {
        let at = if index < 0 { index + i64::try_from(length).ok()? } else { index };
        usize::try_from(at).ok().filter(|&at| at < length)
    }

    fn insert(&self, args: &[Value]) -> Result<Value, Error> {
        let [index, value] = bind_required("insert", args, ["index", "object"], 2)?;
        let index = expect_int("insert", &index)?;
        let mut items = self.lock();
        let length = i64::try_from(items.len()).unwrap_or(i64::MAX);
        let at = if index < 0 { (index + length).max(0) } else { index.min(length) };
        items.insert(usize::try_from(at).unwrap_or_default(), value);
        Ok(Value::from(()))
    }

    fn pop(&self, args: &[Value]) -> Result<Value, Error> {
        let [index] = bind("pop", args, ["index"])?;
        let index = index.map_or(Ok(-1), |index| expect_int("pop", &index))?;
        let mut items = self.lock();
        if items.is_empty() {
            return Err(value_error("pop from empty list"));
        }
        let at = Self::index(items.len(), index).ok_or_else(|| value_error("pop index out of range"))?;
        Ok(items.remove(at))
    }

    fn remove(&self, args: &[Value]) -> Result<Value, Error> {
        let [wanted] = bind_required("remove", args, ["value"], 1)?;
        // Comparing may look into this very list, so nothing is locked meanwhile.
        let at = self.snapshot().iter().position(|item| *item == wanted);
        let at = at.ok_or_else(|| value_error("list.remove(x): x not in list"))?;
        self.lock().remove(at);
        Ok(Value::from(()))
    }

    fn sort(&self, state: &mut State, args: &[Value]) -> Result<Value, Error> {
        let [key, reverse] = bind("sort", args, ["key", "reverse"])?;
        let sorted = sorted(state, self.snapshot(), key.as_ref(), reverse.is_some_and(|r| r.is_true()))?;
        *self.lock() = sorted;
        Ok(Value::from(()))
    }
}

/// Sorts stably, by what `key` returns for each item if there is one.
fn sorted(
    state: &mut State,
    items: Vec<Value>,
    key: Option<&Value>,
    reverse: bool,
) -> Result<Vec<Value>, Error> {
    let mut keyed = Vec::with_capacity(items.len());
    for item in items {
        let rank = match key.filter(|key| !key.is_none()) {
            Some(key) => key.call(state, std::slice::from_ref(&item))?,
            None => item.clone(),
        };
        keyed.push((rank, item));
    }
    let mut failed = None;
    keyed.sort_by(|(left, _), (right, _)| {
        let order = super::operators::order("<", left, right).unwrap_or_else(|error| {
            failed.get_or_insert(error);
            std::cmp::Ordering::Equal
        });
        if reverse { order.reverse() } else { order }
    });
    failed.map_or(Ok(()), Err)?;
    Ok(keyed.into_iter().map(|(_, item)| item).collect())
}

/// `index(x[, start[, end]])` and `count(x)`, which tuples have too.
pub(super) fn search(
    kind: &str,
    items: &[Value],
    method: &str,
    args: &[Value],
) -> Option<Result<Value, Error>> {
    match method {
        "index" => Some(index_of(kind, items, args)),
        "count" => Some(
            bind_required(method, args, ["value"], 1)
                .map(|[wanted]| Value::from(items.iter().filter(|item| **item == wanted).count())),
        ),
        _ => None,
    }
}

fn index_of(kind: &str, items: &[Value], args: &[Value]) -> Result<Value, Error> {
    let [wanted, start, stop] = bind_required("index", args, ["value", "start", "stop"], 1)?;
    let length = i64::try_from(items.len()).unwrap_or(i64::MAX);
    let bound = |value: &Value, default: i64| -> Result<usize, Error> {
        let at = if value.is_undefined() { default } else { expect_int("index", value)? };
        let at = if at < 0 { (at + length).max(0) } else { at.min(length) };
        Ok(usize::try_from(at).unwrap_or_default())
    };
    let (start, stop) = (bound(&start, 0)?, bound(&stop, length)?);
    items
        .get(start..stop)
        .unwrap_or_default()
        .iter()
        .position(|item| *item == wanted)
        .map(|at| Value::from(at + start))
        .ok_or_else(|| value_error(format!("{} is not in {kind}", repr(&wanted))))
}

/// Sees what is removed meanwhile, as Python does, but ends where the list ended at the start.
struct Items {
    list: Arc<List>,
    at: usize,
    length: usize,
}

impl Iterator for Items {
    type Item = Value;

    fn next(&mut self) -> Option<Value> {
        if self.at >= self.length {
            return None;
        }
        self.at += 1;
        self.list.lock().get(self.at - 1).cloned()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let rest = self.length.saturating_sub(self.at);
        (rest, Some(rest))
    }
}

impl fmt::Debug for List {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&repr(&Value::from(self.snapshot())))
    }
}

impl Object for List {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.lock().get(key.as_usize()?).cloned()
    }

    fn get_value_by_str(self: &Arc<Self>, _key: &str) -> Option<Value> {
        None
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        let length = self.lock().len();
        Enumerator::Iter(Box::new(Items { list: Arc::clone(self), at: 0, length }))
    }

    fn enumerator_len(self: &Arc<Self>) -> Option<usize> {
        Some(self.lock().len())
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }

    fn call_method(
        self: &Arc<Self>,
        state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        match method {
            "append" => {
                let [value] = bind_required(method, args, ["object"], 1)?;
                self.push(value);
            }
            "extend" => {
                let [values] = bind_required(method, args, ["iterable"], 1)?;
                let values = items_of(&values)?;
                self.lock().extend(values);
            }
            "insert" => return self.insert(args),
            "pop" => return self.pop(args),
            "remove" => return self.remove(args),
            "sort" => return self.sort(state, args),
            "reverse" => {
                no_arguments(method, args)?;
                self.lock().reverse();
            }
            "clear" => {
                no_arguments(method, args)?;
                self.lock().clear();
            }
            "copy" => {
                no_arguments(method, args)?;
                return Ok(super::list(self.snapshot()));
            }
            _ => {
                return search("list", &self.snapshot(), method, args)
                    .unwrap_or_else(|| Err(unknown_method("list", method)));
            }
        }
        Ok(Value::from(()))
    }
}
