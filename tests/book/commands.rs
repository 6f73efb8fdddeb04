//! `docs/reference/commands.md` and the table of variables in `environment.md`, from the help of the program.

use std::fmt::Write as _;

/// An option or an argument, as its help shows it.
pub(crate) struct Entry {
    /// `-s, --select <NAME>...`
    heading: String,
    aliases: Vec<String>,
    values: Vec<String>,
    about: String,
    default: String,
    pub(crate) variable: Option<String>,
}

/// What `rsdbt COMMAND --help` says.
#[derive(Default)]
pub(crate) struct Help {
    path: String,
    about: String,
    usage: String,
    arguments: Vec<Entry>,
    pub(crate) options: Vec<Entry>,
    pub(crate) of_all: Vec<Entry>,
    /// Their names, and what the list says about them.
    commands: Vec<(String, String)>,
    alias: Option<String>,
    example: String,
}

impl Entry {
    /// The name on the command line, without the dashes.
    pub(crate) fn name(&self) -> &str {
        let long = self.heading.split("--").nth(1).unwrap_or(&self.heading);
        long.trim_start_matches("[no-]").split(' ').next().unwrap_or_default()
    }

    fn read(heading: &str, lines: &[&str]) -> Self {
        let (mut aliases, mut values, mut about) = (Vec::new(), Vec::new(), Vec::new());
        // a list of values may be wrapped
        let text = lines.join(" ");
        let mut rest = text.as_str();
        while let Some((before, after)) = rest.split_once('[') {
            about.push(before);
            let (inside, behind) = after.split_once(']').unwrap_or((after, ""));
            match inside.split_once(':') {
                Some(("alias" | "aliases", list)) => aliases.extend(words(list)),
                Some(("possible values", list)) => values.extend(words(list)),
                _ => about.extend(["[", inside, "]"]),
            }
            rest = behind;
        }
        about.push(rest);
        let about = about.concat();
        let (about, variable) = match about.split_once("[env: ") {
            Some((before, variable)) => (before, variable.split(']').next().map(str::to_owned)),
            None => (about.as_str(), None),
        };
        let (about, default) = default_of(heading, about.trim());
        let about = about.split_whitespace().collect::<Vec<_>>().join(" ");
        Self { heading: heading.trim().to_owned(), aliases, values, about, default, variable }
    }

    fn row(&self) -> String {
        let (names, value) = match self.heading.split_once(" <") {
            Some((names, value)) => (names, format!("<{value}")),
            None => (self.heading.as_str(), String::new()),
        };
        let names = names.split(", ").map(|name| format!("`{name}`"));
        let names: Vec<String> = names.chain(self.aliases.iter().map(|name| format!("`{name}`"))).collect();
        let value = if value.is_empty() { value } else { format!("`{value}`") };
        let values: Vec<String> = self.values.iter().map(|value| format!("`{value}`")).collect();
        let value = if values.is_empty() { value } else { values.join(", ") };
        let variable = self.variable.as_ref().map(|name| format!("`{name}`")).unwrap_or_default();
        let about = self.about.replace('|', "\\|");
        format!("| {} | {value} | {} | {variable} | {about} |\n", names.join(", "), self.default)
    }
}

fn words(list: &str) -> impl Iterator<Item = String> + '_ {
    list.split(',').map(|word| word.trim().to_owned())
}

/// The text without the range and the default at its end, and these.
fn default_of<'t>(heading: &str, about: &'t str) -> (&'t str, String) {
    let is_switch = heading.contains("--[no-]");
    let off = || if is_switch && !about.starts_with("No effect") { "off" } else { "" };
    let Some((before, inside)) = about.strip_suffix(')').and_then(|text| text.rsplit_once('(')) else {
        return (about, off().to_owned());
    };
    if inside == "default" || inside.starts_with("default, turned off by ") {
        return (before.trim_end(), "on".to_owned());
    }
    let is_range = inside.starts_with(|c: char| c.is_ascii_digit() || c == '-');
    match inside.split_once("default: ") {
        Some(("", default)) => (before.trim_end(), format!("`{default}`")),
        Some((range, default)) if is_range => {
            (before.trim_end(), format!("`{default}` ({})", range.trim_end_matches(", ")))
        }
        None if is_range => (before.trim_end(), format!("({inside})")),
        _ => (about, off().to_owned()),
    }
}

impl Help {
    pub(crate) fn read(path: &str, text: &str) -> Self {
        let mut help = Self { path: path.to_owned(), ..Self::default() };
        let mut section = "";
        let mut lines = text.lines().peekable();
        while let Some(line) = lines.next() {
            let indent = line.len() - line.trim_start().len();
            if let Some(usage) = line.strip_prefix("Usage: ") {
                usage.clone_into(&mut help.usage);
            } else if indent == 0 && line.ends_with(':') {
                section = line;
            } else if line.trim().is_empty() {
            } else if section.is_empty() {
                line.clone_into(&mut help.about);
            } else if section == "Commands:" && indent > 2 {
                // the end of a wrapped line
            } else if section == "Commands:" {
                let (name, about) = line.trim().split_once(' ').unwrap_or((line.trim(), ""));
                help.commands.push((name.to_owned(), about.trim().to_owned()));
            } else if section == "Example:" {
                line.trim().clone_into(&mut help.example);
            } else {
                let mut below = Vec::new();
                let is_below = |line: &&str| line.trim().is_empty() || line.starts_with("          ");
                while let Some(line) = lines.next_if(is_below) {
                    below.push(line.trim());
                }
                let entry = Entry::read(line, &below);
                match section {
                    "Arguments:" => help.arguments.push(entry),
                    "Options:" if !matches!(entry.name(), "help" | "version") => help.options.push(entry),
                    "Options of all commands:" => help.of_all.push(entry),
                    _ => {}
                }
            }
        }
        help
    }

    fn page(&self) -> String {
        let mut text = format!("\n## {}\n\n{}.\n\n", self.path, self.about.trim_end_matches('.'));
        let _ = writeln!(text, "```text\n{}\n```", self.usage);
        if let Some(alias) = &self.alias {
            let _ = writeln!(text, "\nAlias: `{alias}`");
        }
        for argument in &self.arguments {
            let name = argument.heading.trim_matches(['[', ']', '<', '>', '.']);
            let _ = write!(text, "\n`{name}`: {}", argument.about);
            if !argument.values.is_empty() {
                let _ = write!(text, " ({})", argument.values.join(", "));
            }
            text.push('\n');
        }
        if !self.options.is_empty() {
            text.push_str(HEAD);
            self.options.iter().for_each(|option| text.push_str(&option.row()));
        }
        if !self.example.is_empty() {
            let _ = write!(text, "\nExample: `{}`\n", self.example);
        }
        text
    }
}

const HEAD: &str = "\n| option | value | default | variable | meaning |\n|---|---|---|---|---|\n";

/// The help of the program and of all commands, in the order of their names.
pub(crate) fn all(help: &dyn Fn(&[&str]) -> String) -> Vec<Help> {
    let root = Help::read("rsdbt", &help(&[]));
    let mut all = Vec::new();
    for (name, about) in root.commands.iter().filter(|(name, _)| name != "help") {
        let mut group = Help::read(&format!("rsdbt {name}"), &help(&[name]));
        group.alias = alias(about);
        for (inner, about) in group.commands.iter().filter(|(inner, _)| inner != "help") {
            let mut command = Help::read(&format!("rsdbt {name} {inner}"), &help(&[name, inner]));
            command.alias = alias(about);
            all.push(command);
        }
        // `source` and `db` are no commands by themselves
        if !group.usage.ends_with(" <COMMAND>") {
            all.push(group);
        }
    }
    all.sort_by(|left, right| left.path.cmp(&right.path));
    all.insert(0, root);
    all
}

fn alias(about: &str) -> Option<String> {
    about.split_once("[alias: ")?.1.strip_suffix(']').map(str::to_owned)
}

/// The page.
pub(crate) fn page(all: &[Help]) -> String {
    let mut text = String::from(
        "# Commands\n\nEvery command with its options. `--[no-]x` means `--x` and `--no-x`. The options that [all \
         commands](#options-of-all-commands) take\nare at the end.\n\nThe command line takes precedence over the variable of the environment, the variable \
         over `flags:` in dbt_project.yml. dbt's newer\nnames of the variables work, too: `DBT_ENGINE_DEBUG` for `DBT_DEBUG`.\n\nWritten from \
         `rsdbt <command> --help` by `UPDATE_SPECS=1 cargo test book`.\n\n\
         | command | purpose |\n|---|---|\n",
    );
    let commands = all.iter().skip(1);
    for help in commands.clone() {
        let anchor = help.path.replace(' ', "-");
        let _ = writeln!(text, "| [{}](#{anchor}) | {} |", help.path, help.about);
    }
    commands.for_each(|help| text.push_str(&help.page()));
    text.push_str("\n## Options of all commands\n");
    text.push_str(HEAD);
    all[0].of_all.iter().for_each(|option| text.push_str(&option.row()));
    text
}

/// The rows of the variables that set options, each once.
pub(crate) fn variables(all: &[Help]) -> String {
    let mut rows: Vec<(String, String)> = Vec::new();
    for option in all.iter().flat_map(|help| help.options.iter().chain(&help.of_all)) {
        let Some(variable) = &option.variable else { continue };
        let row =
            format!("| `{variable}` | `--{}` | {} |\n", option.name(), option.about.replace('|', "\\|"));
        if !rows.iter().any(|(known, _)| known == variable) {
            rows.push((variable.clone(), row));
        }
    }
    rows.sort();
    rows.into_iter().map(|(_, row)| row).collect()
}
