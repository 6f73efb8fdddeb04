//! Where a node lives in the database: the `generate_*_name` macros decide, the built-in ones without being called.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Map, Value as Json};

use super::quoted::Quoted;
use super::request::{ParsePlace, ParseRequest};
use super::resolved_config::ResolvedConfig;
use super::scope::Scopes;
use crate::diagnostic::{Diagnostic, Result};
use crate::hashed::HashMap;
use crate::jinja::{MacroDef, Value, python};
use crate::manifest::{Node, NodeKind, Quoting};
use crate::project::Package;

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Component {
    Database,
    Schema,
    Alias,
}

impl Component {
    fn name(self) -> &'static str {
        match self {
            Self::Database => "database",
            Self::Schema => "schema",
            Self::Alias => "alias",
        }
    }
}

/// The macros that name relations, as far as users replaced them.
pub(super) struct Naming<'a> {
    request: &'a ParseRequest<'a>,
    scopes: &'a Scopes,
    /// By package and component; only those that are no built-in ones.
    replaced: HashMap<(&'a str, Component), Arc<MacroDef>>,
    /// Schemas as they were named, where the server would cut the name.
    long_schemas: Mutex<BTreeSet<String>>,
}

/// In bytes, of the server.
const NAME_LIMIT: usize = 63;

impl<'a> Naming<'a> {
    pub(super) fn new(request: &'a ParseRequest<'a>, scopes: &'a Scopes) -> Self {
        let mut replaced = HashMap::default();
        for package in request.project.all().map(Package::name) {
            let imported = (package != request.root_name()).then_some(package);
            for component in [Component::Database, Component::Schema, Component::Alias] {
                let find = |package| request.engine.find_generate_macro(component.name(), package);
                let definition = imported
                    .and_then(|package| find(Some(package)))
                    .or_else(|| find(None))
                    .filter(|definition| definition.package != crate::context::BUILTIN_PACKAGE);
                if let Some(definition) = definition {
                    replaced.insert((package, component), definition);
                }
            }
        }
        Self { request, scopes, replaced, long_schemas: Mutex::default() }
    }

    /// Sets database, schema, alias and relation name from the node's resolved config.
    pub(super) fn apply(&self, node: &mut Node, config: &ResolvedConfig<'_>) -> Result<()> {
        let place = self.request.place_of(&node.config)?;
        node.database = self.component(Component::Database, config.database, node, place)?;
        node.schema = self.component(Component::Schema, config.schema, node, place)?.unwrap_or_default();
        node.alias = self.component(Component::Alias, config.alias, node, place)?.unwrap_or_default();
        if matches!(node.kind, NodeKind::Snapshot) {
            if let Some(database) = given(config.target_database) {
                node.database = Some(database);
            }
            if let Some(schema) = given(config.target_schema) {
                node.schema = schema;
            }
        }
        self.cut_schema(node);
        node.relation_name = self.holds_relation(node, config).then(|| self.relation_name(node, config));
        Ok(())
    }

    /// As the server does it, so that what this run makes is what the next one finds.
    fn cut_schema(&self, node: &mut Node) {
        if node.schema.len() <= NAME_LIMIT {
            return;
        }
        let end = node.schema.floor_char_boundary(NAME_LIMIT);
        let cut = node.schema[..end].to_owned();
        let long = std::mem::replace(&mut node.schema, cut);
        self.long_schemas.lock().unwrap_or_else(PoisonError::into_inner).insert(long);
    }

    /// A warning of each schema whose name was cut.
    pub(super) fn warnings(&self) -> Vec<Diagnostic> {
        let long = std::mem::take(&mut *self.long_schemas.lock().unwrap_or_else(PoisonError::into_inner));
        let warning = |schema: &String| {
            let message = format!(
                "the schema name `{schema}` has {} bytes; PostgreSQL cuts off what follows the first {NAME_LIMIT}",
                schema.len()
            );
            let help = "shorten `schema` in the profile or in the config, or what `generate_schema_name` makes of them";
            Diagnostic::warning("SchemaNameCut", message).help(help)
        };
        long.iter().map(warning).collect()
    }

    fn component(
        &self,
        component: Component,
        custom: &Json,
        node: &Node,
        place: Option<&ParsePlace>,
    ) -> Result<Option<String>> {
        match self.replaced.get(&(node.package_name.as_str(), component)) {
            Some(definition) => self.call(definition, custom, node, place),
            None => Ok(self.builtin(component, custom, node, place)),
        }
    }

    fn call(
        &self,
        definition: &Arc<MacroDef>,
        custom: &Json,
        node: &Node,
        place: Option<&ParsePlace>,
    ) -> Result<Option<String>> {
        let mut model = serde_json::to_value(node).unwrap_or(Json::Null);
        if let Json::Object(model) = &mut model {
            add_properties(model, node);
        }
        let target = place.map(|place| python::from_json(&place.shown));
        let context = self.scopes.naming(&definition.package, &node.locator(), target);
        let arguments = [python::from_json(custom), python::from_json(&model)];
        let name: Value = self.request.engine.call_macro(definition, &context, &arguments, &[])?;
        Ok((!name.is_none() && !name.is_undefined()).then(|| python::to_str(&name).trim().to_owned()))
    }

    /// What the built-in macros answer: every node asks three of them, so they are not called.
    fn builtin(
        &self,
        component: Component,
        custom: &Json,
        node: &Node,
        place: Option<&ParsePlace>,
    ) -> Option<String> {
        let target = &self.request.target;
        let (database, schema) =
            place.map_or((&target.database, &target.schema), |place| (&place.database, &place.schema));
        let custom = match custom {
            Json::Null => None,
            Json::String(text) => Some(text.trim().to_owned()),
            other => Some(python::json_repr(other)),
        };
        Some(match component {
            Component::Database => custom.unwrap_or_else(|| database.clone()),
            Component::Schema => match custom {
                Some(custom) => format!("{schema}_{custom}"),
                None => schema.clone(),
            },
            // dbt: an empty alias counts as unset
            Component::Alias => match custom.filter(|alias| !alias.is_empty()) {
                Some(custom) => custom,
                None => match node.version() {
                    Some(version) => format!("{}_v{}", node.name, version.to_string().replace('.', "_")),
                    None => node.name.clone(),
                },
            },
        })
    }

    fn holds_relation(&self, node: &Node, config: &ResolvedConfig<'_>) -> bool {
        match &node.kind {
            NodeKind::SingularTest | NodeKind::GenericTest(_) => match config.store_failures.as_bool() {
                Some(true) => true,
                _ => self.request.store_failures,
            },
            NodeKind::Function(_) => false,
            _ => node.is_relational(),
        }
    }

    fn relation_name(&self, node: &Node, config: &ResolvedConfig<'_>) -> String {
        let quoted =
            |key: &str, default: bool| config.quoting.get(key).and_then(Json::as_bool).unwrap_or(default);
        let base = self.request.quoting;
        let policy = Quoted {
            database: quoted("database", base.database),
            schema: quoted("schema", base.schema),
            identifier: quoted("identifier", base.identifier),
        };
        policy.render(node.database.as_deref(), &node.schema, &node.alias)
    }

    /// The name of a source's relation.
    pub(super) fn source_relation(&self, quoting: Quoting, path: [Option<&str>; 3]) -> String {
        let base = self.request.quoting;
        let policy = Quoted {
            database: quoting.database.unwrap_or(base.database),
            schema: quoting.schema.unwrap_or(base.schema),
            identifier: quoting.identifier.unwrap_or(base.identifier),
        };
        policy.render(path[0], path[1].unwrap_or_default(), path[2].unwrap_or_default())
    }
}

fn given(name: &Json) -> Option<String> {
    name.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

/// What dbt's object of a node has besides its fields.
fn add_properties(model: &mut Map<String, Json>, node: &Node) {
    let is_refable = matches!(node.kind, NodeKind::Model(_) | NodeKind::Seed { .. } | NodeKind::Snapshot);
    let alias = if node.alias.is_empty() { &node.name } else { &node.alias };
    let search_name = match node.version() {
        Some(version) => format!("{}.v{version}", node.name),
        None => node.name.clone(),
    };
    model.extend([
        ("identifier".to_owned(), alias.clone().into()),
        ("search_name".to_owned(), search_name.into()),
        ("is_refable".to_owned(), is_refable.into()),
        ("is_ephemeral".to_owned(), (node.materialized() == "ephemeral").into()),
        ("is_ephemeral_model".to_owned(), node.is_ephemeral_model().into()),
        ("is_versioned".to_owned(), node.is_versioned().into()),
        ("depends_on_nodes".to_owned(), node.depends_on.nodes.clone().into()),
        ("empty".to_owned(), node.raw_code.trim().is_empty().into()),
        ("file_id".to_owned(), format!("{}://{}", node.package_name, node.original_file_path).into()),
        ("quoting_dict".to_owned(), Json::Object(Map::new())),
        ("should_store_failures".to_owned(), false.into()),
    ]);
}
