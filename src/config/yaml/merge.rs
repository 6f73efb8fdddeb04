//! Mappings as PyYAML builds them: merge keys first, then the mapping's own; the last of equal keys wins.

use serde_json::Value as Json;

use crate::diagnostic::{Diagnostic, Result};
use crate::hashed::HashMap;

use super::{Entry, Kind, Mapping, Yaml};

/// Above this many entries a table finds equal keys.
const SMALL: usize = 16;

#[derive(Default)]
pub(super) struct MappingBuilder {
    own: Mapping,
    places: HashMap<String, usize>,
    merged: Vec<Yaml>,
}

impl MappingBuilder {
    pub(super) fn add(&mut self, mut key: Yaml, value: Yaml, warnings: &mut Vec<Diagnostic>) -> Result<()> {
        if is_merge_key(&key) {
            return self.merge(value);
        }
        let name = match &mut key.kind {
            Kind::String(text) => std::mem::take(text),
            _ => key_name(&key)?,
        };
        let key_start = key.start;
        match self.position(&name) {
            Some(at) => {
                key.kind = Kind::String(name.clone());
                let first = self.own.entries[at].key_span();
                let (line, _) = first.source.position(first.range.start);
                warnings.push(
                    Diagnostic::warning(
                        "DuplicateYAMLKeysDeprecation",
                        format!(
                            "duplicate key `{name}`: the last one is used, the one on line {line} is lost"
                        ),
                    )
                    .label(key.span(), "")
                    .help("remove one of the two"),
                );
                self.own.entries[at].value = value;
            }
            None => {
                if self.own.len() >= SMALL {
                    if self.places.is_empty() {
                        let keys = self.own.entries.iter().enumerate();
                        self.places = keys.map(|(at, entry)| (entry.key.clone(), at)).collect();
                    }
                    self.places.insert(name.clone(), self.own.len());
                }
                self.own.push(name, key_start, value);
            }
        }
        Ok(())
    }

    fn position(&self, name: &str) -> Option<usize> {
        if self.places.is_empty() {
            self.own.entries.iter().position(|entry| entry.key == name)
        } else {
            self.places.get(name).copied()
        }
    }

    fn merge(&mut self, value: Yaml) -> Result<()> {
        match value.kind {
            Kind::Mapping(_) => self.merged.push(value),
            // PyYAML lets the earlier mapping of a list win.
            Kind::Sequence(items) => {
                for item in items.into_iter().rev() {
                    item.expect_mapping("each item of a merge key `<<`")?;
                    self.merged.push(item);
                }
            }
            _ => return Err(value.wrong_type("a merge key `<<`", "a mapping or a list of mappings")),
        }
        Ok(())
    }

    pub(super) fn finish(self) -> Mapping {
        if self.merged.is_empty() {
            return self.own;
        }
        let mut all = Mapping::default();
        let merged = self.merged.into_iter().filter_map(|yaml| match yaml.kind {
            Kind::Mapping(mapping) => Some(mapping),
            _ => None,
        });
        for Entry { key, key_start, value } in merged.chain([self.own]).flat_map(|m| m.entries) {
            all.insert(key, key_start, value);
        }
        all
    }
}

fn is_merge_key(key: &Yaml) -> bool {
    key.as_str() == Some("<<") && !key.span().text().starts_with(['"', '\''])
}

fn key_name(key: &Yaml) -> Result<String> {
    match &key.kind {
        Kind::String(text) | Kind::Date(text) => Ok(text.clone()),
        Kind::Null => Ok("null".to_owned()),
        Kind::Bool(_) | Kind::Integer(_) | Kind::Float(_) => match key.to_json() {
            Json::Null => Ok("nan".to_owned()),
            scalar => Ok(scalar.to_string()),
        },
        Kind::Sequence(_) | Kind::Mapping(_) => {
            let span = key.span();
            let before = span.source.text[..span.range.start].chars().next_back();
            let jinja = before == Some('{') || span.text().starts_with("{{");
            let help = if jinja {
                "Jinja in YAML must be quoted: write \"{{ ... }}\""
            } else {
                "a key must be a word or a quoted text"
            };
            Err(Diagnostic::parsing("yaml-key", "found unhashable key").label(span, "").help(help).boxed())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{load, load_text};
    use crate::diagnostic::SourceText;

    #[test]
    fn merge_keys_come_first_and_lose() {
        let text = "base: &b {x: 1, y: 2}\nother: &o {y: 3, z: 4}\n\
                    one:\n  y: 9\n  <<: *b\n  w: 0\ntwo:\n  <<: [*b, *o]\n  q: 1\n";
        let yaml = load_text("x.yml", text).unwrap();
        assert_eq!(yaml.get("one").unwrap().to_json().to_string(), r#"{"x":1,"y":9,"w":0}"#);
        assert_eq!(yaml.get("two").unwrap().to_json().to_string(), r#"{"y":2,"z":4,"x":1,"q":1}"#);
    }

    #[test]
    fn the_last_of_equal_keys_wins_with_a_warning() {
        let loaded = load(&SourceText::new("x.yml", "a: 1\nb: 2\na: 3\n")).unwrap();
        assert_eq!(loaded.yaml.to_json().to_string(), r#"{"a":3,"b":2}"#);
        assert_eq!(loaded.warnings[0].code, "DuplicateYAMLKeysDeprecation");
        assert_eq!(loaded.warnings[0].labels[0].span.location(), "x.yml:3:1");
    }

    #[test]
    fn unquoted_jinja_is_explained() {
        let problem = load_text("x.yml", "a: {{ var('x') }}\n").unwrap_err();
        assert_eq!(problem.code, "yaml-key");
        assert!(problem.help.unwrap().contains("quoted"));
    }
}
