//! Runs `tests/spec/*.md` and `tests/errors/*.md` on a real Postgres: the files of a section make a project, its
//! commands run the binary, its queries look at what was built. A `repository` block lists folders of the
//! repository's own project. `UPDATE_SPECS=1` rewrites what is expected; read the diff.

pub(crate) mod document;
mod filter;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use rsdbt::inside::adapter::Settings;

use crate::support::{Database, Project, rows_as_table, settings};
use document::{Block, Document};
use similar::TextDiff;

include!(concat!(env!("OUT_DIR"), "/specs.rs"));

/// Mistakes of several places or of none: sections of `tests/errors/` whose message need not point into a file.
const WITHOUT_A_PLACE: &[&str] = &[
    "A circle",
    "A group that does not exist",
    "A hook of a seed that refers to a model",
    "A list that never closes",
    "A measure of a disabled semantic model",
    "A package that is not installed",
    "A snapshot without a strategy",
    "A time spine without its column, and one without a granularity",
    "An empty file",
    "An error of one's own",
    "Flags in both places",
    "No time spine",
    "One name for two models",
    "One relation for two models",
];

/// What an analyst needs to mend a mistake in a file: the place, the line with its mark, what to do, and the code to look up.
#[test]
fn mistakes_are_shown_where_they_stand() {
    let mut without = Vec::new();
    let mut wrong = Vec::new();
    for file in fs::read_dir("tests/errors").unwrap() {
        let path = file.unwrap().path();
        let of_command_line = path.ends_with("command-line.md");
        let text = fs::read_to_string(&path).unwrap();
        for section in text.split("\n## ").skip(1).filter(|section| section.contains("\nexit status 2\n")) {
            let title = section.lines().next().unwrap();
            let has = |sign: &str| section.lines().any(|line| line.trim_start().starts_with(sign));
            let is_marked = section
                .lines()
                .any(|line| line.split_once("| ").is_some_and(|(_, mark)| mark.trim().starts_with('^')));
            // what clap says has no code
            if !has("error[") && !has("error: ") {
                wrong.push(format!("{title}: no code"));
            }
            if !(of_command_line || has("--> ") && is_marked && has("help: ")) {
                without.push(title.to_owned());
            }
        }
    }
    assert_eq!(wrong, [] as [String; 0]);
    without.sort();
    assert_eq!(without, WITHOUT_A_PLACE);
}

fn run_spec(path: &str) {
    let text = fs::read_to_string(path).unwrap();
    let actual = play(&text, &settings());
    if actual == text {
        return;
    }
    if std::env::var_os("UPDATE_SPECS").is_some() {
        fs::write(path, actual).unwrap();
        return;
    }
    panic!("{path} expects something else:\n{}", difference(&text, &actual));
}

pub(crate) fn difference(text: &str, actual: &str) -> String {
    TextDiff::from_lines(text, actual).unified_diff().context_radius(4).to_string()
}

/// The document as it would be if it expected what happens.
pub(crate) fn play(text: &str, settings: &Arc<Settings>) -> String {
    let mut document = Document::parse(text);
    let shared: Vec<Block> = document.shared().cloned().collect();
    for section in document.sections() {
        let mut stage = Stage::new(settings);
        for block in &shared {
            stage.play(block);
        }
        for block in section {
            if let Some(actual) = stage.play(block) {
                block.replace_body(actual);
            }
        }
    }
    document.into_text()
}

/// One section at work.
struct Stage {
    project: Project,
    database: Database,
}

impl Stage {
    fn new(settings: &Arc<Settings>) -> Self {
        let database = Database::on(Arc::clone(settings));
        Self { project: Project::new(&database), database }
    }

    /// Does what the block says; the body that it should have, where it has something to expect.
    fn play(&mut self, block: &Block) -> Option<String> {
        let mut words = block.info.split_whitespace();
        match (words.next()?, words.next()) {
            ("console", None) => Some(self.console(&block.body)),
            ("query", None) => Some(self.query(&block.body)),
            ("execute", None) => {
                let message = self.database.query(&block.body).err()?;
                assert!(std::env::var_os("UPDATE_SPECS").is_none(), "{message}\n{}", block.body);
                Some(format!("{}-- {message}\n", block.body))
            }
            ("copy", None) => {
                block.body.lines().for_each(|line| self.project.copy(line));
                None
            }
            ("repository", None) => {
                let root = Path::new(env!("CARGO_MANIFEST_DIR"));
                block.body.lines().for_each(|folder| self.project.copy_from(&root.join(folder), folder));
                None
            }
            ("remove", None) => {
                block.body.lines().for_each(|path| self.project.remove(path));
                None
            }
            (_, Some(path)) => {
                self.project.write(path, &block.body);
                None
            }
            _ => None,
        }
    }

    fn console(&self, body: &str) -> String {
        let mut actual = String::new();
        for command in body.lines().filter_map(|line| line.strip_prefix("$ ")) {
            let arguments = document::words(command);
            assert_eq!(arguments.first().map(String::as_str), Some("rsdbt"), "only rsdbt runs in a spec");
            let output = self.project.run(&arguments[1..]);
            let shown = filter::stable(&output.text, &self.project, &self.database);
            let _ = write!(actual, "$ {command}\n{shown}");
            if output.status != 0 {
                let _ = writeln!(actual, "exit status {}", output.status);
            }
        }
        actual
    }

    fn query(&mut self, body: &str) -> String {
        let sql = body.split("\n---\n").next().unwrap_or_default().trim_end();
        let answer = match self.database.query(sql) {
            Ok(rows) => rows_as_table(&rows, &self.database.schema),
            Err(message) => format!("{message}\n"),
        };
        format!("{sql}\n---\n{}", answer.replace(&self.database.schema, "spec"))
    }
}
