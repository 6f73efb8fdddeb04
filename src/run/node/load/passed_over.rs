//! Files whose names say that something may be wrong, almost matching ones and late ones: a warning names them.

use super::NodeRun;
use crate::config::load::{FilePattern, Fit, Origin};
use crate::diagnostic::{Diagnostic, Result};
use crate::load::{self, LoadedTable};
use crate::manifest::SourceDefinition;

/// Named in the warning.
const SHOWN: usize = 5;

impl NodeRun<'_, '_> {
    /// Gives their number. Those of another table are no mistakes.
    pub(super) fn warn_of_passed_over(
        &self,
        source: &SourceDefinition,
        pattern: &FilePattern,
        mut names: Vec<(String, String)>,
    ) -> Result<u64> {
        if !names.is_empty() {
            self.leave_out_others(&mut names);
        }
        let count = match names.len() {
            0 => return Ok(0),
            1 => "1 file does".to_owned(),
            count => format!("{count} files do"),
        };
        let mut message = format!(
            "{count} not match the pattern from which {}.{} is loaded, though almost",
            source.source_name, source.name
        );
        for (name, why) in names.iter().take(SHOWN) {
            message.push_str(&format!("\n  {name}: {why}"));
        }
        if names.len() > SHOWN {
            message.push_str(&format!("\n  and {} more", names.len() - SHOWN));
        }
        let warning = Diagnostic::warning("FilesNotLoaded", message)
            .help(format!("rename or move them, or correct the pattern `{}`", pattern.text));
        self.run.emitter.warn_for(Some(&self.info), warning)?;
        Ok(names.len() as u64)
    }

    /// The rows of a late file replace newer ones with the same key: what is loaded last counts.
    pub(super) fn warn_of_late(&self, source: &SourceDefinition, names: &[String]) -> Result<()> {
        if names.is_empty() {
            return Ok(());
        }
        let message = format!(
            "files with an earlier date than one that was loaded before: their rows replace newer ones of {}.{} with the same key\n  {}",
            source.source_name,
            source.name,
            names.join("\n  ")
        );
        let warning = Diagnostic::warning("OlderFilesLoaded", message)
            .help("load the newer files again, after `delete from rsdbt.loads` where `file` is their name");
        self.run.emitter.warn_for(Some(&self.info), warning)
    }

    fn leave_out_others(&self, names: &mut Vec<(String, String)>) {
        let tables = self.run.inputs.shared.manifest.sources.values().filter(|table| load::is_loaded(table));
        for table in tables {
            if let Ok(LoadedTable { load, .. }) = LoadedTable::of_manifest(table)
                && let Origin::Files(pattern) = load.origin
            {
                names.retain(|(name, _)| !matches!(pattern.fit(name), Fit::Full(_)));
            }
        }
    }
}
