//! What templates ask of a table.

use std::fmt;
use std::sync::Arc;

use minijinja::value::{Enumerator, Object, ObjectRepr, Value};
use minijinja::{Error, State};

use super::sequence::{Columns, Rows};
use super::{PrintLimits, Row, Table, print, reshape};
use crate::jinja::python::{bind, tuple, unknown_method};
use crate::jinja::{Message, Scope};

impl Table {
    fn print(&self, state: &State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
        let slots = bind(
            "print_table",
            args,
            ["max_rows", "max_columns", "output", "max_column_width", "locale", "max_precision"],
        )?;
        let limit = |slot: &Option<Value>, default: usize| match slot {
            None => Some(default),
            Some(limit) => limit.as_usize(),
        };
        let limits = PrintLimits {
            rows: limit(&slots[0], 20),
            columns: limit(&slots[1], 6),
            column_width: limit(&slots[3], 20),
            precision: limit(&slots[5], 3),
        };
        emit(state, self.to_markdown(limits).trim_end())
    }
}

fn emit(state: &State<'_, '_>, text: &str) -> Result<Value, Error> {
    Scope::of(state)?.context().emit(Message::Print(text.to_owned()));
    Ok(Value::from(()))
}

impl Object for Table {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        match key.as_str() {
            Some(name) => self.get_value_by_str(name),
            None => self.contents().rows.get(key.as_usize()?).map(Row::to_value),
        }
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        Some(match key {
            "columns" => Value::from_object(Columns(Self::clone(self))),
            "rows" => Value::from_object(Rows(Self::clone(self))),
            "column_names" => tuple(self.column_names().map(Value::from).collect()),
            "column_types" => {
                tuple(self.contents().types.iter().map(|data_type| Value::from_object(*data_type)).collect())
            }
            "row_names" => Value::from(()),
            _ => return None,
        })
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Seq(self.contents().rows.len())
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }

    fn call_method(
        self: &Arc<Self>,
        state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        match method {
            "print_table" => self.print(state, args),
            "print_csv" => emit(state, print::csv(self.contents()).trim_end()),
            "print_json" => emit(state, &print::json(self.contents())),
            "print_structure" => emit(state, print::structure(self.contents()).trim_end()),
            "select" | "exclude" | "rename" | "limit" | "order_by" | "distinct" | "where" | "find" => {
                reshape::call(self, state, method, args)
            }
            _ => Err(unknown_method("Table", method)),
        }
    }
}
