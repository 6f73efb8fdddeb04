//! Tables as text: GitHub Markdown, CSV, JSON, and the list of their columns.

use std::borrow::Cow;
use std::fmt::Write as _;

use minijinja::Value;

use super::{CellType, Contents, PrintLimits};
use crate::jinja::python::{Decimal, dict, float_repr, json_dumps, list, to_str};

const ELLIPSIS: &str = "...";

/// `print_table`
pub(super) fn markdown(table: &Contents, limits: &PrintLimits) -> String {
    let shown_rows = limits.rows.unwrap_or(table.rows.len()).min(table.rows.len());
    let shown_columns = limits.columns.unwrap_or(table.names.len()).min(table.names.len());
    let more_columns = shown_columns < table.names.len();
    let cut = |text: &str| truncated(&in_one_line(text), limits.column_width);

    let mut header: Vec<String> = table.names.iter().take(shown_columns).map(|name| cut(name)).collect();
    if more_columns {
        header.push(ELLIPSIS.into());
    }
    let places: Vec<Option<Places>> = (0..shown_columns)
        .map(|at| {
            let values = table.rows.iter().take(shown_rows).filter_map(|row| row.values().get(at));
            (table.types[at] == CellType::Number).then(|| Places::of(max_precision(values), limits.precision))
        })
        .collect();
    let mut widths: Vec<usize> = header.iter().map(|name| name.chars().count()).collect();
    let mut lines: Vec<Vec<String>> = Vec::with_capacity(shown_rows);
    for row in table.rows.iter().take(shown_rows) {
        let mut line: Vec<String> = row
            .values()
            .iter()
            .zip(&places)
            .map(|(value, places)| cut(&cell_text(value, places.as_ref())))
            .collect();
        if more_columns {
            line.push(ELLIPSIS.into());
        }
        for (width, cell) in widths.iter_mut().zip(&line) {
            *width = (*width).max(cell.chars().count());
        }
        lines.push(line);
    }
    let mut text = line_text(&header, &widths, &table.types);
    let rules: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
    let _ = writeln!(text, "| {} |", rules.join(" | "));
    for line in &lines {
        text.push_str(&line_text(line, &widths, &table.types));
    }
    if shown_rows < table.rows.len() {
        text.push_str(&line_text(&vec![ELLIPSIS.to_owned(); header.len()], &widths, &table.types));
    }
    text
}

/// Texts stand left, all else right.
fn line_text(cells: &[String], widths: &[usize], types: &[CellType]) -> String {
    let padded: Vec<String> = cells
        .iter()
        .zip(widths)
        .enumerate()
        .map(|(at, (cell, &width))| match types.get(at) {
            Some(CellType::Text) | None => format!(" {cell:<width$} "),
            Some(_) => format!(" {cell:>width$} "),
        })
        .collect();
    format!("|{}|\n", padded.join("|"))
}

/// A line break in a cell would pass for a row of its own.
fn in_one_line(text: &str) -> Cow<'_, str> {
    if text.contains(['\n', '\r']) {
        return text.replace('\n', "\\n").replace('\r', "\\r").into();
    }
    text.into()
}

fn truncated(text: &str, limit: Option<usize>) -> String {
    match limit {
        Some(limit) if text.chars().count() > limit => {
            text.chars().take(limit.saturating_sub(ELLIPSIS.len())).chain(ELLIPSIS.chars()).collect()
        }
        _ => text.to_owned(),
    }
}

/// How a number column prints.
struct Places {
    decimals: usize,
    cut: bool,
}

impl Places {
    fn of(most: usize, limit: Option<usize>) -> Self {
        let limit = limit.unwrap_or(usize::MAX);
        Self { decimals: most.min(limit), cut: most > limit }
    }
}

fn cell_text(value: &Value, places: Option<&Places>) -> String {
    if value.is_none() {
        return String::new();
    }
    match (places, value.downcast_object_ref::<Decimal>()) {
        (Some(places), Some(decimal)) => {
            grouped(&decimal.fixed(places.decimals)) + if places.cut { "…" } else { "" }
        }
        (Some(_), None) if value.is_number() => float_repr(f64::try_from(value.clone()).unwrap_or(f64::NAN))
            .replace("inf", "Infinity")
            .replace("nan", "NaN"),
        _ => to_str(value),
    }
}

fn grouped(number: &str) -> String {
    let (sign, digits) = number.strip_prefix('-').map_or(("", number), |digits| ("-", digits));
    let (whole, fraction) =
        digits.split_once('.').map_or((digits, ""), |(whole, fraction)| (whole, fraction));
    let mut text = String::from(sign);
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    if !fraction.is_empty() {
        text.push('.');
        text.push_str(fraction);
    }
    text
}

/// The most decimal places of any value, trailing zeros aside.
pub(super) fn max_precision<'a>(values: impl Iterator<Item = &'a Value>) -> usize {
    let decimals = values.filter_map(|value| value.downcast_object_ref::<Decimal>());
    decimals.map(Decimal::decimal_places).max().unwrap_or_default()
}

/// `print_structure`: each column with its type.
pub(super) fn structure(table: &Contents) -> String {
    let names = table.names.iter().map(ToString::to_string);
    let rows: Vec<[String; 2]> =
        names.zip(&table.types).map(|(name, data_type)| [name, data_type.name().to_owned()]).collect();
    let width = |at: usize, title: &str| {
        rows.iter().map(|row| row[at].chars().count()).chain([title.len()]).max().unwrap_or_default()
    };
    let (first, second) = (width(0, "column"), width(1, "data_type"));
    let mut text = format!("| {:<first$} | {:<second$} |\n", "column", "data_type");
    let _ = writeln!(text, "| {} | {} |", "-".repeat(first), "-".repeat(second));
    for [name, data_type] in &rows {
        let _ = writeln!(text, "| {name:<first$} | {data_type:<second$} |");
    }
    text
}

/// `print_csv`
pub(super) fn csv(table: &Contents) -> String {
    let quote = |text: String| {
        if text.contains([',', '"', '\n', '\r']) {
            format!("\"{}\"", text.replace('"', "\"\""))
        } else {
            text
        }
    };
    let mut text =
        table.names.iter().map(|name| quote(name.to_string())).collect::<Vec<_>>().join(",") + "\n";
    for row in &table.rows {
        let cells = row.values().iter().map(|value| {
            quote(if value.is_none() { String::new() } else { iso_text(value).replace('\r', "\n") })
        });
        text.push_str(&(cells.collect::<Vec<_>>().join(",") + "\n"));
    }
    text
}

/// `print_json`: a list of mappings; numbers are floats, dates ISO texts.
pub(super) fn json(table: &Contents) -> String {
    let plain = |value: &Value| {
        if let Some(decimal) = value.downcast_object_ref::<Decimal>() {
            return Value::from(decimal.to_f64());
        }
        if value.is_none() || value.is_number() || value.kind() == minijinja::value::ValueKind::Bool {
            return value.clone();
        }
        Value::from(iso_text(value))
    };
    let rows = table.rows.iter().map(|row| {
        dict(table.names.iter().zip(row.values()).map(|(name, value)| (Value::from(&**name), plain(value))))
    });
    json_dumps(&list(rows.collect()), false).unwrap_or_default()
}

fn iso_text(value: &Value) -> String {
    crate::jinja::python::datetime::iso_text(value).unwrap_or_else(|| to_str(value))
}
