//! Odd folders, links, pipes, devices and terminals: nothing of the user's is removed, nothing hangs, nothing is
//! reported as done that was not.

use std::fs;
use std::io::Read as _;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::{Database, Project};

fn project() -> (Database, Project) {
    let database = Database::new();
    let project = Project::new(&database);
    project.write("models/a.sql", "select 1 as id");
    (database, project)
}

fn with_keys(project: &Project, keys: &str) {
    project.write("dbt_project.yml", &format!("name: shop\nprofile: shop\n{keys}\n"));
}

/// The project and, beside it, a folder of the user's that no command may touch.
fn beside(project: &Project) -> std::path::PathBuf {
    let name = project.path().file_name().unwrap().to_string_lossy().into_owned();
    let folder = project.path().with_file_name(format!("{name}-beside"));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(folder.join("inner")).unwrap();
    fs::write(folder.join("inner/kept"), "user's").unwrap();
    folder
}

#[test]
fn clean_deletes_nothing_through_a_link_and_nothing_that_users_wrote() {
    let (_database, project) = project();
    let folder = beside(&project);
    symlink(&folder, project.path().join("linked")).unwrap();
    symlink(project.path().join("models"), project.path().join("alias")).unwrap();
    project.write("target/x", "ours");
    with_keys(&project, "clean-targets: [target, linked, linked/inner, alias, .git]\nasset-paths: [assets]");
    project.write(".git/HEAD", "ref");
    project.run(&["clean"]);
    assert!(folder.join("inner/kept").exists() && project.path().join("models/a.sql").exists());
    assert!(project.path().join(".git/HEAD").exists());
    with_keys(&project, "clean-targets: [target, linked, linked/inner]");
    project.run_ok(&["clean"]);
    assert!(folder.join("inner/kept").exists() && project.path().join("models/a.sql").exists());
    assert!(!project.path().join("target").exists());
    for targets in [
        "['..']",
        "['.']",
        "['/']",
        "[models]",
        "['models/..']",
        "[assets]",
        "[models/sub]",
        "[models/sub/b.sql]",
        "[./models/sub/../sub]",
        "[assets/more]",
        "[profiles.yml, dbt_project.yml, README]",
    ] {
        with_keys(&project, &format!("clean-targets: {targets}\nasset-paths: [assets]"));
        let users = ["assets/logo", "assets/more/logo", "models/sub/b.sql", "README"];
        for path in users {
            project.write(path, "user's");
        }
        project.run(&["clean", "--no-clean-project-files-only"]);
        for path in users.into_iter().chain(["models/a.sql", "profiles.yml", "dbt_project.yml"]) {
            assert!(project.path().join(path).is_file(), "{targets}: {path}");
        }
    }
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn files_in_other_encodings_are_named() {
    let (_database, project) = project();
    let wide = |text: &str, mark: &[u8], big: bool| {
        let units =
            text.encode_utf16().flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() });
        [mark.to_vec(), units.collect()].concat()
    };
    fs::create_dir(project.path().join("seeds")).unwrap();
    for (mark, big) in [(&b"\xff\xfe"[..], false), (b"\xfe\xff", true), (b"", false), (b"", true)] {
        fs::write(project.path().join("seeds/s.csv"), wide("id,name\n1,x\n", mark, big)).unwrap();
        let output = project.run(&["seed"]);
        let expected = "`seeds/s.csv` is in UTF-16";
        assert!(output.status == 1 && output.text.contains(expected), "{}", output.text);
    }
    fs::write(project.path().join("seeds/s.csv"), "id,name\n1,x\n2,a\0b\n").unwrap();
    let output = project.run(&["seed"]);
    assert!(output.text.contains("has a NUL character in line 3"), "{}", output.text);
    for (bytes, expected) in [
        (&b"id,name\n1,caf\xe9\n"[..], "line 2 has the byte 0xE9, which is `\u{e9}` in Latin-1"),
        (b"id,name\n1,x\n2,\x80 5\n", "line 3 has the byte 0x80\n"),
        (b"id,name\n1,caf\xc3", "line 2 has the byte 0xC3"),
    ] {
        fs::write(project.path().join("seeds/s.csv"), bytes).unwrap();
        let output = project.run(&["seed"]);
        let named = output.text.contains("`seeds/s.csv` is not in UTF-8") && output.text.contains(expected);
        assert!(output.status == 1 && named, "{}", output.text);
    }
    fs::write(project.path().join("models/wide.sql"), wide("select 1 as id", b"\xff\xfe", false)).unwrap();
    let output = project.run(&["parse"]);
    assert!(output.text.contains("cannot read models/wide.sql: it is UTF-16, not UTF-8"), "{}", output.text);
}

#[test]
fn nothing_is_written_through_links_below_the_target_folder() {
    for linked in [
        "target/compiled",
        "target/run",
        "target/compiled/shop",
        "target/compiled/shop/models",
        "target/run/shop/models",
    ] {
        let (_database, project) = project();
        let folder = beside(&project);
        fs::write(folder.join("a.sql"), "user's").unwrap();
        let link = project.path().join(linked);
        fs::create_dir_all(link.parent().unwrap()).unwrap();
        symlink(&folder, &link).unwrap();
        for command in ["compile", "run", "build"] {
            project.run(&[command]);
            assert_eq!(fs::read_to_string(folder.join("a.sql")).unwrap(), "user's", "{linked}");
            assert_eq!(fs::read_dir(&folder).unwrap().count(), 2, "{linked}");
        }
        fs::remove_dir_all(folder).unwrap();
    }
    // the whole folder on another disk
    let (_database, project) = project();
    let folder = beside(&project);
    symlink(&folder, project.path().join("target")).unwrap();
    project.run_ok(&["run"]);
    assert!(folder.join("manifest.json").exists() && folder.join("run/shop/models/a.sql").exists());
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn docs_generate_deletes_no_folder_of_the_users() {
    let (_database, project) = project();
    let folder = beside(&project);
    let shown = folder.display().to_string();
    let name = folder.file_name().unwrap().to_string_lossy().into_owned();
    project.write("assets/logo", "user's");
    for (keys, status) in [
        (format!("asset-paths: ['{shown}']"), 2),
        (format!("asset-paths: ['../{name}']"), 2),
        ("asset-paths: ['.']".to_owned(), 2),
        ("asset-paths: ['assets']\ntarget-path: assets/target".to_owned(), 2),
        ("asset-paths: ['./assets']".to_owned(), 0),
        ("asset-paths: ['assets']\ntarget-path: '.'".to_owned(), 0),
        ("asset-paths: ['assets']\ntarget-path: models".to_owned(), 0),
    ] {
        with_keys(&project, &keys);
        let output = project.run(&["docs", "generate"]);
        assert_eq!(output.status, status, "{keys}: {}", output.text);
        assert!(folder.join("inner/kept").exists(), "{keys}");
        assert_eq!(fs::read_to_string(project.path().join("assets/logo")).unwrap(), "user's", "{keys}");
        assert!(project.path().join("models/a.sql").exists(), "{keys}");
    }
    assert!(project.path().join("target/assets/logo").exists());
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn deps_removes_packages_only() {
    let (_database, project) = project();
    let folder = beside(&project);
    let package = |name: &str| {
        project.write(&format!("{name}/dbt_project.yml"), &format!("name: {name}\nprofile: shop\n"));
        project.write("packages.yml", &format!("packages:\n  - local: {name}\n"));
    };
    package("one");
    symlink(&folder, project.path().join("linked")).unwrap();
    let name = folder.file_name().unwrap().to_string_lossy().into_owned();
    for path in ["models", ".", "linked", &format!("../{name}")] {
        with_keys(&project, &format!("packages-install-path: '{path}'"));
        let output = project.run(&["deps"]);
        assert_eq!(output.status, 2, "{path}: {}", output.text);
        assert!(project.path().join("models/a.sql").exists() && folder.join("inner/kept").exists(), "{path}");
    }
    project.write("vendor/own/dbt_project.yml", "name: own");
    with_keys(&project, "packages-install-path: vendor");
    assert_eq!(project.run(&["deps"]).status, 2, "a project of the user's is no package of ours");
    assert!(project.path().join("vendor/own/dbt_project.yml").exists());
    for path in ["dbt_packages", "other/packages"] {
        with_keys(&project, &format!("packages-install-path: {path}"));
        for name in ["one", "two", "one"] {
            package(name);
            project.run_ok(&["deps"]);
            let other = if name == "one" { "two" } else { "one" };
            assert!(project.path().join(path).join(name).exists());
            assert!(!project.path().join(path).join(other).exists(), "what is not asked for any more goes");
            assert!(
                project.path().join("one/dbt_project.yml").exists(),
                "a link is removed, not its project"
            );
        }
    }
    fs::remove_dir_all(folder).unwrap();
}

/// A cache of a CI job, on another disk.
#[test]
fn packages_go_into_the_folder_that_a_link_of_the_projects_leads_to() {
    let (_database, project) = project();
    let folder = beside(&project);
    let put = |name: &str| {
        project.write(&format!("{name}/dbt_project.yml"), &format!("name: {name}\nprofile: shop\n"));
        project.write("packages.yml", &format!("packages:\n  - local: {name}\n"));
    };
    let link = project.path().join("dbt_packages");
    let refused = |expected: &str| {
        let output = project.run(&["deps"]);
        assert!(output.status == 2 && output.text.contains(expected), "{expected}\n{}", output.text);
        assert!(folder.join("inner/kept").exists());
    };
    put("one");
    symlink(&folder, &link).unwrap();
    refused("holds `inner`, which `rsdbt deps` did not install");
    // a package of the user's own, even when the lock file names it
    fs::write(folder.join("inner/dbt_project.yml"), "name: inner").unwrap();
    fs::rename(folder.join("inner"), folder.join("one")).unwrap();
    let output = project.run(&["deps"]);
    assert!(output.status == 2 && output.text.contains("holds `one`"), "{}", output.text);
    assert!(folder.join("one/kept").exists());
    fs::remove_dir_all(folder.join("one")).unwrap();
    for name in ["one", "two", "one"] {
        put(name);
        project.run_ok(&["deps"]);
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        let other = if name == "one" { "two" } else { "one" };
        assert!(folder.join(name).exists() && !folder.join(other).exists(), "{name}");
        assert!(project.path().join("one/dbt_project.yml").exists());
        project.run_ok(&["ls"]);
    }
    fs::create_dir_all(folder.join("inner")).unwrap();
    fs::write(folder.join("inner/kept"), "user's").unwrap();
    for (to, expected) in [
        ("/nowhere/at/all", "is a symbolic link to /nowhere/at/all, which does not exist"),
        (".", "holds the project itself"),
        ("dbt_project.yml", "is a symbolic link to a file, not to a folder"),
        ("models", "holds `a.sql`"),
    ] {
        fs::remove_file(&link).unwrap();
        symlink(to, &link).unwrap();
        refused(expected);
    }
    if rustix::process::getuid().is_root() {
        fs::remove_file(&link).unwrap();
        symlink(&folder, &link).unwrap();
        std::os::unix::fs::lchown(&link, Some(65534), None).unwrap();
        refused("is a symbolic link of another user");
    }
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn clean_says_why_a_link_is_left() {
    let (_database, project) = project();
    let folder = beside(&project);
    symlink(&folder, project.path().join("target")).unwrap();
    let output = project.run(&["clean"]);
    assert_eq!(output.status, 0, "{}", output.text);
    let expected =
        format!("target is a symbolic link to {}, and nothing is deleted through links", folder.display());
    assert!(output.text.contains(&expected), "{}", output.text);
    assert!(folder.join("inner/kept").exists());
    fs::remove_dir_all(folder).unwrap();
}

/// A package whose copying fails half way, as by an interrupt, is none; the next `deps` begins with it anew.
#[test]
fn half_a_package_is_not_taken_for_a_whole_one() {
    let (_database, project) = project();
    let made = "mkdir -p made/p/models made/p/a made/p/z && echo 'name: p' > made/p/dbt_project.yml \
        && for n in 1 2 3; do echo 'select 1 as id' > made/p/models/m$n.sql; done && git -C made/p init -q \
        && git -C made/p add . && git -C made/p -c user.name=a -c user.email=a@b commit -qm a";
    let shell =
        |text: &str| Command::new("sh").args(["-c", text]).current_dir(project.path()).status().unwrap();
    assert!(shell(made).success());
    let url = format!("file://{}", project.path().join("made/p").display());
    project.write("packages.yml", &format!("packages:\n  - git: \"{url}\"\n    warn-unpinned: false\n"));
    project.run_ok(&["deps"]);
    for path in ["dbt_packages", "other/packages"] {
        with_keys(&project, &format!("packages-install-path: {path}"));
        project.run_ok(&["deps"]);
        let package = project.path().join(path).join("p");
        // no file can stand where a folder stands
        let blocked = format!("rm -rf {path}/p && mkdir -p {path}/p/models/m2.sql/x");
        assert!(shell(&blocked).success());
        assert_eq!(project.run(&["ls"]).status, 2, "{path}");
        project.run_ok(&["deps"]);
        assert!(package.join("models/m2.sql").is_file() && package.join("dbt_project.yml").is_file());
        assert_eq!(project.run(&["ls"]).status, 0, "{path}");
    }
}

/// Ends within a time, however it ends.
fn status_in_time(command: &mut Command) -> Option<i32> {
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let begun = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status.code();
        }
        if begun.elapsed() > Duration::from_mins(1) {
            child.kill().unwrap();
            panic!("{command:?} hangs");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn pipes_and_devices_are_not_read() {
    let (_database, project) = project();
    let fifo = |path: &str| {
        let made = Command::new("mkfifo").arg(project.path().join(path)).status().unwrap();
        assert!(made.success());
    };
    for folder in ["macros", "seeds", "tests"] {
        fs::create_dir_all(project.path().join(folder)).unwrap();
    }
    let kept = |path: &str| fs::read(project.path().join(path)).ok();
    for path in [
        "models/b.sql",
        "models/s.yml",
        "macros/m.sql",
        "tests/t.sql",
        "models/d.md",
        "selectors.yml",
        "packages.yml",
        "dependencies.yml",
        "vars.yml",
        ".dbtignore",
        ".env",
        "dbt_project.yml",
        "profiles.yml",
    ] {
        let before = kept(path);
        if before.is_some() {
            project.remove(path);
        }
        let is_refused = |what: &str| {
            assert_eq!(status_in_time(&mut project.command(&["parse"])), Some(2), "{path}: {what}");
            let said = project.run(&["parse"]).text;
            let name = Path::new(path).file_name().unwrap().to_str().unwrap();
            assert!(said.contains(what) && said.contains(name), "{path}: {said}");
            project.remove(path);
        };
        fifo(path);
        is_refused("named pipe");
        symlink("/dev/zero", project.path().join(path)).unwrap();
        is_refused("a device");
        fs::write(project.path().join(path), [b'#', 0xff, b'\n']).unwrap();
        is_refused("UTF-8");
        if !path.contains('/') {
            symlink("/nowhere/at/all", project.path().join(path)).unwrap();
            is_refused("a symbolic link to a file that does not exist");
        }
        if let Some(before) = before {
            fs::write(project.path().join(path), before).unwrap();
        }
    }
    // a Python environment
    fs::create_dir(project.path().join(".env")).unwrap();
    assert_eq!(status_in_time(&mut project.command(&["parse"])), Some(0));
    fifo("seeds/s.csv");
    assert_eq!(status_in_time(&mut project.command(&["seed"])), Some(1));
    project.remove("seeds/s.csv");
    symlink("/dev/zero", project.path().join("models/zero.sql")).unwrap();
    let output = project.run(&["parse"]);
    assert!(
        output.status == 2 && output.text.contains("it is a device, not a regular file"),
        "{}",
        output.text
    );
    project.remove("models/zero.sql");
    fs::create_dir_all(project.path().join("logs")).unwrap();
    fifo("logs/fifo.log");
    let _ = fs::remove_file(project.path().join("logs/dbt.log"));
    fs::rename(project.path().join("logs/fifo.log"), project.path().join("logs/dbt.log")).unwrap();
    assert_eq!(status_in_time(&mut project.command(&["parse"])), Some(0), "a log that nobody reads");
}

#[test]
fn what_cannot_be_printed_is_no_success() {
    let (_database, project) = project();
    for arguments in
        [&["ls"][..], &["--version"], &["--help"], &["compile", "--select", "a"], &["lineage", "a"]]
    {
        let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = project.command(arguments).stdout(full).output().unwrap();
        assert!(!output.status.success(), "{arguments:?}");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains("No space left on device"), "{arguments:?}: {said}");
    }
    for (arguments, expected) in [(&["ls"][..], 141), (&["run"], 0)] {
        let mut child =
            project.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let status = child.wait().unwrap();
        let mut said = String::new();
        child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        assert_eq!((status.code(), said.as_str()), (Some(expected), ""), "{arguments:?}");
    }
}

#[test]
fn artifacts_are_never_half_written() {
    let (_database, project) = project();
    project.run_ok(&["parse"]);
    let path = project.path().join("target/manifest.json");
    let mut writer = project.command(&["ls", "--quiet"]);
    let reads = std::thread::scope(|scope| {
        let writing =
            scope.spawn(|| (0..15).for_each(|_| assert!(writer.output().unwrap().status.success())));
        let mut reads = 0;
        while !writing.is_finished() {
            let text = fs::read(&path).unwrap();
            assert!(serde_json::from_slice::<serde_json::Value>(&text).is_ok(), "torn at read {reads}");
            reads += 1;
        }
        reads
    });
    assert!(reads > 15);
    let elsewhere = project.path().join("elsewhere.json");
    fs::write(&elsewhere, "user's").unwrap();
    fs::remove_file(&path).unwrap();
    symlink(&elsewhere, &path).unwrap();
    let output = project.run(&["parse"]);
    assert!(output.status == 2 && output.text.contains("symbolic link"), "{}", output.text);
    assert_eq!(fs::read_to_string(&elsewhere).unwrap(), "user's");
}

#[test]
fn a_path_with_a_line_break_and_quotes_is_a_path() {
    let (_database, project) = project();
    let odd = project.path().join("odd\nfolder 'x' \"y\"");
    fs::create_dir_all(odd.join("models")).unwrap();
    for file in ["dbt_project.yml", "profiles.yml", "models/a.sql"] {
        fs::copy(project.path().join(file), odd.join(file)).unwrap();
    }
    fs::write(odd.join("seeds.csv"), "").unwrap();
    for arguments in [&["build"][..], &["ls"], &["docs", "generate"], &["debug"]] {
        let output = project.command(arguments).current_dir(&odd).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{arguments:?}: {text}");
        assert!(!text.lines().any(|line| line.starts_with("folder 'x'")), "{text}");
    }
    let log = fs::read_to_string(odd.join("logs/dbt.log")).unwrap();
    assert!(!log.lines().any(|line| line.starts_with("folder 'x'")), "no line of the log is forged");
}

/// Through `script`, which gives a terminal to what it runs.
fn on_a_terminal(project: &Project, command: &str, variables: &[(&str, &str)]) -> Option<String> {
    let program = env!("CARGO_BIN_EXE_rsdbt");
    let mut script = Command::new("script");
    script
        .args(["-qec", &format!("{program} {command}"), "/dev/null"])
        .current_dir(project.path())
        .env_remove("NO_COLOR")
        .env("TERM", "xterm")
        .stdin(Stdio::null());
    for (name, value) in variables {
        script.env(name, value);
    }
    let output = script.output().ok()?;
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[test]
fn colours_stay_away_from_those_who_want_none() {
    let (_database, project) = project();
    let has_color =
        |text: &str| text.contains("\x1b[3") || text.contains("\x1b[1m") || text.contains("\x1b[0m");
    let Some(coloured) = on_a_terminal(&project, "run", &[]) else { return };
    assert!(has_color(&coloured), "a terminal has colours: {coloured:?}");
    for command in ["run", "run --help", "--help"] {
        for (options, variables) in [
            ("", &[("TERM", "dumb")][..]),
            ("", &[("NO_COLOR", "1")]),
            (" --no-use-colors", &[]),
            ("", &[("DBT_USE_COLORS", "false")]),
        ] {
            let text = on_a_terminal(&project, &format!("{command}{options}"), variables).unwrap();
            assert!(!has_color(&text), "{command}{options} {variables:?}: {text:?}");
            if variables.first().is_some_and(|(_, value)| *value == "dumb") {
                assert!(!text.contains('\x1b'), "{command}: {text:?}");
            }
        }
    }
}

#[test]
fn lineage_is_that_of_the_target_and_of_the_models_as_they_are() {
    let (_database, project) = project();
    let profile = fs::read_to_string(project.path().join("profiles.yml")).unwrap();
    let (head, output) = profile.split_once("    dev:\n").unwrap();
    let schema = output.lines().find(|line| line.contains("schema:")).unwrap();
    let prod = output.replace(schema, "      schema: prod_schema");
    project.write("profiles.yml", &format!("{head}    dev:\n{output}    prod:\n{prod}"));
    project.write("models/a.sql", "select 1 as id, 2 as amount");
    project.write("models/b.sql", "select amount as total from {{ ref('a') }}");
    project.write(
        "models/c.sql",
        "select total from {{ ref('b') }}{% if target.name == 'prod' %} where total > (select max(id) from {{ ref('a') }}){% endif %}",
    );
    let json = |arguments: &[&str]| {
        let all = [&["lineage"][..], arguments, &["--output", "json"]].concat();
        let output = project.command(&all).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{text}");
        text
    };
    assert!(
        json(&["b.total", "--direction", "upstream"]).contains("amount"),
        "nothing need be compiled before"
    );
    project.run_ok(&["compile"]);
    project.write("models/b.sql", "select id as total from {{ ref('a') }}");
    let edited = json(&["b.total"]);
    assert!(edited.contains("\"id\"") && !edited.contains("amount"), "{edited}");
    project.run_ok(&["parse"]);
    let edited = json(&["b.total"]);
    assert!(
        edited.contains("\"id\"") && !edited.contains("amount"),
        "a manifest of another command: {edited}"
    );
    let influences = |target: &str| json(&["c.total", "--influences", "--target", target]);
    assert!(!influences("dev").contains("filter") && influences("prod").contains("filter"));
    project.write("models/d.sql", "{% set x = run_query('select 1') %}select id from {{ ref('a') }}");
    let output = project.run(&["lineage", "d.id"]);
    assert!(output.text.contains("rsdbt compile --target dev --select d"), "{}", output.text);
    assert!(!Path::new(&project.path().join("target/compiled/shop/models/d.sql")).exists());
}
