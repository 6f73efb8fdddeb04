//! What Cargo cannot see by itself: new files under the embedded folders, one test per spec file, and where the
//! bundled PostgreSQL's archive lies.

#[path = "build/archive.rs"]
mod archive;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

use archive::Archive;

fn main() -> io::Result<()> {
    for folder in ["src/builtin/macros", "src/builtin/starter", "tests/spec", "tests/errors"] {
        // the package has no tests, and a path that does not exist counts as changed
        if Path::new(folder).exists() {
            println!("cargo:rerun-if-changed={folder}");
        }
    }
    let out = PathBuf::from(env::var("OUT_DIR").map_err(io::Error::other)?);
    bundle_server(&out)?;
    fs::write(out.join("specs.rs"), spec_tests()?)
}

/// Tells `src/adapter/embedded/bundle.rs` which archive to embed.
fn bundle_server(out: &Path) -> io::Result<()> {
    println!("cargo::rustc-check-cfg=cfg(has_bundled_postgres)");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=build/archive.rs");
    println!("cargo::rerun-if-changed=Cargo.lock");
    println!("cargo::rerun-if-env-changed=RSDBT_BUNDLED_ARCHIVE");
    println!("cargo::rustc-env=RSDBT_BUILD_TARGET={}", env::var("TARGET").unwrap_or_default());
    if env::var_os("CARGO_FEATURE_BUNDLED_POSTGRES").is_none() {
        return Ok(());
    }
    match archive::find(out) {
        Archive::Found(path) => {
            println!("cargo::rerun-if-changed={}", path.display());
            println!("cargo::rustc-env=RSDBT_BUNDLED_ARCHIVE={}", path.display());
            println!("cargo::rustc-cfg=has_bundled_postgres");
        }
        Archive::NoneForTarget(target) => println!(
            "cargo::warning=no bundled PostgreSQL exists for {target}: `embedded: true` will use an installed server, or one \
             from `rsdbt db install`"
        ),
        Archive::Missing(reason) => println!(
            "cargo::error=the bundled PostgreSQL is missing: {reason}. Set RSDBT_BUNDLED_ARCHIVE to its \
             pglite-runtime.tar.zst, or build with --no-default-features to leave the server out"
        ),
    }
    Ok(())
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
