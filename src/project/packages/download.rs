//! Fetching over HTTP, and unpacking archives; everything lands in one directory that is removed at the end.

use std::cell::RefCell;
use std::fs;
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use serde_json::Value as Json;

use crate::diagnostic::{Diagnostic, Result, Span};
use crate::hashed::{HashMap, HashSet};
use crate::http::Client;
use crate::output::Scratch;

use super::{DepsRequest, archive, failed, scrub};

/// Enough for the largest package; an endless answer is cut off here.
const LIMIT: u64 = 512 * 1024 * 1024;
const ATTEMPTS: u32 = 3;

/// The run's downloads.
pub(super) struct Downloads {
    directory: PathBuf,
    /// Removed at the end.
    _scratch: Option<Scratch>,
    client: Client,
    documents: RefCell<HashMap<String, Json>>,
    done: RefCell<HashSet<String>>,
    secrets: Vec<String>,
}

impl Downloads {
    /// In `DBT_DOWNLOADS_DIR`, which is kept, or in a folder that only this process uses.
    pub(super) fn new(request: &DepsRequest<'_>) -> Result<Self> {
        let given = std::env::var_os("DBT_DOWNLOADS_DIR").map(PathBuf::from);
        let (directory, scratch) = match given {
            Some(directory) => {
                fs::create_dir_all(&directory).map_err(|problem| unwritable(&directory, &problem))?;
                (directory, None)
            }
            None => {
                let scratch =
                    Scratch::new().map_err(|problem| unwritable(&std::env::temp_dir(), &problem))?;
                (scratch.path().to_owned(), Some(scratch))
            }
        };
        let client = Client::new(Duration::from_mins(5));
        Ok(Self {
            directory,
            _scratch: scratch,
            client,
            documents: RefCell::default(),
            done: RefCell::default(),
            secrets: request.secrets.clone(),
        })
    }

    pub(super) fn directory(&self) -> &Path {
        &self.directory
    }

    /// Whether `what` is asked for the first time in this run.
    pub(super) fn is_first(&self, what: &str) -> bool {
        self.done.borrow_mut().insert(what.to_owned())
    }

    /// A JSON document, fetched once; `what` is the package that needs it.
    pub(super) fn json(&self, url: &str, what: &str, span: &Span) -> Result<Json> {
        if let Some(known) = self.documents.borrow().get(url) {
            return Ok(known.clone());
        }
        let bytes = self.fetch(url, what, span)?;
        let document: Json = serde_json::from_slice(&bytes).map_err(|problem| {
            self.unreachable(url, what, span, &format!("the response is not valid JSON: {problem}"))
        })?;
        self.documents.borrow_mut().insert(url.to_owned(), document.clone());
        Ok(document)
    }

    /// Downloads and unpacks an archive that holds one directory; returns that directory.
    pub(super) fn unpack_tarball(&self, url: &str, name: &str, span: &Span) -> Result<PathBuf> {
        let mut parts = Path::new(name).components();
        if !matches!((parts.next(), parts.next()), (Some(Component::Normal(_)), None)) {
            return Err(failed(
                "package-name",
                format!(
                    "Invalid package name '{name}': resolves outside of the temporary downloads directory"
                ),
            )
            .label(span.clone(), "")
            .boxed());
        }
        let target = self.directory.join(format!("{name}_untarred"));
        if !target.exists() {
            let bytes = self.fetch(url, name, span)?;
            // a cache that is kept must not keep half of an archive
            if let Err(problem) = archive::unpack(&bytes, &target) {
                let _ = crate::output::remove(&target, &self.directory);
                return Err(self.unreachable(
                    url,
                    name,
                    span,
                    &format!("the archive cannot be unpacked: {}", archive::reason(&problem)),
                ));
            }
        }
        let mut entries = fs::read_dir(&target)
            .map_err(|problem| unwritable(&target, &problem))?
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.is_dir());
        match (entries.next(), entries.next()) {
            (Some(only), None) => Ok(only),
            _ => Err(failed(
                "package-archive",
                format!(
                    "Incorrect structure for package extracted from {}. The extracted package needs to follow the \
                     structure {name}/<package_contents>.",
                    scrub(url, &self.secrets)
                ),
            )
            .label(span.clone(), "")
            .boxed()),
        }
    }

    /// The body of an answer; connection problems are tried again.
    fn fetch(&self, url: &str, what: &str, span: &Span) -> Result<Vec<u8>> {
        let mut attempt = 1;
        loop {
            let problem = match self.client.get(url, LIMIT) {
                Ok(bytes) => return Ok(bytes),
                Err(problem) => problem,
            };
            if problem.is_final || attempt == ATTEMPTS {
                return Err(self.unreachable(url, what, span, &problem.message));
            }
            std::thread::sleep(Duration::from_millis(500 * u64::from(attempt)));
            attempt += 1;
        }
    }

    fn unreachable(&self, url: &str, what: &str, span: &Span, problem: &str) -> Box<Diagnostic> {
        let message = format!("cannot download the package {what} from {url}: {problem}");
        failed("package-download", scrub(&message, &self.secrets))
            .label(span.clone(), "")
            .help(
                "check the network or HTTPS_PROXY; DBT_PACKAGE_HUB_URL names a mirror of the hub, and a package can \
                 also come from git or a local directory",
            )
            .boxed()
    }
}

fn unwritable(path: &Path, problem: &std::io::Error) -> Box<Diagnostic> {
    failed("package-download", format!("cannot write {}: {problem}", path.display())).boxed()
}
