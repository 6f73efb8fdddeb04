//! An integer literal of more digits than minijinja calculates with: an address, a hash. It is written out, and nothing else.

use std::fmt;
use std::sync::Arc;

use minijinja::value::{Object, ObjectRepr, Value};
use num_bigint::BigUint;

/// Its decimal digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LargeInteger(String);

impl LargeInteger {
    /// Of digits without their prefix.
    pub(crate) fn parse(digits: &str, radix: u32) -> Option<Value> {
        let number = BigUint::parse_bytes(digits.as_bytes(), radix)?;
        Some(Value::from_object(Self(number.to_string())))
    }
}

impl Object for LargeInteger {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
