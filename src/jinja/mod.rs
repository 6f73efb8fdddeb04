//! dbt's Jinja on minijinja.

pub mod functions;
pub mod python;
