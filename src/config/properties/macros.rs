//! Macros as properties YAML describes them; functions share the shape of arguments.

use serde_json::{Map, Value as Json};

use super::{PropertyKind, known_keys};
use crate::config::{Fields, Yaml};
use crate::diagnostic::{Diagnostic, Result};

/// One entry of `arguments:` of a macro or a function.
#[derive(Debug, Clone)]
pub(crate) struct ArgumentProperties {
    pub name: String,
    /// `type` of a macro's argument, `data_type` of a function's.
    pub kind: Option<String>,
    pub description: Option<String>,
    pub default_value: Option<Json>,
}

impl ArgumentProperties {
    pub(super) fn read(yaml: &Yaml, warnings: &mut Vec<Diagnostic>) -> Result<Self> {
        let argument = Fields::named(yaml, "argument")?;
        argument.warn_unknown(known_keys::ARGUMENT, warnings);
        Ok(Self {
            name: argument.name().to_owned(),
            kind: argument.string("type")?.or(argument.string("data_type")?),
            description: argument.string("description")?,
            default_value: argument.get("default_value").map(Yaml::to_json),
        })
    }
}

/// One entry of `macros:`; descriptions are raw.
#[derive(Debug, Clone)]
pub(crate) struct MacroProperties {
    pub name: String,
    pub description: String,
    pub arguments: Vec<ArgumentProperties>,
    /// `meta` and `config.meta`, merged; the latter wins.
    pub meta: Map<String, Json>,
    pub docs: Option<Map<String, Json>>,
}

impl MacroProperties {
    pub(crate) fn read(yaml: &Yaml, warnings: &mut Vec<Diagnostic>) -> Result<Self> {
        Self::read_entry(yaml, warnings).map_err(|problem| PropertyKind::Macros.invalid(yaml, problem))
    }

    fn read_entry(yaml: &Yaml, warnings: &mut Vec<Diagnostic>) -> Result<Self> {
        let entry = Fields::named(yaml, "macro")?;
        entry.warn_mistyped(known_keys::MACRO, warnings);
        let config = entry.object("config")?.unwrap_or_default();
        let mut meta = entry.object("meta")?.unwrap_or_default();
        if let Some(Json::Object(more)) = config.get("meta") {
            meta.extend(more.clone());
        }
        let arguments = entry.list("arguments")?.iter();
        Ok(Self {
            name: entry.name().to_owned(),
            description: entry.string_or_empty("description")?,
            arguments: arguments
                .map(|yaml| ArgumentProperties::read(yaml, warnings))
                .collect::<Result<_>>()?,
            meta,
            docs: match config.get("docs") {
                Some(Json::Object(docs)) => Some(docs.clone()),
                _ => entry.object("docs")?,
            },
        })
    }
}
