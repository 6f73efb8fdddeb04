//! `rsdbt backfill MODEL --from --to`: builds a past time range of incremental models in batches, each once.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

use super::backfill_added;
use super::backfill_apart::{Apart, Batch, reads_its_table};
use super::backfill_plan::{Models, batches};
use super::built::{self, Built, adds_rows};
use super::connect::Connect;
use super::first_build;
use super::homes::Homes;
use super::interrupted::interrupted;
use super::invocation::Invocation;
use super::log_run;
use super::running;
use super::schedule_task::range;
use super::session::{ParsedProject, Session};
use super::table_rows::has_rows;
use super::whole_or_part;
use super::{CommandResult, Outcome};
use crate::adapter::{Cell, Connection};
use crate::diagnostic::{Diagnostic, Diagnostics, Result};
use crate::hashed::{HashMap, HashSet};
use crate::manifest::connection_of;
use crate::memory;
use crate::options::table::{
    BATCH, DOWNSTREAM, DRY_RUN, INTERVAL_END, INTERVAL_START, MARK_BUILT, REBUILD, WRITE_JSON,
};
use crate::run::{self, Command, Event, HeldTogether, NodeResult, RunResults};
use crate::run_log::RunLog;

pub(super) fn run(invocation: &Invocation) -> CommandResult {
    let Some(range) = range(invocation)? else {
        let error = Diagnostic::runtime("backfill", "`--from` and `--to` are missing");
        return Err(error
            .help("write the range as `--from 2024-05-01 --to 2024-05-08`; the end is not part of it")
            .into());
    };
    refuse_other_wishes(invocation)?;
    let batches = batches(invocation, [range.start, range.end])?;
    let log = log_run::of(invocation)?;
    let session = Session::load(invocation)?;
    let parsed = session.parse()?;
    let models = Models::named(invocation, &parsed)?;
    let connect = Connect::new(&session.profile, invocation)?;
    let mut connection = Connection::open(&Arc::new(connect.settings.clone()))?;
    memory::prepare(&mut connection)?;
    hold(&mut connection, &session.profile.target.schema, models.name())?;
    let mut backfill =
        Backfill { invocation, session, parsed, connect, log, built: Vec::new(), made_of: Vec::new() };
    if invocation.flags.is(&MARK_BUILT) {
        return backfill.mark_built(models.name(), [range.start, range.end]);
    }
    backfill.read(&models)?;
    let batches = backfill.pieces(&batches);
    if invocation.flags.is(&REBUILD) {
        // all of it once more, and what is done of that counts when the command is repeated
        backfill.forget(models.name(), [range.start, range.end])?;
    }
    let open: Vec<[Timestamp; 2]> =
        batches.iter().copied().filter(|batch| !backfill.missing(*batch).is_empty()).collect();
    backfill.say_plan(&batches);
    if invocation.flags.is(&DRY_RUN) {
        return Ok(Outcome::Success);
    }
    backfill.run_all(&models, &open)
}

/// What is noted is one range of one model.
fn refuse_other_wishes(invocation: &Invocation) -> Result<()> {
    let flags = &invocation.flags;
    let given = |name: &'static str, is_given: bool| is_given.then_some(name);
    let wishes = [
        given("--rebuild", flags.is(&REBUILD)),
        given("--downstream", flags.is(&DOWNSTREAM)),
        given("--batch", flags.text(&BATCH).is_some()),
    ];
    let Some(wish) = wishes.into_iter().flatten().next().filter(|_| flags.is(&MARK_BUILT)) else {
        return Ok(());
    };
    let message = format!(
        "`{wish}` is not allowed with `--mark-built`, which notes the range of this model and builds nothing"
    );
    Err(Diagnostic::runtime("backfill-option", message)
        .help(format!("leave `{wish}` out, or `--mark-built`"))
        .boxed())
}

/// One backfill of a model at a time: two would build the same batches.
fn hold(connection: &mut Connection, schema: &str, model: &str) -> Result<()> {
    let lock = format!("rsdbt backfill {schema} {model}");
    let taken = connection.query(
        "select pg_catalog.pg_try_advisory_lock(pg_catalog.hashtextextended($1::text, 0))",
        &[&lock],
    )?;
    if taken.rows.first().and_then(|row| row.first()) == Some(&Cell::Bool(true)) {
        return Ok(());
    }
    let message = format!("another process is filling `{model}` already");
    Err(Diagnostic::runtime("backfill-taken", message).help("repeat the command when it has ended").boxed())
}

struct Backfill<'i> {
    invocation: &'i Invocation,
    session: Session<'i>,
    parsed: ParsedProject,
    connect: Connect,
    log: Option<RunLog>,
    /// Of each model that is built in parts.
    built: Vec<(String, Built)>,
    /// Pairs of their places: what replaces its rows, and what it is made of. Each pair comes after those of its source.
    made_of: Vec<(usize, usize)>,
}

impl Backfill<'_> {
    /// Each model's database knows what of it is built.
    fn read(&mut self, models: &Models) -> Result<()> {
        whole_or_part::refuse_refreshed(&self.parsed.manifest, &models.in_parts)?;
        let mut homes = Homes::new(&self.connect);
        for unique_id in &models.in_parts {
            let Some(node) = self.parsed.manifest.nodes.get(unique_id) else { continue };
            let home = homes.session(self.session.output_of(connection_of(&node.config)))?;
            let adds = adds_rows(node);
            let mut built = Built::of(home, &self.parsed, node, adds)?;
            if adds {
                let help = "delete the rows that it has of the range, if any, and say so by `--rebuild`. Or ";
                let refused = Some(help).filter(|_| !self.invocation.flags.is(&REBUILD));
                let takes_all = || first_build::takes_all(&self.session, &self.parsed, node);
                built = backfill_added::known(home, node, built, refused, takes_all)?;
            } else if !built.is_empty() && !has_rows(home, node)? {
                // emptied since
                built = Built::none();
            }
            self.built.push((unique_id.clone(), built));
        }
        self.made_of = self.pairs();
        Ok(())
    }

    /// Somebody knows that the table has all rows of the range.
    fn mark_built(&self, name: &str, range: [Timestamp; 2]) -> CommandResult {
        let Some(node) = self.parsed.manifest.nodes.get(name) else { return Ok(Outcome::Success) };
        let mut homes = Homes::new(&self.connect);
        let home = homes.session(self.session.output_of(connection_of(&node.config)))?;
        memory::prepare(home)?;
        let [start, end] = built::window(range);
        if self.invocation.flags.is(&DRY_RUN) {
            self.say(&format!("{start} .. {end}  would be noted as built"));
            return Ok(Outcome::Success);
        }
        built::note(home, &self.parsed, node, range)?;
        self.say(&format!("{start} .. {end}  is noted as built"));
        Ok(Outcome::Success)
    }

    fn pairs(&self) -> Vec<(usize, usize)> {
        let (manifest, graph) = (&self.parsed.manifest, &self.parsed.graph);
        let below: Vec<HashSet<&str>> = self
            .built
            .iter()
            .map(|(id, _)| graph.descendants(id, None).iter().map(|at| graph.id_at(at)).collect())
            .collect();
        let replaces = |id: &str| manifest.nodes.get(id).is_some_and(|node| !adds_rows(node));
        let mut pairs = Vec::new();
        for (of, (id, _)) in self.built.iter().enumerate().filter(|(_, (id, _))| replaces(id)) {
            let sources = below.iter().enumerate().filter(|(_, below)| below.contains(id.as_str()));
            pairs.extend(sources.map(|(source, _)| (of, source)));
        }
        // who has more above it comes later
        let above =
            |of: usize| below.iter().filter(|below| below.contains(self.built[of].0.as_str())).count();
        pairs.sort_by_key(|(of, _)| above(*of));
        pairs
    }

    fn reads_its_table(&self, models: &Models) -> Result<bool> {
        let Some(node) = self.parsed.manifest.nodes.get(models.name()) else { return Ok(false) };
        let mut homes = Homes::new(&self.connect);
        let home = homes.session(self.session.output_of(connection_of(&node.config)))?;
        reads_its_table(home, &self.parsed.manifest, node)
    }

    /// Of what only adds rows, nothing is built twice.
    fn pieces(&self, batches: &[Batch]) -> Vec<Batch> {
        let adding = self.built.iter().filter(|(unique_id, _)| {
            self.parsed.manifest.nodes.get(unique_id).is_some_and(|node| adds_rows(node))
        });
        backfill_added::pieces(batches, adding.map(|(_, built)| built))
    }

    fn forget(&mut self, name: &str, [start, end]: [Timestamp; 2]) -> Result<()> {
        let mut homes = Homes::new(&self.connect);
        let is_dry = self.invocation.flags.is(&DRY_RUN);
        for (unique_id, built) in &mut self.built {
            let Some(node) = self.parsed.manifest.nodes.get(unique_id) else { continue };
            // only of the model that is named somebody has said that its rows are gone
            if adds_rows(node) && unique_id != name {
                continue;
            }
            if !is_dry {
                let home = homes.session(self.session.output_of(connection_of(&node.config)))?;
                built::forget(home, node, [start, end])?;
            }
            built.remove([start, end]);
        }
        Ok(())
    }

    /// The models of which the batch is not built.
    fn missing(&self, batch: [Timestamp; 2]) -> Vec<String> {
        let is_open = |(_, built): &&(String, Built)| !built.covers(batch);
        let mut missing: HashSet<&str> =
            self.built.iter().filter(is_open).map(|(unique_id, _)| unique_id.as_str()).collect();
        // what is made of rows that are built anew is built anew, too, and so is what was made of those before them
        for (of, source) in &self.made_of {
            let [(id, built), (source_id, of_source)] = [&self.built[*of], &self.built[*source]];
            if missing.contains(source_id.as_str()) || built.is_older_than(of_source, batch) {
                missing.insert(id);
            }
        }
        let in_order = self.built.iter().filter(|(unique_id, _)| missing.contains(unique_id.as_str()));
        in_order.map(|(unique_id, _)| unique_id.clone()).collect()
    }

    fn say(&self, text: &str) {
        self.invocation.emitter.emit(Event::PrintEvent { msg: text.to_owned() });
    }

    fn say_plan(&self, batches: &[[Timestamp; 2]]) {
        for batch in batches {
            let [start, end] = built::window(*batch);
            let missing = self.missing(*batch);
            let what = if missing.is_empty() {
                "is built".to_owned()
            } else {
                let names: Vec<&str> = missing.iter().map(|id| id.rsplit('.').next().unwrap_or(id)).collect();
                format!("to build: {}", names.join(", "))
            };
            self.say(&format!("{start} .. {end}  {what}"));
        }
    }

    fn run_all(&mut self, models: &Models, open: &[Batch]) -> CommandResult {
        let apart = match Apart::of(&self.session, &self.parsed, models) {
            Some(_) if self.reads_its_table(models)? => None,
            apart => apart,
        };
        let threads = self.session.profile.threads.max(1);
        let groups = match &apart {
            Some(apart) => apart.groups(open, threads),
            None => open.iter().map(|batch| vec![*batch]).collect(),
        };
        // sessions of one batch are those of the next
        self.session.early.keep();
        let course = Course { begun: Instant::now(), all: open.len(), started: 0.into(), done: 0.into() };
        for group in groups {
            let built = match group.as_slice() {
                [batch] => self.batch(models, *batch, &course, None)?.then_some(*batch).into_iter().collect(),
                _ => self.side_by_side(models, &group, &course, threads)?,
            };
            for batch in &built {
                self.built.iter_mut().for_each(|(_, known)| known.add(*batch));
            }
            if built.len() < group.len() {
                let without = if self.invocation.flags.is(&REBUILD) { ", without `--rebuild`," } else { "" };
                self.say(&format!("stopped: the same command{without} continues with what is missing"));
                return Ok(Outcome::Failure);
            }
        }
        if !open.is_empty() && !models.last.is_empty() && !self.build(&models.last, None, None)? {
            return Ok(Outcome::Failure);
        }
        let noun = if open.len() == 1 { "batch" } else { "batches" };
        self.say(&format!("{} {noun} built", open.len()));
        Ok(Outcome::Success)
    }

    /// Whether all went well.
    fn batch(
        &self,
        models: &Models,
        batch: Batch,
        course: &Course,
        beside: Option<&Beside>,
    ) -> Result<bool, Diagnostics> {
        let [start, end] = built::window(batch);
        let at = course.started.fetch_add(1, Ordering::Relaxed) + 1;
        self.say(&format!("batch {at} of {}: {start} .. {end}{}", course.all, course.remaining()));
        let mut selected = self.missing(batch);
        selected.extend(models.between.iter().cloned());
        let is_built = self.build(&selected, Some(batch), beside)?;
        course.done.fetch_add(1, Ordering::Relaxed);
        Ok(is_built)
    }

    /// Several batches at a time, under locks that they hold together. Those that were built: what is at work when one fails is finished.
    fn side_by_side(
        &self,
        models: &Models,
        group: &[Batch],
        course: &Course,
        threads: usize,
    ) -> Result<Vec<Batch>, Diagnostics> {
        let beside = Beside::default();
        let next = AtomicUsize::new(0);
        let (built, problem) = (Mutex::new(Vec::new()), Mutex::new(None));
        let work = || {
            while let Some(batch) = group.get(next.fetch_add(1, Ordering::Relaxed)) {
                let done = self.batch(models, *batch, course, Some(&beside));
                if !matches!(done, Ok(true)) {
                    // nobody begins another one
                    next.store(group.len(), Ordering::Relaxed);
                }
                match done {
                    Ok(true) => built.lock().unwrap_or_else(PoisonError::into_inner).push(*batch),
                    Ok(false) => {}
                    Err(error) => *problem.lock().unwrap_or_else(PoisonError::into_inner) = Some(error),
                }
            }
        };
        thread::scope(|scope| (0..threads.min(group.len())).for_each(|_| drop(scope.spawn(work))));
        beside.held.hand_on(&self.session.early);
        let results = beside.results.into_inner().unwrap_or_else(PoisonError::into_inner);
        if self.invocation.flags.is(&WRITE_JSON) && !results.is_empty() {
            let path = self.session.target_directory.join("run_results.json");
            let seconds = course.begun.elapsed().as_secs_f64();
            RunResults::new(results, seconds).write(&path, &self.invocation.for_artifacts())?;
        }
        match problem.into_inner().unwrap_or_else(PoisonError::into_inner) {
            Some(problem) => Err(problem),
            None => Ok(built.into_inner().unwrap_or_else(PoisonError::into_inner)),
        }
    }

    /// Whether all went well.
    fn build(
        &self,
        selected: &[String],
        batch: Option<Batch>,
        beside: Option<&Beside>,
    ) -> Result<bool, Diagnostics> {
        let window = batch.map(built::window);
        let parsed = match &window {
            Some([start, end]) => {
                built::noting(&self.parsed, selected, [start, end], Some(&HashMap::default()))
            }
            None => built::noting(&self.parsed, &[], ["", ""], None),
        };
        let mut inputs = running::inputs(&self.session, &parsed, &self.connect, Command::Run, selected)?;
        if let Some(window) = window {
            if let (Some(shared), [start, end]) = (Arc::get_mut(&mut inputs.shared), &window) {
                shared.set_flag(INTERVAL_START.0.key, &start.replace(' ', "T"));
                shared.set_flag(INTERVAL_END.0.key, &end.replace(' ', "T"));
                if beside.is_some() {
                    // the macros need not keep batches of one model from each other
                    shared.set_flag("rsdbt_side_by_side", "true");
                }
            }
            inputs.options.event_time = window.map(Some);
        }
        if let Some(beside) = beside {
            inputs.held = Some(beside.held.clone());
            inputs.options.threads = 1;
            inputs.options.write_json = false;
            inputs.options.part = batch.map(built::window).map(|[start, end]| format!("{start} .. {end}"));
        }
        let plan = run::plan(&parsed.manifest, &parsed.graph, selected, Command::Run);
        let mut outcome = run::execute(&inputs, &plan)?;
        if let Some(log) = &self.log {
            let of = |at: usize| batch.map(|batch| batch[at].to_string());
            log_run::write(log, &self.session, &self.connect, &outcome.results, [of(0), of(1)]);
        }
        if outcome.results.interrupted {
            return Err(interrupted().into());
        }
        let is_built = outcome.results.success();
        if let Some(beside) = beside {
            let mut all = beside.results.lock().unwrap_or_else(PoisonError::into_inner);
            all.append(&mut outcome.results.results);
        }
        Ok(is_built)
    }
}

/// What batches have in common that are built at the same time.
#[derive(Default)]
struct Beside {
    held: HeldTogether,
    results: Mutex<Vec<NodeResult>>,
}

/// How far a backfill is.
struct Course {
    begun: Instant,
    all: usize,
    started: AtomicUsize,
    done: AtomicUsize,
}

impl Course {
    /// By the batches so far.
    fn remaining(&self) -> String {
        let done = self.done.load(Ordering::Relaxed);
        let Some(each) = u32::try_from(done).ok().and_then(|done| self.begun.elapsed().checked_div(done))
        else {
            return String::new();
        };
        let left: Duration = each.saturating_mul(u32::try_from(self.all - done).unwrap_or(u32::MAX));
        let left = SignedDuration::from_secs(i64::try_from(left.as_secs()).unwrap_or(i64::MAX));
        format!(", about {left:#} left")
    }
}
