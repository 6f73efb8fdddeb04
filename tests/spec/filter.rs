//! What differs from run to run is taken out of the output of commands.

use std::sync::LazyLock;

use fancy_regex::Regex;

use crate::support::{Database, Project};

/// How servers differ in one message.
const OF_THE_SERVER: [&str; 2] = ["HINT:  There is a column named", "DETAIL:  There is a column named"];

/// The output without times, colours, names of this run, and what every command says in the same words.
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
    static TOOK: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"^(Finished running .*) in \d+ hours \d+ minutes and \d+\.\d+ seconds \(\d+\.\d+s\)\.$")
            .unwrap()
    });
    // a built-in macro more does not concern a spec
    static MACROS: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^(Found (?:.*, )?)\d+ macros\b").unwrap());
    let root = project.path().display().to_string();
    let mut lines = Vec::new();
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
        let line = TOOK.replace(&line, "$1");
        let line = MACROS.replace(&line, "$1.. macros").replace(", .. macros", "");
        lines.push(line.trim_end().to_owned());
    }
    let is_shown = |at: &usize| {
        let line = lines[*at].trim();
        let is_of_the_server = OF_THE_SERVER.iter().any(|words| line.starts_with(words));
        !line.is_empty() && !is_of_the_server && !is_opening(line) && !is_start(line, &lines[at + 1..])
    };
    (0..lines.len()).filter(is_shown).flat_map(|at| [lines[at].as_str(), "\n"]).collect()
}

/// What every command says first; in any other words it is shown.
fn is_opening(line: &str) -> bool {
    static OPENING: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"^(?:Running with dbt=1\.11\.16|Registered adapter: postgres=1\.11\.0|Concurrency: \d+ threads \(target='\w+'\))$",
        )
        .unwrap()
    });
    OPENING.is_match(line).unwrap()
}

/// `1 of 2 START ..`, where a later line has how it ended.
fn is_start(line: &str, later: &[String]) -> bool {
    line.split_once(" START ").is_some_and(|(number, _)| {
        later.iter().any(|line| {
            line.strip_prefix(number)
                .is_some_and(|rest| rest.starts_with(' ') && !rest.starts_with(" START "))
        })
    })
}

#[test]
fn only_what_every_command_says_is_left_out() {
    assert!(is_opening("Concurrency: 4 threads (target='dev')"));
    for line in
        ["Concurrency: 0 (target='dev')", "Running with dbt=1.12.0", "Done. PASS=1", "Completed successfully"]
    {
        assert!(!is_opening(line), "{line}");
    }
    let later = [
        "1 of 2 OK created sql table model spec.a".to_owned(),
        "2 of 2 START sql table model spec.b".to_owned(),
    ];
    assert!(is_start("1 of 2 START sql table model spec.a", &later));
    assert!(!is_start("2 of 2 START sql table model spec.b", &later), "its end is missing");
    assert!(!is_start("11 of 2 START sql table model spec.c", &later));
}
