//! What each name of a node's context means.

use std::borrow::Cow;
use std::sync::{Arc, PoisonError};

use minijinja::Value;
use serde_json::{Value as Json, json};

use super::builtins::Builtins;
use super::config::ConfigObject;
use super::references::{Kind, Reference};
use super::{NodeContext, RunTarget, Subject, model, templates};
use crate::config::DBT_VERSION;
use crate::context::functions::{EnvVar, Secrets, Var, Vars};
use crate::context::guards::guard;
use crate::context::interval;
use crate::context::objects::Relation;
use crate::jinja::python::{datetime, from_json};
use crate::manifest::{Node, NodeKind};

/// The names that [`NodeContext::value`] knows, for "did you mean" and `context`.
pub(super) const NAMES: &[&str] = &[
    "adapter",
    "api",
    "builtins",
    "column",
    "compiled_code",
    "config",
    "database",
    "database_schemas",
    "dbt_metadata_envs",
    "dbt_version",
    "defer_relation",
    "env",
    "env_var",
    "exceptions",
    "execute",
    "flags",
    "fromjson",
    "fromyaml",
    "function",
    "graph",
    "interval_end",
    "interval_start",
    "invocation_args_dict",
    "invocation_id",
    "load_agate_table",
    "load_result",
    "local_md5",
    "log",
    "metric",
    "model",
    "modules",
    "post_hooks",
    "pre_hooks",
    "print",
    "project_name",
    "ref",
    "render",
    "results",
    "run_started_at",
    "schema",
    "schemas",
    "selected_resources",
    "set",
    "source",
    "source_node",
    "sql",
    "sql_now",
    "store_raw_result",
    "store_result",
    "target",
    "this",
    "thread_id",
    "tojson",
    "toyaml",
    "try_or_compiler_error",
    "validation",
    "var",
    "write",
    "zip",
];

impl NodeContext {
    /// The node's own names, then the database's, then those of every template.
    pub(super) fn value(&self, name: &str) -> Option<Value> {
        if let Some(value) = self.extra.get(name) {
            return Some(value.clone());
        }
        if let "model" | "config" | "target" | "env" | "flags" | "pre_hooks" | "post_hooks" | "var" | "this" =
            name
        {
            let known = self.made.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned();
            return known.or_else(|| {
                let value = self.own_value(name)?;
                self.made
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .insert(name.to_owned(), value.clone());
                Some(value)
            });
        }
        self.own_value(name)
    }

    fn own_value(&self, name: &str) -> Option<Value> {
        match name {
            "ref" => self.reference_object(Kind::Ref),
            "source" => self.reference_object(Kind::Source),
            "metric" => self.reference_object(Kind::Metric),
            "function" => self.reference_object(Kind::Function),
            "builtins" => Some(Value::from_object(Builtins { context: self.me.upgrade()?, names: NAMES })),
            "config" => Some(self.config()),
            "execute" => Some(Value::from(true)),
            "this" => Some(self.this()),
            "model" => Some(self.model()),
            "graph" => Some(self.shared.graph()),
            "database" => Some(self.database()),
            "schema" => Some(self.schema()),
            "pre_hooks" => Some(self.hooks("pre-hook")),
            "post_hooks" => Some(self.hooks("post-hook")),
            "sql" | "compiled_code" => Some(self.compiled_code()),
            "selected_resources" => Some(from_json(&json!(self.shared.selected))),
            "defer_relation" => Some(self.defer_relation()),
            "source_node" => match &self.subject {
                Subject::Source(source) => Some(from_json(&json!(source))),
                _ => None,
            },
            "invocation_args_dict" => Some(from_json(&self.shared.invocation.args)),
            "dbt_metadata_envs" => Some(from_json(&self.shared.invocation.metadata_envs)),
            "render" | "write" | "rsdbt_condition" | "rsdbt_write_first" | "rsdbt_input" => {
                Some(templates::function(name, &self.me.upgrade()?))
            }
            "try_or_compiler_error" | "validation" => guard(name),
            "sql_now" => Some(Value::from("now()")),
            "var" => Some(self.var()),
            "env_var" => Some(self.env_var()),
            "target" | "env" => Some(from_json(&self.home().shown)),
            "flags" => Some(from_json(&self.flags())),
            "project_name" => Some(Value::from(self.shared.project.name.as_str())),
            "invocation_id" => Some(Value::from(self.shared.invocation.id.as_str())),
            "dbt_version" => Some(Value::from(DBT_VERSION)),
            "interval_start" | "interval_end" => {
                Some(interval::value(name, &self.flags(), &self.shared.project.environment))
            }
            "run_started_at" => Some(datetime::utc(self.shared.invocation.started_at)),
            "thread_id" => Some(Value::from(match std::thread::current().name() {
                Some("main") | None => "MainThread".to_owned(),
                Some(name) => name.to_owned(),
            })),
            _ => self.database.as_ref().and_then(|database| database.get(name)),
        }
    }

    fn flags(&self) -> Cow<'_, Json> {
        let node = match &self.subject {
            Subject::Node(node) => Some(node.unique_id.as_str()),
            Subject::Source(_) | Subject::Operation => None,
        };
        self.shared.flags_of(node)
    }

    fn reference_object(&self, kind: Kind) -> Option<Value> {
        Some(Value::from_object(Reference { kind, context: self.me.upgrade()? }))
    }

    fn config(&self) -> Value {
        let empty = crate::manifest::Config::new();
        let object = match &self.subject {
            Subject::Node(node) => ConfigObject::new(&node.config, &node.unique_id),
            Subject::Source(source) => ConfigObject::new(&source.config, &source.unique_id),
            Subject::Operation => ConfigObject::new(&empty, "operation"),
        };
        Value::from_object(object)
    }

    /// The package's variables; a unit test's own stand over them.
    fn var(&self) -> Value {
        let known = self
            .shared
            .project
            .vars
            .get(self.package_name())
            .or_else(|| self.shared.project.vars.get(&self.shared.project.name));
        let mut values = known.cloned().unwrap_or_default();
        if let Some(test) = &self.unit_test {
            Arc::make_mut(&mut values).extend(&Vars::of_json(test.vars.clone()));
        }
        let node_name = self.subject_resource().map(|subject| subject.name().to_owned());
        Var { values, node_name, required: true }.to_value()
    }

    fn env_var(&self) -> Value {
        let environment = self.shared.project.environment.clone();
        let own = self.unit_test.as_ref().map(|test| test.env_vars.clone()).unwrap_or_default();
        let lookup = move |name: &str| match own.get(name) {
            Some(Json::String(text)) => Some(text.clone()),
            Some(other) => Some(other.to_string()),
            None => environment.get(name).map(str::to_owned),
        };
        EnvVar::new(Arc::new(lookup), Secrets::Refused).to_value()
    }

    fn this(&self) -> Value {
        if let Some(test) = &self.unit_test {
            let Some(this) = &test.this else { return Value::from(()) };
            self.add_cte(&this.unique_id);
            return Value::from(Relation::ephemeral_name(&this.name));
        }
        let spec = match &self.subject {
            Subject::Node(node) if matches!(node.kind, NodeKind::Operation { .. }) => return Value::from(()),
            Subject::Node(node) => self.shared.relation_of(node),
            Subject::Source(source) => self.shared.relation_of_source(source),
            Subject::Operation => return Value::UNDEFINED,
        };
        spec.to_value()
    }

    /// The output of what is spoken of.
    fn home(&self) -> &RunTarget {
        let resource = self.subject_resource();
        self.shared.output_of(resource.and_then(|resource| self.shared.manifest.home(resource)))
    }

    fn model(&self) -> Value {
        match &self.subject {
            Subject::Node(node) => from_json(&model::model(node, self.batch.as_ref())),
            Subject::Source(source) => from_json(&json!(source)),
            Subject::Operation => Value::UNDEFINED,
        }
    }

    fn database(&self) -> Value {
        let own = self.node().and_then(|node| node.database.as_deref());
        Value::from(own.unwrap_or(&self.shared.target.database))
    }

    fn schema(&self) -> Value {
        Value::from(self.node().map_or(self.shared.target.schema.as_str(), |node| node.schema.as_str()))
    }

    /// dbt: tests have no hooks.
    fn hooks(&self, name: &str) -> Value {
        let none = || crate::jinja::python::list(Vec::new());
        match self.node() {
            Some(node) if node.is_test() => none(),
            Some(node) => match node.config.get(name) {
                Some(hooks @ Json::Array(_)) => from_json(hooks),
                _ => none(),
            },
            None => Value::from(()),
        }
    }

    fn compiled_code(&self) -> Value {
        let code = |node: &Arc<Node>| node.compiled.as_ref().and_then(|compiled| compiled.code.clone());
        match self.node().and_then(code) {
            Some(code) => Value::from(&*code),
            None => Value::from(()),
        }
    }

    fn defer_relation(&self) -> Value {
        let counterpart =
            |node: &Arc<Node>| self.shared.defer.as_ref()?.counterpart(&node.unique_id).cloned();
        let other = self.node().and_then(counterpart).map(|other| self.shared.relation_of(&other));
        other.map_or_else(|| Value::from(()), |relation| relation.to_value())
    }
}
