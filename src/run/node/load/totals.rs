//! What a load has done, in numbers.

use crate::counted::counted;

/// Of one transaction, or of several.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Totals {
    pub(super) files: u64,
    /// Files that had been loaded before.
    pub(super) known: u64,
    /// Files whose names almost match.
    pub(super) passed_over: u64,
    /// Files that a replaced table held before.
    pub(super) gone: u64,
    pub(super) read: u64,
    pub(super) applied: u64,
    pub(super) rejected: u64,
    pub(super) duplicates: u64,
    /// Rows that the table had already, of another database's.
    pub(super) unchanged: u64,
    /// Rows that the other database no longer has.
    pub(super) deleted: u64,
    /// They are marked, not deleted.
    pub(super) marks: bool,
    /// Of another database, not of files.
    pub(super) is_of_table: bool,
}

impl Totals {
    pub(super) fn add(&mut self, other: &Self) {
        self.files += other.files;
        self.read += other.read;
        self.applied += other.applied;
        self.rejected += other.rejected;
        self.duplicates += other.duplicates;
        self.unchanged += other.unchanged;
        self.deleted += other.deleted;
        self.marks |= other.marks;
    }

    /// `LOAD 95 (100 read, 3 rejected, 2 duplicates)`.
    pub(super) fn message(&self) -> String {
        if self.is_of_table {
            return self.message_of_table();
        }
        if self.files == 0 && self.gone > 0 {
            return "LOAD 0 (all files are gone)".to_owned();
        }
        if self.files == 0 {
            return "LOAD 0 (no new files)".to_owned();
        }
        let mut parts = Vec::new();
        if self.rejected + self.duplicates > 0 {
            parts.push(format!("{} read", self.read));
        }
        if self.rejected > 0 {
            parts.push(format!("{} rejected", self.rejected));
        }
        if self.duplicates > 0 {
            parts.push(counted(self.duplicates, "duplicate"));
        }
        if parts.is_empty() {
            return format!("LOAD {}", self.applied);
        }
        format!("LOAD {} ({})", self.applied, parts.join(", "))
    }

    fn message_of_table(&self) -> String {
        let mut parts = Vec::new();
        if self.unchanged > 0 {
            parts.push(format!("{} read, {} unchanged", self.read, self.unchanged));
        }
        if self.deleted > 0 {
            parts.push(format!(
                "{} {}",
                self.deleted,
                if self.marks { "marked as deleted" } else { "deleted" }
            ));
        }
        if parts.is_empty() {
            return format!("LOAD {}", self.applied);
        }
        format!("LOAD {} ({})", self.applied, parts.join(", "))
    }

    pub(super) fn counts(&self) -> Vec<(String, i64)> {
        if self.is_of_table {
            let counts = [
                ("rows_read", self.read),
                ("rows_unchanged", self.unchanged),
                ("rows_deleted", self.deleted),
            ];
            return counts.map(|(name, count)| (name.to_owned(), count.cast_signed())).to_vec();
        }
        [
            ("files", self.files),
            ("files_known", self.known),
            ("files_gone", self.gone),
            ("files_passed_over", self.passed_over),
            ("rows_read", self.read),
            ("rows_rejected", self.rejected),
            ("rows_duplicate", self.duplicates),
        ]
        .into_iter()
        .map(|(name, count)| (name.to_owned(), count.cast_signed()))
        .collect()
    }
}
