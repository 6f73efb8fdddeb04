//! Python's operators on values that minijinja's own operators do not know: mutable lists, decimals,
//! dates, sets, `%` on texts. The engine's rewrite calls these.

use minijinja::value::{Tuple, Value, ValueKind};
use minijinja::{Error, ErrorKind};

use super::compare::{as_float_or_bool, is_list};
pub(crate) use super::compare::{compare, equals, order};
use super::datetime;
use super::decimal::as_decimal;
use super::integer::{as_int, int_value};
use super::items::items_of;
use super::number::as_float;
use super::{Decimal, Set, percent_format, set_methods, to_str, type_error, type_name, value_error};

/// A repeated text or list may not grow beyond this.
const REPEAT_LIMIT: usize = 100_000_000;

fn unsupported(operator: &str, left: &Value, right: &Value) -> Error {
    let kind = if left.is_undefined() || right.is_undefined() {
        ErrorKind::UndefinedError
    } else {
        ErrorKind::InvalidOperation
    };
    let (left, right) = (type_name(left), type_name(right));
    Error::new(kind, format!("unsupported operand type(s) for {operator}: '{left}' and '{right}'"))
}

/// `left + right`
pub(crate) fn add(left: &Value, right: &Value) -> Result<Value, Error> {
    if let Some(sum) = numeric('+', left, right) {
        return sum;
    }
    if let (ValueKind::String, ValueKind::String) = (left.kind(), right.kind()) {
        return Ok(super::markup::concat(left, right));
    }
    if let Some(sum) = datetime::add(left, right) {
        return sum;
    }
    if left.is_tuple() && right.is_tuple() || is_list(left) && is_list(right) {
        let mut items = items_of(left)?;
        items.extend(items_of(right)?);
        return Ok(sequence_like(left, items));
    }
    if left.kind() == ValueKind::String || left.is_tuple() || is_list(left) {
        let (left, right) = (type_name(left), type_name(right));
        return Err(type_error(format!("can only concatenate {left} (not \"{right}\") to {left}")));
    }
    Err(unsupported("+", left, right))
}

/// `left - right`
pub(crate) fn subtract(left: &Value, right: &Value) -> Result<Value, Error> {
    if let Some(difference) = numeric('-', left, right) {
        return difference;
    }
    if let Some(difference) = datetime::subtract(left, right) {
        return difference;
    }
    match left.downcast_object_ref::<Set>() {
        Some(members) => set_methods::operate("difference", members, right),
        None => Err(unsupported("-", left, right)),
    }
}

/// `left * right`
pub(crate) fn multiply(left: &Value, right: &Value) -> Result<Value, Error> {
    if let Some(product) = numeric('*', left, right) {
        return product;
    }
    if let Some(product) = datetime::multiply(left, right).or_else(|| datetime::multiply(right, left)) {
        return product;
    }
    let (repeated, count) = if as_int(right).is_some() { (left, right) } else { (right, left) };
    let Some(count) = as_int(count) else { return Err(unsupported("*", left, right)) };
    let count = usize::try_from(count.max(0)).unwrap_or(usize::MAX);
    let length = repeated.len().unwrap_or_default();
    if length.checked_mul(count).is_none_or(|length| length > REPEAT_LIMIT) {
        return Err(value_error("the repeated value is too large"));
    }
    match repeated.as_str() {
        Some(text) if repeated.is_safe() => Ok(Value::from_safe_string(text.repeat(count))),
        Some(text) => Ok(Value::from(text.repeat(count))),
        None if repeated.is_tuple() || is_list(repeated) => {
            let items = items_of(repeated)?;
            let all = items.iter().cycle().take(items.len() * count).cloned().collect();
            Ok(sequence_like(repeated, all))
        }
        None => Err(unsupported("*", left, right)),
    }
}

/// `left / right`
pub(crate) fn divide(left: &Value, right: &Value) -> Result<Value, Error> {
    if let Some(quotient) = datetime::divide(left, right) {
        return quotient;
    }
    if as_int(left).is_some() && as_int(right).is_some() {
        let (left, right) = (as_float_or_bool(left), as_float_or_bool(right));
        return float_division(left.unwrap_or_default(), right.unwrap_or_default());
    }
    numeric('/', left, right).unwrap_or_else(|| Err(unsupported("/", left, right)))
}

/// `left // right`
pub(crate) fn floor_divide(left: &Value, right: &Value) -> Result<Value, Error> {
    if let Some(quotient) = datetime::floor_divide(left, right) {
        return quotient;
    }
    numeric('q', left, right).unwrap_or_else(|| Err(unsupported("//", left, right)))
}

/// `left % right`: of a text Python's formatting, else the remainder.
pub(crate) fn modulo(left: &Value, right: &Value) -> Result<Value, Error> {
    match left.kind() {
        ValueKind::String => percent_format(left.as_str().unwrap_or_default(), right).map(Value::from),
        _ => numeric('%', left, right).unwrap_or_else(|| Err(unsupported("%", left, right))),
    }
}

/// `left ** right`
pub(crate) fn power(left: &Value, right: &Value) -> Result<Value, Error> {
    if let (Some(base), Some(exponent)) = (as_int(left), as_int(right))
        && let Ok(exponent) = u32::try_from(exponent)
    {
        return base
            .checked_pow(exponent)
            .map(int_value)
            .ok_or_else(|| value_error(format!("{base} ** {exponent} is too large")));
    }
    match (as_float_or_bool(left), as_float_or_bool(right)) {
        (Some(0.0), Some(exponent)) if exponent < 0.0 => {
            Err(value_error("0.0 cannot be raised to a negative power"))
        }
        (Some(base), Some(exponent)) if base < 0.0 && exponent.fract() != 0.0 => {
            Err(value_error("a root of a negative number would be complex, which is not implemented"))
        }
        (Some(base), Some(exponent)) => {
            let power = base.powf(exponent);
            if power.is_infinite() && base.is_finite() && exponent.is_finite() {
                return Err(value_error("Numerical result out of range"));
            }
            Ok(Value::from(power))
        }
        _ => Err(unsupported("**", left, right)),
    }
}

/// `-value`
pub(crate) fn negate(value: &Value) -> Result<Value, Error> {
    if let Some(negated) = datetime::negate(value) {
        return Ok(negated);
    }
    if value.is_number() && !value.is_integer() {
        return Ok(Value::from(-as_float(value).unwrap_or_default()));
    }
    match as_int(value).is_some() || as_decimal(value).is_some() {
        true => multiply(value, &Value::from(-1)),
        false => Err(bad_operand("-", value)),
    }
}

/// `+value`: of a number itself, of a boolean a number
pub(crate) fn positive(value: &Value) -> Result<Value, Error> {
    if let Some(int) = as_int(value) {
        return Ok(int_value(int));
    }
    if value.is_number() || as_decimal(value).is_some() || datetime::negate(value).is_some() {
        return Ok(value.clone());
    }
    Err(bad_operand("+", value))
}

fn bad_operand(operator: &str, value: &Value) -> Error {
    let kind = if value.is_undefined() { ErrorKind::UndefinedError } else { ErrorKind::InvalidOperation };
    Error::new(kind, format!("bad operand type for unary {operator}: '{}'", type_name(value)))
}

fn sequence_like(model: &Value, items: Vec<Value>) -> Value {
    if model.is_tuple() { Value::from(Tuple::new(items)) } else { super::list(items) }
}

/// Arithmetic on two numbers; `None` when one is no number. `q` stands for `//`.
fn numeric(operator: char, left: &Value, right: &Value) -> Option<Result<Value, Error>> {
    let result = if let (Some(left), Some(right)) = (as_int(left), as_int(right)) {
        int_arithmetic(operator, left, right)
    } else if let (Some(left), Some(right)) = (as_decimal(left), as_decimal(right)) {
        decimal_arithmetic(operator, &left, &right)
    } else {
        float_arithmetic(operator, as_float_or_bool(left)?, as_float_or_bool(right)?)
    };
    Some(result)
}

fn int_arithmetic(operator: char, left: i128, right: i128) -> Result<Value, Error> {
    let result = match operator {
        '+' => left.checked_add(right),
        '-' => left.checked_sub(right),
        '*' => left.checked_mul(right),
        _ if right == 0 => return Err(division_by_zero(operator)),
        'q' => {
            let (quotient, remainder) = (left.wrapping_div(right), left.wrapping_rem(right));
            // Towards minus infinity.
            Some(if remainder != 0 && (remainder < 0) != (right < 0) { quotient - 1 } else { quotient })
        }
        _ => {
            let remainder = left.wrapping_rem(right);
            Some(if remainder != 0 && (remainder < 0) != (right < 0) { remainder + right } else { remainder })
        }
    };
    result.map(int_value).ok_or_else(|| value_error("the result is too large"))
}

fn decimal_arithmetic(operator: char, left: &Decimal, right: &Decimal) -> Result<Value, Error> {
    if matches!(operator, '/' | 'q' | '%') && right.is_zero() {
        return Err(division_by_zero(operator));
    }
    match left.operate(operator, right) {
        Some(result) => Ok(Value::from_object(result)),
        None => Err(value_error("InvalidOperation: the result has more than 28 digits")),
    }
}

fn float_arithmetic(operator: char, left: f64, right: f64) -> Result<Value, Error> {
    Ok(Value::from(match operator {
        '+' => left + right,
        '-' => left - right,
        '*' => left * right,
        '/' => return float_division(left, right),
        _ if right == 0.0 => return Err(division_by_zero(operator)),
        'q' => float_quotient(left, right).0,
        _ => float_quotient(left, right).1,
    }))
}

/// Both have the sign of the divisor, a zero too, and fit each other: `1.0 // 0.1` is 9, as the rest is nearly 0.1.
fn float_quotient(left: f64, right: f64) -> (f64, f64) {
    let remainder = left % right;
    let quotient = (left - remainder) / right;
    let (quotient, remainder) = match remainder {
        0.0 => (quotient, 0.0_f64.copysign(right)),
        _ if (remainder < 0.0) != (right < 0.0) => (quotient - 1.0, remainder + right),
        _ => (quotient, remainder),
    };
    if quotient == 0.0 {
        return (0.0_f64.copysign(left / right), remainder);
    }
    let floor = quotient.floor();
    (if quotient - floor > 0.5 { floor + 1.0 } else { floor }, remainder)
}

fn float_division(left: f64, right: f64) -> Result<Value, Error> {
    if right == 0.0 { Err(division_by_zero('/')) } else { Ok(Value::from(left / right)) }
}

fn division_by_zero(operator: char) -> Error {
    value_error(match operator {
        '/' => "division by zero",
        _ => "integer division or modulo by zero",
    })
}

/// `value[start:stop:step]`
pub(crate) fn slice(value: &Value, start: &Value, stop: &Value, step: &Value) -> Result<Value, Error> {
    let bound = |bound: &Value| -> Result<Option<i64>, Error> {
        if bound.is_none() {
            return Ok(None);
        }
        let Some(at) = as_int(bound) else {
            return Err(type_error("slice indices must be integers or None or have an __index__ method"));
        };
        // what is beyond the ends stands for them
        let at = at.clamp(i128::from(i64::MIN / 2), i128::from(i64::MAX / 2));
        Ok(i64::try_from(at).ok())
    };
    let step = bound(step)?.unwrap_or(1);
    if step == 0 {
        return Err(value_error("slice step cannot be zero"));
    }
    let (start, stop) = (bound(start)?, bound(stop)?);
    if let (ValueKind::String, Some(text)) = (value.kind(), value.as_str()) {
        let characters: Vec<char> = text.chars().collect();
        let picked = slice_places(characters.len(), start, stop, step).map(|at| characters[at]);
        return Ok(Value::from(picked.collect::<String>()));
    }
    if let Some(range) = value.downcast_object_ref::<super::Range>() {
        return Ok(range.sliced(start, stop, step));
    }
    if !value.is_tuple() && !is_list(value) {
        let key = [start, stop].map(|bound| bound.map_or("None".into(), |bound| bound.to_string()));
        return Err(type_error(format!(
            "'{}' object cannot be sliced with [{}]",
            type_name(value),
            key.join(":")
        )));
    }
    let items = items_of(value)?;
    let picked = slice_places(items.len(), start, stop, step).map(|at| items[at].clone());
    Ok(sequence_like(value, picked.collect()))
}

fn slice_places(
    length: usize,
    start: Option<i64>,
    stop: Option<i64>,
    step: i64,
) -> impl Iterator<Item = usize> {
    let length = i64::try_from(length).unwrap_or(i64::MAX);
    let (lowest, highest) = if step > 0 { (0, length) } else { (-1, length - 1) };
    let clamp = |bound: Option<i64>, default: i64| match bound {
        None => default,
        Some(bound) if bound < 0 => (bound + length).max(lowest),
        Some(bound) => bound.min(highest),
    };
    let (start, stop) = if step > 0 {
        (clamp(start, lowest), clamp(stop, highest))
    } else {
        (clamp(start, highest), clamp(stop, lowest))
    };
    let mut at = start;
    std::iter::from_fn(move || {
        if step > 0 && at >= stop || step < 0 && at <= stop {
            return None;
        }
        let place = usize::try_from(at).ok()?;
        at = at.saturating_add(step);
        Some(place)
    })
}

/// `container[key]`; nothing where there is no such item
pub(crate) fn item(container: &Value, key: &Value) -> Result<Value, Error> {
    if container.is_undefined() {
        return Err(Error::from(ErrorKind::UndefinedError));
    }
    match (container.kind(), key.kind()) {
        (ValueKind::Map | ValueKind::Plain, _) => container.get_item(key),
        (ValueKind::Iterable, _) if has_no_places(container) => Ok(Value::UNDEFINED),
        (_, ValueKind::Number) if key.is_integer() => container.get_item(key),
        (_, ValueKind::Bool) => container.get_item(&Value::from(i64::from(key.is_true()))),
        (_, ValueKind::String) => container.get_item(key),
        _ => Ok(Value::UNDEFINED),
    }
}

/// A set, or what the methods of a dict give.
fn has_no_places(container: &Value) -> bool {
    matches!(type_name(container).as_str(), "set" | "dict_keys" | "dict_values" | "dict_items")
}

/// `value in container`
pub(crate) fn contains(container: &Value, value: &Value) -> Result<bool, Error> {
    match container.kind() {
        ValueKind::String => match value.as_str() {
            Some(part) => Ok(container.as_str().unwrap_or_default().contains(part)),
            // project files are read before there is a target, too
            None if value.is_undefined() => Ok(true),
            None => {
                let kind = type_name(value);
                Err(type_error(format!("'in <string>' requires string as left operand, not {kind}")))
            }
        },
        ValueKind::Seq | ValueKind::Iterable => {
            if container.downcast_object_ref::<Set>().is_some() {
                super::check_hashable(value)?;
            }
            Ok(items_of(container)?.iter().any(|item| equals(item, value)))
        }
        ValueKind::Map => {
            super::check_hashable(value)?;
            Ok(container.get_item(value).is_ok_and(|found| !found.is_undefined())
                || has_key(container, value))
        }
        ValueKind::Undefined => Ok(false),
        _ => {
            let kind = type_name(container);
            Err(type_error(format!("argument of type '{kind}' is not iterable")))
        }
    }
}

/// A key may hold an undefined value.
fn has_key(container: &Value, key: &Value) -> bool {
    container.try_iter().is_ok_and(|mut keys| keys.any(|known| equals(&known, key)))
}

/// `left ~ right`
pub(crate) fn concat(left: &Value, right: &Value) -> Value {
    Value::from(to_str(left) + &to_str(right))
}
