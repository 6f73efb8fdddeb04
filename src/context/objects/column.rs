//! dbt's `Column`: a name and a data type, with what Postgres calls the type.

use std::fmt;
use std::sync::{Arc, LazyLock};

use fancy_regex::Regex;
use minijinja::value::{DynObject, Object, ObjectRepr, Value};
use minijinja::{Error, State};

use crate::diagnostic::{Diagnostic, Result};
use crate::jinja::python::{
    bind, bind_required, expect_str, given, no_arguments, raise, repr, to_str, type_error, unknown_method,
};

/// A column as the catalog or a contract describes it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Column {
    pub name: String,
    /// The type's name without sizes.
    pub dtype: String,
    pub char_size: Option<i64>,
    pub numeric_precision: Option<i64>,
    pub numeric_scale: Option<i64>,
}

/// The class itself, as `api.Column` and `adapter.Column`.
pub(crate) struct ColumnClass;

static DESCRIPTION: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^([^(]+)(\([^)]+\))?").ok());

impl Column {
    pub(crate) fn new(name: impl Into<String>, dtype: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            dtype: dtype.into(),
            char_size: None,
            numeric_precision: None,
            numeric_scale: None,
        }
    }

    /// From a type with sizes, as `character varying(10)` or `numeric(10,2)`.
    ///
    /// # Errors
    /// When the sizes are no numbers.
    pub(crate) fn from_description(name: &str, raw: &str) -> Result<Self> {
        let captures = DESCRIPTION.as_ref().and_then(|regex| regex.captures(raw).ok().flatten());
        let fail = |message: String| Diagnostic::runtime("unreadable-data-type", message).boxed();
        let Some(captures) = captures else {
            return Err(fail(format!("Could not interpret data type \"{raw}\"")));
        };
        let group = |index: usize| captures.get(index).map(|found| found.as_str());
        let mut column = Self::new(name, group(1).unwrap_or_default());
        let Some(sizes) = group(2) else { return Ok(column) };
        let number = |part: &str| {
            part.trim().parse::<i64>().map_err(|_| {
                fail(format!(
                    "Could not interpret data_type \"{raw}\": could not convert \"{part}\" to an integer"
                ))
            })
        };
        let parts: Vec<&str> = sizes[1..sizes.len() - 1].split(',').collect();
        match parts.as_slice() {
            [size] => column.char_size = Some(number(size)?),
            [precision, scale] => {
                column.numeric_precision = Some(number(precision)?);
                column.numeric_scale = Some(number(scale)?);
            }
            _ => {}
        }
        Ok(column)
    }

    pub(crate) fn quoted(&self) -> String {
        crate::adapter::quote_identifier(&self.name)
    }

    /// The type as DDL writes it.
    pub(crate) fn data_type(&self) -> String {
        let dtype = self.dtype.to_lowercase();
        // Postgres: a `text` or an unlimited `varchar` has no size.
        if dtype == "text" || (dtype == "character varying" && self.char_size.is_none()) {
            self.dtype.clone()
        } else if self.is_string() {
            string_type(self.size())
        } else if self.is_numeric() {
            numeric_type(&self.dtype, self.numeric_precision, self.numeric_scale)
        } else {
            self.dtype.clone()
        }
    }

    fn is_one_of(&self, names: &[&str]) -> bool {
        names.iter().any(|name| name.eq_ignore_ascii_case(&self.dtype))
    }

    pub(crate) fn is_string(&self) -> bool {
        self.is_one_of(&["text", "character varying", "character", "varchar"])
    }

    pub(crate) fn is_integer(&self) -> bool {
        self.is_one_of(&[
            "smallint",
            "integer",
            "bigint",
            "smallserial",
            "serial",
            "bigserial",
            "int2",
            "int4",
            "int8",
            "serial2",
            "serial4",
            "serial8",
        ])
    }

    pub(crate) fn is_numeric(&self) -> bool {
        self.is_one_of(&["numeric", "decimal"])
    }

    pub(crate) fn is_float(&self) -> bool {
        self.is_one_of(&["real", "float4", "float", "double precision", "float8", "double"])
    }

    fn size(&self) -> i64 {
        if self.dtype == "text" { 256 } else { self.char_size.unwrap_or(256) }
    }

    /// The size of a text column.
    ///
    /// # Errors
    /// When it is none.
    pub(crate) fn string_size(&self) -> Result<i64> {
        if self.is_string() {
            return Ok(self.size());
        }
        let message = "Called string_size() on non-string field!";
        Err(Diagnostic::runtime("no-string-column", message).boxed())
    }

    /// Whether this column can be widened to hold what the other holds.
    pub(crate) fn can_expand_to(&self, other: &Self) -> bool {
        self.is_string() && other.is_string() && other.size() > self.size()
    }

    /// As a template sees it.
    pub(crate) fn to_value(&self) -> Value {
        Value::from_object(self.clone())
    }

    /// The column that a template handed over.
    pub(crate) fn from_value(value: &Value) -> Option<Self> {
        value.downcast_object_ref::<Self>().cloned()
    }
}

fn string_type(size: i64) -> String {
    format!("character varying({size})")
}

fn numeric_type(dtype: &str, precision: Option<i64>, scale: Option<i64>) -> String {
    match (precision, scale) {
        (Some(precision), Some(scale)) => format!("{dtype}({precision},{scale})"),
        _ => dtype.to_owned(),
    }
}

/// What can be called on the class and on each column.
fn class_method(method: &str, args: &[Value]) -> Option<Result<Value, Error>> {
    Some(match method {
        "create" => bind_required(method, args, ["name", "label_or_dtype"], 2)
            .map(|[name, dtype]| Column::new(to_str(&name), translate_type(&to_str(&dtype))).to_value()),
        "translate_type" => bind_required(method, args, ["dtype"], 1)
            .map(|[dtype]| Value::from(translate_type(&to_str(&dtype)))),
        "from_description" => {
            bind_required(method, args, ["name", "raw_data_type"], 2).and_then(|[name, raw]| {
                let column = Column::from_description(&to_str(&name), expect_str(method, &raw)?);
                column.map(|column| column.to_value()).map_err(raise)
            })
        }
        "string_type" => bind_required(method, args, ["size"], 1)
            .map(|[size]| Value::from(format!("character varying({})", to_str(&size)))),
        "numeric_type" => bind_required(method, args, ["dtype", "precision", "scale"], 3).map(
            |[dtype, precision, scale]| {
                Value::from(numeric_type(&to_str(&dtype), precision.as_i64(), scale.as_i64()))
            },
        ),
        _ => return None,
    })
}

pub(crate) fn translate_type(dtype: &str) -> String {
    if dtype.eq_ignore_ascii_case("string") { "TEXT".into() } else { dtype.into() }
}

fn optional(number: Option<i64>) -> Value {
    number.map_or(Value::from(()), Value::from)
}

impl fmt::Debug for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let show = |value: Value| repr(&value);
        write!(
            f,
            "PostgresColumn(column={}, dtype={}, char_size={}, numeric_precision={}, numeric_scale={})",
            show(Value::from(self.name.as_str())),
            show(Value::from(self.dtype.as_str())),
            show(optional(self.char_size)),
            show(optional(self.numeric_precision)),
            show(optional(self.numeric_scale)),
        )
    }
}

impl Object for Column {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        Some(match key.as_str()? {
            "name" | "column" => Value::from(self.name.as_str()),
            "dtype" => Value::from(self.dtype.as_str()),
            "quoted" => Value::from(self.quoted()),
            "data_type" | "expanded_data_type" => Value::from(self.data_type()),
            "char_size" => optional(self.char_size),
            "numeric_precision" => optional(self.numeric_precision),
            "numeric_scale" => optional(self.numeric_scale),
            _ => return None,
        })
    }

    fn custom_cmp(self: &Arc<Self>, other: &DynObject) -> Option<std::cmp::Ordering> {
        let rank = |column: &Self| {
            let Self { name, dtype, char_size, numeric_precision, numeric_scale } = column.clone();
            (name, dtype, char_size, numeric_precision, numeric_scale)
        };
        Some(rank(self).cmp(&rank(other.downcast_ref::<Self>()?)))
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
        if let Some(result) = class_method(method, args) {
            return result;
        }
        match method {
            "can_expand_to" => {
                let [other] = bind_required(method, args, ["other_column"], 1)?;
                let other = Self::from_value(&other).ok_or_else(|| type_error("expected a column"))?;
                return Ok(Value::from(self.can_expand_to(&other)));
            }
            "literal" => {
                let [value] = bind_required(method, args, ["value"], 1)?;
                return Ok(Value::from(format!("{}::{}", to_str(&value), self.data_type())));
            }
            _ => no_arguments(method, args)?,
        }
        Ok(match method {
            "is_string" => Value::from(self.is_string()),
            "is_number" => Value::from(self.is_integer() || self.is_numeric() || self.is_float()),
            "is_integer" => Value::from(self.is_integer()),
            "is_numeric" => Value::from(self.is_numeric()),
            "is_float" => Value::from(self.is_float()),
            "string_size" => Value::from(self.string_size().map_err(raise)?),
            _ => return Err(unknown_method("Column", method)),
        })
    }
}

impl fmt::Debug for ColumnClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<class 'dbt.adapters.postgres.column.PostgresColumn'>")
    }
}

impl Object for ColumnClass {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn call(self: &Arc<Self>, _state: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
        let names = ["column", "dtype", "char_size", "numeric_precision", "numeric_scale"];
        let parts = bind("Column", args, names)?;
        let text = |part: &Option<Value>| part.as_ref().map(to_str).unwrap_or_default();
        let number = |part: &Option<Value>| part.as_ref().filter(|part| given(part)).and_then(Value::as_i64);
        let column = Column {
            name: text(&parts[0]),
            dtype: text(&parts[1]),
            char_size: number(&parts[2]),
            numeric_precision: number(&parts[3]),
            numeric_scale: number(&parts[4]),
        };
        Ok(column.to_value())
    }

    fn call_method(
        self: &Arc<Self>,
        _state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        class_method(method, args).unwrap_or_else(|| Err(unknown_method("Column", method)))
    }
}
