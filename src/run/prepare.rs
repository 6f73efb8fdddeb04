//! Before the first node: the schemas and the relation cache.

use std::collections::BTreeSet;

use super::describe;
use super::event::Event;
use super::held_schemas::Locked;
use super::inputs::{Cached, Command, Introspection};
use super::plan::{Action, Plan};
use super::state::Run;
use crate::adapter::{Connection, catalog, other_database};
use crate::context::objects::Relation;
use crate::diagnostic::Result;
use crate::manifest::{Node, NodeKind, Resource, SourceDefinition};

impl Run<'_> {
    /// The nodes of the plan that have relations of their own.
    fn relational(&self, plan: &Plan) -> Vec<&Node> {
        let manifest = self.manifest();
        plan.steps
            .iter()
            .filter_map(|step| {
                let id = &step.unique_id;
                manifest.nodes.get(id).or_else(|| manifest.functions.get(id)).map(AsRef::as_ref)
            })
            .filter(|node| {
                node.is_relational()
                    || matches!(node.kind, NodeKind::Function(_))
                    || (node.is_test() && self.stores_failures(node))
            })
            .collect()
    }

    /// Those in one of the outputs.
    fn relational_in(&self, plan: &Plan, output: usize) -> impl Iterator<Item = &Node> {
        let is_in = move |node: &&Node| self.home_and_site(&node.unique_id).0 == output;
        self.relational(plan).into_iter().filter(is_in)
    }

    pub(super) fn written_schemas(&self, plan: &Plan, output: usize) -> BTreeSet<String> {
        self.relational_in(plan, output).map(|node| node.schema.clone()).collect()
    }

    /// The target's own output, and those where the plan has relations.
    pub(super) fn prepared_outputs(&self, plan: &Plan) -> Vec<usize> {
        let is_used = |output: &usize| {
            *output == 0
                || self.relational_in(plan, *output).next().is_some()
                || self.loaded_sources(plan, *output).next().is_some()
        };
        (0..self.outputs.len()).filter(is_used).collect()
    }

    /// The source tables that the plan loads into one of the outputs.
    fn loaded_sources<'p>(
        &'p self,
        plan: &'p Plan,
        output: usize,
    ) -> impl Iterator<Item = &'p SourceDefinition> {
        let loads = plan.steps.iter().filter(|step| step.action == Action::Load);
        let loads = loads.filter(move |step| self.home_and_site(&step.unique_id).0 == output);
        loads.filter_map(|step| self.manifest().sources.get(&step.unique_id).map(AsRef::as_ref))
    }

    /// What the run keeps other runs off.
    pub(super) fn locked(&self, plan: &Plan, output: usize) -> BTreeSet<Locked> {
        let schemas = self.written_schemas(plan, output).into_iter().map(Locked::Schema);
        let tables = self
            .loaded_sources(plan, output)
            .map(|source| Locked::Table { schema: source.schema.clone(), table: source.identifier.clone() });
        schemas.chain(tables).collect()
    }

    /// As soon as the relation cache would be read: of the whole project, or of the selected nodes.
    pub(super) fn refuse_other_databases(&self, plan: &Plan) -> Result<()> {
        let options = &self.inputs.options;
        let reads = options.cached != Cached::None && self.inputs.command != Command::Freshness;
        if !reads || options.introspection != Introspection::Allowed {
            return Ok(());
        }
        let nodes: Vec<&Node> = if options.cached == Cached::OfSelected {
            self.relational(plan)
        } else {
            self.manifest().nodes.values().map(AsRef::as_ref).filter(|node| node.is_relational()).collect()
        };
        let foreign = nodes.into_iter().find_map(|node| {
            let own = &self.home_of(node).adapter_settings.database;
            let other = node.database.as_deref().filter(|other| !other.eq_ignore_ascii_case(own))?;
            Some((node, other, own))
        });
        foreign.map_or(Ok(()), |(node, other, own)| {
            Err(other_database(other, own).subject(describe::locator(Resource::Node(node))).boxed())
        })
    }

    /// Creates the schemas that the plan needs, through the project's own `create_schema`.
    pub(super) fn create_schemas(
        &self,
        connection: &mut Connection,
        plan: &Plan,
        output: usize,
        create: &mut dyn FnMut(&Relation) -> Result<()>,
    ) -> Result<()> {
        let existing: BTreeSet<String> =
            catalog::existing_schemas(connection)?.into_iter().map(|schema| schema.to_lowercase()).collect();
        connection.rollback_if_open()?;
        let mut known = existing;
        let nodes = self.relational_in(plan, output).map(|node| self.inputs.shared.relation_of(node));
        let sources =
            self.loaded_sources(plan, output).map(|source| self.inputs.shared.relation_of_source(source));
        for relation in nodes.chain(sources) {
            let Some(schema) = relation.schema.clone() else { continue };
            if known.insert(schema.to_lowercase()) {
                let name = format!("database: {:?}\nschema: {schema:?}\n", relation.database);
                self.emitter.emit(Event::SchemaCreation { relation: name });
                create(&relation)?;
                self.outputs[output].cache.add_schema(&schema);
            }
        }
        Ok(())
    }

    /// Reads the relations of the schemas that the project uses, or of the selected nodes' ones.
    pub(super) fn populate_cache(
        &self,
        connection: &mut Connection,
        plan: &Plan,
        output: usize,
    ) -> Result<()> {
        if self.inputs.options.cached == Cached::None {
            return Ok(());
        }
        let mut schemas: BTreeSet<String> = if self.inputs.options.cached == Cached::OfSelected {
            self.written_schemas(plan, output)
        } else {
            let nodes = self.manifest().nodes.values().filter(|node| node.is_relational());
            nodes
                .filter(|node| self.home_and_site(&node.unique_id).0 == output)
                .map(|node| node.schema.clone())
                .collect()
        };
        schemas.extend(self.written_schemas(plan, output));
        if let (Command::Clone, Some(defer)) = (self.inputs.command, &self.inputs.shared.defer) {
            let ids = plan.steps.iter().map(|step| step.unique_id.as_str());
            let ids = ids.filter(|id| self.home_and_site(id).0 == output);
            schemas.extend(ids.filter_map(|id| defer.counterpart(id)).map(|node| node.schema.clone()));
        }
        let schemas: Vec<String> = schemas.into_iter().collect();
        self.outputs[output].cache.load(connection, &schemas)
    }
}
