//! Two things that Cargo cannot see by itself: new files under the embedded folders, and one test per spec file.

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    for folder in ["src/builtin/macros", "src/builtin/starter", "tests/spec"] {
        println!("cargo:rerun-if-changed={folder}");
    }
    let out = env::var("OUT_DIR").map_err(io::Error::other)?;
    fs::write(Path::new(&out).join("specs.rs"), spec_tests()?)
}

/// `tests/spec/incremental-merge.md` becomes `#[test] fn incremental_merge()`.
fn spec_tests() -> io::Result<String> {
    let mut paths = Vec::new();
    if let Ok(entries) = fs::read_dir("tests/spec") {
        for entry in entries {
            paths.push(entry?.path());
        }
    }
    paths.sort();
    let mut code = String::new();
    for path in paths.iter().filter(|path| path.extension().is_some_and(|extension| extension == "md")) {
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        let name = stem.replace(['-', ' ', '.'], "_");
        let _ = writeln!(code, "#[test]\nfn {name}() {{\n    super::run(\"{}\");\n}}", path.display());
    }
    Ok(code)
}
