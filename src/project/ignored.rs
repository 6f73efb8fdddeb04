//! `.dbtignore`: gitignore patterns against paths relative to the project.

use std::path::Path;

use ignore::gitignore::{Gitignore, GitignoreBuilder};

use crate::config::optional_text;
use crate::diagnostic::Result;

/// The project's ignore file, a pattern a line. As in dbt, and unlike git, the last pattern that matches the file or a folder above it
/// decides: `*` and then `!models/` leave all that is in `models`.
pub(super) struct Ignored(Vec<Gitignore>);

impl Ignored {
    pub(super) fn read(directory: &Path) -> Result<Self> {
        let text = optional_text(directory, "", ".dbtignore")?.unwrap_or_default();
        let pattern = |line| {
            let mut builder = GitignoreBuilder::new(directory);
            // a pattern that cannot be read is passed over, as in git
            builder.add_line(None, line).ok()?;
            builder.build().ok().filter(|pattern| !pattern.is_empty())
        };
        Ok(Self(text.lines().filter_map(pattern).collect()))
    }

    pub(super) fn holds(&self, path: &str) -> bool {
        let mut matches = self.0.iter().rev().map(|pattern| pattern.matched_path_or_any_parents(path, false));
        matches.find(|one| !one.is_none()).is_some_and(|one| one.is_ignore())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILES: [&str; 7] = [
        "models/a.sql",
        "models/sub/b.sql",
        "macros/m.sql",
        "models/sub/keep.sql",
        "seeds/x.csv",
        "models/old/a.sql",
        "models/old.sql",
    ];

    /// As dbt's own library of patterns has it.
    const CASES: &[(&str, &[&str])] = &[
        ("*\n!models/", &["macros/m.sql", "seeds/x.csv"]),
        (
            "*\n!models/\nmodels/sub/",
            &["models/sub/b.sql", "macros/m.sql", "models/sub/keep.sql", "seeds/x.csv"],
        ),
        ("models/sub/*\n!models/sub/keep.sql", &["models/sub/b.sql"]),
        ("models/sub/\n!models/sub/keep.sql", &["models/sub/b.sql"]),
        ("old", &["models/old/a.sql"]),
        ("**/old/**\n!old.sql", &["models/old/a.sql"]),
        ("/models\n!keep.sql", &["models/a.sql", "models/sub/b.sql", "models/old/a.sql", "models/old.sql"]),
        (
            "*.sql\n!m.sql",
            &[
                "models/a.sql",
                "models/sub/b.sql",
                "models/sub/keep.sql",
                "models/old/a.sql",
                "models/old.sql",
            ],
        ),
        (
            "!models/\n*",
            &[
                "models/a.sql",
                "models/sub/b.sql",
                "macros/m.sql",
                "models/sub/keep.sql",
                "seeds/x.csv",
                "models/old/a.sql",
                "models/old.sql",
            ],
        ),
        (
            "models/**/*.sql\n!**/b.sql",
            &["models/a.sql", "models/sub/keep.sql", "models/old/a.sql", "models/old.sql"],
        ),
        ("# no pattern\n\n  \nold/", &["models/old/a.sql"]),
    ];

    #[test]
    fn the_last_pattern_that_matches_decides() {
        for (patterns, expected) in CASES {
            let folder = crate::output::Scratch::new().unwrap();
            std::fs::write(folder.path().join(".dbtignore"), patterns).unwrap();
            let ignored = Ignored::read(folder.path()).unwrap();
            let found: Vec<&str> = FILES.into_iter().filter(|file| ignored.holds(file)).collect();
            assert_eq!(&found, expected, "{patterns}");
        }
    }
}
