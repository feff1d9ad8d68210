//! Numbers in their digits.

use super::item::{Item, Wrong};
use crate::payload::decimal::decimal_f32;

/// Returns the value of an integer, or an error if it has more than 128 bits; `None` if `digits`
/// are a fraction, or minus zero.
pub(super) fn integer(digits: &str) -> Option<Result<i128, ()>> {
    let whole = digits.strip_prefix('-').unwrap_or(digits);
    let is_whole = whole.bytes().all(|byte| byte.is_ascii_digit());
    (is_whole && digits != "-0").then(|| digits.parse().map_err(|_| ()))
}

/// Returns a number as a float and, if that is shown with the same digits, as one of half the size.
pub(super) fn float(new: &Item, digits: &str) -> Result<(f64, Option<f32>), Wrong> {
    let (Ok(double), Ok(single)) = (digits.parse::<f64>(), digits.parse::<f32>()) else {
        return new.wrong("invalid number");
    };
    if double.is_infinite() && !digits.ends_with("Infinity") {
        return new.wrong("number out of range: at most 1.7976931348623157e308");
    }
    let shown: Option<f64> = decimal_f32(single).parse().ok();
    let is_same = shown == Some(double) || double.is_nan();
    Ok((double, is_same.then_some(single)))
}
