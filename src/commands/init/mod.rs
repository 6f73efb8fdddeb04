//! `rsdbt init`: a new project from the starter files, and a profile for it.

mod profile;
mod prompt;
mod template;
mod unwritable;

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Map, Value as Json};

use super::invocation::{Invocation, render_all};
use super::{CommandResult, Outcome};
use crate::builtin;
use crate::cli::Arguments;
use crate::config::profiles::ProfilesFile;
use crate::diagnostic::{Diagnostic, Result};
use crate::options::Subcommand;
use crate::options::table::{PROFILE, PROFILES_DIR, PROJECT_DIR, PROJECT_NAME, SKIP_PROFILE_SETUP};
use crate::output::{self, Scratch};
use crate::run::Event;
use profile::ProfileHome;
use unwritable::unwritable;

pub(super) fn run(invocation: &Invocation) -> CommandResult {
    let profiles = invocation.profiles_directory();
    let wants_profile = !invocation.flags.is(&SKIP_PROFILE_SETUP);
    if let Some(raw) = &invocation.raw_project {
        if invocation.flags.text(&PROFILE).is_some() {
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
        if wants_profile && let Some(answers) = ask_for_profile(invocation, &project, profiles)? {
            let choice = write_profile(invocation, &project, answers)?;
            return conclude(invocation, &project, &choice);
        }
        return Ok(Outcome::Success);
    }
    if let Err(problem) = invocation.raw_project()
        && problem.code != "project-file-missing"
    {
        // a project is there, and its file is to be corrected
        return Err(problem.into());
    }
    let name = project_name(invocation)?;
    let directory = invocation.working_directory.join(&name);
    if directory.symlink_metadata().is_ok() {
        say(invocation, &already_there(&directory, &name));
        return Ok(Outcome::Success);
    }
    let profile = invocation.flags.text(&PROFILE);
    if let Some(profile) = profile {
        require_profile(&profiles, profile)?;
    }
    let profile = profile.unwrap_or(&name).to_owned();
    let project = NewProject { name, directory, is_new: true };
    let is_given = invocation.flags.text(&PROFILE).is_some();
    // all questions come first: nothing is there before they are answered
    let answers =
        if wants_profile && !is_given { ask_for_profile(invocation, &project, profiles)? } else { None };
    create_project(&project.directory, &project.name, &profile)?;
    say(invocation, &format!("Your new dbt project \"{}\" was created!\n", project.name));
    if let Some(answers) = answers {
        let choice = write_profile(invocation, &project, answers)?;
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

/// dbt's words for a project, and what to do next.
fn already_there(directory: &Path, name: &str) -> String {
    if directory.join("dbt_project.yml").exists() {
        return format!(
            "A project called {name} already exists here. Run `rsdbt init` in its folder to set up its profile."
        );
    }
    format!("{name} already exists here and is not a dbt project. Choose another name, or remove it first.")
}

/// What the user has chosen, before anything is written.
struct Answers {
    place: ProfileHome,
    target: Map<String, Json>,
}

/// Asks for the profile; None when one is there and stays.
fn ask_for_profile(
    invocation: &Invocation,
    project: &NewProject,
    profiles: PathBuf,
) -> Result<Option<Answers>> {
    let name = &project.name;
    say(invocation, "Setting up your profile.");
    let place = ProfileHome::new(profiles)?;
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
    Ok(Some(Answers { place, target }))
}

fn write_profile(invocation: &Invocation, project: &NewProject, answers: Answers) -> Result<Choice> {
    let Answers { mut place, target } = answers;
    let name = &project.name;
    let is_embedded = profile::is_embedded(&target);
    let names_a_place = invocation.flags.text(&PROFILES_DIR).is_some();
    if is_embedded && project.is_new && !names_a_place && !place.has(name) {
        // there is no secret in it, and the project then runs wherever it is copied to
        place = ProfileHome::new(project.directory.clone())?;
    }
    place.write(name, target)?;
    let path = place.path();
    let path = path.strip_prefix(&invocation.working_directory).unwrap_or(&path);
    say(invocation, &format!("Profile {name} written to {}.", path.display()));
    Ok(Choice { profiles: place.directory, is_embedded })
}

/// Tests the connection, says what comes next and, for the embedded server, offers to do it.
fn conclude(invocation: &Invocation, project: &NewProject, choice: &Choice) -> CommandResult {
    let mut given = Map::new();
    given.insert(PROJECT_DIR.0.key.to_owned(), project.directory.display().to_string().into());
    given.insert(PROFILES_DIR.0.key.to_owned(), choice.profiles.display().to_string().into());
    let known = Arguments { command: Subcommand::Debug, given, names_models: false };
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
    // the commands hear a signal themselves
    crate::interrupt::announce(None);
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
    let mut name = invocation.flags.text(&PROJECT_NAME).unwrap_or_default().to_owned();
    while !is_valid(&name) {
        if !name.is_empty() {
            say(invocation, &format!("{name} is not a valid project name."));
        }
        let default = similar_name(&name);
        name = prompt::ask("Enter a name for your project (letters, digits, underscore)", Some(&default))?;
    }
    Ok(name)
}

/// A valid name that is as close as can be to the one that was given.
fn similar_name(given: &str) -> String {
    let replaced: String = given.chars().map(|c| if c.is_alphanumeric() { c } else { '_' }).collect();
    let name = replaced.trim_matches('_').to_owned();
    [name.clone(), format!("_{name}")]
        .into_iter()
        .find(|name| is_valid(name) && name != "_")
        .unwrap_or_else(|| "my_project".to_owned())
}

/// The starter files, under the project's name. The folder takes its place when it is whole.
fn create_project(directory: &Path, name: &str, profile: &str) -> Result<()> {
    let parent = directory.parent().unwrap_or(Path::new("."));
    let scratch = Scratch::inside(parent).map_err(|error| unwritable(parent, &error))?;
    let unfinished = scratch.path().join(name);
    for (path, text) in builtin::starter() {
        let text = match path {
            "dbt_project.yml" => text
                .replace("profile: my_project", &format!("profile: {profile}"))
                .replace("my_project", name),
            _ => text.to_owned(),
        };
        output::write(&unfinished.join(path), &text)
            .map_err(|error| unwritable(&directory.join(path), &error))?;
    }
    for folder in ["models", "seeds", "snapshots", "tests", "macros", "analyses"] {
        std::fs::create_dir_all(unfinished.join(folder)).map_err(|error| unwritable(directory, &error))?;
    }
    output::replace(&unfinished, directory).map_err(|error| unwritable(directory, &error))
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
    fn a_name_that_is_not_valid_has_a_valid_one_beside_it() {
        for (given, expected) in [
            ("my-shop", "my_shop"),
            ("My Shop!", "My_Shop"),
            ("1a", "_1a"),
            ("--", "my_project"),
            ("", "my_project"),
            ("läden", "läden"),
            ("dbt", "_dbt"),
        ] {
            let name = similar_name(given);
            assert!(is_valid(&name), "{name}");
            assert_eq!(name, expected);
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
