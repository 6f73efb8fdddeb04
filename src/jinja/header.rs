//! The first line of a block: macro parameters with types and defaults, materialization options.

use std::ops::Range;
use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Result, SourceText, Span};

use super::blocks::Block;

/// A declared macro parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Parameter {
    pub name: String,
    /// `string` in `{% macro f(x: string) %}`.
    pub annotation: Option<String>,
    /// Where the default's expression stands in the file.
    pub default: Option<Range<usize>>,
}

pub(super) struct MaterializationOptions {
    pub(super) adapter: String,
    pub(super) supported_languages: Vec<String>,
}

/// `(a, b: string, c=1)`.
pub(super) fn parameters(source: &Arc<SourceText>, block: &Block) -> Result<Vec<Parameter>> {
    let mut reader = Reader { source, end: block.header.end, at: block.header.start };
    if !reader.skip(b'(') {
        return Err(reader.error("expected token '('"));
    }
    let mut found: Vec<Parameter> = Vec::new();
    while !reader.skip(b')') {
        if !found.is_empty() {
            if !reader.skip(b',') {
                return Err(reader.error("expected token ','"));
            }
            if reader.skip(b')') {
                break;
            }
        }
        let Some(name) = reader.identifier() else { return Err(reader.error("expected a parameter name")) };
        let range = reader.at - name.len()..reader.at;
        if matches!(name, "true" | "false" | "none" | "True" | "False" | "None") {
            return Err(refused(source, range, "can't assign to 'name'".to_owned()));
        }
        if found.iter().any(|known| known.name == name) {
            return Err(refused(
                source,
                range,
                format!("duplicate argument '{name}' in function definition"),
            ));
        }
        let annotation = reader.skip(b':').then(|| reader.expression(b"=,)"));
        let default = if reader.skip(b'=') { Some(reader.expression(b",)")) } else { None };
        if default.as_ref().is_some_and(Range::is_empty) {
            return Err(reader.error("expected an expression"));
        }
        if default.is_none() && found.last().is_some_and(|last| last.default.is_some()) {
            return Err(reader.error("non-default argument follows default argument"));
        }
        if name == "caller" && default.is_none() {
            return Err(refused(source, range, CALLER_WITHOUT_DEFAULT.to_owned()));
        }
        let annotation = annotation.map(|range| source.text[range].to_owned());
        found.push(Parameter { name: name.to_owned(), annotation, default });
    }
    reader.expect_end()?;
    Ok(found)
}

/// Jinja2's words.
pub(super) const CALLER_WITHOUT_DEFAULT: &str = "When defining macros or call blocks the special \"caller\" argument must be omitted or be given a default.";

fn refused(source: &Arc<SourceText>, range: Range<usize>, message: String) -> Box<Diagnostic> {
    Diagnostic::compilation("jinja-syntax", message).label(Span::new(source, range), "").boxed()
}

/// `, adapter='postgres', supported_languages=['sql', 'python']`.
pub(super) fn materialization(source: &Arc<SourceText>, block: &Block) -> Result<MaterializationOptions> {
    let mut reader = Reader { source, end: block.header.end, at: block.header.start };
    let mut options =
        MaterializationOptions { adapter: "default".to_owned(), supported_languages: vec!["sql".to_owned()] };
    while reader.skip(b',') {
        let name = reader.identifier().unwrap_or_default();
        match name {
            "default" => {}
            "adapter" | "supported_languages" => {
                if !reader.skip(b'=') {
                    return Err(reader.error("expected token '='"));
                }
                let value = reader.expression(b",");
                let strings = quoted_strings(&source.text[value]);
                if name == "supported_languages" {
                    options.supported_languages = strings;
                } else if let Some(adapter) = strings.into_iter().next() {
                    options.adapter = adapter;
                }
            }
            _ => {
                let message = format!("materialization '{}' received unknown argument '{name}'.", block.name);
                return Err(Diagnostic::compilation("materialization-argument", message)
                    .label(Span::new(source, reader.at - name.len()..reader.at), "")
                    .help("the options are `adapter`, `default` and `supported_languages`")
                    .boxed());
            }
        }
    }
    reader.expect_end()?;
    Ok(options)
}

fn quoted_strings(text: &str) -> Vec<String> {
    text.split(['\'', '"']).skip(1).step_by(2).map(str::to_owned).collect()
}

struct Reader<'a> {
    source: &'a Arc<SourceText>,
    end: usize,
    at: usize,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        &self.source.text[self.at..self.end]
    }

    fn skip_space(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    fn skip(&mut self, byte: u8) -> bool {
        self.skip_space();
        let found = self.rest().as_bytes().first() == Some(&byte);
        self.at += usize::from(found);
        found
    }

    fn identifier(&mut self) -> Option<&'a str> {
        self.skip_space();
        let rest = self.rest();
        let length = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
        let name =
            rest.get(..length).filter(|name| !name.is_empty() && !name.starts_with(char::is_numeric))?;
        self.at += length;
        Some(name)
    }

    /// Up to one of `ends` outside of brackets and strings, without the white space around it.
    fn expression(&mut self, ends: &[u8]) -> Range<usize> {
        self.skip_space();
        let start = self.at;
        let bytes = self.source.text.as_bytes();
        let mut depth = 0_usize;
        while self.at < self.end {
            let byte = bytes[self.at];
            if depth == 0 && ends.contains(&byte) && !self.is_comparison() {
                break;
            }
            match byte {
                b'(' | b'[' | b'{' => depth += 1,
                b')' | b']' | b'}' => depth = depth.saturating_sub(1),
                b'\'' | b'"' => {
                    let quote = byte;
                    self.at += 1;
                    while self.at < self.end && bytes[self.at] != quote {
                        self.at += 1 + usize::from(bytes[self.at] == b'\\');
                    }
                }
                _ => {}
            }
            self.at += 1;
        }
        self.at = self.at.min(self.end);
        start..start + self.source.text[start..self.at].trim_end().len()
    }

    fn is_comparison(&self) -> bool {
        self.rest().starts_with("==")
    }

    fn expect_end(&mut self) -> Result<()> {
        // Jinja takes a colon at the end of any statement, as Python does.
        self.skip(b':');
        self.skip_space();
        if self.rest().is_empty() {
            Ok(())
        } else {
            Err(self.error("expected token 'end of statement block'"))
        }
    }

    fn error(&self, message: &str) -> Box<Diagnostic> {
        let rest = self.rest();
        let length = rest.chars().next().map_or(0, char::len_utf8);
        let got =
            if rest.is_empty() { "end of statement block".to_owned() } else { rest[..length].to_owned() };
        Diagnostic::compilation("jinja-syntax", format!("{message}, got '{got}'"))
            .label(Span::new(self.source, self.at..self.at + length), "")
            .boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::super::blocks::{BlockKind, cut};
    use super::*;

    fn first(text: &str) -> (Arc<SourceText>, Block) {
        let source = SourceText::new("macros/a.sql", text);
        let block = cut(&source, BlockKind::MACROS).unwrap().remove(0);
        (source, block)
    }

    #[test]
    fn parameters_have_types_and_defaults() {
        let (source, block) = first(
            "{% macro a(x, y: Dict[str, str] = {'a': [1, 2]}, z=var('q')[0] if b == 'c,)' else none) %}{% endmacro %}",
        );
        let found = parameters(&source, &block).unwrap();
        let defaults: Vec<_> =
            found.iter().map(|one| one.default.clone().map(|range| &source.text[range])).collect();
        assert_eq!(found[1].annotation.as_deref(), Some("Dict[str, str]"));
        assert_eq!(defaults, [None, Some("{'a': [1, 2]}"), Some("var('q')[0] if b == 'c,)' else none")]);
    }

    #[test]
    fn wrong_signatures_point_at_the_place() {
        for (text, message) in [
            ("{% macro a %}{% endmacro %}", "expected token '(', got 'end of statement block'"),
            ("{% macro a(x=1, y) %}{% endmacro %}", "non-default argument follows default argument"),
            ("{% macro a(x y) %}{% endmacro %}", "expected token ',', got 'y'"),
            ("{% macro a(x, y, x) %}{% endmacro %}", "duplicate argument 'x' in function definition"),
            ("{% macro a(x, none=1) %}{% endmacro %}", "can't assign to 'name'"),
            ("{% macro a(caller) %}{% endmacro %}", "the special \"caller\" argument must be omitted"),
            ("{% macro a(x) y %}{% endmacro %}", "expected token 'end of statement block', got 'y'"),
        ] {
            let (source, block) = first(text);
            let error = parameters(&source, &block).unwrap_err();
            assert!(error.message.contains(message), "{text}: {}", error.message);
        }
    }

    #[test]
    fn materializations_name_their_adapter_and_languages() {
        let (source, block) = first(
            "{% materialization t, adapter='postgres', supported_languages=['sql', \"python\"] %}{% endmaterialization %}",
        );
        let options = materialization(&source, &block).unwrap();
        assert_eq!(options.adapter, "postgres");
        assert_eq!(options.supported_languages, ["sql", "python"]);
        let (source, block) = first("{% materialization t, what='x' %}{% endmaterialization %}");
        let error = materialization(&source, &block).map(|_| ()).unwrap_err();
        assert_eq!(error.message, "materialization 't' received unknown argument 'what'.");
    }
}
