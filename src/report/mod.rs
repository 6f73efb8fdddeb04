//! Draws events: text or JSON on the terminal, and the log file. The only place that prints.

mod clock;
mod file;
mod github;
mod json;
mod live;
mod progress;
mod screen;
mod scrub;
mod style;
mod text;
mod visible;

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

pub(crate) use json::LogInvocation;
pub(crate) use screen::fitting;
pub(crate) use scrub::Scrubber;
pub(crate) use style::Style;
pub(crate) use visible::visible;

use crate::run::{Event, Level, Listener, Occurrence};

/// The form of a log's lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Text,
    Debug,
    Json,
    /// Text, with annotations for GitHub Actions.
    Github,
}

impl Format {
    /// `default` is the text form on the terminal and the debug form in the file.
    pub(crate) fn parse(name: &str, default: Self) -> Self {
        match name {
            "text" => Self::Text,
            "debug" => Self::Debug,
            "json" => Self::Json,
            "github" => Self::Github,
            _ => default,
        }
    }
}

/// One place where lines go.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Channel {
    pub format: Format,
    /// `None` silences the channel.
    pub level: Option<Level>,
    pub style: Style,
}

/// What the flags say about output.
#[derive(Debug, Clone)]
pub(crate) struct ReportSettings {
    pub terminal: Channel,
    pub file: Channel,
    /// `None`: no log file.
    pub log_file: Option<PathBuf>,
    pub log_file_max_bytes: u64,
    pub quiet: bool,
    /// Standard output is for the command's rows: what it says goes to stderr.
    pub aside: bool,
    /// A person reads the console, not a program.
    pub interactive: bool,
    /// A run shows what fails, and a block with what runs below the lines: only on a terminal.
    pub live: bool,
    pub invocation: LogInvocation,
    /// From the repository to the project, with a slash at its end.
    pub folder: String,
}

/// The listener of an invocation.
pub(crate) struct Reporter {
    settings: ReportSettings,
    scrubber: Scrubber,
    file: Mutex<Option<file::LogFile>>,
    /// Lines of a listing that wait to be printed together.
    listed: Mutex<String>,
    progress: progress::Progress,
    live: live::Live,
    annotations: github::Annotations,
    /// Why nothing more can be printed.
    broken: Mutex<Option<io::Error>>,
    /// What is missing in the log file, and why.
    unlogged: Mutex<Option<String>>,
}

/// A listing is printed in pieces of this size, not line by line.
const LISTED_AT_ONCE: usize = 1 << 16;
/// Time, level and thread in a line of the log.
const BEFORE_MESSAGE: usize = 48;

impl Reporter {
    /// Opens the log file; where it cannot be written, the command says so and goes on without one.
    pub(crate) fn new(settings: ReportSettings, scrubber: Scrubber) -> Self {
        let open = |path: &PathBuf| {
            let opened = file::LogFile::open(path, settings.log_file_max_bytes);
            let say = |error: &io::Error| {
                complain(&format!("cannot write {}: {error}; this command has no log file", path.display()));
            };
            opened.inspect_err(say).ok()
        };
        let log = settings.log_file.as_ref().filter(|_| settings.file.level.is_some()).and_then(open);
        let progress = progress::Progress::new(settings.live);
        Self {
            settings,
            scrubber,
            file: Mutex::new(log),
            listed: Mutex::default(),
            progress,
            live: live::Live::default(),
            annotations: github::Annotations::default(),
            broken: Mutex::default(),
            unlogged: Mutex::default(),
        }
    }

    fn print(&self, occurrence: &Occurrence<'_>) {
        let Some(mut line) = self.terminal_line(occurrence) else { return };
        if self.settings.terminal.format == Format::Github {
            line = self.annotations.added(&line, occurrence.event, occurrence.level, &self.settings.folder);
        }
        let mut text = self.listed.lock().unwrap_or_else(PoisonError::into_inner);
        text.push_str(&self.scrubber.scrub(line));
        text.push('\n');
        let is_listed = matches!(occurrence.event, Event::ListCmdOut { .. });
        if !is_listed || text.len() >= LISTED_AT_ONCE {
            self.print_text(&mut text);
        }
    }

    fn print_text(&self, text: &mut String) {
        self.progress.suspend(|| {
            let mut broken = self.broken.lock().unwrap_or_else(PoisonError::into_inner);
            if broken.is_none() {
                let mut out: Box<dyn io::Write> = if self.settings.aside {
                    Box::new(io::stderr().lock())
                } else {
                    Box::new(io::stdout().lock())
                };
                // the run goes on; how it ends is decided at its end
                *broken = out.write_all(text.as_bytes()).and_then(|()| out.flush()).err();
            }
        });
        text.clear();
    }

    fn terminal_line(&self, occurrence: &Occurrence<'_>) -> Option<String> {
        let channel = self.settings.terminal;
        let level = channel.level?;
        // with more messages, all of them stay in their order
        if self.settings.live && level >= Level::Info {
            match self.live.shown(occurrence, &self.progress) {
                live::Shown::Usual => {}
                live::Shown::Not => return None,
                live::Shown::As(event) if level <= Level::Error => {
                    return Some(self.laid_out(channel, occurrence, &Self::message(channel, &event)));
                }
                live::Shown::As(_) => return None,
            }
        } else if matches!(occurrence.event, Event::RunOverview { .. }) {
            return None;
        }
        let product = occurrence.event.is_product();
        let threshold = if self.settings.quiet { Level::Error } else { level };
        if !product && occurrence.level < threshold {
            return None;
        }
        if product && matches!(channel.format, Format::Text | Format::Github) {
            // what a program reads is left as it is
            return Some(if self.settings.interactive {
                Self::message(channel, occurrence.event)
            } else {
                text::message(occurrence.event, channel.style)
            });
        }
        if let (Event::MainReportVersion { version, .. }, true) =
            (occurrence.event, self.settings.interactive)
        {
            return Some(self.laid_out(channel, occurrence, &text::own_version(version)));
        }
        Some(self.line(channel, occurrence))
    }

    fn line(&self, channel: Channel, occurrence: &Occurrence<'_>) -> String {
        match channel.format {
            Format::Json => {
                visible::visible_json(json::line(occurrence, &self.settings.invocation, channel.style))
            }
            _ => self.laid_out(channel, occurrence, &Self::message(channel, occurrence.event)),
        }
    }

    /// Nothing in it acts on a terminal but the colours that are put in here.
    fn message(channel: Channel, event: &Event) -> String {
        if is_json(event) {
            return visible::visible_json(text::message(event, channel.style));
        }
        let shown = visible::visible_event(event, channel.style.color);
        let message = text::message(shown.as_ref().unwrap_or(event), channel.style);
        if has_lines_of_its_own(event) { message } else { visible::indented(message) }
    }

    /// The message with what stands before it in a text log.
    fn laid_out(&self, channel: Channel, occurrence: &Occurrence<'_>, message: &str) -> String {
        match channel.format {
            Format::Text | Format::Json | Format::Github => {
                let time = occurrence.at.strftime("%H:%M:%S");
                format!("{}{time}  {message}", reset(channel.style))
            }
            Format::Debug => {
                let at = clock::local(occurrence.at);
                let micros = at.subsec_nanosecond() / 1000;
                let time = format_args!("{:02}:{:02}:{:02}.{micros:06}", at.hour(), at.minute(), at.second());
                let (tag, level, thread) =
                    (reset(channel.style), occurrence.level.name(), &*occurrence.thread);
                let mut line = String::with_capacity(message.len() + BEFORE_MESSAGE);
                if let Event::MainReportVersion { .. } = occurrence.event {
                    let bar = "=".repeat(30);
                    let _ = write!(line, "\n\n{bar} {time} | {} {bar}\n", self.settings.invocation.id);
                }
                let _ = write!(line, "{tag}{time} [{level:<5}] [{thread:<10.10}]: ");
                line.push_str(message);
                line
            }
        }
    }

    fn store(&self, occurrence: &Occurrence<'_>) {
        let channel = self.settings.file;
        if occurrence.event.is_private() {
            return;
        }
        if channel.level.is_none_or(|level| occurrence.level < level) {
            return;
        }
        // dbt: `clean` may just have removed the log's folder
        if matches!(occurrence.event.code(), "Z012" | "Z013" | "Z014" | "Z015") {
            return;
        }
        let mut line = self.scrubber.scrub(self.line(channel, occurrence));
        // the bar before an invocation has lines of its own
        if channel.format != Format::Json && !matches!(occurrence.event, Event::MainReportVersion { .. }) {
            line = visible::indented(line);
        }
        if let Ok(mut log) = self.file.lock()
            && let Some(log) = log.as_mut()
        {
            let _ = log.write(&line).inspect_err(|error| self.note_unlogged(error));
        }
    }

    fn note_unlogged(&self, error: &io::Error) {
        let mut unlogged = self.unlogged.lock().unwrap_or_else(PoisonError::into_inner);
        if let (None, Some(path)) = (unlogged.as_ref(), &self.settings.log_file) {
            *unlogged = Some(format!("cannot write {}: {error}", path.display()));
        }
    }

    /// To be called before the process exits.
    pub(crate) fn flush(&self) {
        let mut listed = self.listed.lock().unwrap_or_else(PoisonError::into_inner);
        if !listed.is_empty() {
            self.print_text(&mut listed);
        }
        drop(listed);
        self.progress.clear();
        if let Ok(mut log) = self.file.lock()
            && let Some(log) = log.as_mut()
        {
            let _ = log.flush().inspect_err(|error| self.note_unlogged(error));
        }
    }
}

/// A product that programs read.
fn is_json(event: &Event) -> bool {
    match event {
        Event::ShowNode { output_format, .. } | Event::CompiledNode { output_format, .. } => {
            output_format == "json"
        }
        _ => false,
    }
}

/// Products, and errors, whose own lines but the titles are indented already.
fn has_lines_of_its_own(event: &Event) -> bool {
    event.is_product()
        || crate::run::is_deprecation(event.name())
        || matches!(
            event,
            Event::MainEncounteredError { .. }
                | Event::RunningOperationCaughtError { .. }
                | Event::OpenCommand { .. }
                | Event::DepsNotifyUpdatesAvailable { .. }
                | Event::DebugCmdOut { .. }
                | Event::DebugCmdResult { .. }
                | Event::Formatting { .. }
        )
}

fn reset(style: Style) -> &'static str {
    if style.color { "\x1b[0m" } else { "" }
}

impl Listener for Reporter {
    fn on(&self, occurrence: &Occurrence<'_>) {
        self.print(occurrence);
        self.store(occurrence);
        self.progress.on(occurrence.event);
        if occurrence.level == Level::Error {
            self.flush_file();
        }
    }

    fn flush(&self) {
        Self::flush(self);
    }

    fn broken(&self) -> Option<io::Error> {
        self.broken.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn unlogged(&self) -> Option<String> {
        self.unlogged.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Reporter {
    fn flush_file(&self) {
        if let Ok(mut log) = self.file.lock()
            && let Some(log) = log.as_mut()
        {
            let _ = log.flush().inspect_err(|error| self.note_unlogged(error));
        }
    }
}

/// Prints a text that belongs to no invocation.
pub(crate) fn say(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{}", visible::visible(text))?;
    stdout.flush()
}

/// Whether a block of changing lines can be drawn: standard error is a terminal of a known size.
pub(crate) fn is_drawable() -> bool {
    screen::columns().is_some()
}

/// Prints a text of the program's own, which may be coloured and has its line breaks.
pub(crate) fn show(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()
}

/// The same for mistakes in the command line, which go to stderr.
pub(crate) fn complain(text: &str) {
    let mut stderr = io::stderr().lock();
    let _ = writeln!(stderr, "{}", visible::visible(text));
}
