//! The jobs that are at work: side by side, each in a thread of its own, and one instance of each.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use jiff::Timestamp;

use super::job_attempt::{Attempt, Stopped};
use crate::hashed::HashMap;

/// What a job at work says.
pub(super) enum News {
    Step { task: String, logical_time: Timestamp, step: u32 },
    End(Ended),
}

pub(super) struct Ended {
    pub(super) task: String,
    pub(super) logical_time: Timestamp,
    pub(super) attempt: u32,
    pub(super) outcome: Result<(), Stopped>,
}

pub(super) struct Jobs {
    running: HashMap<String, Running>,
    sender: Sender<News>,
    receiver: Receiver<News>,
    /// Received while something else was waited for.
    early: VecDeque<News>,
    most: usize,
}

struct Running {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Jobs {
    /// At most so many at a time.
    pub(super) fn new(most: usize) -> Self {
        let (sender, receiver) = channel();
        Self { running: HashMap::default(), sender, receiver, early: VecDeque::new(), most }
    }

    pub(super) fn is_idle(&self) -> bool {
        self.running.is_empty()
    }

    pub(super) fn running(&self) -> usize {
        self.running.len()
    }

    pub(super) fn is_full(&self) -> bool {
        self.running.len() >= self.most
    }

    pub(super) fn is_running(&self, task: &str) -> bool {
        self.running.contains_key(task)
    }

    pub(super) fn start(&mut self, task: &str, attempt: Attempt) {
        let sender = self.sender.clone();
        let stop = Arc::clone(&attempt.stop);
        let (id, logical_time) = (task.to_owned(), attempt.interval[0]);
        let thread = thread::spawn(move || {
            // who no longer listens has ended
            let note = |step| drop(sender.send(News::Step { task: id.clone(), logical_time, step }));
            let outcome = catch_unwind(AssertUnwindSafe(|| attempt.run(note)))
                .unwrap_or_else(|_| Err(Stopped::Failed("the thread of the job panicked".to_owned())));
            let ended = Ended { task: id, logical_time, attempt: attempt.number, outcome };
            drop(sender.send(News::End(ended)));
        });
        self.running.insert(task.to_owned(), Running { stop, thread });
    }

    /// Waits for news: whether there are any.
    pub(super) fn wait(&mut self, patience: Duration) -> bool {
        if let Ok(news) = self.receiver.recv_timeout(patience) {
            self.early.push_back(news);
        }
        !self.early.is_empty()
    }

    pub(super) fn take(&mut self) -> Option<News> {
        let news = self.early.pop_front().or_else(|| self.receiver.try_recv().ok())?;
        if let News::End(ended) = &news
            && let Some(running) = self.running.remove(&ended.task)
        {
            // it has said its last word
            let _ = running.thread.join();
        }
        Some(news)
    }

    /// Ends all in order; what they say of it can be taken afterwards.
    pub(super) fn stop(&mut self) {
        for running in self.running.values() {
            running.stop.store(true, Ordering::Relaxed);
        }
        for (_, running) in self.running.drain() {
            let _ = running.thread.join();
        }
    }
}

impl Drop for Jobs {
    fn drop(&mut self) {
        self.stop();
    }
}
