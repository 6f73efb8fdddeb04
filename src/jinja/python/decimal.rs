//! Python's `Decimal`: what agate holds for `numeric` and float columns.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use minijinja::value::{DynObject, Object, ObjectRepr, Value};
use minijinja::{Error, State};

use super::decimal_tuple::DecimalTuple;
use super::integer::{as_int, int_value};
use super::{no_arguments, unknown_method};

/// Postgres has at most 131,072 digits before the point.
const EXPONENT_LIMIT: i32 = 200_000;

/// `digits * 10^exponent`, with a sign.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Decimal {
    pub(super) negative: bool,
    /// No leading zeros; `0` for zero.
    pub(super) digits: String,
    pub(super) exponent: i32,
}

impl FromStr for Decimal {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let text = text.trim();
        let (negative, rest) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (mantissa, exponent) = match rest.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().map_err(drop)?),
            None => (rest, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = format!("{whole}{fraction}");
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(());
        }
        let significant = digits.trim_start_matches('0');
        let digits = if significant.is_empty() { "0" } else { significant }.to_owned();
        let scale = i32::try_from(fraction.len()).map_err(drop)?;
        let exponent = exponent.checked_sub(scale).filter(|exponent| exponent.abs() <= EXPONENT_LIMIT);
        Ok(Self { negative, digits, exponent: exponent.ok_or(())? })
    }
}

impl Decimal {
    pub(crate) fn from_int(number: i128) -> Self {
        Self::new(number, 0)
    }

    fn new(coefficient: i128, exponent: i32) -> Self {
        let digits = coefficient.unsigned_abs().to_string();
        Self { negative: coefficient < 0, digits, exponent }
    }

    pub(crate) fn to_f64(&self) -> f64 {
        self.to_string().parse().unwrap_or(f64::NAN)
    }

    /// How many digits stand after the point, trailing zeros aside.
    pub(crate) fn decimal_places(&self) -> usize {
        let significant = self.digits.trim_end_matches('0').len();
        let zeros = i32::try_from(self.digits.len() - significant).unwrap_or_default();
        usize::try_from(-(self.exponent + zeros)).unwrap_or_default()
    }

    /// With exactly so many decimals, rounded half to even.
    pub(crate) fn fixed(&self, decimals: usize) -> String {
        let number = self.at_exponent(i32::try_from(decimals).map_or(i32::MIN, |places| -places));
        let sign = if number.negative && !number.is_zero() { "-" } else { "" };
        let digits = format!("{:0>width$}", number.digits, width = decimals + 1);
        let (whole, fraction) = digits.split_at(digits.len() - decimals);
        let point = if decimals == 0 { "" } else { "." };
        format!("{sign}{whole}{point}{fraction}")
    }

    pub(crate) fn is_zero(&self) -> bool {
        self.digits == "0"
    }

    /// Without its fraction, as an int; what is beyond our integers stays a decimal, which prints alike.
    pub(crate) fn to_whole(&self) -> Value {
        let whole = self.truncated();
        match whole.to_string().parse() {
            Ok(number) => int_value(number),
            Err(_) => Value::from_object(whole),
        }
    }
}

/// A number as a decimal; floats only when `value` is no float.
pub(super) fn as_decimal(value: &Value) -> Option<Decimal> {
    match value.downcast_object_ref::<Decimal>() {
        Some(decimal) => Some(decimal.clone()),
        None => as_int(value).map(Decimal::from_int),
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.negative {
            f.write_str("-")?;
        }
        let length = i32::try_from(self.digits.len()).unwrap_or(i32::MAX);
        let point = self.exponent + length;
        if self.exponent > 0 || point <= -6 {
            let (first, rest) = self.digits.split_at(1);
            let dot = if rest.is_empty() { "" } else { "." };
            return write!(f, "{first}{dot}{rest}E{:+}", point - 1);
        }
        match usize::try_from(point) {
            Ok(point) if point > 0 => {
                let (whole, fraction) = self.digits.split_at(point.min(self.digits.len()));
                let dot = if fraction.is_empty() { "" } else { "." };
                write!(f, "{whole}{dot}{fraction}")
            }
            _ => {
                let zeros = usize::try_from(-point).unwrap_or_default();
                write!(f, "0.{}{}", "0".repeat(zeros), self.digits)
            }
        }
    }
}

impl fmt::Debug for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Decimal('{self}')")
    }
}

impl Object for Decimal {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn is_true(self: &Arc<Self>) -> bool {
        !self.is_zero()
    }

    fn custom_cmp(self: &Arc<Self>, other: &DynObject) -> Option<Ordering> {
        Some(self.compare(other.downcast_ref::<Self>()?))
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }

    fn call_method(
        self: &Arc<Self>,
        _state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        no_arguments(method, args)?;
        Ok(match method {
            "is_nan" | "is_infinite" => Value::from(false),
            "is_zero" => Value::from(self.is_zero()),
            "is_signed" => Value::from(self.negative),
            "__int__" => self.to_whole(),
            "to_integral_value" => Value::from_object(self.at_exponent(self.exponent.max(0))),
            "normalize" => Value::from_object(Self::clone(self).normalized()),
            "as_tuple" => Value::from_object(DecimalTuple {
                sign: self.negative,
                digits: self.digits.clone(),
                exponent: self.exponent,
            }),
            _ => return Err(unknown_method("Decimal", method)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn decimals_print_as_in_python() {
        for (text, printed) in [
            ("1.50", "1.50"),
            ("-0.001", "-0.001"),
            ("0.0000001", "1E-7"),
            ("0.000001", "0.000001"),
            ("1e5", "1E+5"),
            (
                "12345678901234567890123456789012345678901234567890.5",
                "12345678901234567890123456789012345678901234567890.5",
            ),
            ("0.00", "0.00"),
            ("0012.30", "12.30"),
        ] {
            assert_eq!(decimal(text).to_string(), printed);
        }
    }

    #[test]
    fn a_decimal_tells_its_digits() {
        let as_tuple = |text: &str| {
            let Decimal { negative, digits, exponent } = decimal(text);
            format!("{:?}", DecimalTuple { sign: negative, digits, exponent })
        };
        assert_eq!(as_tuple("-2.50"), "DecimalTuple(sign=1, digits=(2, 5, 0), exponent=-2)");
        assert_eq!(as_tuple("0"), "DecimalTuple(sign=0, digits=(0,), exponent=0)");
    }

    #[test]
    fn arithmetic_keeps_scale_and_rounds_to_28_digits() {
        for (left, operator, right, result) in [
            ("1.50", '+', "2", "3.50"),
            ("1.50", '*', "2.0", "3.000"),
            ("1", '/', "3", "0.3333333333333333333333333333"),
            ("10", '/', "4", "2.5"),
            ("2", '/', "3", "0.6666666666666666666666666667"),
            ("7.5", '%', "2", "1.5"),
            ("7.5", 'q', "2", "3"),
        ] {
            let result_is = decimal(left).operate(operator, &decimal(right)).unwrap().to_string();
            assert_eq!(result_is, result, "{left} {operator} {right}");
        }
        assert_eq!(decimal("1.50").compare(&decimal("1.5")), Ordering::Equal);
    }
}
