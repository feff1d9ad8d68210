//! Decimal formatting of floating-point numbers.
//!
//! Numbers are compared as they are shown, so whole numbers have all their digits: 2147483648 as a
//! `float32` is 2147483648.0, not 2147483600.0, although the latter would be enough to identify it.

/// From this size on, most digits of a whole number are noise, and exponent notation is shorter.
const LARGE: f64 = 1e21;

/// Returns all digits of a whole number below [`LARGE`], else the fewest digits that identify the
/// number.
pub(super) fn decimal(number: f64) -> String {
    match number {
        f64::INFINITY => "Infinity".to_owned(),
        f64::NEG_INFINITY => "-Infinity".to_owned(),
        _ if number.fract() == 0.0 && number.abs() < LARGE => format!("{number:.1}"),
        _ => format!("{number:?}"),
    }
}

/// Like [`decimal`], for `f32`: numbers that are not whole get the fewest digits that identify them
/// as an `f32`.
pub(super) fn decimal_f32(number: f32) -> String {
    if number.fract() == 0.0 || !number.is_finite() {
        return decimal(number.into());
    }
    format!("{number:?}")
}
