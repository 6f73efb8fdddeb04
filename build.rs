//! What Cargo cannot see by itself: new files under the embedded folders, one test per spec file, and where the
//! bundled PostgreSQL's archive lies.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    for folder in ["src/builtin/macros", "src/builtin/starter", "tests/spec", "tests/errors"] {
        println!("cargo:rerun-if-changed={folder}");
    }
    let out = PathBuf::from(env::var("OUT_DIR").map_err(io::Error::other)?);
    bundle_server(&out)?;
    fs::write(out.join("specs.rs"), spec_tests()?)
}

/// Tells `src/adapter/embedded/bundle.rs` which archive to embed.
fn bundle_server(out: &Path) -> io::Result<()> {
    println!("cargo::rustc-check-cfg=cfg(has_bundled_postgres)");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=Cargo.lock");
    println!("cargo::rerun-if-env-changed=RSDBT_BUNDLED_ARCHIVE");
    if env::var_os("CARGO_FEATURE_BUNDLED_POSTGRES").is_none() {
        return Ok(());
    }
    // remembered, because this script runs at each change of a macro
    let remembered = out.join("archive");
    let modified = |path: &Path| fs::metadata(path).and_then(|data| data.modified()).ok();
    let fresh = modified(&remembered) > modified(Path::new("Cargo.lock"));
    let known =
        fs::read_to_string(&remembered).map(PathBuf::from).ok().filter(|path| fresh && path.is_file());
    let given = env::var_os("RSDBT_BUNDLED_ARCHIVE").map(PathBuf::from);
    match given.or(known).or_else(archive).filter(|path| path.is_file()) {
        Some(path) => {
            println!("cargo::rustc-env=RSDBT_BUNDLED_ARCHIVE={}", path.display());
            println!("cargo::rustc-cfg=has_bundled_postgres");
            fs::write(remembered, path.as_os_str().as_encoded_bytes())
        }
        None => {
            println!("cargo::warning=no PostgreSQL archive for this target: built without a bundled server");
            Ok(())
        }
    }
}

/// The artifact crate exports no path, so its directory is asked of cargo; it was fetched for this build.
fn archive() -> Option<PathBuf> {
    let target = env::var("TARGET").ok()?;
    let output = Command::new(env::var_os("CARGO")?)
        .args(["metadata", "--offline", "--format-version", "1", "--filter-platform", &target])
        .current_dir(env::var_os("CARGO_MANIFEST_DIR")?)
        .output()
        .ok()?;
    let metadata = String::from_utf8(output.stdout).ok()?;
    let package = format!("/pglite-rs-lib-{target}-");
    // `"manifest_path":"/../pglite-rs-lib-<target>-0.2.7/Cargo.toml"`
    let mut paths = metadata.split("\"manifest_path\":\"").skip(1).filter_map(|rest| rest.split('"').next());
    let manifest = PathBuf::from(paths.find(|path| path.contains(&package))?);
    Some(manifest.parent()?.join("lib/pglite-runtime.tar.zst"))
}

/// `tests/spec/incremental-merge.md` becomes `#[test] fn incremental_merge()`.
fn spec_tests() -> io::Result<String> {
    let mut paths = Vec::new();
    for folder in ["tests/spec", "tests/errors"] {
        if let Ok(entries) = fs::read_dir(folder) {
            for entry in entries {
                paths.push(entry?.path());
            }
        }
    }
    paths.sort();
    let mut code = String::new();
    for path in paths.iter().filter(|path| path.extension().is_some_and(|extension| extension == "md")) {
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        let kind = if path.starts_with("tests/errors") { "mistakes_" } else { "" };
        let name = format!("{kind}{}", stem.replace(['-', ' ', '.'], "_"));
        let _ = writeln!(code, "#[test]\nfn {name}() {{\n    run_spec(\"{}\");\n}}", path.display());
    }
    Ok(code)
}
