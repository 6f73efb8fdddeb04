//! What a table holds: its columns' names and types, and its rows.

use super::infer::DataType;
use super::row::{Names, Row};

pub(crate) struct Contents {
    pub(crate) names: Names,
    pub(crate) types: Vec<DataType>,
    pub(crate) rows: Vec<Row>,
}
