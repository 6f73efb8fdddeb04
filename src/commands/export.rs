//! `rsdbt export`: the rows of relations into files or to standard output, as the server copies them out.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::connect::Connect;
use super::invocation::Invocation;
use super::session::{ParsedProject, Session};
use super::{CommandResult, Outcome};
use crate::adapter::{Connection, Settings};
use crate::counted::counted;
use crate::diagnostic::{Category, Diagnostic, Result};
use crate::graph::EmptyNodes;
use crate::interrupt::Clearing;
use crate::manifest::{Resource, ResourceType};
use crate::options::table::{EXPORT_FORMAT, EXPORT_TO, STANDARD_OUTPUT};
use crate::output::Output;
use crate::run::Event;

/// Values do not depend on the settings of the server, and nothing is changed.
const SESSION: [(&str, &str); 5] = [
    ("default_transaction_read_only", "on"),
    ("datestyle", "ISO, YMD"),
    ("intervalstyle", "postgres"),
    ("bytea_output", "hex"),
    // numbers of which the same come back
    ("extra_float_digits", "3"),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Csv,
    Jsonl,
}

impl Format {
    fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Jsonl => "jsonl",
        }
    }

    fn statement(self, relation: &str) -> String {
        match self {
            Self::Csv => format!("copy (select * from {relation}) to stdout (format csv, header true)"),
            // a line break can only stand between the values of a `json`, and these characters nowhere
            Self::Jsonl => format!(
                "copy (select pg_catalog.translate(pg_catalog.row_to_json(line)::pg_catalog.text, e'\\n\\r', '  ') from {relation} as line) \
                 to stdout (format csv, header false, delimiter e'\\x02', quote e'\\x01')"
            ),
        }
    }
}

/// What is exported to where.
struct Export {
    name: String,
    relation: String,
    settings: Arc<Settings>,
}

pub(super) fn run(invocation: &Invocation) -> CommandResult {
    let Some(to) = invocation.flags.text(&EXPORT_TO) else {
        return Err(usage(
            "`--to` is missing",
            "name a file, a folder that ends with `/`, or `-` for standard output",
        )
        .into());
    };
    let format = format(invocation, to)?;
    let session = Session::load(invocation)?;
    let parsed = session.parse()?;
    let connect = Connect::new(&session.profile, invocation)?;
    let exports = exports(&session, &parsed, &connect)?;
    let is_folder = to.ends_with('/');
    if exports.len() != 1 && !is_folder {
        let message = format!("one file takes one relation, and {} are selected", exports.len());
        return Err(usage(&message, "select one, or name a folder, as in `--to exports/`").into());
    }
    if is_folder {
        refuse_one_file_for_two(&exports, format)?;
    }
    for export in exports {
        if to == STANDARD_OUTPUT {
            let mut out = io::stdout().lock();
            match export.write(format, &mut out) {
                // whoever reads has read enough
                Err(Failure::Write(error)) if error.kind() == io::ErrorKind::BrokenPipe => break,
                written => written.map_err(|failure| failure.explained(Path::new("standard output")))?,
            };
            continue;
        }
        let path = invocation.working_directory.join(to);
        let path = if is_folder { file_in(&path, &export.name, format) } else { path };
        let rows = export.write_file(format, &path).map_err(|failure| failure.explained(&path))?;
        let msg = format!("{}: {} in {}", export.name, counted(rows, "row"), path.display());
        invocation.emitter.emit(Event::PrintEvent { msg });
    }
    Ok(Outcome::Success)
}

/// As the option says, else as the file is called.
fn format(invocation: &Invocation, to: &str) -> Result<Format> {
    let extension = Path::new(to).extension().and_then(|extension| extension.to_str());
    match (invocation.flags.text(&EXPORT_FORMAT), extension) {
        (Some("jsonl"), _) | (None, Some("jsonl" | "ndjson")) => Ok(Format::Jsonl),
        (Some(_), _) | (None, Some("csv")) => Ok(Format::Csv),
        (None, _) if to == STANDARD_OUTPUT || to.ends_with('/') => Ok(Format::Csv),
        (None, _) => Err(usage(
            &format!("the name `{to}` does not say whether it is CSV or JSON lines"),
            "end it with `.csv` or `.jsonl`, or give `--format`",
        )),
    }
}

/// A name of the project may hold what a file's name cannot.
fn file_in(folder: &Path, name: &str, format: Format) -> PathBuf {
    let plain: String = name.chars().map(|c| if matches!(c, '/' | '\\' | '\0') { '_' } else { c }).collect();
    folder.join(format!("{plain}.{}", format.extension()))
}

/// The second one would take the place of the first.
fn refuse_one_file_for_two(exports: &[Export], format: Format) -> Result<()> {
    let file = |export: &Export| file_in(Path::new(""), &export.name, format);
    for (at, export) in exports.iter().enumerate() {
        if let Some(other) = exports[..at].iter().find(|other| file(other) == file(export)) {
            let message = format!(
                "`{}` is the file of two relations: {} and {}",
                file(export).display(),
                other.relation,
                export.relation
            );
            return Err(usage(&message, "export them one by one, each with a file of its own"));
        }
    }
    Ok(())
}

fn exports(session: &Session<'_>, parsed: &ParsedProject, connect: &Connect) -> Result<Vec<Export>> {
    use ResourceType::{Model, Seed, Snapshot, Source};
    let selected = session.select(parsed, vec![Model, Seed, Snapshot, Source], EmptyNodes::Skip)?.unique_ids;
    let mut found = Vec::new();
    for resource in selected.iter().filter_map(|id| parsed.manifest.resource(id)) {
        let (name, relation) = match resource {
            Resource::Node(node) if node.is_ephemeral_model() => continue,
            Resource::Node(node) => (node.search_name(), node.relation_name.clone()),
            Resource::Source(source) => {
                (format!("{}.{}", source.source_name, source.name), source.relation_name.clone())
            }
            _ => continue,
        };
        let output = session.output_of(parsed.manifest.home(resource));
        let other = connect.others.iter().find(|other| other.name == output);
        let own = || Arc::new(connect.settings.clone());
        let settings = other.map_or_else(own, |other| Arc::clone(&other.settings));
        found.extend(relation.map(|relation| Export { name, relation, settings }));
    }
    if found.is_empty() {
        return Err(usage(
            "nothing that is selected has a relation",
            "select models, seeds, snapshots or sources; an ephemeral model has no rows of its own",
        ));
    }
    Ok(found)
}

/// What ended an export.
enum Failure {
    Read(Box<Diagnostic>),
    Write(io::Error),
}

impl Failure {
    fn explained(self, path: &Path) -> Box<Diagnostic> {
        match self {
            Self::Read(error) => error,
            Self::Write(error) => crate::output::unwritten(path, &error),
        }
    }
}

impl Export {
    /// The file is there when all of it is.
    fn write_file(&self, format: Format, path: &Path) -> std::result::Result<i64, Failure> {
        let mut file = Output::create(path).map_err(Failure::Write)?;
        let rows = self.write(format, &mut file)?;
        file.finish().map_err(Failure::Write)?;
        Ok(rows)
    }

    fn write(&self, format: Format, to: &mut impl Write) -> std::result::Result<i64, Failure> {
        let mut connection = Connection::open(&self.settings).map_err(Failure::Read)?;
        let session = connection.cancel_handle();
        let _clearing = Clearing::at_the_end(move || drop(session.cancel()));
        connection
            .set_settings(&SESSION.map(|(name, value)| (name.to_owned(), value.to_owned())))
            .map_err(Failure::Read)?;
        let sql = format.statement(&self.relation);
        connection.copy_out(&sql).map_err(|error| Failure::Read(self.unread(error)))?;
        let mut piece = Vec::new();
        loop {
            let end = connection.copied(&sql, &mut piece).map_err(Failure::Read)?;
            if let Err(error) = to.write_all(&piece) {
                connection.leave_copy();
                return Err(Failure::Write(error));
            }
            // the next rows are awaited where there is nothing yet
            piece.clear();
            if let Some(response) = end {
                to.flush().map_err(Failure::Write)?;
                return Ok(response.rows_affected);
            }
        }
    }

    fn unread(&self, error: Box<Diagnostic>) -> Box<Diagnostic> {
        let is_missing = error.server.as_ref().is_some_and(|server| server.sqlstate == "42P01");
        if is_missing {
            let name = self.name.rsplit('.').next().unwrap_or(&self.name);
            return error.help(format!("build it first: `rsdbt build --select {name}`")).boxed();
        }
        error
    }
}

fn usage(message: &str, help: &str) -> Box<Diagnostic> {
    Diagnostic::new("export", Category::Usage, message).help(help).boxed()
}
