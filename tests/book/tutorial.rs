//! `docs/tutorial.md` is played on the embedded server, as somebody would who reads it: its files are written, its commands run.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use fancy_regex::Regex;

use super::{assert_written, read};
use crate::spec::difference;
use crate::spec::document::Document;

/// The present of the schedule, whatever day it is.
const PRESENT: &str = "2026-03-03T08:00:00Z";

struct Reader {
    root: PathBuf,
    folder: PathBuf,
}

impl Reader {
    fn new() -> Self {
        let root = std::env::temp_dir().join(format!("rsdbt-tutorial-{}", std::process::id()));
        let _ = fs::remove_dir_all(&root);
        for folder in ["home", "work", "bin"] {
            fs::create_dir_all(root.join(folder)).unwrap();
        }
        let root = root.canonicalize().unwrap();
        symlink(env!("CARGO_BIN_EXE_rsdbt"), root.join("bin/rsdbt")).unwrap();
        Self { folder: root.join("work"), root }
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// The commands of a block with what they print.
    fn console(&mut self, body: &str) -> String {
        let commands = body.lines().filter_map(|line| line.strip_prefix("$ "));
        let shown: Vec<String> =
            commands.map(|command| format!("$ {command}\n{}", self.run(command))).collect();
        shown.join("\n")
    }

    fn run(&mut self, command: &str) -> String {
        if let Some(folder) = command.strip_prefix("cd ") {
            self.folder = self.folder.join(folder);
            return String::new();
        }
        let mut shell = Command::new("sh");
        for (name, _) in std::env::vars_os() {
            let is_ours = ["CI", "DBT_", "RSDBT_", "PG", "XDG_"];
            if is_ours.iter().any(|prefix| name.to_string_lossy().starts_with(prefix)) {
                shell.env_remove(name);
            }
        }
        let path = std::env::var("PATH").unwrap();
        let output = shell
            .args(["-c", &format!("{command} 2>&1")])
            .current_dir(&self.folder)
            .env("PATH", format!("{}:{path}", self.root.join("bin").display()))
            .env("HOME", self.root.join("home"))
            .env("NO_COLOR", "1")
            .env("RSDBT_SIMULATED_CLOCK", PRESENT)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let mut shown = self.stable(&String::from_utf8_lossy(&output.stdout));
        if !output.status.success() {
            shown += &format!("exit status {}\n", output.status.code().unwrap_or(-1));
        }
        shown
    }

    /// Without what differs from run to run, and what every command says first.
    fn stable(&self, text: &str) -> String {
        static CLOCK: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^\d\d:\d\d:\d\d {0,2}").unwrap());
        static SECONDS: LazyLock<Regex> = LazyLock::new(|| Regex::new(r" in \d+\.\d+s\b").unwrap());
        static TOOK: LazyLock<Regex> = LazyLock::new(|| {
            Regex::new(r" in 0 hours \d+ minutes and \d+\.\d+ seconds \(\d+\.\d+s\)").unwrap()
        });
        static MACROS: LazyLock<Regex> = LazyLock::new(|| Regex::new(r", \d+ macros").unwrap());
        static LEFT_OUT: LazyLock<Regex> = LazyLock::new(|| {
            Regex::new(r"^(?:Running with dbt=|Using the embedded|Concurrency: |\d+ of \d+ START )").unwrap()
        });
        let work = self.root.join("work").display().to_string();
        let mut lines: Vec<String> = Vec::new();
        for line in text.lines() {
            let line = CLOCK.replace(line, "").replace(&work, "~");
            if LEFT_OUT.is_match(&line).unwrap() {
                continue;
            }
            let line = SECONDS.replace_all(&line, " in 0.01s");
            let line = TOOK.replace(&line, " in 0.10 seconds (0.10s)");
            let line = MACROS.replace(&line, "");
            lines.push(line.trim_end().to_owned());
        }
        lines.dedup_by(|left, right| left.is_empty() && right.is_empty());
        let text = lines.join("\n");
        let text = text.trim_matches('\n');
        if text.is_empty() { String::new() } else { format!("{text}\n") }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let _ = fs::remove_dir_all(&self.root);
        }
    }
}

/// Nodes that run at the same time end in either order, and have their numbers in the order in which they began.
fn in_any_order(text: &str) -> Vec<String> {
    let number = Regex::new(r"^\d+ of ").unwrap();
    let dots = Regex::new(r" \.+ ").unwrap();
    let line = |line: &str| dots.replace(&number.replace(line, ""), " ").into_owned();
    let mut lines: Vec<String> = text.lines().map(line).collect();
    lines.sort();
    lines
}

#[test]
fn the_tutorial() {
    let page = "docs/tutorial.md";
    let text = read(page);
    let mut reader = Reader::new();
    let mut document = Document::parse(&text);
    let mut wrong = String::new();
    for block in document.sections().into_iter().flatten() {
        match block.info.split_once(' ') {
            Some((_, path)) => reader.write(path, &block.body),
            None if block.info == "console" => {
                let actual = reader.console(&block.body);
                if in_any_order(&actual) != in_any_order(&block.body) {
                    wrong += &difference(&block.body, &actual);
                    block.replace_body(actual);
                }
            }
            None => {}
        }
    }
    let is_written = std::env::var_os("UPDATE_SPECS").is_some();
    assert!(wrong.is_empty() || is_written, "{page} expects something else:\n{wrong}");
    assert_written(page, &document.into_text());
}
