//! What differs from run to run is taken out of the output of commands.

use std::sync::LazyLock;

use fancy_regex::Regex;

use crate::support::{Database, Project};

/// Lines that say nothing about what a spec is about.
const NOISE: [&str; 10] = [
    "Running with ",
    "Registered adapter",
    "Concurrency:",
    "Finished running",
    "Completed successfully",
    "Done.",
    "Warnings above: ",
    "Unable to do partial parsing",
    // servers differ in what they call this
    "HINT:  There is a column named",
    "DETAIL:  There is a column named",
];

/// The output without times, colours, names of this run, and noise.
pub(crate) fn stable(text: &str, project: &Project, database: &Database) -> String {
    static CLOCK: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^\d\d:\d\d:\d\d(\.\d+)? {0,2}").unwrap());
    static DURATION: LazyLock<Regex> = LazyLock::new(|| Regex::new(r" in \d+\.\d+s\b").unwrap());
    static COLOUR: LazyLock<Regex> = LazyLock::new(|| Regex::new("\u{1b}\\[[0-9;]*[A-Za-z]").unwrap());
    static DOTS: LazyLock<Regex> = LazyLock::new(|| Regex::new(r" \.+ \[").unwrap());
    static VERSION: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"__dbt_tmp\d{12}\b").unwrap());
    static BLOCK_LINE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"inline_code_block line \d+").unwrap());
    static BACKUP: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"__dbt_backup_[0-9a-f]{8}").unwrap());
    // since 16 the server prints views without needless qualifiers
    static COLUMN: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r#"column (?:\w+\.)?"?(\w+)"? does not exist"#).unwrap());
    static SINCE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"since \d{4}-[-\d]+ [\d:.+]+").unwrap());
    static RULE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"-{20,}").unwrap());
    let root = project.path().display().to_string();
    let mut shown = String::new();
    for line in text.lines() {
        let line = COLOUR.replace_all(line, "");
        let line = CLOCK.replace(&line, "");
        let line = DURATION.replace_all(&line, "");
        let line = DOTS.replace_all(&line, " [");
        let line = VERSION.replace_all(&line, "__dbt_tmp");
        let line = BLOCK_LINE.replace_all(&line, "inline_code_block line ..");
        let line = BACKUP.replace_all(&line, "__dbt_backup_..");
        let line = COLUMN.replace_all(&line, "column $1 does not exist");
        let line = SINCE.replace_all(&line, "since then");
        let line = RULE.replace_all(&line, "---");
        let line = line.replace(&root, ".").replace(&database.schema, "spec");
        let name = &database.settings.database;
        let line = line
            .replace(&format!("\"{name}\"."), "")
            .replace(&format!("database `{name}`"), "database `db`")
            .replace(&format!(" vs {name})"), " vs db)");
        let trimmed = line.trim();
        let counts =
            trimmed.strip_prefix("Found ").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
        let is_noise =
            counts || NOISE.iter().any(|noise| trimmed.starts_with(noise)) || trimmed.contains(" START ");
        if !trimmed.is_empty() && !is_noise {
            shown.push_str(line.trim_end());
            shown.push('\n');
        }
    }
    shown
}
