//! What the server knows about relations, read from `pg_catalog` into typed rows.
//!
//! `information_schema` is slow on large catalogs, hides what the role does not own, and does not know
//! materialized views; so nothing here reads it.

mod documentation;
mod reading;
mod relations;
mod stored;
mod untrusted;

pub(crate) use documentation::{CatalogColumn, CatalogStatistic, CatalogTable, documentation};
pub(crate) use relations::{RelationInfo, RelationKind, existing_schemas, links, relations};
pub(crate) use stored::stored;
pub(crate) use untrusted::{UntrustedCode, Writes, is_trusted, is_writable, untrusted_code};

#[cfg(test)]
mod tests;
use reading::{Cells, array_parameter, read};
