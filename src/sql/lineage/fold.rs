//! Names as Postgres folds them.

use std::sync::Arc;

use sqlparser::ast::{Ident, ObjectName, ObjectNamePart};

/// The folded parts of a name.
pub(in crate::sql) fn parts(name: &ObjectName) -> Vec<Arc<str>> {
    name.0
        .iter()
        .map(|part| match part {
            ObjectNamePart::Identifier(ident) => fold(ident),
            ObjectNamePart::Function(function) => fold(&function.name),
        })
        .collect()
}

/// Postgres folds unquoted names to lower case.
pub(in crate::sql) fn fold(ident: &Ident) -> Arc<str> {
    if ident.quote_style.is_some() || !ident.value.bytes().any(|byte| byte.is_ascii_uppercase()) {
        ident.value.as_str().into()
    } else {
        ident.value.to_ascii_lowercase().into()
    }
}
