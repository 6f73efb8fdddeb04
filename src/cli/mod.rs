//! The command line: which commands exist, which options each takes, and what was given.
//!
//! Options stand in tables: the next one is a row. Values stay untyped JSON here; `config::flags` merges
//! them with the environment and the project file.

mod table;

use clap::builder::PossibleValuesParser;
use clap::error::{ContextKind, ContextValue};
use clap::{Arg, ArgAction, ArgMatches, Command};
use serde_json::{Map, Value as Json};

use crate::config::flags::range;
use crate::diagnostic::nearest;

use table::Takes::{Choice, ChoiceWords, Flag, Int, Path, Switch, Text, Words};
use table::{COMMANDS, GLOBAL, Opt, Sub};

/// What the user asked for.
#[derive(Debug, Clone)]
pub(crate) struct Invocation {
    /// dbt's name of the command: `run`, `list`, `docs generate`, `source freshness`, `db start`.
    pub command: String,
    /// The options given on the command line by their snake-case name, nothing that was defaulted.
    pub given: Map<String, Json>,
}

/// Numbers with their range.
fn help(option: &Opt) -> String {
    match range(&option.name.replace('-', "_")) {
        Some((least, i64::MAX)) => format!("{} ({least} or more)", option.help),
        Some((least, most)) => format!("{} ({least} to {most})", option.help),
        None => option.help.to_owned(),
    }
}

/// Digits, however many: the flags say which range a number is in.
fn whole_number(text: &str) -> Result<Json, String> {
    let digits = text.trim().trim_start_matches(['-', '+']);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err("it is not a whole number".to_owned());
    }
    Ok(text.trim().parse::<i64>().map_or_else(|_| text.into(), Json::from))
}

fn arguments(option: &Opt, global: bool) -> Vec<Arg> {
    let mut base = Arg::new(option.name).long(option.name).help(help(option)).global(global);
    if let Some(short) = option.short {
        base = base.short(short);
    }
    if !option.aliases.is_empty() {
        base = base.visible_aliases(option.aliases.iter().copied());
        if option.name == "select" {
            base = base.short_alias('m');
        }
    }
    match option.takes {
        Switch => {
            let negative: &'static str = Box::leak(format!("no-{}", option.name).into_boxed_str());
            vec![
                base.action(ArgAction::SetTrue).overrides_with(negative),
                Arg::new(negative).long(negative).action(ArgAction::SetTrue).global(global).hide(true),
            ]
        }
        Flag => vec![base.action(ArgAction::SetTrue)],
        Text => vec![base.action(ArgAction::Set).value_name("TEXT").allow_hyphen_values(true)],
        Path => vec![base.action(ArgAction::Set).value_name("PATH")],
        Int => vec![
            base.action(ArgAction::Set)
                .value_name("N")
                .value_parser(whole_number)
                .allow_negative_numbers(true),
        ],
        Choice(choices) => {
            vec![
                base.action(ArgAction::Set)
                    .value_parser(PossibleValuesParser::new(choices))
                    .ignore_case(true),
            ]
        }
        Words => vec![base.action(ArgAction::Append).num_args(1..).value_name("NAME")],
        ChoiceWords(_) => vec![base.action(ArgAction::Append).num_args(1..).value_name("TYPE")],
    }
}

/// A command, complete only once it is the one that was asked for: there are hundreds of options.
fn subcommand(sub: &'static Sub, complete: fn(Command) -> Command) -> Command {
    let command = Command::new(sub.name).about(sub.help).visible_aliases(sub.aliases.iter().copied());
    command.subcommands(sub.nested.iter().map(|sub| subcommand(sub, self::complete))).defer(complete)
}

/// The same with the options that every command takes.
fn complete_alone(command: Command) -> Command {
    let has_nested = command.has_subcommands();
    let command = complete(command);
    GLOBAL.iter().fold(command, |command, option| command.args(arguments(option, has_nested)))
}

fn complete(mut command: Command) -> Command {
    let Some(sub) = find(COMMANDS, command.get_name()) else { return command };
    for option in sub.options {
        command = command.args(arguments(option, false));
    }
    if let Some((name, required)) = sub.argument {
        let argument = Arg::new(name).required(required);
        command = command.arg(if name == "arguments" {
            argument.num_args(0..).trailing_var_arg(true).allow_hyphen_values(true)
        } else {
            argument
        });
    }
    // with options of its own, the command does something without a nested one
    if !sub.nested.is_empty() && !sub.options.is_empty() {
        command = command.subcommand_precedence_over_arg(true);
    } else if !sub.nested.is_empty() {
        command = command.subcommand_required(true).arg_required_else_help(true);
    }
    command
}

/// No two commands have one name, nested ones included.
fn find(table: &'static [Sub], name: &str) -> Option<&'static Sub> {
    table.iter().find_map(|sub| if sub.name == name { Some(sub) } else { find(sub.nested, name) })
}

/// The whole command line, for parsing, help and completions.
pub fn command() -> Command {
    let command = GLOBAL.iter().fold(root(), |command, option| command.args(arguments(option, true)));
    command.subcommands(COMMANDS.iter().map(|sub| subcommand(sub, complete)))
}

/// clap itself minds NO_COLOR, and TERM unless CI is set; our own switch is read before the command line is.
fn color() -> clap::ColorChoice {
    let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    let off = std::env::var("DBT_USE_COLORS")
        .is_ok_and(|value| matches!(&*value.to_lowercase(), "0" | "f" | "false"));
    if off || is_dumb || std::env::args().any(|word| word == "--no-use-colors") {
        clap::ColorChoice::Never
    } else {
        clap::ColorChoice::Auto
    }
}

fn root() -> Command {
    Command::new("rsdbt")
        .color(color())
        .about("Compile a directory of Jinja-SQL models into a DAG and run it on PostgreSQL")
        .disable_version_flag(true)
        .arg(
            Arg::new("version")
                .long("version")
                .short('V')
                .short_alias('v')
                .action(ArgAction::SetTrue)
                .help("Show the version"),
        )
}

/// The whole command line where no option stands before the command, as usual: the options that every command takes
/// are then those of the command alone, and need not be handed down to it.
fn command_first() -> Command {
    root().subcommands(COMMANDS.iter().map(|sub| subcommand(sub, complete_alone)))
}

/// Reads the command line; the error is clap's own text, its exit code 2 (0 for help).
pub(crate) fn parse(arguments: impl IntoIterator<Item = String>) -> Result<Invocation, clap::Error> {
    let arguments: Vec<String> = arguments.into_iter().collect();
    let is_command = |word: &String| {
        COMMANDS.iter().any(|sub| sub.name == word.as_str() || sub.aliases.contains(&word.as_str()))
    };
    let nested = arguments.get(1).and_then(|word| COMMANDS.iter().find(|sub| sub.name == word.as_str()));
    let table = nested.map(|sub| sub.nested).filter(|nested| !nested.is_empty()).unwrap_or(COMMANDS);
    let suggest = |error| suggest(error, table);
    let mut given = Map::new();
    let matches = if arguments.get(1).is_some_and(is_command) {
        command_first().try_get_matches_from(arguments).map_err(suggest)?
    } else {
        let matches = command().try_get_matches_from(arguments).map_err(suggest)?;
        collect(&matches, &mut given, GLOBAL.iter());
        matches
    };
    let mut names = Vec::new();
    let mut level = &matches;
    let mut table = COMMANDS;
    while let Some((name, inner)) = level.subcommand() {
        let Some(sub) = table.iter().find(|sub| sub.name == name) else { break };
        collect(inner, &mut given, GLOBAL.iter());
        collect(inner, &mut given, sub.options.iter().copied());
        check_choices(inner, sub)?;
        if let Some((argument, _)) = sub.argument {
            let words: Vec<Json> = inner
                .get_many::<String>(argument)
                .unwrap_or_default()
                .map(|word| Json::from(word.as_str()))
                .collect();
            match words.as_slice() {
                [] => {}
                [one] if argument != "arguments" => drop(given.insert(argument.into(), one.clone())),
                _ => drop(given.insert(argument.into(), Json::Array(words))),
            }
        }
        names.push(name);
        table = sub.nested;
        level = inner;
    }
    if matches.get_flag("version") {
        names = vec!["version"];
    }
    Ok(Invocation { command: names.join(" "), given })
}

/// The nearest command, as all our hints find it: clap takes `rn` for `run-operation`.
fn suggest(mut error: clap::Error, table: &'static [Sub]) -> clap::Error {
    let Some(ContextValue::String(typed)) = error.get(ContextKind::InvalidSubcommand).cloned() else {
        return error;
    };
    let names = table.iter().flat_map(|sub| sub.aliases.iter().copied().chain([sub.name]));
    error.remove(ContextKind::SuggestedSubcommand);
    if let Some(meant) = nearest(&typed, names) {
        error.insert(ContextKind::SuggestedSubcommand, ContextValue::Strings(vec![meant.to_owned()]));
    }
    error
}

fn collect<'a>(matches: &ArgMatches, given: &mut Map<String, Json>, options: impl Iterator<Item = &'a Opt>) {
    use clap::parser::ValueSource::CommandLine;
    for option in options {
        let key = option.name.replace('-', "_");
        let present = |name: &str| matches.value_source(name) == Some(CommandLine);
        let value = match option.takes {
            Switch if present(&format!("no-{}", option.name)) => Json::Bool(false),
            _ if !present(option.name) => continue,
            Switch | Flag => Json::Bool(true),
            Int => matches.get_one::<Json>(option.name).cloned().unwrap_or_default(),
            Text | Path | Choice(_) => matches.get_one::<String>(option.name).cloned().into(),
            Words | ChoiceWords(_) => matches
                .get_many::<String>(option.name)
                .unwrap_or_default()
                .flat_map(|words| words.split(' '))
                .filter(|word| !word.is_empty())
                .collect(),
        };
        given.insert(key, value);
    }
}

/// Words may hold several choices (`--resource-type "model test"`), so clap cannot check them.
fn check_choices(matches: &ArgMatches, sub: &Sub) -> Result<(), clap::Error> {
    for option in sub.options {
        let ChoiceWords(choices) = option.takes else { continue };
        let words = matches.get_many::<String>(option.name).unwrap_or_default();
        for word in words.flat_map(|words| words.split(' ')).filter(|word| !word.is_empty()) {
            if !choices.contains(&word) {
                return Err(command().error(
                    clap::error::ErrorKind::InvalidValue,
                    format!(
                        "invalid value '{word}' for '--{}': it is not one of {}",
                        option.name,
                        choices.join(", ")
                    ),
                ));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(line: &str) -> (String, Json) {
        let invocation = parse(line.split(' ').map(str::to_owned)).unwrap();
        (invocation.command, Json::Object(invocation.given))
    }

    #[test]
    fn options_stand_before_and_after_the_command() {
        let (command, options) = given("rsdbt --no-use-colors -t prod run -s a +b --threads 3 --exclude c");
        assert_eq!(command, "run");
        assert_eq!(
            options,
            serde_json::json!({"target": "prod", "use_colors": false, "select": ["a", "+b"],
                "exclude": ["c"], "threads": 3})
        );
    }

    #[test]
    fn nested_commands_and_aliases_get_their_canonical_name() {
        assert_eq!(given("rsdbt source snapshot-freshness").0, "source freshness");
        assert_eq!(given("rsdbt ls --resource-type model test").1["resource_types"][1], "test");
        let between = given("rsdbt docs -t prod generate --no-compile --quiet").1;
        assert_eq!(between, serde_json::json!({"target": "prod", "quiet": true, "compile": false}));
        assert_eq!(given("rsdbt docs").0, "docs");
        let (command, options) = given("rsdbt docs --select a b generate --no-compile");
        assert_eq!(command, "docs generate");
        assert_eq!(options, serde_json::json!({"select": ["a", "b"], "compile": false}));
        assert_eq!(given("rsdbt run -m a --models b").1["select"], serde_json::json!(["a", "b"]));
    }

    #[test]
    fn the_definition_is_consistent() {
        fn names(table: &'static [Sub]) -> Vec<&'static str> {
            table.iter().flat_map(|sub| names(sub.nested).into_iter().chain([sub.name])).collect()
        }
        command().debug_assert();
        command_first().debug_assert();
        let mut all = names(COMMANDS);
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count, "options are found by the command's name alone");
    }
}
