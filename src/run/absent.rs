//! What to do about a relation or function that a node reads and that does not exist: which node of the project would
//! build it, or which source it was taken for.

use super::state::Run;
use crate::adapter::{Connection, catalog, quote_identifier};
use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::hashed::HashSet;
use crate::manifest::{Node, NodeKind, Resource, ResourceType, SourceDefinition};

const UNDEFINED_TABLE: &str = "42P01";
const UNDEFINED_FUNCTION: &str = "42883";

/// What the statement names and the server does not have.
#[derive(Debug, PartialEq, Eq)]
struct Absent {
    /// None: looked for along the search path.
    schema: Option<String>,
    name: String,
}

impl Absent {
    fn is(&self, schema: &str, name: &str) -> bool {
        self.schema.as_deref() == Some(schema) && self.name == name
    }
}

impl Run<'_> {
    /// Adds the help, where the error is about something that the node is known to read.
    pub(super) fn explain_absent(&self, unique_id: &str, error: &mut Diagnostic) {
        if error.help.is_some() {
            return;
        }
        let Some(absent) = absent(error) else { return };
        let Some(reader) = self.manifest().resource(unique_id) else { return };
        // the freshness of a source is a question to the source itself
        let own = matches!(reader, Resource::Source(_)).then_some(reader);
        error.help = own.into_iter().chain(self.read_by(reader)).find_map(|read| match read {
            Resource::Node(node) if self.is_at(node, &absent) => Some(self.not_built(node, reader)),
            Resource::Source(source) if absent.is(&source.schema, &source.identifier) => {
                Some(self.no_such_source(source))
            }
            _ => None,
        });
        let is_table = error.server.as_ref().is_some_and(|server| server.sqlstate == UNDEFINED_TABLE);
        if error.help.is_none() && is_table {
            error.help = self.named_without_ref(&absent, unique_id);
        }
    }

    /// All that the node's SQL may name: its parents, and those of the ephemeral models among them.
    fn read_by<'m>(&'m self, reader: Resource<'m>) -> impl Iterator<Item = Resource<'m>> {
        let mut open: Vec<&str> = reader.parents().iter().map(String::as_str).collect();
        let mut seen: HashSet<&str> = HashSet::default();
        std::iter::from_fn(move || {
            loop {
                let id = open.pop()?;
                if !seen.insert(id) {
                    continue;
                }
                let Some(resource) = self.manifest().resource(id) else { continue };
                if matches!(resource, Resource::Node(node) if node.is_ephemeral_model()) {
                    open.extend(resource.parents().iter().map(String::as_str));
                }
                return Some(resource);
            }
        })
    }

    fn is_at(&self, node: &Node, absent: &Absent) -> bool {
        let is_it = |node: &Node| absent.is(&node.schema, &node.alias);
        is_it(node) || self.deferred(node).is_some_and(is_it)
    }

    /// A table of the project that the SQL names by itself: nothing says that it must be built first.
    fn named_without_ref(&self, absent: &Absent, reader: &str) -> Option<String> {
        let is_in = |schema: &str| absent.schema.as_deref().is_none_or(|named| named == schema);
        let is_it = |node: &Node| {
            let is_called = [&node.alias, &node.name].contains(&&absent.name);
            node.is_refable() && node.unique_id != reader && is_in(&node.schema) && is_called
        };
        if let Some(node) = self.manifest().nodes.values().find(|node| is_it(node)) {
            let (kind, name) = (node.resource_type(), &node.name);
            return Some(format!(
                "`{}` is a {kind} of this project: write `{{{{ ref('{name}') }}}}`, so that it is built first",
                absent.name
            ));
        }
        let is_it = |source: &SourceDefinition| is_in(&source.schema) && source.identifier == absent.name;
        let source = self.manifest().sources.values().find(|source| is_it(source))?;
        let (group, name) = (&source.source_name, &source.name);
        Some(format!(
            "`{}` is a source of this project: write `{{{{ source('{group}', '{name}') }}}}`, which knows its schema",
            absent.name
        ))
    }

    /// The relation of the state manifest that a ref to the node leads to.
    fn deferred(&self, node: &Node) -> Option<&Node> {
        self.inputs.shared.defer.as_ref()?.counterpart(&node.unique_id).map(|node| &**node)
    }

    fn not_built(&self, node: &Node, reader: Resource<'_>) -> String {
        let what = format!("the {} `{}`", node.resource_type(), node.search_name());
        let target = &self.inputs.profile.target.name;
        if self.inputs.shared.selected.contains(&node.unique_id) {
            return format!(
                "{what} is part of this run, but its relation is gone: look for another session or a hook that drops it"
            );
        }
        if let Some(deferred) = self.deferred(node).filter(|deferred| deferred.schema != node.schema) {
            return format!(
                "{what} exists neither in the target `{target}` nor in schema `{}` that it is deferred to",
                deferred.schema
            );
        }
        let built = match reader {
            Resource::Node(reader)
                if matches!(reader.resource_type(), ResourceType::Model | ResourceType::Snapshot) =>
            {
                reader.search_name()
            }
            _ => node.search_name(),
        };
        let verb = if matches!(node.kind, NodeKind::Seed { .. }) { "loaded" } else { "built" };
        format!(
            "{what} has not been {verb} in the target `{target}`; `rsdbt build --select +{built}` builds all that is needed"
        )
    }

    /// A look at the schema tells a misspelled name from a table that has not arrived.
    fn no_such_source(&self, source: &SourceDefinition) -> String {
        let name = format!("{}.{}", source.source_name, source.name);
        let schema = &source.schema;
        let output = &self.outputs[self.home_and_site(&source.unique_id).0];
        let known = Connection::open(&output.settings)
            .and_then(|mut connection| catalog::relations(&mut connection, std::slice::from_ref(schema)));
        let Ok(known) = known else {
            return format!("the table of source `{name}` does not exist in schema `{schema}`");
        };
        if known.is_empty() {
            return format!(
                "the table of source `{name}` does not exist: database `{}` has no schema `{schema}`, or nothing is in it; \
                 check `schema:` of the source and the target `{}`",
                output.settings.database, output.name
            );
        }
        let near = did_you_mean(&source.identifier, known.iter().map(|relation| relation.name.as_str()));
        let advice = near.unwrap_or_else(|| {
            format!("check `identifier:` and `schema:` of the source and the target `{}`", output.name)
        });
        format!(
            "schema `{schema}` has no table {} for source `{name}`; {advice}",
            quote_identifier(&source.identifier)
        )
    }
}

/// The name at the place of the error; the message would be in the server's language.
fn absent(error: &Diagnostic) -> Option<Absent> {
    let server = error.server.as_ref()?;
    if !matches!(server.sqlstate.as_str(), UNDEFINED_TABLE | UNDEFINED_FUNCTION) {
        return None;
    }
    let mut parts = identifiers(server.statement.get(server.offset?..)?);
    let name = parts.pop()?;
    Some(Absent { schema: parts.pop(), name })
}

/// The leading `a."b c".d`, as the server reads it.
pub(super) fn identifiers(text: &str) -> Vec<String> {
    let mut parts = Vec::new();
    let mut rest = text;
    loop {
        let part;
        if let Some(quoted) = rest.strip_prefix('"') {
            let mut name = String::new();
            let mut characters = quoted.char_indices().peekable();
            let mut end = quoted.len();
            while let Some((at, character)) = characters.next() {
                if character == '"' && characters.next_if(|&(_, next)| next == '"').is_none() {
                    end = at + 1;
                    break;
                }
                name.push(character);
            }
            (part, rest) = (name, &quoted[end..]);
        } else {
            let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
            let end = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
            (part, rest) = (rest[..end].to_lowercase(), &rest[end..]);
        }
        parts.push(part);
        match rest.trim_start().strip_prefix('.') {
            Some(next) => rest = next.trim_start(),
            None => return parts,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_the_server_reads_them() {
        for (text, parts) in [
            (r#""d"."s"."order" as o"#, vec!["d", "s", "order"]),
            (r#""a ""b"" c".D where x"#, vec![r#"a "b" c"#, "d"]),
            ("Shop . Orders\nwhere", vec!["shop", "orders"]),
            ("größe.f(1)", vec!["größe", "f"]),
            ("orders)", vec!["orders"]),
        ] {
            assert_eq!(identifiers(text), parts, "{text}");
        }
    }
}
