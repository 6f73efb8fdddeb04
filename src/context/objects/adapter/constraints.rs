//! Constraints of contracts as DDL: all of dbt's kinds are enforced by Postgres.

use minijinja::{Error, Value};

use crate::adapter::{quote_identifier, quote_where_needed};
use crate::diagnostic::{Category, Diagnostic};
use crate::jinja::python::{bind_required, given, items_of, list, raise, repr, to_str};

/// One entry of `constraints:`.
struct Constraint {
    kind: String,
    name: String,
    expression: String,
    columns: Vec<String>,
    to: String,
    to_columns: Vec<String>,
}

const KINDS: [&str; 6] = ["check", "not_null", "unique", "primary_key", "foreign_key", "custom"];

impl Constraint {
    fn read(raw: &Value) -> Result<Self, Error> {
        let part = |name: &str| raw.get_item(&Value::from(name)).ok().filter(given);
        let text = |name: &str| part(name).map(|value| to_str(&value)).unwrap_or_default();
        let texts = |name: &str| -> Result<Vec<String>, Error> {
            let Some(value) = part(name) else { return Ok(Vec::new()) };
            Ok(items_of(&value)?.iter().map(to_str).collect())
        };
        let kind = text("type");
        if !KINDS.contains(&kind.as_str()) {
            let message = format!("Could not parse constraint: {}", repr(raw));
            return Err(raise(Diagnostic::new("invalid-constraint", Category::Validation, message)));
        }
        Ok(Self {
            kind,
            name: text("name"),
            expression: text("expression"),
            columns: texts("columns")?,
            to: text("to"),
            to_columns: texts("to_columns")?,
        })
    }

    fn references(&self) -> Option<String> {
        if !self.to.is_empty() && !self.to_columns.is_empty() {
            return Some(format!("references {} ({})", self.to, self.to_columns.join(", ")));
        }
        (!self.expression.is_empty()).then(|| format!("references {}", self.expression))
    }

    fn on_column(&self) -> Option<String> {
        let expression = &self.expression;
        let rendered = match self.kind.as_str() {
            "check" if !expression.is_empty() => format!("check ({expression})"),
            "not_null" => format!("not null {expression}"),
            "unique" => format!("unique {expression}"),
            "primary_key" => format!("primary key {expression}"),
            "foreign_key" => self.references()?,
            "custom" if !expression.is_empty() => expression.clone(),
            _ => return None,
        };
        // dbt leaves names of column constraints out; a name that was given is kept here
        Some(self.named(rendered.trim()))
    }

    fn on_model(&self) -> Option<String> {
        let (expression, columns) = (&self.expression, self.columns.join(", "));
        let blank = if expression.is_empty() { "" } else { " " };
        let rendered = match self.kind.as_str() {
            "check" if !expression.is_empty() => format!("check ({expression})"),
            "unique" => format!("unique{blank}{expression} ({columns})"),
            "primary_key" => format!("primary key{blank}{expression} ({columns})"),
            "foreign_key" => format!("foreign key ({columns}) {}", self.references()?),
            "custom" if !expression.is_empty() => expression.clone(),
            _ => return None,
        };
        Some(self.named(&rendered))
    }

    fn named(&self, rendered: &str) -> String {
        if self.name.is_empty() {
            rendered.to_owned()
        } else {
            format!("constraint {} {rendered}", quote_where_needed(&self.name))
        }
    }
}

/// One line of a `create table` per column.
pub(super) fn columns(args: &[Value]) -> Result<Value, Error> {
    let [raw] = bind_required("render_raw_columns_constraints", args, ["raw_columns"], 1)?;
    let mut lines = Vec::new();
    for key in raw.try_iter()? {
        let column = raw.get_item(&key)?;
        let part = |name: &str| column.get_item(&Value::from(name)).unwrap_or_default();
        let name = to_str(&part("name"));
        let quoted =
            if part("quote").is_true() { quote_identifier(&name) } else { quote_where_needed(&name) };
        let mut line = format!("{quoted} {}", to_str(&part("data_type")));
        if given(&part("constraints")) {
            for constraint in items_of(&part("constraints"))? {
                if let Some(rendered) = Constraint::read(&constraint)?.on_column() {
                    line += " ";
                    line += &rendered;
                }
            }
        }
        lines.push(Value::from(line));
    }
    Ok(list(lines))
}

pub(super) fn model(args: &[Value]) -> Result<Value, Error> {
    let [raw] = bind_required("render_raw_model_constraints", args, ["raw_constraints"], 1)?;
    let mut lines = Vec::new();
    for constraint in items_of(&raw)? {
        lines.extend(Constraint::read(&constraint)?.on_model().map(Value::from));
    }
    Ok(list(lines))
}
