//! Questions on the terminal; answers may also be piped in.

use std::io::{self, BufRead as _, IsTerminal as _};
use std::process::Command;

use crate::diagnostic::{Category, Diagnostic, Result};
use crate::interrupt::Clearing;
use crate::report;

/// Asks until there is an answer; an empty one takes the default.
pub(super) fn ask(question: &str, default: Option<&str>) -> Result<String> {
    loop {
        match default {
            Some(default) => drop(report::say(&format!("{question} [{default}]:"))),
            None => drop(report::say(&format!("{question}:"))),
        }
        let answer = read_line()?;
        match (answer.trim(), default) {
            ("", Some(default)) => return Ok(default.to_owned()),
            ("", None) => {}
            (answer, _) => return Ok(answer.to_owned()),
        }
    }
}

/// A question whose answer is not shown while it is typed. Ctrl-C leaves the terminal as it was.
pub(super) fn ask_secretly(question: &str, default: Option<&str>) -> Result<String> {
    if !io::stdin().is_terminal() {
        return ask(question, default);
    }
    let _clearing = Clearing::at_the_end(|| set_echo("echo"));
    set_echo("-echo");
    let answer = ask(question, default);
    set_echo("echo");
    answer
}

fn set_echo(mode: &str) {
    let _ = Command::new("stty").arg(mode).status();
}

pub(super) fn confirm(question: &str) -> Result<bool> {
    Ok(matches!(ask(question, Some("y/N"))?.to_lowercase().as_str(), "y" | "yes"))
}

/// The same where the answer is yes unless the user says otherwise.
pub(super) fn agree(question: &str) -> Result<bool> {
    Ok(!matches!(ask(question, Some("Y/n"))?.to_lowercase().as_str(), "n" | "no"))
}

fn read_line() -> Result<String> {
    let mut line = String::new();
    match io::stdin().lock().read_line(&mut line) {
        Ok(1..) => Ok(line),
        Ok(0) | Err(_) => Err(Diagnostic::new("no-answer", Category::Usage, "Aborted!")
            .help("answer on a terminal, or pass --skip-profile-setup")
            .boxed()),
    }
}
