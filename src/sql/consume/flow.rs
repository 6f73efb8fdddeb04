//! What a part of the query gives to the part around it: columns, their values, and the column that traces rows.

use std::cell::Cell;
use std::sync::Arc;

/// The rows of a subquery that come from staged rows.
#[derive(Debug, Clone)]
pub(super) struct Flow {
    pub(super) columns: Vec<Column>,
    /// The name of the column that traces the rows.
    pub(super) trace: String,
    /// That column is the last one, and the only one of its kind: positions before it are the user's.
    pub(super) at_end: bool,
    pub(super) ranks: Vec<Rank>,
}

#[derive(Debug, Clone)]
pub(super) struct Column {
    pub(super) name: Arc<str>,
    /// An index into the analysis' values: equal values are equal in all rows.
    pub(super) value: usize,
}

/// A column that numbers the rows of a group; whoever keeps number one keeps the group.
#[derive(Debug, Clone)]
pub(super) struct Rank {
    pub(super) value: usize,
    pub(super) group: Group,
    /// The trace of the whole group, to be added at that place.
    pub(super) trace: Option<(usize, String)>,
}

/// Rows that are alike in these values become one.
#[derive(Debug, Clone)]
pub(super) struct Group {
    pub(super) by: Vec<usize>,
    pub(super) what: &'static str,
    /// None: no row of the group is chosen before the others.
    pub(super) choice: Option<Choice>,
}

/// Which row of a group is kept.
#[derive(Debug, Clone, Copy)]
pub(super) enum Choice {
    Any,
    /// The first one by this value; None: not in a known order.
    First {
        by: usize,
        is_ascending: Option<bool>,
        nulls_first: bool,
    },
}

#[derive(Debug, Clone)]
pub(super) enum Value {
    /// A column of a relation, or whatever else is not looked into.
    Atom,
    /// The result of a window function.
    Window,
    /// Made of nothing but these.
    Of(Vec<usize>),
}

/// The CTEs that a query sees.
#[derive(Default)]
pub(super) struct Environment<'p> {
    pub(super) parent: Option<&'p Environment<'p>>,
    pub(super) tables: Vec<Table>,
}

pub(super) struct Table {
    pub(super) name: Arc<str>,
    /// None: it reads no staged rows.
    pub(super) flow: Option<Flow>,
    pub(super) is_read: Cell<bool>,
}

impl Environment<'_> {
    pub(super) fn get(&self, name: &str) -> Option<&Table> {
        let own = self.tables.iter().rev().find(|table| &*table.name == name);
        own.or_else(|| self.parent?.get(name))
    }
}

impl Flow {
    pub(super) fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().find(|column| &*column.name == name).map(|column| column.value)
    }

    /// As in `with t (a, b) as ..` and `from t as x (a, b)`.
    pub(super) fn renamed<'n>(mut self, names: impl Iterator<Item = &'n Arc<str>>) -> Self {
        for (column, name) in self.columns.iter_mut().zip(names) {
            column.name = Arc::clone(name);
        }
        self
    }
}
