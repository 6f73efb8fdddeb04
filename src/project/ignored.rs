//! `.dbtignore`: gitignore patterns against paths relative to the project.

use std::path::Path;

use ignore::gitignore::{Gitignore, GitignoreBuilder};

use crate::config::optional_text;
use crate::diagnostic::Result;

/// The project's ignore file, or one that ignores nothing.
pub(super) struct Ignored(Option<Gitignore>);

impl Ignored {
    pub(super) fn read(directory: &Path) -> Result<Self> {
        let Some(text) = optional_text(directory, "", ".dbtignore")? else { return Ok(Self(None)) };
        let mut builder = GitignoreBuilder::new(directory);
        for line in text.lines() {
            // A pattern that cannot be read is passed over, as in git.
            let _ = builder.add_line(None, line);
        }
        Ok(Self(builder.build().ok()))
    }

    pub(super) fn holds(&self, path: &str) -> bool {
        self.0.as_ref().is_some_and(|rules| rules.matched_path_or_any_parents(path, false).is_ignore())
    }
}
