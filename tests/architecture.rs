//! What a machine can check of the house's taste: layers, lengths, and where each crate is at home.

mod tokens;
mod uses;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use fancy_regex::Regex;
use uses::Crate;

/// A module as `src/lib.rs` lists it, with the crates that only it may name.
struct Module {
    name: String,
    crates: Vec<String>,
}

fn modules() -> Vec<Module> {
    let text = fs::read_to_string("src/lib.rs").unwrap();
    let mut crates = Vec::new();
    let mut modules = Vec::new();
    for line in text.lines() {
        if let Some(doc) = line.strip_prefix("///") {
            if let (Some(open), Some(close)) = (doc.find('['), doc.rfind(']')) {
                crates = doc[open + 1..close].split(", ").map(|name| name.replace('-', "_")).collect();
            }
        } else if let Some(name) = line.strip_prefix("mod ").and_then(|rest| rest.strip_suffix(';')) {
            modules.push(Module { name: name.to_owned(), crates: std::mem::take(&mut crates) });
        }
    }
    assert!(modules.len() > 2, "src/lib.rs lists the modules");
    modules
}

fn sources(root: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(root).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path, extension));
        } else if path.extension().is_some_and(|have| have == extension) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The module that a file of `src/` belongs to.
fn module_of(path: &Path) -> String {
    let first = path.strip_prefix("src").unwrap().components().next().unwrap();
    Path::new(first.as_os_str()).file_stem().unwrap().to_string_lossy().into_owned()
}

fn code_lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| !line.trim_start().starts_with("//"))
}

fn texts_of_the_crate() -> Vec<(String, String)> {
    let name = |path: &Path| path.strip_prefix("src").unwrap().to_string_lossy().into_owned();
    let files = sources(Path::new("src"), "rs").into_iter().filter(|path| !path.ends_with("main.rs"));
    files.map(|path| (name(&path), fs::read_to_string(&path).unwrap())).collect()
}

fn read(texts: &[(String, String)]) -> Crate {
    Crate::new(texts.iter().map(|(file, text)| (file.as_str(), text.as_str())))
}

fn order() -> Vec<String> {
    modules().into_iter().map(|module| module.name).collect()
}

#[test]
fn a_module_uses_only_modules_above_it() {
    let upward = read(&texts_of_the_crate()).upward(&order());
    assert!(upward.is_empty(), "these files use a higher layer:\n{}", upward.join("\n"));
}

/// Jinja is a language: it could be a crate of its own tomorrow, with our errors and our maps.
#[test]
fn the_language_knows_nothing_of_dbt() {
    let mut texts = texts_of_the_crate();
    let beyond = |texts: &[(String, String)]| read(texts).uses_beyond("jinja", &["diagnostic", "hashed"]);
    assert_eq!(beyond(&texts), Vec::<String>::new());
    // and that is seen
    let (_, scope) = texts.iter_mut().find(|(file, _)| file == "jinja/scope.rs").unwrap();
    scope.insert_str(scope.find("\nuse ").unwrap() + 1, "use crate::{hashed, manifest::{Manifest}};\n");
    assert_eq!(beyond(&texts), ["jinja/scope.rs: crate::manifest::Manifest"]);
}

/// Files of a circle cannot be understood without each other: what both need goes into a file of its own.
#[test]
fn no_file_uses_one_that_uses_it() {
    let circles = read(&texts_of_the_crate()).circles();
    assert!(circles.is_empty(), "circles between files:\n{}", circles.join("\n"));
}

/// Whatever way an upward or circular use is spelled, it is seen among files of the crate.
#[test]
fn every_spelling_of_a_use_is_seen() {
    let mut texts = texts_of_the_crate();
    texts.retain(|(file, _)| {
        [
            "lib.rs",
            "run/mod.rs",
            "run/locks.rs",
            "run/state.rs",
            "adapter/mod.rs",
            "adapter/worker_session.rs",
        ]
        .contains(&file.as_str())
    });
    let with = |file: &str, line: &str| {
        let mut texts = texts.clone();
        let (_, text) = texts.iter_mut().find(|(name, _)| name == file).unwrap();
        text.insert_str(text.find("\nuse ").unwrap() + 1, line);
        read(&texts)
    };
    // `run/locks.rs` uses `run/state.rs`, and `adapter` stands above `run`
    for line in [
        "use super::locks::still_locked as x; const X: usize = x;\n",
        "use super::{locks::{self as x, Waiting}}; const X: usize = x::still_locked;\n",
        "use crate::run::locks::still_locked; const X: usize = still_locked;\n",
        "use crate::{hashed::HashMap as _, run::{locks::{still_locked}}}; const X: usize = still_locked;\n",
        "use self::super::locks; const X: usize = locks::still_locked;\n",
        "const X: usize = super::locks::still_locked;\n",
        "const X: usize = crate::run::locks::still_locked;\n",
        "use super::locks::*;\n",
        // by another name of the crate or of a room
        "use crate as root; const X: usize = root::run::locks::still_locked;\n",
        "use crate::{run as r}; fn x(_: &r::locks::Waiting) {}\n",
        "extern crate self as me; const X: usize = me::run::locks::still_locked;\n",
        "use super::r#locks::still_locked; const X: usize = still_locked;\n",
        // by a glob
        "use super::*; const X: usize = locks::still_locked;\n",
        "use super::super::run::*; fn x() { locks::still_locked() }\n",
        "use crate::*; const X: usize = run::locks::still_locked;\n",
        // without a `use`: in types, implementations, macros and attributes
        "fn x(_: Vec<super::locks::Waiting>) {}\n",
        "type X = <super::locks::Waiting as Default>::X;\n",
        "impl crate::run::locks::Waiting {}\n",
        "fn x() { vec![super::locks::still_locked] }\n",
        "macro_rules! x { () => { $crate::run::locks::still_locked } }\n",
        "#[serde(with = \"crate::run::locks\")] struct X;\n",
        // in a function or a module that is written out
        "fn x() { use super::locks::still_locked; still_locked() }\n",
        "mod x { use super::super::locks::still_locked; const X: usize = still_locked; }\n",
        "mod x { mod y { const X: usize = super::super::super::locks::still_locked; } }\n",
    ] {
        assert!(!with("run/state.rs", line).circles().is_empty(), "{line}");
    }
    for line in [
        "use crate::run::execute;\n",
        "use crate::{diagnostic::Result, run::{execute}};\n",
        "use super::super::run::{self as x};\n",
        "use super::{super::run};\n",
        "pub(crate) use crate::run;\n",
        "const X: usize = crate::run::execute;\n",
        "const X: usize = super::super::run::execute;\n",
        "use crate as root; const X: usize = root::run::execute;\n",
        "use crate::*; const X: usize = run::execute;\n",
        "use super::super::*; const X: usize = run::execute;\n",
        "extern crate self as me; const X: usize = me::run::execute;\n",
        "fn x(_: &crate::run::RunInputs) {}\n",
        "#[serde(with = \"crate::run::locks\")] struct X;\n",
        "mod x { use super::super::super::run; }\n",
    ] {
        assert!(!with("adapter/worker_session.rs", line).upward(&order()).is_empty(), "{line}");
    }
    // what is no use
    for line in [
        "// use super::locks::still_locked;\n",
        "const X: &str = \"super::locks::still_locked\";\n",
        "#[cfg(test)] use super::locks::still_locked;\n",
        "pub(super) use super::locks::still_locked;\n",
        "mod locks { pub(crate) fn x() {} } const X: usize = locks::x;\n",
        "mod x { use super::Y; } struct Y;\n",
        "#[doc = \"super::locks::still_locked is meant\"] struct X;\n",
        "/* crate::run::locks */ const X: &str = r#\"crate::run::locks::x \"quoted\" \"#;\n",
    ] {
        assert_eq!(with("run/state.rs", line).circles(), Vec::<String>::new(), "{line}");
    }
}

/// What is defined in a `mod.rs` makes a circle with a child that takes it; what it re-exports does not.
#[test]
fn a_file_that_only_re_exports_is_looked_through() {
    let child = ("a/child.rs", "use super::Noun; pub(crate) fn make() -> Noun { Noun }");
    let noun = ("a/noun.rs", "pub(crate) struct Noun;");
    let re_exports = "mod child;\nmod noun;\npub(crate) use child::make;\npub(crate) use noun::Noun;";
    assert!(Crate::new([("a/mod.rs", re_exports), child, noun]).circles().is_empty());
    // a name that comes by way of re-exports, also of globs, is where it is defined
    let back = ("a/noun.rs", "use super::make; pub(crate) struct Noun; fn twice() { make(); }");
    for re_exports in [
        re_exports,
        "mod child;\nmod noun;\npub(crate) use child::*;\npub(crate) use noun::*;",
        "mod child;\nmod noun;\npub(crate) use child::{make as make, *};\npub(crate) use self::noun::Noun;",
    ] {
        let circles = Crate::new([("a/mod.rs", re_exports), child, back]).circles();
        assert_eq!(circles, ["a/child.rs -> a/noun.rs -> a/child.rs"], "{re_exports}");
    }
    let defines =
        "mod child;\npub(crate) struct Noun;\npub(crate) fn twice() { child::make(); child::make(); }";
    assert_eq!(Crate::new([("a/mod.rs", defines), child]).circles(), ["a/mod.rs -> a/child.rs -> a/mod.rs"]);
}

/// A crate is at home in each of the modules that name it in brackets: one, or the rooms of one thing.
#[test]
fn each_bracketed_crate_stays_at_home() {
    let modules = modules();
    let homes = |name: &String| -> Vec<&str> {
        let of_it = modules.iter().filter(|module| module.crates.contains(name));
        of_it.map(|module| module.name.as_str()).collect()
    };
    let crates: std::collections::BTreeSet<&String> =
        modules.iter().flat_map(|module| &module.crates).collect();
    for name in &crates {
        let rooms = homes(name).len();
        assert!(rooms == 1 || *name == "minijinja", "{name} has {rooms} homes");
    }
    let mut strays = Vec::new();
    for path in sources(Path::new("src"), "rs") {
        let own = module_of(&path);
        let text = fs::read_to_string(&path).unwrap();
        for name in crates.iter().filter(|name| !homes(name).contains(&own.as_str())) {
            if code_lines(&text).any(|line| line.contains(&format!("{name}::"))) {
                let homes = homes(name).join(" and ");
                strays.push(format!("{} names {name}, which is at home in {homes}", path.display()));
            }
        }
    }
    assert!(strays.is_empty(), "{}", strays.join("\n"));
}

#[test]
fn files_and_macros_keep_their_length() {
    let too_long = |root: &str, extension: &str, limit: usize| -> Vec<String> {
        sources(Path::new(root), extension)
            .into_iter()
            .filter_map(|path| {
                let lines = fs::read_to_string(&path).unwrap().lines().count();
                (lines > limit).then(|| format!("{} has {lines} lines, the limit is {limit}", path.display()))
            })
            .collect()
    };
    let mut offenders = too_long("src", "rs", 600);
    offenders.extend(too_long("src/builtin/macros", "sql", 80));
    assert!(offenders.is_empty(), "{}", offenders.join("\n"));
}

/// A reader of `docs/architecture.md` finds each file and folder that it names.
#[test]
fn the_architecture_names_what_is_there() {
    fn list(folder: &Path, found: &mut Vec<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                found.push(format!("{}/", path.display()));
                list(&path, found);
            } else {
                found.push(path.display().to_string());
            }
        }
    }
    // made on a branch that was thrown away
    const TRIED: [&str; 2] = ["commands/count.rs", "builtin/macros/strategies/replace_all.sql"];
    let mut there = Vec::new();
    for root in ["src", "tests"] {
        list(Path::new(root), &mut there);
    }
    let named = Regex::new(r"`([\w+/.]+(?:/|\.(?:rs|sql|py|txt|jsonl)))`").unwrap();
    let text = fs::read_to_string("docs/architecture.md").unwrap();
    let named: BTreeSet<String> =
        named.captures_iter(&text).map(|found| found.unwrap()[1].to_owned()).collect();
    assert!(named.len() > 50, "{named:?}");
    let is_there =
        |name: &&String| there.iter().any(|path| *path == **name || path.ends_with(&format!("/{name}")));
    let gone: Vec<_> =
        named.iter().filter(|name| !TRIED.contains(&name.as_str())).filter(|name| !is_there(name)).collect();
    assert!(gone.is_empty(), "{gone:?}");
}

/// A crate that Cargo.toml names and the build script does not look for would be a server that is left out.
#[test]
fn every_artifact_crate_is_looked_for() {
    let manifest = fs::read_to_string("Cargo.toml").unwrap();
    let script = fs::read_to_string("build/archive.rs").unwrap();
    let quoted = |text: &str| text.split('"').nth(1).map(str::to_owned);
    let version = script.lines().find(|line| line.starts_with("const VERSION")).and_then(quoted).unwrap();
    let block = script.split("const TARGETS").nth(1).unwrap().split("];").next().unwrap();
    let mut searched: Vec<&str> = block.split('"').skip(1).step_by(2).collect();
    searched.sort_unstable();
    let mut named = Vec::new();
    for line in manifest.lines().filter_map(|line| line.strip_prefix("pglite-rs-lib-")) {
        let (target, dependency) = line.split_once(" = ").unwrap();
        assert_eq!(dependency, format!("{{ version = \"={version}\", optional = true }}"), "{target}");
        assert!(
            manifest.contains(&format!("[target.{target}.dependencies]\npglite-rs-lib-{target} =")),
            "{target}"
        );
        assert!(manifest.contains(&format!("\"dep:pglite-rs-lib-{target}\",")), "{target}");
        named.push(target);
    }
    assert_eq!(named, searched);
}

/// Who removes or renames must have made it: one module does, and knows.
#[test]
fn only_output_removes_and_renames() {
    let is_test = |path: &Path| path.to_string_lossy().ends_with("tests.rs");
    let mut strays = Vec::new();
    for path in sources(Path::new("src"), "rs").into_iter().filter(|path| module_of(path) != "output") {
        if is_test(&path) {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
        let calls = ["remove_dir(", "remove_dir_all(", "remove_file(", "fs::rename(", "unlink"];
        for line in code_lines(code).filter(|line| calls.iter().any(|call| line.contains(call))) {
            strays.push(format!("{}: {}", path.display(), line.trim()));
        }
    }
    assert!(strays.is_empty(), "these lines remove or rename by themselves:\n{}", strays.join("\n"));
}

/// `docs/errors.md` has the code of every error and warning, and none that is gone.
#[test]
fn every_code_is_documented() {
    let listed = documented_codes();
    assert!(listed.len() > 200, "{}", listed.len());
    let files = sources(Path::new("src"), "rs")
        .into_iter()
        .filter(|path| !path.ends_with("tests.rs") && !path.ends_with("src/diagnostic/problem.rs"));
    let source: Vec<(PathBuf, String)> = files
        .map(|path| {
            let text = fs::read_to_string(&path).unwrap();
            let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap().to_owned();
            (path, code)
        })
        .collect();
    let made =
        Regex::new(r"Diagnostic::(?:compilation|parsing|runtime|database|warning|new)\(\s*([^,)]+)").unwrap();
    // who takes a code from its caller
    let taker =
        Regex::new(r"(?:fn |let (?:mut )?)(\w+)(?:\(| = \|)(?:category: Category, )?code: &'static str")
            .unwrap();
    // a function is known in its folder, a closure in its file
    let mut takers: BTreeMap<&Path, Vec<String>> = BTreeMap::new();
    for (path, code) in &source {
        let names = taker.captures_iter(code).map(|taken| taken.unwrap()[1].to_owned());
        takers.entry(path.parent().unwrap()).or_default().extend(names);
    }
    let handed = |path: &Path| {
        let names: Vec<_> =
            path.ancestors().filter_map(|folder| takers.get(folder)).flatten().cloned().collect();
        let names = if names.is_empty() { "nobody".to_owned() } else { names.join("|") };
        Regex::new(&format!(r#"(?:^|[^\w:])(?:{names})\(\s*(?:Category::\w+,\s*)?("[^" ]+"),"#)).unwrap()
    };
    // a binding, a constant, an event's own name, or the code of an error that this one is about
    let named = Regex::new(r"^(?:code|event|[A-Z_]+|event\.name\(|error\.code)$").unwrap();
    let bound =
        Regex::new(r"(?s)(?:let (?:code|event|\((?:code|event),[^)]*\))|const [A-Z_]+: &str) = (.*?);\n")
            .unwrap();
    let literal = Regex::new(r#""([a-z]+(?:-[a-z]+)+|[A-Z][a-z]+[A-Z]\w+)""#).unwrap();
    let mut missing = Vec::new();
    for (path, code) in &source {
        let mut check = |name: &str| {
            if !listed.contains(name) {
                missing.push(format!("{}: {name}", path.display()));
            }
        };
        let handed = handed(path);
        for found in made.captures_iter(code).chain(handed.captures_iter(code)) {
            let first = found.unwrap()[1].trim().to_owned();
            if let Some(name) = first.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
                check(name);
            } else if first.starts_with("if ") {
                let branches = first.split_once('{').unwrap().1;
                literal.captures_iter(branches).for_each(|name| check(&name.unwrap()[1]));
            } else {
                assert!(named.is_match(&first).unwrap(), "{}: which codes is `{first}`?", path.display());
            }
        }
        let is_named = made.captures_iter(code).any(|found| !found.unwrap()[1].starts_with('"'));
        for found in bound.captures_iter(code).filter(|_| is_named) {
            literal.captures_iter(&found.unwrap()[1]).for_each(|name| check(&name.unwrap()[1]));
        }
    }
    assert!(missing.is_empty(), "run tests/record/error_codes.py: {missing:#?}");
    let gone: Vec<_> = listed
        .iter()
        .filter(|code| !source.iter().any(|(_, text)| text.contains(&format!("\"{code}\""))))
        .collect();
    assert!(gone.is_empty(), "run tests/record/error_codes.py: {gone:#?}");
}

/// Each code that a specified message shows can be looked up; those of the server are in PostgreSQL's documentation.
#[test]
fn every_code_that_is_shown_is_documented() {
    let listed = documented_codes();
    let shown = Regex::new(r"(?m)^ *error\[([^\]]*)\]$").unwrap();
    let sqlstate = Regex::new(r"^[0-9A-Z]{5}$").unwrap();
    let mut met = BTreeSet::new();
    for folder in ["tests/spec", "tests/errors"] {
        for path in sources(Path::new(folder), "md") {
            let text = fs::read_to_string(&path).unwrap();
            met.extend(shown.captures_iter(&text).map(|code| code.unwrap()[1].to_owned()));
        }
    }
    assert!(met.len() > 100, "{}", met.len());
    let unknown: Vec<_> =
        met.iter().filter(|code| !listed.contains(*code) && !sqlstate.is_match(code).unwrap()).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}

fn documented_codes() -> BTreeSet<String> {
    let documented = fs::read_to_string("docs/errors.md").unwrap();
    let tables = documented.split("## Raised by built-in macros").next().unwrap();
    let code = |line: &str| Some(line.strip_prefix("| `")?.split_once('`')?.0.to_owned());
    tables.lines().filter_map(code).collect()
}

/// What is public is what no compiler finds unused: the command line, and the surface for tests that `inside` lists.
#[test]
fn the_house_is_closed() {
    let surface = fs::read_to_string("src/lib.rs").unwrap();
    let public: Vec<&str> = surface.lines().filter(|line| line.starts_with("pub ")).collect();
    assert_eq!(public, ["pub use commands::main;", "pub mod inside {"]);
    let kinds = ["fn", "struct", "enum", "trait", "const", "static", "type", "use", "mod"];
    let is_item = |line: &&str| {
        let item = line.trim_start().strip_prefix("pub ").and_then(|rest| rest.split(' ').next());
        item.is_some_and(|kind| kinds.contains(&kind))
    };
    let count = |path: &PathBuf| fs::read_to_string(path).unwrap().lines().filter(is_item).count();
    let items: usize = sources(Path::new("src"), "rs").iter().map(count).sum();
    assert!(items < 150, "{items} items are `pub`: `pub(crate)`, `pub(super)` or nothing does for most");
}

/// A name stands in `inside` as long as a test, bench, example or fuzz target uses it.
#[test]
fn every_name_of_the_inside_is_used() {
    let users: String = ["tests", "benches", "examples"]
        .iter()
        .flat_map(|root| sources(Path::new(root), "rs"))
        .map(|path| fs::read_to_string(path).unwrap())
        .filter(|text| text.contains("rsdbt::inside"))
        .collect();
    let words: std::collections::BTreeSet<&str> =
        users.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
    let surface = fs::read_to_string("src/lib.rs").unwrap();
    let listed = surface.split("pub mod inside {").nth(1).unwrap();
    for used in listed.split("pub use ").skip(1) {
        let path = used.split(';').next().unwrap();
        let names = path.rsplit("::").next().unwrap();
        for name in names.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|name| !name.is_empty()) {
            assert!(words.contains(name), "nothing uses `{name}` of `inside`");
        }
    }
}
