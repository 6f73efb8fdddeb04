//! Work shared out to the machine's cores. The order of the items is kept.

mod queue;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{LazyLock, Mutex, PoisonError};
use std::thread;

use queue::{Look, Queue};

/// Fewer items than this are not worth a thread.
const WORTH_SHARING: usize = 32;
/// Calls of macros within macros need more than a thread's usual stack.
const STACK: usize = 16 << 20;
/// Several shares per core, since some take longer than others.
const SHARES_PER_CORE: usize = 8;
/// More threads than this would mostly wait for the parts that cannot be shared.
const MOST_THREADS: usize = 16;

/// The result of `work` for each item.
pub(crate) fn map<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    if items.len() < WORTH_SHARING || *WORKERS == 0 {
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
pub(crate) fn chunked<T: Sync, R: Send>(items: &[T], work: impl Fn(&[T]) -> R + Sync) -> Vec<R> {
    let chunks: Vec<&[T]> = items.chunks(share_of(items.len())).collect();
    let results: Vec<Mutex<Option<R>>> = chunks.iter().map(|_| Mutex::default()).collect();
    on_all_cores(chunks.len(), |at| {
        let done = work(chunks[at]);
        *results[at].lock().unwrap_or_else(PoisonError::into_inner) = Some(done);
    });
    results.into_iter().filter_map(|slot| slot.into_inner().unwrap_or_else(PoisonError::into_inner)).collect()
}

/// Changes each item where it is; the errors, in the order of the items.
pub(crate) fn change<T: Send, E: Send>(
    items: &mut [T],
    work: impl Fn(&mut T) -> Result<(), E> + Sync,
) -> Vec<E> {
    let changed = |share: &mut [T]| share.iter_mut().filter_map(|item| work(item).err()).collect::<Vec<E>>();
    if items.len() < WORTH_SHARING || *WORKERS == 0 {
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
pub(crate) fn join<A: Send, B>(one: impl FnOnce() -> A + Send, other: impl FnOnce() -> B) -> (A, B) {
    if *WORKERS == 0 {
        return (one(), other());
    }
    let mut first = None;
    let second = rayon_core::in_place_scope(|scope| {
        scope.spawn(|_| first = Some(one()));
        other()
    });
    match first {
        Some(first) => (first, second),
        None => unreachable!("a scope ends when its works have"),
    }
}

/// Hands the result of `work` for each share of the items to `take`, one after the other, while the next ones are made.
///
/// # Errors
/// The first one of `take`.
pub(crate) fn in_order<T: Sync, R: Send, E>(
    items: &[T],
    share: usize,
    work: impl Fn(&[T]) -> R + Sync,
    mut take: impl FnMut(R) -> Result<(), E>,
) -> Result<(), E> {
    if *WORKERS == 0 {
        return items.chunks(share).try_for_each(|share| take(work(share)));
    }
    let shares: Vec<&[T]> = items.chunks(share).collect();
    let queue = Queue::new(shares.len(), *WORKERS);
    let make = |at: usize| work(shares[at]);
    rayon_core::in_place_scope(|scope| {
        let result = (0..shares.len()).try_for_each(|at| {
            for _ in 0..queue.helpers_wanted() {
                scope.spawn(|_| queue.help(make));
            }
            let made = loop {
                match queue.look(at) {
                    Look::Made(made) => break made,
                    Look::Begin(other) => queue.put(other, make(other)),
                    // the panic goes on where the scope ends
                    Look::Lost => return Ok(()),
                }
            };
            take(made)
        });
        queue.close();
        result
    })
}

/// How many threads help the one that has work to share. They are started when there is work for the first time.
static WORKERS: LazyLock<usize> = LazyLock::new(|| {
    let threads = thread::available_parallelism().map_or(1, usize::from).min(MOST_THREADS);
    if threads == 1 {
        return 0;
    }
    let pool = rayon_core::ThreadPoolBuilder::new()
        .num_threads(threads)
        .use_current_thread()
        .stack_size(STACK)
        .build_global();
    // without threads all work is done by the one that has it
    pool.map_or(0, |()| threads - 1)
});

fn share_of(items: usize) -> usize {
    items.div_ceil((*WORKERS + 1) * SHARES_PER_CORE).max(1)
}

/// Calls `work` for every number below `count`, on all threads, this one among them.
fn on_all_cores(count: usize, work: impl Fn(usize) + Sync) {
    let next = AtomicUsize::new(0);
    let take = || {
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            if at >= count {
                return;
            }
            work(at);
        }
    };
    if *WORKERS == 0 {
        return take();
    }
    rayon_core::in_place_scope(|scope| {
        for _ in 1..(*WORKERS + 1).min(count) {
            scope.spawn(|_| take());
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
    fn shares_are_taken_in_order_and_an_error_ends_it() {
        for count in [0, 1, 5, 1000] {
            let items: Vec<usize> = (0..count).collect();
            let mut taken = Vec::new();
            let done: Result<(), ()> = in_order(&items, 3, <[usize]>::to_vec, |share| {
                taken.extend(share);
                Ok(())
            });
            assert_eq!((done, taken), (Ok(()), items));
        }
        let items: Vec<usize> = (0..1000).collect();
        let ended = in_order(&items, 1, |share| share[0], |at| if at == 300 { Err(at) } else { Ok(()) });
        assert_eq!(ended, Err(300));
    }

    #[test]
    fn a_panic_of_a_helper_comes_to_the_one_that_waits() {
        let items: Vec<usize> = (0..1000).collect();
        let caller = thread::current().id();
        let panicked = std::panic::catch_unwind(|| {
            let work = |share: &[usize]| {
                assert!(thread::current().id() == caller, "a helper's panic");
                thread::sleep(std::time::Duration::from_millis(1));
                share[0]
            };
            in_order(&items, 1, work, |_| Ok::<(), ()>(()))
        });
        assert!(panicked.is_err() || *WORKERS == 0);
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
