//! Random histories of the ad mart against an oracle: staged rows with duplicates, ties, disorder, deletes and null
//! keys; facts on time, late, upserted and withdrawn; dimensions late or changed; tables truncated and restored; and
//! between them runs of all kinds, of two targets, with writers and readers at work, killed, cut off, and two at once.
//!
//! `RSDBT_HISTORIES` says how many; a failure prints the seed that `RSDBT_HISTORY_SEED` plays again. With a file in
//! `RSDBT_HISTORIES_PROGRESS` the next call goes on with what has not ended well.

mod batch;
mod change_log;
mod company;
mod damage;
mod facts;
mod history;
mod mart;
mod other_marts;
mod progress;
mod random;
mod round;
mod seed;
mod sight;
mod stage;
mod strangers;

use std::env;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use batch::{Batch, Failure};
use progress::Progress;
use seed::Seed;

const HISTORIES: u64 = 2_000;
const A_BATCH: u32 = 200;
const AT_ONCE: u32 = 4;

#[test]
fn random_histories_end_as_the_oracle_says() {
    if let Ok(seed) = env::var("RSDBT_HISTORY_SEED") {
        return play(seed.parse().unwrap());
    }
    let histories = env::var("RSDBT_HISTORIES").map_or(HISTORIES, |text| text.parse().unwrap());
    let batches = histories.div_ceil(u64::from(A_BATCH));
    let file = env::var_os("RSDBT_HISTORIES_PROGRESS").map(PathBuf::from);
    let progress = Progress::begin(file.as_deref(), Seed::of_now());
    let next = AtomicU64::new(0);
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= batches {
                        break;
                    }
                    if let Some(seed) = progress.batch(number) {
                        play(seed);
                        progress.append(seed);
                    }
                }
            });
        }
    });
}

fn play(seed: Seed) {
    let mut batch = Batch::new(seed, i64::from(A_BATCH));
    if let Err(Failure { history, reason }) = batch.play() {
        let story = history.map(|history| batch.story(history)).unwrap_or_default();
        let one = Seed { history: history.or(seed.history), ..seed };
        panic!(
            "{reason}\n{story}\nReplay with RSDBT_HISTORY_SEED={one}, or {seed} for its whole batch.",
            seed = seed.batch
        );
    }
}
