//! Everything the program can say, as data. One line per event: its name and code are dbt's, and so are
//! its fields, because orchestrators read them from the JSON log. How an event looks as text is `report`'s.

use serde::Serialize;
use serde_json::{Value, json};

use super::event_texts::Texts as _;
use super::status::{Status, Told};
use super::warnings;
use crate::diagnostic::Diagnostic;

/// How loud an event is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Level {
    Debug,
    Info,
    Warn,
    Error,
}

impl Level {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }

    /// The level that a `--log-level` names; `none` is no level.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        match name {
            "debug" => Some(Self::Debug),
            "info" => Some(Self::Info),
            "warn" => Some(Self::Warn),
            "error" => Some(Self::Error),
            _ => None,
        }
    }
}

macro_rules! events {
    ($($name:ident $code:literal $level:ident { $($field:ident: $kind:ty),* })*) => {
        /// What happened, by dbt's event names.
        #[derive(Debug, Clone)]
        pub(crate) enum Event {
            $($name { $($field: $kind),* },)*
            /// A warning of any stage; its code is the event's name.
            Warning(Box<Diagnostic>),
        }

        impl Event {
            pub(crate) fn name(&self) -> &'static str {
                match self {
                    $(Self::$name { .. } => stringify!($name),)*
                    Self::Warning(diagnostic) => diagnostic.code,
                }
            }

            pub(crate) fn code(&self) -> &'static str {
                match self {
                    $(Self::$name { .. } => $code,)*
                    Self::Warning(diagnostic) => warnings::code(diagnostic.code),
                }
            }

            fn usual_level(&self) -> Level {
                match self {
                    $(Self::$name { .. } => Level::$level,)*
                    Self::Warning(_) => Level::Warn,
                }
            }

            /// The fields, as the JSON log carries them.
            pub(crate) fn data(&self) -> Value {
                match self {
                    $(Self::$name { $($field),* } => json!({ $(stringify!($field): $field),* }),)*
                    Self::Warning(diagnostic) => warnings::data(diagnostic),
                }
            }

            /// Whether one of its texts is of this kind.
            pub(crate) fn has_text(&self, is: &dyn Fn(&str) -> bool) -> bool {
                match self {
                    $(Self::$name { $($field),* } => false $(|| $field.has_text(is))*,)*
                    Self::Warning(diagnostic) => diagnostic.has_text(is),
                }
            }

            /// The same event with other texts.
            #[must_use]
            pub(crate) fn with_texts(&self, change: &dyn Fn(&str) -> String) -> Self {
                match self {
                    $(Self::$name { $($field),* } => Self::$name { $($field: $field.with_texts(change)),* },)*
                    Self::Warning(diagnostic) => Self::Warning(Box::new(diagnostic.with_texts(change))),
                }
            }
        }
    };
}

events! {
    MainReportVersion "A001" Info { version: String, log_version: u32 }
    MainReportArgs "A002" Debug { args: Value }
    AdapterRegistered "E034" Info { adapter_name: String, adapter_version: String }
    SQLQuery "E016" Debug { conn_name: String, sql: String }
    SQLQueryStatus "E017" Debug { status: String, elapsed: f64 }
    SQLCommit "E018" Debug { conn_name: String }
    NewConnection "E005" Debug { conn_name: String, conn_type: String }
    ConnectionUsed "E015" Debug { conn_name: String, conn_type: String }
    SchemaCreation "E020" Debug { relation: String }
    SchemaDrop "E021" Debug { relation: String }
    CannotGenerateDocs "E043" Info {}
    BuildingCatalog "E044" Info {}
    CatalogWritten "E042" Info { path: String }
    WriteCatalogFailure "E041" Error { num_exceptions: usize }
    FinishedRunningStats "E047" Info { stat_line: String, execution: String, execution_time: f64 }
    PartialParsingNotEnabled "I028" Debug {}
    StateCheckVarsHash "I025" Debug { checksum: String, vars: String, profile: String, target: String, version: String }
    UnpinnedRefNewVersionAvailable "I064" Info {
        ref_node_name: String,
        ref_node_package: String,
        ref_node_version: String,
        ref_max_version: String
    }
    ParsePerfInfoPath "I010" Info { path: String }
    JinjaLogInfo "I062" Info { msg: String }
    JinjaLogDebug "I063" Debug { msg: String }
    SelectorReportInvalidSelector "M010" Info { valid_selectors: String, spec_method: String, raw_spec: String }
    DepsNoPackagesFound "M013" Info {}
    DepsStartPackageInstall "M014" Info { package_name: String }
    DepsInstallInfo "M015" Info { version_name: String }
    DepsUpdateAvailable "M016" Info { version_latest: String }
    DepsUpToDate "M017" Info {}
    DepsListSubdirectory "M018" Info { subdirectory: String }
    DepsNotifyUpdatesAvailable "M019" Info { packages: Vec<String> }
    DepsLockUpdating "M031" Info { lock_filepath: String }
    DepsAddPackage "M032" Info { package_name: String, version: String, packages_filepath: String }
    ArtifactWritten "P001" Debug { artifact_type: String, artifact_path: String }
    RunningOperationCaughtError "Q001" Error { exc: String, error_codes: Vec<String> }
    CompileComplete "Q002" Info {}
    FreshnessCheckComplete "Q003" Info {}
    SeedHeader "Q004" Info { header: String }
    LogTestResult "Q007" Info { name: String, status: Status, index: usize, num_models: usize, execution_time: f64, num_failures: i64, attached_node: Option<String> }
    LogNodeResult "Q008" Info { description: String, status: Status, index: usize, total: usize, execution_time: f64, msg: String }
    LogStartLine "Q011" Info { description: String, index: usize, total: usize }
    LogModelResult "Q012" Info { description: String, status: Told, index: usize, total: usize, execution_time: f64 }
    LogSnapshotResult "Q015" Info { description: String, status: Status, result_message: String, index: usize, total: usize, execution_time: f64, cfg: Value }
    LogSeedResult "Q016" Info { status: Status, result_message: String, schema: String, relation: String, index: usize, total: usize, execution_time: f64 }
    LogFreshnessResult "Q018" Info { status: Status, source_name: String, table_name: String, index: usize, total: usize, execution_time: f64 }
    LogNodeNoOpResult "Q019" Info { description: String, status: Status, index: usize, total: usize, execution_time: f64 }
    LogCancelLine "Q022" Error { conn_name: String }
    DefaultSelector "Q023" Info { name: String }
    NodeStart "Q024" Debug { unique_id: String }
    NodeFinished "Q025" Debug { unique_id: String, run_result: Value }
    ConcurrencyLine "Q027" Info { num_threads: usize, target_name: String, node_count: usize }
    WritingInjectedSQLForNode "Q029" Debug { unique_id: String }
    NodeCompiling "Q030" Debug { unique_id: String }
    NodeExecuting "Q031" Debug { unique_id: String }
    LogHookStartLine "Q032" Info { statement: String, index: usize, total: usize }
    LogHookEndLine "Q033" Info { statement: String, status: Status, index: usize, total: usize, execution_time: f64 }
    SkippingDetails "Q034" Info { resource_type: String, schema: String, node_name: String, index: usize, total: usize }
    EndRunResult "Q037" Debug { elapsed_time: f64, success: bool }
    CommandCompleted "Q039" Debug { command: String, success: bool, completed_at: String, elapsed: f64 }
    ShowNode "Q041" Info { node_name: String, preview: String, is_inline: bool, output_format: String, unique_id: String, quiet: bool }
    CompiledNode "Q042" Info { node_name: String, compiled: String, is_inline: bool, output_format: String, unique_id: String, quiet: bool }
    MicrobatchExecutionDebug "Q044" Debug { msg: String }
    LogStartBatch "Q045" Info { description: String, batch_index: usize, total_batches: usize }
    LogBatchResult "Q046" Info { description: String, status: Told, batch_index: usize, total_batches: usize, execution_time: f64 }
    LogStartOverload "Q048" Info { description: String, overload_index: usize, total_overloads: usize }
    LogOverloadResult "Q049" Info { description: String, status: Status, overload_index: usize, total_overloads: usize, execution_time: f64 }
    LogFunctionResult "Q047" Info { description: String, status: Status, index: usize, total: usize, execution_time: f64 }
    CatchableExceptionOnRun "W002" Debug { exc: String, error_codes: Vec<String> }
    FoundStats "W006" Info { stat_line: String }
    MainKeyboardInterrupt "Z001" Info {}
    SemanticValidationFailure "I070" Debug { msg: String }
    MainEncounteredError "Z002" Error { exc: String, error_codes: Vec<String> }
    CheckCleanPath "Z012" Info { path: String }
    ConfirmCleanPath "Z013" Info { path: String }
    ProtectedCleanPath "Z014" Info { path: String }
    FinishedCleanPaths "Z015" Info {}
    OpenCommand "Z016" Info { open_cmd: String, profiles_dir: String }
    Formatting "Z017" Info { msg: String }
    RunResultWarning "Z021" Warn { resource_type: String, node_name: String, path: String }
    RunResultFailure "Z022" Error { resource_type: String, node_name: String, path: String }
    StatsLine "Z023" Info { stats: Value }
    RunResultError "Z024" Error { msg: String, error_codes: Vec<String> }
    RunResultErrorNoMessage "Z025" Error { status: Status }
    SQLCompiledPath "Z026" Info { path: String }
    CheckNodeTestFailure "Z027" Info { relation_name: String }
    EndOfRunSummary "Z030" Info { num_errors: usize, num_warnings: usize, num_partial_success: usize, keyboard_interrupt: bool }
    MarkSkippedChildren "Z033" Debug { unique_id: String, status: Status, reason: Option<String> }
    LogSkipBecauseError "Z034" Error { schema: String, relation: String, index: usize, total: usize, status: Status }
    RunResultWarningMessage "Z046" Warn { msg: String }
    DebugCmdOut "Z047" Info { msg: String }
    DebugCmdResult "Z048" Info { msg: String }
    ListCmdOut "Z049" Info { msg: String }
    Note "Z050" Info { msg: String }
    ResourceReport "Z051" Debug { command_name: String, command_success: bool, command_wall_clock_time: f64, process_user_time: f64, process_kernel_time: f64, process_mem_max_rss: u64 }
    PrintEvent "Z052" Info { msg: String }
    FailingRows "Z090" Info { rows: String, query: String, is_private: bool }
    RunOverview "Z091" Info { msg: String }
}

impl Event {
    /// The events of a node's end, which tell the group that it is of.
    pub(crate) fn tells_the_group(&self) -> bool {
        matches!(
            self,
            Self::LogTestResult { .. }
                | Self::LogModelResult { .. }
                | Self::LogSeedResult { .. }
                | Self::LogSnapshotResult { .. }
                | Self::LogFunctionResult { .. }
                | Self::LogSkipBecauseError { .. }
                | Self::SkippingDetails { .. }
                | Self::RunResultError { .. }
                | Self::RunResultFailure { .. }
                | Self::RunResultWarning { .. }
        )
    }

    /// The level, which for results depends on how they ended.
    pub(crate) fn level(&self) -> Level {
        match self {
            Self::LogTestResult { status, .. } | Self::LogFreshnessResult { status, .. } => match status {
                Status::Fail | Status::Error | Status::RuntimeError => Level::Error,
                Status::Warn => Level::Warn,
                _ => Level::Info,
            },
            Self::LogModelResult { status: Told { status, .. }, .. }
            | Self::LogBatchResult { status: Told { status, .. }, .. }
            | Self::LogSeedResult { status, .. }
            | Self::LogSnapshotResult { status, .. }
            | Self::LogOverloadResult { status, .. }
            | Self::LogFunctionResult { status, .. }
            | Self::LogNodeResult { status, .. }
                if *status == Status::Error =>
            {
                Level::Error
            }
            _ => self.usual_level(),
        }
    }

    /// Output that is the command's product: it goes to stdout as it is, even under `--quiet`.
    pub(crate) fn is_product(&self) -> bool {
        matches!(
            self,
            Self::PrintEvent { .. }
                | Self::ShowNode { .. }
                | Self::CompiledNode { .. }
                | Self::ListCmdOut { .. }
        )
    }

    /// Only for who looks at the terminal: no log has it.
    pub(crate) fn is_private(&self) -> bool {
        matches!(self, Self::RunOverview { .. } | Self::FailingRows { is_private: true, .. })
    }

    /// An empty line, or a text for the reader's eye only.
    pub(crate) fn formatting(text: impl Into<String>) -> Self {
        Self::Formatting { msg: text.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_is_as_loud_as_its_status() {
        let result = |status| Event::LogTestResult {
            name: "unique_id".into(),
            status,
            index: 1,
            num_models: 1,
            execution_time: 0.1,
            num_failures: 2,
            attached_node: None,
        };
        assert_eq!(result(Status::Fail).level(), Level::Error);
        assert_eq!(result(Status::Warn).level(), Level::Warn);
        assert_eq!(result(Status::Pass).level(), Level::Info);
        assert_eq!(result(Status::Pass).data()["num_failures"], 2);
        assert_eq!(result(Status::Pass).code(), "Q007");
    }
}
