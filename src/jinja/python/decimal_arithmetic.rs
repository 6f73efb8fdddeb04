//! Arithmetic of [`Decimal`]: exact in whole numbers of any size, then rounded to Python's context: 28 digits, half to even.

use std::cmp::Ordering;

use num_bigint::{BigInt, BigUint, Sign};

use super::decimal::Decimal;

/// The significant digits that Python's default context keeps in a result.
const PRECISION: usize = 28;

pub(super) fn power_of_ten(exponent: i64) -> BigUint {
    BigUint::from(10_u8).pow(u32::try_from(exponent).unwrap_or_default())
}

impl Decimal {
    pub(super) fn magnitude(&self) -> BigUint {
        self.digits.parse().unwrap_or_default()
    }

    fn of_magnitude(negative: bool, magnitude: &BigUint, exponent: i64) -> Option<Self> {
        Some(Self { negative, digits: magnitude.to_string(), exponent: i32::try_from(exponent).ok()? })
    }

    /// The exponent of the first digit.
    pub(super) fn adjusted(&self) -> i64 {
        i64::from(self.exponent) + i64::try_from(self.digits.len()).unwrap_or(i64::MAX) - 1
    }

    /// The coefficient with its sign at a smaller exponent.
    fn lifted(&self, exponent: i32) -> BigInt {
        let magnitude = self.magnitude() * power_of_ten(i64::from(self.exponent) - i64::from(exponent));
        BigInt::from_biguint(if self.negative { Sign::Minus } else { Sign::Plus }, magnitude)
    }

    pub(crate) fn compare(&self, other: &Self) -> Ordering {
        let sign = |decimal: &Self| match (decimal.is_zero(), decimal.negative) {
            (true, _) => 0,
            (false, true) => -1,
            (false, false) => 1,
        };
        let by_sign = sign(self).cmp(&sign(other));
        if by_sign != Ordering::Equal || self.is_zero() {
            return by_sign;
        }
        let by_size = match self.adjusted().cmp(&other.adjusted()) {
            Ordering::Equal => {
                let exponent = self.exponent.min(other.exponent);
                return self.lifted(exponent).cmp(&other.lifted(exponent));
            }
            by_size => by_size,
        };
        if self.negative { by_size.reverse() } else { by_size }
    }

    /// `+`, `-`, `*`, `/`, `//` (`q`) and `%`; `None` where Python raises `InvalidOperation`.
    pub(super) fn operate(&self, operator: char, other: &Self) -> Option<Self> {
        match operator {
            '+' => self.add(other),
            '-' => self.add(&Self { negative: !other.negative, ..other.clone() }),
            '*' => {
                let exponent = i64::from(self.exponent) + i64::from(other.exponent);
                let negative = self.negative != other.negative;
                Self::of_magnitude(negative, &(self.magnitude() * other.magnitude()), exponent)
            }
            '/' => self.divide(other),
            'q' => self.divide_whole(other).map(|(quotient, _)| quotient),
            '%' => self.divide_whole(other).map(|(_, remainder)| remainder),
            _ => None,
        }
        .map(Self::rounded)
    }

    fn add(&self, other: &Self) -> Option<Self> {
        let exponent = self.exponent.min(other.exponent);
        let sum = self.lifted(exponent) + other.lifted(exponent);
        let is_zero = sum.sign() == Sign::NoSign;
        // the sum of two negative zeros is one
        let negative = if is_zero { self.negative && other.negative } else { sum.sign() == Sign::Minus };
        Self::of_magnitude(negative, sum.magnitude(), i64::from(exponent))
    }

    fn divide(&self, other: &Self) -> Option<Self> {
        let negative = self.negative != other.negative;
        let ideal = i64::from(self.exponent) - i64::from(other.exponent);
        if other.is_zero() {
            return None;
        }
        if self.is_zero() {
            return Self::of_magnitude(negative, &BigUint::ZERO, ideal);
        }
        let length = |decimal: &Self| i64::try_from(decimal.digits.len()).unwrap_or(i64::MAX);
        let shift = length(other) - length(self) + i64::try_from(PRECISION).unwrap_or_default() + 1;
        let (dividend, divisor) = (self.magnitude(), other.magnitude());
        let (dividend, divisor) = if shift >= 0 {
            (dividend * power_of_ten(shift), divisor)
        } else {
            (dividend, divisor * power_of_ten(-shift))
        };
        let (mut quotient, remainder) = (&dividend / &divisor, &dividend % &divisor);
        let mut exponent = ideal - shift;
        let five = BigUint::from(5_u8);
        if remainder == BigUint::ZERO {
            let ten = BigUint::from(10_u8);
            while exponent < ideal && &quotient % &ten == BigUint::ZERO {
                quotient /= &ten;
                exponent += 1;
            }
        } else if &quotient % &five == BigUint::ZERO {
            // what is cut off must not look like exactly a half
            quotient += 1_u8;
        }
        Self::of_magnitude(negative, &quotient, exponent)
    }

    /// The quotient towards zero, and what remains, with the sign of the dividend.
    fn divide_whole(&self, other: &Self) -> Option<(Self, Self)> {
        if other.is_zero() {
            return None;
        }
        let negative = self.negative != other.negative;
        let exponent = self.exponent.min(other.exponent);
        if !self.is_zero() && self.adjusted() - other.adjusted() > i64::try_from(PRECISION).ok()? {
            return None;
        }
        let (left, right) = (self.lifted(exponent), other.lifted(exponent));
        let (left, right) = (left.magnitude(), right.magnitude());
        let quotient = Self::of_magnitude(negative, &(left / right), 0)?;
        let remainder = Self::of_magnitude(self.negative, &(left % right), i64::from(exponent))?;
        (quotient.digits.len() <= PRECISION).then_some((quotient, remainder))
    }

    /// Rounded half to even at the context's precision.
    pub(super) fn rounded(self) -> Self {
        let surplus = self.digits.len().saturating_sub(PRECISION);
        if surplus == 0 {
            return self;
        }
        let exponent = self.exponent.saturating_add(i32::try_from(surplus).unwrap_or(i32::MAX));
        let rounded = self.at_exponent(exponent);
        // 99..9 becomes 100..0, one digit too long
        if rounded.digits.len() > PRECISION { rounded.rounded() } else { rounded }
    }

    /// The same number, rounded half to even where the exponent is larger, with zeros where it is smaller.
    pub(super) fn at_exponent(&self, exponent: i32) -> Self {
        let by = i64::from(exponent) - i64::from(self.exponent);
        let magnitude = self.magnitude();
        let magnitude = if by <= 0 {
            magnitude * power_of_ten(-by)
        } else if by > i64::try_from(self.digits.len()).unwrap_or(i64::MAX) {
            // less than a tenth of the last place
            BigUint::ZERO
        } else {
            let divisor = power_of_ten(by);
            let (kept, cut) = (&magnitude / &divisor, &magnitude % &divisor);
            let twice = cut * 2_u8;
            let up = twice > divisor || (twice == divisor && kept.bit(0));
            kept + u8::from(up)
        };
        Self { negative: self.negative, digits: magnitude.to_string(), exponent }
    }

    /// Python's `quantize`; `None` where the result has too many digits.
    pub(crate) fn quantize(&self, exponent: i32) -> Option<Self> {
        if !self.is_zero() && self.adjusted() - i64::from(exponent) > i64::try_from(PRECISION).ok()? {
            return None;
        }
        Some(self.at_exponent(exponent)).filter(|result| result.digits.len() <= PRECISION)
    }

    /// Without its fraction.
    #[must_use]
    pub(crate) fn truncated(&self) -> Self {
        if self.exponent >= 0 {
            let digits = self.at_exponent(0).digits;
            return Self { negative: self.negative && !self.is_zero(), digits, exponent: 0 };
        }
        let kept = self.digits.len().saturating_sub(usize::try_from(-i64::from(self.exponent)).unwrap_or(0));
        let digits = if kept == 0 { "0" } else { &self.digits[..kept] }.to_owned();
        Self { negative: self.negative && digits != "0", digits, exponent: 0 }
    }

    /// The context's precision, without trailing zeros.
    pub(super) fn normalized(self) -> Self {
        let mut decimal = self.rounded();
        if decimal.is_zero() {
            decimal.exponent = 0;
        }
        while decimal.digits.len() > 1 && decimal.digits.ends_with('0') {
            decimal.digits.pop();
            decimal.exponent += 1;
        }
        decimal
    }
}

#[cfg(test)]
mod tests;
