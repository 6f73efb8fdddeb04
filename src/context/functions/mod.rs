//! The functions and modules that templates see: JSON, YAML, dates, regular expressions, exceptions, variables.
//!
//! [`global`] has what is the same for all nodes; contexts make [`Var`] and [`EnvVar`] with their own values.

mod data;
mod exceptions;
mod messages;
mod variables;
mod vars;

use std::sync::LazyLock;

use minijinja::{Environment, Value};

pub(crate) use variables::{EnvVar, Secrets, Var, reveal};
pub(crate) use vars::Vars;

use crate::hashed::HashMap;

use crate::context::objects::{ColumnClass, RelationClass};
use crate::jinja::python::function::function;
use crate::jinja::python::namespace::namespace;
use crate::jinja::python::{collections, datetime, itertools, regex};

static GLOBALS: LazyLock<HashMap<&'static str, Value>> = LazyLock::new(|| {
    HashMap::from_iter([
        ("fromjson", function("fromjson", data::from_json_text)),
        ("tojson", function("tojson", data::to_json_text)),
        ("fromyaml", function("fromyaml", data::from_yaml_text)),
        ("toyaml", function("toyaml", data::to_yaml_text)),
        ("local_md5", function("local_md5", data::local_md5)),
        ("dict", function("dict", collections::make_dict)),
        ("set", function("set", collections::set)),
        ("set_strict", function("set_strict", collections::set_strict)),
        ("zip", function("zip", collections::zip)),
        ("zip_strict", function("zip_strict", collections::zip_strict)),
        ("diff_of_two_dicts", function("diff_of_two_dicts", collections::diff_of_two_dicts)),
        ("log", function("log", messages::log)),
        ("print", function("print", messages::print)),
        ("adapter_macro", function("adapter_macro", messages::adapter_macro)),
        ("exceptions", exceptions::module()),
        ("modules", modules()),
        ("api", api()),
    ])
});

/// Adds the globals of every template.
pub(crate) fn install(environment: &mut Environment<'static>) {
    for (name, value) in GLOBALS.iter() {
        environment.add_global(*name, value.clone());
    }
}

/// Those of dbt; `dict` is Jinja's own.
pub(crate) fn globals() -> impl Iterator<Item = (&'static str, &'static Value)> {
    GLOBALS.iter().map(|(name, value)| (*name, value)).filter(|(name, _)| *name != "dict")
}

fn modules() -> Value {
    namespace(
        "modules",
        vec![
            ("datetime", datetime::module()),
            ("pytz", datetime::pytz()),
            ("re", regex::module()),
            ("itertools", itertools::module()),
        ],
    )
}

fn api() -> Value {
    let classes =
        vec![("Relation", Value::from_object(RelationClass)), ("Column", Value::from_object(ColumnClass))];
    namespace("api", classes)
}
