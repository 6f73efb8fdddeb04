//! What tests answer without their own statements: the failures of all tests of a relation are counted by one statement, and where a
//! constraint rules them out, by none. A test of which nothing is known in the end sends its statement as ever.

use std::sync::Arc;

use super::super::countable::{Countable, Kind, is_relation_name};
use super::super::event::{Event, Level};
use super::compile::Extra;
use super::{NodeRun, Worker};
use crate::context::objects::adapter::KnownAnswer;
use crate::diagnostic::{Diagnostic, Result};
use crate::jinja::python::{dict, items_of, list, to_str};
use crate::jinja::{Context, Value};
use crate::manifest::Node;

/// A test whose failures are not known yet.
struct Open {
    unique_id: String,
    countable: Countable,
    /// What is counted of the rows that are read.
    condition: String,
}

impl Open {
    fn new(unique_id: &str, countable: Countable) -> Self {
        Self { unique_id: unique_id.to_owned(), condition: countable.condition.clone(), countable }
    }
}

/// Of which relation failures are counted, and what is read for that.
struct Counted<'c> {
    relation: &'c str,
    read: &'c str,
}

impl NodeRun<'_, '_> {
    /// The answer of the test's statement. Its mates are asked about along with it, once.
    pub(super) fn known_answer(&mut self, worker: &mut Worker, node: &Arc<Node>) -> Option<KnownAnswer> {
        let run = self.run;
        if let Some(answer) = run.take_answer(&node.unique_id) {
            return Some(answer);
        }
        let own = Open::new(&node.unique_id, run.countable(node)?);
        let compiled = node.compiled.as_ref().and_then(|compiled| compiled.code.as_deref())?;
        let relation = own.countable.relation(compiled)?;
        let mut open = vec![own];
        for mate in std::mem::take(&mut self.mates) {
            let countable = run.manifest().nodes.get(&mate.unique_id).and_then(|node| run.countable(node));
            open.extend(countable.map(|countable| Open::new(&mate.unique_id, countable)));
        }
        self.prove(worker, node, relation, &mut open);
        open.retain(|test| test.countable.kind != Kind::Unique);
        self.count_together(worker, node, relation, open);
        run.take_answer(&node.unique_id)
    }

    /// Answers those that cannot fail.
    fn prove(&mut self, worker: &mut Worker, node: &Arc<Node>, relation: &str, open: &mut Vec<Open>) {
        if !is_relation_name(relation) {
            return;
        }
        let wanted = |test: &Open| {
            let kind = match test.countable.kind {
                Kind::NotNull => "not_null",
                Kind::Unique => "unique",
                Kind::AcceptedValues => return None,
            };
            let (column, is_quoted) =
                test.countable.column_name().filter(|_| test.countable.filter.is_none())?;
            Some((kind, column, is_quoted))
        };
        let asked: Vec<Value> = open
            .iter()
            .enumerate()
            .filter_map(|(place, test)| {
                let (kind, column, is_quoted) = wanted(test)?;
                let fields = [
                    ("place".into(), Value::from(place)),
                    ("kind".into(), Value::from(kind)),
                    ("column".into(), Value::from(column)),
                    ("is_quoted".into(), Value::from(is_quoted)),
                ];
                Some(dict(fields))
            })
            .collect();
        if asked.is_empty() {
            return;
        }
        let rows = self.ask(worker, node, "rsdbt_proofs_of_tests", &[Value::from(relation), list(asked)]);
        let mut proofs: Vec<Option<String>> = vec![None; open.len()];
        for row in rows.unwrap_or_default() {
            let [place, proof] = &items_of(&row).unwrap_or_default()[..] else { continue };
            if let Some(known) = place.as_usize().and_then(|place| proofs.get_mut(place)) {
                *known = Some(to_str(proof));
            }
        }
        let mut proofs = proofs.into_iter();
        open.retain(|test| {
            let Some(proof) = proofs.next().flatten() else { return true };
            self.run.keep_answer(&test.unique_id, test.countable.answer(relation, 0, Some(&proof)));
            false
        });
    }

    /// Answers all by one statement: of the rows that all read, or of the whole relation.
    fn count_together(&mut self, worker: &mut Worker, node: &Arc<Node>, relation: &str, mut open: Vec<Open>) {
        let Some(first) = open.first().map(|test| &test.countable) else { return };
        let read = if open.iter().all(|test| test.countable.filter == first.filter) {
            first.read(relation)
        } else {
            open.retain_mut(|test| match test.countable.folded(relation) {
                Some(folded) => {
                    test.condition = folded;
                    true
                }
                None => false,
            });
            relation.to_owned()
        };
        let counted = Counted { relation, read: &read };
        self.count(worker, node, &counted, &open);
    }

    /// Where the server refuses the statement for what one of them says, the others are counted without that one.
    fn count(&mut self, worker: &mut Worker, node: &Arc<Node>, from: &Counted<'_>, open: &[Open]) {
        if open.len() < 2 {
            return;
        }
        let tests = open.iter().map(|test| {
            let distinct = (test.countable.kind == Kind::AcceptedValues).then_some(&test.countable.column);
            dict([
                ("condition".into(), Value::from(test.condition.as_str())),
                ("distinct".into(), distinct.map_or(Value::from(()), |column| Value::from(column.as_str()))),
            ])
        });
        let arguments = [Value::from(from.read), list(tests.collect())];
        match self.ask(worker, node, "rsdbt_failures_of_tests", &arguments) {
            Ok(counts) => {
                for (test, count) in open.iter().zip(&counts).filter(|_| counts.len() == open.len()) {
                    let Some(count) = count.as_i64() else { continue };
                    self.run.keep_answer(&test.unique_id, test.countable.answer(from.relation, count, None));
                }
                let msg = format!(
                    "{}: one statement has counted the failures of {} tests",
                    node.unique_id,
                    open.len()
                );
                self.run.emitter.emit_at(Level::Debug, Some(&self.info), Event::Note { msg });
            }
            Err(error) if is_about_text(&error) => {
                let (first, second) = open.split_at(open.len() / 2);
                self.count(worker, node, from, first);
                self.count(worker, node, from, second);
            }
            Err(_) => {}
        }
    }

    /// The rows, or values, that a macro finds in the database. After an error the session is as new.
    fn ask(
        &mut self,
        worker: &mut Worker,
        node: &Arc<Node>,
        name: &str,
        arguments: &[Value],
    ) -> Result<Vec<Value>> {
        let run = self.run;
        let context: Arc<dyn Context> = run.context(worker, node, Extra::default());
        let answer = run.inputs.engine.execute_macro(name, &context, arguments);
        // what a macro of the project returns instead is no answer
        let found = answer.map(|value| items_of(&value).unwrap_or_default());
        if let Err(error) = &found {
            let reason = error.message.lines().next().unwrap_or_default();
            let msg = format!("{}: tests are not answered together ({reason})", node.unique_id);
            run.emitter.emit_at(Level::Debug, Some(&self.info), Event::Note { msg });
            worker.start_again(run, &node.unique_id, &self.info)?;
        }
        found
    }
}

/// Whether the server has refused the statement before it read a row.
fn is_about_text(error: &Diagnostic) -> bool {
    error.server.as_ref().is_some_and(|server| server.offset.is_some())
}
