//! rsdbt compiles a directory of Jinja-SQL models into a DAG and runs it on PostgreSQL.
//!
//! The modules stand in layer order: a module uses only modules above it. In brackets the crates that
//! only that module may name.

/// The only error type: a message, spans into the user's files, help.
mod diagnostic;

/// Bytes as hexadecimal digits.
mod hex;

/// A number of things, in words.
mod counted;

/// Percent-encoded texts.  [percent-encoding]
mod percent;

/// Maps and sets by hash.  [foldhash]
mod hashed;

/// A language: Jinja2 with Python's values; it knows no project, no manifest, no database.  [minijinja]
mod jinja;

/// The time that never goes back.
mod clock;

/// Ctrl-C and other signals: an orderly end, or one at once that leaves nothing behind.  [signal-hook]
mod interrupt;

/// Reading files that users name.
mod regular;

/// Files and folders of our own: written, replaced and removed.
mod output;

/// Requests over HTTP.  [ureq]
mod http;

/// Work shared out to the machine's cores.
mod parallel;

/// Typed, spanned YAML: project, profiles, properties, packages, selectors, node configs.  [serde_yaml]
mod config;

/// What the user may set: every option, the commands that take them, the values of both.
mod options;

/// Files on disk as a project: packages, raw texts; nothing rendered.  [ignore]
mod project;

/// Plain data: nodes, sources, macros, lookup, state comparison; serialized it is manifest.json.
mod manifest;

/// The DAG over unique ids, and selection by dbt's grammar.  [petgraph]
mod graph;

/// Compiled SQL: column lineage, statement split.  [sqlparser]
mod sql;

/// Postgres: connect, execute, catalog reads, relation cache, COPY, the embedded server.  [postgres-protocol, rustls, ruzstd]
mod adapter;

/// Rows from files, commands and standard input: read, judged by the declared columns, written as COPY reads them.
mod load;

/// What rsdbt remembers about relations and jobs: the tables of the schema `rsdbt`, made and migrated.
mod memory;

/// The macros and starter files that ship with the binary.
mod builtin;

/// What dbt puts into templates: its functions, objects and names, the macros of all packages.  [minijinja]
mod context;

/// Files to manifest: the one stage that renders while it reads.
mod parse;

/// Plan, executor, nodes, tests, freshness, hooks, events, results.
mod run;

/// What each run did, as tables of the project's choice.
mod run_log;

/// What runs by itself: cron, intervals that are due, their ledger in Postgres.
mod schedule;

/// The documentation page, its data and its server.  [rust-sugiyama]
mod docs;

/// Events to terminal, progress, JSON log.  [indicatif]
mod report;

/// What the user typed.  [clap, clap-mangen]
mod cli;

/// Each command wires the stages.
mod commands;

/// What the fuzz targets play with any text.
mod fuzzed;

pub use commands::main;

/// What this repository's tests, benches and fuzz targets use beside the executable; no interface for others.
#[doc(hidden)]
pub mod inside {
    pub use crate::config::known::keys_of_files;
    pub mod adapter {
        pub use crate::adapter::{Begin, Cell, Connection, Fetch, ResultSet, Seed, SeedOptions, Settings};
        pub use crate::sql::quote_identifier;
        pub mod embedded {
            pub use crate::adapter::embedded::{Lifetime, Options, Server, Source};
        }
    }
    pub mod cli {
        pub use crate::cli::command;
    }
    pub mod context {
        pub use crate::context::{Engine, EngineSettings, MacroPackage};
    }
    pub mod diagnostic {
        pub use crate::diagnostic::{SourceText, render};
    }
    pub mod docs {
        pub use crate::docs::server::Server;
        pub use crate::docs::{Artifacts, generate, trace_manifest};
    }
    pub mod fuzzed {
        pub use crate::fuzzed::{Selected, Templates, csv, yaml};
    }
    pub mod jinja {
        pub use crate::jinja::{Context, Error, Object, State, Value};
    }
    pub mod options {
        pub use crate::options::range;
    }
    pub mod output {
        pub use crate::output::Scratch;
    }
    pub mod sql {
        pub use crate::sql::lineage::{
            ColumnNames, Edge, EdgeKind, Lineage, Origin, RelationName, Resolver, trace,
        };
        pub use crate::sql::statements;
    }
}
