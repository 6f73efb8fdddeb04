//! What parsing is asked for, and what it needs beside the project's files.

use std::sync::Arc;

use serde_json::Value as Json;

use crate::context::{Engine, SharedNames};
use crate::diagnostic::{Diagnostic, Result, did_you_mean};
use crate::hashed::HashMap;
use crate::manifest::{Config, Metadata};
use crate::options::Flags;
use crate::project::Project;

use super::quoted::Quoted;
use super::scope::RelationOf;

/// Where models go unless they say otherwise.
#[derive(Debug, Clone)]
pub(crate) struct ParseTarget {
    pub name: String,
    pub database: String,
    pub schema: String,
    /// Its host and port.
    pub server: String,
    /// By the names of the project's connections.
    pub connections: HashMap<String, ParsePlace>,
}

/// Where the nodes of a connection go.
#[derive(Debug, Clone)]
pub(crate) struct ParsePlace {
    pub database: String,
    pub schema: String,
    /// Its host and port.
    pub server: String,
    /// `target`, as the macros that name relations see it.
    pub shown: Json,
}

/// What parsing needs beside the project's files.
pub(crate) struct ParseRequest<'a> {
    pub project: &'a Project,
    pub engine: &'a Engine,
    pub shared: Arc<dyn SharedNames>,
    pub relation_of: RelationOf,
    pub target: ParseTarget,
    pub quoting: Quoted,
    /// `--store-failures`.
    pub store_failures: bool,
    pub flags: &'a Flags,
    pub metadata: Metadata,
    /// Seconds since 1970, for `created_at`.
    pub now: f64,
}

impl ParseRequest<'_> {
    pub(super) fn root_name(&self) -> &str {
        self.project.root.name()
    }

    /// The place of the connection that a config names; none is the target's own.
    pub(super) fn place_of(&self, config: &Config) -> Result<Option<&ParsePlace>> {
        let name = match config.get("connection") {
            None | Some(Json::Null) => return Ok(None),
            Some(Json::String(name)) => name,
            Some(other) => {
                let message = format!("`connection` is not the name of a connection: {other}");
                let help = "write a name that `connections:` of the target maps to an output";
                return Err(Diagnostic::parsing("connection-name", message).help(help).boxed());
            }
        };
        self.mapped(name).map(Some)
    }

    /// The place of a connection.
    pub(super) fn mapped(&self, name: &str) -> Result<&ParsePlace> {
        self.target.connections.get(name).ok_or_else(|| self.unmapped(name))
    }

    fn unmapped(&self, name: &str) -> Box<Diagnostic> {
        let target = &self.target;
        let message = format!("the target `{}` maps the connection `{name}` to no output", target.name);
        let near = did_you_mean(name, target.connections.keys().map(String::as_str));
        let help = near.unwrap_or_else(|| {
            format!(
                "add it to the output `{}` of profiles.yml: `connections: {{{name}: <output>}}`",
                target.name
            )
        });
        Diagnostic::parsing("unmapped-connection", message).help(help).boxed()
    }
}
