//! Work shared out to the machine's cores. The order of the items is kept.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

/// Fewer items than this are not worth a thread.
const WORTH_SHARING: usize = 32;
/// Calls of macros within macros need more than a thread's usual stack.
const STACK: usize = 16 << 20;
/// Several shares per core, since some take longer than others.
const SHARES_PER_CORE: usize = 8;

/// The result of `work` for each item.
pub fn map<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    if items.len() < WORTH_SHARING || cores() == 1 {
        return items.iter().map(work).collect();
    }
    let mut shares = chunked(items, |share| share.iter().map(&work).collect::<Vec<R>>());
    let mut results = Vec::with_capacity(items.len());
    for share in &mut shares {
        results.append(share);
    }
    results
}

/// The result of `work` for each of a few large pieces of the items.
pub fn chunked<T: Sync, R: Send>(items: &[T], work: impl Fn(&[T]) -> R + Sync) -> Vec<R> {
    let chunks: Vec<&[T]> = items.chunks(share_of(items.len())).collect();
    let results: Vec<Mutex<Option<R>>> = chunks.iter().map(|_| Mutex::default()).collect();
    on_all_cores(chunks.len(), |at| {
        let done = work(chunks[at]);
        *results[at].lock().unwrap_or_else(PoisonError::into_inner) = Some(done);
    });
    results.into_iter().filter_map(|slot| slot.into_inner().unwrap_or_else(PoisonError::into_inner)).collect()
}

/// Changes each item where it is; the errors, in the order of the items.
pub fn change<T: Send, E: Send>(items: &mut [T], work: impl Fn(&mut T) -> Result<(), E> + Sync) -> Vec<E> {
    let changed = |share: &mut [T]| share.iter_mut().filter_map(|item| work(item).err()).collect::<Vec<E>>();
    if items.len() < WORTH_SHARING || cores() == 1 {
        return changed(items);
    }
    let share = share_of(items.len());
    let chunks: Vec<Mutex<(&mut [T], Vec<E>)>> =
        items.chunks_mut(share).map(|chunk| Mutex::new((chunk, Vec::new()))).collect();
    on_all_cores(chunks.len(), |at| {
        let mut chunk = chunks[at].lock().unwrap_or_else(PoisonError::into_inner);
        chunk.1 = changed(chunk.0);
    });
    chunks
        .into_iter()
        .flat_map(|chunk| chunk.into_inner().unwrap_or_else(PoisonError::into_inner).1)
        .collect()
}

/// Both results, of works that do not wait for each other.
pub fn join<A: Send, B>(one: impl FnOnce() -> A + Send, other: impl FnOnce() -> B) -> (A, B) {
    if cores() == 1 {
        return (one(), other());
    }
    // taken by the thread, or by this one when there can be no other
    let one = Mutex::new(Some(one));
    let run = || one.lock().unwrap_or_else(PoisonError::into_inner).take().map(|work| work());
    thread::scope(|scope| {
        let spawned = thread::Builder::new().stack_size(STACK).spawn_scoped(scope, run);
        let second = other();
        let first = match spawned.map(thread::ScopedJoinHandle::join) {
            Ok(Ok(first)) => first,
            Ok(Err(panic)) => std::panic::resume_unwind(panic),
            Err(_) => run(),
        };
        match first {
            Some(first) => (first, second),
            None => unreachable!("the work is taken by the thread or, without one, by this one"),
        }
    })
}

fn cores() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

fn share_of(items: usize) -> usize {
    items.div_ceil(cores() * SHARES_PER_CORE).max(1)
}

/// Calls `work` for every number below `count`, on as many threads as there are cores, this one among them.
fn on_all_cores(count: usize, work: impl Fn(usize) + Sync) {
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        let take = || {
            loop {
                let at = next.fetch_add(1, Ordering::Relaxed);
                if at >= count {
                    return;
                }
                work(at);
            }
        };
        for _ in 1..cores().min(count) {
            // one thread less is no harm: this one takes what is left
            let spawned = thread::Builder::new().stack_size(STACK).spawn_scoped(scope, take);
            drop(spawned);
        }
        take();
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_is_kept_whatever_the_number() {
        for count in [0, 1, 31, 32, 33, 1000] {
            let items: Vec<usize> = (0..count).collect();
            assert_eq!(map(&items, |item| item * 2), items.iter().map(|item| item * 2).collect::<Vec<_>>());
            assert_eq!(chunked(&items, <[usize]>::to_vec).concat(), items);
        }
    }

    #[test]
    fn both_works_are_done() {
        assert_eq!(join(|| 1, || "two"), (1, "two"));
    }

    #[test]
    fn every_item_changes_and_errors_stay_in_order() {
        for count in [0, 31, 500] {
            let mut items: Vec<usize> = (0..count).collect();
            let errors = change(&mut items, |item| {
                *item += 1;
                if *item % 10 == 0 { Err(*item) } else { Ok(()) }
            });
            assert_eq!(items, (1..=count).collect::<Vec<_>>());
            assert_eq!(errors, (1..=count).filter(|item| item % 10 == 0).collect::<Vec<_>>());
        }
    }
}
