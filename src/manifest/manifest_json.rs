//! manifest.json as it is written: its parts become text on all cores, while the ones before go to the file.

use std::borrow::Cow;
use std::io;
use std::sync::{Arc, OnceLock};

use serde::ser::{Error as _, SerializeMap};
use serde::{Serialize, Serializer};
use serde_json::Value;

use super::maps::{Children, Members, Parents};
use super::node_json::{SharedConfigs, Written};
use super::{Manifest, Node};
use crate::parallel;

/// So many nodes become text at a time.
const SHARE: usize = 32;
/// A node's text is rarely longer.
const USUAL_LENGTH: usize = 3 << 10;

/// A piece of the file.
struct Piece<'m> {
    /// The key that begins with it.
    key: Option<&'static str>,
    content: Content<'m>,
}

enum Content<'m> {
    /// Entries of `nodes`, and whether they are the last ones.
    Nodes(&'m [(&'m String, &'m Arc<Node>)], bool),
    Value(&'m dyn Part),
    Kept(&'m dyn Part, &'m OnceLock<Vec<u8>>),
}

/// What does not become text anew when a manifest is written again with its nodes compiled: the macros, most of the file of a small project.
#[derive(Debug, Default)]
pub(crate) struct KeptText {
    macros: OnceLock<Vec<u8>>,
}

/// What stands under one key.
trait Part: Sync {
    fn write(&self, out: &mut Vec<u8>) -> serde_json::Result<()>;
    fn value(&self) -> serde_json::Result<Value>;
}

impl<T: Serialize + Sync> Part for T {
    fn write(&self, out: &mut Vec<u8>) -> serde_json::Result<()> {
        serde_json::to_writer(out, self)
    }

    fn value(&self) -> serde_json::Result<Value> {
        serde_json::to_value(self)
    }
}

impl Manifest {
    /// Writes the file. `kept`: of a manifest with the same macros.
    ///
    /// # Errors
    /// Those of `out`.
    pub(crate) fn write(&self, kept: &KeptText, out: &mut impl io::Write) -> io::Result<()> {
        let nodes: Vec<_> = self.nodes.iter().collect();
        let configs = SharedConfigs::of(self.nodes.values())?;
        let maps = (Parents(self), Children(self), Members(self));
        let mut pieces = Vec::new();
        for (key, part) in self.parts(&maps) {
            match part {
                Some(part) if key == "macros" => {
                    pieces.push(Piece { key: Some(key), content: Content::Kept(part, &kept.macros) });
                }
                Some(part) => pieces.push(Piece { key: Some(key), content: Content::Value(part) }),
                None => pieces.extend(pieces_of_nodes(key, &nodes)),
            }
        }
        out.write_all(b"{")?;
        let mut is_first = true;
        let make = |share: &[_]| texts(share, &configs);
        parallel::in_order(&pieces, 1, make, |texts: serde_json::Result<Vec<_>>| {
            for text in texts? {
                out.write_all(if std::mem::take(&mut is_first) { b"" } else { b"," })?;
                out.write_all(&text)?;
            }
            Ok::<(), io::Error>(())
        })?;
        out.write_all(b"}")
    }

    /// The keys in dbt's order; what stands under `nodes` is written in pieces.
    fn parts<'m>(
        &'m self,
        maps: &'m (Parents<'m>, Children<'m>, Members<'m>),
    ) -> [(&'static str, Option<&'m dyn Part>); 17] {
        [
            ("metadata", Some(&self.metadata)),
            ("nodes", None),
            ("sources", Some(&self.sources)),
            ("macros", Some(&self.macros)),
            ("docs", Some(&self.docs)),
            ("exposures", Some(&self.exposures)),
            ("metrics", Some(&self.metrics)),
            ("groups", Some(&self.groups)),
            ("selectors", Some(&self.selectors)),
            ("disabled", Some(&self.disabled)),
            ("parent_map", Some(&maps.0)),
            ("child_map", Some(&maps.1)),
            ("group_map", Some(&maps.2)),
            ("saved_queries", Some(&self.saved_queries)),
            ("semantic_models", Some(&self.semantic_models)),
            ("unit_tests", Some(&self.unit_tests)),
            ("functions", Some(&self.functions)),
        ]
    }
}

fn texts<'m>(pieces: &[Piece<'m>], configs: &SharedConfigs) -> serde_json::Result<Vec<Cow<'m, [u8]>>> {
    pieces.iter().map(|piece| piece.text(configs)).collect()
}

fn pieces_of_nodes<'m>(
    key: &'static str,
    nodes: &'m [(&'m String, &'m Arc<Node>)],
) -> impl Iterator<Item = Piece<'m>> {
    let count = nodes.len().div_ceil(SHARE).max(1);
    (0..count).map(move |at| {
        let share = &nodes[at * SHARE..nodes.len().min((at + 1) * SHARE)];
        Piece { key: (at == 0).then_some(key), content: Content::Nodes(share, at + 1 == count) }
    })
}

impl<'m> Piece<'m> {
    fn text(&self, configs: &SharedConfigs) -> serde_json::Result<Cow<'m, [u8]>> {
        let Content::Kept(part, kept) = &self.content else { return self.new_text(configs).map(Cow::Owned) };
        if let Some(text) = kept.get() {
            return Ok(Cow::Borrowed(text));
        }
        let text = Piece { key: self.key, content: Content::Value(*part) }.new_text(configs)?;
        Ok(Cow::Borrowed(kept.get_or_init(|| text)))
    }

    fn new_text(&self, configs: &SharedConfigs) -> serde_json::Result<Vec<u8>> {
        let mut out = Vec::new();
        if let Some(key) = self.key {
            serde_json::to_writer(&mut out, key)?;
            out.push(b':');
        }
        match self.content {
            Content::Value(part) | Content::Kept(part, _) => part.write(&mut out)?,
            Content::Nodes(nodes, is_last) => {
                out.reserve(nodes.len() * USUAL_LENGTH);
                if self.key.is_some() {
                    out.push(b'{');
                }
                for (at, (unique_id, node)) in nodes.iter().enumerate() {
                    if at > 0 {
                        out.push(b',');
                    }
                    serde_json::to_writer(&mut out, unique_id)?;
                    out.push(b':');
                    serde_json::to_writer(&mut out, &Written::of(node, configs))?;
                }
                if is_last {
                    out.push(b'}');
                }
            }
        }
        Ok(out)
    }
}

/// The same as a value.
impl Serialize for Manifest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let maps = (Parents(self), Children(self), Members(self));
        let parts = self.parts(&maps);
        let mut map = serializer.serialize_map(Some(parts.len()))?;
        for (key, part) in parts {
            match part {
                Some(part) => map.serialize_entry(key, &part.value().map_err(S::Error::custom)?)?,
                None => map.serialize_entry(key, &self.nodes)?,
            }
        }
        map.end()
    }
}
