//! Follows a plan on several threads: a step starts when all it waits for have ended, is skipped when one of
//! them failed, and a panic in it is that step's failure only.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use super::plan::{Plan, Step};
use super::results::{NodeResult, Status};
use crate::interrupt::Interrupt;

/// Deeply nested macros need deep stacks.
const STACK: usize = 16 << 20;
const POLL: Duration = Duration::from_millis(50);
/// How many steps a thread takes at once.
const MOST_MATES: usize = 200;

/// The "n of m" of a step.
#[derive(Debug, Clone, Copy)]
pub(super) struct Turn {
    pub(super) index: usize,
    pub(super) total: usize,
}

/// Does the work of steps.
pub(super) trait Runner: Sync {
    /// What a thread keeps between steps: its connection.
    type Worker;

    fn worker(&self) -> Self::Worker;

    /// A thread has done its last step.
    fn end(&self, worker: Self::Worker);

    /// `mates` are steps that are ready, too: what is learnt of them meanwhile is kept for their turn.
    fn run(&self, worker: &mut Self::Worker, step: &Step, mates: &[&Step], turn: Turn) -> NodeResult;

    /// `cause` is the ephemeral model whose failure skips this step.
    fn skip(&self, step: &Step, turn: Turn, cause: Option<&NodeResult>) -> NodeResult;

    /// Stops what is in flight on the server.
    fn cancel(&self);

    /// The first failure of a `--fail-fast` run.
    fn failed_fast(&self, result: &NodeResult);
}

/// How a plan is followed.
#[derive(Debug, Clone, Copy)]
pub(super) struct ExecutorOptions<'a> {
    pub(super) threads: usize,
    pub(super) fail_fast: bool,
    /// The statuses that skip what depends on a step.
    pub(super) skipping: &'a [Status],
    pub(super) interrupt: &'a Interrupt,
    pub(super) rendered: Rendered,
    /// By place in the plan: steps of one number are mates.
    pub(super) mates: &'a [Option<usize>],
}

/// Which results of steps that are not counted are there in the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rendered {
    None,
    Failed,
    All,
}

/// What the threads have done.
pub(super) struct Worked {
    pub(super) results: Vec<NodeResult>,
    pub(super) interrupted: bool,
    /// After an interrupt: steps that were running, and steps that had not begun.
    pub(super) cancelled: usize,
    pub(super) not_started: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stop {
    FailFast,
    Interrupt,
}

/// A step that is not to run, with the uncounted step that it waited for in vain.
#[derive(Clone)]
struct Skip {
    cause: Option<NodeResult>,
}

struct Progress {
    ready: BinaryHeap<Reverse<usize>>,
    waiting: Vec<usize>,
    skipped: Vec<Option<Skip>>,
    ended: Vec<bool>,
    /// Those that were taken along once.
    alone: Vec<bool>,
    open: usize,
    started: usize,
    results: Vec<NodeResult>,
    stop: Option<Stop>,
}

struct Executor<'a, R: Runner> {
    plan: &'a Plan,
    children: Vec<Vec<usize>>,
    total: usize,
    options: ExecutorOptions<'a>,
    runner: &'a R,
    progress: Mutex<Progress>,
    changed: Condvar,
}

/// Follows the plan on several threads; one result per counted step.
pub(super) fn on_threads<R: Runner>(plan: &Plan, options: ExecutorOptions<'_>, runner: &R) -> Worked {
    let mut children = vec![Vec::new(); plan.steps.len()];
    for (place, step) in plan.steps.iter().enumerate() {
        for &parent in &step.waits_for {
            children[parent].push(place);
        }
    }
    let waiting: Vec<usize> = plan.steps.iter().map(|step| step.waits_for.len()).collect();
    let ready = (0..plan.steps.len()).filter(|&place| waiting[place] == 0).map(Reverse).collect();
    let executor = Executor {
        plan,
        children,
        total: plan.counted(),
        options,
        runner,
        progress: Mutex::new(Progress {
            ready,
            waiting,
            skipped: vec![None; plan.steps.len()],
            ended: vec![false; plan.steps.len()],
            alone: vec![false; plan.steps.len()],
            open: plan.steps.len(),
            started: 0,
            results: Vec::new(),
            // nothing begins after the signal
            stop: options.interrupt.is_set().then_some(Stop::Interrupt),
        }),
        changed: Condvar::new(),
    };
    thread::scope(|scope| {
        for number in 1..=options.threads.clamp(1, plan.steps.len().max(1)) {
            let worker = thread::Builder::new().name(format!("Thread-{number} (worker)")).stack_size(STACK);
            let executor = &executor;
            if worker.spawn_scoped(scope, || executor.work()).is_err() && number == 1 {
                executor.work();
            }
        }
        executor.watch();
    });
    executor.outcome()
}

impl<R: Runner> Executor<'_, R> {
    fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The main thread: looks for Ctrl-C until all steps have ended.
    fn watch(&self) {
        let mut progress = self.progress();
        while progress.open > 0 && progress.stop.is_none() {
            if self.options.interrupt.is_set() {
                progress.stop = Some(Stop::Interrupt);
                break;
            }
            progress = self.changed.wait_timeout(progress, POLL).unwrap_or_else(PoisonError::into_inner).0;
        }
        if progress.stop.is_some() {
            drop(progress);
            self.changed.notify_all();
            self.runner.cancel();
        }
    }

    /// A worker: takes the first step that is ready, with its mates, until there is none to come.
    fn work(&self) {
        let mut worker = self.runner.worker();
        loop {
            let mut progress = self.progress();
            let place = loop {
                if progress.open == 0 || progress.stop.is_some() {
                    drop(progress);
                    return self.runner.end(worker);
                }
                if let Some(Reverse(place)) = progress.ready.pop() {
                    break place;
                }
                progress = self.changed.wait(progress).unwrap_or_else(PoisonError::into_inner);
            };
            let mates = self.take_mates(&mut progress, place);
            self.turn(&mut worker, place, &mates, progress);
            self.give_back(mates);
        }
    }

    /// One step from its beginning to its end.
    fn turn(
        &self,
        worker: &mut R::Worker,
        place: usize,
        mates: &[usize],
        mut progress: MutexGuard<'_, Progress>,
    ) {
        let step = &self.plan.steps[place];
        if step.is_counted() {
            progress.started += 1;
        }
        let at = Turn { index: progress.started, total: self.total };
        let skipped = progress.skipped[place].take();
        drop(progress);
        let result = match skipped {
            Some(Skip { cause }) => self.runner.skip(step, at, cause.as_ref()),
            None => self.run(worker, step, mates, at),
        };
        self.end(place, result);
    }

    /// Those that are ready along with a step; nobody else takes them until they are given back.
    fn take_mates(&self, progress: &mut Progress, place: usize) -> Vec<usize> {
        let number = |place: usize| self.options.mates.get(place).copied().flatten();
        let Progress { ready, skipped, alone, .. } = progress;
        let is_free = |place: usize| skipped[place].is_none() && !alone[place];
        let Some(own) = number(place).filter(|_| is_free(place)) else { return Vec::new() };
        let is_mate = |other: usize| number(other) == Some(own) && is_free(other);
        let mut mates: Vec<usize> =
            ready.iter().map(|Reverse(other)| *other).filter(|&other| is_mate(other)).collect();
        mates.sort_unstable();
        mates.truncate(MOST_MATES);
        ready.retain(|Reverse(other)| mates.binary_search(other).is_err());
        mates
    }

    /// Each has its own turn, in the plan's order.
    fn give_back(&self, mates: Vec<usize>) {
        if mates.is_empty() {
            return;
        }
        let mut progress = self.progress();
        for place in mates {
            progress.alone[place] = true;
            progress.ready.push(Reverse(place));
        }
        drop(progress);
        self.changed.notify_all();
    }

    fn run(&self, worker: &mut R::Worker, step: &Step, mates: &[usize], at: Turn) -> NodeResult {
        let mates: Vec<&Step> = mates.iter().map(|&place| &self.plan.steps[place]).collect();
        catch_unwind(AssertUnwindSafe(|| self.runner.run(worker, step, &mates, at))).unwrap_or_else(|panic| {
            // What the panic left in the connection is unknown.
            *worker = self.runner.worker();
            let text = panic
                .downcast_ref::<String>()
                .map(String::as_str)
                .or_else(|| panic.downcast_ref::<&str>().copied())
                .unwrap_or("panic");
            NodeResult::new(&step.unique_id, Status::Error)
                .with_message(format!("Exception on worker thread. {text}"))
        })
    }

    fn end(&self, place: usize, result: NodeResult) {
        let step = &self.plan.steps[place];
        let mut progress = self.progress();
        if progress.stop.is_none() && result.status.is_failure() && self.options.interrupt.is_set() {
            // the cancelled statement is heard of before the watching thread has looked
            progress.stop = Some(Stop::Interrupt);
            self.changed.notify_all();
        }
        if progress.stop.is_some() && result.status.is_failure() {
            // It was cancelled rather than failed: it counts as not run.
            return;
        }
        progress.ended[place] = true;
        progress.open -= 1;
        let skips = self.options.skipping.contains(&result.status) || result.status == Status::Skipped;
        let skips = skips && !(step.lets_children_run && result.status != Status::Skipped);
        for &child in &self.children[place] {
            progress.waiting[child] -= 1;
            if progress.waiting[child] == 0 {
                progress.ready.push(Reverse(child));
            }
            if skips {
                let cause = (!step.is_counted() && result.status != Status::Skipped).then(|| result.clone());
                let known = &mut progress.skipped[child];
                if known.as_ref().is_none_or(|known| known.cause.is_none()) {
                    *known = Some(Skip { cause });
                }
            }
        }
        let fails_fast = self.options.fail_fast && result.status.is_failure();
        if fails_fast && progress.stop.is_none() {
            progress.stop = Some(Stop::FailFast);
            self.runner.failed_fast(&result);
        }
        let is_kept = match self.options.rendered {
            Rendered::None => false,
            Rendered::Failed => result.status.is_failure(),
            Rendered::All => true,
        };
        if step.is_counted() || is_kept {
            progress.results.push(result);
        }
        drop(progress);
        self.changed.notify_all();
    }

    /// All results; what did not run is `skipped`.
    fn outcome(self) -> Worked {
        let progress = self.progress.into_inner().unwrap_or_else(PoisonError::into_inner);
        let mut results = progress.results;
        let counted = |(step, ended): (&Step, &bool)| step.is_counted() && *ended;
        let ended = self.plan.steps.iter().zip(&progress.ended).filter(|pair| counted(*pair)).count();
        let cancelled = progress.started.saturating_sub(ended);
        let not_started = self.total.saturating_sub(progress.started);
        let reason = match progress.stop {
            Some(Stop::FailFast) => "Skipping due to fail_fast",
            Some(Stop::Interrupt) => "Skipping because the run was interrupted",
            None => "",
        };
        for (step, ended) in self.plan.steps.iter().zip(&progress.ended) {
            if !ended && step.is_counted() {
                results.push(NodeResult::new(&step.unique_id, Status::Skipped).with_message(reason));
            }
        }
        Worked { results, interrupted: progress.stop == Some(Stop::Interrupt), cancelled, not_started }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::super::plan::{Action, Draft};
    use super::*;

    /// Fails, panics or succeeds by the node's name.
    #[derive(Default)]
    struct ByName {
        cancelled: AtomicUsize,
        /// Steps with those that were taken along.
        taken: Mutex<Vec<(String, Vec<String>)>>,
    }

    impl Runner for ByName {
        type Worker = ();

        fn worker(&self) {}

        fn end(&self, (): ()) {}

        fn run(&self, (): &mut (), step: &Step, mates: &[&Step], _: Turn) -> NodeResult {
            let mates = mates.iter().map(|mate| mate.unique_id.clone()).collect();
            self.taken.lock().unwrap().push((step.unique_id.clone(), mates));
            assert!(!step.unique_id.ends_with("panics"), "on purpose");
            let fails = step.unique_id.ends_with("fails");
            NodeResult::new(&step.unique_id, if fails { Status::Error } else { Status::Success })
        }

        fn skip(&self, step: &Step, _: Turn, cause: Option<&NodeResult>) -> NodeResult {
            let result = NodeResult::new(&step.unique_id, Status::Skipped);
            match cause {
                Some(cause) => result.with_message(format!("because of {}", cause.unique_id)),
                None => result,
            }
        }

        fn cancel(&self) {
            self.cancelled.fetch_add(1, Ordering::Relaxed);
        }

        fn failed_fast(&self, _: &NodeResult) {}
    }

    fn run(drafts: &[(&str, &[&str])], fail_fast: bool) -> Vec<(String, Status, Option<String>)> {
        let drafts = drafts
            .iter()
            .map(|(id, parents)| Draft {
                unique_id: (*id).into(),
                action: if id.starts_with("ephemeral") { Action::Render } else { Action::Materialize },
                lets_children_run: id.starts_with("tolerant"),
                waits_for: parents.iter().map(|&id| id.to_owned()).collect(),
            })
            .collect();
        let options = ExecutorOptions {
            threads: 1,
            fail_fast,
            skipping: &[Status::Error],
            interrupt: &Interrupt::default(),
            rendered: Rendered::None,
            mates: &[],
        };
        let outcome = on_threads(&Plan::order(drafts), options, &ByName::default());
        outcome.results.into_iter().map(|result| (result.unique_id, result.status, result.message)).collect()
    }

    #[test]
    fn failures_skip_what_depends_on_them() {
        let results = run(
            &[
                ("a_fails", &[]),
                ("b", &["a_fails"]),
                ("c", &["b"]),
                ("tolerant_fails", &[]),
                ("x", &["tolerant_fails"]),
            ],
            false,
        );
        let statuses: Vec<(&str, Status)> =
            results.iter().map(|(id, status, _)| (id.as_str(), *status)).collect();
        assert_eq!(
            statuses,
            [
                ("a_fails", Status::Error),
                ("tolerant_fails", Status::Error),
                ("b", Status::Skipped),
                ("x", Status::Success),
                ("c", Status::Skipped)
            ]
        );
    }

    #[test]
    fn a_panic_fails_its_step_only() {
        let results = run(&[("panics", &[]), ("z", &[])], false);
        assert_eq!(results[0].1, Status::Error);
        assert_eq!(results[0].2.as_deref(), Some("Exception on worker thread. on purpose"));
        assert_eq!(results[1].1, Status::Success);
    }

    #[test]
    fn fail_fast_skips_the_rest() {
        let results = run(&[("a_fails", &[]), ("z", &[])], true);
        assert_eq!(results[1], ("z".into(), Status::Skipped, Some("Skipping due to fail_fast".into())));
    }

    fn taken(names: &[&str], numbers: &[Option<usize>], fail_fast: bool) -> Vec<(String, Vec<String>)> {
        let draft = |name: &&str| Draft {
            unique_id: (*name).to_owned(),
            action: Action::Test,
            lets_children_run: false,
            waits_for: [].into(),
        };
        let options = ExecutorOptions {
            threads: 1,
            fail_fast,
            skipping: &[],
            interrupt: &Interrupt::default(),
            rendered: Rendered::None,
            mates: numbers,
        };
        let runner = ByName::default();
        on_threads(&Plan::order(names.iter().map(draft).collect()), options, &runner);
        runner.taken.into_inner().unwrap()
    }

    #[test]
    fn mates_are_taken_along_once_and_keep_their_turns() {
        let of = |name: &str, mates: &[&str]| {
            (name.to_owned(), mates.iter().map(|&mate| mate.to_owned()).collect::<Vec<_>>())
        };
        let names = ["a", "b", "c", "d", "e"];
        let numbers = [Some(1), None, Some(1), Some(2), Some(1)];
        let expected = [of("a", &["c", "e"]), of("b", &[]), of("c", &[]), of("d", &[]), of("e", &[])];
        assert_eq!(taken(&names, &numbers, false), expected);
        let names = ["a_fails", "b"];
        assert_eq!(taken(&names, &[Some(1); 2], true), [of("a_fails", &["b"])]);
    }

    #[test]
    fn an_ephemeral_models_failure_is_named() {
        let results = run(&[("ephemeral_fails", &[]), ("z", &["ephemeral_fails"])], false);
        assert_eq!(results, [("z".into(), Status::Skipped, Some("because of ephemeral_fails".into()))]);
    }
}
