//! `ref()`, `source()` and `function()` while a node runs: from names to relations, with dbt's rules for
//! ephemeral models, deferral, `--empty` and event-time filters.

use crate::adapter::quote_identifier;
use std::sync::Arc;

use minijinja::value::{Object, ObjectRepr};
use minijinja::{Error, State, Value};

use super::NodeContext;
use super::cte_target::CteTarget;
use crate::context::objects::{
    EventTimeFilter, MetricReference, Policy, Relation, RelationType, RuntimeConfig,
};
use crate::diagnostic::Diagnostic;
use crate::jinja::python::{Arguments, from_json, raise, to_json, type_name};
use crate::manifest::{
    Found, Node, Reason, RefArgs, Resource, SourceDefinition, Target, Version, ambiguous_ref, forbidden,
    target_not_found,
};

/// What the function resolves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Ref,
    Source,
    Metric,
    Function,
}

/// The callable.
#[derive(Debug)]
pub(super) struct Reference {
    pub(super) kind: Kind,
    pub(super) context: Arc<NodeContext>,
}

impl Object for Reference {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let config = || RuntimeConfig(self.context.shared.invocation.runtime_config.clone());
        (key.as_str()? == "config").then(|| Value::from_object(config()))
    }

    fn call(self: &Arc<Self>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
        let relation = match self.kind {
            Kind::Ref => self.context.reference(&ref_args(args)?),
            Kind::Source => {
                let [source, table] = pair(args)?;
                self.context.source(&source, &table)
            }
            Kind::Metric => {
                let args = ref_args(args)?;
                return self.context.metric(&args.name, args.package.as_deref()).map_err(raise);
            }
            Kind::Function => {
                let args = ref_args(args)?;
                self.context.function(&args.name, args.package.as_deref())
            }
        };
        relation.map(|relation| relation.to_value()).map_err(raise)
    }
}

fn ref_args(args: &[Value]) -> Result<RefArgs, Error> {
    let mut arguments = Arguments::new("ref", args);
    let version = arguments.take_keyword("version").filter(Value::is_true);
    let version = arguments.take_keyword("v").filter(|v| version.is_none() && v.is_true()).or(version);
    let version = version.as_ref().map(version_of).transpose()?;
    let (package, name) = match arguments.positional {
        [name] => (None, name),
        [package, name] => (Some(package), name),
        other => {
            return Err(raise(Diagnostic::compilation(
                "bad-ref",
                format!("ref() takes at most two arguments ({} given)", other.len()),
            )));
        }
    };
    let text = |what: &str, value: &Value| {
        value.as_str().map(str::to_owned).ok_or_else(|| {
            raise(Diagnostic::compilation(
                "bad-ref",
                format!("The {what} argument to ref() must be a string, got {}", type_name(value)),
            ))
        })
    };
    let package =
        package.filter(|package| !package.is_none()).map(|value| text("package", value)).transpose()?;
    Ok(RefArgs { name: text("name", name)?, package, version })
}

fn version_of(value: &Value) -> Result<Version, Error> {
    if let Some(text) = value.as_str() {
        return Ok(Version::Text(text.to_owned()));
    }
    let number = match to_json(value) {
        serde_json::Value::Number(number) => Some(Version::Number(number)),
        _ => None,
    };
    number.ok_or_else(|| {
        raise(Diagnostic::compilation(
            "bad-ref",
            format!(
                "The version argument to ref() must be a string, int, float, or None - got {}",
                type_name(value)
            ),
        ))
    })
}

fn pair(args: &[Value]) -> Result<[String; 2], Error> {
    let [source, table] = args else {
        return Err(raise(Diagnostic::compilation(
            "bad-source",
            format!("source() takes exactly two arguments ({} given)", args.len()),
        )));
    };
    let text = |what: &str, value: &Value| {
        value.as_str().map(str::to_owned).ok_or_else(|| {
            raise(Diagnostic::compilation(
                "bad-source",
                format!("The {what} argument to source() must be a string, got {}", type_name(value)),
            ))
        })
    };
    Ok([text("source name (first)", source)?, text("table name (second)", table)?])
}

type Resolved = Result<Relation, Box<Diagnostic>>;

impl NodeContext {
    fn reference(&self, args: &RefArgs) -> Resolved {
        let shared = &self.shared;
        let subject = self.subject_resource();
        let found =
            shared.lookup.reference(self.package_name(), args).map_err(|ambiguous| match subject {
                Some(subject) => ambiguous_ref(subject, &ambiguous).boxed(),
                None => Diagnostic::compilation("ambiguous-ref", ambiguous.name).boxed(),
            })?;
        let missing = |reason| self.missing(Target::Ref(args), reason);
        let id = match found {
            Found::Enabled(id) => id,
            Found::Disabled(_) => return Err(missing(Reason::Disabled)),
            Found::Missing => return Err(missing(Reason::NotFound)),
        };
        if let Some(test) = &self.unit_test {
            return test
                .stand_in(id)
                .map(|input| self.use_cte(&input))
                .ok_or_else(|| missing(Reason::NotFound));
        }
        let Some(target) = shared.manifest.nodes.get(id) else { return Err(missing(Reason::NotFound)) };
        if let Some(subject) = subject
            && let Some(error) = forbidden(subject, target, &shared.project.restricted_packages)
        {
            return Err(error.boxed());
        }
        if self.checks_dependencies() && !self.depends_on(id) {
            return Err(self.undeclared(args));
        }
        if target.is_ephemeral_model() {
            if subject.is_none() {
                return Err(Diagnostic::compilation(
                    "ephemeral-in-operation",
                    format!("Operations can not ref() ephemeral nodes, but {} is ephemeral", target.name),
                )
                .boxed());
            }
            let relation = self.use_cte(&CteTarget { unique_id: id.to_owned(), name: target.alias.clone() });
            return Ok(relation
                .with_limit(shared.limit())
                .with_event_time_filter(self.event_time_of_node(target)));
        }
        let target = self.deferred(target).unwrap_or_else(|| Arc::clone(target));
        let relation = shared.relation_of(&target).with_limit(shared.limit());
        Ok(relation.with_event_time_filter(self.event_time_of_node(&target)))
    }

    /// A node or source as the graph has it, or what stands for it in the state. None for what has no rows.
    pub(super) fn input(&self, unique_id: &str) -> Value {
        let manifest = &self.shared.manifest;
        match (manifest.nodes.get(unique_id), manifest.sources.get(unique_id)) {
            (Some(node), _) => {
                let deferred = self.deferred(node);
                from_json(&serde_json::json!(deferred.as_ref().unwrap_or(node)))
            }
            (None, Some(source)) => from_json(&serde_json::json!(source)),
            (None, None) => Value::from(()),
        }
    }

    /// The node in the state that stands for a node that was not built here.
    fn deferred(&self, target: &Arc<Node>) -> Option<Arc<Node>> {
        let defer = self.shared.defer.as_ref()?;
        defer.target(&target.unique_id, || self.relation_exists(target)).map(Arc::clone)
    }

    fn source(&self, source: &str, table: &str) -> Resolved {
        let missing = |reason| self.missing(Target::Source(source, table), reason);
        let id = match self.shared.lookup.source(self.package_name(), source, table) {
            Found::Enabled(id) => id,
            Found::Disabled(_) => return Err(missing(Reason::Disabled)),
            Found::Missing => return Err(missing(Reason::NotFound)),
        };
        if let Some(test) = &self.unit_test {
            return test
                .stand_in(id)
                .map(|input| self.use_cte(&input))
                .ok_or_else(|| missing(Reason::NotFound));
        }
        let Some(target) = self.shared.manifest.sources.get(id) else {
            return Err(missing(Reason::NotFound));
        };
        let relation = self.shared.relation_of_source(target).with_limit(self.shared.limit());
        Ok(relation.with_event_time_filter(self.event_time_of_source(target)))
    }

    fn function(&self, name: &str, package: Option<&str>) -> Resolved {
        let missing = |reason| self.missing(Target::Function(name, package), reason);
        let id = match self.shared.lookup.function(self.package_name(), name, package) {
            Found::Enabled(id) => id,
            Found::Disabled(_) => return Err(missing(Reason::Disabled)),
            Found::Missing => return Err(missing(Reason::NotFound)),
        };
        let Some(target) = self.shared.manifest.functions.get(id) else {
            return Err(missing(Reason::NotFound));
        };
        let deferred = self.deferred(target);
        let target = deferred.as_ref().unwrap_or(target);
        Ok(self.shared.relation_of(target).with_quoting(Policy::default()).of_type(RelationType::Function))
    }

    fn metric(&self, name: &str, package: Option<&str>) -> Result<Value, Box<Diagnostic>> {
        let missing = |reason| self.missing(Target::Metric(name, package), reason);
        let id = match self.shared.lookup.metric(self.package_name(), name, package) {
            Found::Enabled(id) => id,
            Found::Disabled(_) => return Err(missing(Reason::Disabled)),
            Found::Missing => return Err(missing(Reason::NotFound)),
        };
        let metric = self.shared.manifest.metrics.get(id).ok_or_else(|| missing(Reason::NotFound))?;
        let fields = serde_json::to_value(metric).unwrap_or_default();
        let package = Some(metric.package_name.clone());
        Ok(MetricReference { name: metric.name.clone(), package, fields }.into_value())
    }

    /// Remembers that the query needs this CTE.
    fn use_cte(&self, target: &CteTarget) -> Relation {
        self.add_cte(&target.unique_id);
        Relation::ephemeral(&target.name)
    }

    fn missing(&self, target: Target<'_>, reason: Reason) -> Box<Diagnostic> {
        match self.subject_resource() {
            Some(subject) => target_not_found(subject, target, reason, &self.shared.lookup).boxed(),
            None => Diagnostic::compilation("missing-ref", format!("{target:?} was not found")).boxed(),
        }
    }

    /// dbt's advice about refs that parsing did not see.
    fn undeclared(&self, args: &RefArgs) -> Box<Diagnostic> {
        let mut text = match &args.package {
            Some(package) => format!("'{package}', '{}'", args.name),
            None => format!("'{}'", args.name),
        };
        if let Some(version) = &args.version {
            text.push_str(&format!(", v={version}"));
        }
        let name = self.subject_resource().map_or("", Resource::name);
        Diagnostic::compilation(
            "undeclared-ref",
            format!(
                "dbt was unable to infer all dependencies for the model \"{name}\".\n\
                 This typically happens when ref() is placed within a conditional block.\n\n\
                 To fix this, add the following hint to the top of the model \"{name}\":\n\n\
                 -- depends_on: {{{{ ref({text}) }}}}"
            ),
        )
        .boxed()
    }

    fn event_time_of_node(&self, target: &Node) -> Option<EventTimeFilter> {
        let field = target.config.get("event_time")?.as_str()?;
        let column = target.columns.get(field);
        self.event_time(field, column.and_then(|column| column.quote).unwrap_or(false))
    }

    fn event_time_of_source(&self, target: &SourceDefinition) -> Option<EventTimeFilter> {
        let field = target.config.get("event_time")?.as_str()?;
        let by_column = target.columns.get(field).and_then(|column| column.quote);
        self.event_time(field, by_column.or(target.quoting.column).unwrap_or(false))
    }

    /// The window of the batch, of the sample, or of what both have in common.
    fn event_time(&self, field: &str, quoted: bool) -> Option<EventTimeFilter> {
        let window = match (self.batch_window(), &self.shared.sample) {
            _ if !self.filters_by_event_time() => None,
            (Some(batch), Some(sample)) => Some([batch[0].max(sample[0]), batch[1].min(sample[1])]),
            (Some(window), None) => Some(window),
            (None, sample) => *sample,
        }?;
        let field = if quoted { quote_identifier(field) } else { field.to_owned() };
        let [start, end] = window;
        Some(EventTimeFilter {
            field_name: field,
            start: Some(python_time(start)),
            end: Some(python_time(end)),
        })
    }
}

/// As Python prints a datetime in UTC.
fn python_time(at: jiff::Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S+00:00").to_string()
}
