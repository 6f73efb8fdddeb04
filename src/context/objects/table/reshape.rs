//! Tables made from tables: `select`, `exclude`, `rename`, `limit`, `order_by`, `distinct`, `where`.

use std::sync::Arc;

use minijinja::{Error, State, Value};

use super::{Contents, Names, Row, Table, argument};
use crate::hashed::IndexSet;
use crate::jinja::python::{bind, bind_required, items_of, operators, to_str, value_error};

pub(super) fn call(
    table: &Table,
    state: &mut State<'_, '_>,
    method: &str,
    args: &[Value],
) -> Result<Value, Error> {
    match method {
        "select" | "exclude" => {
            let [key] = bind_required(method, args, ["key"], 1)?;
            let named = places(table, &key)?;
            let kept: Vec<usize> = if method == "select" {
                named
            } else {
                (0..table.contents().names.len()).filter(|at| !named.contains(at)).collect()
            };
            Ok(table.picked(&kept).to_value())
        }
        "rename" => {
            let [names, _, _, _] =
                bind(method, args, ["column_names", "row_names", "slug_columns", "slug_rows"])?;
            let names = argument(names)
                .map_or_else(|| Ok(Arc::clone(&table.contents().names)), |names| renamed(table, &names))?;
            Ok(table.with_names(&names).to_value())
        }
        "limit" => {
            let slots = bind(method, args, ["start_or_stop", "stop", "step"])?;
            let [first, second, step] = slots.map(|slot| argument(slot).unwrap_or(Value::from(())));
            let (start, stop) = if second.is_none() { (Value::from(()), first) } else { (first, second) };
            let rows = Value::from(table.rows().iter().map(Row::to_value).collect::<Vec<_>>());
            Ok(table.with_rows(&items_of(&operators::slice(&rows, &start, &stop, &step)?)?))
        }
        "order_by" => {
            let [key, reverse] = bind_required(method, args, ["key", "reverse"], 1)?;
            let mut keyed = keyed_rows(table, state, &key)?;
            keyed.sort_by(|(left, _), (right, _)| {
                let nulls = left.is_none().cmp(&right.is_none());
                let order = nulls.then_with(|| operators::compare(left, right));
                if reverse.is_true() { order.reverse() } else { order }
            });
            Ok(table.forked(keyed.into_iter().map(|(_, row)| row).collect()).to_value())
        }
        "distinct" => {
            let [key] = bind(method, args, ["key"])?;
            let mut seen = IndexSet::default();
            let keyed = match argument(key) {
                Some(key) => keyed_rows(table, state, &key)?,
                None => {
                    table.rows().iter().map(|row| (Value::from(row.values().to_vec()), row.clone())).collect()
                }
            };
            let rows = keyed.into_iter().filter_map(|(key, row)| seen.insert(key).then_some(row)).collect();
            Ok(table.forked(rows).to_value())
        }
        _ => {
            let [test] = bind_required(method, args, ["test"], 1)?;
            let mut rows = Vec::new();
            for row in table.rows() {
                if test.call(state, &[row.to_value()])?.is_true() {
                    rows.push(row.clone());
                }
            }
            if method == "find" {
                return Ok(rows.first().map_or(Value::from(()), Row::to_value));
            }
            Ok(table.forked(rows).to_value())
        }
    }
}

/// The places of one or several columns.
fn places(table: &Table, key: &Value) -> Result<Vec<usize>, Error> {
    let keys = if key.as_str().is_some() { vec![key.clone()] } else { items_of(key)? };
    keys.iter()
        .map(|key| {
            table
                .column_index(key)
                .ok_or_else(|| value_error(format!("there is no column '{}'", to_str(key))))
        })
        .collect()
}

/// Each row with the value of a column, a tuple of several, or what a function returns for it.
fn keyed_rows(table: &Table, state: &mut State<'_, '_>, key: &Value) -> Result<Vec<(Value, Row)>, Error> {
    let is_function = key.as_str().is_none() && key.try_iter().is_err();
    let places = if is_function { Vec::new() } else { places(table, key)? };
    table
        .rows()
        .iter()
        .map(|row| {
            let pick = |at: &usize| row.values().get(*at).cloned().unwrap_or_default();
            let rank = match places.as_slice() {
                [] => key.call(state, &[row.to_value()])?,
                [at] => pick(at),
                many => crate::jinja::python::tuple(many.iter().map(pick).collect()),
            };
            Ok((rank, row.clone()))
        })
        .collect()
}

/// New names: a mapping from old ones, or one for each column.
fn renamed(table: &Table, names: &Value) -> Result<Names, Error> {
    if names.kind() == minijinja::value::ValueKind::Map {
        let new_name = |name: &Arc<str>| {
            let new = names.get_attr(name).unwrap_or_default();
            if new.is_undefined() { Arc::clone(name) } else { Arc::from(to_str(&new)) }
        };
        return Ok(table.contents().names.iter().map(new_name).collect());
    }
    Ok(items_of(names)?.iter().map(|name| Arc::from(to_str(name))).collect())
}

impl Table {
    fn forked(&self, rows: Vec<Row>) -> Self {
        let contents = self.contents();
        Self::from_contents(Contents {
            names: Arc::clone(&contents.names),
            types: contents.types.clone(),
            rows,
        })
    }

    fn with_rows(&self, rows: &[Value]) -> Value {
        let rows = rows.iter().filter_map(|row| row.downcast_object_ref::<Row>().cloned()).collect();
        self.forked(rows).to_value()
    }

    fn with_names(&self, names: &Names) -> Self {
        let rows = self.rows().iter().map(|row| row.values().to_vec());
        Self::new(Arc::clone(names), self.column_types().to_vec(), rows)
    }

    fn picked(&self, places: &[usize]) -> Self {
        let contents = self.contents();
        let names = places.iter().map(|&at| Arc::clone(&contents.names[at])).collect();
        let types = places.iter().map(|&at| contents.types[at]).collect();
        let rows =
            contents.rows.iter().map(|row| places.iter().map(|&at| row.values()[at].clone()).collect());
        Self::new(names, types, rows)
    }
}
