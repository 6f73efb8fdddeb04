//! How long nodes wait for the locks of others, for the run log: a session of its own looks at the server while the run is at work.
//! The server knows since when each session waits; a wait that begins and ends between two looks is not seen.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use super::inputs::RunInputs;
use super::interrupt::InFlight;
use super::results::RunResults;
use crate::adapter::{Cell, Connection, Settings};
use crate::diagnostic::Result;
use crate::hashed::HashMap;

const LOOK: Duration = Duration::from_millis(250);
/// The run does not wait for a server that tells nothing.
const PATIENCE: Duration = Duration::from_secs(5);

/// Process, the time since which it waits, and how long that is.
const WAITS: &str = "select pid::text, waitstart::text, \
    extract(epoch from pg_catalog.clock_timestamp() - waitstart)::float8::text from pg_catalog.pg_locks \
    where not granted and waitstart is not null and pid = any($1::int4[])";

/// By node: each wait by its process and its beginning, and the seconds that it took when it was last seen.
type Waits = HashMap<String, HashMap<(i32, String), f64>>;

/// Does `work`, and notes in its results what was waited for meanwhile, where the run log wants to know.
pub(super) fn measured<T>(
    inputs: &RunInputs,
    in_flight: &Arc<InFlight>,
    work: impl FnOnce() -> Result<T>,
    results: impl FnOnce(&mut T) -> &mut RunResults,
) -> Result<T> {
    if !inputs.options.measures_lock_waits {
        return work();
    }
    let done = AtomicBool::new(false);
    let settings = &inputs.profile.target.settings;
    thread::scope(|scope| {
        let watcher = scope.spawn(|| watch(settings, in_flight, &done));
        let worked = work();
        done.store(true, Ordering::Relaxed);
        watcher.thread().unpark();
        let waits = watcher.join().unwrap_or_default();
        worked.map(|mut worked| {
            note(results(&mut worked), &waits);
            worked
        })
    })
}

fn note(results: &mut RunResults, waits: &Waits) {
    for result in &mut results.results {
        let seconds = waits.get(&result.unique_id).map_or(0.0, |waits| waits.values().sum());
        result.lock_wait = Some(seconds);
    }
}

/// A server that cannot be asked is not asked again: the run goes on.
fn watch(settings: &Arc<Settings>, in_flight: &InFlight, done: &AtomicBool) -> Waits {
    let mut waits = Waits::default();
    let mut connection = None;
    while !done.load(Ordering::Relaxed) {
        thread::park_timeout(LOOK);
        let sessions = in_flight.sessions_at(settings);
        if !sessions.is_empty() && look(&mut connection, settings, &sessions, &mut waits).is_err() {
            break;
        }
    }
    waits
}

fn look(
    connection: &mut Option<Connection>,
    settings: &Arc<Settings>,
    sessions: &[(String, i32)],
    waits: &mut Waits,
) -> Result<()> {
    let connection = match connection {
        Some(connection) => connection,
        empty => {
            let mut opened = Connection::open(settings)?;
            opened.give_up_after(PATIENCE)?;
            opened.set_settings(&[("search_path".to_owned(), "pg_catalog".to_owned())])?;
            empty.insert(opened)
        }
    };
    let pids: Vec<String> = sessions.iter().map(|(_, pid)| pid.to_string()).collect();
    for row in connection.query(WAITS, &[&format!("{{{}}}", pids.join(","))])?.rows {
        let mut texts =
            row.into_iter().map(|cell| if let Cell::Text(text) = cell { text } else { String::new() });
        let (Some(pid), Some(since), Some(seconds)) = (texts.next(), texts.next(), texts.next()) else {
            continue;
        };
        let (Ok(pid), Ok(seconds)) = (pid.parse::<i32>(), seconds.parse::<f64>()) else { continue };
        for (unique_id, _) in sessions.iter().filter(|(_, other)| *other == pid) {
            waits.entry(unique_id.clone()).or_default().insert((pid, since.clone()), seconds);
        }
    }
    Ok(())
}
