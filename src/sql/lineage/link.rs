//! A step from an output column towards what it comes from.

use std::rc::Rc;

use super::EdgeKind;

/// An edge whose origin is an index into the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Link {
    pub(super) origin: u32,
    pub(super) kind: EdgeKind,
}

impl Link {
    /// The same origin seen through one more step.
    pub(super) fn through(self, outer: EdgeKind) -> Self {
        let kind = match (outer, self.kind) {
            (EdgeKind::Influence(_), _) => outer,
            (EdgeKind::Derived, EdgeKind::Direct) => EdgeKind::Derived,
            (_, inner) => inner,
        };
        Self { kind, ..self }
    }
}

pub(super) type Links = Rc<[Link]>;

/// Sorted by first appearance, without repetitions.
pub(super) fn normal(mut links: Vec<Link>) -> Vec<Link> {
    links.sort_unstable();
    links.dedup();
    links
}
