//! rsdbt compiles a directory of Jinja-SQL models into a DAG and runs it on PostgreSQL.
//!
//! The modules stand in layer order: a module uses only modules above it. In brackets the crates that
//! only that module may name.

/// The only error type: a message, spans into the user's files, help.
pub mod diagnostic;

/// Bytes as hexadecimal digits.
pub mod hex;

/// Maps and sets by hash.  [foldhash]
pub mod hashed;

/// The time that never goes back.
pub mod clock;

/// Ctrl-C and other signals: an orderly end, or one at once that leaves nothing behind.  [signal-hook]
pub mod interrupt;

/// Reading files that users name.
pub mod regular;

/// Files and folders of our own: written, replaced and removed.
pub mod output;

/// Work shared out to the machine's cores.
pub mod parallel;

/// Typed, spanned YAML: project, profiles, properties, packages, selectors, node configs.  [serde_yaml]
pub mod config;

/// Files on disk as a project: packages, raw texts; nothing rendered.  [walkdir, ignore, ureq, flate2]
pub mod project;

/// Plain data: nodes, sources, macros, lookup, state comparison; serialized it is manifest.json.
pub mod manifest;

/// The DAG over unique ids, and selection by dbt's grammar.  [petgraph]
pub mod graph;

/// Compiled SQL: column lineage, statement split.  [sqlparser]
pub mod sql;

/// Postgres: connect, execute, catalog reads, relation cache, COPY, the embedded server.  [postgres-protocol, rustls, ruzstd]
pub mod adapter;

/// What rsdbt remembers about relations and jobs: the tables of the schema `rsdbt`, made and migrated.
pub mod memory;

/// The macros and starter files that ship with the binary.
pub mod builtin;

/// dbt's Jinja: blocks, macros, Python's values, functions, objects.  [minijinja]
pub mod jinja;

/// Files to manifest: the one stage that renders while it reads.
pub mod parse;

/// Plan, executor, nodes, tests, freshness, hooks, events, results.
pub mod run;

/// What runs by itself: cron, intervals that are due, their ledger in Postgres.
pub mod schedule;

/// The documentation page, its data and its server.  [rust-sugiyama]
pub mod docs;

/// Events to terminal, progress, JSON log.  [indicatif]
pub mod report;

/// What the user typed.  [clap]
pub mod cli;

/// Each command wires the stages.
pub mod commands;
