//! The SQL that ships with the binary: every macro of the built-in package, and the files `init` writes.
//!
//! One macro per name, under dbt's names and arguments; `postgres__x` and `default__x` of a project come first
//! (the macro lookup in `context` sees to that). The engine compiles a macro when it is first called.

use include_dir::{Dir, File, include_dir};

static MACROS: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/src/builtin/macros");
static STARTER: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/src/builtin/starter");

/// What each built-in macro calls; a test compares it with their texts.
pub(crate) const MACRO_CALLS: &str = include_str!("macro_calls.txt");

/// Path (as `materializations/table.sql`) and text of every built-in macro file, in path order.
pub(crate) fn macros() -> impl Iterator<Item = (&'static str, &'static str)> {
    texts(&MACROS)
}

/// The incremental strategies, by the names that models give: a file each.
pub(crate) fn strategies() -> impl Iterator<Item = &'static str> {
    macros().filter_map(|(path, _)| path.strip_prefix("strategies/")?.strip_suffix(".sql"))
}

/// The script that a shell completes command lines with.
pub(crate) fn completions(shell: &str) -> &'static str {
    match shell {
        "bash" => include_str!("completions/rsdbt.bash"),
        "zsh" => include_str!("completions/rsdbt.zsh"),
        _ => include_str!("completions/rsdbt.fish"),
    }
}

/// Path and text of every file that `init` puts into a new project, in path order.
pub(crate) fn starter() -> impl Iterator<Item = (&'static str, &'static str)> {
    texts(&STARTER)
}

fn texts(directory: &'static Dir<'static>) -> impl Iterator<Item = (&'static str, &'static str)> {
    let mut files = Vec::new();
    collect(directory, &mut files);
    files.sort_by_key(|file| file.path());
    files.into_iter().filter_map(|file| Some((file.path().to_str()?, file.contents_utf8()?)))
}

fn collect(directory: &'static Dir<'static>, files: &mut Vec<&'static File<'static>>) {
    files.extend(directory.files());
    for child in directory.dirs() {
        collect(child, files);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{macros, starter, strategies};

    /// What makes one of them stands in its file, and nothing else asks by name which it is.
    #[test]
    fn a_strategy_is_one_file() {
        let names: Vec<&str> = strategies().collect();
        assert!(names.len() > 7, "{names:?}");
        for (path, text) in macros() {
            for name in &names {
                let entry = format!("macro get_incremental_{}_sql(", name.replace('+', "_"));
                assert_eq!(
                    path == format!("strategies/{name}.sql"),
                    text.contains(&entry),
                    "{path}: {entry}"
                );
            }
            if path.starts_with("incremental/") || path.starts_with("materializations/incremental") {
                let asked = names.iter().find(|name| {
                    [format!("strategy == '{name}'"), format!("strategy != '{name}'")]
                        .iter()
                        .any(|question| text.contains(question))
                });
                assert_eq!(asked, None, "{path} asks for a strategy by its name");
            }
        }
    }

    #[test]
    fn every_macro_name_is_defined_once() {
        let mut names = BTreeSet::new();
        for (path, text) in macros() {
            for line in text.lines() {
                let Some(rest) =
                    line.trim_start_matches("{%").trim_start_matches('-').trim_start().strip_prefix("macro ")
                else {
                    continue;
                };
                let name = rest.split('(').next().unwrap_or_default().trim();
                assert!(names.insert(name.to_owned()), "`{name}` is defined twice, again in {path}");
            }
        }
        assert!(names.contains("generate_schema_name"));
    }

    #[test]
    fn macro_files_stay_short() {
        for (path, text) in macros() {
            assert!(text.lines().count() <= 80, "{path} is longer than 80 lines");
        }
    }

    #[test]
    fn a_new_project_has_a_project_file() {
        assert!(starter().any(|(path, _)| path == "dbt_project.yml"));
    }
}
