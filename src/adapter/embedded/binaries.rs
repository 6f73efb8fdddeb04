//! Which `initdb` and `postgres` to take: a given directory, the bundled ones, the system's, downloaded ones.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::diagnostic::{Diagnostic, Result};

use super::account::Account;
use super::{Options, Source, bundle, download, failed};

/// A pair of `initdb` and `postgres` that runs on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Binaries {
    pub(super) dir: PathBuf,
    pub(super) major: u32,
    pub(super) source: Source,
}

/// The oldest server whose SQL rsdbt needs.
const OLDEST: u32 = 14;

impl Binaries {
    /// The first that run here. Once the project has data, only those of the same major version will do.
    pub(super) fn find(project: &Path, options: &Options) -> Result<Self> {
        let existing = existing_majors(project);
        let mut others = Vec::new();
        let wanted = |source: Source| options.source.is_none_or(|only| only == source);
        let given = std::env::var_os("RSDBT_PG_BIN").map(PathBuf::from).or_else(|| options.bin_dir.clone());
        let mut bundle_error = None;
        if let Some(dir) = given.filter(|_| wanted(Source::Directory)) {
            let found = Self::probe(&dir, Source::Directory).ok_or_else(|| no_server_in(&dir))?;
            others.push(found);
        } else {
            let mut offer = |found: Option<Self>| -> Option<Self> {
                let found = found.filter(|found| found.major >= OLDEST)?;
                let fits = existing.is_empty() || existing.contains(&found.major);
                others.push(found.clone());
                fits.then_some(found)
            };
            if wanted(Source::Bundled) {
                match bundle::bin_dir() {
                    Ok(dir) => {
                        if let Some(found) = offer(dir.and_then(|dir| Self::bundled(&dir))) {
                            return Ok(found);
                        }
                    }
                    Err(error) => bundle_error = Some(error),
                }
            }
            if wanted(Source::System) {
                for dir in system_directories() {
                    if let Some(found) = offer(Self::probe(&dir, Source::System)) {
                        return Ok(found);
                    }
                }
            }
            if wanted(Source::Download)
                && let Some(dir) = download::installed()
                && let Some(found) = offer(Self::probe(&dir, Source::Download))
            {
                return Ok(found);
            }
        }
        match others.into_iter().next() {
            Some(found) if existing.is_empty() || existing.contains(&found.major) => Ok(found),
            Some(found) => Err(other_major(project, &existing, &found)),
            None => Err(no_server(bundle_error)),
        }
    }

    /// The bundled version is known; one run shows whether the machine's libc is new enough, and a file
    /// beside it remembers the answer.
    fn bundled(dir: &Path) -> Option<Self> {
        let proof = dir.with_file_name("runs");
        let known = Self { dir: dir.to_owned(), major: 17, source: Source::Bundled };
        if proof.exists() {
            return Some(known);
        }
        let found = Self::probe(dir, Source::Bundled)?;
        let _ = std::fs::write(proof, "");
        Some(found)
    }

    fn probe(dir: &Path, source: Source) -> Option<Self> {
        if !dir.join("initdb").is_file() {
            return None;
        }
        let mut command = Command::new(dir.join("postgres"));
        command.arg("--version").current_dir("/");
        // as who will run it: the path may be closed to that account
        if let Some(account) = Account::for_server(source) {
            account.apply(&mut command);
        }
        let output = command.output().ok()?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        // `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)`
        let major = text.split(") ").nth(1)?.split(['.', ' ', '\n']).next()?.parse().ok()?;
        Some(Self { dir: dir.to_owned(), major, source })
    }
}

/// The versions whose data the project has.
fn existing_majors(project: &Path) -> Vec<u32> {
    let mut majors = Vec::new();
    for entry in std::fs::read_dir(project.join(".rsdbt/pg")).into_iter().flatten().flatten() {
        if entry.path().join("data/PG_VERSION").is_file() {
            majors.extend(entry.file_name().to_string_lossy().parse::<u32>());
        }
    }
    majors
}

/// PATH, pg_config's directory, then Debian's and Red Hat's places, the highest version first.
fn system_directories() -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut directories: Vec<PathBuf> = std::env::split_paths(&path).collect();
    if let Ok(output) = Command::new("pg_config").arg("--bindir").output() {
        directories.push(PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()));
    }
    let mut versions: Vec<(u32, PathBuf)> = Vec::new();
    for (root, prefix) in
        [("/usr/lib/postgresql", ""), ("/usr", "pgsql-"), ("/opt/homebrew/opt", "postgresql@")]
    {
        for entry in std::fs::read_dir(root).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if let Some(version) = name.strip_prefix(prefix).and_then(|version| version.parse().ok()) {
                versions.push((version, entry.path().join("bin")));
            }
        }
    }
    versions.sort_by_key(|(version, _)| std::cmp::Reverse(*version));
    directories.extend(versions.into_iter().map(|(_, dir)| dir));
    directories
}

fn no_server_in(dir: &Path) -> Box<Diagnostic> {
    failed(format!("`{}` has no `postgres` that runs here", dir.display()))
        .help("RSDBT_PG_BIN or `bin_dir` names a directory with `initdb` and `postgres`")
        .boxed()
}

fn no_server(bundle_error: Option<Box<Diagnostic>>) -> Box<Diagnostic> {
    let bundled = if bundle::AVAILABLE {
        "the bundled server does not run here (on Linux it needs glibc 2.34 or newer)"
    } else if cfg!(feature = "bundled-postgres") {
        concat!("there is no bundled server for ", env!("RSDBT_BUILD_TARGET"))
    } else {
        "this rsdbt was built without the feature `bundled-postgres`"
    };
    let mut diagnostic = failed(format!("no PostgreSQL server to start: {bundled}, and none is installed"))
        .help(
            "install PostgreSQL 15 to 18, run `rsdbt db install`, or set RSDBT_PG_BIN to a directory with \
             `initdb` and `postgres`",
        );
    if let Some(error) = bundle_error {
        diagnostic = diagnostic.cause(error.message);
    }
    diagnostic.boxed()
}

fn other_major(project: &Path, existing: &[u32], found: &Binaries) -> Box<Diagnostic> {
    let majors: Vec<String> = existing.iter().map(u32::to_string).collect();
    let majors = majors.join(", ");
    failed(format!(
        "the project's data was made by PostgreSQL {majors}, and only version {} is here (`{}`)",
        found.major,
        found.dir.display()
    ))
    .help(format!(
        "install PostgreSQL {majors}, or delete `{}` and build everything again",
        project.join(".rsdbt/pg").display()
    ))
    .boxed()
}
