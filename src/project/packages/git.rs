//! Git packages, through the git program: it knows the user's keys, proxies and credential helpers.

use std::path::{Path, PathBuf};
use std::process::Command;

use md5::{Digest, Md5};

use crate::diagnostic::{Result, Span};
use crate::interrupt;

use super::download::Downloads;
use super::{failed, scrub};

pub(super) struct Repository<'a> {
    pub(super) url: &'a str,
    pub(super) revision: &'a str,
    pub(super) subdirectory: Option<&'a str>,
}

impl Repository<'_> {
    /// A shallow checkout of the revision, made once per run.
    pub(super) fn check_out(
        &self,
        downloads: &Downloads,
        secrets: &[String],
        span: &Span,
    ) -> Result<PathBuf> {
        let directory = downloads.directory().join(self.directory_name());
        let shown = scrub(self.url, secrets);
        let explain = |what: &str, problem: &str| {
            failed("package-git", format!("{what} the git package {shown}: {}", scrub(problem, secrets)))
                .label(span.clone(), "")
                .help("check the URL, your access to it, and the network")
        };
        if !directory.exists() {
            let mut arguments = vec!["clone", "--depth", "1"];
            if self.subdirectory.is_some() {
                arguments.extend(["--filter=blob:none", "--sparse"]);
            }
            arguments.extend(["--", self.url]);
            let target = directory.display().to_string();
            arguments.push(&target);
            git(downloads.directory(), &arguments).map_err(|problem| explain("cannot clone", &problem))?;
        }
        if !downloads.is_first(&format!("{} {}", directory.display(), self.revision)) {
            return Ok(directory);
        }
        if let Some(subdirectory) = self.subdirectory {
            git(&directory, &["sparse-checkout", "set", subdirectory])
                .map_err(|problem| explain("cannot clone", &problem))?;
        }
        self.switch(&directory).map_err(|problem| {
            let what = format!("Error checking out spec='{}' for", self.revision);
            explain(&what, &problem).help("check that the branch, tag or commit exists")
        })?;
        if self.subdirectory.is_some_and(|path| !directory.join(path).is_dir()) {
            let path = self.subdirectory.unwrap_or_default();
            return Err(explain(&format!("there is no directory `{path}` in"), "").boxed());
        }
        Ok(directory)
    }

    fn switch(&self, directory: &Path) -> std::result::Result<(), String> {
        let revision = self.revision;
        let is_commit = revision.len() == 40 && revision.bytes().all(|byte| byte.is_ascii_hexdigit());
        if is_commit {
            git(directory, &["fetch", "origin", "--depth", "1", revision])?;
            return git(directory, &["reset", "--hard", revision]).map(drop);
        }
        if revision == "HEAD" {
            return git(directory, &["reset", "--hard", "origin/HEAD"]).map(drop);
        }
        git(directory, &["remote", "set-branches", "origin", revision])?;
        git(directory, &["fetch", "origin", "--depth", "1", "--tags", revision])?;
        let tags = git(directory, &["tag", "--list"])?;
        // dbt: a tag beats a branch of the same name.
        let place = if tags.lines().any(|tag| tag == revision) {
            format!("tags/{revision}")
        } else {
            format!("origin/{revision}")
        };
        git(directory, &["reset", "--hard", &place]).map(drop)
    }

    /// One checkout per package and subdirectory.
    fn directory_name(&self) -> String {
        let key = format!("{}/{}", self.url, self.subdirectory.unwrap_or_default());
        crate::hex::digits(Md5::digest(key.as_bytes()))
    }
}

pub(super) fn current_commit(checkout: &Path, span: &Span) -> Result<String> {
    git(checkout, &["rev-parse", "HEAD"]).map(|commit| commit.trim().to_owned()).map_err(|problem| {
        failed("package-git", format!("cannot read the commit of a git package: {problem}"))
            .label(span.clone(), "")
            .boxed()
    })
}

fn git(directory: &Path, arguments: &[&str]) -> std::result::Result<String, String> {
    let mut command = Command::new("git");
    command
        .args(arguments)
        .current_dir(directory)
        .env("LC_ALL", "C")
        // Without a terminal there is nobody to ask.
        .env("GIT_TERMINAL_PROMPT", "0");
    let output = interrupt::output(&mut command)
        .map_err(|problem| format!("the program `git` cannot be started: {problem}"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(String::from_utf8_lossy(&output.stderr).trim().to_owned())
}
