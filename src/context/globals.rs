//! The names of an invocation that templates share while they are parsed: variables, the environment, `target`,
//! `flags`. What is the same for every invocation is in [`functions`](super::functions).

use std::sync::Arc;

use minijinja::Value;
use serde_json::Value as Json;

use crate::config::{DBT_VERSION, Environment};
use crate::hashed::HashMap;
use crate::jinja::Message;
use crate::jinja::python::{self, datetime};

use super::functions::{EnvVar, Secrets, Var, Vars};
use super::guards::guard;
use super::interval;
use super::objects::adapter;
use super::parsing::{ParseScope, SharedNames};

/// What an invocation's templates share.
pub(crate) struct Globals {
    /// Each package's variables, those of the root project and the command line over them.
    pub vars: HashMap<String, Arc<Vars>>,
    /// The variables where no package is known: while project files and profiles are rendered.
    pub cli_vars: Arc<Vars>,
    pub environment: Arc<Environment>,
    pub secrets: Secrets,
    pub target: Json,
    pub flags: Json,
    pub project_name: String,
    pub invocation_id: String,
    pub run_started_at: jiff::Timestamp,
    pub sink: Arc<dyn Fn(Message) + Send + Sync>,
}

impl Globals {
    /// Before anything of the project is known.
    pub(crate) fn bare(environment: Arc<Environment>, cli_vars: Vars, secrets: Secrets) -> Self {
        Self {
            vars: HashMap::default(),
            cli_vars: Arc::new(cli_vars),
            environment,
            secrets,
            target: Json::Null,
            flags: Json::Null,
            project_name: String::new(),
            invocation_id: String::new(),
            run_started_at: jiff::Timestamp::UNIX_EPOCH,
            sink: Arc::new(|_| {}),
        }
    }

    /// The variables that a package's nodes see.
    pub(crate) fn vars_of(&self, package: &str) -> &Arc<Vars> {
        self.vars.get(package).unwrap_or(&self.cli_vars)
    }

    fn env_var(&self) -> EnvVar {
        let environment = Arc::clone(&self.environment);
        EnvVar::new(Arc::new(move |name: &str| environment.get(name).map(str::to_owned)), self.secrets)
    }
}

const NAMES: [&str; 12] = [
    "var",
    "env_var",
    "target",
    "flags",
    "project_name",
    "interval_end",
    "interval_start",
    "invocation_id",
    "run_started_at",
    "dbt_version",
    "env",
    "adapter",
];

/// [`Globals`] as parsing sees them, and what `builtins.ref.config` is.
pub(crate) struct ParseGlobals {
    pub globals: Arc<Globals>,
    pub runtime_config: Value,
}

impl SharedNames for ParseGlobals {
    fn get(&self, name: &str, scope: &ParseScope) -> Option<Value> {
        let globals = &self.globals;
        let subject = scope.subject();
        Some(match name {
            "var" => Var {
                values: Arc::clone(globals.vars_of(subject.package())),
                node_name: subject.locator(),
                required: scope.is_strict(),
            }
            .to_value(),
            "env_var" => globals.env_var().to_value(),
            "target" | "env" => python::from_json(&globals.target),
            "flags" => python::from_json(&globals.flags),
            "project_name" => Value::from(globals.project_name.as_str()),
            "invocation_id" => Value::from(globals.invocation_id.as_str()),
            "dbt_version" => Value::from(DBT_VERSION),
            "interval_start" | "interval_end" => {
                interval::parsed(name, &globals.flags, &globals.environment, globals.run_started_at)
            }
            "run_started_at" => datetime::utc(globals.run_started_at),
            "graph" => python::dict([]),
            "sql_now" => Value::from("now()"),
            "sql" | "compiled_code" | "defer_relation" => Value::from(()),
            "invocation_args_dict" => self.runtime_config.get_attr("args").unwrap_or_default(),
            "dbt_metadata_envs" => python::dict([]),
            "thread_id" => Value::from("MainThread"),
            "try_or_compiler_error" | "validation" => return guard(name),
            "pre_hooks" | "post_hooks" | "selected_resources" => python::list(Vec::new()),
            _ => return adapter::parse_name(name),
        })
    }

    fn runtime_config(&self) -> Value {
        self.runtime_config.clone()
    }

    fn names(&self) -> Vec<String> {
        NAMES.map(str::to_owned).into()
    }

    fn emit(&self, message: Message, _scope: &ParseScope) {
        (self.globals.sink)(message);
    }
}
