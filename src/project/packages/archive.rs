//! Unpacks an archive that a stranger packed: bounded, and nothing outside of the folder.

use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

/// The largest package of the hub unpacks to a hundredth of this.
const MOST_BYTES: u64 = 1 << 30;
const MOST_ENTRIES: usize = 100_000;
/// Deeper folders cost the kernel time for every one of them, for every file; and a path ends at 4096 bytes.
const MOST_PARTS: usize = 100;
const LONGEST_PATH: usize = 1024;

/// Unpacks a gzipped tarball into a folder.
pub(super) fn unpack(bytes: &[u8], folder: &Path) -> io::Result<()> {
    unpack_within(bytes, folder, MOST_BYTES, MOST_ENTRIES)
}

/// Why unpacking failed: the crate wraps our reasons into its own.
pub(super) fn reason(problem: &io::Error) -> String {
    let mut innermost: &dyn std::error::Error = problem;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}

fn unpack_within(bytes: &[u8], folder: &Path, most_bytes: u64, most_entries: usize) -> io::Result<()> {
    // tar reads what it skips, too: the limit is on all that comes out of gzip, headers and padding included
    let bounded = flate2::read::GzDecoder::new(bytes).take(most_bytes + 1);
    let mut archive = tar::Archive::new(Bounded { inner: bounded, most: most_bytes });
    std::fs::create_dir_all(folder)?;
    for (count, entry) in archive.entries()?.enumerate() {
        if count >= most_entries {
            return Err(io::Error::other(format!("it has more than {most_entries} files")));
        }
        let mut entry = entry?;
        let path = entry.path()?.into_owned();
        let refused = |what: &str| Err(io::Error::other(format!("`{}` {what}", path.display())));
        if path.components().count() > MOST_PARTS {
            return Err(io::Error::other(format!("it has more than {MOST_PARTS} folders in one another")));
        }
        if path.as_os_str().len() > LONGEST_PATH {
            return Err(io::Error::other(format!("it has a path of more than {LONGEST_PATH} bytes")));
        }
        let kind = entry.header().entry_type();
        match kind {
            tar::EntryType::Regular | tar::EntryType::Continuous | tar::EntryType::Directory => {}
            tar::EntryType::Symlink | tar::EntryType::Link => {
                let target = entry.link_name()?.map(std::borrow::Cow::into_owned).unwrap_or_default();
                let base =
                    if kind.is_symlink() { path.parent().unwrap_or(Path::new("")) } else { Path::new("") };
                if !stays_inside(&base.join(&target)) || target.is_absolute() {
                    return refused("is a link that leaves the archive");
                }
            }
            tar::EntryType::XGlobalHeader | tar::EntryType::XHeader => continue,
            _ => return refused("is neither a file nor a folder"),
        }
        if !stays_inside(&path) || !entry.unpack_in(folder)? {
            return refused("leaves the archive");
        }
    }
    Ok(())
}

/// Whether a relative path never climbs above where it starts.
fn stays_inside(path: &Path) -> bool {
    let mut depth = 0_usize;
    path.components().all(|part| match part {
        Component::Normal(_) => {
            depth += 1;
            true
        }
        Component::CurDir => true,
        Component::ParentDir => depth.checked_sub(1).map(|less| depth = less).is_some(),
        Component::RootDir | Component::Prefix(_) => false,
    })
}

/// Fails where `Take` would end: an archive that was cut off could look whole.
struct Bounded<R> {
    inner: io::Take<R>,
    most: u64,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        if self.inner.limit() == 0 {
            let mebibytes = self.most >> 20;
            return Err(io::Error::other(format!("it unpacks to more than {mebibytes} MiB")));
        }
        Ok(read)
    }
}

/// Where a file of a package is, links followed; `None` for what leaves the package or is no regular file.
pub(super) fn regular_inside(path: &Path, package: &Path) -> Option<PathBuf> {
    let real = path.canonicalize().ok()?;
    (real.starts_with(package.canonicalize().ok()?) && real.is_file()).then_some(real)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::Scratch;

    fn archive(fill: impl FnOnce(&mut tar::Builder<&mut flate2::write::GzEncoder<Vec<u8>>>)) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        let mut builder = tar::Builder::new(&mut encoder);
        fill(&mut builder);
        builder.finish().unwrap();
        drop(builder);
        encoder.finish().unwrap()
    }

    /// The crate refuses to write some names that others write.
    fn header(name: &str, kind: tar::EntryType, link: &str, size: u64) -> tar::Header {
        let mut header = tar::Header::new_gnu();
        let old = header.as_old_mut();
        old.name[..name.len()].copy_from_slice(name.as_bytes());
        old.linkname[..link.len()].copy_from_slice(link.as_bytes());
        header.set_entry_type(kind);
        header.set_size(size);
        header.set_mode(0o644);
        header.set_cksum();
        header
    }

    #[test]
    fn what_leaves_the_archive_is_refused() {
        use tar::EntryType;
        for (name, kind, link) in [
            ("../out", EntryType::Regular, ""),
            ("/abs", EntryType::Regular, ""),
            ("p/link", EntryType::Symlink, "/etc/passwd"),
            ("p/link", EntryType::Symlink, "../../etc"),
            ("p/hard", EntryType::Link, "../etc"),
            ("p/pipe", EntryType::Fifo, ""),
            ("p/disk", EntryType::Block, ""),
            ("p/tty", EntryType::Char, ""),
        ] {
            let scratch = Scratch::new().unwrap();
            let folder = scratch.path().join("inner/deep");
            let bytes = archive(|tar| tar.append(&header(name, kind, link, 0), io::empty()).unwrap());
            let problem = unpack(&bytes, &folder).unwrap_err().to_string();
            assert!(
                problem.contains("leaves the archive") || problem.contains("neither"),
                "{name}: {problem}"
            );
            assert!(!scratch.path().join("inner/out").exists());
        }
    }

    #[test]
    fn a_link_through_a_link_is_not_followed_out() {
        use tar::EntryType::{Directory, Regular, Symlink};
        let scratch = Scratch::new().unwrap();
        let bytes = archive(|tar| {
            for (name, kind, link) in
                [("p/sub", Directory, ""), ("p/sub/up", Symlink, ".."), ("p/out", Symlink, "sub/up/../..")]
            {
                tar.append(&header(name, kind, link, 0), io::empty()).unwrap();
            }
            tar.append(&header("p/out/owned", Regular, "", 0), io::empty()).unwrap();
        });
        let folder = scratch.path().join("a/b");
        assert!(unpack(&bytes, &folder).is_err());
        assert!(!scratch.path().join("a/owned").exists() && !scratch.path().join("owned").exists());
        assert_eq!(regular_inside(&folder.join("p/out/missing"), &folder.join("p")), None);
    }

    #[test]
    fn depth_and_length_are_bounded() {
        let unpacked = |path: &str| {
            let scratch = Scratch::new().unwrap();
            let bytes = archive(|tar| {
                let mut header = header("p", tar::EntryType::Regular, "", 1);
                tar.append_data(&mut header, path, io::repeat(0).take(1)).unwrap();
            });
            unpack(&bytes, scratch.path()).map_err(|problem| reason(&problem))
        };
        unpacked(&format!("{}b", "a/".repeat(MOST_PARTS - 1))).unwrap();
        let deep = "it has more than 100 folders in one another";
        assert_eq!(unpacked(&format!("{}b", "a/".repeat(MOST_PARTS))).unwrap_err(), deep);
        let name = "n".repeat(250);
        assert_eq!(unpacked(&[&*name; 5].join("/")).unwrap_err(), "it has a path of more than 1024 bytes");
    }

    #[test]
    fn size_and_count_are_bounded() {
        let scratch = Scratch::new().unwrap();
        let bytes = archive(|tar| {
            for file in 0..10 {
                let header = header(&format!("p/{file}"), tar::EntryType::Regular, "", 1 << 20);
                tar.append(&header, io::repeat(0).take(1 << 20)).unwrap();
            }
        });
        assert!(bytes.len() < 100_000);
        let unpacked = |most_bytes, most_entries| {
            unpack_within(&bytes, &scratch.path().join("x"), most_bytes, most_entries).map_err(|p| reason(&p))
        };
        assert_eq!(unpacked(5 << 20, 99).unwrap_err(), "it unpacks to more than 5 MiB");
        assert_eq!(unpacked(50 << 20, 5).unwrap_err(), "it has more than 5 files");
        unpacked(50 << 20, 99).unwrap();
    }
}
