//! The grammar of the command line: which words lead to a command, and which options each takes.

use super::option::Opt;
use super::subcommand::{Subcommand, last_word};
use super::table::{
    ADD_PACKAGE, ALLOW_DELETES, ALLOW_EMPTY, ARGS, ARGUMENTS, BATCH, BATCH_MODEL, BATCH_TESTS, BROWSER,
    CLEAN_PROJECT_FILES_ONLY, COMPILE, CONFIG_DIR, CONNECTION, DEPTH, DIRECTION, DOWNSTREAM, DRY_RUN, DUE,
    EMPTY, EMPTY_CATALOG, EVENT_TIME_END, EVENT_TIME_START, EXCLUDE, EXCLUDE_RESOURCE_TYPES, EXPORT_FORMAT,
    EXPORT_SAVED_QUERIES, EXPORT_TO, FILE, FOLDER, FRESHNESS_OUTPUT, FROM, FULL_REFRESH, HOST,
    INCLUDE_SAVED_QUERY, INFLUENCES, INJECT_EPHEMERAL_CTES, INLINE, INLINE_DIRECT, INTERVAL, INTERVAL_END,
    INTERVAL_START, INTROSPECT, JUNIT, LIMIT, LINEAGE_OUTPUT, LIST_OUTPUT, LIST_SELECT, LISTEN, LOAD,
    LOAD_FILES, LOAD_TABLES, LOCK, MACRO, MARK_BUILT, MODELS, OPENLINEAGE, OUTPUT_KEYS, PORT, PROJECT_NAME,
    REBUILD, REPORT, RESOURCE_TYPES, SAMPLE, SELECT, SELECTOR, SHELL, SHOW, SHOW_FAILING_ROWS, SHOW_OUTPUT,
    SKIP_PROFILE_SETUP, SOURCE, SQL, SQLPARSE, STATIC, STATUS, STATUS_OUTPUT, STORE_FAILURES, TARGET_NODE,
    TARGET_PATH, TASK, THREADS, TO, TYPED, UPGRADE,
};

/// A word of the command line that is a command, or begins the name of some.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) word: &'static str,
    /// None where another word has to follow.
    pub(crate) command: Option<Subcommand>,
    pub(crate) aliases: &'static [&'static str],
    pub(crate) help: &'static str,
    pub(crate) options: &'static [&'static Opt],
    /// What the environment may set of it, though it is not typed.
    pub(super) known: &'static [&'static Opt],
    pub(crate) argument: Option<&'static Argument>,
    pub(crate) nested: &'static [Row],
    /// Programs call it; the help does not list it.
    pub(crate) is_hidden: bool,
}

impl Subcommand {
    /// Its row.
    pub(crate) fn row(self) -> Option<&'static Row> {
        fn find(rows: &'static [Row], path: &str) -> Option<&'static Row> {
            let (word, rest) = path.split_once(' ').unwrap_or((path, ""));
            let row = rows.iter().find(|row| row.word == word)?;
            if rest.is_empty() { Some(row) } else { find(row.nested, rest) }
        }
        find(COMMANDS, self.name())
    }
}

/// A word, or words, that no option's name stands before.
#[derive(Debug)]
pub(crate) struct Argument {
    pub(crate) option: &'static Opt,
    pub(crate) count: Count,
    pub(crate) is_required: bool,
}

/// How many words an argument is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Count {
    One,
    Many,
    /// Of another program: what looks like an option is a word, too.
    AllThatFollow,
}

const fn row(command: Subcommand, help: &'static str, options: &'static [&'static Opt]) -> Row {
    let word = last_word(command.name());
    Row {
        word,
        command: Some(command),
        aliases: &[],
        help,
        options,
        known: &[],
        argument: None,
        nested: &[],
        is_hidden: false,
    }
}

/// A word that only begins the names of commands.
const fn group(word: &'static str, help: &'static str, nested: &'static [Row]) -> Row {
    Row {
        word,
        command: None,
        aliases: &[],
        help,
        options: &[],
        known: &[],
        argument: None,
        nested,
        is_hidden: false,
    }
}

const fn argument(option: &'static Opt) -> Argument {
    Argument { option, count: Count::One, is_required: false }
}

/// A command on one task of the schedule.
const fn of_task(command: Subcommand, help: &'static str, options: &'static [&'static Opt]) -> Row {
    Row {
        argument: Some(&Argument { option: &TASK.0, count: Count::One, is_required: false }),
        ..row(command, help, options)
    }
}

const REPAIR_OPTIONS: &[&Opt] = &[&FROM.0, &TO.0, &INTERVAL_START.0, &INTERVAL_END.0, &TARGET_PATH.0];

const DOCS_OPTIONS: &[&Opt] = &[
    &SELECT.0,
    &EXCLUDE.0,
    &SELECTOR.0,
    &TARGET_PATH.0,
    &THREADS.0,
    &SQLPARSE.0,
    &COMPILE.0,
    &EMPTY_CATALOG.0,
    &STATIC.0,
];

/// What commands that build know.
const RUNNING: &[&Opt] = &[
    &FULL_REFRESH.0,
    &EMPTY.0,
    &EVENT_TIME_START.0,
    &EVENT_TIME_END.0,
    &INTERVAL_START.0,
    &INTERVAL_END.0,
    &ALLOW_EMPTY.0,
    &SAMPLE.0,
];

pub(crate) const COMMANDS: &[Row] = &[
    Row {
        argument: Some(&Argument { option: &BATCH_MODEL.0, count: Count::One, is_required: true }),
        ..row(
            Subcommand::Backfill,
            "Build a past time range of an incremental model in batches",
            &[
                &FROM.0,
                &TO.0,
                &BATCH.0,
                &DOWNSTREAM.0,
                &DRY_RUN.0,
                &REBUILD.0,
                &MARK_BUILT.0,
                &TARGET_PATH.0,
                &THREADS.0,
            ],
        )
    },
    Row {
        known: RUNNING,
        ..row(
            Subcommand::Build,
            "Run seeds, models, snapshots, functions and their tests in DAG order",
            &[
                &SELECT.0,
                &EXCLUDE.0,
                &SELECTOR.0,
                &RESOURCE_TYPES.0,
                &EXCLUDE_RESOURCE_TYPES.0,
                &FULL_REFRESH.0,
                &EMPTY.0,
                &SAMPLE.0,
                &EVENT_TIME_START.0,
                &EVENT_TIME_END.0,
                &INTERVAL_START.0,
                &INTERVAL_END.0,
                &ALLOW_EMPTY.0,
                &LOAD.0,
                &ALLOW_DELETES.0,
                &SHOW.0,
                &STORE_FAILURES.0,
                &SHOW_FAILING_ROWS.0,
                &BATCH_TESTS.0,
                &JUNIT.0,
                &REPORT.0,
                &OPENLINEAGE.0,
                &TARGET_PATH.0,
                &THREADS.0,
                &SQLPARSE.0,
                &EXPORT_SAVED_QUERIES.0,
                &INCLUDE_SAVED_QUERY.0,
            ],
        )
    },
    row(
        Subcommand::Clean,
        "Delete the folders listed in `clean-targets`",
        &[&CLEAN_PROJECT_FILES_ONLY.0, &TARGET_PATH.0],
    ),
    Row {
        known: RUNNING,
        ..row(
            Subcommand::Clone,
            "Clone relations from the state manifest",
            &[
                &SELECT.0,
                &EXCLUDE.0,
                &SELECTOR.0,
                &RESOURCE_TYPES.0,
                &EXCLUDE_RESOURCE_TYPES.0,
                &FULL_REFRESH.0,
                &TARGET_PATH.0,
                &THREADS.0,
            ],
        )
    },
    Row {
        known: RUNNING,
        ..row(
            Subcommand::Compile,
            "Compile the selected nodes without running them",
            &[
                &SELECT.0,
                &EXCLUDE.0,
                &SELECTOR.0,
                &FULL_REFRESH.0,
                &EMPTY.0,
                &INLINE.0,
                &INTROSPECT.0,
                &SHOW_OUTPUT.0,
                &TARGET_PATH.0,
                &THREADS.0,
                &SQLPARSE.0,
                &INJECT_EPHEMERAL_CTES.0,
            ],
        )
    },
    Row {
        argument: Some(&Argument { option: &TYPED.0, count: Count::AllThatFollow, is_required: false }),
        is_hidden: true,
        ..row(Subcommand::Complete, "Print what may follow the words of a command line", &[])
    },
    Row {
        argument: Some(&Argument { option: &SHELL.0, count: Count::One, is_required: true }),
        ..row(Subcommand::Completions, "Print the completion script of a shell", &[])
    },
    row(
        Subcommand::Debug,
        "Check the project, the profile and the connection",
        &[&CONNECTION.0, &CONFIG_DIR.0, &TARGET_PATH.0],
    ),
    row(
        Subcommand::Deps,
        "Install the packages of packages.yml or dependencies.yml",
        &[&SOURCE.0, &LOCK.0, &UPGRADE.0, &ADD_PACKAGE.0],
    ),
    Row {
        nested: &[
            row(
                Subcommand::DocsGenerate,
                "Write manifest.json, catalog.json and the documentation page",
                DOCS_OPTIONS,
            ),
            row(
                Subcommand::DocsServe,
                "Serve the documentation page",
                &[&HOST.0, &PORT.0, &BROWSER.0, &TARGET_PATH.0],
            ),
        ],
        ..row(
            Subcommand::Docs,
            "Write the documentation page and print the lineage of the selection",
            DOCS_OPTIONS,
        )
    },
    Row {
        argument: Some(&argument(&PROJECT_NAME.0)),
        ..row(Subcommand::Init, "Create a new project", &[&SKIP_PROFILE_SETUP.0])
    },
    Row {
        aliases: &["ls"],
        ..row(
            Subcommand::List,
            "List the nodes of the project",
            &[
                &LIST_SELECT.0,
                &MODELS.0,
                &EXCLUDE.0,
                &SELECTOR.0,
                &RESOURCE_TYPES.0,
                &EXCLUDE_RESOURCE_TYPES.0,
                &TARGET_PATH.0,
                &LIST_OUTPUT.0,
                &OUTPUT_KEYS.0,
            ],
        )
    },
    row(
        Subcommand::Export,
        "Write the rows of models, seeds, snapshots and sources into files",
        &[&SELECT.0, &EXCLUDE.0, &SELECTOR.0, &EXPORT_TO.0, &EXPORT_FORMAT.0, &TARGET_PATH.0, &THREADS.0],
    ),
    Row {
        argument: Some(&argument(&TARGET_NODE.0)),
        ..row(
            Subcommand::Lineage,
            "Show the lineage of a model or a column (`model.column`)",
            &[&DIRECTION.0, &DEPTH.0, &INFLUENCES.0, &LINEAGE_OUTPUT.0, &TARGET_PATH.0],
        )
    },
    Row {
        argument: Some(&Argument { option: &LOAD_TABLES.0, count: Count::Many, is_required: false }),
        ..row(
            Subcommand::Load,
            "Load files, command output or standard input into source tables",
            &[
                &SELECT.0,
                &EXCLUDE.0,
                &SELECTOR.0,
                &LOAD_FILES.0,
                &ALLOW_DELETES.0,
                &TARGET_PATH.0,
                &THREADS.0,
            ],
        )
    },
    Row {
        argument: Some(&Argument { option: &FOLDER.0, count: Count::One, is_required: true }),
        ..row(Subcommand::Man, "Write the man pages of all commands into a folder", &[])
    },
    row(Subcommand::Parse, "Parse the project and write manifest.json", &[&TARGET_PATH.0, &THREADS.0]),
    Row {
        known: RUNNING,
        ..row(
            Subcommand::Retry,
            "Rerun the nodes that failed in the last run",
            &[&FULL_REFRESH.0, &JUNIT.0, &REPORT.0, &TARGET_PATH.0, &THREADS.0],
        )
    },
    Row {
        known: RUNNING,
        ..row(
            Subcommand::Run,
            "Build models",
            &[
                &SELECT.0,
                &EXCLUDE.0,
                &SELECTOR.0,
                &FULL_REFRESH.0,
                &EMPTY.0,
                &SAMPLE.0,
                &EVENT_TIME_START.0,
                &EVENT_TIME_END.0,
                &INTERVAL_START.0,
                &INTERVAL_END.0,
                &ALLOW_EMPTY.0,
                &JUNIT.0,
                &REPORT.0,
                &TARGET_PATH.0,
                &THREADS.0,
                &SQLPARSE.0,
                &DUE.0,
            ],
        )
    },
    Row {
        argument: Some(&argument(&MACRO.0)),
        ..row(Subcommand::RunOperation, "Run a macro", &[&ARGS.0, &SQL.0, &TARGET_PATH.0, &THREADS.0])
    },
    Row {
        nested: &[
            of_task(
                Subcommand::ScheduleClear,
                "Run failed intervals of a task again, or all in a time range",
                REPAIR_OPTIONS,
            ),
            of_task(
                Subcommand::ScheduleMarkSuccess,
                "Mark failed intervals of a task as done, or all in a time range",
                REPAIR_OPTIONS,
            ),
            of_task(
                Subcommand::SchedulePause,
                "Begin no interval of a task until it is resumed",
                &[&TARGET_PATH.0],
            ),
            of_task(Subcommand::ScheduleResume, "Let a paused task run again", &[&TARGET_PATH.0]),
            of_task(
                Subcommand::ScheduleRetry,
                "Continue failed intervals of a task where they failed",
                REPAIR_OPTIONS,
            ),
            of_task(
                Subcommand::ScheduleRun,
                "Run one interval of a task now",
                &[&INTERVAL.0, &TARGET_PATH.0, &THREADS.0],
            ),
            row(
                Subcommand::ScheduleStatus,
                "Print the status of every task",
                &[&STATUS_OUTPUT.0, &TARGET_PATH.0],
            ),
        ],
        ..row(
            Subcommand::Schedule,
            "Run scheduled jobs when they are due",
            &[&STATUS.0, &LISTEN.0, &TARGET_PATH.0, &THREADS.0],
        )
    },
    Row {
        argument: Some(&Argument { option: &FILE.0, count: Count::One, is_required: true }),
        ..row(Subcommand::Schema, "Print the JSON schema of a kind of file, for editors", &[])
    },
    Row {
        known: RUNNING,
        ..row(
            Subcommand::Seed,
            "Load CSV files",
            &[
                &SELECT.0,
                &EXCLUDE.0,
                &SELECTOR.0,
                &FULL_REFRESH.0,
                &EMPTY.0,
                &SHOW.0,
                &TARGET_PATH.0,
                &THREADS.0,
                &SQLPARSE.0,
            ],
        )
    },
    Row {
        known: RUNNING,
        ..row(
            Subcommand::Show,
            "Print rows of a node or a query",
            &[
                &SELECT.0,
                &EXCLUDE.0,
                &SELECTOR.0,
                &FULL_REFRESH.0,
                &INLINE.0,
                &INTROSPECT.0,
                &SHOW_OUTPUT.0,
                &TARGET_PATH.0,
                &THREADS.0,
                &SQLPARSE.0,
                &INLINE_DIRECT.0,
                &LIMIT.0,
            ],
        )
    },
    Row {
        known: RUNNING,
        ..row(
            Subcommand::Snapshot,
            "Record the history of tables in snapshots",
            &[&SELECT.0, &EXCLUDE.0, &SELECTOR.0, &EMPTY.0, &TARGET_PATH.0, &THREADS.0, &SQLPARSE.0],
        )
    },
    group(
        "source",
        "Check sources",
        &[Row {
            aliases: &["snapshot-freshness"],
            ..row(
                Subcommand::SourceFreshness,
                "Check the freshness of sources",
                &[
                    &SELECT.0,
                    &EXCLUDE.0,
                    &SELECTOR.0,
                    &TARGET_PATH.0,
                    &THREADS.0,
                    &SQLPARSE.0,
                    &FRESHNESS_OUTPUT.0,
                ],
            )
        }],
    ),
    row(
        Subcommand::Test,
        "Run data tests and unit tests",
        &[
            &SELECT.0,
            &EXCLUDE.0,
            &SELECTOR.0,
            &RESOURCE_TYPES.0,
            &EXCLUDE_RESOURCE_TYPES.0,
            &STORE_FAILURES.0,
            &SHOW_FAILING_ROWS.0,
            &BATCH_TESTS.0,
            &JUNIT.0,
            &REPORT.0,
            &TARGET_PATH.0,
            &THREADS.0,
            &SQLPARSE.0,
        ],
    ),
    group(
        "db",
        "Manage the embedded PostgreSQL server, create databases",
        &[
            row(Subcommand::DbStart, "Start the server and keep it running", &[]),
            row(Subcommand::DbStop, "Stop the server", &[]),
            row(Subcommand::DbStatus, "Show whether the server is running and how to connect", &[]),
            Row {
                argument: Some(&Argument {
                    option: &ARGUMENTS.0,
                    count: Count::AllThatFollow,
                    is_required: false,
                }),
                ..row(Subcommand::DbPsql, "Open psql, connected to the server", &[])
            },
            row(
                Subcommand::DbCreateDatabases,
                "Create the databases that the target and its connections name and their servers lack",
                &[&DRY_RUN.0],
            ),
            row(Subcommand::DbInstall, "Download the server's programs from the package index", &[]),
        ],
    ),
];
