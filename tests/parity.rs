//! What rsdbt makes of a project is what dbt makes of it: listings line for line, manifests key by key, tables row for
//! row. dbt's part is recorded as data.

mod copy;
mod listings;
mod manifests;
mod tables;
