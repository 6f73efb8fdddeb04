//! `connections:` of an output: which outputs of the profile the project's logical connections mean for this target.

use crate::config::{Fields, Yaml};
use crate::diagnostic::{Diagnostic, Result, did_you_mean};

use super::{Target, masked};

/// The output that a logical connection means.
#[derive(Debug, Clone)]
pub(crate) struct Mapped {
    /// The output's name.
    pub output: String,
    pub target: Target,
}

/// An entry of `connections:`.
pub(super) struct Named<'a> {
    pub(super) name: String,
    pub(super) output: String,
    pub(super) place: &'a Yaml,
}

/// The entries, in their order.
pub(super) fn names<'a>(fields: &Fields<'a>) -> Result<Vec<Named<'a>>> {
    let Some(mapping) = fields.nested("connections")? else { return Ok(Vec::new()) };
    let connections = Fields::new(mapping, "connections", fields.name())?;
    let named = |name: &str| {
        let output = connections.string(name)?.ok_or_else(|| {
            Diagnostic::runtime("profile-key", "a connection is mapped to nothing")
                .label(mapping.span(), "")
                .help("write the name of an output, as in `connections: {backend: backend_prod}`")
        })?;
        let place = connections.get(name).unwrap_or(mapping);
        Ok(Named { name: name.to_owned(), output, place })
    };
    connections.mapping().keys().map(named).collect()
}

pub(super) fn no_such_output(named: &Named<'_>, outputs: Option<&Yaml>) -> Box<Diagnostic> {
    let known: Vec<&str> =
        outputs.and_then(Yaml::as_mapping).map(|it| it.keys().collect()).unwrap_or_default();
    let message = format!(
        "the connection `{}` is mapped to the output `{}`, which this profile does not have",
        masked::name(&named.name),
        masked::name(&named.output)
    );
    let all: Vec<&str> = known.iter().map(|name| masked::name(name)).collect();
    let help = did_you_mean(&named.output, known.iter().copied())
        .unwrap_or_else(|| format!("the outputs of this profile are {}", all.join(", ")));
    Diagnostic::runtime("connection-output", message).label(named.place.span(), "").help(help).boxed()
}
