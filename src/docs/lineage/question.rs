//! What the user asks.

/// Which way to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    Upstream,
    Downstream,
    Both,
}

/// Whether the edges count that all columns of a node share (filters, joins, groups, orders).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Influences {
    Shown,
    Hidden,
}

/// What the user asks.
#[derive(Debug, Clone)]
pub(crate) struct Question<'q> {
    /// `orders`, `orders.amount`, or either with the unique id.
    pub target: &'q str,
    pub direction: Direction,
    /// Steps to go; none for all.
    pub depth: Option<usize>,
    pub influences: Influences,
}
