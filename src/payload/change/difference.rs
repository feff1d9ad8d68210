//! Exact differences between numbers.

use crate::payload::json::number::{split_decimal, split_sign};

/// The maximum number of digits of a number; longer ones are compared as text.
const MAX_DIGITS: usize = 18;

/// A number and the text after it, such as a unit.
struct Measure<'a> {
    /// The number without its decimal point.
    digits: i128,
    /// The number of digits after the decimal point.
    places: u32,
    unit: &'a [u8],
}

/// Returns the difference from `old` to `new`, with its sign, as in `+13.07` and `−2`. Both may
/// have a unit, which must be the same. Returns `None` if they are equal or not such numbers.
pub fn difference(old: &[u8], new: &[u8]) -> Option<String> {
    let (old, new) = (Measure::read(old)?, Measure::read(new)?);
    if old.unit != new.unit {
        return None;
    }
    let places = old.places.max(new.places);
    let difference = new.scaled(places) - old.scaled(places);
    if difference == 0 {
        return None;
    }
    let sign = if difference < 0 { '−' } else { '+' };
    let width = places as usize + 1;
    let digits = format!("{:0>width$}", difference.unsigned_abs());
    let (whole, fraction) = digits.split_at(digits.len() - places as usize);
    let point = if fraction.is_empty() { "" } else { "." };
    Some(format!("{sign}{whole}{point}{fraction}"))
}

impl<'a> Measure<'a> {
    fn read(text: &'a [u8]) -> Option<Self> {
        let (is_negative, rest) = split_sign(text.trim_ascii());
        let (whole, fraction, unit) = split_decimal(rest);
        // More digits after the number indicate a time, a version or an exponent.
        let is_measure = !whole.is_empty() && !unit.iter().any(u8::is_ascii_digit);
        if !is_measure || whole.len() + fraction.len() > MAX_DIGITS {
            return None;
        }
        let digits = whole
            .iter()
            .chain(fraction)
            .fold(0, |number, digit| number * 10 + i128::from(digit - b'0'));
        Some(Self {
            digits: if is_negative { -digits } else { digits },
            places: u32::try_from(fraction.len()).ok()?,
            unit,
        })
    }

    /// Returns the number as an integer in units of the last of `places` decimal places. With at
    /// most 18 places and digits, it fits.
    fn scaled(&self, places: u32) -> i128 {
        self.digits * 10_i128.pow(places - self.places)
    }
}
