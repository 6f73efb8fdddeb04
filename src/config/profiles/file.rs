//! The file itself: finding it, the profile in it, and the output in that.

use std::path::{Path, PathBuf};

use serde_json::Value as Json;

use crate::config::MOST_THREADS;
use crate::config::{Fields, Renderer, Yaml, holds_jinja, render_tree, yaml};
use crate::diagnostic::{Category, Diagnostic, Result, SourceText, did_you_mean};

use crate::hashed::IndexMap;

use super::connections::{self, Mapped};
use super::{Profile, Target, credentials, masked};

/// A parsed profiles.yml; nothing in it is rendered before a profile is chosen.
#[derive(Debug, Clone)]
pub(crate) struct ProfilesFile {
    pub path: PathBuf,
    pub yaml: Yaml,
    pub warnings: Vec<Diagnostic>,
}

/// What decides between profiles and outputs.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct ProfileChoice<'a> {
    /// `--profile`, else `profile:` of the project.
    pub profile: Option<&'a str>,
    pub target: Option<&'a str>,
    pub threads: Option<usize>,
}

/// The working directory if profiles.yml lies there, else the project's, else `~/.dbt`.
pub(crate) fn default_directory(working_directory: &Path, project: &Path, home: Option<&Path>) -> PathBuf {
    for directory in [working_directory, project] {
        // a file that cannot be read is an error; another one, or the embedded server, must not take its place
        if directory.join("profiles.yml").symlink_metadata().is_ok() {
            return directory.to_path_buf();
        }
    }
    home.unwrap_or(working_directory).join(".dbt")
}

impl ProfilesFile {
    /// Reads profiles.yml of a directory; `None` if there is none.
    pub(crate) fn read(directory: &Path) -> Result<Option<Self>> {
        let path = directory.join("profiles.yml");
        let text = match crate::regular::read_if_there(&path) {
            Ok(Some(text)) => text,
            Ok(None) => return Ok(None),
            Err(problem) => {
                return Err(invalid(&format!("{} cannot be read: {problem}", path.display()))
                    .help("the file must be readable and its text UTF-8")
                    .boxed());
            }
        };
        let shown = masked::lines(&text);
        let source = SourceText::secret(path.display().to_string(), text, shown);
        let loaded = yaml::load(&source).map_err(|problem| masked::yaml_problem(*problem))?;
        let warnings = loaded.warnings.into_iter().map(masked::yaml_problem).collect();
        if loaded.yaml.as_mapping().is_none_or(yaml::Mapping::is_empty) {
            return Err(invalid(&format!("The profiles.yml file at {} is empty", path.display()))
                .help("add a profile, or remove the file to use the embedded server")
                .boxed());
        }
        Ok(Some(Self { path, yaml: loaded.yaml, warnings }))
    }

    /// The flags in the legacy `config:` block.
    pub(crate) fn flags(&self) -> serde_json::Map<String, Json> {
        match self.yaml.get("config").map(Yaml::to_json) {
            Some(Json::Object(flags)) => flags,
            _ => serde_json::Map::new(),
        }
    }

    /// The profiles by name.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        let profiles = self.yaml.as_mapping().map(yaml::Mapping::keys).into_iter().flatten();
        profiles.filter(|name| *name != "config")
    }

    /// The outputs of a profile, as its file has them.
    pub(crate) fn outputs(&self, profile: &str) -> impl Iterator<Item = (&str, &Yaml)> {
        let outputs = self.yaml.get(profile).and_then(|profile| profile.get("outputs"));
        let entries = outputs.and_then(Yaml::as_mapping).map(yaml::Mapping::iter).into_iter().flatten();
        entries.map(|entry| (entry.key.as_str(), &entry.value))
    }

    /// Renders and types the chosen output. Other outputs may need variables that are not set here.
    pub(crate) fn choose(
        &self,
        choice: ProfileChoice<'_>,
        renderer: &dyn Renderer,
        warnings: &mut Vec<Diagnostic>,
    ) -> Result<Profile> {
        warnings.extend(self.warnings.iter().cloned());
        let name = choice.profile.ok_or_else(|| self.no_profile_chosen())?;
        let profile = self.profile(name)?;
        let target_name = target_name(profile, choice.target, renderer)?;
        let output = output(profile, name, &target_name, choice.target.is_some())?;
        let rendered = render_output(output, renderer)?;
        let fields = Fields::new(&rendered, "output", &target_name)?;
        let connections = Connections { profile, name, renderer }.of(&fields, &target_name, warnings)?;
        let threads = match choice.threads {
            Some(threads) => threads,
            None => read_threads(&fields)?,
        };
        let target = credentials_of(&fields, name, &target_name, warnings)?;
        Ok(Profile { name: name.to_owned(), target_name, threads, target, connections })
    }

    fn profile(&self, name: &str) -> Result<&Yaml> {
        match self.yaml.get(name) {
            Some(profile) if profile.is_null() => {
                Err(invalid(&format!("Profile {name} in profiles.yml is empty"))
                    .label(profile.span(), "")
                    .boxed())
            }
            Some(profile) => {
                profile.expect_mapping(&format!("profile `{name}`"))?;
                Ok(profile)
            }
            None => {
                let names: Vec<&str> = self.yaml.as_mapping().map(|m| m.keys().collect()).unwrap_or_default();
                let hint = did_you_mean(name, names.iter().copied()).unwrap_or_else(|| {
                    let names: Vec<&str> = names.into_iter().map(masked::name).collect();
                    format!("{} has the profiles {}", self.path.display(), names.join(", "))
                });
                Err(Diagnostic::runtime("profile-missing", format!("Could not find profile named '{name}'"))
                    .help(hint)
                    .boxed())
            }
        }
    }

    fn no_profile_chosen(&self) -> Box<Diagnostic> {
        Diagnostic::runtime(
            "profile-unnamed",
            "dbt cannot run because no profile was specified for this dbt project.\n\
             To specify a profile for this project, add a line like the this to your dbt_project.yml file:\n\n\
             profile: [profile name]",
        )
        .help(format!("[profile name] is a profile of {}", self.path.display()))
        .boxed()
    }
}

fn invalid(what: &str) -> Diagnostic {
    Diagnostic::runtime(
        "profiles-file",
        format!("dbt encountered an error while trying to read your profiles.yml file.\n\n{what}"),
    )
}

fn target_name(profile: &Yaml, chosen: Option<&str>, renderer: &dyn Renderer) -> Result<String> {
    if let Some(name) = chosen {
        return Ok(name.to_owned());
    }
    let Some(value) = profile.get("target").filter(|value| !value.is_null()) else {
        return Ok("default".to_owned());
    };
    match value.as_str() {
        Some(text) if holds_jinja(text) => {
            Ok(match masked::ValueRenderer(renderer).render(text, value.span())? {
                Json::String(name) => name,
                other => other.to_string(),
            })
        }
        _ => value.scalar_text().ok_or_else(|| value.wrong_type("`target`", "the name of an output")),
    }
}

/// `is_given`: by an option or a variable, not by the file.
fn output<'a>(profile: &'a Yaml, name: &str, target: &str, is_given: bool) -> Result<&'a Yaml> {
    let outputs = profile.get("outputs").and_then(Yaml::as_mapping).ok_or_else(|| {
        Diagnostic::runtime("profile-outputs", format!("outputs not specified in profile '{name}'"))
            .label(profile.span(), "")
            .help("add `outputs:` with at least one target")
    })?;
    let Some(output) = outputs.get(target) else {
        let mut valid = String::new();
        for key in outputs.keys() {
            valid.push_str("\n - ");
            valid.push_str(masked::name(key));
        }
        let place = if is_given { profile.get("outputs") } else { profile.get("target") }.unwrap_or(profile);
        let help = if is_given {
            "use one of these names with `--target` or DBT_TARGET"
        } else {
            "name one of them, with `--target` or under `target:`"
        };
        return Err(Diagnostic::runtime(
            "target-missing",
            format!(
                "The profile '{name}' does not have a target named '{}'. \
                 The valid target names for this profile are:{valid}",
                masked::name(target)
            ),
        )
        .label(place.span(), "")
        .help(help)
        .maybe_help(did_you_mean(target, outputs.keys()))
        .boxed());
    };
    if output.as_mapping().is_none() {
        return Err(Diagnostic::runtime(
            "target-shape",
            format!("output '{target}' of profile '{name}' is misconfigured in profiles.yml"),
        )
        .label(output.span(), "")
        .help("an output is a mapping with `type`, `host`, `user` and so on")
        .boxed());
    }
    Ok(output)
}

/// The mapping of a target, with the outputs that it names.
struct Connections<'a> {
    profile: &'a Yaml,
    name: &'a str,
    renderer: &'a dyn Renderer,
}

impl Connections<'_> {
    fn of(
        &self,
        fields: &Fields<'_>,
        target_name: &str,
        warnings: &mut Vec<Diagnostic>,
    ) -> Result<IndexMap<String, Mapped>> {
        let mut found = IndexMap::default();
        for named in connections::names(fields)? {
            let output = match self.profile.get("outputs").and_then(|outputs| outputs.get(&named.output)) {
                Some(output) if output.as_mapping().is_some() => output,
                _ => return Err(connections::no_such_output(&named, self.profile.get("outputs"))),
            };
            let rendered = render_output(output, self.renderer)?;
            let fields = Fields::new(&rendered, "output", &named.output)?;
            // the target's own keys are warned of when the target is read
            let mut own = Vec::new();
            let target = credentials_of(&fields, self.name, &named.output, &mut own)?;
            let known = found.values().any(|mapped: &Mapped| mapped.output == named.output);
            warnings.extend(own.into_iter().filter(|_| named.output != target_name && !known));
            found.insert(named.name, Mapped { output: named.output, target });
        }
        Ok(found)
    }
}

fn credentials_of(
    fields: &Fields<'_>,
    profile: &str,
    output: &str,
    warnings: &mut Vec<Diagnostic>,
) -> Result<Target> {
    credentials::read(fields, warnings).map_err(|problem| {
        let message =
            format!("Credentials in profile \"{profile}\", target \"{output}\" invalid: {}", problem.message);
        Box::new(Diagnostic { message, ..*problem })
    })
}

fn render_output(output: &Yaml, renderer: &dyn Renderer) -> Result<Yaml> {
    let passwords = |path: &[String]| path.iter().any(|key| key == "password");
    let values = masked::ValueRenderer(renderer);
    let rendered = render_tree(output, &values, &passwords);
    let rendered = rendered
        .and_then(|it| render_tree(&it, &masked::PasswordRenderer(&values), &|path| !passwords(path)));
    rendered.map_err(|mut problem| {
        // dbt: a template that fails here is a fault of the profile
        if problem.category == Category::Compilation {
            problem.category = Category::Runtime;
        }
        problem
    })
}

fn read_threads(fields: &Fields<'_>) -> Result<usize> {
    let Some(value) = fields.get("threads") else { return Ok(1) };
    let number: Option<i64> = value.scalar_text().and_then(|text| text.trim().parse().ok());
    match number {
        Some(threads @ 1..=MOST_THREADS) => Ok(usize::try_from(threads).unwrap_or(1)),
        Some(_) => Err(Diagnostic::runtime("profile-key", "`threads` is not a number in its range")
            .label(value.span(), "")
            .help(format!("write a number from 1 to {MOST_THREADS}"))
            .boxed()),
        None => Err(value.wrong_type("`threads`", &format!("a number from 1 to {MOST_THREADS}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Span;

    struct Environment;

    impl Renderer for Environment {
        fn render(&self, text: &str, span: Span) -> Result<Json> {
            match text {
                "{{ env_var('P') }}" => Ok(Json::from(5433)),
                "{% x" => Err(Diagnostic::compilation("jinja-syntax", "not a template").boxed()),
                _ => Err(Diagnostic::compilation("missing-env-var", "not set").label(span, "").boxed()),
            }
        }
    }

    fn choose(text: &str, target: Option<&str>) -> Result<Profile> {
        let yaml = yaml::load_text("profiles.yml", text)?;
        let file = ProfilesFile { path: "profiles.yml".into(), yaml, warnings: Vec::new() };
        let choice = ProfileChoice { profile: Some("p"), target, threads: None };
        file.choose(choice, &Environment, &mut Vec::new())
    }

    const TEXT: &str = "p:\n  target: dev\n  outputs:\n    dev: {type: postgres, host: h, user: u, password: '{% x', port: \"{{ env_var('P') }}\", dbname: d, schema: s, threads: 3, lock_timeout: 5s}\n    bad: {type: snowflake}\n    small: {type: postgres, host: h}\n    jinja: {type: postgres, host: \"{{ env_var('Q') }}\"}\n    secret: {type: postgres, password: \"{{ env_var('Q') }}\"}\n    short: {type: postgres, pass: \"{{ env_var('Q') }}\"}\n    own: {type: postgres, embedded: {durable: true}, schema: s}\n";

    #[test]
    fn an_output_is_rendered_and_typed() {
        let profile = choose(TEXT, None).unwrap();
        assert_eq!((profile.target.port, profile.threads), (5433, 3));
        assert_eq!(profile.target.password.as_deref(), Some("{% x"));
        assert_eq!(profile.target.session["lock_timeout"], "5s");
        assert_eq!(profile.to_target_dict()["dbname"], "d");
        assert!(!profile.to_target_dict().contains_key("password"));
        assert!(choose(TEXT, Some("own")).unwrap().target.embedded.unwrap().durable);
    }

    #[test]
    fn what_is_wrong_is_said_in_dbts_words() {
        for (target, message) in [
            (
                "dve",
                "The profile 'p' does not have a target named 'dve'. The valid target names for this profile are:\n - dev",
            ),
            ("bad", "Could not find adapter type snowflake!"),
            (
                "small",
                "Credentials in profile \"p\", target \"small\" invalid: 'user' is a required property",
            ),
            ("jinja", "not set"),
            ("secret", "not set"),
            ("short", "not set"),
        ] {
            let problem = choose(TEXT, Some(target)).unwrap_err();
            assert!(problem.message.contains(message), "{problem}");
        }
        assert!(choose("q: {}\n", None).unwrap_err().message.contains("Could not find profile named 'p'"));
        assert!(choose("p: {target: a}\n", None).unwrap_err().message.contains("outputs not specified"));
    }
}
