//! profile_template.yml: which values of a profile are fixed and which are asked for.

use std::path::Path;

use serde_json::{Map, Value as Json, json};

use super::prompt;
use crate::config::{optional_text, yaml};
use crate::diagnostic::{Diagnostic, Result, SourceText};

/// What is asked for a PostgreSQL server, in dbt's order.
pub(super) fn postgres() -> Json {
    json!({
        "fixed": {"type": "postgres"},
        "prompts": {
            "host": {"hint": "hostname for the instance"},
            "port": {"default": 5432, "type": "int"},
            "user": {"hint": "dev username"},
            "pass": {"hint": "dev password", "hide_input": true},
            "dbname": {"hint": "default database that dbt will build objects in"},
            "schema": {"hint": "default schema that dbt will build objects in"},
            "threads": {"hint": "1 or more", "type": "int", "default": 1},
        }
    })
}

/// The project's own template, if it has one.
pub(super) fn of_project(directory: &Path) -> Result<Option<Json>> {
    let Some(text) = optional_text(directory, "", "profile_template.yml")? else { return Ok(None) };
    let loaded = yaml::load(&SourceText::new("profile_template.yml", text))?;
    if loaded.yaml.as_mapping().is_none() {
        return Err(Diagnostic::runtime("profile-template", "Invalid profile_template.yml in project.")
            .label(loaded.yaml.span(), "")
            .boxed());
    }
    Ok(Some(loaded.yaml.to_json()))
}

/// Asks for what the template leaves open.
pub(super) fn fill(template: &Json) -> Result<Map<String, Json>> {
    let part = |key: &str| template.get(key).and_then(Json::as_object).cloned().unwrap_or_default();
    let mut target = part("fixed");
    ask_all(&part("prompts"), &mut target)?;
    Ok(target)
}

fn ask_all(prompts: &Map<String, Json>, target: &mut Map<String, Json>) -> Result<()> {
    for (key, value) in prompts {
        if let Some(fixed) = key.strip_prefix("_fixed_") {
            target.insert(fixed.to_owned(), value.clone());
        } else if let Some(what) = key.strip_prefix("_choose_") {
            let choices = value.as_object().cloned().unwrap_or_default();
            let chosen = choose(&what.replace('_', " "), &choices)?;
            ask_all(&chosen, target)?;
        } else {
            target.insert(key.clone(), ask_one(key, value)?);
        }
    }
    Ok(())
}

fn choose(what: &str, choices: &Map<String, Json>) -> Result<Map<String, Json>> {
    let mut question = String::new();
    for (at, name) in choices.keys().enumerate() {
        question.push_str(&format!("[{}] {name}\n", at + 1));
    }
    question.push_str(&format!("Desired {what} option (enter a number)"));
    loop {
        let answer = prompt::ask(&question, None)?;
        let at = answer.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
        if let Some((_, chosen)) = at.and_then(|at| choices.iter().nth(at)) {
            return Ok(chosen.as_object().cloned().unwrap_or_default());
        }
    }
}

fn ask_one(key: &str, settings: &Json) -> Result<Json> {
    let text = |name: &str| match settings.get(name) {
        None | Some(Json::Null) => None,
        Some(Json::String(text)) => Some(text.clone()),
        Some(other) => Some(other.to_string()),
    };
    let question = text("hint").map_or_else(|| key.to_owned(), |hint| format!("{key} ({hint})"));
    let default = text("default");
    let is_secret = settings.get("hide_input") == Some(&Json::Bool(true));
    loop {
        let answer = if is_secret {
            prompt::ask_secretly(&question, default.as_deref())?
        } else {
            prompt::ask(&question, default.as_deref())?
        };
        let typed = match text("type").as_deref() {
            Some("int") => answer.parse::<i64>().ok().map(Json::from),
            Some("float") => answer.parse::<f64>().ok().map(Json::from),
            Some("bool") => answer.to_lowercase().parse::<bool>().ok().map(Json::from),
            _ => Some(answer.into()),
        };
        if let Some(value) = typed {
            return Ok(value);
        }
    }
}
