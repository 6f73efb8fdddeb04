//! What a table holds: its columns' names and types, and its rows.

use super::infer::CellType;
use super::row::{Names, Row};

pub(crate) struct Contents {
    pub(crate) names: Names,
    pub(crate) types: Vec<CellType>,
    pub(crate) rows: Vec<Row>,
}
