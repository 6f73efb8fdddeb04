//! Which `initdb` and `postgres` to take: a given directory, the bundled ones, those of the system.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::diagnostic::Result;

use super::account::Account;
use super::{Options, Source, bundle, failed};

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
    pub(super) fn find(options: &Options) -> Result<Self> {
        let given = std::env::var_os("RSDBT_PG_BIN").map(PathBuf::from).or_else(|| options.bin_dir.clone());
        if let Some(dir) = given.filter(|_| matches!(options.source, None | Some(Source::Directory))) {
            return Self::probe(&dir, Source::Directory).ok_or_else(|| {
                failed(format!("`{}` has no `postgres` that runs here", dir.display()))
                    .help("RSDBT_PG_BIN or `bin_dir` names a directory with `initdb` and `postgres`")
                    .boxed()
            });
        }
        if matches!(options.source, None | Some(Source::Bundled))
            && let Some(dir) = bundle::bin_dir()?
            && let Some(found) = Self::bundled(&dir)
        {
            return Ok(found);
        }
        if matches!(options.source, None | Some(Source::System)) {
            let found = system_directories().iter().find_map(|dir| Self::probe(dir, Source::System));
            if let Some(found) = found.filter(|found| found.major >= OLDEST) {
                return Ok(found);
            }
        }
        let bundled = match bundle::AVAILABLE {
            true => "the bundled server does not run here (it needs glibc 2.34 or newer)",
            false => "this rsdbt was built without a bundled server",
        };
        Err(failed(format!("no PostgreSQL server to start: {bundled}, and none is installed"))
            .help(
                "install PostgreSQL 14 or newer, run `rsdbt db install`, or set RSDBT_PG_BIN to a directory \
                 with `initdb` and `postgres`",
            )
            .boxed())
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
