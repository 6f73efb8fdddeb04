//! Which batches have ended well, in a file: a long series goes on after an interruption, with the same seeds.

use std::collections::BTreeSet;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use super::seed::Seed;

/// The file has the first batch's seed in its first line, and in every further one a batch that ended well.
pub(super) struct Progress {
    first: Seed,
    done: BTreeSet<u64>,
    file: Option<Mutex<PathBuf>>,
}

impl Progress {
    pub(super) fn begin(path: Option<&Path>, first: Seed) -> Self {
        let Some(path) = path else {
            return Self { first, done: BTreeSet::new(), file: None };
        };
        let known = fs::read_to_string(path).unwrap_or_default();
        // a line that an interruption cut short does not count
        let whole = &known[..known.rfind('\n').map_or(0, |end| end + 1)];
        let mut seeds = whole.lines().map(|line| line.parse::<Seed>().unwrap());
        let begun = seeds.next();
        let progress = Self {
            first: begun.unwrap_or(first),
            done: seeds.map(|seed| seed.batch).collect(),
            file: Some(Mutex::new(path.to_owned())),
        };
        if whole.len() < known.len() {
            fs::write(path, whole).unwrap();
        }
        if begun.is_none() {
            progress.append(first);
        }
        progress
    }

    /// None when it has ended well before.
    pub(super) fn batch(&self, number: u64) -> Option<Seed> {
        let seed = self.first.next(number);
        (!self.done.contains(&seed.batch)).then_some(seed)
    }

    pub(super) fn append(&self, seed: Seed) {
        let Some(file) = &self.file else { return };
        let path = file.lock().unwrap();
        let mut file = OpenOptions::new().create(true).append(true).open(&*path).unwrap();
        file.write_all(format!("{seed}\n").as_bytes()).unwrap();
    }
}

#[test]
fn a_series_goes_on_where_it_was_interrupted() {
    let path = std::env::temp_dir().join(format!("rsdbt-progress-{}", std::process::id()));
    let _ = fs::remove_file(&path);
    let seed = |batch| Seed { batch, history: None };
    let begun = Progress::begin(Some(&path), seed(40));
    begun.append(begun.batch(1).unwrap());
    fs::write(&path, fs::read_to_string(&path).unwrap() + "4").unwrap();
    let resumed = Progress::begin(Some(&path), seed(70));
    let left: Vec<_> = (0..3).map(|number| resumed.batch(number).map(|seed| seed.batch)).collect();
    assert_eq!(left, [Some(40), None, Some(42)]);
    resumed.append(seed(42));
    assert_eq!(fs::read_to_string(&path).unwrap(), "40\n41\n42\n");
    assert_eq!(Progress::begin(None, seed(70)).batch(0), Some(seed(70)));
    fs::remove_file(&path).unwrap();
}
