//! What templates call on a relation.

use minijinja::{Error, Value};

use super::attributes::optional;
use super::changes::{PARTS, change_by_keywords, checked, set_path};
use super::class::class_method;
use super::index_changes::index_changes;
use super::{Details, InformationSchema, Policy, Relation, RelationType};
use crate::jinja::python::{
    Arguments, bind, bind_required, dict, expect_str, given, no_arguments, raise, unknown_method,
};

impl Relation {
    pub(super) fn method(&self, method: &str, args: &[Value]) -> Result<Value, Error> {
        match method {
            "include" | "quote" => {
                let flags = bind(method, args, PARTS)?;
                let flags = [flags[0].as_ref(), flags[1].as_ref(), flags[2].as_ref()];
                let change = |policy: Policy| policy.with(flags);
                Ok(self
                    .changed(|details| {
                        if method == "include" {
                            details.include_policy = change(details.include_policy);
                        } else {
                            details.quote_policy = change(details.quote_policy);
                        }
                    })
                    .to_value())
            }
            "incorporate" | "replace" => self.incorporate(args),
            "replace_path" => {
                let parts = bind(method, args, PARTS)?;
                self.with_path(parts).and_then(checked)
            }
            "information_schema" => {
                let [view] = bind(method, args, ["view_name"])?;
                let view = view.as_ref().and_then(Value::as_str);
                Ok(self.information_schema(view).to_value())
            }
            "matches" => self.matches_call(args),
            "get" => {
                let [key, default] = bind_required(method, args, ["key", "default"], 1)?;
                let default = if given(&default) { default } else { Value::from(()) };
                Ok(self.attribute(expect_str(method, &key)?).unwrap_or(default))
            }
            "quoted" => {
                let [name] = bind_required(method, args, ["identifier"], 1)?;
                Ok(Value::from(crate::adapter::quote_identifier(expect_str(method, &name)?)))
            }
            "render_event_time_filtered" => {
                let [rendered] = bind(method, args, ["rendered"])?;
                let rendered = rendered.filter(given).map_or_else(|| self.render(), |text| text.to_string());
                Ok(Value::from(self.filtered(rendered)))
            }
            "get_materialized_view_config_change_collection" => {
                let [existing, wanted] =
                    bind_required(method, args, ["relation_results", "relation_config"], 2)?;
                index_changes(&existing, &wanted).map_err(raise)
            }
            "get_function_config" => function_config(args),
            "get_function_macro_name" => {
                let [config] = bind_required(method, args, ["config"], 1)?;
                let (kind, language) = (config.get_attr("type")?, config.get_attr("language")?);
                Ok(Value::from(format!("{kind}_function_{language}")))
            }
            _ => self.plain_method(method, args),
        }
    }

    fn plain_method(&self, method: &str, args: &[Value]) -> Result<Value, Error> {
        let plain = |value: Value| no_arguments(method, args).map(|()| value);
        match method {
            "render" => plain(Value::from(self.render())),
            "render_limited" => plain(Value::from(self.limited(self.render()))),
            "relation_max_name_length" => plain(Value::from(super::NAME_LIMIT)),
            "information_schema_only" => plain(self.information_schema(None).to_value()),
            "without_identifier" => {
                let changed = self.changed(|details| {
                    details.include_policy.identifier = false;
                    details.identifier = None;
                });
                plain(changed.to_value())
            }
            "to_dict" => plain(dict([
                ("path".into(), self.path()),
                ("type".into(), optional(self.kind.map(RelationType::as_str))),
                ("quote_policy".into(), self.quote_policy.to_value()),
                ("include_policy".into(), self.include_policy.to_value()),
                ("dbt_created".into(), self.dbt_created.into()),
            ])),
            // minijinja parses `relation.is_view()` as a call; dbt's are properties.
            "keys" => plain(crate::jinja::python::list(
                ["database", "schema", "identifier"].map(Value::from).to_vec(),
            )),
            _ => class_method(method, args).unwrap_or_else(|| Err(unknown_method("Relation", method))),
        }
    }

    fn incorporate(&self, args: &[Value]) -> Result<Value, Error> {
        let arguments = Arguments::new("incorporate", args);
        let mut details = Details::clone(self);
        change_by_keywords(&mut details, arguments.keywords())?;
        checked(Self(details.into()))
    }

    pub(super) fn with_path(&self, parts: [Option<Value>; 3]) -> Result<Self, Error> {
        let mut details = Details::clone(self);
        set_path(&mut details, parts)?;
        Ok(Self(details.into()))
    }

    /// The information schema of this relation's database.
    pub(crate) fn information_schema(&self, view: Option<&str>) -> Self {
        self.changed(|details| {
            details.kind = Some(RelationType::View);
            details.include_policy =
                Policy { database: details.database.is_some(), schema: false, identifier: true };
            details.quote_policy.identifier = false;
            details.schema = None;
            details.identifier = Some("INFORMATION_SCHEMA".into());
            details.limit = None;
            details.event_time_filter = None;
            details.information_schema = Some(InformationSchema { view: view.map(str::to_owned) });
        })
    }

    fn matches_call(&self, args: &[Value]) -> Result<Value, Error> {
        let parts = bind("matches", args, PARTS)?;
        let text = |part: &Option<Value>| part.as_ref().and_then(Value::as_str).map(str::to_owned);
        let parts = [text(&parts[0]), text(&parts[1]), text(&parts[2])];
        self.matches(parts[0].as_deref(), parts[1].as_deref(), parts[2].as_deref())
            .map(Value::from)
            .map_err(raise)
    }
}

fn function_config(args: &[Value]) -> Result<Value, Error> {
    let [model] = bind_required("get_function_config", args, ["model"], 1)?;
    if model.get_attr("resource_type")?.as_str() != Some("function") {
        return Ok(Value::from(()));
    }
    let config = model.get_attr("config")?;
    let from_config = |key: &str| config.get_attr(key).ok().filter(given).unwrap_or(Value::from(()));
    Ok(dict([
        ("language".into(), model.get_attr("language")?),
        ("type".into(), from_config("type")),
        ("runtime_version".into(), from_config("runtime_version")),
        ("entry_point".into(), from_config("entry_point")),
    ]))
}
