//! What `Decimal.as_tuple()` gives: a tuple whose items have names.

use std::fmt;
use std::sync::Arc;

use minijinja::value::{Enumerator, Object, ObjectRepr, Value};

use super::tuple;

#[derive(PartialEq, Eq)]
pub(super) struct DecimalTuple {
    pub(super) sign: bool,
    pub(super) digits: String,
    pub(super) exponent: i32,
}

impl DecimalTuple {
    fn item(&self, name: &str) -> Option<Value> {
        Some(match name {
            "sign" => Value::from(i32::from(self.sign)),
            "digits" => tuple(self.digits.bytes().map(|digit| Value::from(digit - b'0')).collect()),
            "exponent" => Value::from(self.exponent),
            _ => return None,
        })
    }
}

impl fmt::Debug for DecimalTuple {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits: Vec<String> = self.digits.chars().map(String::from).collect();
        let digits = if digits.len() == 1 { format!("{},", digits[0]) } else { digits.join(", ") };
        let sign = i32::from(self.sign);
        write!(f, "DecimalTuple(sign={sign}, digits=({digits}), exponent={})", self.exponent)
    }
}

impl Object for DecimalTuple {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        const NAMES: [&str; 3] = ["sign", "digits", "exponent"];
        match key.as_str() {
            Some(name) => self.item(name),
            None => self.item(NAMES.get(key.as_usize()?)?),
        }
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Seq(3)
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}
