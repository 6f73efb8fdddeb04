//! The commands by dbt's names.

/// A command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Subcommand {
    Backfill,
    Build,
    Clean,
    Clone,
    Compile,
    Complete,
    Completions,
    DbCreateDatabases,
    DbInstall,
    DbPsql,
    DbStart,
    DbStatus,
    DbStop,
    Debug,
    Deps,
    Docs,
    DocsGenerate,
    DocsServe,
    Export,
    Init,
    Lineage,
    List,
    Load,
    Man,
    Parse,
    Retry,
    Run,
    RunOperation,
    Schedule,
    ScheduleClear,
    ScheduleMarkSuccess,
    SchedulePause,
    ScheduleResume,
    ScheduleRetry,
    ScheduleRun,
    ScheduleStatus,
    Schema,
    Seed,
    Show,
    Snapshot,
    SourceFreshness,
    Test,
}

impl Subcommand {
    pub(crate) const ALL: [Self; 42] = [
        Self::Backfill,
        Self::Build,
        Self::Clean,
        Self::Clone,
        Self::Compile,
        Self::Complete,
        Self::Completions,
        Self::DbCreateDatabases,
        Self::DbInstall,
        Self::DbPsql,
        Self::DbStart,
        Self::DbStatus,
        Self::DbStop,
        Self::Debug,
        Self::Deps,
        Self::Docs,
        Self::DocsGenerate,
        Self::DocsServe,
        Self::Export,
        Self::Init,
        Self::Lineage,
        Self::List,
        Self::Load,
        Self::Man,
        Self::Parse,
        Self::Retry,
        Self::Run,
        Self::RunOperation,
        Self::Schedule,
        Self::ScheduleClear,
        Self::ScheduleMarkSuccess,
        Self::SchedulePause,
        Self::ScheduleResume,
        Self::ScheduleRetry,
        Self::ScheduleRun,
        Self::ScheduleStatus,
        Self::Schema,
        Self::Seed,
        Self::Show,
        Self::Snapshot,
        Self::SourceFreshness,
        Self::Test,
    ];

    /// dbt's name of it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Backfill => "backfill",
            Self::Build => "build",
            Self::Clean => "clean",
            Self::Clone => "clone",
            Self::Compile => "compile",
            Self::Complete => "complete",
            Self::Completions => "completions",
            Self::DbCreateDatabases => "db create-databases",
            Self::DbInstall => "db install",
            Self::DbPsql => "db psql",
            Self::DbStart => "db start",
            Self::DbStatus => "db status",
            Self::DbStop => "db stop",
            Self::Debug => "debug",
            Self::Deps => "deps",
            Self::Docs => "docs",
            Self::DocsGenerate => "docs generate",
            Self::DocsServe => "docs serve",
            Self::Export => "export",
            Self::Init => "init",
            Self::Lineage => "lineage",
            Self::List => "list",
            Self::Load => "load",
            Self::Man => "man",
            Self::Parse => "parse",
            Self::Retry => "retry",
            Self::Run => "run",
            Self::RunOperation => "run-operation",
            Self::Schedule => "schedule",
            Self::ScheduleClear => "schedule clear",
            Self::ScheduleMarkSuccess => "schedule mark-success",
            Self::SchedulePause => "schedule pause",
            Self::ScheduleResume => "schedule resume",
            Self::ScheduleRetry => "schedule retry",
            Self::ScheduleRun => "schedule run",
            Self::ScheduleStatus => "schedule status",
            Self::Schema => "schema",
            Self::Seed => "seed",
            Self::Show => "show",
            Self::Snapshot => "snapshot",
            Self::SourceFreshness => "source freshness",
            Self::Test => "test",
        }
    }

    /// The name's last word, as artifacts and Jinja have it.
    pub(crate) const fn which(self) -> &'static str {
        last_word(self.name())
    }

    /// `rsdbt db ..`: what works on the embedded server itself.
    pub(crate) const fn is_of_server(self) -> bool {
        matches!(self, Self::DbInstall | Self::DbPsql | Self::DbStart | Self::DbStatus | Self::DbStop)
    }
}

pub(super) const fn last_word(name: &'static str) -> &'static str {
    let mut at = name.len();
    while at > 0 && name.as_bytes()[at - 1] != b' ' {
        at -= 1;
    }
    name.split_at(at).1
}
