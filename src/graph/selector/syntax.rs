//! One selector as the command line has it: `@`, `2+`, `method.argument:value`, `+1`.

use serde_json::Value;

use crate::diagnostic::{Diagnostic, Result, did_you_mean};

/// Which tests a selection brings along.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum IndirectSelection {
    /// Each test with a selected parent.
    #[default]
    Eager,
    /// Tests whose parents are all selected.
    Cautious,
    /// Tests whose parents are selected, or ancestors of selected nodes.
    Buildable,
    /// None.
    Empty,
}

impl IndirectSelection {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "eager" => Self::Eager,
            "cautious" => Self::Cautious,
            "buildable" => Self::Buildable,
            "empty" => Self::Empty,
            _ => return None,
        })
    }
}

/// What nodes are searched by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    Fqn,
    Tag,
    Group,
    Access,
    Source,
    Path,
    File,
    Package,
    Config,
    TestName,
    TestType,
    ResourceType,
    State,
    Exposure,
    Metric,
    Result,
    SourceStatus,
    Version,
    SemanticModel,
    SavedQuery,
    UnitTest,
    Selector,
}

impl Method {
    pub(super) const NAMES: [(&'static str, Self); 22] = [
        ("fqn", Self::Fqn),
        ("tag", Self::Tag),
        ("group", Self::Group),
        ("access", Self::Access),
        ("source", Self::Source),
        ("path", Self::Path),
        ("file", Self::File),
        ("package", Self::Package),
        ("config", Self::Config),
        ("test_name", Self::TestName),
        ("test_type", Self::TestType),
        ("resource_type", Self::ResourceType),
        ("state", Self::State),
        ("exposure", Self::Exposure),
        ("metric", Self::Metric),
        ("result", Self::Result),
        ("source_status", Self::SourceStatus),
        ("version", Self::Version),
        ("semantic_model", Self::SemanticModel),
        ("saved_query", Self::SavedQuery),
        ("unit_test", Self::UnitTest),
        ("selector", Self::Selector),
    ];

    /// The names, as they are typed before a colon.
    pub(crate) fn names() -> impl Iterator<Item = &'static str> {
        Self::NAMES.iter().map(|(name, _)| *name)
    }

    pub(super) fn named(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(known, _)| *known == name).map(|&(_, method)| method)
    }

    /// What a bare value means.
    pub(super) fn of_value(value: &str) -> Self {
        let lower = value.to_lowercase();
        if value.contains('/') {
            Self::Path
        } else if [".sql", ".py", ".csv"].iter().any(|end| lower.ends_with(end)) {
            Self::File
        } else {
            Self::Fqn
        }
    }
}

/// One search and the relatives that come along.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Criteria {
    pub raw: String,
    pub method: Method,
    /// What follows the method's name: `config.meta.owner` has `meta` and `owner`.
    pub arguments: Vec<String>,
    /// A text, or what YAML has.
    pub value: Value,
    pub childrens_parents: bool,
    pub parents: Option<Depth>,
    pub children: Option<Depth>,
    pub indirect: IndirectSelection,
}

/// How many steps to go; `None` goes to the end.
pub(super) type Depth = Option<usize>;

/// The pieces of a selector's text, before they mean anything.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Pieces<'a> {
    pub childrens_parents: bool,
    /// The digits before the `+`.
    pub parents: Option<&'a str>,
    pub method: Option<&'a str>,
    pub value: &'a str,
    pub children: Option<&'a str>,
}

impl<'a> Pieces<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        let (childrens_parents, rest) = text.strip_prefix('@').map_or((false, text), |rest| (true, rest));
        let (parents, rest) = match rest.split_once('+') {
            Some((digits, rest)) if is_number(digits) => (Some(digits), rest),
            _ => (None, rest),
        };
        let is_word = |name: &str| {
            !name.is_empty() && name.chars().all(|letter| letter.is_alphanumeric() || "_.".contains(letter))
        };
        let (method, rest) = match rest.split_once(':') {
            Some((name, rest)) if is_word(name) => (Some(name), rest),
            _ => (None, rest),
        };
        let (value, children) = match rest.rsplit_once('+') {
            Some((value, digits)) if is_number(digits) => (value, Some(digits)),
            _ => (rest, None),
        };
        Self { childrens_parents, parents, method, value, children }
    }
}

fn is_number(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

impl Criteria {
    /// From the command line's form.
    pub(crate) fn parse(text: &str, indirect: IndirectSelection) -> Result<Self> {
        let pieces = Pieces::of(text);
        let (method, arguments) = match pieces.method {
            Some(name) => parse_method(name)?,
            None => (Method::of_value(pieces.value), Vec::new()),
        };
        let criteria = Self {
            raw: text.to_owned(),
            method,
            arguments,
            value: Value::String(pieces.value.to_owned()),
            childrens_parents: pieces.childrens_parents,
            parents: pieces.parents.map(depth),
            children: pieces.children.map(depth),
            indirect,
        };
        criteria.checked()
    }

    pub(super) fn checked(self) -> Result<Self> {
        if self.children.is_some() && self.childrens_parents {
            return Err(Diagnostic::runtime(
                "invalid-selector",
                format!("Invalid node spec {} - \"@\" prefix and \"+\" suffix are incompatible", self.raw),
            )
            .help("`@` takes the descendants already")
            .boxed());
        }
        Ok(self)
    }

    /// The value as text, as the methods but `config` want it.
    pub(crate) fn text(&self) -> String {
        match &self.value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        }
    }
}

/// `config.meta.owner` as the method and its arguments.
pub(super) fn parse_method(name: &str) -> Result<(Method, Vec<String>)> {
    let mut parts = name.split('.');
    let first = parts.next().unwrap_or_default();
    if let Some(method) = Method::named(first) {
        return Ok((method, parts.map(str::to_owned).collect()));
    }
    let names = Method::NAMES.map(|(name, _)| name);
    let help = did_you_mean(first, names).unwrap_or_else(|| format!("use one of {}", names.join(", ")));
    Err(Diagnostic::runtime("invalid-selector", format!("'{first}' is not a valid method name"))
        .help(help)
        .boxed())
}

/// No digits mean no limit, and so do too many.
fn depth(digits: &str) -> Depth {
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_selector_comes_apart() {
        let pieces = |text| {
            let p = Pieces::of(text);
            (p.childrens_parents, p.parents, p.method, p.value, p.children)
        };
        assert_eq!(pieces("@2+tag:a b+"), (true, Some("2"), Some("tag"), "a b", Some("")));
        assert_eq!(pieces("+config.meta.x:y+3"), (false, Some(""), Some("config.meta.x"), "y", Some("3")));
        assert_eq!(pieces("a+b"), (false, None, None, "a+b", None));
        assert_eq!(pieces("++"), (false, Some(""), None, "", Some("")));
        assert_eq!(pieces("source:a:b"), (false, None, Some("source"), "a:b", None));
        assert_eq!(pieces("x-y:z"), (false, None, None, "x-y:z", None));
    }

    #[test]
    fn bad_selectors_are_told() {
        let error = |text| *Criteria::parse(text, IndirectSelection::Eager).unwrap_err();
        assert_eq!(error("tags:x").message, "'tags' is not a valid method name");
        assert_eq!(error("tags:x").help.unwrap(), "did you mean `tag`?");
        assert!(error("@x+").message.contains("are incompatible"));
    }

    #[test]
    fn bare_values_are_paths_files_or_names() {
        let method = |text| Criteria::parse(text, IndirectSelection::Eager).unwrap().method;
        assert_eq!(method("models/a"), Method::Path);
        assert_eq!(method("A.SQL"), Method::File);
        assert_eq!(method("a.b"), Method::Fqn);
    }
}
