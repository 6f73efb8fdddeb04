//! Results that several threads make and one takes, in order.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// How many shares a thread may be ahead of the one that is taken: what is made in pieces must not be in memory as a
/// whole.
const AHEAD_EACH: usize = 3;

/// Shares that are begun in order, finished in any, and taken in order.
pub(super) struct Queue<R> {
    /// The most helpers that there can be.
    workers: usize,
    /// How many shares may be ready before the next one is taken.
    ahead: usize,
    state: Mutex<QueueState<R>>,
    changed: Condvar,
}

struct QueueState<R> {
    made: Vec<Option<R>>,
    /// The first share that nobody has begun.
    next: usize,
    /// How many shares were taken.
    taken: usize,
    helpers: usize,
    /// A helper panicked: its share will never be there.
    lost: bool,
}

pub(super) enum Look<R> {
    Made(R),
    /// The share is not ready: this one can be made meanwhile.
    Begin(usize),
    /// The share will never be ready.
    Lost,
}

impl<R> QueueState<R> {
    fn begin(&mut self, limit: usize) -> Option<usize> {
        let at = self.next;
        (at < self.made.len() && at < limit).then(|| {
            self.next += 1;
            at
        })
    }
}

impl<R> Queue<R> {
    pub(super) fn new(count: usize, workers: usize) -> Self {
        let made = (0..count).map(|_| None).collect();
        let state = QueueState { made, next: 0, taken: 0, helpers: 0, lost: false };
        Self { workers, ahead: AHEAD_EACH * (workers + 1), state: Mutex::new(state), changed: Condvar::new() }
    }

    fn state(&self) -> MutexGuard<'_, QueueState<R>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many helpers are to be called, once enough shares are free to be made.
    pub(super) fn helpers_wanted(&self) -> usize {
        let mut state = self.state();
        let all = state.made.len();
        let limit = all.min(state.taken + self.ahead);
        let free = limit - state.next.min(limit);
        if free == 0 || (free < self.ahead / 2 && limit < all) {
            return 0;
        }
        let wanted = self.workers - state.helpers;
        state.helpers = self.workers;
        wanted
    }

    /// Makes shares until there is none to be made. A helper goes when too many wait to be taken: who waits in a pool may hold up the
    /// very work that it waits for.
    pub(super) fn help(&self, make: impl Fn(usize) -> R) {
        while let Some(at) = self.next_for_helper() {
            let lost = LostOnDrop(self);
            let made = make(at);
            std::mem::forget(lost);
            self.put(at, made);
        }
    }

    fn next_for_helper(&self) -> Option<usize> {
        let mut state = self.state();
        let limit = state.taken + self.ahead;
        let next = state.begin(limit);
        if next.is_none() {
            state.helpers -= 1;
        }
        next
    }

    pub(super) fn put(&self, at: usize, made: R) {
        self.state().made[at] = Some(made);
        self.changed.notify_one();
    }

    /// The result of a share that is to be taken now, or something to do until it is there.
    pub(super) fn look(&self, at: usize) -> Look<R> {
        let mut state = self.state();
        loop {
            if let Some(made) = state.made[at].take() {
                state.taken = at + 1;
                return Look::Made(made);
            }
            if state.lost {
                return Look::Lost;
            }
            if let Some(other) = state.begin(at + self.ahead) {
                return Look::Begin(other);
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Nothing more is to be made.
    pub(super) fn close(&self) {
        let mut state = self.state();
        state.next = state.made.len();
    }
}

/// Tells the one that waits that a helper is gone, and with it what it was making.
struct LostOnDrop<'q, R>(&'q Queue<R>);

impl<R> Drop for LostOnDrop<'_, R> {
    fn drop(&mut self) {
        self.0.state().lost = true;
        self.0.changed.notify_one();
    }
}
