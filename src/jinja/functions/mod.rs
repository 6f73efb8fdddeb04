//! The functions and modules that templates see: JSON, YAML, dates, regular expressions, exceptions, variables.

pub mod datetime;
