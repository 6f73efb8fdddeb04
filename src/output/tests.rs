use std::os::unix::fs::symlink;
use std::sync::atomic::{AtomicBool, Ordering};

use super::unfinished::{ABANDONED, UNFINISHED, sweep, unlocked};
use super::*;

#[test]
fn shorter_and_longer_contents_follow_each_other() {
    let scratch = Scratch::new().unwrap();
    let path = scratch.path().join("below/file.sql");
    for content in ["first", "the second, longer", "", "third", "third"] {
        write(&path, content).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), content);
    }
    assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "nothing is left beside it");
}

#[test]
fn no_reader_sees_half_of_a_file() {
    let scratch = Scratch::new().unwrap();
    let path = scratch.path().join("manifest.json");
    let texts = ["a".repeat(300_000), "b".repeat(200_000)];
    write(&path, &texts[0]).unwrap();
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for round in 0..200 {
                write(&path, &texts[round % 2]).unwrap();
            }
            is_over.store(true, Ordering::Relaxed);
        });
        while !is_over.load(Ordering::Relaxed) {
            let found = fs::read_to_string(&path).unwrap();
            assert!(texts.contains(&found), "{} bytes", found.len());
        }
    });
}

#[test]
fn what_is_not_ours_is_not_replaced() {
    let scratch = Scratch::new().unwrap();
    let (file, link, missing) =
        (scratch.path().join("file"), scratch.path().join("link"), scratch.path().join("missing"));
    fs::write(&file, "user's").unwrap();
    symlink(&file, &link).unwrap();
    symlink(scratch.path().join("nowhere"), &missing).unwrap();
    fs::create_dir(scratch.path().join("folder")).unwrap();
    for path in [&link, &missing] {
        let problem = write(path, "ours").unwrap_err().to_string();
        assert!(problem.contains("symbolic link"), "{problem}");
    }
    assert!(write(&scratch.path().join("folder"), "ours").is_err());
    assert_eq!(fs::read_to_string(&file).unwrap(), "user's");
    assert!(!scratch.path().join("nowhere").exists());
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    write(&file, "ours").unwrap();
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o640);
    if !rustix::process::getuid().is_root() {
        fs::set_permissions(&file, fs::Permissions::from_mode(0o400)).unwrap();
        assert_eq!(write(&file, "again").unwrap_err().kind(), io::ErrorKind::PermissionDenied);
    }
}

#[test]
fn an_unfinished_file_is_gone() {
    let scratch = Scratch::new().unwrap();
    let path = scratch.path().join("file");
    let mut output = Output::create(&path).unwrap();
    output.write_all(b"half").unwrap();
    drop(output);
    assert_eq!(fs::read_dir(scratch.path()).unwrap().count(), 0);
    let folder = scratch.path().join("another");
    fs::create_dir(&folder).unwrap();
    let path = folder.join("file");
    let left = |process: u32| {
        let path = folder.join(format!("{UNFINISHED}{process}-2"));
        fs::write(&path, "half").unwrap();
        path
    };
    let old = left(1);
    sweep(&folder);
    assert!(old.exists(), "another process may be at it");
    let long_ago = std::time::SystemTime::now() - ABANDONED * 2;
    File::options().write(true).open(&old).unwrap().set_modified(long_ago).unwrap();
    sweep(&folder);
    assert!(!old.exists());
    let dead = left(dead());
    let container = File::options().write(true).open(&dead).unwrap();
    container.lock().unwrap();
    sweep(&folder);
    assert!(dead.exists(), "a process of another container may be at it");
    drop(container);
    let mut output = Output::create(&path).unwrap();
    assert!(!dead.exists(), "the first file that is written to a folder looks what was left there");
    sweep(&folder);
    output.write_all(b"whole").unwrap();
    output.finish().unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "whole");
}

#[test]
fn what_is_begun_is_not_taken_for_left() {
    let scratch = Scratch::new().unwrap();
    let end = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !end.load(Ordering::Relaxed) {
                    sweep(scratch.path());
                }
            });
        }
        let path = scratch.path().join("file");
        let written = (0..5_000).map(|_| Output::create(&path)?.finish()).collect::<io::Result<Vec<()>>>();
        end.store(true, Ordering::Relaxed);
        written.unwrap();
    });
}

/// A process that was, and is not any more.
fn dead() -> u32 {
    let mut child = std::process::Command::new("true").spawn().unwrap();
    child.wait().unwrap();
    child.id()
}

#[test]
fn temporary_folders_of_the_dead_are_removed() {
    let scratch = Scratch::new().unwrap();
    let folder = |process: u32, number: &str| {
        let path = scratch.path().join(format!("rsdbt-{process}-{number}"));
        fs::create_dir_all(path.join("inner")).unwrap();
        path
    };
    let number = "0123456789abcdef0123456789abcdef";
    let (left, alive, other) = (folder(dead(), number), folder(1, number), folder(dead(), "of a user"));
    symlink(&other, scratch.path().join(format!("rsdbt-{}-{number}", dead()))).unwrap();
    let inner = Scratch::inside(scratch.path()).unwrap();
    assert!(!left.exists() && alive.exists() && other.join("inner").exists());
    assert!(unlocked(&alive).is_some() && unlocked(inner.path()).is_none());
}

#[test]
fn a_full_disk_leaves_the_old_file() {
    assert!(Output::create(Path::new("/dev/full")).is_err(), "a device is not replaced");
}

#[test]
fn nothing_is_removed_through_a_link_or_outside() {
    let scratch = Scratch::new().unwrap();
    let (ours, theirs) = (scratch.path().join("ours"), scratch.path().join("theirs"));
    fs::create_dir_all(ours.join("a/b")).unwrap();
    fs::create_dir_all(theirs.join("b")).unwrap();
    symlink(&theirs, ours.join("link")).unwrap();
    symlink(&theirs, ours.join("a/inner")).unwrap();
    for refused in ["link", "link/b", "../theirs", ".", "a/../../theirs"] {
        assert!(remove(&ours.join(refused), &ours).is_err(), "{refused}");
    }
    assert!(remove(&theirs, &ours).is_err());
    remove(&ours.join("a"), &ours).unwrap();
    remove(&ours.join("missing/deeper"), &ours).unwrap();
    assert!(theirs.join("b").exists() && !ours.join("a").exists());
}

#[test]
fn nothing_is_written_through_a_link_below_a_guarded_folder() {
    let scratch = Scratch::new().unwrap();
    let (disk, target, theirs) =
        (scratch.path().join("disk"), scratch.path().join("target"), scratch.path().join("theirs"));
    for folder in [&disk, &theirs] {
        fs::create_dir(folder).unwrap();
    }
    symlink(&disk, &target).unwrap();
    guard(&target);
    symlink(&theirs, disk.join("compiled")).unwrap();
    fs::create_dir_all(disk.join("run/p")).unwrap();
    symlink(&theirs, disk.join("run/p/models")).unwrap();
    write(&target.join("manifest.json"), "ours").unwrap();
    write(&target.join("run/p/seeds/s.sql"), "ours").unwrap();
    for path in ["compiled/m.sql", "compiled/p/m.sql", "run/p/models/m.sql", "run/p/models/deep/m.sql"] {
        let problem = write(&target.join(path), "ours").unwrap_err().to_string();
        assert!(problem.contains("is a symbolic link, and nothing is written through links"), "{problem}");
    }
    assert!(make_folder(&target.join("compiled/folder")).is_err());
    assert_eq!(fs::read_dir(&theirs).unwrap().count(), 0);
    if rustix::process::getuid().is_root() {
        std::os::unix::fs::lchown(&target, Some(65534), None).unwrap();
        let problem = write(&target.join("other/x"), "ours").unwrap_err().to_string();
        assert!(problem.contains("of another user"), "{problem}");
    }
}

#[test]
fn a_private_folder_is_checked() {
    let scratch = Scratch::new().unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(scratch.path()), 0o700);
    let open = scratch.path().join("open");
    fs::create_dir(&open).unwrap();
    fs::set_permissions(&open, fs::Permissions::from_mode(0o777)).unwrap();
    private_folder(&open, None).unwrap();
    assert_eq!(mode(&open), 0o700);
    assert!(is_trusted(&open));
    fs::set_permissions(&open, fs::Permissions::from_mode(0o770)).unwrap();
    assert!(!is_trusted(&open));
    symlink(&open, scratch.path().join("link")).unwrap();
    assert!(private_folder(&scratch.path().join("link"), None).is_err());
}

#[test]
fn devices_pipes_and_folders_are_not_read() {
    let scratch = Scratch::new().unwrap();
    let pipe = scratch.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let refusal = |path: &Path| crate::regular::read(path).unwrap_err().to_string();
    assert_eq!(refusal(&pipe), "it is a named pipe, not a regular file");
    assert_eq!(refusal(Path::new("/dev/zero")), "it is a device, not a regular file");
    assert!(crate::regular::read(scratch.path()).is_err());
    assert!(crate::regular::read_to_string(Path::new("Cargo.toml")).unwrap().contains("rsdbt"));
}
