//! The environment as the program sees it: the process's variables, and under them those of `.env`.
//!
//! A value that is passed around, not a change of the process: a variable that is set is never overridden.

use std::path::Path;

use crate::diagnostic::Result;
use crate::hashed::IndexMap;

use super::optional_text;

/// Variables whose values are never shown.
pub(crate) const SECRET_PREFIX: &str = "DBT_ENV_SECRET";
/// Variables that go into `metadata.env` of artifacts, without this prefix.
const CUSTOM_PREFIX: &str = "DBT_ENV_CUSTOM_ENV_";

/// All variables by name.
#[derive(Debug, Clone, Default)]
pub(crate) struct Environment {
    variables: IndexMap<String, String>,
}

impl Environment {
    /// The process's environment over `.env` of a directory, if there is one.
    pub(crate) fn read(directory: &Path) -> Result<Self> {
        // a folder of this name may be a Python environment
        let is_folder = directory.join(".env").is_dir();
        let text = if is_folder { None } else { optional_text(directory, "", ".env")? }.unwrap_or_default();
        let process = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        Ok(Self { variables: parse(&text).into_iter().chain(process).collect() })
    }

    /// Gives each variable of dbt's its value under its older name, too, and the older ones theirs under the new name.
    pub(crate) fn share_prefixes(&mut self, keys: impl Iterator<Item = String>) {
        for key in keys {
            let (new, old) = (format!("DBT_ENGINE_{key}"), format!("DBT_{key}"));
            let (from, to) = if self.variables.contains_key(&new) { (new, old) } else { (old, new) };
            if let Some(value) = self.variables.get(&from).cloned() {
                self.variables.insert(to, value);
            }
        }
    }

    #[cfg(test)]
    pub(crate) fn of(variables: impl IntoIterator<Item = (String, String)>) -> Self {
        Self { variables: variables.into_iter().collect() }
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str)
    }

    /// Names and values in the order of the environment, as dbt shows them.
    pub(crate) fn with_prefix(&self, prefix: &str) -> Vec<(&str, &str)> {
        self.variables
            .iter()
            .filter(|(name, _)| name.starts_with(prefix))
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect()
    }

    /// The variables that artifacts show, by their names there.
    pub(crate) fn custom(&self) -> impl Iterator<Item = (String, String)> {
        let variables = self.with_prefix(CUSTOM_PREFIX).into_iter();
        variables.map(|(name, value)| (name[CUSTOM_PREFIX.len()..].to_owned(), value.to_owned()))
    }

    /// Whether a name says that its value is a secret.
    pub(crate) fn is_secret(name: &str) -> bool {
        name.starts_with(SECRET_PREFIX)
    }

    /// The values to replace by `*****` wherever text leaves the program.
    pub(crate) fn secrets(&self) -> Vec<String> {
        let values = self.with_prefix(SECRET_PREFIX).into_iter().map(|(_, value)| value.trim());
        values.filter(|value| !value.is_empty()).map(str::to_owned).collect()
    }
}

/// `NAME=value` lines; `export`, quotes and comments as in a shell.
fn parse(text: &str) -> Vec<(String, String)> {
    let mut variables = Vec::new();
    for line in text.lines() {
        let line = line.trim().strip_prefix("export ").unwrap_or(line.trim()).trim();
        let Some((name, value)) = line.split_once('=') else { continue };
        let (name, value) = (name.trim(), value.trim());
        if !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
            variables.push((name.to_owned(), unquote(value)));
        }
    }
    variables
}

fn unquote(value: &str) -> String {
    if let Some(rest) = value.strip_prefix('\'') {
        return rest.split('\'').next().unwrap_or_default().to_owned();
    }
    let Some(rest) = value.strip_prefix('"') else {
        return value.split(" #").next().unwrap_or_default().trim_end().to_owned();
    };
    let mut text = String::new();
    let mut letters = rest.chars();
    while let Some(c) = letters.next() {
        match c {
            '"' => break,
            '\\' => match letters.next() {
                Some('n') => text.push('\n'),
                Some('t') => text.push('\t'),
                Some(other) => text.push(other),
                None => {}
            },
            other => text.push(other),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_a_dotenv_file() {
        let text = "# c\nA=1\nexport B = \"x \\\"y\\\" # z\"  \nC='q # r' # s\nD=a b # c\nbad line\nE=\n";
        let shown: Vec<String> = parse(text).iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(shown, ["A=1", "B=x \"y\" # z", "C=q # r", "D=a b", "E="]);
    }

    #[test]
    fn secrets_are_listed() {
        let pairs = [("DBT_ENV_SECRET_X", "s3"), ("DBT_ENV_SECRET_Y", " "), ("Z", "z")];
        let environment = Environment::of(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())));
        assert_eq!(environment.secrets(), ["s3"]);
    }
}
