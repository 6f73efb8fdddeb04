//! The versions of the tables, as numbered files.

use include_dir::{Dir, include_dir};

use crate::sql;

static MIGRATIONS: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/src/memory/migrations");

/// What brings the layout from the version before to this one.
pub(super) struct Migration {
    pub(super) version: i64,
    script: &'static str,
}

impl Migration {
    pub(super) fn statements(&self) -> Vec<&'static str> {
        sql::statements(self.script)
    }

    pub(super) fn record(&self) -> String {
        format!("insert into rsdbt.layout (version) values ({})", self.version)
    }
}

pub(super) const COMMENT: &str = "What rsdbt remembers; layout ";

/// In their order.
pub(super) fn migrations() -> Vec<Migration> {
    let mut migrations: Vec<Migration> = MIGRATIONS
        .files()
        .filter_map(|file| {
            let name = file.path().file_stem()?.to_str()?;
            let version = name.split('_').next()?.parse().ok()?;
            Some(Migration { version, script: file.contents_utf8()? })
        })
        .collect();
    migrations.sort_by_key(|migration| migration.version);
    migrations
}

/// What brings one version to another.
pub(super) fn between(from: i64, to: i64) -> impl Iterator<Item = Migration> {
    migrations().into_iter().filter(move |migration| migration.version > from && migration.version <= to)
}

/// The version that this program knows.
pub(super) fn current() -> i64 {
    migrations().last().map_or(0, |migration| migration.version)
}

/// What a run looks at, because it is in the catalog.
pub(super) fn comment() -> String {
    format!("comment on schema rsdbt is '{COMMENT}{}'", current())
}
