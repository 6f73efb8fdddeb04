//! What templates ask of a pattern: matches, substitutions, pieces.

use super::found::Match;
use crate::jinja::python::{
    bind_required, dict, expect_int, expect_str, given, list, to_str, tuple, type_error, unknown_method,
    value_error,
};
use fancy_regex::Regex;
use minijinja::value::{Object, ObjectRepr, Value};
use minijinja::{Error, State};
use std::sync::Arc;

use super::pattern::Pattern;

impl Pattern {
    fn find(&self, regex: &Regex, text: &Arc<str>, from: usize) -> Result<Option<Match>, Error> {
        let captures = regex
            .captures_from_pos(text, from)
            .map_err(|error| value_error(format!("regular expression gave up: {error}")))?;
        Ok(captures.map(|captures| Match {
            pattern: self.clone(),
            text: Arc::clone(text),
            groups: (0..captures.len()).map(|index| captures.get(index).map(|group| group.range())).collect(),
        }))
    }

    /// All matches from left to right; an empty one is followed by the next character.
    fn find_all(&self, text: &Arc<str>, limit: usize) -> Result<Vec<Match>, Error> {
        let mut all = Vec::new();
        let mut from = 0;
        while from <= text.len() && all.len() < limit {
            let Some(found) = self.find(&self.0.search, text, from)? else { break };
            let range = found.whole();
            from = if range.is_empty() {
                range.end + text[range.end..].chars().next().map_or(1, char::len_utf8)
            } else {
                range.end
            };
            all.push(found);
        }
        Ok(all)
    }

    pub(super) fn run(
        &self,
        state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        match method {
            "match" | "fullmatch" | "search" => self.find_one(method, args),
            "findall" | "finditer" => {
                let [text] = bind_required(method, args, ["string"], 1)?;
                let all = self.find_all(&expect_text(method, &text)?, usize::MAX)?;
                let values = all.into_iter().map(|found| match method {
                    "findall" => listed(&found),
                    _ => Value::from_object(found),
                });
                Ok(list(values.collect()))
            }
            "sub" | "subn" => self.substitute(state, method, args),
            "split" => self.split(args),
            _ => Err(unknown_method("Pattern", method)),
        }
    }

    fn find_one(&self, method: &str, args: &[Value]) -> Result<Value, Error> {
        let [text, from, until] = bind_required(method, args, ["string", "pos", "endpos"], 1)?;
        let mut text = expect_text(method, &text)?;
        let offset = |value: &Value, default: usize| -> Result<usize, Error> {
            if !given(value) {
                return Ok(default);
            }
            let at = usize::try_from(expect_int(method, value)?).unwrap_or_default();
            Ok(text.char_indices().nth(at).map_or(text.len(), |(at, _)| at))
        };
        let (from, until) = (offset(&from, 0)?, offset(&until, text.len())?);
        if until < text.len() {
            text = Arc::from(&text[..until]);
        }
        if from > text.len() {
            return Ok(Value::from(()));
        }
        let found = match method {
            "search" => self.find(&self.0.search, &text, from)?,
            _ if from > 0 => {
                let found = self.find(&self.0.search, &text, from)?;
                found.filter(|found| {
                    found.whole().start == from && (method == "match" || found.whole().end == text.len())
                })
            }
            "match" => self.find(&self.0.at_start, &text, 0)?,
            _ => self.find(&self.0.whole, &text, 0)?,
        };
        Ok(found.map_or(Value::from(()), Value::from_object))
    }

    fn substitute(&self, state: &mut State<'_, '_>, method: &str, args: &[Value]) -> Result<Value, Error> {
        let [replacement, text, count] = bind_required(method, args, ["repl", "string", "count"], 2)?;
        let count = if given(&count) { expect_int(method, &count)? } else { 0 };
        let limit = usize::try_from(count).ok().filter(|&limit| limit > 0).unwrap_or(usize::MAX);
        let text = expect_text(method, &text)?;
        let all = self.find_all(&text, limit)?;
        let (mut out, mut from, number) = (String::with_capacity(text.len()), 0, all.len());
        for found in all {
            let range = found.whole();
            out.push_str(&text[from..range.start]);
            from = range.end;
            match replacement.as_str() {
                Some(template) => out.push_str(&found.expand(template)?),
                None => out.push_str(&to_str(&replacement.call(state, &[Value::from_object(found)])?)),
            }
        }
        out.push_str(&text[from..]);
        Ok(if method == "subn" {
            tuple(vec![Value::from(out), Value::from(number)])
        } else {
            Value::from(out)
        })
    }

    fn split(&self, args: &[Value]) -> Result<Value, Error> {
        let [text, limit] = bind_required("split", args, ["string", "maxsplit"], 1)?;
        let limit = if given(&limit) { expect_int("split", &limit)? } else { 0 };
        let limit = usize::try_from(limit).ok().filter(|&limit| limit > 0).unwrap_or(usize::MAX);
        let text = expect_text("split", &text)?;
        let (mut pieces, mut from) = (Vec::new(), 0);
        for found in self.find_all(&text, limit)? {
            let range = found.whole();
            pieces.push(Value::from(&text[from..range.start]));
            let none = Value::from(());
            pieces.extend((1..found.groups.len()).map(|index| found.group_value(index, &none)));
            from = range.end;
        }
        pieces.push(Value::from(&text[from..]));
        Ok(list(pieces))
    }
}

fn expect_text(method: &str, value: &Value) -> Result<Arc<str>, Error> {
    expect_str(method, value)?;
    value.to_str().ok_or_else(|| type_error("expected string or bytes-like object"))
}

/// What `findall` lists: the match, its only group, or a tuple of its groups.
fn listed(found: &Match) -> Value {
    let empty = Value::from("");
    match found.groups.len() {
        1 => found.group_value(0, &empty),
        2 => found.group_value(1, &empty),
        count => tuple((1..count).map(|index| found.group_value(index, &empty)).collect()),
    }
}

impl Object for Pattern {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        Some(match key.as_str()? {
            "pattern" => Value::from(self.0.source.as_str()),
            "flags" => Value::from(self.0.flags.0 | 32),
            "groups" => Value::from(self.0.search.captures_len().saturating_sub(1)),
            "groupindex" => {
                let names = self.group_names();
                dict(names.into_iter().map(|(name, index)| (Value::from(name), Value::from(index))))
            }
            _ => return None,
        })
    }

    fn call_method(
        self: &Arc<Self>,
        state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        self.run(state, method, args)
    }
}
