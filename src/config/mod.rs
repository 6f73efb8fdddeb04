//! The user's YAML, typed and spanned: project, profiles, properties, packages, selectors, node configs.

pub mod yaml;
