//! A program that was started, and whatever it started: a shell's end does not end what it waits for.

use std::collections::BTreeMap;
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, test_kill_process};

/// How long a program may take to end by itself.
const PATIENCE: Duration = Duration::from_millis(300);

pub(super) fn end(program: u32) {
    end_within(program, PATIENCE);
}

/// The same with a patience of one's own.
pub(super) fn end_within(program: u32, patience: Duration) {
    let members = members(program);
    let send = |signal| {
        for member in members.iter().filter(|member| lives(**member)) {
            let _ = kill_process(*member, signal);
        }
    };
    send(Signal::TERM);
    let begun = Instant::now();
    while begun.elapsed() < patience && members.iter().any(|member| lives(*member)) {
        sleep(Duration::from_millis(5));
    }
    send(Signal::KILL);
}

/// The program and its descendants. Where there is no `/proc`, the program alone.
fn members(program: u32) -> Vec<Pid> {
    let mut children: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(id) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        if let Some([_, parent]) = state_and_parent(id) {
            children.entry(parent.parse().unwrap_or(0)).or_default().push(id);
        }
    }
    let mut ids = vec![program];
    let mut at = 0;
    while let Some(id) = ids.get(at) {
        ids.extend(children.remove(id).unwrap_or_default());
        at += 1;
    }
    ids.into_iter().filter_map(|id| Pid::from_raw(i32::try_from(id).ok()?)).collect()
}

/// `123 (a name) S 122 ..`
fn state_and_parent(id: u32) -> Option<[String; 2]> {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    let mut words = stat.rsplit_once(") ")?.1.split(' ').map(str::to_owned);
    Some([words.next()?, words.next()?])
}

/// A program that has ended and that nobody has asked about yet is not alive.
fn lives(id: Pid) -> bool {
    let number = id.as_raw_nonzero().get().unsigned_abs();
    match state_and_parent(number) {
        Some([state, _]) => state != "Z",
        None => !cfg!(target_os = "linux") && test_kill_process(id).is_ok(),
    }
}
