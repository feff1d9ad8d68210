//! Decimal formatting of floating-point numbers.
//!
//! What is shown is what is compared, so whole numbers have all their digits: 2147483648 as a
//! `float32` is 2147483648.0, not 2147483600.0, which would suffice to identify it.

/// From here on, most digits of a whole number are noise, and exponent notation is shorter.
const LARGE: f64 = 1e21;

/// Returns all digits of a whole number below [`LARGE`], else the fewest digits that identify the
/// number.
pub(super) fn decimal(number: f64) -> String {
    match named(number) {
        Some(name) => name.to_owned(),
        None if number.fract() == 0.0 && number.abs() < LARGE => format!("{number:.1}"),
        None => format!("{number:?}"),
    }
}

/// Like [`decimal`], for `f32`: numbers that are not whole get the fewest digits that identify them
/// among numbers of that size.
pub(super) fn decimal_f32(number: f32) -> String {
    if number.fract() == 0.0 || !number.is_finite() {
        return decimal(number.into());
    }
    format!("{number:?}")
}

/// Returns the name of a number that has no digits.
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
