//! `return(..)`: an error that carries a value to the macro call that is left.

use std::error::Error as _;
use std::fmt;

use minijinja::{Error, ErrorKind, Value};

/// What `return(..)` raises: the macro call that is left catches it.
#[derive(Debug)]
struct Returned(Value);

impl fmt::Display for Returned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("return() was called outside of a macro")
    }
}

impl std::error::Error for Returned {}

/// `return(value)`
pub(super) fn return_value(value: Value) -> Error {
    Error::new(ErrorKind::InvalidOperation, "return() was called outside of a macro")
        .with_source(Returned(value))
}

/// The value that a `return(..)` carries.
pub(super) fn returned(error: &Error) -> Option<Value> {
    let mut cause = error.source();
    while let Some(found) = cause {
        if let Some(returned) = found.downcast_ref::<Returned>() {
            return Some(returned.0.clone());
        }
        cause = found.source();
    }
    None
}
