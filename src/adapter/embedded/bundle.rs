//! The binaries inside the executable, unpacked once per machine into the user's cache directory.

use std::path::{Path, PathBuf};

use crate::diagnostic::Result;

/// Whether this executable carries a server.
pub(super) const AVAILABLE: bool = cfg!(has_bundled_postgres);

/// The directory with `initdb` and `postgres`, unpacked when it is not there yet.
pub(super) fn bin_dir() -> Result<Option<PathBuf>> {
    #[cfg(has_bundled_postgres)]
    return archive::bin_dir().map(Some);
    #[cfg(not(has_bundled_postgres))]
    Ok(None)
}

/// Where unpacked servers may live, the best place first. Root takes a place that other accounts can reach. A place that the
/// user has named is the only one.
pub(super) fn cache_roots() -> Vec<PathBuf> {
    if let Some(given) = std::env::var_os("RSDBT_CACHE_DIR").filter(|given| !given.is_empty()) {
        return vec![PathBuf::from(given)];
    }
    let xdg = std::env::var_os("XDG_CACHE_HOME").map(|home| PathBuf::from(home).join("rsdbt"));
    let home = std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache/rsdbt"));
    let user = rustix::process::getuid().as_raw();
    let temporary = std::env::temp_dir().join(format!("rsdbt-{user}"));
    let shared = rustix::process::getuid().is_root().then(|| PathBuf::from("/var/cache/rsdbt"));
    shared.into_iter().chain(xdg).chain(home).chain([temporary]).collect()
}

/// Makes a cache directory, or refuses one that others can write to.
pub(super) fn make_root(root: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new().recursive(true).mode(0o755).create(root)?;
    if crate::output::is_trusted(root) {
        return Ok(());
    }
    Err(std::io::Error::other("it belongs to another user, or others can write to it"))
}

#[cfg(has_bundled_postgres)]
mod archive {
    use std::fmt::Write as _;
    use std::fs;
    use std::io::Read;
    use std::path::{Path, PathBuf};

    use super::super::{failed, io_failed};
    use super::cache_roots;
    use crate::diagnostic::Result;

    static ARCHIVE: &[u8] = include_bytes!(env!("RSDBT_BUNDLED_ARCHIVE"));

    /// Names of the unpacked files with their sizes; written last, so that it says "complete".
    const CONTENTS: &str = "contents";

    pub(super) fn bin_dir() -> Result<PathBuf> {
        // the size tells the releases apart; hashing five megabytes at each start would cost more than the start
        let name = format!("postgres-17.5-{}", ARCHIVE.len());
        let mut refused = None;
        for root in cache_roots() {
            let home = root.join(&name);
            if crate::output::is_trusted(&root) && is_complete(&home) {
                return Ok(home.join("bin"));
            }
            match unpack(&root, &home) {
                Ok(()) => return Ok(home.join("bin")),
                Err(error) => refused = Some(error),
            }
        }
        Err(refused.unwrap_or_else(|| failed("no cache directory for the bundled server").boxed()))
    }

    /// Each file is there in its size, and the directory is ours: nobody else can have put binaries in it.
    fn is_complete(home: &Path) -> bool {
        use std::os::unix::fs::MetadataExt;
        let Ok(contents) = fs::read_to_string(home.join(CONTENTS)) else { return false };
        let ours = fs::metadata(home).is_ok_and(|data| data.uid() == rustix::process::getuid().as_raw());
        let whole = |line: &str| {
            let Some((size, path)) = line.split_once(' ') else { return false };
            fs::metadata(home.join(path)).is_ok_and(|data| data.len().to_string() == size)
        };
        ours && !contents.is_empty()
            && contents.lines().filter(|line| line.contains(" bin/") || line.contains(".so")).all(whole)
    }

    /// Unpacks beside the final place and renames: what is there is whole. Others wait for the lock.
    fn unpack(root: &Path, home: &Path) -> Result<()> {
        super::make_root(root).map_err(|error| io_failed("use", root, &error))?;
        let lock = root.join("unpacking.lock");
        let _alone = fs::File::create(&lock)
            .and_then(|file| file.lock().map(|()| file))
            .map_err(|error| io_failed("lock", &lock, &error))?;
        if is_complete(home) {
            return Ok(());
        }
        let partial = root.join("unpacking");
        let remove = |path: &Path| drop(crate::output::remove(path, root));
        remove(&partial);
        fs::create_dir(&partial).map_err(|error| io_failed("create", &partial, &error))?;
        let unpacked =
            unpack_into(&partial).map_err(|error| io_failed("unpack the server into", &partial, &error));
        if let Err(error) = unpacked {
            remove(&partial);
            return Err(error);
        }
        remove(home);
        crate::output::replace(&partial, home).map_err(|error| io_failed("create", home, &error))
    }

    fn unpack_into(partial: &Path) -> std::io::Result<()> {
        let mut decoder = ruzstd::decoding::StreamingDecoder::new(ARCHIVE).map_err(std::io::Error::other)?;
        let mut plain = Vec::with_capacity(20 << 20);
        decoder.read_to_end(&mut plain)?;
        let mut contents = String::new();
        let mut archive = tar::Archive::new(plain.as_slice());
        for entry in archive.entries()? {
            let mut entry = entry?;
            let path = entry.path()?.into_owned();
            if entry.unpack_in(partial)? && entry.header().entry_type().is_file() {
                let _ = writeln!(contents, "{} {}", entry.size(), path.display());
            }
        }
        fs::write(partial.join(CONTENTS), contents)
    }
}
