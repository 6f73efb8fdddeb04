//! Filters on lists and mappings. An undefined value is an empty list, as it is in Jinja2.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use minijinja::value::{Enumerator, Object, ObjectRepr, ValueKind};
use minijinja::{Environment, Error, ErrorKind, State, Value};

use crate::hashed::HashSet;

use super::super::python::{self, bind, check_hashable, items_of, operators, to_str, type_error, type_name};
use super::filter::add_looking;
use super::path::{below, is_tolerant};
use super::{add, flag, or};

pub(super) fn install(environment: &mut Environment<'static>) {
    environment.add_filter("length", length);
    environment.add_filter("count", length);
    environment.add_filter("first", first);
    environment.add_filter("last", last);
    environment.add_filter("reverse", reverse);
    add_looking(environment, "join", join);
    add_looking(environment, "unique", unique);
    add(environment, "batch", batch);
    add(environment, "slice", slice);
    add_looking(environment, "groupby", group_by);
    add_looking(environment, "dictsort", sorted_pairs);
    environment.add_filter("items", pairs);
    environment.add_filter("is_list", |value: &Value| type_name(value) == "list");
    environment.add_filter("random", first);
}

fn items(value: &Value) -> Result<Vec<Value>, Error> {
    if value.is_undefined() { Ok(Vec::new()) } else { items_of(value) }
}

fn length(value: &Value) -> Result<usize, Error> {
    if value.is_undefined() {
        return Ok(0);
    }
    match value.len() {
        Some(length) => Ok(length),
        None if value.kind() == ValueKind::Iterable => Ok(items(value)?.len()),
        None => Err(type_error(format!("object of type '{}' has no len()", type_name(value)))),
    }
}

fn first(value: &Value) -> Result<Value, Error> {
    Ok(items(value)?.into_iter().next().unwrap_or_default())
}

fn last(value: &Value) -> Result<Value, Error> {
    Ok(items(value)?.pop().unwrap_or_default())
}

fn reverse(value: &Value) -> Result<Value, Error> {
    if let Some(text) = value.as_str() {
        return Ok(Value::from(text.chars().rev().collect::<String>()));
    }
    let mut items = items(value)?;
    items.reverse();
    Ok(python::list(items))
}

fn join(state: &State<'_, '_>, value: &Value, args: &[Value]) -> Result<String, Error> {
    let [separator, path] = bind("join", args, ["d", "attribute"])?;
    let separator = separator.as_ref().map(to_str).unwrap_or_default();
    let texts = items(value)?;
    let texts = texts.iter().map(|item| match path.as_ref().filter(|path| !path.is_none()) {
        Some(path) => below(state, item, path, None).map(|value| to_str(&value)),
        None => Ok(to_str(item)),
    });
    Ok(texts.collect::<Result<Vec<String>, Error>>()?.join(&separator))
}

fn ignoring_case(value: &Value, case_sensitive: bool) -> Value {
    match value.as_str() {
        Some(text) if !case_sensitive => Value::from(text.to_lowercase()),
        _ => value.clone(),
    }
}

fn unique(state: &State<'_, '_>, value: &Value, args: &[Value]) -> Result<Value, Error> {
    let [case_sensitive, path] = bind("unique", args, ["case_sensitive", "attribute"])?;
    let case_sensitive = flag(case_sensitive.as_ref());
    // A text equals texts only: no need to compare each with all others.
    let mut texts: HashSet<String> = HashSet::default();
    let mut seen: Vec<Value> = Vec::new();
    let mut kept = Vec::new();
    for item in items(value)? {
        let key = path.as_ref().map_or_else(|| Ok(item.clone()), |path| below(state, &item, path, None))?;
        let key = ignoring_case(&key, case_sensitive);
        check_hashable(&key)?;
        let is_new = match key.as_str() {
            Some(text) => texts.insert(text.to_owned()),
            None => !seen.iter().any(|known| operators::equals(known, &key)),
        };
        if is_new {
            if key.as_str().is_none() {
                seen.push(key);
            }
            kept.push(item);
        }
    }
    Ok(python::list(kept))
}

fn batch(value: &Value, args: &[Value]) -> Result<Value, Error> {
    let [count, fill] = python::bind_required("batch", args, ["linecount", "fill_with"], 1)?;
    let count = or(Some(&count), 1, Value::as_usize);
    let fill = Some(fill).filter(|fill| !fill.is_undefined());
    let items = items(value)?;
    if count == 0 {
        // Jinja2 compares lengths before it adds an item: the first batch is full with none, and no other ever is
        let all = [python::list(Vec::new()), python::list(items.clone())];
        return Ok(python::list(if items.is_empty() { Vec::new() } else { all.to_vec() }));
    }
    let batches = items.chunks(count).map(|chunk| {
        let mut batch = chunk.to_vec();
        if let Some(fill) = fill.as_ref().filter(|fill| !fill.is_none()) {
            batch.resize(count, fill.clone());
        }
        python::list(batch)
    });
    Ok(python::list(batches.collect()))
}

fn slice(value: &Value, args: &[Value]) -> Result<Value, Error> {
    let [count, fill] = bind("slice", args, ["slices", "fill_with"])?;
    let count = or(count.as_ref(), 1, Value::as_usize);
    if count == 0 {
        return Err(python::value_error("integer division or modulo by zero"));
    }
    let items = items(value)?;
    let (each, longer) = (items.len() / count, items.len() % count);
    let mut rest = items.as_slice();
    let mut slices = Vec::with_capacity(count);
    for index in 0..count {
        let (head, tail) = rest.split_at(each + usize::from(index < longer));
        rest = tail;
        let mut one = head.to_vec();
        if let Some(fill) = fill.as_ref().filter(|fill| !fill.is_none() && index >= longer) {
            one.push(fill.clone());
        }
        slices.push(python::list(one));
    }
    Ok(python::list(slices))
}

fn group_by(state: &State<'_, '_>, value: &Value, args: &[Value]) -> Result<Value, Error> {
    let [path, default, case_sensitive] = bind("groupby", args, ["attribute", "default", "case_sensitive"])?;
    let path =
        path.ok_or_else(|| type_error("groupby() missing 1 required positional argument: 'attribute'"))?;
    let case_sensitive = flag(case_sensitive.as_ref());
    let mut failed = None;
    let mut keyed: Vec<(Value, Value)> = Vec::new();
    for item in items(value)? {
        keyed.push((below(state, &item, &path, default.as_ref())?, item));
    }
    keyed.sort_by(|(left, _), (right, _)| {
        let folded = (ignoring_case(left, case_sensitive), ignoring_case(right, case_sensitive));
        ordered(&folded.0, &folded.1, &mut failed)
    });
    failed.map_or(Ok(()), Err)?;
    let groups = keyed.chunk_by(|(left, _), (right, _)| {
        operators::equals(&ignoring_case(left, case_sensitive), &ignoring_case(right, case_sensitive))
    });
    let groups = groups.map(|group| {
        let members = group.iter().map(|(_, item)| item.clone()).collect();
        Value::from_object(Group { grouper: group[0].0.clone(), list: python::list(members) })
    });
    Ok(python::list(groups.collect()))
}

fn all_pairs(value: &Value) -> Result<Vec<(Value, Value)>, Error> {
    let pairs = value.as_object().and_then(minijinja::value::DynObject::try_iter_pairs);
    match pairs {
        _ if value.is_undefined() => Ok(Vec::new()),
        Some(pairs) if value.kind() == ValueKind::Map => Ok(pairs.collect()),
        _ => Err(type_error("Can only get item pairs from a mapping.")),
    }
}

fn as_tuples(pairs: Vec<(Value, Value)>) -> Value {
    python::list(pairs.into_iter().map(|(key, value)| python::tuple(vec![key, value])).collect())
}

fn pairs(value: &Value) -> Result<Value, Error> {
    all_pairs(value).map(as_tuples)
}

/// An undefined value has a method `items` while dbt parses only.
fn sorted_pairs(state: &State<'_, '_>, value: &Value, args: &[Value]) -> Result<Value, Error> {
    if value.is_undefined() && !is_tolerant(state) {
        return Err(Error::from(ErrorKind::UndefinedError));
    }
    let [case_sensitive, by, reverse] = bind("dictsort", args, ["case_sensitive", "by", "reverse"])?;
    let case_sensitive = flag(case_sensitive.as_ref());
    let by_value = match by.as_ref().map(|by| by.as_str().unwrap_or_default()) {
        None | Some("key") => false,
        Some("value") => true,
        Some(_) => return Err(type_error("You can only sort by either \"key\" or \"value\"")),
    };
    let mut pairs = all_pairs(value)?;
    let mut failed = None;
    pairs.sort_by(|left, right| {
        let of =
            |pair: &(Value, Value)| ignoring_case(if by_value { &pair.1 } else { &pair.0 }, case_sensitive);
        let order = ordered(&of(left), &of(right), &mut failed);
        if flag(reverse.as_ref()) { order.reverse() } else { order }
    });
    failed.map_or(Ok(()), Err)?;
    Ok(as_tuples(pairs))
}

/// The order of two values while something is sorted, and the first failure.
fn ordered(left: &Value, right: &Value, failed: &mut Option<Error>) -> Ordering {
    operators::order("<", left, right).unwrap_or_else(|error| {
        failed.get_or_insert(error);
        Ordering::Equal
    })
}

/// A pair as `groupby` makes them: `group.grouper`, `group.list`.
struct Group {
    grouper: Value,
    list: Value,
}

impl fmt::Debug for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&python::repr(&python::tuple(vec![self.grouper.clone(), self.list.clone()])))
    }
}

impl Object for Group {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Seq(2)
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        match (key.as_usize(), key.as_str()) {
            (Some(0), _) | (_, Some("grouper")) => Some(self.grouper.clone()),
            (Some(1), _) | (_, Some("list")) => Some(self.list.clone()),
            _ => None,
        }
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}
