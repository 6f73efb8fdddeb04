//! Numbers as Python prints them, and their methods.

use minijinja::{Error, Value};

use super::integer::{as_int, int_value};
use super::{bind, no_arguments, unknown_method};

/// The shortest text that reads back as the same float.
pub(crate) fn float_repr(number: f64) -> String {
    if number.is_nan() {
        return "nan".into();
    }
    if number.is_infinite() {
        return if number > 0.0 { "inf".into() } else { "-inf".into() };
    }
    let text = format!("{number:?}");
    match text.split_once('e') {
        Some((mantissa, exponent)) => {
            let exponent: i32 = exponent.parse().unwrap_or_default();
            format!("{mantissa}e{exponent:+03}")
        }
        None => text,
    }
}

pub(crate) fn as_float(value: &Value) -> Option<f64> {
    if let Some(decimal) = value.downcast_object_ref::<super::Decimal>() {
        return Some(decimal.to_f64());
    }
    if value.is_number() { f64::try_from(value.clone()).ok() } else { None }
}

/// A float without fraction as an integer.
#[expect(clippy::cast_possible_truncation, reason = "what is beyond an i128 saturates")]
pub(crate) fn whole(float: f64) -> Value {
    int_value(float.trunc() as i128)
}

pub(super) fn call_number_method(value: &Value, method: &str, args: &[Value]) -> Result<Value, Error> {
    let kind = super::type_name(value);
    if value.is_integer() {
        match method {
            "bit_length" => {
                no_arguments(method, args)?;
                let magnitude = as_int(value).unwrap_or_default().unsigned_abs();
                return Ok(Value::from(u128::BITS - magnitude.leading_zeros()));
            }
            "conjugate" => return Ok(value.clone()),
            _ => {}
        }
    } else if method == "is_integer" {
        let [] = bind::<0>(method, args, [])?;
        return Ok(Value::from(as_float(value).is_some_and(|float| float.fract() == 0.0)));
    }
    Err(unknown_method(&kind, method))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_print_as_python_prints_them() {
        for (number, text) in [
            (1.0, "1.0"),
            (0.1, "0.1"),
            (1e16, "1e+16"),
            (1e15, "1000000000000000.0"),
            (1e-5, "1e-05"),
            (0.0001, "0.0001"),
            (1.5e300, "1.5e+300"),
            (-2.5, "-2.5"),
            (f64::INFINITY, "inf"),
        ] {
            assert_eq!(float_repr(number), text);
        }
    }
}
