//! The lines before and after a node.

use serde_json::Value as Json;

use super::super::describe;
use super::super::event::Event;
use super::super::executor::Turn;
use super::super::plan::Action;
use super::super::results::{NodeResult, Status};
use super::super::status::Told;
use super::NodeRun;
use crate::manifest::{NodeKind, Resource};

impl NodeRun<'_, '_> {
    pub(super) fn start_line(&self, resource: Resource<'_>) {
        if matches!(
            self.step.action,
            Action::Render | Action::Compile | Action::Show | Action::Clone | Action::Nothing
        ) {
            return;
        }
        let database = &self.run.inputs.shared.target.database;
        let Turn { index, total } = self.turn;
        let description = match (self.step.action, resource) {
            (Action::Load, Resource::Source(source)) => describe::load(source),
            _ => describe::description(resource, database) + &self.part(),
        };
        self.say(Event::LogStartLine { description, index, total });
    }

    pub(super) fn result_line(&self, result: &NodeResult, resource: Resource<'_>) {
        let Turn { index, total } = self.turn;
        let execution_time = result.execution_time;
        let message = result.message.clone().unwrap_or_default();
        let status = result.status;
        let database = &self.run.inputs.shared.target.database;
        let event = match (self.step.action, resource) {
            (Action::Materialize, Resource::Node(node)) => match node.kind {
                NodeKind::Seed { .. } => Event::LogSeedResult {
                    status,
                    result_message: message,
                    schema: node.schema.clone(),
                    relation: node.alias.clone(),
                    index,
                    total,
                    execution_time,
                },
                NodeKind::Snapshot => Event::LogSnapshotResult {
                    description: describe::representation(node, database),
                    status,
                    result_message: message,
                    index,
                    total,
                    execution_time,
                    cfg: Json::Object(serde_json::Map::clone(&node.config)),
                },
                NodeKind::Function(_) => Event::LogFunctionResult {
                    description: describe::description(resource, database),
                    status,
                    index,
                    total,
                    execution_time,
                },
                _ => Event::LogModelResult {
                    description: describe::description(resource, database) + &self.part(),
                    status: if status == Status::Error {
                        status.into()
                    } else {
                        Told::answer(status, message)
                    },
                    index,
                    total,
                    execution_time,
                },
            },
            (Action::Test | Action::UnitTest, _) => Event::LogTestResult {
                name: describe::test_name(resource),
                status,
                index,
                num_models: total,
                execution_time,
                num_failures: result.failures.unwrap_or_default(),
                attached_node: match resource {
                    Resource::Node(node) => node.generic_test().and_then(|part| part.attached_node.clone()),
                    _ => None,
                },
            },
            (Action::Freshness, Resource::Source(source)) => Event::LogFreshnessResult {
                status,
                source_name: source.source_name.clone(),
                table_name: source.name.clone(),
                index,
                total,
                execution_time,
            },
            (Action::Load, Resource::Source(source)) => Event::LogNodeResult {
                description: describe::load(source),
                status,
                index,
                total,
                execution_time,
                msg: message,
            },
            (Action::Nothing, _) => Event::LogNodeNoOpResult {
                description: describe::description(resource, database),
                status,
                index,
                total,
                execution_time,
            },
            _ => return,
        };
        self.say(event);
    }

    fn part(&self) -> String {
        self.run.inputs.options.part.as_ref().map(|part| format!(" of {part}")).unwrap_or_default()
    }
}
