//! Which parts of a relation's path are quoted or included.

use minijinja::Value;

use crate::jinja::python::{dict, given};

/// One flag for each part of a relation's path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Policy {
    pub database: bool,
    pub schema: bool,
    pub identifier: bool,
}

impl Default for Policy {
    fn default() -> Self {
        Self { database: true, schema: true, identifier: true }
    }
}

impl Policy {
    fn set(&mut self, part: &str, flag: bool) {
        match part {
            "database" => self.database = flag,
            "schema" => self.schema = flag,
            _ => self.identifier = flag,
        }
    }

    /// With the flags that a template gave.
    pub(super) fn with(mut self, flags: [Option<&Value>; 3]) -> Self {
        for (part, flag) in ["database", "schema", "identifier"].into_iter().zip(flags) {
            if let Some(flag) = flag.filter(|flag| given(flag)) {
                self.set(part, flag.is_true());
            }
        }
        self
    }

    pub(super) fn with_mapping(self, mapping: &Value) -> Self {
        let flag = |part: &str| mapping.get_attr(part).unwrap_or_default();
        let flags = [flag("database"), flag("schema"), flag("identifier")];
        self.with([Some(&flags[0]), Some(&flags[1]), Some(&flags[2])])
    }

    pub(super) fn to_value(self) -> Value {
        dict([
            ("database".into(), self.database.into()),
            ("schema".into(), self.schema.into()),
            ("identifier".into(), self.identifier.into()),
        ])
    }
}
