//! The flags that the environment and the project can set, and every default.

/// What a flag's value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Switch,
    Text,
    /// From and to.
    Integer(i64, i64),
    Words,
    /// One of these words, in lower case.
    Choice(&'static [&'static str]),
    /// A YAML mapping.
    Mapping,
    Time,
}

pub(super) struct Flag {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    /// Read from `DBT_ENGINE_<NAME>` and `DBT_<NAME>`.
    pub(super) in_environment: bool,
    /// JSON.
    pub(super) default: &'static str,
}

const fn flag(name: &'static str, kind: Kind, default: &'static str) -> Flag {
    Flag { name, kind, in_environment: true, default }
}

const fn option(name: &'static str, kind: Kind, default: &'static str) -> Flag {
    Flag { name, kind, in_environment: false, default }
}

use Kind::{Choice, Integer, Mapping, Switch, Text, Time, Words};

/// More sessions than any server has.
pub(crate) const MOST_THREADS: i64 = 10_000;

const FORMATS: &[&str] = &["text", "debug", "json", "default"];
const LEVELS: &[&str] = &["debug", "info", "warn", "error", "none"];

/// Options of all commands.
pub(super) const GLOBAL: &[Flag] = &[
    flag("cache_selected_only", Switch, "false"),
    flag("debug", Switch, "false"),
    flag("defer", Switch, "false"),
    flag("defer_state", Text, "null"),
    flag("fail_fast", Switch, "false"),
    flag("favor_state", Switch, "false"),
    flag("indirect_selection", Choice(&["eager", "cautious", "buildable", "empty"]), "\"eager\""),
    flag("log_cache_events", Switch, "false"),
    flag("log_file_max_bytes", Integer(0, i64::MAX), "10485760"),
    flag("log_format", Choice(FORMATS), "\"default\""),
    flag("log_format_file", Choice(FORMATS), "\"debug\""),
    flag("log_level", Choice(LEVELS), "\"info\""),
    flag("log_level_file", Choice(LEVELS), "\"debug\""),
    flag("log_path", Text, "null"),
    flag("macro_debugging", Switch, "false"),
    flag("maximum_seed_size_mib", Integer(0, i64::MAX >> 20), "1"),
    flag("partial_parse", Switch, "true"),
    flag("partial_parse_file_diff", Switch, "true"),
    flag("partial_parse_file_path", Text, "null"),
    flag("populate_cache", Switch, "true"),
    flag("print", Switch, "true"),
    flag("printer_width", Integer(1, 10_000), "80"),
    flag("profile", Text, "null"),
    flag("profiles_dir", Text, "null"),
    flag("project_dir", Text, "null"),
    flag("quiet", Switch, "false"),
    option("record_timing_info", Text, "null"),
    flag("send_anonymous_usage_stats", Switch, "true"),
    option("show_all_deprecations", Switch, "false"),
    flag("single_threaded", Switch, "false"),
    flag("state", Text, "null"),
    flag("static_parser", Switch, "true"),
    flag("target", Text, "null"),
    flag("target_path", Text, "null"),
    option("threads", Integer(1, MOST_THREADS), "null"),
    flag("use_colors", Switch, "true"),
    flag("use_colors_file", Switch, "true"),
    flag("use_experimental_parser", Switch, "false"),
    flag("use_fast_test_edges", Switch, "false"),
    option("vars", Mapping, "{}"),
    flag("version_check", Switch, "true"),
    flag("warn_error", Switch, "null"),
    flag("warn_error_options", Mapping, "{\"error\": [], \"warn\": [], \"silence\": []}"),
    flag("write_json", Switch, "true"),
    option("strict_mode", Switch, "false"),
];

/// Options of some commands, with the words of the commands that have them.
pub(super) const OF_COMMANDS: &[(&[&str], Flag)] = &[
    (SELECTING, option("select", Words, "[]")),
    (&["list"], option("models", Words, "[]")),
    (SELECTING, option("exclude", Words, "[]")),
    (SELECTING, option("selector", Text, "null")),
    (RUNNING, flag("full_refresh", Switch, "false")),
    (RUNNING, flag("empty", Switch, "false")),
    (RUNNING, flag("event_time_start", Time, "null")),
    (RUNNING, flag("event_time_end", Time, "null")),
    (RUNNING, flag("interval_start", Time, "null")),
    (RUNNING, flag("interval_end", Time, "null")),
    (RUNNING, flag("allow_empty", Switch, "false")),
    (RUNNING, flag("sample", Text, "null")),
    (&["build", "test", "list", "clone"], flag("resource_types", Words, "[]")),
    (&["build", "test", "list", "clone"], flag("exclude_resource_types", Words, "[]")),
    (&["build", "test"], flag("store_failures", Switch, "false")),
    (&["build"], flag("export_saved_queries", Switch, "false")),
    (&["build"], flag("include_saved_query", Switch, "false")),
    (&["build", "seed"], option("show", Switch, "false")),
    (&["compile", "show"], option("inline", Text, "null")),
    (&["compile", "show"], flag("introspect", Switch, "true")),
    (&["compile", "show"], option("output", Choice(&["json", "text"]), "\"text\"")),
    (&["compile"], option("inject_ephemeral_ctes", Switch, "true")),
    (&["show"], option("inline_direct", Text, "null")),
    (&["show"], option("limit", Integer(-1, i64::MAX), "5")),
    (&["list"], option("output", Choice(&["json", "name", "path", "selector"]), "\"selector\"")),
    (&["list"], option("output_keys", Words, "[]")),
    (&["source freshness"], option("output", Text, "null")),
    (&["docs", "docs generate"], option("compile", Switch, "true")),
    (&["docs", "docs generate"], option("empty_catalog", Switch, "false")),
    (&["docs", "docs generate"], option("static", Switch, "false")),
    (&["docs serve"], flag("host", Text, "\"127.0.0.1\"")),
    (&["docs serve"], option("port", Integer(0, 65_535), "8080")),
    (&["lineage"], option("depth", Integer(0, i64::MAX), "null")),
    (&["docs serve"], option("browser", Switch, "true")),
    (&["run-operation"], option("args", Mapping, "{}")),
    (&["run-operation"], option("macro", Text, "null")),
    (&["run-operation"], option("sql", Text, "null")),
    (&["clean"], flag("clean_project_files_only", Switch, "true")),
    (&["debug"], option("config_dir", Switch, "false")),
    (&["debug"], option("connection", Switch, "false")),
    (&["deps"], option("add_package", Text, "null")),
    (&["deps"], option("lock", Switch, "false")),
    (&["deps"], option("source", Choice(&["hub", "git", "local"]), "\"hub\"")),
    (&["deps"], option("upgrade", Switch, "false")),
    (&["init"], option("project_name", Text, "null")),
    (&["init"], option("skip_profile_setup", Switch, "false")),
];

const SELECTING: &[&str] = &[
    "build",
    "clone",
    "compile",
    "docs",
    "docs generate",
    "list",
    "run",
    "seed",
    "show",
    "snapshot",
    "source freshness",
    "test",
];

const RUNNING: &[&str] = &["build", "clone", "compile", "retry", "run", "seed", "show", "snapshot"];

/// Names of variables that older dbt versions read, and the flag they set. `DBT_NO_PRINT` is the negative.
pub(super) const OLD_VARIABLES: [(&str, &str); 4] = [
    ("DBT_DEFER_TO_STATE", "defer"),
    ("DBT_FAVOR_STATE_MODE", "favor_state"),
    ("DBT_ARTIFACT_STATE_PATH", "state"),
    ("DBT_NO_PRINT", "print"),
];

/// Variables with dbt's reserved prefix that are no flags.
pub(super) const OTHER_ENGINE_VARIABLES: &[&str] = &[
    "INVOCATION_ENV",
    "RECORDED_FILE_PATH",
    "PACKAGE_HUB_URL",
    "DOWNLOAD_DIR",
    "SQLPARSE",
    "SHOW_RESOURCE_REPORT",
];

/// Flags of the project alone, with the defaults of the dbt that is emulated.
pub(super) const BEHAVIOR_FLAGS: &[(&str, bool)] = &[
    ("require_batched_execution_for_custom_microbatch_strategy", false),
    ("require_event_names_in_deprecations", false),
    ("require_explicit_package_overrides_for_builtin_materializations", true),
    ("require_resource_names_without_spaces", true),
    ("source_freshness_run_project_hooks", true),
    ("skip_nodes_if_on_run_start_fails", false),
    ("state_modified_compare_more_unrendered_values", false),
    ("state_modified_compare_vars", false),
    ("require_yaml_configuration_for_mf_time_spines", false),
    ("require_nested_cumulative_type_params", false),
    ("validate_macro_args", false),
    ("require_all_warnings_handled_by_warn_error", false),
    ("require_generic_test_arguments_property", true),
    ("require_unique_project_resource_names", false),
    ("require_ref_searches_node_package_before_root", false),
    ("require_valid_schema_from_generate_schema_name", false),
    ("require_sql_header_in_test_configs", false),
    ("allow_jinja_file_extensions", false),
    ("support_custom_ref_kwargs", false),
    ("latest_version_pointer_enabled_by_default", false),
    ("enable_truthy_nulls_equals_macro", false),
    ("postgres_skip_autocommit_transaction_statements", true),
];
