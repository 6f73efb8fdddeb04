//! profiles.yml holds secrets: what of it, and of the errors about it, may be shown.

use serde_json::Value as Json;

use crate::config::Renderer;
use crate::diagnostic::{Diagnostic, MASK, Result, Span};

use super::known_keys::KNOWN;

/// Keys that are shown beside those of an output.
const OUTER: [&str; 5] = ["config", "default", "outputs", "target", "version"];

/// Of each line its indentation and a known key, with a mask for the rest; a line without a known key is empty.
pub(super) fn lines(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for line in text.lines() {
        let content = line.trim_start();
        let key = content.split_once(':').map(|(key, _)| key.trim_end());
        if let Some(key) = key.filter(|key| KNOWN.contains(key) || OUTER.contains(key)) {
            shown.push_str(&line[..line.len() - content.len()]);
            shown.push_str(key);
            shown.push_str(": ");
            shown.push_str(MASK);
        }
        shown.push('\n');
    }
    shown
}

/// A key or a name as messages may show it: what has a value and looks like a name is no value itself.
pub(super) fn name(key: &str) -> &str {
    let is_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ' ');
    if key.chars().count() <= 63 && key.chars().all(is_name) { key } else { MASK }
}

/// A problem that the YAML loader found: some of its messages quote the text.
pub(super) fn yaml_problem(mut problem: Diagnostic) -> Diagnostic {
    match problem.code {
        "yaml-tag" => "could not determine a constructor for a tag".clone_into(&mut problem.message),
        "yaml-syntax" => {
            if let Some(at) = problem.message.find("found undefined alias") {
                problem.message.truncate(at + "found undefined alias".len());
            } else if let Some(at) = problem.message.find(['`', '"']) {
                problem.message.truncate(at);
            }
        }
        "DuplicateYAMLKeysDeprecation" => {
            let rest = problem.message.rsplit_once("`: ").map_or("", |(_, rest)| rest);
            problem.message = format!("duplicate key: {rest}");
        }
        _ => {}
    }
    problem
}

/// Renders values of a profile. Of what is wrong in a template only a missing variable is told in full.
pub(super) struct ValueRenderer<'a>(pub(super) &'a dyn Renderer);

impl Renderer for ValueRenderer<'_> {
    fn render(&self, text: &str, span: Span) -> Result<Json> {
        self.0.render(text, span.clone()).map_err(|problem| match problem.code {
            "missing-env-var" => problem,
            code => unrendered(code, span),
        })
    }
}

fn unrendered(code: &'static str, span: Span) -> Box<Diagnostic> {
    Diagnostic::compilation(code, "the Jinja in this value cannot be rendered")
        .label(span, "")
        .help("values of profiles.yml are not shown; `env_var('NAME')` and filters work in them")
        .boxed()
}

/// dbt: a `password` that is not a template is taken as it is. One that asks for a variable or holds an expression is a
/// template, and a name that does not exist would render as an empty password.
pub(super) struct PasswordRenderer<'a>(pub(super) &'a dyn Renderer);

impl Renderer for PasswordRenderer<'_> {
    fn render(&self, text: &str, span: Span) -> Result<Json> {
        let asks = text.contains("env_var");
        let is_template = asks || text.split_once("{{").is_some_and(|(_, rest)| rest.contains("}}"));
        match self.0.render(text, span.clone()) {
            Err(problem) if problem.code == "missing-env-var" || is_template => Err(problem),
            Err(_) => Ok(Json::String(text.to_owned())),
            Ok(password) if is_template && !asks && (password.is_null() || password == "") => {
                Err(unrendered("undefined-name", span))
            }
            rendered => rendered,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_keys_are_shown() {
        let text =
            "shop:\n  outputs:\n    dev: {password: x}\n      password : hunter2\n  hunter2\n  hunter2: 1\n";
        assert_eq!(lines(text), "\n  outputs: ...\n\n      password: ...\n\n\n");
        assert_eq!((name("password:hunter2"), name("dev-1")), (MASK, "dev-1"));
    }
}
