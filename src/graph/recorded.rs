//! Selections against what dbt printed for the same arguments.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::*;
use crate::config::yaml;
use crate::diagnostic::SourceText;
use crate::manifest::{PreviousState, ResourceType};

#[derive(Deserialize)]
struct Case {
    args: Vec<String>,
    lines: Vec<String>,
    warnings: Vec<[String; 2]>,
    error: Option<String>,
}

/// The options of `ls` that the recorded cases use, by name.
fn options(args: &[String]) -> BTreeMap<&str, Vec<String>> {
    let mut options: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let mut name = "";
    for arg in args {
        match arg.strip_prefix("--") {
            Some(option) => name = option,
            None => options.entry(name).or_default().push(arg.clone()),
        }
    }
    options
}

const LISTED: [ResourceType; 11] = [
    ResourceType::Model,
    ResourceType::Snapshot,
    ResourceType::Seed,
    ResourceType::Test,
    ResourceType::Source,
    ResourceType::Exposure,
    ResourceType::Metric,
    ResourceType::SavedQuery,
    ResourceType::SemanticModel,
    ResourceType::UnitTest,
    ResourceType::Function,
];

fn resource_types(options: &BTreeMap<&str, Vec<String>>) -> Vec<ResourceType> {
    let named = |name: &str| -> Vec<ResourceType> {
        let names = options.get(name).into_iter().flatten();
        names
            .flat_map(|name| match name.as_str() {
                "all" => LISTED.iter().copied().chain([ResourceType::Analysis]).collect(),
                "default" => LISTED.to_vec(),
                name => vec![name.parse().unwrap()],
            })
            .collect()
    };
    let mut kinds = named("resource-type");
    if kinds.is_empty() {
        kinds = LISTED.to_vec();
    }
    if options.contains_key("models") {
        kinds = vec![ResourceType::Model];
    }
    let excluded = named("exclude-resource-type");
    kinds.retain(|kind| !excluded.contains(kind));
    kinds
}

struct Project {
    root: PathBuf,
    manifest: Manifest,
    graph: Graph,
}

impl Project {
    fn read(name: &str) -> Self {
        let text = std::fs::read_to_string(format!("tests/recorded/{name}.manifest.json")).unwrap();
        let manifest: Manifest = serde_json::from_str(&text).unwrap();
        let graph = Graph::build(&manifest).unwrap();
        Self { root: Path::new("tests/projects").join(name), manifest, graph }
    }

    fn selectors(&self, indirect: IndirectSelection) -> Result<Selectors> {
        let Ok(text) = std::fs::read_to_string(self.root.join("selectors.yml")) else {
            return Ok(Selectors::default());
        };
        let file = yaml::load(&SourceText::new("selectors.yml", text)).unwrap();
        Selectors::from_yaml(&file.yaml, indirect)
    }

    /// The lines and warnings of one case, or the error.
    fn list(&self, args: &[String]) -> Result<(Vec<String>, Vec<[String; 2]>)> {
        let options = options(args);
        let one = |name: &str| options.get(name).map(|values| values[0].as_str());
        let many = |name: &str| options.get(name).cloned().unwrap_or_default();
        let indirect = one("indirect-selection")
            .map_or(IndirectSelection::Eager, |it| IndirectSelection::parse(it).unwrap());
        let selectors = self.selectors(indirect)?;
        let state =
            one("state").map(|path| PreviousState::load(&self.root.join(path), &self.root.join("current")));
        let state = state.transpose()?;
        let request = SelectionRequest {
            include: if options.contains_key("models") { many("models") } else { many("select") },
            exclude: many("exclude"),
            selector: one("selector").map(str::to_owned),
            indirect,
            resource_types: resource_types(&options),
            empty_nodes: EmptyNodes::Keep,
        };
        let inputs = SelectionInputs {
            manifest: &self.manifest,
            project_root: &self.root,
            selectors: &selectors,
            state: state.as_ref(),
        };
        let selection = self.graph.select(&request, &inputs)?;
        let output = match one("output") {
            Some("name") => ListOutput::Name,
            Some("path") => ListOutput::Path,
            Some("json") => ListOutput::Json,
            _ => ListOutput::Selector,
        };
        let keys = many("output-keys");
        let mut warnings: Vec<_> = selection
            .warnings
            .iter()
            .map(|warning| [warning.code.to_owned(), warning.message.clone()])
            .collect();
        if selection.is_empty() {
            warnings.push(["NoNodesSelected".to_owned(), "No nodes selected!".to_owned()]);
        }
        Ok((list(&self.manifest, &selection.unique_ids, output, &keys), warnings))
    }
}

#[test]
fn selections_are_those_of_dbt() {
    let mut wrong = Vec::new();
    for name in ["mart", "shop", "layers"] {
        let project = Project::read(name);
        let text = std::fs::read_to_string(format!("tests/recorded/{name}.selectors.json")).unwrap();
        let cases: Vec<Case> = serde_json::from_str(&text).unwrap();
        assert!(cases.len() > 30);
        // a recorded manifest is of one target
        let fits = |case: &Case| !case.args.iter().any(|arg| arg == "--target" || arg == "--vars");
        for case in cases.into_iter().filter(fits) {
            let arguments = case.args.join(" ");
            match (project.list(&case.args), case.error) {
                (Err(ours), Some(theirs)) => {
                    let theirs = theirs.replace("\n  ", "\n");
                    let sentence = ours.message.split(". ").next().unwrap_or_default();
                    if !theirs.contains(sentence) {
                        wrong.push(format!("{name}: {arguments}\n theirs {theirs}\n ours {ours}"));
                    }
                }
                (Ok((lines, warnings)), None) => {
                    if lines != case.lines || warnings != case.warnings {
                        wrong.push(format!(
                            "{name}: {arguments}\n theirs {:#?}\n ours {lines:#?}\n{:?}\n{warnings:?}",
                            case.lines, case.warnings
                        ));
                    }
                }
                (ours, theirs) => {
                    wrong.push(format!("{name}: {arguments}\n theirs {theirs:?}\n ours {ours:?}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n\n"));
}

#[test]
fn expanded_selectors_are_those_of_the_manifest() {
    for name in ["mart", "shop", "layers"] {
        let project = Project::read(name);
        let selectors = project.selectors(IndirectSelection::Eager).unwrap();
        assert_eq!(
            serde_json::to_string_pretty(&selectors.expanded).unwrap(),
            serde_json::to_string_pretty(&project.manifest.selectors).unwrap()
        );
    }
}

/// Texts of selectors' own letters, from a generator with a fixed start.
#[test]
fn any_text_selects_or_is_refused() {
    const PIECES: [&str; 30] = [
        "@",
        "+",
        "1",
        "0+",
        "99999999999999999999+",
        ",",
        ":",
        ".",
        "*",
        "?",
        "[",
        "]",
        "!",
        "-",
        "/",
        "**",
        " ",
        "..",
        "a",
        "c",
        "é",
        "tag:",
        "source:",
        "path:",
        "config.",
        "state:",
        "version:",
        "test_type:",
        "models",
        "\n",
    ];
    let project = Project::read("shop");
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = |limit: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        usize::try_from(seed % limit as u64).unwrap()
    };
    let (mut selected, mut refused) = (0, 0);
    for _ in 0..3000 {
        let count = 1 + next(8);
        let text: String = (0..count).map(|_| PIECES[next(PIECES.len())]).collect();
        match project.list(&["--select".to_owned(), text]) {
            Ok(_) => selected += 1,
            Err(_) => refused += 1,
        }
    }
    assert!(selected > 1000 && refused > 100, "{selected} selected, {refused} refused");
}
