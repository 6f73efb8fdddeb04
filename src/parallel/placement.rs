//! Where the system lets workers run: not on the core of the thread that shares its work with them.
//!
//! Left to itself, the kernel of a virtual machine often wakes a worker on that very core: it cannot tell a core that
//! sleeps from one that its host has taken away. The worker then waits for the other thread to wait for it, which is
//! milliseconds, and nothing was shared.

#[cfg(target_os = "linux")]
mod linux {
    use std::sync::{Mutex, PoisonError};

    use rustix::thread::{CpuSet, Pid, gettid, sched_getaffinity, sched_getcpu, sched_setaffinity};

    /// The core that workers keep off, and the workers.
    static PLACED: Mutex<Placed> = Mutex::new(Placed { avoided: None, workers: Vec::new() });

    struct Placed {
        avoided: Option<usize>,
        workers: Vec<Pid>,
    }

    /// The cores that are left. What cannot be asked for or set is no harm.
    fn all_but(avoided: usize) -> Option<CpuSet> {
        let mut cores = sched_getaffinity(Some(gettid())).ok()?;
        cores.unset(avoided);
        (cores.count() > 0).then_some(cores)
    }

    /// Called by a worker when it starts.
    pub(in super::super) fn place_worker() {
        let mut placed = PLACED.lock().unwrap_or_else(PoisonError::into_inner);
        placed.workers.push(gettid());
        if let Some(cores) = placed.avoided.and_then(all_but) {
            let _ = sched_setaffinity(None, &cores);
        }
    }

    /// Called by the thread that is about to share its work.
    pub(in super::super) fn keep_workers_away() {
        let here = sched_getcpu();
        let mut placed = PLACED.lock().unwrap_or_else(PoisonError::into_inner);
        if placed.avoided == Some(here) || placed.workers.contains(&gettid()) {
            return;
        }
        placed.avoided = Some(here);
        if let Some(cores) = all_but(here) {
            for worker in &placed.workers {
                let _ = sched_setaffinity(Some(*worker), &cores);
            }
        }
    }
}

#[cfg(target_os = "linux")]
pub(super) use linux::{keep_workers_away, place_worker};

#[cfg(not(target_os = "linux"))]
pub(super) fn place_worker() {}

#[cfg(not(target_os = "linux"))]
pub(super) fn keep_workers_away() {}
