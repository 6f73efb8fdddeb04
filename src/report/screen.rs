//! The terminal as the block is drawn on it. What indicatif fills lines with is left out, so that keys that the terminal echoes
//! (`^C`) and a narrower window break no line of the block.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::sync::{Mutex, PoisonError};

use indicatif::TermLike;
use rustix::termios::{Winsize, tcgetwinsize};

/// Room for `^C` below the block, and for terminals that go on to the next line at the last column.
const FREE: u16 = 3;

/// How wide a line of the block may be, where standard error is a terminal that says so.
pub(super) fn columns() -> Option<u16> {
    size().map(|size| size.ws_col.saturating_sub(FREE))
}

/// The width of result lines that fit, with the time before and the status behind them, at most as given.
pub(crate) fn fitting(most: usize) -> usize {
    const TIME: usize = 10;
    const STATUS: usize = 22;
    columns()
        .map_or(most, |columns| usize::from(columns).saturating_sub(TIME + STATUS).clamp(20, most.max(20)))
}

fn size() -> Option<Winsize> {
    tcgetwinsize(io::stderr()).ok().filter(|size| size.ws_col > FREE && size.ws_row > 0)
}

/// Standard error, written at each flush.
#[derive(Debug, Default)]
pub(super) struct Screen {
    drawn: Mutex<Drawn>,
}

#[derive(Debug, Default)]
struct Drawn {
    text: String,
    ends_line: bool,
}

impl Screen {
    fn add(&self, change: impl FnOnce(&mut Drawn)) -> io::Result<()> {
        change(&mut self.drawn.lock().unwrap_or_else(PoisonError::into_inner));
        Ok(())
    }

    fn codes(&self, count: usize, code: char) -> io::Result<()> {
        self.add(|drawn| {
            drawn.ends_line = false;
            if count > 0 {
                let _ = write!(drawn.text, "\x1b[{count}{code}");
            }
        })
    }
}

impl TermLike for Screen {
    fn width(&self) -> u16 {
        columns().unwrap_or(1)
    }

    fn height(&self) -> u16 {
        size().map_or(1, |size| size.ws_row)
    }

    fn move_cursor_up(&self, n: usize) -> io::Result<()> {
        self.codes(n, 'A')
    }

    fn move_cursor_down(&self, n: usize) -> io::Result<()> {
        self.codes(n, 'B')
    }

    fn move_cursor_right(&self, n: usize) -> io::Result<()> {
        self.codes(n, 'C')
    }

    fn move_cursor_left(&self, n: usize) -> io::Result<()> {
        self.codes(n, 'D')
    }

    fn write_line(&self, s: &str) -> io::Result<()> {
        self.write_str(s)?;
        self.add(|drawn| {
            drawn.text.push('\n');
            drawn.ends_line = false;
        })
    }

    /// indicatif fills each line with blanks instead of ending it.
    fn write_str(&self, s: &str) -> io::Result<()> {
        self.add(|drawn| {
            if s.bytes().all(|byte| byte == b' ') {
                drawn.ends_line = true;
                return;
            }
            if std::mem::take(&mut drawn.ends_line) {
                drawn.text.push('\n');
            }
            drawn.text.push_str(s);
        })
    }

    fn clear_line(&self) -> io::Result<()> {
        self.add(|drawn| {
            drawn.ends_line = false;
            drawn.text.push_str("\r\x1b[2K");
        })
    }

    fn flush(&self) -> io::Result<()> {
        let mut drawn = self.drawn.lock().unwrap_or_else(PoisonError::into_inner);
        drawn.ends_line = false;
        let text = std::mem::take(&mut drawn.text);
        let mut stderr = io::stderr().lock();
        stderr.write_all(text.as_bytes())?;
        stderr.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_where_their_text_ends() {
        let screen = Screen::default();
        for text in ["a", "   ", "  b", ""] {
            screen.write_str(text).unwrap();
        }
        assert_eq!(screen.drawn.lock().unwrap().text, "a\n  b");
        screen.move_cursor_up(1).unwrap();
        screen.clear_line().unwrap();
        assert_eq!(screen.drawn.lock().unwrap().text, "a\n  b\x1b[1A\r\x1b[2K");
    }
}
