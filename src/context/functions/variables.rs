//! `var` and `env_var`.

use std::fmt;
use std::sync::Arc;

use minijinja::value::{Object, ObjectRepr, Value};
use minijinja::{Error, State};
use serde_json::Value as Json;

use super::vars::Vars;
use crate::config::Environment;
use crate::diagnostic::{Diagnostic, SourceText, did_you_mean};
use crate::jinja::Scope;
use crate::jinja::python::{bind_required, expect_str, raise, to_str, unknown_method};
use crate::jinja::render;

/// Environment variables of this prefix hold secrets.
pub(super) const SECRET_PREFIX: &str = "DBT_ENV_SECRET";

/// `var(name, default)` and `var.has_var(name)`.
#[derive(Debug, Clone)]
pub(crate) struct Var {
    pub values: Arc<Vars>,
    /// Named in the error for a missing one; `None` is the configuration.
    pub node_name: Option<String>,
    /// While profiles and the project file are read, a missing one is none.
    pub required: bool,
}

impl Var {
    pub(crate) fn to_value(&self) -> Value {
        Value::from_object(self.clone())
    }

    fn missing(&self, name: &str) -> Error {
        let node = self.node_name.as_deref().unwrap_or("<Configuration>");
        let mut sorted = Json::Object(self.values.texts().clone());
        sorted.sort_all_objects();
        if let Json::Object(values) = &mut sorted {
            for (_, value) in values.iter_mut().filter(|(name, _)| name.starts_with(SECRET_PREFIX)) {
                *value = Json::from("*****");
            }
        }
        let supplied = pretty(&sorted);
        let known = did_you_mean(name, self.values.texts().keys().map(String::as_str));
        raise(
            Diagnostic::compilation(
                "missing-var",
                format!("Required var '{name}' not found in config:\nVars supplied to {node} = {supplied}"),
            )
            .help(format!(
                "set it under `vars:` in dbt_project.yml or with `--vars`, or give a default: `var('{name}', ..)`"
            ))
            .maybe_help(known),
        )
    }
}

/// `json.dumps(value, indent=4)`
fn pretty(value: &Json) -> String {
    let mut out = Vec::new();
    let formatter = serde_json::ser::PrettyFormatter::with_indent(b"    ");
    let mut serializer = serde_json::Serializer::with_formatter(&mut out, formatter);
    match serde::Serialize::serialize(value, &mut serializer) {
        Ok(()) => String::from_utf8(out).unwrap_or_default(),
        Err(_) => String::new(),
    }
}

impl Object for Var {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn call(self: &Arc<Self>, state: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
        let [name, default] = bind_required("var", args, ["var_name", "default"], 1)?;
        let name = to_str(&name);
        match self.values.texts().get(&name) {
            // dbt: a variable's text is a template of its own
            Some(Json::String(text)) if text.contains("{{") || text.contains("{%") => {
                let scope = Scope::of(state)?;
                let source = SourceText::new(format!("var {name}"), text.clone());
                render(&source, || scope.anew()).map(Value::from).map_err(raise)
            }
            Some(_) => Ok(self.values.value(&name).unwrap_or_default()),
            None if !default.is_undefined() => Ok(default),
            None if self.required => Err(self.missing(&name)),
            None => Ok(Value::from(())),
        }
    }

    fn call_method(
        self: &Arc<Self>,
        _: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        if method != "has_var" {
            return Err(unknown_method("var", method));
        }
        let [name] = bind_required(method, args, ["var_name"], 1)?;
        Ok(Value::from(self.values.texts().contains_key(&to_str(&name))))
    }
}

/// Where a template stands decides whether it may read secrets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Secrets {
    /// profiles.yml.
    Allowed,
    /// packages.yml: a template works on a stand-in, so that nothing it makes of a secret can be shown; [`reveal`] puts the
    /// value in its place.
    StandIns,
    Refused,
}

/// dbt's own, of the variable's name.
const STAND_IN: [&str; 2] = ["$$$DBT_SECRET_START$$$", "$$$DBT_SECRET_END$$$"];

/// A rendered text with the secrets that its stand-ins name.
pub(crate) fn reveal(text: &str, environment: &Environment) -> String {
    let [start, end] = STAND_IN;
    let mut parts = text.split(start);
    let mut revealed = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.split_once(end) {
            Some((name, rest)) => revealed.extend([environment.get(name).unwrap_or_default(), rest]),
            None => revealed.extend([start, part]),
        }
    }
    revealed
}

type Lookup = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// `env_var(name, default)`
#[derive(Clone)]
pub(crate) struct EnvVar {
    lookup: Lookup,
    secrets: Secrets,
}

impl EnvVar {
    /// Reads what `lookup` knows, as unit tests override variables.
    pub(crate) fn new(lookup: Lookup, secrets: Secrets) -> Self {
        Self { lookup, secrets }
    }

    pub(crate) fn to_value(&self) -> Value {
        Value::from_object(self.clone())
    }
}

impl fmt::Debug for EnvVar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<function env_var>")
    }
}

impl Object for EnvVar {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn call(self: &Arc<Self>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
        let [name, default] = bind_required("env_var", args, ["var", "default"], 1)?;
        let name = expect_str("env_var", &name)?;
        if name.starts_with(SECRET_PREFIX) && self.secrets == Secrets::Refused {
            return Err(raise(Diagnostic::parsing(
                "secret-env-var",
                format!(
                    "Secret env vars are allowed only in profiles.yml or packages.yml. \
                     Found '{name}' referenced elsewhere."
                ),
            )));
        }
        match (self.lookup)(name) {
            Some(_) if name.starts_with(SECRET_PREFIX) && self.secrets == Secrets::StandIns => {
                let [start, end] = STAND_IN;
                Ok(Value::from([start, name, end].concat()))
            }
            Some(value) => Ok(Value::from(value)),
            None if default.is_none() || default.is_undefined() => Err(raise(
                Diagnostic::parsing(
                    "missing-env-var",
                    format!("Env var required but not provided: '{name}'"),
                )
                .help(format!("set it, or give a default: `env_var('{name}', '...')`")),
            )),
            None => Ok(default),
        }
    }
}

#[cfg(test)]
mod tests {
    use minijinja::Environment;
    use serde_json::json;

    use super::*;
    use crate::jinja::python::{raised, to_str};

    fn evaluate(expression: &str) -> Result<String, String> {
        let mut environment = Environment::new();
        let Json::Object(values) = json!({"b": [1], "a": "x", "DBT_ENV_SECRET_c": "abc"}) else {
            unreachable!()
        };
        let var =
            Var { values: Arc::new(Vars::of_json(values)), node_name: Some("orders".into()), required: true };
        environment.add_global("var", var.to_value());
        let lookup = |name: &str| (name == "HOST" || name == "DBT_ENV_SECRET_KEY").then(|| "db".to_owned());
        environment.add_global("env_var", EnvVar::new(Arc::new(lookup), Secrets::Refused).to_value());
        let result = environment.compile_expression(expression).and_then(|compiled| compiled.eval(()));
        result.map(|value| to_str(&value)).map_err(|error| {
            raised(&error).map_or_else(|| error.to_string(), |diagnostic| diagnostic.message.clone())
        })
    }

    #[test]
    fn variables_have_defaults_and_dbts_errors() {
        assert_eq!(evaluate("var('b')").unwrap(), "[1]");
        assert_eq!(evaluate("var('z', none)").unwrap(), "None");
        assert_eq!(evaluate("var.has_var('a')").unwrap(), "True");
        assert_eq!(
            evaluate("var('z')").unwrap_err(),
            "Required var 'z' not found in config:\nVars supplied to orders = \
             {\n    \"DBT_ENV_SECRET_c\": \"*****\",\n    \"a\": \"x\",\n    \"b\": [\n        1\n    ]\n}"
        );
    }

    #[test]
    fn secrets_stay_out_of_templates() {
        assert_eq!(evaluate("env_var('HOST')").unwrap(), "db");
        assert_eq!(evaluate("env_var('PORT', '5432')").unwrap(), "5432");
        assert_eq!(evaluate("env_var('PORT')").unwrap_err(), "Env var required but not provided: 'PORT'");
        assert!(
            evaluate("env_var('DBT_ENV_SECRET_KEY')").unwrap_err().starts_with("Secret env vars are allowed")
        );
    }
}
