//! One try of one interval of a node that has a schedule: it is built in this process, with its tests where it asks for them.

use std::sync::Arc;

use jiff::Timestamp;

use super::added_once::{self, Left};
use super::built::{self, adds_rows_once};
use super::connect::Connect;
use super::homes::Homes;
use super::lease::with_hooks;
use super::log_run;
use super::running;
use super::session::{ParsedProject, Session};
use super::whole_or_part;
use crate::diagnostic::Result;
use crate::hashed::HashMap;
use crate::manifest::{Manifest, connection_of};
use crate::options::table::{INTERVAL_END, INTERVAL_START};
use crate::run::{self, Command, NodeResult};
use crate::run_log::RunLog;
use crate::schedule::{Ledger, Task};

pub(super) struct ScheduledNode<'s, 'a> {
    pub(super) task: &'s Task,
    pub(super) session: &'s Session<'a>,
    pub(super) parsed: &'s ParsedProject,
    pub(super) connect: &'s Connect,
    pub(super) ledger: &'s Ledger,
    pub(super) log: Option<&'s RunLog>,
}

/// Where a node is built, and what it commits there.
struct BuildPlace {
    output: String,
    mark: Option<String>,
    proof: String,
}

impl ScheduledNode<'_, '_> {
    /// Where it lives.
    pub(super) fn output(&self) -> &str {
        let node = self.parsed.manifest.nodes.get(&self.task.unique_id);
        self.session.output_of(node.and_then(|node| connection_of(&node.config)))
    }

    /// `None` if an earlier attempt has committed in another database.
    fn place(&self, logical_time: Timestamp) -> Result<Option<BuildPlace>> {
        let unique_id = &self.task.unique_id;
        let lease = self.ledger.lease(unique_id, logical_time);
        let output = self.output().to_owned();
        let own = &self.session.profile.target_name;
        if output == *own {
            let mark = self.ledger.success_statement(unique_id, logical_time);
            return Ok(Some(BuildPlace { output, mark, proof: lease.proof() }));
        }
        let mut homes = Homes::new(self.connect);
        let record = lease.record(homes.session(own)?)?;
        let home = homes.session(&output)?;
        let lease = lease.enter(&record, home)?;
        if lease.done(home)?.iter().any(|(node, _)| node == unique_id) {
            return Ok(None);
        }
        let mark = Some(lease.marker(unique_id, ""));
        Ok(Some(BuildPlace { output, mark, proof: lease.proof() }))
    }

    /// Runs the node for the interval's window, and its tests; why it failed, if it did.
    pub(super) fn build(&self, logical_time: Timestamp) -> Result<Option<String>> {
        let Some(place) = self.place(logical_time)? else { return Ok(None) };
        let Some(statement) = place.mark else {
            return Ok(Some("the interval is not known to be at work".to_owned()));
        };
        let task = self.task;
        let parsed = with_hooks(self.parsed, "post-hook", &[(task.unique_id.as_str(), statement)]);
        let mut selected = vec![task.unique_id.clone()];
        // of a new cron, the first one may begin before the end of what is done
        let mut interval = [self.ledger.covered_until(task, logical_time), task.following(logical_time)];
        let left = self.left_to_add(&selected, interval)?;
        interval = left.less.get(&task.unique_id).copied().unwrap_or(interval);
        selected.retain(|id| !left.none.contains(id));
        let window = interval.map(|at| at.strftime("%Y-%m-%d %H:%M:%S").to_string());
        let parsed = built::noting(&parsed, &selected, [&window[0], &window[1]], Some(&HashMap::default()));
        let command = if task.schedule.test { Command::Build } else { Command::Run };
        if task.schedule.test {
            selected.extend(tests_of(&parsed.manifest, &task.unique_id));
        }
        if selected.is_empty() {
            return Ok(None);
        }
        whole_or_part::refuse_part(self.session, &parsed, self.connect, &selected)?;
        let mut inputs = running::inputs(self.session, &parsed, self.connect, command, &selected)?;
        if let (Some(shared), [start, end]) = (Arc::get_mut(&mut inputs.shared), &window) {
            shared.set_flag(INTERVAL_START.0.key, start);
            shared.set_flag(INTERVAL_END.0.key, end);
        }
        inputs.options.event_time = window.map(Some);
        inputs.options.terms.proofs.insert(place.output, place.proof);
        let plan = run::plan(&parsed.manifest, &parsed.graph, &selected, command);
        let outcome = run::execute(&inputs, &plan)?;
        if let Some(log) = self.log {
            let interval = interval.map(|at| Some(at.to_string()));
            log_run::write(log, self.session, self.connect, &outcome.results, interval);
        }
        if outcome.results.success() {
            return Ok(None);
        }
        let messages: Vec<String> =
            outcome.results.results.iter().filter_map(|result| self.why_failed(result)).collect();
        Ok(Some(if messages.is_empty() { "interrupted".to_owned() } else { messages.join("; ") }))
    }

    /// What of the interval is not there.
    fn left_to_add(&self, selected: &[String], window: [Timestamp; 2]) -> Result<Left> {
        let node = self.parsed.manifest.nodes.get(&self.task.unique_id);
        if !node.is_some_and(|node| adds_rows_once(node)) {
            return Ok(Left::default());
        }
        added_once::left(self.session, self.parsed, self.connect, selected, window, true)
    }

    /// The message of what failed; of a test or hook with its name.
    fn why_failed(&self, result: &NodeResult) -> Option<String> {
        let message = result.message.clone().filter(|_| result.status.is_failure())?;
        if result.unique_id == self.task.unique_id {
            return Some(message);
        }
        let node = self.parsed.manifest.nodes.get(&result.unique_id);
        Some(node.map_or_else(|| message.clone(), |node| format!("{}: {message}", node.name)))
    }
}

/// All that are attached to a node.
fn tests_of<'m>(manifest: &'m Manifest, unique_id: &'m str) -> impl Iterator<Item = String> + 'm {
    manifest.nodes.values().filter_map(move |node| {
        let attached = node.generic_test()?.attached_node.as_deref()?;
        (attached == unique_id).then(|| node.unique_id.clone())
    })
}
