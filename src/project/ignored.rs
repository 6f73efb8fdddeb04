//! `.dbtignore`: gitignore patterns against paths relative to the project.

use std::path::Path;

use ignore::gitignore::{Gitignore, GitignoreBuilder};

/// The project's ignore file, or one that ignores nothing.
pub(super) struct Ignored(Option<Gitignore>);

impl Ignored {
    pub(super) fn read(directory: &Path) -> Self {
        let path = directory.join(".dbtignore");
        if !path.is_file() {
            return Self(None);
        }
        let mut builder = GitignoreBuilder::new(directory);
        // A pattern that cannot be read is passed over, as in git.
        let _ = builder.add(path);
        Self(builder.build().ok())
    }

    pub(super) fn holds(&self, path: &str) -> bool {
        self.0.as_ref().is_some_and(|rules| rules.matched_path_or_any_parents(path, false).is_ignore())
    }
}
