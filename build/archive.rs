//! Where the bundled PostgreSQL's archive lies: in an artifact crate that has files and no API.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

/// Targets with an artifact crate `pglite-rs-lib-<target>`; Cargo.toml names the same ones.
const TARGETS: [&str; 4] =
    ["x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu", "x86_64-apple-darwin", "aarch64-apple-darwin"];
const VERSION: &str = "0.2.7";
const FILE: &str = "lib/pglite-runtime.tar.zst";

pub(crate) enum Archive {
    Found(PathBuf),
    /// The target has no artifact crate.
    NoneForTarget(String),
    /// There is one, but its files are in none of the places that were searched.
    Missing(String),
}

/// The first of: a path given by hand, what the artifact crate's build script reports, the sources that cargo has
/// just compiled, the registry's folder, what `cargo metadata` says.
pub(crate) fn find(out: &Path) -> Archive {
    if let Some(given) = env::var_os("RSDBT_BUNDLED_ARCHIVE").map(PathBuf::from) {
        let shown = given.display().to_string();
        return if given.is_file() {
            Archive::Found(given)
        } else {
            Archive::Missing(format!("RSDBT_BUNDLED_ARCHIVE names `{shown}`, which is not a file"))
        };
    }
    let target = env::var("TARGET").unwrap_or_default();
    if !TARGETS.contains(&target.as_str()) {
        return Archive::NoneForTarget(target);
    }
    let package = format!("pglite-rs-lib-{target}");
    let places: [&dyn Fn() -> Vec<PathBuf>; 4] =
        [&|| reported(&target), &|| compiled(out, &package), &|| unpacked(&package), &|| {
            resolved(&target, &package)
        }];
    // each place is asked only when the one before had nothing: the last one starts cargo
    let found = places.iter().flat_map(|place| place()).find_map(|root| archive_of(&root, &package));
    found.map_or_else(
        || Archive::Missing(format!("the files of the crate {package} {VERSION} were not found")),
        Archive::Found,
    )
}

/// The crate's archive, provided that the folder is this crate in this version.
fn archive_of(root: &Path, package: &str) -> Option<PathBuf> {
    let manifest = fs::read_to_string(root.join("Cargo.toml")).ok()?;
    let says = |key: &str, value: &str| {
        manifest.lines().any(|line| {
            line.split_once('=')
                .is_some_and(|(left, right)| left.trim() == key && right.trim().trim_matches('"') == value)
        })
    };
    let archive = root.join(FILE);
    (says("name", package) && says("version", VERSION) && archive.is_file()).then_some(archive)
}

/// `links` crates hand `cargo:root=..` to the build scripts of those who depend on them.
fn reported(target: &str) -> Vec<PathBuf> {
    let name = target.to_uppercase().replace('-', "_");
    env::var_os(format!("DEP_PGLITE_LIB_{name}_ROOT")).map(PathBuf::from).into_iter().collect()
}

/// Cargo ran the crate's own build script just before this one, and lists its source in a `.d` file:
/// a registry, a vendored folder or a checkout alike.
fn compiled(out: &Path, package: &str) -> Vec<PathBuf> {
    let mut roots = Vec::new();
    // `<target>/<profile>/build/rsdbt-<hash>/out`; cross builds keep build scripts beside, under the host's profile
    for folder in out.ancestors().take(6) {
        for build in [
            folder.to_owned(),
            folder.join("build"),
            folder.join("release/build"),
            folder.join("debug/build"),
        ] {
            for entry in fs::read_dir(build).into_iter().flatten().flatten() {
                if entry.file_name().to_string_lossy().starts_with(package) {
                    roots.extend(sources_in(&entry.path()));
                }
            }
        }
    }
    roots
}

fn sources_in(folder: &Path) -> Vec<PathBuf> {
    let files = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let lists = files.filter(|path| path.extension().is_some_and(|extension| extension == "d"));
    let mut roots = Vec::new();
    for text in lists.filter_map(|path| fs::read_to_string(path).ok()) {
        // `/registry/pglite-rs-lib-../build.rs:`, a space in a path being `\ `
        for line in text.lines().filter_map(|line| line.strip_suffix("build.rs:")) {
            roots.push(PathBuf::from(line.replace("\\ ", " ")));
        }
    }
    roots
}

/// `CARGO_HOME/registry/src/<registry>/<package>-<version>`.
fn unpacked(package: &str) -> Vec<PathBuf> {
    let home = |name: &str| env::var_os(name).map(PathBuf::from);
    let cargo_home = home("CARGO_HOME").or_else(|| home("HOME").map(|home| home.join(".cargo")));
    let registries = cargo_home.and_then(|home| fs::read_dir(home.join("registry/src")).ok());
    let registries = registries.into_iter().flatten().flatten();
    registries.map(|entry| entry.path().join(format!("{package}-{VERSION}"))).collect()
}

/// Cargo itself knows, once it has all crates of the lock file; those of the tests may have to be fetched for it.
fn resolved(target: &str, package: &str) -> Vec<PathBuf> {
    let mut roots = Vec::new();
    for network in [Some("--offline"), None] {
        let (Some(cargo), Some(directory)) = (env::var_os("CARGO"), env::var_os("CARGO_MANIFEST_DIR")) else {
            break;
        };
        let mut command = Command::new(cargo);
        command.args(["metadata", "--locked", "--format-version", "1", "--filter-platform", target]);
        let Ok(output) = command.args(network).current_dir(directory).output() else { break };
        let metadata = String::from_utf8_lossy(&output.stdout);
        // `"manifest_path":"/../pglite-rs-lib-<target>-0.2.7/Cargo.toml"`
        let manifests =
            metadata.split("\"manifest_path\":\"").skip(1).filter_map(|rest| rest.split('"').next());
        let paths = manifests.filter(|path| path.contains(package));
        roots.extend(paths.filter_map(|path| Path::new(path).parent()).map(Path::to_owned));
        if !roots.is_empty() {
            break;
        }
    }
    roots
}
