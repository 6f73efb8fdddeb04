//! Which source tables `rsdbt load` loads.

use std::io::IsTerminal as _;

use super::session::{ParsedProject, Session};
use crate::config::load::Origin;
use crate::diagnostic::{Diagnostic, Result, did_you_mean};
use crate::graph::EmptyNodes;
use crate::load::{self, LoadedTable};
use crate::manifest::{ResourceType, SourceDefinition};
use crate::options::table::{LOAD_FILES, LOAD_TABLES, SELECT, SELECTOR};

/// By name, or by the selection; else all that need no standard input.
pub(super) fn selected(session: &Session<'_>, parsed: &ParsedProject) -> Result<Vec<String>> {
    let flags = &session.invocation.flags;
    let words = flags.words(&LOAD_TABLES);
    let selected = session.select(parsed, vec![ResourceType::Source], EmptyNodes::Skip)?.unique_ids;
    let sources = &parsed.manifest.sources;
    let mut selected: Vec<String> = selected
        .into_iter()
        .filter(|id| sources.get(id).is_some_and(|source| load::is_loaded(source)))
        .collect();
    if !words.is_empty() {
        let loaded: Vec<&SourceDefinition> =
            sources.values().filter(|source| load::is_loaded(source)).map(AsRef::as_ref).collect();
        for word in &words {
            if !loaded.iter().any(|source| is_named(source, word)) {
                return Err(unknown(&loaded, word));
            }
        }
        selected.retain(|id| {
            sources.get(id).is_some_and(|source| words.iter().any(|word| is_named(source, word)))
        });
    }
    let is_explicit =
        !words.is_empty() || !flags.words(&SELECT).is_empty() || flags.text(&SELECTOR).is_some();
    if !is_explicit {
        selected.retain(|id| !reads_stdin(parsed, id));
    }
    let of_stdin: Vec<&str> =
        selected.iter().filter(|id| reads_stdin(parsed, id)).map(String::as_str).collect();
    if of_stdin.len() > 1 {
        return Err(Diagnostic::runtime(
            "load-selection",
            format!("several selected tables read standard input: {}", of_stdin.join(", ")),
        )
        .help("select one of them")
        .boxed());
    }
    if !flags.words(&LOAD_FILES).is_empty() {
        refuse_files_without_use(parsed, &selected)?;
    }
    refuse_unread_input(parsed, &selected)?;
    Ok(selected)
}

/// Before the run, and after it: what is piped in may come late.
pub(super) fn refuse_unread_input(parsed: &ParsedProject, selected: &[String]) -> Result<()> {
    if selected.iter().any(|id| reads_stdin(parsed, id)) || !has_input() {
        return Ok(());
    }
    let Some(reader) = parsed.manifest.sources.values().find(|source| reads_stdin(parsed, &source.unique_id))
    else {
        return Ok(());
    };
    Err(Diagnostic::runtime("load-selection", "standard input has data, and no selected table reads it")
        .help(format!(
            "name the table, as in `rsdbt load {}.{}`, or load with `< /dev/null`",
            reader.source_name, reader.name
        ))
        .boxed())
}

/// Whether bytes wait in a file, a pipe or a socket.
fn has_input() -> bool {
    let stdin = std::io::stdin();
    !stdin.is_terminal() && rustix::io::ioctl_fionread(&stdin).is_ok_and(|waiting| waiting > 0)
}

fn origin(parsed: &ParsedProject, id: &str) -> Option<Origin> {
    let source = parsed.manifest.sources.get(id).filter(|source| load::is_loaded(source))?;
    Some(LoadedTable::of_manifest(source).ok()?.load.origin)
}

fn reads_stdin(parsed: &ParsedProject, id: &str) -> bool {
    matches!(origin(parsed, id), Some(Origin::Stdin))
}

fn refuse_files_without_use(parsed: &ParsedProject, selected: &[String]) -> Result<()> {
    let [id] = selected else {
        return Err(Diagnostic::runtime(
            "load-selection",
            format!("`--files` needs exactly one selected table, and {} are selected", selected.len()),
        )
        .help("name the table, as in `rsdbt load raw.orders --files orders.csv`")
        .boxed());
    };
    let origin = match origin(parsed, id) {
        Some(Origin::Command(_)) => "a command",
        Some(Origin::Stdin) => "standard input",
        Some(Origin::Connection(_)) => "another database",
        Some(Origin::Files(_)) | None => return Ok(()),
    };
    Err(Diagnostic::runtime(
        "load-selection",
        format!("`--files` is for tables that are loaded from files, and {id} is loaded from {origin}"),
    )
    .help("remove `--files`, or set `from: {files: ..}`; `from: stdin` reads a file by `< file`")
    .boxed())
}

fn is_named(source: &SourceDefinition, word: &str) -> bool {
    match word.split_once('.') {
        Some((of, table)) => source.source_name == of && source.name == table,
        None => source.name == word,
    }
}

fn unknown(loaded: &[&SourceDefinition], word: &str) -> Box<Diagnostic> {
    let names: Vec<String> = loaded
        .iter()
        .map(|source| {
            if word.contains('.') {
                format!("{}.{}", source.source_name, source.name)
            } else {
                source.name.clone()
            }
        })
        .collect();
    Diagnostic::runtime("load-selection", format!("`{word}` is not a source table that is loaded"))
        .help(did_you_mean(word, names.iter().map(String::as_str)).unwrap_or_else(|| {
            "give a source table with a `load` config, as `raw.events` or `events`".to_owned()
        }))
        .boxed()
}
