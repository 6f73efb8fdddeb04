//! `rsdbt complete`, which the completion scripts call: what may follow the words that were typed. It never fails and
//! connects to nothing: where a project cannot be read, the names are those of its last manifest.json.
//!
//! The first line is `words` or `paths` (the shell completes these itself); then a word a line, a tab, what it is.

mod nodes;

use serde_json::{Map, Value as Json};

use super::artifact;
use super::invocation::Invocation;
use super::session::Session;
use crate::cli::completion::{Candidate, Expected, Position, position};
use crate::cli::{self};
use crate::config::profiles::ProfilesFile;
use crate::manifest::Manifest;
use crate::options::table::{
    EXCLUDE, MACRO, MODELS, PROFILE, PROFILES_DIR, PROJECT_DIR, SELECT, SELECTOR, TARGET, TARGET_NODE,
    TARGET_PATH, TYPED, VARS,
};
use crate::options::{Kind, Opt, Subcommand};
use crate::report;

pub(super) fn print(arguments: &cli::Arguments) -> std::io::Result<()> {
    let typed = arguments.given.get(TYPED.0.key).and_then(Json::as_array).cloned().unwrap_or_default();
    let typed: Vec<String> = typed.iter().filter_map(Json::as_str).map(str::to_owned).collect();
    let last = typed.last().cloned().unwrap_or_default();
    match candidates(position(&typed)) {
        Some(candidates) => report::say(&text(candidates, last.trim_start_matches(['\'', '"']))),
        None => report::say("paths"),
    }
}

fn text(mut candidates: Vec<Candidate>, typed: &str) -> String {
    let is_one_line = |text: &str| !text.contains(['\n', '\t']);
    candidates.retain(|candidate| candidate.word.starts_with(typed) && is_one_line(&candidate.word));
    let lines = candidates.iter().map(|Candidate { word, help }| {
        let help = help.lines().next().unwrap_or_default().replace('\t', " ");
        format!("\n{word}\t{help}")
    });
    std::iter::once("words".to_owned()).chain(lines).collect()
}

/// None where a path is expected.
fn candidates(position: Position) -> Option<Vec<Candidate>> {
    let Position { given, expected } = position;
    match expected {
        Expected::Words(words) => Some(words),
        Expected::Value { option, .. } if option.kind == Kind::Path => None,
        Expected::Value { option, before, typed } => {
            let mut found = values(option, given, &typed);
            for candidate in &mut found {
                candidate.word.insert_str(0, &before);
            }
            Some(found)
        }
    }
}

fn values(option: &Opt, given: Map<String, Json>, typed: &str) -> Vec<Candidate> {
    let Some(invocation) = quiet(given) else { return Vec::new() };
    let is = |other: &Opt| other.key == option.key;
    if is(&TARGET.0) {
        targets(&invocation)
    } else if is(&PROFILE.0) {
        let file = ProfilesFile::read(&invocation.profiles_directory()).ok().flatten();
        file.iter().flat_map(ProfilesFile::names).map(|name| Candidate::new(name, "profile")).collect()
    } else if [&SELECT.0, &EXCLUDE.0, &MODELS.0].into_iter().any(is) {
        let known = known(&invocation);
        nodes::selectors(&known.manifest, &known.selectors, typed)
    } else if is(&SELECTOR.0) {
        let selectors = known(&invocation).selectors;
        selectors.into_iter().map(|name| Candidate::new(name, "selector")).collect()
    } else if is(&TARGET_NODE.0) {
        nodes::columns(&known(&invocation).manifest, typed)
    } else if is(&MACRO.0) {
        nodes::macros(&known(&invocation).manifest)
    } else {
        Vec::new()
    }
}

/// The same call as `parse`, with what was typed of the options that say where the project is.
fn quiet(mut given: Map<String, Json>) -> Option<Invocation> {
    let places =
        [&PROJECT_DIR.0, &PROFILES_DIR.0, &PROFILE.0, &TARGET.0, &TARGET_PATH.0, &VARS.0].map(|it| it.key);
    given.retain(|key, _| places.contains(&key.as_str()));
    let parsed = cli::Arguments { command: Subcommand::Parse, given, names_models: false };
    Invocation::silent(parsed).ok()
}

fn profile_name(invocation: &Invocation) -> Option<String> {
    let given = invocation.flags.text(&PROFILE).map(str::to_owned);
    given.or_else(|| Some(invocation.raw_project().ok()?.yaml.get("profile")?.as_str()?.to_owned()))
}

fn targets(invocation: &Invocation) -> Vec<Candidate> {
    let file = ProfilesFile::read(&invocation.profiles_directory()).ok().flatten();
    let (Some(file), Some(profile)) = (file, profile_name(invocation)) else { return Vec::new() };
    let help = |output: &crate::config::Yaml| {
        let schema = output.get("schema").and_then(crate::config::Yaml::as_str);
        schema.map_or_else(String::new, |schema| format!("schema {schema}"))
    };
    file.outputs(&profile).map(|(name, output)| Candidate::new(name, help(output))).collect()
}

/// What a project names.
#[derive(Default)]
struct Known {
    manifest: Manifest,
    selectors: Vec<String>,
}

fn known(invocation: &Invocation) -> Known {
    let parsed = (!runs_a_command(invocation)).then(|| parsed(invocation)).flatten();
    parsed.or_else(|| last(invocation)).unwrap_or_default()
}

/// A password's command may ask the user, or take its time.
fn runs_a_command(invocation: &Invocation) -> bool {
    let file = ProfilesFile::read(&invocation.profiles_directory()).ok().flatten();
    let (Some(file), Some(profile)) = (file, profile_name(invocation)) else { return false };
    file.outputs(&profile).any(|(_, output)| output.get("password_command").is_some())
}

fn parsed(invocation: &Invocation) -> Option<Known> {
    let session = Session::load(invocation).ok()?;
    let parsed = session.parse_unwritten().ok()?;
    let selectors = session.selectors.names().map(str::to_owned).collect();
    Some(Known { manifest: Manifest::clone(&parsed.manifest), selectors })
}

fn last(invocation: &Invocation) -> Option<Known> {
    let artifact = artifact::read(&invocation.target_directory().join("manifest.json")).ok()??;
    let manifest: Manifest = serde_json::from_value(artifact).ok()?;
    let selectors = manifest.selectors.keys().cloned().collect();
    Some(Known { manifest, selectors })
}
