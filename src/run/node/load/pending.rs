//! Which files are due: those that are new, and for `replace` all of them when one is new or gone.

use super::ledger::{LoadLedger, Loaded};
use crate::config::load::LoadMode;
use crate::diagnostic::{Diagnostic, Result};
use crate::load::{FoundFile, checksum, modified};

/// Files that one transaction loads each, in order.
#[derive(Debug, Default)]
pub(super) struct Pending {
    pub(super) due: Vec<Vec<FoundFile>>,
    pub(super) known: u64,
    /// Files of a replaced table that are not there any more.
    pub(super) gone: Vec<String>,
    /// Due files with an earlier date in their name than one that is loaded already.
    pub(super) late: Vec<String>,
}

/// What the ledger says of a file.
enum State {
    New,
    Same,
    Other,
}

pub(super) fn units(mut found: Vec<FoundFile>, ledger: &LoadLedger, mode: LoadMode) -> Result<Pending> {
    if mode == LoadMode::Replace {
        // of dated files the newest are the whole table
        let newest = found.iter().map(|file| file.dates.iter().map(|date| date.at).collect::<Vec<_>>()).max();
        found.retain(|file| {
            newest
                .as_ref()
                .is_none_or(|newest| file.dates.iter().map(|date| date.at).eq(newest.iter().copied()))
        });
    }
    let mut pending = Pending::default();
    for file in &found {
        match state(file, ledger.get(&file.shown))? {
            State::Same => pending.known += 1,
            State::Other if mode != LoadMode::Replace => return Err(other_content(file)),
            State::New | State::Other => pending.due.push(vec![file.clone()]),
        }
    }
    if mode == LoadMode::Upsert {
        pending.late = late(&found, ledger, &pending.due);
    }
    if mode == LoadMode::Replace {
        let is_there = |name: &str| found.iter().any(|file| file.shown == name);
        pending.gone = ledger.files().filter(|name| !is_there(name)).map(str::to_owned).collect();
        if !pending.due.is_empty() || !pending.gone.is_empty() {
            return Ok(Pending { due: vec![found], known: 0, ..pending });
        }
    }
    Ok(pending)
}

fn late(found: &[FoundFile], ledger: &LoadLedger, due: &[Vec<FoundFile>]) -> Vec<String> {
    let date = |file: &FoundFile| file.dates.iter().map(|date| date.at).collect::<Vec<_>>();
    let Some(newest) = found.iter().filter(|file| ledger.get(&file.shown).is_some()).map(date).max() else {
        return Vec::new();
    };
    due.iter().flatten().filter(|file| date(file) < newest).map(|file| file.shown.clone()).collect()
}

/// The checksum is read only where size and time do not tell.
fn state(file: &FoundFile, loaded: Option<&Loaded>) -> Result<State> {
    let Some(loaded) = loaded else { return Ok(State::New) };
    let data = std::fs::metadata(&file.path)
        .map_err(|error| Diagnostic::runtime("load-file", format!("{}: {error}", file.shown)).boxed())?;
    if data.len() != loaded.bytes {
        return Ok(State::Other);
    }
    let modified = modified(&data);
    if modified.is_some() && modified.map(jiff::Timestamp::as_microsecond) == loaded.modified {
        return Ok(State::Same);
    }
    let same = checksum(&file.path, &file.shown)?.checksum == loaded.checksum;
    Ok(if same { State::Same } else { State::Other })
}

fn other_content(file: &FoundFile) -> Box<Diagnostic> {
    Diagnostic::runtime(
        "load-file-differs",
        format!("{}: a file of this name was already loaded, with different content", file.shown),
    )
    .help(
        "give new rows a file name of their own; to load a file that is replaced each time, use `mode: replace` or load it \
         with a command",
    )
    .boxed()
}
