//! The command line, read by the tables of [`options`](crate::options): values stay untyped JSON here, because the
//! environment and the project file come under them.

pub(crate) mod completion;
mod help;
pub(crate) mod man;

use clap::builder::PossibleValuesParser;
use clap::error::{ContextKind, ContextValue};
use clap::{Arg, ArgAction, ArgMatches, Command};
use serde_json::{Map, Value as Json};

use crate::diagnostic::nearest;
use crate::options::table::{GLOBAL, SELECT};
use crate::options::{COMMANDS, Count, Kind, Opt, Row, Subcommand};
use crate::report::visible;

/// What the user asked for.
#[derive(Debug, Clone)]
pub(crate) enum Request {
    /// Nothing yet.
    Help,
    Version,
    Command(Arguments),
}

/// A command, and what was given to it.
#[derive(Debug, Clone)]
pub(crate) struct Arguments {
    pub command: Subcommand,
    /// The options given on the command line by their keys, nothing that was defaulted.
    pub given: Map<String, Json>,
    /// The selection is given by a name that dbt deprecates: `--models`, `--model` or `-m`.
    pub names_models: bool,
}

/// Digits, however many: the flags say which range a number is in.
fn whole_number(text: &str) -> Result<Json, String> {
    let digits = text.trim().trim_start_matches(['-', '+']);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err("it is not a whole number".to_owned());
    }
    Ok(text.trim().parse::<i64>().map_or_else(|_| text.into(), Json::from))
}

/// clap keeps names for as long as the process.
fn kept(text: String) -> &'static str {
    Box::leak(text.into_boxed_str())
}

/// clap's name of what `--no-x` sets.
fn negative(option: &Opt) -> String {
    format!("no-{}", option.name())
}

fn arguments(option: &'static Opt, global: bool) -> Vec<Arg> {
    let base = Arg::new(option.key).long(kept(option.name())).global(global);
    let mut base = help::described(base, option, global);
    if let Some(short) = option.short {
        base = base.short(short);
    }
    if !option.aliases.is_empty() {
        base = base.visible_aliases(option.aliases.iter().copied());
        if option.key == SELECT.0.key {
            base = base.short_alias('m');
        }
    }
    match option.kind {
        Kind::Switch => {
            let negative = kept(negative(option));
            vec![
                base.action(ArgAction::SetTrue).overrides_with(negative),
                Arg::new(negative).long(negative).action(ArgAction::SetTrue).global(global).hide(true),
            ]
        }
        Kind::Flag => vec![base.action(ArgAction::SetTrue)],
        Kind::Text | Kind::Mapping | Kind::Time => {
            vec![base.action(ArgAction::Set).value_name("TEXT").allow_hyphen_values(true)]
        }
        Kind::Path => vec![base.action(ArgAction::Set).value_name("PATH")],
        Kind::Integer(..) => vec![
            base.action(ArgAction::Set)
                .value_name("N")
                .value_parser(whole_number)
                .allow_negative_numbers(true),
        ],
        Kind::Choice(choices) => {
            vec![
                base.action(ArgAction::Set)
                    .value_name("WORD")
                    .value_parser(PossibleValuesParser::new(choices))
                    .ignore_case(true),
            ]
        }
        Kind::Words => vec![base.action(ArgAction::Append).num_args(1..).value_name("NAME")],
        Kind::ChoiceWords(_) => vec![base.action(ArgAction::Append).num_args(1..).value_name("TYPE")],
    }
}

/// A command, complete only once it is the one that was asked for: there are hundreds of options.
fn subcommand(row: &'static Row) -> Command {
    named(row).defer(|command| match COMMANDS.iter().find(|row| row.word == command.get_name()) {
        Some(row) => filled(command, row, row.word),
        None => command,
    })
}

/// Below another one, where there are few; their names may be those of other commands, as that of `schedule retry`.
fn nested(row: &'static Row, above: &str) -> Command {
    filled(named(row), row, &format!("{above} {}", row.word))
}

fn named(row: &'static Row) -> Command {
    let command = Command::new(row.word).about(row.help).visible_aliases(row.aliases.iter().copied());
    let command = command.hide(row.is_hidden);
    command.subcommands(row.nested.iter().map(|inner| nested(inner, row.word)))
}

fn filled(command: Command, row: &'static Row, path: &str) -> Command {
    let mut command = help::closed(command, row, path);
    for option in row.options {
        command = command.args(arguments(option, false));
    }
    if let Some(argument) = row.argument {
        let mut arg = Arg::new(argument.option.key).help(argument.option.help).required(argument.is_required);
        if let Kind::Choice(choices) = argument.option.kind {
            arg = arg.value_parser(PossibleValuesParser::new(choices));
        }
        command = command.arg(match argument.count {
            Count::One => arg,
            Count::Many => arg.num_args(0..),
            Count::AllThatFollow => arg.num_args(0..).trailing_var_arg(true).allow_hyphen_values(true),
        });
    }
    // with options of its own, the command does something without a nested one
    if !row.nested.is_empty() && row.command.is_some() {
        command = command.subcommand_precedence_over_arg(true);
    } else if !row.nested.is_empty() {
        command = command.subcommand_required(true).arg_required_else_help(true);
    }
    command
}

/// Help as it is shown; anything else is clap's own text.
pub(crate) fn help_text(error: &clap::Error) -> Option<String> {
    use std::io::IsTerminal as _;
    let is_help = error.kind() == clap::error::ErrorKind::DisplayHelp;
    let text = error.render();
    let is_colored = color() != clap::ColorChoice::Never && std::io::stdout().is_terminal() && !no_color();
    is_help
        .then(|| help::with_negatives(&if is_colored { text.ansi().to_string() } else { text.to_string() }))
}

fn no_color() -> bool {
    std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
}

/// The whole command line, for parsing, help and completions.
pub fn command() -> Command {
    let command = GLOBAL.iter().fold(root(), |command, option| command.args(arguments(option, true)));
    command.subcommands(COMMANDS.iter().map(subcommand))
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

/// Through a link with that name, for programs that look whether the first line of the help is dbt's.
fn is_called_dbt() -> bool {
    let name = std::env::args_os().next();
    name.is_some_and(|name| std::path::Path::new(&name).file_stem().is_some_and(|stem| stem == "dbt"))
}

fn root() -> Command {
    let root = Command::new("rsdbt")
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
        .after_help(
            "Options of a command: rsdbt COMMAND -h; all of them, and an example: rsdbt COMMAND --help",
        )
        .after_long_help("Example:\n  rsdbt build --select +orders");
    if !is_called_dbt() {
        return root;
    }
    root.override_usage("dbt [OPTIONS] COMMAND [ARGS]...")
        .help_template("{usage-heading} {usage}\n\n{about}\n\n{all-args}{after-help}")
}

/// Reads the command line; the error is clap's own text, its exit code 2 (0 for help).
pub(crate) fn parse(arguments: impl IntoIterator<Item = String>) -> Result<Request, clap::Error> {
    let arguments: Vec<String> = arguments.into_iter().collect();
    let names_models = names_models(&arguments);
    let nested = arguments.get(1).and_then(|word| COMMANDS.iter().find(|row| row.word == word.as_str()));
    let rows = nested.map(|row| row.nested).filter(|nested| !nested.is_empty()).unwrap_or(COMMANDS);
    let suggest = |error| shown(suggest(error, rows));
    let mut given = Map::new();
    let matches = command().try_get_matches_from(arguments).map_err(suggest)?;
    collect(&matches, &mut given, GLOBAL);
    if matches.get_flag("version") {
        return Ok(Request::Version);
    }
    let mut command = None;
    let mut level = &matches;
    let mut rows = COMMANDS;
    while let Some((word, inner)) = level.subcommand() {
        let Some(row) = rows.iter().find(|row| row.word == word) else { break };
        collect(inner, &mut given, GLOBAL);
        collect(inner, &mut given, row.options);
        check_choices(inner, row)?;
        if let Some(argument) = row.argument {
            let key = argument.option.key;
            let mut words =
                inner.get_many::<String>(key).unwrap_or_default().map(|word| Json::from(word.as_str()));
            let value = if argument.count == Count::One { words.next() } else { Some(words.collect()) };
            given.extend(value.map(|value| (key.to_owned(), value)));
        }
        command = row.command;
        rows = row.nested;
        level = inner;
    }
    Ok(match command {
        Some(command) => Request::Command(Arguments { command, given, names_models }),
        None => Request::Help,
    })
}

fn names_models(arguments: &[String]) -> bool {
    let options = arguments.iter().skip(1).take_while(|word| *word != "--");
    options
        .map(|word| word.split('=').next().unwrap_or_default())
        .any(|word| matches!(word, "--models" | "--model" | "-m"))
}

/// The nearest command, as all our hints find it: clap takes `rn` for `run-operation`.
fn suggest(mut error: clap::Error, rows: &'static [Row]) -> clap::Error {
    let Some(ContextValue::String(typed)) = error.get(ContextKind::InvalidSubcommand).cloned() else {
        return error;
    };
    let names = rows.iter().flat_map(|row| row.aliases.iter().copied().chain([row.word]));
    error.remove(ContextKind::SuggestedSubcommand);
    if let Some(meant) = nearest(&typed, names) {
        error.insert(ContextKind::SuggestedSubcommand, ContextValue::Strings(vec![meant.to_owned()]));
    }
    error
}

/// With what was typed as text that acts on no terminal.
fn shown(mut error: clap::Error) -> clap::Error {
    let acts = |text: &str| visible(text) != text;
    let typed: Vec<(ContextKind, ContextValue)> = error
        .context()
        .filter_map(|(kind, value)| match value {
            ContextValue::String(text) if acts(text) => Some((kind, ContextValue::String(visible(text)))),
            ContextValue::Strings(texts) if texts.iter().any(|text| acts(text)) => {
                Some((kind, ContextValue::Strings(texts.iter().map(|text| visible(text)).collect())))
            }
            _ => None,
        })
        .collect();
    if !typed.is_empty() {
        // a tip repeats what was typed
        error.remove(ContextKind::Suggested);
    }
    for (kind, value) in typed {
        error.insert(kind, value);
    }
    error
}

fn collect(matches: &ArgMatches, given: &mut Map<String, Json>, options: &[&'static Opt]) {
    use clap::parser::ValueSource::CommandLine;
    for option in options {
        let key = option.key;
        let present = |name: &str| matches.value_source(name) == Some(CommandLine);
        let value = match option.kind {
            Kind::Switch if present(&negative(option)) => Json::Bool(false),
            _ if !present(key) => continue,
            Kind::Switch | Kind::Flag => Json::Bool(true),
            Kind::Integer(..) => matches.get_one::<Json>(key).cloned().unwrap_or_default(),
            Kind::Text | Kind::Path | Kind::Choice(_) | Kind::Mapping | Kind::Time => {
                matches.get_one::<String>(key).cloned().into()
            }
            Kind::Words | Kind::ChoiceWords(_) => {
                let given = matches.get_many::<String>(key).unwrap_or_default();
                let mut words: Vec<&str> =
                    given.flat_map(|words| words.split(' ')).filter(|word| !word.is_empty()).collect();
                // an empty selection, as of a variable that is not set, is not all
                if words.is_empty() && matches!(option.kind, Kind::Words) {
                    words.push("");
                }
                words.into()
            }
        };
        given.insert(key.to_owned(), value);
    }
}

/// Words may hold several choices (`--resource-type "model test"`), so clap cannot check them.
fn check_choices(matches: &ArgMatches, row: &Row) -> Result<(), clap::Error> {
    for option in row.options {
        let Kind::ChoiceWords(choices) = option.kind else { continue };
        let words = matches.get_many::<String>(option.key).unwrap_or_default();
        for word in words.flat_map(|words| words.split(' ')).filter(|word| !word.is_empty()) {
            if !choices.contains(&word) {
                return Err(command().error(
                    clap::error::ErrorKind::InvalidValue,
                    format!(
                        "invalid value '{}' for '--{}': it is not one of {}",
                        visible(word),
                        option.name(),
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

    fn given(line: &str) -> (Subcommand, Json) {
        match parse(line.split(' ').map(str::to_owned)).unwrap() {
            Request::Command(arguments) => (arguments.command, Json::Object(arguments.given)),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_was_typed_acts_on_no_terminal() {
        for line in [
            "rsdbt r\x1b[31mun",
            "rsdbt run --se\x1b[31mlect a",
            "rsdbt run --threads \x1b[2J",
            "rsdbt run \x1b]0;title\x07",
            "rsdbt run --indirect-selection \u{202e}x",
            "rsdbt ls --resource-type mo\x1b[31mdel",
            "rsdbt lineage a --\x1b[31mb",
            "rsdbt run-operation a \x1b[31mb",
            "rsdbt docs \x1b[31mserve",
        ] {
            let error = parse(line.split(' ').map(str::to_owned)).unwrap_err().to_string();
            assert_eq!(visible(&error), error, "{line:?}");
            assert!(error.contains("\\x1b") || error.contains("\\u{202e}"), "{error}");
        }
    }

    #[test]
    fn options_stand_before_and_after_the_command() {
        let (command, options) = given("rsdbt --no-use-colors -t prod run -s a +b --threads 3 --exclude c");
        assert_eq!(command, Subcommand::Run);
        assert_eq!(
            options,
            serde_json::json!({"target": "prod", "use_colors": false, "select": ["a", "+b"],
                "exclude": ["c"], "threads": 3})
        );
    }

    #[test]
    fn nested_commands_and_aliases_get_their_canonical_name() {
        assert_eq!(given("rsdbt source snapshot-freshness").0, Subcommand::SourceFreshness);
        assert_eq!(given("rsdbt ls --resource-type model test").1["resource_types"][1], "test");
        let between = given("rsdbt docs -t prod generate --no-compile --quiet").1;
        assert_eq!(between, serde_json::json!({"target": "prod", "quiet": true, "compile": false}));
        assert_eq!(given("rsdbt docs").0, Subcommand::Docs);
        let (command, options) = given("rsdbt docs --select a b generate --no-compile");
        assert_eq!(command, Subcommand::DocsGenerate);
        assert_eq!(options, serde_json::json!({"select": ["a", "b"], "compile": false}));
        assert_eq!(given("rsdbt run -m a --models b").1["select"], serde_json::json!(["a", "b"]));
    }

    #[test]
    fn the_definition_is_consistent() {
        fn names_are_told_apart(rows: &'static [Row]) {
            let mut words: Vec<&str> = rows.iter().map(|row| row.word).collect();
            words.sort_unstable();
            words.dedup();
            assert_eq!(words.len(), rows.len(), "commands of one level are found by their names");
            for row in rows {
                names_are_told_apart(row.nested);
            }
        }
        command().debug_assert();
        names_are_told_apart(COMMANDS);
        for command in Subcommand::ALL {
            assert_eq!(command.row().and_then(|row| row.command), Some(command));
        }
    }
}
