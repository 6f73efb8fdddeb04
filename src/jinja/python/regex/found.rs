//! Python's `Match`: where a pattern matched, and its groups.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use minijinja::value::{Object, ObjectRepr, Value};
use minijinja::{Error, State};

use super::{Pattern, replacement};
use crate::jinja::python::{
    bind, bind_required, dict, expect_str, no_arguments, repr, tuple, unknown_method, value_error,
};

/// A match; spans are byte ranges of the text.
#[derive(Clone)]
pub(super) struct Match {
    pub(super) pattern: Pattern,
    pub(super) text: Arc<str>,
    /// Group 0 first.
    pub(super) groups: Vec<Option<Range<usize>>>,
}

impl Match {
    pub(super) fn whole(&self) -> Range<usize> {
        self.groups.first().cloned().flatten().unwrap_or(0..0)
    }

    pub(super) fn group_text(&self, index: usize) -> Option<&str> {
        let range = self.groups.get(index)?.clone()?;
        self.text.get(range)
    }

    pub(super) fn group_value(&self, index: usize, default: &Value) -> Value {
        self.group_text(index).map_or_else(|| default.clone(), Value::from)
    }

    /// The text that a replacement stands for at this match.
    pub(super) fn expand(&self, template: &str) -> Result<String, Error> {
        replacement::expand(template, |name| self.named(name))
    }

    /// A group's text; one that did not take part is empty.
    fn named(&self, name: &str) -> Result<&str, Error> {
        let index = match name.parse::<usize>() {
            Ok(index) if index < self.groups.len() => Some(index),
            Ok(_) => None,
            Err(_) => self.pattern.group_index(name),
        };
        let index = index.ok_or_else(|| value_error(format!("invalid group reference {name}")))?;
        Ok(self.group_text(index).unwrap_or_default())
    }

    fn index(&self, key: &Value) -> Result<usize, Error> {
        let found = match key.as_str() {
            Some(name) => self.pattern.group_index(name),
            None => key.as_usize().filter(|&index| index < self.groups.len()),
        };
        found.ok_or_else(|| value_error("no such group"))
    }

    fn span(&self, key: Option<&Value>) -> Result<(Value, Value), Error> {
        let index = key.map_or(Ok(0), |key| self.index(key))?;
        let characters = |offset: usize| Value::from(self.text[..offset].chars().count());
        Ok(match self.groups.get(index).cloned().flatten() {
            Some(range) => (characters(range.start), characters(range.end)),
            None => (Value::from(-1), Value::from(-1)),
        })
    }

    fn group(&self, args: &[Value]) -> Result<Value, Error> {
        let none = Value::from(());
        match args {
            [] => Ok(self.group_value(0, &none)),
            [key] => Ok(self.group_value(self.index(key)?, &none)),
            keys => {
                let groups = keys.iter().map(|key| Ok(self.group_value(self.index(key)?, &none)));
                groups.collect::<Result<_, Error>>().map(tuple)
            }
        }
    }
}

impl fmt::Debug for Match {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (start, end) = self.span(None).map_err(|_| fmt::Error)?;
        let text = repr(&self.group_value(0, &Value::from(())));
        write!(f, "<re.Match object; span=({start}, {end}), match={text}>")
    }
}

impl Object for Match {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let none = Value::from(());
        match key.as_str() {
            Some("string") => Some(Value::from(&*self.text)),
            Some("re") => Some(Value::from_object(self.pattern.clone())),
            Some("pos") => Some(Value::from(0)),
            Some("endpos") => Some(Value::from(self.text.chars().count())),
            Some("lastindex") => {
                let last = (1..self.groups.len()).rev().find(|&index| self.groups[index].is_some());
                Some(last.map_or(none, Value::from))
            }
            _ => self.index(key).ok().map(|index| self.group_value(index, &none)),
        }
    }

    fn call_method(
        self: &Arc<Self>,
        _state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        match method {
            "group" => self.group(args),
            "groups" => {
                let [default] = bind(method, args, ["default"])?;
                let default = default.unwrap_or(Value::from(()));
                Ok(tuple((1..self.groups.len()).map(|index| self.group_value(index, &default)).collect()))
            }
            "groupdict" => {
                let [default] = bind(method, args, ["default"])?;
                let default = default.unwrap_or(Value::from(()));
                let named = self.pattern.group_names();
                Ok(dict(
                    named
                        .into_iter()
                        .map(|(name, index)| (Value::from(name), self.group_value(index, &default))),
                ))
            }
            "start" | "end" | "span" => {
                let [key] = bind(method, args, ["group"])?;
                let (start, end) = self.span(key.as_ref())?;
                Ok(match method {
                    "start" => start,
                    "end" => end,
                    _ => tuple(vec![start, end]),
                })
            }
            "expand" => {
                let [template] = bind_required(method, args, ["template"], 1)?;
                self.expand(expect_str(method, &template)?).map(Value::from)
            }
            _ => {
                no_arguments(method, &[])?;
                Err(unknown_method("Match", method))
            }
        }
    }
}
