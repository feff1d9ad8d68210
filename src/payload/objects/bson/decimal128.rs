//! Decimal floating-point numbers of 128 bits (IEEE 754-2008), with a binary significand.

use crate::payload::objects::number::scientific;

/// The exponent that is stored as zero.
const BIAS: i32 = 6176;

/// The largest significand; numbers with a larger one are zero.
const MAX_SIGNIFICAND: u128 = 10_u128.pow(34) - 1;

/// Returns the digits of a number as the BSON specification writes them: `1.5`, `1.5E+3`.
pub(super) fn digits(bits: u128) -> String {
    let sign = if bits >> 127 == 1 { "-" } else { "" };
    let field = |shift: u32, mask: u128| i32::try_from(bits >> shift & mask).unwrap_or_default();
    let (exponent, significand) = match field(122, 0x1f) {
        0b11110 => return format!("{sign}Infinity"),
        0b11111 => return "NaN".to_owned(),
        // The significand of this form is too large.
        0b11000.. => (field(111, 0x3fff), 0),
        _ => (field(113, 0x3fff), bits & ((1 << 113) - 1)),
    };
    let significand = if significand > MAX_SIGNIFICAND {
        0
    } else {
        significand
    };
    scientific(sign, &significand.to_string(), i64::from(exponent - BIAS))
}
