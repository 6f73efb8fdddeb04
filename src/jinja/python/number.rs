//! Numbers as Python prints them, and their methods.

use minijinja::{Error, Value};

use super::integer::{as_int, int_value};
use super::{no_arguments, unknown_method, value_error};

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
    if let Some(int) = as_int(value) {
        return int_method(int, method, args);
    }
    let float = as_float(value).unwrap_or_default();
    let result = match method {
        "is_integer" => Value::from(float.is_finite() && float.fract() == 0.0),
        "conjugate" => value.clone(),
        "hex" => Value::from(hexadecimal(float)),
        "as_integer_ratio" if float.is_finite() => ratio(float)?,
        "as_integer_ratio" => return Err(value_error("cannot convert this float to an integer ratio")),
        _ => return Err(unknown_method(&super::type_name(value), method)),
    };
    no_arguments(method, args)?;
    Ok(result)
}

fn int_method(int: i128, method: &str, args: &[Value]) -> Result<Value, Error> {
    let result = match method {
        "bit_length" => Value::from(u128::BITS - int.unsigned_abs().leading_zeros()),
        "bit_count" => Value::from(int.unsigned_abs().count_ones()),
        "conjugate" => int_value(int),
        "as_integer_ratio" => super::tuple(vec![int_value(int), Value::from(1)]),
        _ => return Err(unknown_method("int", method)),
    };
    no_arguments(method, args)?;
    Ok(result)
}

/// `2.5` is 5 of 2.
fn ratio(float: f64) -> Result<Value, Error> {
    let (mut number, mut halvings) = (float, 0_u32);
    while number.fract() != 0.0 && halvings < 120 {
        number *= 2.0;
        halvings += 1;
    }
    if number.fract() != 0.0 || number.abs() >= 1e38 {
        return Err(value_error("the ratio of this float has more than 38 digits"));
    }
    let denominator = 1_i128 << halvings;
    Ok(super::tuple(vec![whole(number), int_value(denominator)]))
}

/// Python's `float.hex()`.
fn hexadecimal(float: f64) -> String {
    if !float.is_finite() {
        return float_repr(float);
    }
    let sign = if float.is_sign_negative() { "-" } else { "" };
    let bits = float.to_bits();
    let (exponent, mantissa) = ((bits >> 52) & 0x7ff, bits & ((1 << 52) - 1));
    match (exponent, mantissa) {
        (0, 0) => format!("{sign}0x0.0p+0"),
        (0, _) => format!("{sign}0x0.{mantissa:013x}p-1022"),
        _ => format!("{sign}0x1.{mantissa:013x}p{:+}", exponent.cast_signed() - 1023),
    }
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
