//! What is found out about a query on the way.

use super::super::text::{Edits, Text};
use super::flow::{Column, Group, Value};
use super::staging::{Functions, Staging};

pub(super) struct Analysis<'a> {
    pub(super) staging: &'a Staging,
    pub(super) functions: &'a Functions,
    pub(super) text: Text<'a>,
    pub(super) values: Vec<Value>,
    pub(super) groups: Vec<Group>,
    /// How many trace columns have been named.
    pub(super) traces: usize,
    /// The columns of the staging table.
    pub(super) staged: Vec<Column>,
    pub(super) found: bool,
    /// Some staged rows may not take part.
    pub(super) filtered: bool,
    /// Why rows cannot be traced; it matters only where some are filtered.
    pub(super) untraceable: Option<String>,
    pub(super) whole: Edits,
    pub(super) traced: Edits,
}
