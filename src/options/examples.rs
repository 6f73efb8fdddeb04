//! One call of each command, for its help and its man page.

use super::subcommand::Subcommand;

impl Subcommand {
    /// Without the program's name.
    pub(crate) const fn example(self) -> &'static str {
        match self {
            Self::Backfill => {
                "backfill daily_sales --from 2026-01-01 --to 2026-02-01 --batch '1 week' --dry-run"
            }
            Self::Build => "build --select +orders --fail-fast",
            Self::Clean => "clean --no-clean-project-files-only",
            Self::Clone => "clone --state production-artifacts --target dev",
            Self::Compile => "compile --select orders",
            Self::Complete => "complete -- rsdbt run --select ord",
            Self::Completions => "completions bash",
            Self::DbCreateDatabases => "db create-databases --target prod",
            Self::DbInstall => "db install",
            Self::DbPsql => "db psql -- -c 'select 1'",
            Self::DbStart => "db start",
            Self::DbStatus => "db status",
            Self::DbStop => "db stop",
            Self::Debug => "debug --connection --target prod",
            Self::Deps => "deps --add-package dbt-labs/dbt_utils@1.3.0",
            Self::Docs => "docs --select orders+",
            Self::DocsGenerate => "docs generate --static",
            Self::DocsServe => "docs serve --port 8001 --no-browser",
            Self::Export => "export --select orders --to orders.csv",
            Self::Init => "init shop",
            Self::Lineage => "lineage orders.amount --direction upstream",
            Self::List => "ls --select tag:nightly --resource-type model",
            Self::Load => "load --select source:erp --files landing/orders_2026-01-01.csv",
            Self::Man => "man ~/.local/share/man/man1",
            Self::Parse => "parse --warn-error",
            Self::Retry => "retry",
            Self::Run => "run --select orders --full-refresh --vars '{since: 2026-01-01}'",
            Self::RunOperation => "run-operation grant_select --args '{role: reporter}'",
            Self::Schedule => "schedule",
            Self::ScheduleClear => {
                "schedule clear nightly --interval-start 2026-01-01 --interval-end 2026-01-02"
            }
            Self::ScheduleMarkSuccess => "schedule mark-success nightly",
            Self::SchedulePause => "schedule pause nightly",
            Self::ScheduleResume => "schedule resume nightly",
            Self::ScheduleRetry => "schedule retry nightly",
            Self::ScheduleRun => "schedule run nightly --interval 2026-01-01",
            Self::ScheduleStatus => "schedule status --output json",
            Self::Schema => "schema properties",
            Self::Seed => "seed --select countries --show",
            Self::Show => "show --inline \"select * from {{ ref('orders') }}\" --limit 10",
            Self::Snapshot => "snapshot --select customers_history",
            Self::SourceFreshness => "source freshness --select source:erp",
            Self::Test => "test --select orders --store-failures",
        }
    }
}
