//! Any text as `--select` and `--exclude`, and as a selectors file, on a recorded project.
#![no_main]

use std::path::Path;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use rsdbt::inside::config::yaml::load;
use rsdbt::inside::diagnostic::{SourceText, render};
use rsdbt::inside::graph::selector::Criteria;
use rsdbt::inside::graph::{Graph, IndirectSelection, SelectionInputs, SelectionRequest, Selectors};
use rsdbt::inside::manifest::Manifest;

static PROJECT: LazyLock<(Manifest, Graph)> = LazyLock::new(|| {
    let text = include_str!("../../recorded/mart.manifest.json");
    let manifest: Manifest = serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}"));
    let graph = Graph::build(&manifest).unwrap_or_else(|error| panic!("{error:?}"));
    (manifest, graph)
});

fn select(request: &SelectionRequest, selectors: &Selectors) {
    let (manifest, graph) = &*PROJECT;
    let inputs = SelectionInputs { manifest, project_root: Path::new("/project"), selectors, state: None };
    match graph.select(request, &inputs) {
        Ok(selection) => selection.warnings.iter().for_each(|warning| drop(render(warning))),
        Err(problem) => drop(render(&problem)),
    }
}

fuzz_target!(|text: &str| {
    let (include, exclude) = text.split_once('\n').unwrap_or((text, ""));
    for word in include.split_whitespace() {
        if let Err(problem) = Criteria::parse(word, IndirectSelection::default()) {
            let _ = render(&problem);
        }
    }
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let request =
        SelectionRequest { include: words(include), exclude: words(exclude), ..SelectionRequest::default() };
    select(&request, &Selectors::default());
    let Ok(file) = load(&SourceText::new("selectors.yml", text)) else { return };
    match Selectors::from_yaml(&file.yaml, IndirectSelection::default()) {
        Ok(selectors) => {
            for name in selectors.names() {
                let request =
                    SelectionRequest { selector: Some(name.to_owned()), ..SelectionRequest::default() };
                select(&request, &selectors);
            }
        }
        Err(problem) => drop(render(&problem)),
    }
});
