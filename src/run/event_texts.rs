//! The texts in an event's fields, whatever their types: for who shows them.

use serde_json::Value;

use crate::diagnostic::Diagnostic;

/// A field of an event.
pub(super) trait Texts {
    fn has_text(&self, is: &dyn Fn(&str) -> bool) -> bool;
    #[must_use]
    fn with_texts(&self, change: &dyn Fn(&str) -> String) -> Self;
}

impl Texts for String {
    fn has_text(&self, is: &dyn Fn(&str) -> bool) -> bool {
        is(self)
    }

    fn with_texts(&self, change: &dyn Fn(&str) -> String) -> Self {
        change(self)
    }
}

impl<T: Texts> Texts for Option<T> {
    fn has_text(&self, is: &dyn Fn(&str) -> bool) -> bool {
        self.as_ref().is_some_and(|item| item.has_text(is))
    }

    fn with_texts(&self, change: &dyn Fn(&str) -> String) -> Self {
        self.as_ref().map(|item| item.with_texts(change))
    }
}

impl<T: Texts> Texts for Vec<T> {
    fn has_text(&self, is: &dyn Fn(&str) -> bool) -> bool {
        self.iter().any(|item| item.has_text(is))
    }

    fn with_texts(&self, change: &dyn Fn(&str) -> String) -> Self {
        self.iter().map(|item| item.with_texts(change)).collect()
    }
}

impl Texts for Value {
    fn has_text(&self, is: &dyn Fn(&str) -> bool) -> bool {
        match self {
            Self::String(text) => is(text),
            Self::Array(items) => items.iter().any(|item| item.has_text(is)),
            Self::Object(fields) => fields.iter().any(|(name, item)| is(name) || item.has_text(is)),
            _ => false,
        }
    }

    fn with_texts(&self, change: &dyn Fn(&str) -> String) -> Self {
        match self {
            Self::String(text) => Self::String(change(text)),
            Self::Array(items) => Self::Array(items.with_texts(change)),
            Self::Object(fields) => Self::Object(
                fields.iter().map(|(name, item)| (change(name), item.with_texts(change))).collect(),
            ),
            other => other.clone(),
        }
    }
}

impl Texts for Diagnostic {
    fn has_text(&self, is: &dyn Fn(&str) -> bool) -> bool {
        is(&self.message)
            || self.subject.has_text(is)
            || self.help.has_text(is)
            || self.causes.has_text(is)
            || self.facts.iter().any(|(_, value)| is(value))
            || self.labels.iter().any(|label| is(&label.note))
    }

    fn with_texts(&self, change: &dyn Fn(&str) -> String) -> Self {
        let mut changed = self.clone();
        changed.message = change(&self.message);
        changed.subject = self.subject.with_texts(change);
        changed.help = self.help.with_texts(change);
        changed.causes = self.causes.with_texts(change);
        for (_, value) in &mut changed.facts {
            *value = change(value);
        }
        for label in &mut changed.labels {
            label.note = change(&label.note);
        }
        changed
    }
}

macro_rules! without_texts {
    ($($kind:ty)*) => {
        $(impl Texts for $kind {
            fn has_text(&self, _: &dyn Fn(&str) -> bool) -> bool {
                false
            }

            fn with_texts(&self, _: &dyn Fn(&str) -> String) -> Self {
                *self
            }
        })*
    };
}

without_texts! { bool u32 u64 usize i64 f64 }
