//! The root's and the packages' files, read on several threads; missing packages are an error.

use std::path::{Path, PathBuf};

use crate::config::project_file::VersionCheck;
use crate::config::{ProjectFile, RawProjectFile, Renderer};
use crate::diagnostic::{Diagnostic, Result, SourceText, Span};

use super::files::{FileKind, PackageFiles, SourceFile};
use super::walk::{self, UnreadFile};
use super::{Package, Project};

/// How many packages the project asks for, and in which file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Installed<'a> {
    pub specified: usize,
    pub specified_in: &'a str,
}

/// What [`load`] needs: the rendered root project, and how to render packages' project files.
pub(crate) struct LoadRequest<'a> {
    pub root: ProjectFile,
    pub packages: Installed<'a>,
    /// dbt renders packages' files with the target, but without the command line's vars.
    pub package_renderer: &'a dyn Renderer,
    pub version_check: VersionCheck,
}

/// Reads every file of the project and of its installed packages.
pub(crate) fn load(request: LoadRequest<'_>, warnings: &mut Vec<Diagnostic>) -> Result<Project> {
    let directories = package_directories(&request.root)?;
    if request.packages.specified > directories.len() {
        return Err(uninstalled(&request, directories.len()));
    }
    let mut files = Vec::new();
    for directory in &directories {
        files.push(read_package(directory, &request, warnings)?);
    }
    check_names(&request.root, &files)?;
    let packages = files
        .into_iter()
        .map(|file| {
            let shown = shown_prefix(&request.root, &file.directory);
            Ok(Package { directory: file.directory.clone(), files: load_files(&file, &shown)?, file })
        })
        .collect::<Result<Vec<_>>>()?;
    let files = load_files(&request.root, "")?;
    Ok(Project {
        root: Package { directory: request.root.directory.clone(), files, file: request.root },
        packages,
    })
}

/// Installed packages: every directory in `packages-install-path`; links to directories count.
fn package_directories(root: &ProjectFile) -> Result<Vec<PathBuf>> {
    let install_path = root.packages_directory();
    let Ok(entries) = std::fs::read_dir(&install_path) else { return Ok(Vec::new()) };
    let mut directories: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.is_dir())
        .filter(|path| path.file_name().is_some_and(|name| !name.to_string_lossy().starts_with("__")))
        .collect();
    directories.sort_unstable();
    Ok(directories)
}

fn shown_prefix(root: &ProjectFile, directory: &Path) -> String {
    let shown = directory.strip_prefix(&root.directory).unwrap_or(directory);
    format!("{}/", shown.display())
}

fn read_package(
    directory: &Path,
    request: &LoadRequest<'_>,
    warnings: &mut Vec<Diagnostic>,
) -> Result<ProjectFile> {
    let shown = shown_prefix(&request.root, directory);
    RawProjectFile::read(directory, &shown)
        .and_then(|raw| raw.render(request.package_renderer, request.version_check, warnings))
        .map_err(|problem| {
            let message = format!("Failed to read package: {}", problem.message);
            Box::new(Diagnostic { message, ..*problem })
        })
}

fn uninstalled(request: &LoadRequest<'_>, installed: usize) -> Box<Diagnostic> {
    let Installed { specified, specified_in } = request.packages;
    Diagnostic::compilation(
        "packages-not-installed",
        format!(
            "dbt found {specified} package(s) specified in {specified_in}, but only {installed} \
             package(s) installed in {}. Run \"dbt deps\" to install package dependencies.",
            request.root.packages_install_path
        ),
    )
    .help("rsdbt deps")
    .boxed()
}

fn check_names(root: &ProjectFile, packages: &[ProjectFile]) -> Result<()> {
    for (at, package) in packages.iter().enumerate() {
        let earlier = std::iter::once(root).chain(&packages[..at]).find(|other| other.name == package.name);
        let Some(earlier) = earlier else { continue };
        return Err(Diagnostic::compilation(
            "package-name-twice",
            format!(
                "dbt found more than one package with the name \"{}\" included in this project. \
                 Package names must be unique in a project. Please rename one of these packages.",
                package.name
            ),
        )
        .label(name_span(earlier), "the one")
        .label(name_span(package), "the other")
        .boxed());
    }
    Ok(())
}

fn name_span(file: &ProjectFile) -> Span {
    file.yaml.get("name").unwrap_or(&file.yaml).span()
}

/// Reads the files of one package.
pub(super) fn load_files(file: &ProjectFile, shown: &str) -> Result<PackageFiles> {
    let found = walk::find(&file.directory, &file.paths)?;
    let files = crate::parallel::map(&found, |found| read(found, shown));
    files.into_iter().collect::<Result<_>>().map(PackageFiles::new)
}

fn read(found: &UnreadFile, shown: &str) -> Result<SourceFile> {
    let UnreadFile { kind, searched_path, relative_path, absolute_path } = found;
    let path = format!("{shown}{}", super::files::join(searched_path, relative_path));
    // Seeds may be large and are read again, as CSV, when they are loaded.
    let text = if *kind == FileKind::Seed { String::new() } else { read_text(absolute_path, &path)? };
    Ok(SourceFile {
        kind: *kind,
        absolute_path: absolute_path.clone(),
        searched_path: searched_path.clone(),
        relative_path: relative_path.clone(),
        source: SourceText::new(path, text),
    })
}

fn read_text(absolute_path: &Path, path: &str) -> Result<String> {
    crate::regular::read(absolute_path)
        .map_err(|problem| problem.to_string())
        .and_then(|bytes| {
            let is_utf_16 = crate::regular::is_utf_16(&bytes);
            String::from_utf8(bytes)
                .map_err(|_| if is_utf_16 { "it is UTF-16, not UTF-8" } else { "it is not UTF-8" }.to_owned())
        })
        // a mark that some editors write in front of UTF-8, and that no server takes
        .map(|text| text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
        .map_err(|problem| {
            Diagnostic::runtime("unreadable-file", format!("cannot read {path}: {problem}"))
                .help("a project's files are regular files in UTF-8; others can be listed in .dbtignore")
                .boxed()
        })
}
