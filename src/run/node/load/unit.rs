//! The inputs of one transaction: files, a command or standard input.

use std::path::{Path, PathBuf};

use crate::config::load::{FileDate, Load};
use crate::diagnostic::Result;
use crate::load::{FoundFile, Input};

/// Inputs of one transaction.
#[derive(Debug)]
pub(super) struct Unit(Vec<Source>);

/// One of them.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) shown: String,
    pub(super) dates: Vec<FileDate>,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    File(PathBuf),
    Command(Vec<String>, PathBuf),
    Stdin,
}

impl Unit {
    pub(super) fn of_files(files: Vec<FoundFile>) -> Self {
        let source =
            |file: FoundFile| Source { shown: file.shown, dates: file.dates, kind: Kind::File(file.path) };
        Self(files.into_iter().map(source).collect())
    }

    pub(super) fn of_command(words: &[String], folder: &Path) -> Self {
        let kind = Kind::Command(words.to_vec(), folder.to_owned());
        Self(vec![Source { shown: words.join(" "), dates: Vec::new(), kind }])
    }

    pub(super) fn of_stdin() -> Self {
        Self(vec![Source { shown: "standard input".to_owned(), dates: Vec::new(), kind: Kind::Stdin }])
    }

    pub(super) fn sources(&self) -> &[Source] {
        &self.0
    }

    pub(super) fn shown(&self) -> String {
        self.0.iter().map(|source| source.shown.as_str()).collect::<Vec<_>>().join(", ")
    }
}

impl Source {
    pub(super) fn is_stdin(&self) -> bool {
        matches!(self.kind, Kind::Stdin)
    }

    pub(super) fn is_file(&self) -> bool {
        matches!(self.kind, Kind::File(_))
    }

    pub(super) fn open(&self, load: &Load) -> Result<Input> {
        let (compression, encoding) = (load.compression, load.encoding);
        match &self.kind {
            Kind::File(path) => Input::file(path, &self.shown, compression, encoding),
            Kind::Command(words, folder) => {
                Input::command(words, folder.clone(), &self.shown, compression, encoding)
            }
            Kind::Stdin => Input::stdin(&self.shown, compression, encoding),
        }
    }

    /// Standard input and commands have no name that comes again.
    pub(super) fn ledger_name(&self, started_at: jiff::Timestamp) -> String {
        match self.kind {
            Kind::File(_) => self.shown.clone(),
            Kind::Command(..) | Kind::Stdin => format!("{} at {started_at}", self.shown),
        }
    }
}
