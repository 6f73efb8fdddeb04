//! Any text as a YAML file, and as a properties file: values, spans and messages are made of it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rsdbt::inside::config::Yaml;
use rsdbt::inside::config::properties::{NodeProperties, PropertiesFile, PropertyKind};
use rsdbt::inside::config::yaml::load;
use rsdbt::inside::diagnostic::{SourceText, render};

/// Every span lies within the text.
fn walk(yaml: &Yaml) {
    let _ = (yaml.span().text().len(), yaml.span().location(), yaml.scalar_text());
    for item in yaml.as_sequence().unwrap_or_default() {
        walk(item);
    }
    for entry in yaml.as_mapping().into_iter().flat_map(|mapping| mapping.iter()) {
        let _ = entry.key_span().text().len();
        walk(&entry.value);
    }
}

fuzz_target!(|text: &str| {
    let source = SourceText::new("models/schema.yml", text);
    match load(&source) {
        Ok(loaded) => {
            walk(&loaded.yaml);
            let _ = loaded.yaml.to_json().to_string();
            loaded.warnings.iter().for_each(|warning| drop(render(warning)));
        }
        Err(problem) => drop(render(&problem)),
    }
    let mut warnings = Vec::new();
    match PropertiesFile::read(&source, &mut warnings) {
        Ok(Some(file)) => {
            for kind in PropertyKind::ALL {
                for entry in file.entries(kind) {
                    if let Err(problem) = NodeProperties::read(kind, entry, &mut warnings) {
                        let _ = render(&problem);
                    }
                }
            }
        }
        Ok(None) => {}
        Err(problem) => drop(render(&problem)),
    }
    warnings.iter().for_each(|warning| drop(render(warning)));
});
