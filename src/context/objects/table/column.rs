//! A column of a table.

use std::fmt;
use std::sync::Arc;

use minijinja::value::{Enumerator, Object, ObjectRepr, Value};
use minijinja::{Error, State};

use super::named::{Named, sample};
use super::{CellType, Table};
use crate::hashed::IndexSet;
use crate::jinja::python::{list, no_arguments, operators, tuple};

/// A column; its values are looked up in the table's rows.
pub(crate) struct TableColumn {
    table: Table,
    index: usize,
}

impl TableColumn {
    pub(super) fn new(table: &Table, index: usize) -> Self {
        Self { table: table.clone(), index }
    }

    fn values(&self) -> Vec<Value> {
        self.table.rows().iter().filter_map(|row| row.values().get(self.index).cloned()).collect()
    }

    fn data_type(&self) -> CellType {
        self.table.column_types().get(self.index).copied().unwrap_or(CellType::Text)
    }

    fn name(&self) -> &str {
        self.table.contents().names.get(self.index).map_or("", |name| &**name)
    }
}

/// agate sorts nulls after all else.
pub(super) fn sort(values: &mut [Value]) {
    values.sort_by(|left, right| {
        left.is_none().cmp(&right.is_none()).then_with(|| operators::compare(left, right))
    });
}

impl fmt::Debug for TableColumn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<agate.Column: {}>", sample(&self.values()))
    }
}

impl Object for TableColumn {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        match key.as_str() {
            Some(name) => self.get_value_by_str(name),
            None => self.table.rows().get(key.as_usize()?)?.values().get(self.index).cloned(),
        }
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        match key {
            "name" => Some(Value::from(self.name())),
            "index" => Some(Value::from(self.index)),
            "data_type" => Some(Value::from_object(self.data_type())),
            _ => None,
        }
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Seq(self.table.len())
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
        let mut values = match method {
            "values_distinct" | "values_without_nulls" | "values_sorted" | "values_without_nulls_sorted" => {
                no_arguments(method, args)?;
                self.values()
            }
            _ => {
                return Named { class: "Column", values: &|| self.values(), keys: &|| None }
                    .call(method, args, tuple);
            }
        };
        if method == "values_distinct" {
            let distinct: IndexSet<Value> = values.into_iter().collect();
            return Ok(tuple(distinct.into_iter().collect()));
        }
        if method.starts_with("values_without_nulls") {
            values.retain(|value| !value.is_none());
        }
        if method.ends_with("sorted") {
            sort(&mut values);
            return Ok(list(values));
        }
        Ok(tuple(values))
    }
}
