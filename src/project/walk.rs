//! Finds the files of a package: each configured directory is walked once, whatever reads it.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use walkdir::{DirEntry, WalkDir};

use crate::config::project_file::SourcePaths;
use crate::diagnostic::{Diagnostic, Result};
use crate::hashed::HashSet;

use super::files::{FileKind, join};
use super::ignored::Ignored;

/// A file that was found but not read.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct UnreadFile {
    pub(super) kind: FileKind,
    pub(super) searched_path: String,
    pub(super) relative_path: String,
    pub(super) absolute_path: PathBuf,
}

/// Where analysts put pipeline files.
const PIPELINES: &str = "pipelines";
/// Where jobs are, beside `jobs.yml`.
const JOBS: &str = "jobs";

pub(super) fn find(directory: &Path, paths: &SourcePaths) -> Result<Vec<UnreadFile>> {
    let ignored = Ignored::read(directory)?;
    let mut walked: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut seen: HashSet<(FileKind, String)> = HashSet::default();
    let mut found = Vec::new();
    for (kind, searched, extensions) in searches(paths) {
        if !walked.contains_key(&searched) {
            walked.insert(searched.clone(), list(directory, &searched, &ignored)?);
        }
        for relative in walked.get(&searched).into_iter().flatten() {
            if !has_extension(relative, extensions)
                || (kind == FileKind::SingularTest && is_special(relative))
            {
                continue;
            }
            if seen.insert((kind, join(&searched, relative))) {
                found.push(UnreadFile {
                    kind,
                    searched_path: searched.clone(),
                    relative_path: relative.clone(),
                    absolute_path: directory.join(&searched).join(relative),
                });
            }
        }
    }
    Ok(found)
}

/// What is looked for where: dbt's table, and pipeline files.
fn searches(paths: &SourcePaths) -> Vec<(FileKind, String, &'static [&'static str])> {
    const SQL: &[&str] = &[".sql"];
    const CODE: &[&str] = &[".sql", ".py"];
    let below_tests =
        |directory: &str| -> Vec<String> { paths.tests.iter().map(|path| join(path, directory)).collect() };
    let table: [(FileKind, Vec<String>, &'static [&'static str]); 14] = [
        (FileKind::Macro, paths.macros.clone(), SQL),
        (FileKind::Model, paths.models.clone(), CODE),
        (FileKind::Snapshot, paths.snapshots.clone(), SQL),
        (FileKind::Analysis, paths.analyses.clone(), SQL),
        (FileKind::SingularTest, paths.tests.clone(), SQL),
        (FileKind::GenericTest, below_tests("generic"), SQL),
        (FileKind::Seed, paths.seeds.clone(), &[".csv"]),
        (FileKind::Documentation, paths.docs.clone(), &[".md"]),
        (FileKind::Properties, paths.all_sources(), &[".yml", ".yaml"]),
        (FileKind::Fixture, below_tests("fixtures"), &[".csv", ".sql"]),
        (FileKind::Function, paths.functions.clone(), CODE),
        (FileKind::Pipeline, vec![PIPELINES.to_owned()], &[".yml", ".yaml"]),
        (FileKind::PipelineQuery, vec![PIPELINES.to_owned()], SQL),
        (FileKind::Job, vec![JOBS.to_owned()], &[".yml", ".yaml"]),
    ];
    let mut searches = Vec::new();
    for (kind, directories, extensions) in table {
        for directory in directories {
            searches.push((kind, directory.trim_end_matches('/').to_owned(), extensions));
        }
    }
    searches
}

/// All files below a directory, sorted, as paths relative to it.
fn list(directory: &Path, searched: &str, ignored: &Ignored) -> Result<Vec<String>> {
    let root = directory.join(searched);
    let mut listing = Vec::new();
    for entry in WalkDir::new(&root) {
        let entry = match entry {
            Ok(entry) => entry,
            // a configured folder may be missing
            Err(error) if error.depth() == 0 && is_missing(&error) => continue,
            Err(error) => return Err(unreadable_folder(directory, &error)),
        };
        if entry.file_type().is_dir() {
            continue;
        }
        let Some(relative) = below(&entry, &root) else { continue };
        if ignored.holds(&join(searched, &relative.to_string_lossy())) {
            continue;
        }
        match relative.into_string() {
            Ok(relative) => listing.push(relative),
            Err(relative) if is_of_a_project(&relative) => {
                return Err(unreadable_name(searched, &relative));
            }
            Err(_) => {}
        }
    }
    listing.sort_unstable();
    Ok(listing)
}

/// The path below the folder; `None` for editors' droppings, which dbt passes over.
fn below(entry: &DirEntry, root: &Path) -> Option<OsString> {
    if entry.file_name().as_encoded_bytes().starts_with(b".")
        || entry.file_name().as_encoded_bytes().starts_with(b"#")
        || entry.file_name().as_encoded_bytes().starts_with(b"~")
    {
        return None;
    }
    Some(entry.path().strip_prefix(root).ok()?.as_os_str().to_owned())
}

/// Whether dbt would read a file by its extension.
fn is_of_a_project(path: &OsStr) -> bool {
    let path = path.to_string_lossy();
    has_extension(&path, &[".sql", ".py", ".csv", ".md", ".yml", ".yaml"])
}

/// A node without a name that can be written would be left out silently.
fn unreadable_name(searched: &str, relative: &OsStr) -> Box<Diagnostic> {
    let mut shown = String::new();
    for chunk in relative.as_encoded_bytes().utf8_chunks() {
        shown.push_str(chunk.valid());
        for byte in chunk.invalid() {
            shown.push_str(&format!("\\x{byte:02x}"));
        }
    }
    let path = join(searched, &shown);
    Diagnostic::runtime("file-name", format!("the name of the file `{path}` is not UTF-8"))
        .help("rename it, or exclude it in .dbtignore")
        .boxed()
}

fn is_missing(error: &walkdir::Error) -> bool {
    let kind = error.io_error().map(std::io::Error::kind);
    matches!(kind, Some(ErrorKind::NotFound | ErrorKind::NotADirectory))
}

/// Without what is in it, the project is another one.
fn unreadable_folder(directory: &Path, error: &walkdir::Error) -> Box<Diagnostic> {
    let path = error.path().map(|path| path.strip_prefix(directory).unwrap_or(path).display().to_string());
    let reason = error.io_error().map_or_else(|| error.to_string(), ToString::to_string);
    Diagnostic::runtime("unreadable-folder", format!("cannot read {}: {reason}", path.unwrap_or_default()))
        .boxed()
}

fn has_extension(path: &str, extensions: &[&str]) -> bool {
    extensions.iter().any(|extension| {
        path.len() > extension.len()
            && path.get(path.len() - extension.len()..).is_some_and(|end| end.eq_ignore_ascii_case(extension))
    })
}

/// Generic tests and fixtures lie inside the test paths but are no singular tests.
fn is_special(relative: &str) -> bool {
    relative.starts_with("generic/") || relative.starts_with("fixtures/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths() -> SourcePaths {
        let one = |path: &str| vec![path.to_owned()];
        SourcePaths {
            models: one("models"),
            seeds: one("seeds"),
            snapshots: one("snapshots"),
            tests: one("tests"),
            macros: one("macros"),
            analyses: one("analyses"),
            functions: one("functions"),
            docs: one("models"),
            assets: Vec::new(),
        }
    }

    /// Each folder that files are looked for in, and a folder of that name.
    #[test]
    fn a_file_whose_name_is_not_utf_8_is_an_error() {
        use std::os::unix::ffi::OsStrExt as _;
        for (_, searched, extensions) in searches(&paths()) {
            for name in [&b"bad\xff"[..], b"fol\xc3der/good"] {
                let scratch = crate::output::Scratch::new().unwrap();
                let write = |name: &[u8]| {
                    let path = scratch.path().join(&searched).join(OsStr::from_bytes(name));
                    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                    std::fs::write(path, "").unwrap();
                };
                write(&[name, b".txt"].concat());
                assert_eq!(find(scratch.path(), &paths()).unwrap(), []);
                write(&[name, extensions[0].as_bytes()].concat());
                let problem = find(scratch.path(), &paths()).unwrap_err().message;
                let shown = if name.starts_with(b"bad") { "bad\\xff" } else { "fol\\xc3der/good" };
                let expected = format!("{searched}/{shown}{}` is not UTF-8", extensions[0]);
                assert!(problem.ends_with(&expected), "{problem}, not {expected}");
                std::fs::write(scratch.path().join(".dbtignore"), "bad*\nfol*\n").unwrap();
                assert_eq!(find(scratch.path(), &paths()).unwrap(), []);
            }
        }
    }

    #[test]
    fn each_file_has_its_kind_and_the_ignored_have_none() {
        let directory = std::env::temp_dir().join(format!("rsdbt-walk-{}", std::process::id()));
        for (path, text) in [
            ("models/a.sql", ""),
            ("models/deep/b.SQL", ""),
            ("models/deep/schema.yml", ""),
            ("models/old/c.sql", ""),
            ("models/.hidden.sql", ""),
            ("models/read.md", ""),
            ("tests/t.sql", ""),
            ("tests/generic/g.sql", ""),
            ("tests/fixtures/f.csv", ""),
            (".dbtignore", "old/\n"),
        ] {
            let path = directory.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let found: Vec<(FileKind, String)> = find(&directory, &paths())
            .unwrap()
            .into_iter()
            .map(|file| (file.kind, join(&file.searched_path, &file.relative_path)))
            .collect();
        std::fs::remove_dir_all(&directory).unwrap();
        let expected = [
            (FileKind::Model, "models/a.sql"),
            (FileKind::Model, "models/deep/b.SQL"),
            (FileKind::SingularTest, "tests/t.sql"),
            (FileKind::GenericTest, "tests/generic/g.sql"),
            (FileKind::Documentation, "models/read.md"),
            (FileKind::Properties, "models/deep/schema.yml"),
            (FileKind::Fixture, "tests/fixtures/f.csv"),
        ];
        assert_eq!(found, expected.map(|(kind, path)| (kind, path.to_owned())));
    }
}
