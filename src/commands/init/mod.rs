//! `rsdbt init`: a new project from the starter files, and a profile for it.

mod profile;
mod prompt;
mod template;

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Map;

use super::invocation::{Invocation, render_all};
use super::{CommandResult, Outcome};
use crate::config::profiles::ProfilesFile;
use crate::diagnostic::{Diagnostic, Result};
use crate::run::Event;
use crate::{builtin, cli};
use profile::Place;

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
        let name = raw.yaml.get("profile").and_then(|profile| profile.as_str()).or(raw.name());
        let project = NewProject {
            name: name.unwrap_or("default").to_owned(),
            directory: invocation.project_directory.clone(),
            is_new: false,
        };
        if wants_profile && let Some(choice) = set_up_profile(invocation, &project, profiles)? {
            return conclude(invocation, &project, &choice);
        }
        return Ok(Outcome::Success);
    }
    let name = project_name(invocation)?;
    let directory = invocation.working_directory.join(&name);
    if directory.exists() {
        say(invocation, &format!("A project called {name} already exists here."));
        return Ok(Outcome::Success);
    }
    let profile = invocation.flags.text("profile");
    if let Some(profile) = profile {
        require_profile(&profiles, profile)?;
    }
    create_project(&directory, &name, profile.unwrap_or(&name))?;
    say(invocation, &format!("Your new dbt project \"{name}\" was created!\n"));
    let project = NewProject { name, directory, is_new: true };
    if profile.is_none()
        && wants_profile
        && let Some(choice) = set_up_profile(invocation, &project, profiles)?
    {
        return conclude(invocation, &project, &choice);
    }
    say_next(invocation, &project);
    Ok(Outcome::Success)
}

/// The project that is made, or that gets its profile.
struct NewProject {
    name: String,
    directory: PathBuf,
    is_new: bool,
}

/// Where the profile went, and whether it needs a server of the user's.
struct Choice {
    profiles: PathBuf,
    is_embedded: bool,
}

fn say(invocation: &Invocation, text: &str) {
    invocation.emitter.emit(Event::Note { msg: text.to_owned() });
}

fn say_next(invocation: &Invocation, project: &NewProject) {
    let mut text = String::from("Next steps:\n\n");
    if project.is_new {
        text.push_str(&format!("  cd {}\n", project.name));
    }
    text.push_str(
        "  rsdbt build         # build the models and test them\n  \
         rsdbt docs          # write the documentation page and show the lineage\n  \
         rsdbt docs serve    # open the page in a browser\n",
    );
    say(invocation, &text);
}

/// Asks for the profile and writes it; None when one is there and stays.
fn set_up_profile(
    invocation: &Invocation,
    project: &NewProject,
    profiles: PathBuf,
) -> Result<Option<Choice>> {
    let name = &project.name;
    say(invocation, "Setting up your profile.");
    let mut place = Place::new(profiles)?;
    let question = format!(
        "The profile {name} already exists in {}. Continue and overwrite it?",
        place.path().display()
    );
    if place.has(name) && !prompt::confirm(&question)? {
        return Ok(None);
    }
    let target = match template::of_project(&invocation.project_directory)? {
        Some(template) => template::fill(&template)?,
        None => profile::ask()?,
    };
    let is_embedded = profile::is_embedded(&target);
    let names_a_place = invocation.flags.text("profiles_dir").is_some();
    if is_embedded && project.is_new && !names_a_place && !place.has(name) {
        // there is no secret in it, and the project then runs wherever it is copied to
        place = Place::new(project.directory.clone())?;
    }
    place.write(name, target)?;
    let path = place.path();
    let path = path.strip_prefix(&invocation.working_directory).unwrap_or(&path);
    say(invocation, &format!("Profile {name} written to {}.", path.display()));
    Ok(Some(Choice { profiles: place.directory, is_embedded }))
}

/// Tests the connection, says what comes next and, for the embedded server, offers to do it.
fn conclude(invocation: &Invocation, project: &NewProject, choice: &Choice) -> CommandResult {
    let mut given = Map::new();
    given.insert("project_dir".to_owned(), project.directory.display().to_string().into());
    given.insert("profiles_dir".to_owned(), choice.profiles.display().to_string().into());
    let known = cli::Invocation { command: "debug".to_owned(), given };
    let connects = invocation.within(known).and_then(|project| super::debug::test_connection(&project));
    match connects {
        Ok(server) => say(invocation, &format!("Connection test: OK, {server}.")),
        Err(problems) => {
            say(invocation, &format!("Connection test: FAILED\n{}", render_all(&problems)));
            say(
                invocation,
                &format!(
                    "Correct {}, then test again with `rsdbt debug`.",
                    choice.profiles.join("profiles.yml").display()
                ),
            );
            say_next(invocation, project);
            return Ok(Outcome::Failure);
        }
    }
    say_next(invocation, project);
    let attended = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
    if project.is_new && choice.is_embedded && attended {
        let question = "Build it now and open its page in a browser?";
        if prompt::agree(question)? {
            return take_first_steps(project);
        }
    }
    Ok(Outcome::Success)
}

/// The commands that were just named, as the user would type them. A free port: this may not be the first page.
fn take_first_steps(project: &NewProject) -> CommandResult {
    let program = std::env::current_exe().unwrap_or_else(|_| "rsdbt".into());
    for arguments in [&["build"][..], &["docs"], &["docs", "serve", "--port", "0"]] {
        let _ = crate::report::say(&format!("\n$ rsdbt {}", arguments.join(" ")));
        let status = Command::new(&program).args(arguments).current_dir(&project.directory).status();
        if !status.map_err(|error| unwritable(&program, &error))?.success() {
            return Ok(Outcome::Failure);
        }
    }
    Ok(Outcome::Success)
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
        name =
            prompt::ask("Enter a name for your project (letters, digits, underscore)", Some("my_project"))?;
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
