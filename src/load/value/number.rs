//! Numbers: whole ones, floating ones, and exact ones in groups of four digits.

use std::borrow::Cow;

use super::super::data_type::DataType;
use super::super::format::Format;
use super::misfit::Misfit;

/// More digits than a table's numbers have.
const MOST_DIGITS: usize = 16_000;

/// As SQL writes it, by the first format that fits.
pub(super) fn plain<'a>(text: &'a str, formats: &[Format]) -> Result<Cow<'a, str>, Misfit> {
    if formats.is_empty() {
        return Ok(Cow::Borrowed(text));
    }
    let mut read = formats.iter().filter_map(|format| match format {
        Format::Number { point, group } => converted(text, *point, *group),
        _ => None,
    });
    read.next().map(Cow::Owned).ok_or_else(|| "is not a number of its format".into())
}

/// Groups have three digits, all but the first.
fn converted(text: &str, point: char, group: Option<char>) -> Option<String> {
    let (whole, fraction) =
        text.split_once(point).map_or((text, None), |(whole, fraction)| (whole, Some(fraction)));
    let (sign, digits) = match whole.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", whole.strip_prefix('+').unwrap_or(whole)),
    };
    let mut number = sign.to_owned();
    match group.filter(|group| digits.contains(*group)) {
        Some(group) => {
            for (index, part) in digits.split(group).enumerate() {
                let fits = if index == 0 { (1..=3).contains(&part.len()) } else { part.len() == 3 };
                if !fits {
                    return None;
                }
                number.push_str(part);
            }
        }
        None => number.push_str(digits),
    }
    if let Some(fraction) = fraction {
        number.push('.');
        number.push_str(fraction);
    }
    let unsigned = &number[sign.len()..];
    unsigned.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.').then_some(number)
}

pub(super) fn write(data_type: DataType, text: &str, into: &mut Vec<u8>) -> Result<(), Misfit> {
    match data_type {
        DataType::SmallInt => into.extend_from_slice(&whole::<i16>(text, data_type)?.to_be_bytes()),
        DataType::Integer => into.extend_from_slice(&whole::<i32>(text, data_type)?.to_be_bytes()),
        DataType::BigInt => into.extend_from_slice(&whole::<i64>(text, data_type)?.to_be_bytes()),
        DataType::Real => {
            let number: f32 = floating(text, data_type)?;
            if number.is_infinite() && has_digits(text) {
                return Err(out_of_range(data_type));
            }
            into.extend_from_slice(&number.to_be_bytes());
        }
        DataType::Double => {
            let number: f64 = floating(text, data_type)?;
            if number.is_infinite() && has_digits(text) {
                return Err(out_of_range(data_type));
            }
            into.extend_from_slice(&number.to_be_bytes());
        }
        DataType::Numeric { precision, scale } => exact(text, precision, scale, into)?,
        _ => return Err("is not a number".into()),
    }
    Ok(())
}

fn has_digits(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_digit())
}

fn out_of_range(data_type: DataType) -> Misfit {
    format!("is out of range for {}", data_type.name()).into()
}

fn whole<T: std::str::FromStr<Err = std::num::ParseIntError>>(
    text: &str,
    data_type: DataType,
) -> Result<T, Misfit> {
    use std::num::IntErrorKind::{NegOverflow, PosOverflow};
    text.parse().map_err(|error: std::num::ParseIntError| match error.kind() {
        PosOverflow | NegOverflow => out_of_range(data_type),
        _ => format!("is not a valid {}", data_type.name()).into(),
    })
}

fn floating<T: std::str::FromStr>(text: &str, data_type: DataType) -> Result<T, Misfit> {
    text.parse().map_err(|_| format!("is not a valid {}", data_type.name()).into())
}

fn exact(text: &str, precision: Option<u32>, scale: u32, into: &mut Vec<u8>) -> Result<(), Misfit> {
    let invalid =
        || Misfit::from(format!("is not a valid {}", DataType::Numeric { precision, scale }.name()));
    if text.eq_ignore_ascii_case("nan") {
        into.extend_from_slice(&[0, 0, 0, 0, 0xc0, 0, 0, 0]);
        return Ok(());
    }
    let (is_negative, unsigned) = match text.as_bytes() {
        [b'-', ..] => (true, &text[1..]),
        [b'+', ..] => (false, &text[1..]),
        _ => (false, text),
    };
    let expanded;
    let unsigned = match unsigned.find(['e', 'E']) {
        Some(at) => {
            expanded = without_exponent(&unsigned[..at], &unsigned[at + 1..]).ok_or_else(invalid)?;
            &expanded
        }
        None => unsigned,
    };
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() && fraction.is_empty() || !are_digits(whole) || !are_digits(fraction) {
        return Err(invalid());
    }
    let whole = whole.trim_start_matches('0');
    if let Some(precision) = precision {
        let decimals = fraction.trim_end_matches('0').len();
        if decimals > scale as usize {
            return Err(format!("has {decimals} decimal places, more than the {scale} of its type").into());
        }
        if whole.len() > (precision - scale) as usize {
            return Err(format!("has more than {} digits before the decimal point", precision - scale).into());
        }
    } else if whole.len() > MOST_DIGITS || fraction.len() > MOST_DIGITS {
        return Err(format!("has more than {MOST_DIGITS} digits").into());
    }
    groups(is_negative, whole.as_bytes(), fraction.as_bytes(), into);
    Ok(())
}

/// `ndigits, weight, sign, dscale`, then the groups.
fn groups(is_negative: bool, whole: &[u8], fraction: &[u8], into: &mut Vec<u8>) {
    let short = |number: usize| u16::try_from(number).unwrap_or(u16::MAX).to_be_bytes();
    let whole_groups = whole.len().div_ceil(4);
    let fraction_groups = fraction.len().div_ceil(4);
    into.extend_from_slice(&short(whole_groups + fraction_groups));
    // one less than the number of groups: -1 where there are none
    let weight = i16::try_from(whole_groups).unwrap_or(i16::MAX) - 1;
    into.extend_from_slice(&weight.to_be_bytes());
    into.extend_from_slice(if is_negative { &[0x40, 0] } else { &[0, 0] });
    into.extend_from_slice(&short(fraction.len()));
    let number = |digits: &[u8]| digits.iter().fold(0_u16, |sum, digit| sum * 10 + u16::from(digit - b'0'));
    let first = whole.len() % 4;
    if first > 0 {
        into.extend_from_slice(&number(&whole[..first]).to_be_bytes());
    }
    for group in whole[first..].chunks(4) {
        into.extend_from_slice(&number(group).to_be_bytes());
    }
    for group in fraction.chunks(4) {
        let missing = [1000, 100, 10, 1][group.len() - 1];
        into.extend_from_slice(&(number(group) * missing).to_be_bytes());
    }
}

fn without_exponent(mantissa: &str, exponent: &str) -> Option<String> {
    let exponent: i64 =
        exponent.parse().ok().filter(|exponent: &i64| exponent.unsigned_abs() <= MOST_DIGITS as u64)?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let point = i64::try_from(whole.len()).ok()? + exponent;
    Some(match usize::try_from(point) {
        Ok(point) if point >= digits.len() => format!("{digits}{}", "0".repeat(point - digits.len())),
        Ok(point) => format!("{}.{}", &digits[..point], &digits[point..]),
        Err(_) => format!("0.{}{digits}", "0".repeat(usize::try_from(-point).ok()?)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(text: &str, precision: Option<u32>, scale: u32) -> Result<Vec<u8>, String> {
        let mut into = Vec::new();
        exact(text, precision, scale, &mut into).map(|()| into).map_err(Misfit::into_owned)
    }

    #[test]
    fn exact_numbers_have_the_forms_of_the_server() {
        // as `numeric_send` writes them
        assert_eq!(
            bytes("12345.678", None, 0).unwrap(),
            [0, 3, 0, 1, 0, 0, 0, 3, 0, 1, 0x09, 0x29, 0x1a, 0x7c]
        );
        assert_eq!(bytes("-1", None, 0).unwrap(), [0, 1, 0, 0, 0x40, 0, 0, 0, 0, 1]);
        assert_eq!(bytes("0.00", None, 0).unwrap(), [0, 1, 0xff, 0xff, 0, 0, 0, 2, 0, 0]);
        assert_eq!(bytes("1.5e3", None, 0), bytes("1500", None, 0));
        assert_eq!(bytes("1e-3", None, 0), bytes("0.001", None, 0));
        assert!(bytes("1.500", Some(4), 2).is_ok());
        for wrong in ["", "-", ".", "1,5", "1 000", "0x1", "1e", "1e99999", "12x", "--1"] {
            assert!(bytes(wrong, None, 0).is_err(), "{wrong}");
        }
        assert_eq!(
            bytes("1.555", Some(4), 2).unwrap_err(),
            "has 3 decimal places, more than the 2 of its type"
        );
        assert_eq!(
            bytes("123.4", Some(4), 2).unwrap_err(),
            "has more than 2 digits before the decimal point"
        );
        for (text, point, group, plain) in [
            ("1.234,56", ',', Some('.'), Some("1234.56")),
            ("-1234,5", ',', Some('.'), Some("-1234.5")),
            ("12.34,5", ',', Some('.'), None),
            ("1.2345", ',', Some('.'), None),
            ("1,5,0", ',', None, None),
        ] {
            assert_eq!(converted(text, point, group).as_deref(), plain, "{text}");
        }
    }
}
