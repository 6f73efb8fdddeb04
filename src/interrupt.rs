//! SIGINT, SIGTERM and SIGHUP. Watched work (a run) sees a flag and ends in order; anything else ends at once, after what
//! must not stay behind was cleared away: temporary folders, and programs that were started.

mod family;
mod supervised;

use std::io;
use std::panic::resume_unwind;
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::low_level;

pub(crate) use supervised::Supervised;

/// How often the flag is looked at.
pub(crate) const LOOK: Duration = Duration::from_millis(50);

/// How long something may take that begins after the signal.
const PATIENCE: Duration = Duration::from_millis(300);

/// Signals that come so soon after the first are the same wish: `timeout` sends one, and the terminal another.
const ONE_WISH: Duration = Duration::from_secs(1);

static PROCESS: LazyLock<Interrupt> = LazyLock::new(Interrupt::default);
static WATCHED: AtomicUsize = AtomicUsize::new(0);
static IS_ENDING: AtomicBool = AtomicBool::new(false);
/// What is to be done, each with its number.
type Clearings = Vec<(u64, Box<dyn FnOnce() + Send>)>;

static CLEARINGS: Mutex<Clearings> = Mutex::new(Vec::new());

/// What says that a command was interrupted; nothing where a signal is the usual way to end it.
type Announcement = Box<dyn FnOnce() + Send>;

static ANNOUNCEMENT: Mutex<Option<Announcement>> = Mutex::new(None);

/// The status of a command that a signal has interrupted, as in dbt.
const INTERRUPTED: i32 = 2;

/// Set by a signal; every loop that waits looks at it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    pub(crate) fn of_process() -> Self {
        PROCESS.clone()
    }

    pub(crate) fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// As long as one exists, the first signal asks for an orderly end, and a later one ends the process at once.
#[derive(Debug)]
pub(crate) struct Watched(());

impl Watched {
    pub(crate) fn begin() -> Self {
        WATCHED.fetch_add(1, Ordering::SeqCst);
        Self(())
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        WATCHED.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Whether a signal has come.
pub(crate) fn has_come() -> bool {
    PROCESS.is_set()
}

/// How an interrupt is reported of work that is not watched.
pub(crate) fn announce(say: Option<Announcement>) {
    *ANNOUNCEMENT.lock().unwrap_or_else(PoisonError::into_inner) = say;
}

/// Listens from the program's first steps on.
pub(crate) fn listen() -> io::Result<()> {
    let ignored = ignored_signals();
    let wanted = [SIGINT, SIGTERM, SIGHUP].into_iter().filter(|signal| !ignored.contains(signal));
    let mut signals = Signals::new(wanted)?;
    let listen = move || {
        let mut first: Option<Instant> = None;
        for signal in signals.forever() {
            let is_watched = WATCHED.load(Ordering::SeqCst) > 0;
            PROCESS.0.store(true, Ordering::SeqCst);
            if !is_watched || first.is_some_and(|first| first.elapsed() > ONE_WISH) {
                end(signal, is_watched);
            }
            first.get_or_insert_with(Instant::now);
        }
    };
    thread::Builder::new().name("signals".into()).spawn(listen).map(drop)
}

/// What the parent has set to be ignored stays so: `nohup` for what outlives its terminal, a shell script for what it runs in
/// the background, `trap '' TERM`.
fn ignored_signals() -> Vec<i32> {
    let Ok(status) = std::fs::read_to_string("/proc/self/status") else { return vec![SIGHUP] };
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0);
    [SIGINT, SIGTERM, SIGHUP].into_iter().filter(|signal| ignored & (1 << (signal - 1)) != 0).collect()
}

fn end(signal: i32, is_impatient: bool) {
    IS_ENDING.store(true, Ordering::SeqCst);
    let mut clearings = clearings();
    while let Some((_, clear)) = clearings.pop() {
        clear();
    }
    if is_impatient {
        low_level::exit(130);
    }
    if let Some(say) = ANNOUNCEMENT.lock().unwrap_or_else(PoisonError::into_inner).take() {
        let (sender, receiver) = channel();
        // nobody may read the output, or the work may hold its lock
        thread::spawn(move || {
            say();
            drop(sender);
        });
        let _: Result<(), _> = receiver.recv_timeout(PATIENCE);
        low_level::exit(INTERRUPTED);
    }
    // the parent sees which signal it was; the list stays locked until then
    let _ = low_level::emulate_default_handler(signal);
}

/// Nothing is reported of what failed only because it was cleared away.
pub(crate) fn wait_if_ending() {
    while IS_ENDING.load(Ordering::SeqCst) {
        thread::sleep(LOOK);
    }
}

fn clearings() -> MutexGuard<'static, Clearings> {
    CLEARINGS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What is done when the process ends by a signal, unless this value is dropped before. The last one is done first.
#[derive(Debug)]
pub(crate) struct Clearing(u64);

impl Clearing {
    pub(crate) fn at_the_end(clear: impl FnOnce() + Send + 'static) -> Self {
        Self::noted(&mut clearings(), clear)
    }

    /// Of what is made now. A signal comes before or after, never between the two.
    pub(crate) fn of(
        make: impl FnOnce() -> io::Result<()>,
        clear: impl FnOnce() + Send + 'static,
    ) -> io::Result<Self> {
        let mut clearings = clearings();
        make()?;
        Ok(Self::noted(&mut clearings, clear))
    }

    fn noted(clearings: &mut Clearings, clear: impl FnOnce() + Send + 'static) -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        clearings.push((number, Box::new(clear)));
        Self(number)
    }
}

impl Drop for Clearing {
    fn drop(&mut self) {
        clearings().retain(|(number, _)| *number != self.0);
    }
}

/// Runs a program without input for what it prints. It does not outlive this process, nor does what it started.
pub(crate) fn output(command: &mut Command) -> io::Result<Output> {
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let id = child.id();
    let _clearing = Clearing::at_the_end(move || family::end(id));
    child.wait_with_output()
}

/// A program at work does not outlive this process, nor does what it started, as long as the value lives.
pub(crate) fn end_with_us(program: u32) -> Clearing {
    Clearing::at_the_end(move || family::end(program))
}

/// Ends a program that nobody needs any more, and what it started.
pub(crate) fn end_now(program: u32) {
    family::end(program);
}

/// Does what may block for longer than anybody wants to wait, such as a name resolution; `None` when a signal came first,
/// and then nobody takes what may come of it. Where nothing is watched, a signal ends the process anyway.
pub(crate) fn unless_interrupted<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    if WATCHED.load(Ordering::SeqCst) == 0 {
        return Some(work());
    }
    let begun = Instant::now();
    let (sender, receiver) = channel();
    // nobody takes the result any more: it is dropped
    let worker = thread::spawn(move || drop(sender.send(work())));
    loop {
        match receiver.recv_timeout(LOOK) {
            Ok(done) => return Some(done),
            Err(RecvTimeoutError::Timeout) if PROCESS.is_set() && begun.elapsed() > PATIENCE => return None,
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => match worker.join() {
                Err(panic) => resume_unwind(panic),
                Ok(()) => return None,
            },
        }
    }
}
