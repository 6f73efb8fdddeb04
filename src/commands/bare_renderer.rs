//! Renders project files and profiles, which see no macros.

use std::sync::Arc;

use serde_json::{Value as Json, json};

use super::invocation::Invocation;
use super::vars::given_vars;
use crate::config::Renderer;
use crate::context::functions::{Secrets, reveal};
use crate::context::{Engine, Globals, ParseGlobals, ParseScope, SharedNames, Subject};
use crate::diagnostic::{Diagnostics, Result, Span};
use crate::jinja::{Context, Value, python};

/// The renderer, for which secrets may be read or not.
#[derive(Clone)]
pub(super) struct BareRenderer {
    engine: Engine,
    globals: Arc<Globals>,
    secret_globals: Arc<Globals>,
    package_globals: Arc<Globals>,
    secrets: Secrets,
    /// Missing vars are none: dbt installs packages before the project is complete.
    lenient: bool,
}

impl BareRenderer {
    pub(super) fn new(invocation: &Invocation, target: Option<&Json>) -> Result<Self, Diagnostics> {
        let make = |secrets: Secrets| {
            let environment = Arc::new(invocation.environment.clone());
            let mut globals = Globals::bare(environment, given_vars(&invocation.flags), secrets);
            globals.run_started_at = invocation.started_at;
            globals.invocation_id.clone_from(&invocation.id);
            globals.target = target.cloned().unwrap_or(Json::Null);
            globals.flags = json!(invocation.flags.values());
            Arc::new(globals)
        };
        Ok(Self {
            engine: Engine::bare(),
            globals: make(Secrets::Refused),
            secret_globals: make(Secrets::Allowed),
            package_globals: make(Secrets::StandIns),
            secrets: Secrets::Refused,
            lenient: false,
        })
    }
}

impl BareRenderer {
    /// For profiles, which may read secrets.
    pub(super) fn with_secrets(self) -> Self {
        Self { secrets: Secrets::Allowed, ..self }
    }

    /// For packages files, which may read secrets that messages and the lock file must not show.
    pub(super) fn for_packages(self) -> Self {
        Self { secrets: Secrets::StandIns, ..self }
    }

    /// For commands that work on a project that cannot be parsed yet.
    pub(super) fn lenient(self) -> Self {
        Self { lenient: true, ..self }
    }
}

impl Renderer for BareRenderer {
    fn render(&self, text: &str, span: Span) -> Result<Json> {
        let globals = match self.secrets {
            Secrets::Refused => &self.globals,
            Secrets::Allowed => &self.secret_globals,
            Secrets::StandIns => &self.package_globals,
        };
        let shared: Arc<dyn SharedNames> =
            Arc::new(ParseGlobals { globals: Arc::clone(globals), runtime_config: Value::UNDEFINED });
        let scope = ParseScope::new(&shared, Subject::text(""), Value::UNDEFINED);
        let scope = if self.lenient { scope } else { scope.strict() };
        let context: Arc<dyn Context> = Arc::new(scope);
        let value = self.engine.evaluate(text, &span, &context)?;
        Ok(match python::to_json(&value) {
            Json::String(text) if self.secrets == Secrets::StandIns => {
                Json::String(reveal(&text, &globals.environment))
            }
            other => other,
        })
    }
}
