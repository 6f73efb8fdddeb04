//! `rsdbt init`: a new project from the starter files, and a profile for it.

mod prompt;
mod template;

use std::path::{Path, PathBuf};

use serde_json::{Map, Value as Json, json};

use super::invocation::Invocation;
use super::{CommandResult, Outcome};
use crate::builtin;
use crate::config::profiles::ProfilesFile;
use crate::config::yaml::to_yaml_text;
use crate::diagnostic::{Diagnostic, Result};
use crate::run::Event;

pub(super) fn run(invocation: &Invocation) -> CommandResult {
    let profiles = invocation.profiles_directory();
    let wants_profile = !invocation.flags.boolean("skip_profile_setup");
    if let Some(raw) = &invocation.raw_project {
        if invocation.flags.text("profile").is_some() {
            return Err(Diagnostic::runtime(
                "init-profile",
                "Can not init existing project with specified profile, edit dbt_project.yml instead",
            )
            .into());
        }
        if wants_profile {
            let name = raw.yaml.get("profile").and_then(|profile| profile.as_str()).or(raw.name());
            set_up_profile(invocation, &profiles, name.unwrap_or("default"))?;
        }
        return Ok(Outcome::Success);
    }
    let name = project_name(invocation)?;
    let directory = invocation.working_directory.join(&name);
    if directory.exists() {
        say(invocation, &format!("A project called {name} already exists here."));
        return Ok(Outcome::Success);
    }
    match invocation.flags.text("profile") {
        Some(profile) => {
            require_profile(&profiles, profile)?;
            create_project(&directory, &name, profile)?;
            say_created(invocation, &name);
        }
        None => {
            create_project(&directory, &name, &name)?;
            say_created(invocation, &name);
            if wants_profile {
                set_up_profile(invocation, &profiles, &name)?;
            }
        }
    }
    Ok(Outcome::Success)
}

fn say(invocation: &Invocation, text: &str) {
    invocation.emitter.emit(Event::Note { msg: text.to_owned() });
}

fn say_created(invocation: &Invocation, name: &str) {
    say(
        invocation,
        &format!(
            "Your new dbt project \"{name}\" was created!\n\nGo on with:\n\n  cd {name}\n  rsdbt build\n"
        ),
    );
}

fn is_valid(name: &str) -> bool {
    let starts_well = name.starts_with(|c: char| c.is_alphabetic() || c == '_');
    starts_well
        && name.chars().all(|c| c.is_alphanumeric() || c == '_')
        && !matches!(name, "dbt" | "dbt_postgres")
}

fn project_name(invocation: &Invocation) -> Result<String> {
    let mut name = invocation.flags.text("project_name").unwrap_or_default().to_owned();
    while !is_valid(&name) {
        if !name.is_empty() {
            say(invocation, &format!("{name} is not a valid project name."));
        }
        name = prompt::ask("Enter a name for your project (letters, digits, underscore)", None)?;
    }
    Ok(name)
}

/// The starter files, under the project's name.
fn create_project(directory: &Path, name: &str, profile: &str) -> Result<()> {
    for (path, text) in builtin::starter() {
        let text = match path {
            "dbt_project.yml" => text
                .replace("profile: my_project", &format!("profile: {profile}"))
                .replace("my_project", name),
            _ => text.to_owned(),
        };
        write(&directory.join(path), &text)?;
    }
    for folder in ["models", "seeds", "snapshots", "tests", "macros", "analyses"] {
        std::fs::create_dir_all(directory.join(folder)).map_err(|error| unwritable(directory, &error))?;
    }
    Ok(())
}

fn write(path: &Path, text: &str) -> Result<()> {
    let parent = path.parent().unwrap_or(path);
    std::fs::create_dir_all(parent)
        .and_then(|()| std::fs::write(path, text))
        .map_err(|error| unwritable(path, &error))
}

fn unwritable(path: &Path, error: &std::io::Error) -> Box<Diagnostic> {
    Diagnostic::runtime("unwritable-file", format!("cannot write {}: {error}", path.display())).boxed()
}

fn require_profile(profiles: &Path, name: &str) -> Result<()> {
    let file = ProfilesFile::read(profiles)?;
    if file.is_some_and(|file| file.yaml.get(name).is_some()) {
        return Ok(());
    }
    Err(Diagnostic::runtime("profile-missing", format!("Could not find profile named '{name}'"))
        .help(format!("profiles are looked for in {}", profiles.join("profiles.yml").display()))
        .boxed())
}

fn set_up_profile(invocation: &Invocation, profiles: &Path, name: &str) -> Result<()> {
    say(invocation, "Setting up your profile.");
    let path = profiles.join("profiles.yml");
    let known = ProfilesFile::read(profiles)?;
    let exists = known.as_ref().is_some_and(|file| file.yaml.get(name).is_some());
    let question =
        format!("The profile {name} already exists in {}. Continue and overwrite it?", path.display());
    if exists && !prompt::confirm(&question)? {
        return Ok(());
    }
    let target = match template::of_project(&invocation.project_directory)? {
        Some(template) => template::fill(&template)?,
        None => ask_for_target()?,
    };
    let profile = as_profile(target);
    write_profile(&path, known.as_ref(), name, &profile)?;
    say(
        invocation,
        &format!(
            "Profile {name} written to {}. Run 'rsdbt debug' to validate the connection.",
            path.display()
        ),
    );
    Ok(())
}

fn ask_for_target() -> Result<Map<String, Json>> {
    let question = "Which database would you like to use?\n[1] postgres\n[2] the embedded server of rsdbt\n\nEnter a number";
    loop {
        match prompt::ask(question, None)?.as_str() {
            "1" => return template::fill(&template::postgres()),
            "2" => {
                let target = json!({"type": "postgres", "embedded": true, "schema": "public", "threads": 4});
                return Ok(target.as_object().cloned().unwrap_or_default());
            }
            _ => {}
        }
    }
}

fn as_profile(mut target: Map<String, Json>) -> Json {
    let name = match target.shift_remove("target") {
        Some(Json::String(name)) => name,
        _ => "dev".to_owned(),
    };
    json!({"outputs": {name.clone(): target}, "target": name})
}

/// Appends to the file, so that what others wrote there stays as it is; an overwritten profile rewrites it.
fn write_profile(path: &PathBuf, known: Option<&ProfilesFile>, name: &str, profile: &Json) -> Result<()> {
    let text = match known {
        Some(file) if file.yaml.get(name).is_some() => {
            let mut all = file.yaml.to_json();
            all[name] = profile.clone();
            to_yaml_text(&all)
        }
        _ => {
            let before = std::fs::read_to_string(path).unwrap_or_default();
            let gap = if before.is_empty() { "" } else { "\n" };
            format!("{before}{gap}{}", to_yaml_text(&json!({name: profile})))
        }
    };
    write(path, &text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_projects() {
        assert!(is_valid("jaffle_shop"));
        for name in ["", "1a", "a-b", "a b", "dbt"] {
            assert!(!is_valid(name), "{name}");
        }
    }

    #[test]
    fn a_new_project_has_its_own_name_and_its_profiles() {
        let directory = std::env::temp_dir().join(format!("rsdbt-init-{}", std::process::id()));
        create_project(&directory, "shop", "warehouse").unwrap();
        let text = std::fs::read_to_string(directory.join("dbt_project.yml")).unwrap();
        std::fs::remove_dir_all(&directory).unwrap();
        assert!(text.contains("name: shop") && text.contains("profile: warehouse"), "{text}");
        assert!(!text.contains("my_project"), "{text}");
    }
}
