//! Finds the PostgreSQL archive of the artifact crate, for `src/adapter/embedded/bundle.rs` to embed.

use std::env;
use std::path::PathBuf;
use std::process::Command;

fn main() {
    println!("cargo::rustc-check-cfg=cfg(has_bundled_postgres)");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=Cargo.lock");
    println!("cargo::rerun-if-env-changed=RSDBT_BUNDLED_ARCHIVE");
    if env::var_os("CARGO_FEATURE_BUNDLED_POSTGRES").is_none() {
        return;
    }
    match env::var_os("RSDBT_BUNDLED_ARCHIVE").map(PathBuf::from).or_else(archive) {
        Some(path) if path.is_file() => {
            println!("cargo::rustc-env=RSDBT_BUNDLED_ARCHIVE={}", path.display());
            println!("cargo::rustc-cfg=has_bundled_postgres");
        }
        _ => println!("cargo::warning=no PostgreSQL archive for this target: built without a bundled server"),
    }
}

/// The crate exports no path, so its directory is asked of cargo; it was fetched to build this package.
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
