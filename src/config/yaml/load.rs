//! The loader: the yaml crate's events become `Yaml` values in one pass.
//!
//! The crate tells the place of a node only through a marker that is wrong after an alias, and resolves
//! scalars by YAML 1.2; both are put right here.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::sync::Arc;

use serde::de::{self, DeserializeSeed, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_yaml::Spanned;

use crate::diagnostic::{Diagnostic, Result, SourceText, Span};
use crate::hashed::HashMap;

use super::{Kind, Yaml, merge, resolve, syntax};

/// A parsed file and what is to be warned about it.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub yaml: Yaml,
    pub warnings: Vec<Diagnostic>,
}

/// Parses a YAML file; an empty one is null.
pub(crate) fn load(source: &Arc<SourceText>) -> Result<Loaded> {
    // dbt strips a file before it reads it: a block at the very end has no last line break
    parse(source, source.text.trim_end())
}

fn parse(source: &Arc<SourceText>, text: &str) -> Result<Loaded> {
    check_depth(source, text)?;
    let context = Context {
        source,
        text,
        skipped: text.len() - text.trim_start_matches('\u{feff}').len(),
        anchors: RefCell::default(),
        resume_at: Cell::new(Some(document_start(text))),
        warnings: RefCell::default(),
        problem: RefCell::default(),
    };
    let parsed =
        context.node(Role::Value).deserialize(serde_yaml::Deserializer::from_str(&text[context.skipped..]));
    if let Some(problem) = context.problem.take() {
        return Err(problem);
    }
    match parsed {
        Ok(yaml) => Ok(Loaded { yaml, warnings: context.warnings.into_inner() }),
        Err(error) if error.to_string().contains("recursion limit exceeded") => {
            let at = error.location().map_or(0, |marker| marker.index().min(text.len().saturating_sub(1)));
            Err(too_deep(source, at))
        }
        Err(error) => Err(syntax::diagnose(source, &error)),
    }
}

/// So many brackets may be open and so many `- ` stand in a row before a file is refused unread: the parser takes time that
/// grows with the square of them. What is really nested it refuses much earlier itself.
const MOST_OPEN: usize = 2000;

fn check_depth(source: &Arc<SourceText>, text: &str) -> Result<()> {
    let (mut open, mut row) = (0_usize, 0_usize);
    let bytes = text.as_bytes();
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            b'[' | b'{' => open += 1,
            b']' | b'}' => open = open.saturating_sub(1),
            b'-' | b'?' if bytes.get(at + 1) == Some(&b' ') => {
                row += 1;
                if row > MOST_OPEN {
                    return Err(too_deep(source, at));
                }
                continue;
            }
            b' ' => continue,
            _ => {}
        }
        row = 0;
        if open > MOST_OPEN {
            return Err(too_deep(source, at));
        }
    }
    Ok(())
}

fn too_deep(source: &Arc<SourceText>, at: usize) -> Box<Diagnostic> {
    Diagnostic::parsing("yaml-depth", "nested too deeply")
        .label(Span::new(source, at..at + 1), "")
        .help("close the brackets that are open; a text with brackets in it belongs in quotes")
        .boxed()
}

/// Parses a text that is no file, as a `--vars` argument.
pub(crate) fn load_text(name: &str, text: &str) -> Result<Yaml> {
    let source = SourceText::new(name, text);
    parse(&source, &source.text).map(|loaded| loaded.yaml)
}

struct Context<'a> {
    source: &'a Arc<SourceText>,
    text: &'a str,
    /// A byte order mark, which the parser takes for content.
    skipped: usize,
    anchors: RefCell<HashMap<String, Yaml>>,
    /// Where the next node starts, if the marker does not know: the first one, and one after an alias.
    resume_at: Cell<Option<usize>>,
    warnings: RefCell<Vec<Diagnostic>>,
    problem: RefCell<Option<Box<Diagnostic>>>,
}

impl Context<'_> {
    /// The parser's place. The marker can be read only through a `Spanned` that consumes nothing.
    fn here(&self) -> usize {
        let nothing = de::value::UnitDeserializer::<de::value::Error>::new();
        let index = Spanned::<()>::deserialize(nothing).map_or(0, |spanned| spanned.span().start.index);
        (index + self.skipped).min(self.text.len())
    }

    fn start_of_node(&self) -> usize {
        self.resume_at.take().unwrap_or_else(|| self.here())
    }

    fn span(&self, start: usize, end: usize) -> Span {
        Span::new(self.source, start..end.max(start))
    }
}

/// Properties before a node's content: `&anchor` and `!!tag`.
struct Properties<'a> {
    anchor: Option<&'a str>,
    tag: Option<&'a str>,
    content: usize,
}

fn properties(text: &str, start: usize) -> Properties<'_> {
    let mut found = Properties { anchor: None, tag: None, content: start };
    loop {
        let rest = text.get(found.content..).unwrap_or_default();
        let length = rest.find(|c: char| c.is_whitespace()).unwrap_or(rest.len());
        match rest.as_bytes().first() {
            Some(b'&') => found.anchor = Some(&rest[1..length]),
            Some(b'!') => found.tag = Some(&rest[..length]),
            _ => return found,
        }
        found.content += length + skip_blank(&rest[length..]);
    }
}

/// Where the only document's content starts: the marker is not set before the first event.
fn document_start(text: &str) -> usize {
    let mut at = text.len() - text.trim_start_matches('\u{feff}').len();
    at += skip_blank(&text[at..]);
    if text[at..].starts_with("---") {
        at += 3;
        at += skip_blank(&text[at..]);
    }
    at
}

/// The length of space, line ends and comments.
fn skip_blank(text: &str) -> usize {
    let mut at = 0;
    loop {
        let rest = &text[at..];
        let blank = rest.len() - rest.trim_start().len();
        at += blank;
        if !text[at..].starts_with('#') {
            return at;
        }
        at += text[at..].find('\n').unwrap_or(text.len() - at);
    }
}

/// The start of the node after an alias that starts at `alias`: the parser's marker is lost there.
fn after_alias(text: &str, alias: usize) -> usize {
    let rest = &text[alias..];
    let name = rest.find([' ', '\n', '\t', '\r', ',', ']', '}']).unwrap_or(rest.len());
    let mut at = alias + name;
    loop {
        at += skip_blank(&text[at..]);
        match &text.as_bytes()[at..] {
            [b',', ..] => at += 1,
            [b'-' | b'?' | b':', b' ' | b'\n' | b'\t' | b'\r', ..] => at += 1,
            _ => return at,
        }
    }
}

struct Node<'c, 'a> {
    context: &'c Context<'a>,
    place: Role,
}

/// Whether a node is a key of a mapping.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Key,
    Value,
}

impl Context<'_> {
    fn node(&self, place: Role) -> Node<'_, '_> {
        Node { context: self, place }
    }

    /// Whether what starts here can only be a plain scalar that is no number: then the crate need not try it as one.
    /// A value with a colon behind it may be the first key of a mapping.
    fn is_word(&self, start: usize, place: Role) -> bool {
        let (before, rest) = self.text.as_bytes().split_at(start.min(self.text.len()));
        if !rest.first().is_some_and(|first| first.is_ascii_alphabetic() || *first == b'_') {
            return false;
        }
        match place {
            Role::Key => !before.trim_ascii_end().ends_with(b"?"),
            Role::Value => !rest.iter().take_while(|byte| **byte != b'\n').any(|byte| *byte == b':'),
        }
    }
}

impl<'de> DeserializeSeed<'de> for Node<'_, '_> {
    type Value = Yaml;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Yaml, D::Error> {
        let context = self.context;
        let start = context.start_of_node();
        if context.text.as_bytes().get(start) == Some(&b'*') {
            return alias(context, start, deserializer);
        }
        let Properties { anchor, tag, content } = match context.text.as_bytes().get(start) {
            Some(b'&' | b'!') => properties(context.text, start),
            _ => Properties { anchor: None, tag: None, content: start },
        };
        let visitor = Content { context, start: content, tag };
        let kind = if tag.is_none() && context.is_word(content, self.place) {
            deserializer.deserialize_str(visitor)?
        } else {
            deserializer.deserialize_any(visitor)?
        };
        if matches!(kind, Kind::Sequence(_) | Kind::Mapping(_)) {
            // The end of a collection has set the marker right again.
            context.resume_at.set(None);
        }
        let end = context.resume_at.get().unwrap_or_else(|| context.here());
        let yaml = Yaml::at(kind, content..end.max(content), context.source);
        if let Some(name) = anchor {
            context.anchors.borrow_mut().insert(name.to_owned(), yaml.clone());
        }
        Ok(yaml)
    }
}

/// The crate replays the anchored events; ours is the value that was read there.
fn alias<'de, D: Deserializer<'de>>(
    context: &Context<'_>,
    start: usize,
    deserializer: D,
) -> Result<Yaml, D::Error> {
    deserializer.deserialize_any(Replay)?;
    context.resume_at.set(Some(after_alias(context.text, start)));
    let rest = &context.text[start + 1..];
    let length = rest.find([' ', '\n', '\t', '\r', ',', ']', '}', ':']).unwrap_or(rest.len());
    let anchors = context.anchors.borrow();
    anchors
        .get(&rest[..length])
        .cloned()
        .ok_or_else(|| de::Error::custom(format_args!("found undefined alias `{}`", &rest[..length])))
}

struct Content<'c, 'a> {
    context: &'c Context<'a>,
    start: usize,
    tag: Option<&'c str>,
}

impl Content<'_, '_> {
    fn is_plain(&self) -> bool {
        !matches!(self.context.text.as_bytes().get(self.start), Some(b'"' | b'\'' | b'|' | b'>'))
    }

    /// A scalar that the crate took for a number or boolean, read again as PyYAML reads it.
    fn raw(&self) -> Kind {
        let rest = self.context.text[self.start..].trim_start_matches(['\'', '"']);
        let length = rest
            .find(|c: char| !(c.is_alphanumeric() || matches!(c, '+' | '-' | '.' | '_' | '~')))
            .unwrap_or(rest.len());
        if self.tag == Some("!!str") {
            return Kind::String(rest[..length].to_owned());
        }
        resolve::plain(&rest[..length])
    }

    fn text(&self, text: &str) -> Kind {
        match self.tag {
            Some("!!str" | "!") => Kind::String(text.to_owned()),
            Some("!!int" | "!!float" | "!!bool" | "!!timestamp") => resolve::plain(text),
            _ if self.is_plain() => resolve::plain(text),
            _ => Kind::String(text.to_owned()),
        }
    }
}

impl<'de> Visitor<'de> for Content<'_, '_> {
    type Value = Kind;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a YAML value")
    }

    fn visit_unit<E>(self) -> Result<Kind, E> {
        Ok(if self.tag == Some("!!str") { Kind::String(String::new()) } else { Kind::Null })
    }

    fn visit_none<E>(self) -> Result<Kind, E> {
        Ok(Kind::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Kind, E> {
        Ok(if self.tag.is_some() { self.raw() } else { Kind::Bool(value) })
    }

    fn visit_u64<E>(self, _: u64) -> Result<Kind, E> {
        Ok(self.raw())
    }

    fn visit_i64<E>(self, _: i64) -> Result<Kind, E> {
        Ok(self.raw())
    }

    fn visit_u128<E>(self, _: u128) -> Result<Kind, E> {
        Ok(self.raw())
    }

    fn visit_i128<E>(self, _: i128) -> Result<Kind, E> {
        Ok(self.raw())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Kind, E> {
        // `!!float 3` is a float though its text is an integer's.
        Ok(if self.tag == Some("!!float") { Kind::Float(value) } else { self.raw() })
    }

    fn visit_str<E>(self, text: &str) -> Result<Kind, E> {
        Ok(self.text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Kind, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element_seed(self.context.node(Role::Value))? {
            items.push(item);
        }
        Ok(Kind::Sequence(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Kind, A::Error> {
        let mut builder = merge::MappingBuilder::default();
        while let Some(key) = access.next_key_seed(self.context.node(Role::Key))? {
            let value = access.next_value_seed(self.context.node(Role::Value))?;
            if let Err(problem) = builder.add(key, value, &mut self.context.warnings.borrow_mut()) {
                self.context.problem.borrow_mut().get_or_insert(problem);
                return Err(de::Error::custom("a key that cannot be one"));
            }
        }
        Ok(Kind::Mapping(builder.finish()))
    }

    fn visit_enum<A: EnumAccess<'de>>(self, access: A) -> Result<Kind, A::Error> {
        let ((), contents) = access.variant_seed(Replay)?;
        contents.newtype_variant_seed(Replay)?;
        let tag = self.tag.unwrap_or("!");
        let end = self.start;
        let start = end.saturating_sub(tag.len() + 1);
        let problem =
            Diagnostic::parsing("yaml-tag", format!("could not determine a constructor for the tag '{tag}'"))
                .label(self.context.span(start, end), "")
                .help("dbt files know no tags; quote the value if it starts with `!`");
        self.context.problem.borrow_mut().get_or_insert(problem.boxed());
        Ok(Kind::Null)
    }
}

/// Consumes a node without keeping it.
struct Replay;

impl<'de> DeserializeSeed<'de> for Replay {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

macro_rules! ignore {
    ($($name:ident: $type:ty),*) => { $(fn $name<E>(self, _: $type) -> Result<(), E> { Ok(()) })* };
}

impl<'de> Visitor<'de> for Replay {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a YAML value")
    }

    ignore! { visit_bool: bool, visit_u64: u64, visit_i64: i64, visit_u128: u128, visit_i128: i128, visit_f64: f64, visit_str: &str }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_none<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<(), A::Error> {
        while access.next_element_seed(Replay)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<(), A::Error> {
        while access.next_key_seed(Replay)?.is_some() {
            access.next_value_seed(Replay)?;
        }
        Ok(())
    }

    fn visit_enum<A: EnumAccess<'de>>(self, access: A) -> Result<(), A::Error> {
        let ((), contents) = access.variant_seed(Replay)?;
        contents.newtype_variant_seed(Replay)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> serde_json::Value {
        load_text("x.yml", text).unwrap().to_json()
    }

    #[test]
    fn scalars_quotes_and_collections() {
        assert_eq!(
            json("a: yes\nb: 'yes'\nc: 012\nd: [1, '2', 1e5]\ne: {x: , y: ~}\nf: |\n  t\n").to_string(),
            r#"{"a":true,"b":"yes","c":10,"d":[1,"2","1e5"],"e":{"x":null,"y":null},"f":"t\n"}"#
        );
    }

    #[test]
    fn aliases_do_not_shift_what_follows() {
        assert_eq!(
            json("é: &x yes\nb: *x\nc: 'no'\nd: [*x, no, *x, 'no', 1e5]\ne: &m {k: on}\nf: *m\ng: 'on'\n")
                .to_string(),
            r#"{"é":true,"b":true,"c":"no","d":[true,false,true,"no","1e5"],"e":{"k":true},"f":{"k":true},"g":"on"}"#
        );
    }

    #[test]
    fn an_alias_may_end_a_collection() {
        assert_eq!(
            json("a: &a [1]\nb: {x: 1,\n  y: *a}\n1: 012\nc:\n  - *a\nd: 'no'\n").to_string(),
            r#"{"a":[1],"b":{"x":1,"y":[1]},"1":10,"c":[[1]],"d":"no"}"#
        );
    }

    #[test]
    fn tags_of_yaml_are_obeyed() {
        assert_eq!(
            json("a: !!str 1\nb: !!int '7'\nc: !!str yes").to_string(),
            r#"{"a":"1","b":7,"c":"yes"}"#
        );
        assert_eq!(load_text("x.yml", "a: !foo 1").unwrap_err().code, "yaml-tag");
    }

    #[test]
    fn spans_cover_the_value_alone() {
        let yaml =
            load_text("x.yml", "é: 1\nname: orders # the fact\nlist:\n  - 'a b'\n  - 12 # x\n").unwrap();
        assert_eq!(yaml.get("name").unwrap().span().text(), "orders");
        assert_eq!(yaml.get("name").unwrap().span().location(), "x.yml:2:7");
        let items = yaml.get("list").unwrap().as_sequence().unwrap();
        assert_eq!(items[0].span().text(), "'a b'");
        assert_eq!(items[1].span().text(), "12");
        assert_eq!(yaml.as_mapping().unwrap().entry("name").unwrap().key_span().text(), "name");
    }

    #[test]
    fn what_is_nested_too_deeply_is_refused_at_once() {
        for text in [
            "[".repeat(200_000),
            "a: ".to_owned() + &"{b: ".repeat(200_000),
            "[\n".repeat(200_000),
            "- ".repeat(200_000),
            "? ".repeat(200_000),
            "[".repeat(500) + &"]".repeat(500),
            "- ".repeat(500) + "a",
        ] {
            let begun = std::time::Instant::now();
            let problem = load_text("x.yml", &text).unwrap_err();
            assert_eq!(problem.code, "yaml-depth", "{problem}");
            assert!(begun.elapsed().as_secs() < 5);
        }
        json(&format!("a: [{}]\n# {}\n", "[1], ".repeat(10_000), "-".repeat(10_000)));
    }

    #[test]
    fn a_lone_scalar_and_a_byte_order_mark_are_read() {
        assert_eq!(json("---\nyes").to_string(), "true");
        assert_eq!(json("'yes'").to_string(), "\"yes\"");
        assert_eq!(json("\u{feff}a: 012\nb: 'no'\n").to_string(), r#"{"a":10,"b":"no"}"#);
    }

    #[test]
    fn a_block_at_the_end_has_no_last_line_break() {
        let text = "a: >\n  x\nb: |\n  y\n  z\n";
        let file = load(&SourceText::new("x.yml", text)).unwrap().yaml.to_json();
        assert_eq!(file.to_string(), r#"{"a":"x\n","b":"y\nz"}"#);
        assert_eq!(json(text)["b"], "y\nz\n");
    }

    #[test]
    fn nothing_in_the_file_is_null() {
        assert!(load_text("x.yml", "# only a comment\n").unwrap().is_null());
    }
}
