//! Floating-point numbers in decimal digits.

/// The fewest digits that stand for this number and no other.
pub(super) fn decimal(number: f64) -> String {
    match named(number) {
        Some(name) => name.to_owned(),
        None => format!("{number:?}"),
    }
}

/// The fewest digits that stand for this number and no other of its size.
pub(super) fn decimal_f32(number: f32) -> String {
    match named(f64::from(number)) {
        Some(name) => name.to_owned(),
        None => format!("{number:?}"),
    }
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
