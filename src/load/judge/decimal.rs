//! Numbers as the server reads them, without what only some of its versions read.

/// Digits of the greatest numeric, and of its fraction.
const MOST_DIGITS: i64 = 131_072;
const MOST_FRACTION: i64 = 16_383;
/// The server reads no exponent beyond this.
const MOST_EXPONENT: i64 = 1_073_741_822;

/// `None`: no integer. More digits than any type has end at the greatest number.
pub(super) fn integer(text: &[u8]) -> Option<i128> {
    let (is_negative, digits) = sign(text);
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let value = if digits.len() <= 18 {
        i128::from(digits.iter().fold(0_i64, |value, digit| value * 10 + i64::from(digit - b'0')))
    } else {
        digits
            .iter()
            .fold(0_i128, |value, digit| value.saturating_mul(10).saturating_add(i128::from(digit - b'0')))
    };
    Some(if is_negative { -value } else { value })
}

/// `None`: no number. False: it does not fit.
pub(super) fn numeric(text: &[u8], limits: Option<(u32, i32)>) -> Option<bool> {
    if text.eq_ignore_ascii_case(b"nan") {
        return Some(true);
    }
    let (_, unsigned) = sign(text);
    if unsigned.eq_ignore_ascii_case(b"inf") || unsigned.eq_ignore_ascii_case(b"infinity") {
        return Some(limits.is_none());
    }
    let number = Number::read(text)?;
    if number.exponent.abs() > MOST_EXPONENT || number.fraction_len() > MOST_FRACTION {
        return Some(false);
    }
    let is_in_range = number.digits_after_rounding(MOST_FRACTION) <= MOST_DIGITS;
    Some(
        is_in_range
            && limits.is_none_or(|(precision, scale)| {
                number.digits_after_rounding(i64::from(scale)) <= i64::from(precision) - i64::from(scale)
            }),
    )
}

/// `None`: no number. False: it is too great, or too small to be told from zero.
pub(super) fn float(text: &str, is_single: bool) -> Option<bool> {
    let is_word = text.bytes().any(|byte| byte.is_ascii_alphabetic() && !matches!(byte, b'e' | b'E'));
    let value: f64 = text.parse().ok()?;
    if is_word {
        return Some(true);
    }
    #[expect(clippy::cast_possible_truncation, reason = "whether it fits is what is asked")]
    let value = if is_single { f64::from(value as f32) } else { value };
    let mantissa = text.split(['e', 'E']).next().unwrap_or(text);
    let is_zero = !mantissa.bytes().any(|byte| matches!(byte, b'1'..=b'9'));
    Some(value.is_finite() && (value != 0.0 || is_zero))
}

fn sign(text: &[u8]) -> (bool, &[u8]) {
    match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    }
}

/// A number in its parts.
struct Number<'a> {
    whole: &'a [u8],
    fraction: &'a [u8],
    exponent: i64,
}

impl<'a> Number<'a> {
    fn read(text: &'a [u8]) -> Option<Self> {
        let (_, text) = sign(text);
        let end = text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
        let (whole, mut rest) = text.split_at(end);
        let mut fraction: &[u8] = &[];
        if let [b'.', after @ ..] = rest {
            let end = after.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(after.len());
            (fraction, rest) = after.split_at(end);
        }
        if whole.is_empty() && fraction.is_empty() {
            return None;
        }
        let exponent = match rest {
            [] => 0,
            [b'e' | b'E', exponent @ ..] => i64::try_from(integer(exponent)?).unwrap_or(i64::MAX / 4),
            _ => return None,
        };
        Some(Self { whole, fraction, exponent })
    }

    fn digit(&self, at: usize) -> Option<u8> {
        self.whole.get(at).or_else(|| self.fraction.get(at - self.whole.len())).copied()
    }

    fn count(&self) -> usize {
        self.whole.len() + self.fraction.len()
    }

    fn leading_zeros(&self) -> i64 {
        let zeros = (0..self.count()).take_while(|at| self.digit(*at) == Some(b'0')).count();
        i64::try_from(zeros).unwrap_or(i64::MAX)
    }

    /// How many of all digits stand before the point.
    fn point(&self) -> i64 {
        i64::try_from(self.whole.len()).unwrap_or(i64::MAX / 4) + self.exponent
    }

    fn fraction_len(&self) -> i64 {
        i64::try_from(self.fraction.len()).unwrap_or(i64::MAX / 4) - self.exponent
    }

    /// Digits before the point once the number is rounded to a scale; not above zero for a number below one.
    fn digits_after_rounding(&self, scale: i64) -> i64 {
        let (point, zeros) = (self.point(), self.leading_zeros());
        if usize::try_from(zeros).is_ok_and(|zeros| zeros == self.count()) {
            return i64::MIN;
        }
        let kept = point + scale;
        let at = |place: i64| usize::try_from(place).ok().and_then(|place| self.digit(place));
        let is_rounded_up = kept >= 0 && at(kept).is_some_and(|digit| digit >= b'5');
        let carries = is_rounded_up && (zeros..kept).all(|place| at(place) == Some(b'9'));
        point - zeros + i64::from(carries)
    }
}
