//! Numbers specific to CBOR.

use std::borrow::Cow;

use num_bigint::{BigInt, Sign};

use super::{Head, chunks};
use crate::payload::reading::Cursor;

/// The maximum size of a bignum that is converted to digits, in bytes. Converting longer ones would
/// take too long, since the time is quadratic, and nobody needs that many digits.
const MAX_BIGNUM: usize = 256;

/// The smallest exponent of a decimal fraction that is written without exponent notation.
const MIN_PLAIN_EXPONENT: i64 = -40;

/// Decodes a half-precision number (IEEE 754 binary16) from the lower 16 bits of `bits`.
pub(in crate::payload) fn half(bits: u64) -> f32 {
    let part = |shift: u32, mask: u64| u16::try_from(bits >> shift & mask).unwrap_or_default();
    let (exponent, fraction) = (part(10, 0x1f), f32::from(part(0, 0x3ff)));
    let magnitude = match exponent {
        0 => fraction * 2_f32.powi(-24),
        31 if fraction == 0.0 => f32::INFINITY,
        31 => f32::NAN,
        _ => (fraction + 1024.0) * 2_f32.powi(i32::from(exponent) - 25),
    };
    if part(15, 1) == 1 {
        -magnitude
    } else {
        magnitude
    }
}

/// Takes the content of a tag and returns its digits, if it is a number: a bignum (RFC 8949,
/// section 3.4.3) or a decimal fraction (section 3.4.4).
pub(in crate::payload) fn tagged(tag: u64, cursor: &mut Cursor<'_>) -> Option<String> {
    match tag {
        2 | 3 => magnitude(cursor).map(|magnitude| bignum(&magnitude, tag == 3)),
        4 => fraction(cursor),
        _ => None,
    }
}

/// Takes the bytes of a bignum, without leading zeros. Returns `None` if the bignum has too many
/// bytes, or if what follows is not a byte string.
fn magnitude(cursor: &mut Cursor<'_>) -> Option<Vec<u8>> {
    let head = Head::take(cursor).ok()?;
    let bytes = match (head.major, head.argument) {
        (2, Some(length)) => {
            let range = cursor.stretch(length, head.start).ok()?;
            Cow::Borrowed(cursor.slice(range))
        }
        (2, None) => Cow::Owned(chunks(cursor, head.major).ok()?.0),
        _ => return None,
    };
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    let magnitude = &bytes[zeros..];
    (magnitude.len() <= MAX_BIGNUM).then(|| magnitude.to_vec())
}

/// Takes the exponent and the mantissa of a decimal fraction.
fn fraction(cursor: &mut Cursor<'_>) -> Option<String> {
    let head = Head::take(cursor).ok()?;
    if (head.major, head.argument) != (4, Some(2)) {
        return None;
    }
    let exponent: i64 = integer(cursor)?.parse().ok()?;
    let mantissa = integer(cursor)?;
    let (sign, digits) = match mantissa.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", &*mantissa),
    };
    let places = usize::try_from(exponent.unsigned_abs()).ok()?;
    Some(match exponent {
        0 => mantissa,
        MIN_PLAIN_EXPONENT..0 => {
            let digits = format!("{digits:0>width$}", width = places + 1);
            let (whole, part) = digits.split_at(digits.len() - places);
            format!("{sign}{whole}.{part}")
        }
        _ => format!("{mantissa}e{exponent}"),
    })
}

/// Takes an integer, which may be a bignum.
fn integer(cursor: &mut Cursor<'_>) -> Option<String> {
    let head = Head::take(cursor).ok()?;
    match (head.major, head.argument?) {
        (0, number) => Some(number.to_string()),
        (1, number) => Some((-1 - i128::from(number)).to_string()),
        (6, tag @ (2 | 3)) => tagged(tag, cursor),
        _ => None,
    }
}

/// Returns the decimal digits of a bignum (RFC 8949, section 3.4.3): the value of `magnitude`, most
/// significant byte first, or -1 minus that value if `is_negative`.
fn bignum(magnitude: &[u8], is_negative: bool) -> String {
    let number = BigInt::from_bytes_be(Sign::Plus, magnitude);
    let number = if is_negative { -1 - number } else { number };
    number.to_string()
}
