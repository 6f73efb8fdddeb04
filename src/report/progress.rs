//! The block below the lines, on a terminal only: how many nodes are done and failed, what runs and for how long, what is left.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use serde_json::Value;
use unicode_width::UnicodeWidthChar as _;

use super::screen::{self, Screen};
use crate::run::{Event, Status};

const REDRAWN_EVERY: Duration = Duration::from_millis(200);
/// Nodes that run, each in a line of the block.
const SHOWN: usize = 8;
/// What is left is estimated from this on.
const ENOUGH_DONE: usize = 3;
const ENOUGH_TIME: Duration = Duration::from_secs(3);

/// The block, or nothing where the output is not a terminal.
#[derive(Debug)]
pub(super) struct Progress {
    bar: Option<ProgressBar>,
    nodes: Arc<Mutex<Nodes>>,
}

/// What is known of the nodes of the run.
#[derive(Debug)]
struct Nodes {
    begun: Instant,
    total: usize,
    done: usize,
    failed: usize,
    running: Vec<(String, Instant)>,
}

impl Progress {
    pub(super) fn new(enabled: bool) -> Self {
        let begun = Instant::now();
        let nodes = Nodes { begun, total: 0, done: 0, failed: 0, running: Vec::new() };
        let nodes = Arc::new(Mutex::new(nodes));
        // not drawn before the number of nodes is known: commands like `init` have none
        let bar = enabled.then(|| ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::hidden()));
        if let (Some(bar), Ok(style)) = (&bar, ProgressStyle::with_template("{block}")) {
            let nodes = Arc::clone(&nodes);
            bar.set_style(style.with_key(
                "block",
                move |_: &ProgressState, text: &mut dyn std::fmt::Write| {
                    let nodes = nodes.lock().unwrap_or_else(PoisonError::into_inner);
                    let _ = text.write_str(&nodes.block(Instant::now(), width()));
                },
            ));
        }
        Self { bar, nodes }
    }

    /// Whether the run has so few nodes that each may have a line.
    pub(super) fn has_few_nodes(&self) -> bool {
        const FEW: usize = 20;
        self.nodes.lock().is_ok_and(|nodes| nodes.total <= FEW)
    }

    pub(super) fn on(&self, event: &Event) {
        let Some(bar) = &self.bar else { return };
        let change = |change: &mut dyn FnMut(&mut Nodes)| {
            change(&mut self.nodes.lock().unwrap_or_else(PoisonError::into_inner));
        };
        match event {
            Event::ConcurrencyLine { node_count, .. } => {
                change(&mut |nodes| (nodes.total, nodes.begun) = (*node_count, Instant::now()));
                bar.set_draw_target(ProgressDrawTarget::term_like(Box::new(Screen::default())));
                bar.enable_steady_tick(REDRAWN_EVERY);
            }
            Event::NodeStart { unique_id } => {
                change(&mut |nodes| nodes.running.push((unique_id.clone(), Instant::now())));
            }
            Event::NodeFinished { unique_id, run_result } => change(&mut |nodes| {
                nodes.running.retain(|(id, _)| id != unique_id);
                nodes.done += 1;
                nodes.failed += usize::from(is_failure(run_result));
            }),
            Event::FinishedRunningStats { .. } | Event::EndOfRunSummary { .. } => bar.finish_and_clear(),
            _ => {}
        }
    }

    /// Runs `print` with the block out of the way.
    pub(super) fn suspend(&self, print: impl FnOnce()) {
        match &self.bar {
            Some(bar) if !bar.is_finished() => bar.suspend(print),
            _ => print(),
        }
    }

    pub(super) fn clear(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// Whether a node's result is one that fails the run.
pub(super) fn is_failure(result: &Value) -> bool {
    Status::of(result).is_some_and(Status::is_failure)
}

impl Nodes {
    fn block(&self, now: Instant, width: usize) -> String {
        let elapsed = now.saturating_duration_since(self.begun);
        let mut head = format!("{}/{} done", self.done, self.total);
        if self.failed > 0 {
            let _ = write!(head, ", {} failed", self.failed);
        }
        let _ = write!(head, ", {} running, {}", self.running.len(), clock(elapsed));
        if let Some(left) = self.left(elapsed) {
            let _ = write!(head, ", about {} left", clock(left));
        }
        let mut lines = vec![cut(&head, width)];
        for (unique_id, since) in self.running.iter().take(SHOWN) {
            let seconds = clock(now.saturating_duration_since(*since));
            let name = cut(name(unique_id), width.saturating_sub(seconds.len() + 4));
            lines.push(format!("  {seconds}  {name}"));
        }
        if let more @ 1.. = self.running.len().saturating_sub(SHOWN) {
            lines.push(format!("  and {more} more"));
        }
        lines.join("\n")
    }

    /// As long for each node as for those that are done.
    fn left(&self, elapsed: Duration) -> Option<Duration> {
        let left = u32::try_from(self.total.saturating_sub(self.done)).ok()?;
        let done = u32::try_from(self.done).ok()?;
        (self.done >= ENOUGH_DONE && elapsed >= ENOUGH_TIME && left > 0)
            .then(|| elapsed * left / done)
            .filter(|left| *left >= Duration::from_secs(1))
    }
}

/// `orders` of `model.shop.orders`, `orders.v2` of a version; a test without its hash.
fn name(unique_id: &str) -> &str {
    let mut parts = unique_id.splitn(3, '.');
    let kind = parts.next().unwrap_or_default();
    let name = parts.nth(1).unwrap_or(unique_id);
    match (kind, name.rsplit_once('.')) {
        ("test", Some((name, _))) => name,
        _ => name,
    }
}

/// `7s`, `1:05`, `1:00:00`
fn clock(time: Duration) -> String {
    let seconds = time.as_secs();
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds}s"),
        (0, minutes, seconds) => format!("{minutes}:{seconds:02}"),
        (hours, minutes, seconds) => format!("{hours}:{minutes:02}:{seconds:02}"),
    }
}

/// Nothing that acts on the terminal, and no more columns than it has.
fn cut(text: &str, width: usize) -> String {
    let text = super::visible(text);
    let columns = |text: &str| text.chars().map(|c| c.width().unwrap_or(1)).sum::<usize>();
    if columns(&text) <= width {
        return text;
    }
    let mut kept = String::new();
    for letter in text.chars() {
        if columns(&kept) + letter.width().unwrap_or(1) + 2 > width {
            break;
        }
        kept.push(letter);
    }
    kept + ".."
}

/// Of the terminal as it is now; it may be resized at any time.
fn width() -> usize {
    screen::columns().map_or(1, usize::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_block_shows_what_runs_and_fits() {
        let begun = Instant::now();
        let now = begun + Duration::from_secs(130);
        let run = |id: &str| (id.to_owned(), begun + Duration::from_secs(65));
        let mut running =
            vec![run("model.shop.orders"), run("model.shop.a_name_that_is_too_long_for_the_line")];
        running.push(run("test.shop.not_null_orders_id.cf6c17daed"));
        let nodes = Nodes { begun, total: 30, done: 10, failed: 1, running };
        assert_eq!(
            nodes.block(now, 32),
            "10/30 done, 1 failed, 3 runnin..\n  1:05  orders\n  1:05  a_name_that_is_too_lon..\n  1:05  not_null_orders_id"
        );
        assert!(nodes.block(now, 80).starts_with("10/30 done, 1 failed, 3 running, 2:10, about 4:20 left\n"));
    }

    #[test]
    fn names_act_on_no_terminal() {
        assert_eq!(cut("a\u{1b}[2Jb", 20), "a\\x1b[2Jb");
        assert_eq!(cut("表表表表", 6), "表表..");
    }
}
