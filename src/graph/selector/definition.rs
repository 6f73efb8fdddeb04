//! selectors.yml: named selectors, as specs to evaluate and in the expanded form that the manifest holds.

use serde_json::{Map, Value, json};

use crate::config::yaml::{Kind, Yaml};
use crate::diagnostic::{Diagnostic, Result, did_you_mean};
use crate::hashed::IndexMap;

use super::spec::{Group, Operator, Spec};
use super::syntax::{Criteria, IndirectSelection, Pieces, parse_method};

/// The selectors of a project.
#[derive(Debug, Clone, Default)]
pub(crate) struct Selectors {
    entries: IndexMap<String, Spec>,
    default: Option<String>,
    /// What goes into manifest.json.
    pub expanded: Map<String, Value>,
}

impl Selectors {
    /// From the rendered file; `indirect` is what the command line or the environment says.
    pub(crate) fn from_yaml(file: &Yaml, indirect: IndirectSelection) -> Result<Self> {
        let mut selectors = Self::default();
        let Some(list) = file.get("selectors") else {
            return Err(malformed(file, "'selectors' is a required property"));
        };
        for entry in list.expect_sequence("selectors")? {
            let Some(name) = entry.get("name") else {
                return Err(malformed(entry, "'name' is a required property"));
            };
            let name = name.expect_str("a selector's `name`")?;
            let Some(definition) = entry.get("definition") else {
                return Err(malformed(entry, "'definition' is a required property"));
            };
            let parser = Parser { known: &selectors.entries, indirect };
            let spec = parser.root(definition)?;
            let expanded = expand(definition, &selectors.expanded)?;
            selectors.note_default(name, entry)?;
            selectors.entries.insert(name.to_owned(), spec);
            let mut shown = entry.to_json();
            if let Some(map) = shown.as_object_mut() {
                map.insert("definition".to_owned(), expanded);
            }
            selectors.expanded.insert(name.to_owned(), shown);
        }
        Ok(selectors)
    }

    fn note_default(&mut self, name: &str, entry: &Yaml) -> Result<()> {
        let Some(flag) = entry.get("default").filter(|flag| flag.as_bool() == Some(true)) else {
            return Ok(());
        };
        match self.default.replace(name.to_owned()) {
            None => Ok(()),
            Some(other) => Err(Diagnostic::runtime(
                "invalid-selectors-file",
                format!(
                    "Error when parsing the selector file. Found multiple selectors with `default: true`:\
                     {other} and {name}"
                ),
            )
            .label(flag.span(), "")
            .boxed()),
        }
    }

    /// The selector that is used when none of `--select`, `--exclude` and `--selector` is given.
    pub(crate) fn default_name(&self) -> Option<&str> {
        self.default.as_deref()
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().map(String::as_str)
    }

    pub(crate) fn get(&self, name: &str) -> Result<&Spec> {
        self.entries.get(name).ok_or_else(|| {
            let names: Vec<_> = self.entries.keys().map(|name| format!("'{name}'")).collect();
            Diagnostic::runtime(
                "unknown-selector",
                format!("Could not find selector named {name}, expected one of [{}]", names.join(", ")),
            )
            .maybe_help(did_you_mean(name, self.names()))
            .boxed()
        })
    }
}

fn malformed(at: &Yaml, problem: &str) -> Box<Diagnostic> {
    Diagnostic::runtime("invalid-selectors-file", format!("Could not read selector file data: {problem}"))
        .label(at.span(), "")
        .help("a selector has a `name` and a `definition`: a text, a mapping, `union:` or `intersection:`")
        .boxed()
}

struct Parser<'a> {
    known: &'a IndexMap<String, Spec>,
    indirect: IndirectSelection,
}

impl Parser<'_> {
    fn root(&self, definition: &Yaml) -> Result<Spec> {
        if let Some(map) = definition.as_mapping()
            && (map.contains_key("union") || map.contains_key("intersection"))
            && map.len() > 1
        {
            let keys: Vec<_> = map.keys().collect();
            return Err(malformed(
                definition,
                &format!(
                    "Only a single 'union' or 'intersection' key is allowed in a root level selector definition; \
                     found {}.",
                    keys.join(",")
                ),
            ));
        }
        self.definition(definition)
    }

    fn definition(&self, definition: &Yaml) -> Result<Spec> {
        if let Some(text) = definition.as_str() {
            let criteria =
                Criteria::parse(text, self.indirect).map_err(|error| error.label(definition.span(), ""))?;
            return Ok(Spec::Criteria(Box::new(criteria)));
        }
        if definition.as_mapping().is_none() {
            return Err(malformed(
                definition,
                &format!(
                    "Expected to find union, intersection, str or dict, instead found {}",
                    definition.kind_name()
                ),
            ));
        }
        if let Some(parts) = definition.get("union") {
            self.group(Operator::Union, parts)
        } else if let Some(parts) = definition.get("intersection") {
            self.group(Operator::Intersection, parts)
        } else {
            self.mapping(definition)
        }
    }

    fn group(&self, operator: Operator, parts: &Yaml) -> Result<Spec> {
        let mut included = Vec::new();
        let mut excluded = None;
        for part in list(parts)? {
            match part.get("exclude") {
                Some(_) if excluded.is_some() => {
                    return Err(malformed(
                        part,
                        "You cannot provide multiple exclude arguments to the same selector set operator",
                    ));
                }
                Some(exclusions) => excluded = Some(self.exclusions(exclusions)?),
                None => included.push(self.definition(part)?),
            }
        }
        let spec = group(operator, included);
        Ok(match excluded.flatten() {
            Some(exclusion) => group(Operator::Difference, vec![spec, exclusion]),
            None => spec,
        })
    }

    fn exclusions(&self, parts: &Yaml) -> Result<Option<Spec>> {
        let mut specs = list(parts)?.iter().map(|part| self.definition(part)).collect::<Result<Vec<_>>>()?;
        Ok(match specs.len() {
            0 | 1 => specs.pop(),
            _ => Some(group(Operator::Union, specs)),
        })
    }

    fn mapping(&self, definition: &Yaml) -> Result<Spec> {
        let Some(map) = definition.as_mapping() else {
            return Err(malformed(definition, "expected a mapping"));
        };
        let single = map.iter().next().filter(|entry| map.len() == 1 && entry.key != "exclude");
        let (method, value) = match (single, definition.get("method"), definition.get("value")) {
            (Some(entry), ..) => (entry.key.as_str(), &entry.value),
            (None, Some(method), Some(value)) => (method.expect_str("`method`")?, value),
            _ => {
                let keys: Vec<_> = map.keys().map(|key| format!("'{key}'")).collect();
                return Err(malformed(
                    definition,
                    &format!(
                        "Expected either 1 key or else \"method\" and \"value\" keys, but got [{}]",
                        keys.join(", ")
                    ),
                ));
            }
        };
        if method == "selector" && single.is_none() {
            return self.inherited(value);
        }
        let criteria = self.criteria(definition, method, value)?;
        let spec = Spec::Criteria(Box::new(criteria));
        let excluded = match definition.get("exclude").filter(|_| single.is_none()) {
            Some(parts) => self.exclusions(parts)?,
            None => None,
        };
        Ok(match excluded {
            Some(exclusion) => group(Operator::Difference, vec![spec, exclusion]),
            None => spec,
        })
    }

    fn inherited(&self, name: &Yaml) -> Result<Spec> {
        let text = name.scalar_text().unwrap_or_default();
        self.known.get(&text).cloned().ok_or_else(|| missing_selector(name, &text, self.known.keys()))
    }

    fn criteria(&self, definition: &Yaml, method: &str, value: &Yaml) -> Result<Criteria> {
        let located = |error: Box<Diagnostic>| error.label(definition.span(), "").boxed();
        let (method, arguments) = parse_method(method).map_err(located)?;
        let indirect = match definition.get("indirect_selection") {
            None => self.indirect,
            Some(mode) => {
                let text = mode.scalar_text().unwrap_or_default();
                IndirectSelection::parse(&text).ok_or_else(|| {
                    malformed(mode, &format!("'{text}' is not a valid IndirectSelection"))
                        .help("use eager, cautious, buildable or empty")
                        .boxed()
                })?
            }
        };
        let is_set = |key: &str| definition.get(key).is_some_and(is_true);
        let depth =
            |key: &str| definition.get(key).and_then(Yaml::scalar_text).and_then(|text| text.parse().ok());
        // dbt: a depth of 0 written as a number counts as no limit
        let limit = |key: &str| depth(key).filter(|&depth: &usize| depth > 0);
        let criteria = Criteria {
            raw: definition.to_json().to_string(),
            method,
            arguments,
            value: value.to_json(),
            childrens_parents: is_set("childrens_parents"),
            parents: is_set("parents").then(|| limit("parents_depth")),
            children: is_set("children").then(|| limit("children_depth")),
            indirect,
        };
        criteria.checked().map_err(located)
    }
}

fn missing_selector<'a>(at: &Yaml, name: &str, known: impl Iterator<Item = &'a String>) -> Box<Diagnostic> {
    malformed(at, &format!("Existing selector definition for {name} not found."))
        .help(
            did_you_mean(name, known.map(String::as_str))
                .unwrap_or_else(|| "a selector can use those above it in the file".to_owned()),
        )
        .boxed()
}

fn group(operator: Operator, parts: Vec<Spec>) -> Spec {
    Spec::Group(Group { operator, parts, indirect: IndirectSelection::Eager, expected: None })
}

fn list(parts: &Yaml) -> Result<&[Yaml]> {
    parts.as_sequence().ok_or_else(|| malformed(parts, "Expected a list."))
}

fn is_true(value: &Yaml) -> bool {
    match &value.kind {
        Kind::Null => false,
        Kind::Bool(flag) => *flag,
        Kind::Integer(number) => *number != 0,
        Kind::String(text) => !text.is_empty(),
        _ => true,
    }
}

/// The definition as the manifest shows it: texts taken apart, one-key mappings spelled out.
fn expand(definition: &Yaml, known: &Map<String, Value>) -> Result<Value> {
    if let Some(text) = definition.as_str() {
        return expand_text(text);
    }
    let Some(map) = definition.as_mapping() else { return Ok(definition.to_json()) };
    for key in ["union", "intersection"] {
        if let Some(parts) = map.get(key) {
            return Ok(json!({ key: expand_list(parts, known)? }));
        }
    }
    let Some(first) = map.iter().next() else { return Ok(json!({})) };
    let value = if first.value.as_sequence().is_some() {
        expand_list(&first.value, known)?
    } else {
        first.value.to_json()
    };
    if first.key == "exclude" {
        return Ok(json!({ "exclude": value }));
    }
    if map.len() == 1 {
        return Ok(json!({ "method": first.key, "value": value }));
    }
    if first.key == "method" && first.value.as_str() == Some("selector") {
        let name = map.get("value").and_then(Yaml::scalar_text).unwrap_or_default();
        let found = known.get(&name).and_then(|entry| entry.get("definition"));
        return found.cloned().ok_or_else(|| missing_selector(definition, &name, known.keys()));
    }
    Ok(definition.to_json())
}

fn expand_list(parts: &Yaml, known: &Map<String, Value>) -> Result<Value> {
    let parts = parts.as_sequence().unwrap_or_default();
    Ok(Value::Array(parts.iter().map(|part| expand(part, known)).collect::<Result<_>>()?))
}

fn expand_text(text: &str) -> Result<Value> {
    let criteria = Criteria::parse(text, IndirectSelection::Eager)?;
    let pieces = Pieces::of(text);
    let mut map = Map::new();
    if pieces.childrens_parents {
        map.insert("childrens_parents".to_owned(), true.into());
    }
    let relatives = |map: &mut Map<String, Value>, key: &str, digits: Option<&str>| {
        if let Some(digits) = digits {
            map.insert(key.to_owned(), true.into());
            if !digits.is_empty() {
                map.insert(format!("{key}_depth"), digits.into());
            }
        }
    };
    relatives(&mut map, "parents", pieces.parents);
    let name = super::syntax::Method::NAMES.iter().find(|(_, method)| *method == criteria.method);
    let mut method = name.map_or("", |(name, _)| *name).to_owned();
    for argument in &criteria.arguments {
        method.push('.');
        method.push_str(argument);
    }
    map.insert("method".to_owned(), method.into());
    if !pieces.value.is_empty() {
        map.insert("value".to_owned(), pieces.value.into());
    }
    relatives(&mut map, "children", pieces.children);
    Ok(Value::Object(map))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::yaml;
    use crate::diagnostic::SourceText;

    fn read(text: &str) -> Result<Selectors> {
        let file = yaml::load(&SourceText::new("selectors.yml", text)).unwrap();
        Selectors::from_yaml(&file.yaml, IndirectSelection::Eager)
    }

    /// The message, and the text that it points at.
    fn problem(definition: &str) -> (String, String) {
        let error = read(&format!("selectors:\n- name: a\n  definition: {definition}\n")).unwrap_err();
        let place = error.labels.first().map(|label| label.span.text().to_owned());
        (error.message.replace("Could not read selector file data: ", ""), place.unwrap_or_default())
    }

    #[test]
    fn mistakes_are_told_where_they_stand() {
        let told = |definition: &str, message: &str, place: &str| {
            assert_eq!(problem(definition), (message.to_owned(), place.to_owned()), "{definition}");
        };
        told("tags:x", "'tags' is not a valid method name", "tags:x");
        told("{union: [x, {tgs: y}]}", "'tgs' is not a valid method name", "{tgs: y}");
        told("{union: x}", "Expected a list.", "x");
        told(
            "{union: [x], intersection: [y]}",
            "Only a single 'union' or 'intersection' key is allowed in a root level selector definition; \
             found union,intersection.",
            "{union: [x], intersection: [y]}",
        );
        told(
            "{union: [{exclude: [x]}, {exclude: [y]}]}",
            "You cannot provide multiple exclude arguments to the same selector set operator",
            "{exclude: [y]}",
        );
        told(
            "{method: tag, values: x}",
            "Expected either 1 key or else \"method\" and \"value\" keys, but got ['method', 'values']",
            "{method: tag, values: x}",
        );
        told("{method: selector, value: b}", "Existing selector definition for b not found.", "b");
        told(
            "{method: tag, value: x, indirect_selection: greedy}",
            "'greedy' is not a valid IndirectSelection",
            "greedy",
        );
    }

    #[test]
    fn one_selector_is_the_default_and_two_are_a_mistake() {
        let entry = |name: &str| format!("- {{name: {name}, default: true, definition: x}}\n");
        let one = read(&format!("selectors:\n{}", entry("a"))).unwrap();
        assert_eq!(one.default_name(), Some("a"));
        assert_eq!(
            one.get("b").unwrap_err().message,
            "Could not find selector named b, expected one of ['a']"
        );
        let error = read(&format!("selectors:\n{}{}", entry("a"), entry("b"))).unwrap_err();
        assert!(error.message.ends_with("Found multiple selectors with `default: true`:a and b"));
    }
}
