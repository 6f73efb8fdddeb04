//! The table of options, a row each: first those of all commands, then those of some.

use super::option::{
    Mapping, Number, Opt, Preset, Switch, Text, Words, choice, choices, flag, mapping, number, path, switch,
    text, time, words,
};
use crate::config::MOST_THREADS;

const FORMATS: &[&str] = &["text", "debug", "json", "default", "github"];
/// The file is no log of GitHub Actions.
const FILE_FORMATS: &[&str] = &["text", "debug", "json", "default"];
const LEVELS: &[&str] = &["debug", "info", "warn", "error", "none"];
const RESOURCES: &[&str] = &[
    "metric",
    "semantic_model",
    "saved_query",
    "source",
    "analysis",
    "model",
    "test",
    "unit_test",
    "exposure",
    "snapshot",
    "seed",
    "default",
    "all",
    "function",
];

pub(crate) const CACHE_SELECTED_ONLY: Switch =
    switch("cache_selected_only", false, "Read only the schemas of selected nodes into the relation cache")
        .in_environment();
pub(crate) const DEBUG: Switch = switch("debug", false, "Show debug messages").short('d').in_environment();
pub(crate) const DEFER: Switch =
    switch("defer", false, "Resolve unselected refs to the relations of the state manifest").in_environment();
pub(crate) const DEFER_STATE: Text =
    path("defer_state", "State directory of --defer, if it differs from --state").in_environment();
pub(crate) const FAIL_FAST: Switch =
    switch("fail_fast", false, "Stop at the first failure").short('x').in_environment();
pub(crate) const FAVOR_STATE: Switch =
    switch("favor_state", false, "With --defer, use the state's relations even where the target has its own")
        .in_environment();
pub(crate) const INDIRECT_SELECTION: Text = choice(
    "indirect_selection",
    &["eager", "cautious", "buildable", "empty"],
    "Which tests to select along with their parents",
)
.default(Preset::Word("eager"))
.in_environment();
pub(crate) const LOG_CACHE_EVENTS: Switch =
    switch("log_cache_events", false, "No effect, accepted for compatibility").in_environment();
pub(crate) const LOG_FILE_MAX_BYTES: Number = number(
    "log_file_max_bytes",
    (0, i64::MAX),
    "Size in bytes at which the log file is rotated; 0 disables rotation",
)
.default(Preset::Number(10_485_760))
.in_environment();
pub(crate) const LOG_FORMAT: Text = choice(
    "log_format",
    FORMATS,
    "Log format of the console (and of the file, unless set separately); `github` adds annotations",
)
.default(Preset::Word("default"))
.in_environment();
pub(crate) const LOG_FORMAT_FILE: Text = choice("log_format_file", FILE_FORMATS, "Log format of the file")
    .default(Preset::Word("debug"))
    .in_environment();
pub(crate) const LOG_LEVEL: Text = choice("log_level", LEVELS, "Minimum level shown on the console")
    .default(Preset::Word("info"))
    .in_environment();
pub(crate) const LOG_LEVEL_FILE: Text =
    choice("log_level_file", LEVELS, "Minimum level written to the log file")
        .default(Preset::Word("debug"))
        .in_environment();
pub(crate) const LOG_PATH: Text = path("log_path", "Directory of the log file").in_environment();
pub(crate) const MACRO_DEBUGGING: Switch =
    switch("macro_debugging", false, "No effect, accepted for compatibility").in_environment();
pub(crate) const PARTIAL_PARSE: Switch =
    switch("partial_parse", true, "No effect, accepted for compatibility: every parse is complete")
        .in_environment();
pub(crate) const PARTIAL_PARSE_FILE_PATH: Text =
    path("partial_parse_file_path", "No effect, accepted for compatibility").in_environment();
pub(crate) const PARTIAL_PARSE_FILE_DIFF: Switch =
    switch("partial_parse_file_diff", true, "No effect, accepted for compatibility").in_environment();
pub(crate) const POPULATE_CACHE: Switch =
    switch("populate_cache", true, "Read the relation cache at the start of a run").in_environment();
pub(crate) const PRINT: Switch =
    switch("print", true, "Show the output of `print` in Jinja").in_environment();
pub(crate) const PRINTER_WIDTH: Number =
    number("printer_width", (1, 10_000), "Width of the status lines in characters")
        .default(Preset::Number(80))
        .in_environment();
pub(crate) const PROFILE: Text =
    text("profile", "Use this profile instead of the project's").in_environment();
pub(crate) const QUIET: Switch =
    switch("quiet", false, "Show only errors and the command's own output").short('q').in_environment();
pub(crate) const RECORD_TIMING_INFO: Text =
    path("record_timing_info", "No effect, accepted for compatibility").short('r');
pub(crate) const SEND_ANONYMOUS_USAGE_STATS: Switch =
    switch("send_anonymous_usage_stats", true, "No effect, accepted for compatibility: nothing is ever sent")
        .in_environment();
pub(crate) const SINGLE_THREADED: Switch =
    switch("single_threaded", false, "Run with one thread").in_environment();
pub(crate) const SHOW_ALL_DEPRECATIONS: Switch =
    switch("show_all_deprecations", false, "Show every occurrence of a deprecation, not only the first");
pub(crate) const STATE: Text = path("state", "Directory with the manifest to compare with").in_environment();
pub(crate) const STATIC_PARSER: Switch =
    switch("static_parser", true, "No effect, accepted for compatibility").in_environment();
pub(crate) const TARGET: Text = text("target", "Use this target of the profile").short('t').in_environment();
pub(crate) const USE_COLORS: Switch = switch("use_colors", true, "Colour the console").in_environment();
pub(crate) const USE_COLORS_FILE: Switch =
    switch("use_colors_file", true, "Colour the log file; without this or --use-colors it is plain")
        .default_is_in_help()
        .in_environment();
pub(crate) const USE_EXPERIMENTAL_PARSER: Switch =
    switch("use_experimental_parser", false, "No effect, accepted for compatibility").in_environment();
pub(crate) const USE_FAST_TEST_EDGES: Switch =
    switch("use_fast_test_edges", false, "No effect, accepted for compatibility").in_environment();
pub(crate) const VERSION_CHECK: Switch =
    switch("version_check", true, "Check the project's require-dbt-version").in_environment();
pub(crate) const WARN_ERROR: Switch =
    flag("warn_error", "Turn warnings into errors").default(Preset::Null).in_environment();
pub(crate) const WARN_ERROR_OPTIONS: Mapping = mapping(
    "warn_error_options",
    "Warnings to treat as errors, to keep or to silence: a YAML mapping with `error`, `warn` and `silence`",
)
.default(Preset::Json(r#"{"error": [], "warn": [], "silence": []}"#))
.in_environment();
pub(crate) const WRITE_JSON: Switch = switch("write_json", true, "Write the artifacts").in_environment();
pub(crate) const PROFILES_DIR: Text = path("profiles_dir", "Directory of profiles.yml").in_environment();
pub(crate) const PROJECT_DIR: Text = path("project_dir", "Directory of dbt_project.yml").in_environment();
pub(crate) const VARS: Mapping = mapping("vars", "Variables, as a YAML mapping");

/// On the command line, the options of all commands.
pub(crate) const GLOBAL: &[&Opt] = &[
    &CACHE_SELECTED_ONLY.0,
    &DEBUG.0,
    &DEFER.0,
    &DEFER_STATE.0,
    &FAIL_FAST.0,
    &FAVOR_STATE.0,
    &INDIRECT_SELECTION.0,
    &LOG_CACHE_EVENTS.0,
    &LOG_FILE_MAX_BYTES.0,
    &LOG_FORMAT.0,
    &LOG_FORMAT_FILE.0,
    &LOG_LEVEL.0,
    &LOG_LEVEL_FILE.0,
    &LOG_PATH.0,
    &MACRO_DEBUGGING.0,
    &PARTIAL_PARSE.0,
    &PARTIAL_PARSE_FILE_PATH.0,
    &PARTIAL_PARSE_FILE_DIFF.0,
    &POPULATE_CACHE.0,
    &PRINT.0,
    &PRINTER_WIDTH.0,
    &PROFILE.0,
    &QUIET.0,
    &RECORD_TIMING_INFO.0,
    &SEND_ANONYMOUS_USAGE_STATS.0,
    &SINGLE_THREADED.0,
    &SHOW_ALL_DEPRECATIONS.0,
    &STATE.0,
    &STATIC_PARSER.0,
    &TARGET.0,
    &USE_COLORS.0,
    &USE_COLORS_FILE.0,
    &USE_EXPERIMENTAL_PARSER.0,
    &USE_FAST_TEST_EDGES.0,
    &VERSION_CHECK.0,
    &WARN_ERROR.0,
    &WARN_ERROR_OPTIONS.0,
    &WRITE_JSON.0,
    &PROFILES_DIR.0,
    &PROJECT_DIR.0,
    &VARS.0,
];

pub(crate) const TARGET_PATH: Text =
    path("target_path", "Directory for artifacts and compiled files").in_environment();
pub(crate) const THREADS: Number =
    number("threads", (1, MOST_THREADS), "Number of nodes that run at the same time");
pub(crate) const MAXIMUM_SEED_SIZE_MIB: Number =
    number("maximum_seed_size_mib", (0, i64::MAX >> 20), "").default(Preset::Number(1)).not_typed();
/// `schema` and `keep`.
pub(crate) const RUN_LOG: Mapping = mapping("run_log", "").not_typed().only_where_given();
pub(crate) const STRICT_MODE: Switch = switch("strict_mode", false, "");

/// What every command knows, though not every one takes it.
pub(super) const KNOWN: &[&Opt] =
    &[&TARGET_PATH.0, &THREADS.0, &MAXIMUM_SEED_SIZE_MIB.0, &RUN_LOG.0, &STRICT_MODE.0];

pub(crate) const SELECT: Words = words("select", "Nodes to include").short('s').aliases(&["models", "model"]);
pub(crate) const EXCLUDE: Words = words("exclude", "Nodes to exclude");
pub(crate) const SELECTOR: Text = text("selector", "Use this selector of selectors.yml");
pub(crate) const FULL_REFRESH: Switch =
    flag("full_refresh", "Rebuild incremental models and seeds").short('f').in_environment();
pub(crate) const EMPTY: Switch =
    switch("empty", false, "Read no rows from refs and sources").in_environment();
pub(crate) const SAMPLE: Text =
    text("sample", "Read only this time window of inputs with an `event_time`, as in `3 days`")
        .in_environment();
pub(crate) const EVENT_TIME_START: Text =
    time("event_time_start", "Start of the event time window, inclusive").in_environment();
pub(crate) const EVENT_TIME_END: Text =
    time("event_time_end", "End of the event time window, exclusive").in_environment();
pub(crate) const INTERVAL_START: Text =
    time("interval_start", "Start of the interval that `partition_overwrite` must build, inclusive")
        .in_environment();
pub(crate) const INTERVAL_END: Text =
    time("interval_end", "End of the interval that `partition_overwrite` must build, exclusive")
        .in_environment();
pub(crate) const ALLOW_EMPTY: Switch = switch(
    "allow_empty",
    false,
    "Empty the periods of a window, interval or lookback that have no input rows",
)
.in_environment();
pub(crate) const SQLPARSE: Text =
    text("sqlparse", "No effect, accepted for compatibility").only_where_given();
pub(crate) const JUNIT: Text =
    path("junit", "Write the results as JUnit XML to this file").only_where_given();
pub(crate) const REPORT: Text =
    path("report", "Write the results as Markdown to this file, for a pull request").only_where_given();
pub(crate) const OPENLINEAGE: Text =
    path("openlineage", "Write OpenLineage events about the built nodes to this file").only_where_given();
pub(crate) const STORE_FAILURES: Switch =
    flag("store_failures", "Keep the failing rows of tests in tables").in_environment();
pub(crate) const SHOW_FAILING_ROWS: Switch = switch(
    "show_failing_rows",
    false,
    "Print up to five failing rows of each test, which a terminal shows anyway, to every output and the log",
)
.in_environment()
.only_where_given();
pub(crate) const BATCH_TESTS: Switch = switch(
    "batch_tests",
    true,
    "Count the failures of simple tests of one relation in one scan, and of those that a constraint proves in none (default)",
)
.default_is_in_help()
.in_environment()
.only_where_given();
pub(crate) const SHOW: Switch = flag("show", "Print a sample of the loaded rows");
pub(crate) const INTROSPECT: Switch =
    switch("introspect", true, "Allow queries to the database while compiling").in_environment();
pub(crate) const INLINE: Text = text("inline", "Use this Jinja-SQL instead of a node");
pub(crate) const RESOURCE_TYPES: Words =
    choices("resource_types", RESOURCES, "Include only these resource types")
        .aliases(&["resource-type"])
        .in_environment();
pub(crate) const EXCLUDE_RESOURCE_TYPES: Words =
    choices("exclude_resource_types", RESOURCES, "Exclude these resource types")
        .aliases(&["exclude-resource-type"])
        .in_environment();
pub(crate) const EXPORT_SAVED_QUERIES: Switch =
    switch("export_saved_queries", false, "No effect, accepted for compatibility").in_environment();
pub(crate) const INCLUDE_SAVED_QUERY: Switch =
    switch("include_saved_query", false, "No effect, accepted for compatibility").in_environment();
pub(crate) const COMPILE: Switch = switch("compile", true, "Compile the project first");
pub(crate) const EMPTY_CATALOG: Switch = flag("empty_catalog", "Do not read the database");
pub(crate) const STATIC: Switch = flag("static", "Write a single page that contains all its data");
pub(crate) const CLEAN_PROJECT_FILES_ONLY: Switch =
    switch("clean_project_files_only", true, "Refuse to delete outside of the project").in_environment();
pub(crate) const INJECT_EPHEMERAL_CTES: Switch =
    switch("inject_ephemeral_ctes", true, "Inline ephemeral models into the compiled SQL");
pub(crate) const CONNECTION: Switch = flag("connection", "Check only the connection");
pub(crate) const CONFIG_DIR: Switch = flag("config_dir", "Print the directory of profiles.yml");
pub(crate) const SOURCE: Text =
    choice("source", &["hub", "git", "local"], "Source of the package of --add-package")
        .default(Preset::Word("hub"));
pub(crate) const LOCK: Switch = flag("lock", "Write the lock file without installing");
pub(crate) const UPGRADE: Switch = flag("upgrade", "Ignore the lock file and resolve again");
pub(crate) const ADD_PACKAGE: Text = text("add_package", "Add a package as name@version to packages.yml");
pub(crate) const HOST: Text =
    text("host", "Address to listen on").default(Preset::Word("127.0.0.1")).in_environment();
pub(crate) const PORT: Number =
    number("port", (0, 65_535), "Port to listen on").default(Preset::Number(8080));
pub(crate) const BROWSER: Switch = switch("browser", true, "Open the page in a browser");
pub(crate) const SKIP_PROFILE_SETUP: Switch =
    flag("skip_profile_setup", "Do not ask for a connection").short('s');
pub(crate) const MODELS: Words = words("models", "Models to include").short('m').aliases(&["model"]);
pub(crate) const OUTPUT_KEYS: Words = words("output_keys", "Keys of the JSON output");
pub(crate) const DIRECTION: Text =
    choice("direction", &["upstream", "downstream", "both"], "Direction to follow").only_where_given();
pub(crate) const DEPTH: Number = number("depth", (0, i64::MAX), "Maximum number of steps to follow");
pub(crate) const INFLUENCES: Switch =
    flag("influences", "Follow joins, filters and groupings too").only_where_given();
pub(crate) const DUE: Switch =
    flag("due", "Run the scheduled intervals that are due, and exit").only_where_given();
pub(crate) const ARGS: Mapping = mapping("args", "Arguments of the macro, as a YAML mapping");
pub(crate) const SQL: Text = text("sql", "Run this Jinja-SQL instead of a macro");
pub(crate) const STATUS: Switch =
    flag("status", "Print the status of every task and exit").only_where_given();
pub(crate) const LISTEN: Text =
    text("listen", "Answer /health and /metrics (Prometheus) at this address, as in `127.0.0.1:9187`")
        .only_where_given();
pub(crate) const STATUS_OUTPUT: Text =
    choice("output", &["text", "json"], "Output format").only_where_given();
pub(crate) const FROM: Text = time("from", "Begin of the time range in UTC, inclusive");
pub(crate) const TO: Text = time("to", "End of the time range in UTC, exclusive");
pub(crate) const BATCH: Text =
    text("batch", "Length of a batch, as in `12 hours` or `1 week` (default: 1 day)").only_where_given();
pub(crate) const BATCH_MODEL: Text = text("model_name", "Name of the model");
pub(crate) const DOWNSTREAM: Switch =
    flag("downstream", "Also build the models that depend on it").only_where_given();
pub(crate) const DRY_RUN: Switch = flag("dry_run", "Print what would be done, and exit").only_where_given();
pub(crate) const REBUILD: Switch =
    flag("rebuild", "Also build batches that are built already; `append` adds their rows once more")
        .only_where_given();
pub(crate) const MARK_BUILT: Switch =
    flag("mark_built", "Note the range as built, and build nothing: all its rows are there")
        .only_where_given();
pub(crate) const INTERVAL: Text = time("interval", "Begin of the interval in UTC");
pub(crate) const INLINE_DIRECT: Text = text("inline_direct", "Run this SQL without rendering Jinja");
pub(crate) const LIMIT: Number =
    number("limit", (-1, i64::MAX), "Maximum number of rows; -1 for all").default(Preset::Number(5));
pub(crate) const TASK: Text = text("task", "The task, as `rsdbt schedule status` lists it");
pub(crate) const MACRO: Text = text("macro", "Name of the macro, as in `my_macro` or `package.my_macro`");
pub(crate) const PROJECT_NAME: Text = text("project_name", "Name of the new project");

pub(crate) const SHOW_OUTPUT: Text =
    choice("output", &["json", "text"], "Output format").default(Preset::Word("text"));
pub(crate) const LIST_OUTPUT: Text =
    choice("output", &["json", "name", "path", "selector"], "What to print for each node")
        .default(Preset::Word("selector"));
pub(crate) const LINEAGE_OUTPUT: Text =
    choice("output", &["tree", "json", "mermaid", "dot"], "Output format").only_where_given();
pub(crate) const FRESHNESS_OUTPUT: Text = path("output", "File to write the results to").short('o');
/// `ls` takes --models apart.
pub(crate) const LIST_SELECT: Words = words("select", "Nodes to include").short('s');
pub(crate) const TARGET_NODE: Text =
    text("target_node", "A model, or one of its columns as in `orders.id`").only_where_given();
pub(crate) const SHELL: Text =
    choice("shell", &["bash", "zsh", "fish"], "Shell that reads the script").only_where_given();
pub(crate) const FOLDER: Text = path("folder", "Folder to write to").only_where_given();
pub(crate) const FILE: Text =
    choice("file", crate::config::json_schema::NAMES, "Kind of file").only_where_given();
pub(crate) const TYPED: Words = words("typed", "The words typed so far").only_where_given();
pub(crate) const ARGUMENTS: Words = words("arguments", "Arguments for psql").only_where_given();
pub(crate) const LOAD_TABLES: Words =
    words("load_tables", "Source tables to load, as in `raw.events` or `events`").only_where_given();
pub(crate) const LOAD_FILES: Words =
    words("files", "Load these files instead of those that the config names").only_where_given();
/// Stands for it where a file is asked for.
pub(crate) const STANDARD_OUTPUT: &str = "-";
pub(crate) const EXPORT_TO: Text =
    text("to", "File, folder that ends with `/`, or `-` for standard output").only_where_given();
pub(crate) const EXPORT_FORMAT: Text =
    choice("format", &["csv", "jsonl"], "Format (default: by the name of the file)").only_where_given();
pub(crate) const LOAD: Switch =
    flag("load", "Fill the source tables that have a `load` config before what reads them is built");
pub(crate) const ALLOW_DELETES: Switch = flag(
    "allow_deletes",
    "Replace a table even if it would be empty or more than 20 % of its rows would be gone",
);
