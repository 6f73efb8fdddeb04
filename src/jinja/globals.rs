//! The names that every template of an invocation has: variables, the environment, `target`, `flags`, and the
//! functions of [`functions`](super::functions).

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use minijinja::value::{Object, ObjectRepr};
use minijinja::{Error, ErrorKind, State, Value};
use serde_json::{Map, Value as Json};

use super::context::Message;
use super::parsing::{ParseScope, SharedNames};
use super::python::{self, bind};
use crate::config::{DBT_VERSION, Environment};
use crate::diagnostic::{Diagnostic, did_you_mean};

/// What an invocation's templates share.
pub struct Globals {
    /// Each package's variables, those of the root project and the command line over them.
    pub vars: HashMap<String, Map<String, Json>>,
    /// The variables where no package is known: while project files and profiles are rendered.
    pub cli_vars: Map<String, Json>,
    pub environment: Environment,
    /// Where secrets may be read: profiles and packages files.
    pub secrets_allowed: bool,
    pub target: Json,
    pub flags: Json,
    pub project_name: String,
    pub invocation_id: String,
    pub run_started_at: jiff::Timestamp,
    pub sink: Arc<dyn Fn(Message) + Send + Sync>,
}

impl Globals {
    /// Before anything of the project is known.
    pub fn bare(environment: Environment, cli_vars: Map<String, Json>) -> Self {
        Self {
            vars: HashMap::new(),
            cli_vars,
            environment,
            secrets_allowed: false,
            target: Json::Null,
            flags: Json::Null,
            project_name: String::new(),
            invocation_id: String::new(),
            run_started_at: jiff::Timestamp::UNIX_EPOCH,
            sink: Arc::new(|_| {}),
        }
    }

    /// The variables that a package's nodes see.
    pub fn vars_of(&self, package: &str) -> &Map<String, Json> {
        self.vars.get(package).unwrap_or(&self.cli_vars)
    }

    /// The `var` of a package; while parsing a missing variable is nothing instead of an error.
    pub fn var(&self, package: &str, subject: &str, parsing: bool) -> Value {
        Value::from_object(Var { vars: self.vars_of(package).clone(), subject: subject.to_owned(), parsing })
    }

    pub fn env_var(self: &Arc<Self>) -> Value {
        Value::from_object(EnvVar(Arc::clone(self)))
    }
}

const NAMES: [&str; 9] = [
    "var",
    "env_var",
    "target",
    "flags",
    "project_name",
    "invocation_id",
    "run_started_at",
    "dbt_version",
    "env",
];

/// [`Globals`] as parsing sees them.
pub struct ParseGlobals(pub Arc<Globals>);

impl SharedNames for ParseGlobals {
    fn get(&self, name: &str, scope: &ParseScope) -> Option<Value> {
        let globals = &self.0;
        match name {
            "var" => Some(globals.var(&scope.subject().package, &scope.subject().locator, true)),
            "env_var" => Some(globals.env_var()),
            "target" | "env" => Some(python::from_json(&globals.target)),
            "flags" => Some(python::from_json(&globals.flags)),
            "project_name" => Some(Value::from(globals.project_name.as_str())),
            "invocation_id" => Some(Value::from(globals.invocation_id.as_str())),
            "dbt_version" => Some(Value::from(DBT_VERSION)),
            "graph" => Some(python::dict([])),
            "pre_hooks" | "post_hooks" | "selected_resources" => Some(python::list(Vec::new())),
            _ => None,
        }
    }

    fn names(&self) -> Vec<String> {
        NAMES.map(str::to_owned).into()
    }

    fn emit(&self, message: Message, _scope: &ParseScope) {
        (self.0.sink)(message);
    }
}

struct Var {
    vars: Map<String, Json>,
    subject: String,
    parsing: bool,
}

impl fmt::Debug for Var {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("var")
    }
}

impl Object for Var {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn call(self: &Arc<Self>, _state: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
        let [name, default] = bind("var", args, ["var_name", "default"])?;
        let name = name.as_ref().map(python::to_str).unwrap_or_default();
        if let Some(value) = self.vars.get(&name) {
            return Ok(python::from_json(value));
        }
        match default {
            Some(default) if !default.is_none() => Ok(default),
            Some(default) => Ok(default),
            None if self.parsing => Ok(Value::from(())),
            None => Err(python::raise(self.missing(&name))),
        }
    }

    fn call_method(
        self: &Arc<Self>,
        _state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        match (method, args) {
            ("has_var", [name]) => Ok(Value::from(self.vars.contains_key(&python::to_str(name)))),
            _ => Err(Error::from(ErrorKind::UnknownMethod)),
        }
    }
}

impl Var {
    fn missing(&self, name: &str) -> Diagnostic {
        let shown = serde_json::to_string_pretty(&self.vars).unwrap_or_default();
        let subject = if self.subject.is_empty() { "<Configuration>" } else { &self.subject };
        Diagnostic::compilation(
            "missing-var",
            format!("Required var '{name}' not found in config:\nVars supplied to {subject} = {shown}"),
        )
        .help(
            did_you_mean(name, self.vars.keys().map(String::as_str))
                .unwrap_or_else(|| format!("add `{name}` under `vars:`, or pass `--vars '{{{name}: ...}}'`")),
        )
    }
}

struct EnvVar(Arc<Globals>);

impl fmt::Debug for EnvVar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("env_var")
    }
}

impl Object for EnvVar {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn call(self: &Arc<Self>, _state: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
        let [name, default] = bind("env_var", args, ["var", "default"])?;
        let name = name.as_ref().map(python::to_str).unwrap_or_default();
        if !self.0.secrets_allowed
            && ["DBT_ENV_SECRET", "DBT_ENGINE_ENV_SECRET"].iter().any(|p| name.starts_with(p))
        {
            return Err(python::raise(
                Diagnostic::parsing(
                    "secret-env-var",
                    format!(
                        "Secret env vars are allowed only in profiles.yml or packages.yml. Found '{name}' referenced elsewhere."
                    ),
                )
                .help("read it in profiles.yml, or rename the variable"),
            ));
        }
        if let Some(value) = self.0.environment.get(&name) {
            return Ok(Value::from(value));
        }
        default.filter(|default| !default.is_none()).ok_or_else(|| {
            python::raise(
                Diagnostic::parsing(
                    "missing-env-var",
                    format!("Env var required but not provided: '{name}'"),
                )
                .help(format!("set {name}, or give a default: `env_var('{name}', '...')`")),
            )
        })
    }
}
