//! Floating-point numbers in decimal digits.
//!
//! What is shown is what is compared, so whole numbers have all their digits: 2147483648 as a
//! `float32` is 2147483648.0, not the 2147483600.0 that would do to tell it from its neighbours.

/// From here on the digits of a whole number are mostly noise, and an exponent is shorter.
const LARGE: f64 = 1e21;

/// All digits of a whole number below [`LARGE`]; else the fewest that stand for this number and no
/// other.
pub(super) fn decimal(number: f64) -> String {
    match named(number) {
        Some(name) => name.to_owned(),
        None if number.fract() == 0.0 && number.abs() < LARGE => format!("{number:.1}"),
        None => format!("{number:?}"),
    }
}

/// The same; of what is no whole number the fewest digits that stand for it and no other of its
/// size.
pub(super) fn decimal_f32(number: f32) -> String {
    if number.fract() == 0.0 || !number.is_finite() {
        return decimal(number.into());
    }
    format!("{number:?}")
}

/// The word for what has no digits.
fn named(number: f64) -> Option<&'static str> {
    if number.is_nan() {
        Some("NaN")
    } else if number == f64::INFINITY {
        Some("Infinity")
    } else if number == f64::NEG_INFINITY {
        Some("-Infinity")
    } else {
        None
    }
}
