//! agate's column types, as templates see them.

use std::fmt;
use std::sync::Arc;

use minijinja::value::{Object, ObjectRepr, Value};
use minijinja::{Error, State};

use super::number::number;
use crate::jinja::python::datetime;
use crate::jinja::python::{Decimal, as_float, bind_required, to_str, unknown_method, value_error};

/// The type of a table's column.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum CellType {
    Integer,
    Number,
    Date,
    DateTime,
    Boolean,
    Text,
}

const CURRENCIES: [char; 19] =
    ['؋', '$', 'ƒ', '៛', '¥', '₡', '₱', '£', '€', '¢', '﷼', '₪', '₩', '₭', '₮', '₦', '฿', '₤', '₫'];

fn is_null(text: &str) -> bool {
    text.is_empty() || text.eq_ignore_ascii_case("null")
}

impl CellType {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Integer => "Integer",
            Self::Number => "Number",
            Self::Date => "Date",
            Self::DateTime => "DateTime",
            Self::Boolean => "Boolean",
            Self::Text => "Text",
        }
    }

    /// The value of a text in a column of this type, if it has one.
    pub(super) fn cast(self, text: &str) -> Option<Value> {
        let stripped = text.trim();
        if is_null(stripped) {
            return (self != Self::Integer).then(|| Value::from(()));
        }
        match self {
            Self::Integer => None,
            Self::Number => cast_number(stripped),
            Self::Date => {
                let parsed = datetime::parse(stripped, "%Y-%m-%d")?;
                Some(datetime::date(parsed.date()))
            }
            Self::DateTime => datetime::parse(stripped, "%Y-%m-%d %H:%M:%S").map(datetime::naive),
            Self::Boolean => match stripped.replace(',', "").trim().to_lowercase().as_str() {
                "true" => Some(Value::from(true)),
                "false" => Some(Value::from(false)),
                _ => None,
            },
            Self::Text => Some(Value::from(text)),
        }
    }
}

/// agate strips percent and currency signs and takes out commas.
fn cast_number(text: &str) -> Option<Value> {
    let text = text.trim_matches('%');
    let (sign, digits) = text.strip_prefix('-').map_or(("", text), |digits| ("-", digits));
    let digits = CURRENCIES.iter().fold(digits, |digits, currency| digits.trim_matches(*currency));
    let digits = digits.replace([',', '_'], "");
    let digits = digits.trim();
    let special = matches!(digits.to_lowercase().as_str(), "nan" | "inf" | "infinity");
    if special || digits.parse::<Decimal>().is_ok() { Some(number(&format!("{sign}{digits}"))) } else { None }
}

impl fmt::Debug for CellType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Object for CellType {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn call_method(
        self: &Arc<Self>,
        _: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        let [value] = bind_required(method, args, ["d"], 1)?;
        match (method, self.as_ref()) {
            ("cast", _) => match value.as_str() {
                Some(text) => self.cast(text).ok_or_else(|| {
                    value_error(format!("Can not parse value \"{text}\" as {}.", self.name()))
                }),
                None => Ok(value),
            },
            ("jsonify" | "csvify", _) if value.is_none() => Ok(value),
            ("jsonify", Self::Integer | Self::Boolean) => Ok(value),
            ("jsonify", Self::Number) => Ok(as_float(&value).map_or(value, Value::from)),
            ("jsonify" | "csvify", _) => {
                let iso = datetime::iso_text(&value);
                Ok(Value::from(iso.unwrap_or_else(|| to_str(&value))))
            }
            _ => Err(unknown_method(self.name(), method)),
        }
    }
}
