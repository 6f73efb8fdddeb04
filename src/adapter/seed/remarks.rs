//! What in a seed's header and configuration is likely a mistake, though it can be loaded.

use crate::diagnostic::did_you_mean;

use super::SeedOptions;

const DELIMITERS: [(char, &str); 3] = [(';', ";"), ('\t', "\\t"), ('|', "|")];

/// The name of the warning and its text, for each.
pub(super) fn remarks(names: &[String], options: &SeedOptions, path: &str) -> Vec<(&'static str, String)> {
    let mut remarks = Vec::new();
    if let [name] = names
        && let Some((_, shown)) = DELIMITERS.iter().find(|(other, _)| name.contains(*other))
    {
        let text = format!(
            "`{path}` has a single column, `{}`\nhelp: if its columns are separated by `{shown}`, set `delimiter: \"{shown}\"` in the config of the seed",
            name.escape_default()
        );
        remarks.push(("SeedDelimiter", text));
    }
    for typed in options.text_columns.iter().filter(|typed| !names.contains(typed)) {
        let near = names.iter().find(|name| name.eq_ignore_ascii_case(typed));
        let help = match near {
            Some(name) => format!("write `{name}`, as the file does"),
            None => did_you_mean(typed, names.iter().map(String::as_str))
                .unwrap_or_else(|| format!("the columns of the file are {}", listed(names))),
        };
        let text = format!(
            "`column_types` has a type for `{typed}`, which is not a column of `{path}`\nhelp: {help}"
        );
        remarks.push(("SeedColumnType", text));
    }
    remarks
}

fn listed(names: &[String]) -> String {
    const MOST: usize = 20;
    let shown: Vec<String> = names.iter().take(MOST).map(|name| format!("`{name}`")).collect();
    let more = if names.len() > MOST { ", .." } else { "" };
    format!("{}{more}", shown.join(", "))
}
