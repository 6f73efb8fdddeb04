//! Cells of a result as agate's values: types from all cells of a column, then each cell cast.

use minijinja::Value;
use serde_json::Value as Json;

use super::CellType;
use super::number::number;
use crate::adapter::{Cell, Interval};
use crate::jinja::python::datetime;
use crate::jinja::python::{float_repr, from_json, json_dumps, to_str};

/// The type that agate infers for a column; one without values is `Integer`.
pub(super) fn column_type(rows: &[Vec<Cell>], at: usize) -> CellType {
    let cells = || rows.iter().filter_map(|row| row.get(at)).filter(|cell| !is_null(cell));
    let all = |test: fn(&Cell) -> bool| cells().all(test);
    if all(|cell| matches!(cell, Cell::Int(_))) {
        CellType::Integer
    } else if all(|cell| matches!(cell, Cell::Int(_) | Cell::Decimal(_) | Cell::Float(_))) {
        CellType::Number
    } else if all(|cell| matches!(cell, Cell::Date(_))) {
        CellType::Date
    } else if all(|cell| matches!(cell, Cell::Date(_) | Cell::Timestamp(_) | Cell::TimestampTz(..))) {
        CellType::DateTime
    } else if all(|cell| matches!(cell, Cell::Bool(_))) {
        CellType::Boolean
    } else {
        scalar_json_type(cells()).unwrap_or(CellType::Text)
    }
}

fn is_null(cell: &Cell) -> bool {
    matches!(cell, Cell::Null | Cell::Json(Json::Null))
}

/// psycopg2 turns JSON scalars into numbers and booleans.
fn scalar_json_type<'a>(mut cells: impl Iterator<Item = &'a Cell>) -> Option<CellType> {
    let kind = |cell: &Cell| match cell {
        Cell::Json(Json::Bool(_)) => Some(CellType::Boolean),
        Cell::Json(Json::Number(number)) if number.is_f64() => Some(CellType::Number),
        Cell::Json(Json::Number(_)) => Some(CellType::Integer),
        _ => None,
    };
    let first = kind(cells.next()?)?;
    cells.try_fold(first, |so_far, cell| match (so_far, kind(cell)?) {
        (left, right) if left == right => Some(left),
        (CellType::Integer, CellType::Number) | (CellType::Number, CellType::Integer) => {
            Some(CellType::Number)
        }
        _ => None,
    })
}

/// A cell in a column of this type.
pub(super) fn value(cell: &Cell, data_type: CellType) -> Value {
    if is_null(cell) {
        return Value::from(());
    }
    match (data_type, cell) {
        (CellType::Text, _) => Value::from(text(cell)),
        (CellType::Number, Cell::Int(int)) => number(&int.to_string()),
        (CellType::Number, Cell::Decimal(digits)) => number(digits),
        (CellType::Number, Cell::Float(float)) => number(&float_repr(*float)),
        (CellType::Number, Cell::Json(json)) => number(&json.to_string()),
        (CellType::DateTime, Cell::Date(date)) => datetime::naive((*date).into()),
        _ => native(cell),
    }
}

/// A cell as psycopg2 would give it.
fn native(cell: &Cell) -> Value {
    match cell {
        Cell::Null => Value::from(()),
        Cell::Bool(truth) => Value::from(*truth),
        Cell::Int(int) => Value::from(*int),
        Cell::Decimal(digits) => number(digits),
        Cell::Float(float) => Value::from(*float),
        Cell::Text(text) => Value::from(text.as_str()),
        Cell::Date(date) => datetime::date(*date),
        Cell::Time(time) => datetime::time(*time),
        Cell::Timestamp(timestamp) => datetime::naive(*timestamp),
        Cell::TimestampTz(local, offset) => datetime::with_offset(*local, *offset),
        Cell::Interval(Interval { days, microseconds }) => datetime::delta(*days, *microseconds),
        Cell::Json(json) => from_json(json),
        Cell::Array(items) => crate::jinja::python::list(items.iter().map(native).collect()),
    }
}

/// Containers as JSON, all else as Python prints it.
fn text(cell: &Cell) -> String {
    match cell {
        Cell::Text(text) | Cell::Json(Json::String(text)) => text.clone(),
        Cell::Json(json @ (Json::Array(_) | Json::Object(_))) => {
            json_dumps(&from_json(json), false).unwrap_or_default()
        }
        Cell::Array(items) => {
            let items = items.iter().map(jsonable).collect();
            json_dumps(&crate::jinja::python::list(items), false).unwrap_or_default()
        }
        _ => to_str(&native(cell)),
    }
}

/// dbt's JSON encoder: decimals become floats, dates ISO texts, anything else its text.
fn jsonable(cell: &Cell) -> Value {
    match cell {
        Cell::Decimal(digits) => Value::from(digits.parse::<f64>().unwrap_or(f64::NAN)),
        Cell::Array(items) => crate::jinja::python::list(items.iter().map(jsonable).collect()),
        Cell::Timestamp(_) | Cell::TimestampTz(..) => {
            Value::from(to_str(&native(cell)).replacen(' ', "T", 1))
        }
        Cell::Date(_) | Cell::Time(_) | Cell::Interval(_) => Value::from(to_str(&native(cell))),
        _ => native(cell),
    }
}
