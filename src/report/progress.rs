//! A progress bar below the lines, on a terminal only: how many nodes are done and which are running.

use std::sync::Mutex;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::run::Event;

/// The bar, or nothing where the output is not a terminal.
#[derive(Debug)]
pub(super) struct Progress {
    bar: Option<ProgressBar>,
    running: Mutex<Vec<String>>,
}

impl Progress {
    pub(super) fn new(enabled: bool, color: bool) -> Self {
        let bar = enabled.then(|| {
            // not drawn before the number of nodes is known: commands like `init` have none
            let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::hidden());
            let form = if color { "{bar:24.green}" } else { "{bar:24}" };
            if let Ok(style) =
                ProgressStyle::with_template(&format!("{form} {{pos}}/{{len}} [{{elapsed}}] {{wide_msg}}"))
            {
                bar.set_style(style);
            }
            bar
        });
        Self { bar, running: Mutex::default() }
    }

    pub(super) fn on(&self, event: &Event) {
        let Some(bar) = &self.bar else { return };
        match event {
            Event::ConcurrencyLine { node_count, .. } => {
                bar.set_length(*node_count as u64);
                bar.set_draw_target(ProgressDrawTarget::stderr());
                bar.enable_steady_tick(Duration::from_millis(200));
            }
            Event::NodeStart { unique_id } => self.show(bar, |running| running.push(unique_id.clone())),
            Event::NodeFinished { unique_id, .. } => {
                bar.inc(1);
                self.show(bar, |running| running.retain(|id| id != unique_id));
            }
            Event::FinishedRunningStats { .. } | Event::EndOfRunSummary { .. } => bar.finish_and_clear(),
            _ => {}
        }
    }

    fn show(&self, bar: &ProgressBar, change: impl FnOnce(&mut Vec<String>)) {
        let Ok(mut running) = self.running.lock() else { return };
        change(&mut running);
        let names: Vec<&str> = running.iter().map(|id| id.rsplit('.').next().unwrap_or(id)).collect();
        bar.set_message(names.join(", "));
    }

    /// Runs `print` with the bar out of the way.
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
