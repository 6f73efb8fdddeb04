//! `-h` lists the options of the command; `--help` those of all commands too, where else they may be set, and an example.

use clap::{Arg, Command};

use crate::options::table::GLOBAL;
use crate::options::{COMMANDS, Kind, Opt, Row, Subcommand};

/// With the range of a number, and the default.
pub(super) fn short(option: &Opt) -> String {
    let range = option.range().map(|(least, most)| match most {
        i64::MAX => format!("{least} or more"),
        _ => format!("{least} to {most}"),
    });
    let more: Vec<String> = range.into_iter().chain(option.shown_default()).collect();
    if more.is_empty() { option.help.to_owned() } else { format!("{} ({})", option.help, more.join(", ")) }
}

/// With the variable of the environment.
fn long(option: &Opt) -> String {
    match option.variable() {
        Some(variable) => format!("{} [env: {variable}]", short(option)),
        None => short(option),
    }
}

pub(super) fn described(argument: Arg, option: &Opt, global: bool) -> Arg {
    let argument = argument.help(short(option)).long_help(long(option)).hide_short_help(global);
    if global { argument.help_heading("Options of all commands") } else { argument }
}

/// What comes below the options.
pub(super) fn closed(command: Command, row: &Row, path: &str) -> Command {
    let more = format!("Options of all commands, such as --target and --vars: rsdbt {path} --help");
    let command = command.after_help(more);
    let example = row.command.map(Subcommand::example);
    command.after_long_help(example.map(|example| format!("Example:\n  rsdbt {example}")).unwrap_or_default())
}

/// Headings of switches as `--[no-]x`, in a text with or without colours.
pub(super) fn with_negatives(text: &str) -> String {
    let lines = text.split_inclusive('\n').map(|line| match switch_of(line) {
        Some(name) => negative(line, &name),
        None => line.to_owned(),
    });
    lines.collect()
}

/// What stands beside it stays in its column.
fn negative(line: &str, name: &str) -> String {
    const ADDED: &str = "[no-]";
    let Some((before, after)) = line.split_once(&format!("--{name}")) else { return line.to_owned() };
    // two blanks stay between them
    let (end, beside) = after.split_at(after.find("  ").unwrap_or(after.len()));
    let blanks = beside.len() - beside.trim_start_matches(' ').len();
    let beside = &beside[ADDED.len().min(blanks.saturating_sub(2))..];
    format!("{before}--{ADDED}{name}{end}{beside}")
}

/// The switch that a line is the heading of.
fn switch_of(line: &str) -> Option<String> {
    let plain = plain(line);
    let heading = plain.strip_prefix("      ").or_else(|| plain.strip_prefix("  -")?.get(3..))?;
    let name = heading.strip_prefix("--")?.split([' ', '\n']).next()?;
    let is_it = |option: &&Opt| option.kind == Kind::Switch && option.name() == name;
    all_options().find(is_it).map(Opt::name)
}

fn all_options() -> impl Iterator<Item = &'static Opt> {
    fn of(rows: &'static [Row], found: &mut Vec<&'static Opt>) {
        for row in rows {
            found.extend(row.options);
            of(row.nested, found);
        }
    }
    let mut found = GLOBAL.to_vec();
    of(COMMANDS, &mut found);
    found.into_iter()
}

/// Without colours.
fn plain(line: &str) -> String {
    let mut text = String::new();
    let mut rest = line;
    while let Some((before, after)) = rest.split_once("\x1b[") {
        text.push_str(before);
        rest = after.split_once('m').map_or("", |(_, rest)| rest);
    }
    text + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_switches_have_negatives() {
        let text =
            "  -x, --fail-fast\n          Stop --fail-fast\n      --static\n  \x1b[1m    --defer\x1b[0m\n";
        let expected = "  -x, --[no-]fail-fast\n          Stop --fail-fast\n      --static\n  \x1b[1m    --[no-]defer\x1b[0m\n";
        assert_eq!(with_negatives(text), expected);
        let text = "  -x, --fail-fast      Stop\n      \x1b[1m--defer\x1b[0m  Defer\n      --static         Without\n";
        let expected = "  -x, --[no-]fail-fast  Stop\n      \x1b[1m--[no-]defer\x1b[0m  Defer\n      --static         Without\n";
        assert_eq!(with_negatives(text), expected);
    }

    /// As a shell splits them.
    fn words(line: &str) -> Vec<String> {
        let mut words = vec![String::new()];
        let mut quote = None;
        for letter in line.chars() {
            match (letter, quote, words.last_mut()) {
                ('\'' | '"', None, _) => quote = Some(letter),
                (letter, Some(open), _) if letter == open => quote = None,
                (' ', None, _) => words.push(String::new()),
                (letter, _, Some(word)) => word.push(letter),
                (_, _, None) => {}
            }
        }
        words
    }

    #[test]
    fn every_example_is_a_command_line() {
        for command in Subcommand::ALL {
            match super::super::parse(words(&format!("rsdbt {}", command.example()))) {
                Ok(super::super::Request::Command(parsed)) => assert_eq!(parsed.command, command),
                other => panic!("{}: {other:?}", command.example()),
            }
        }
    }
}
