//! Integers of any size.

use num_bigint::{BigInt, Sign};

/// The maximum size of an integer that is converted to digits, in bytes. Converting takes quadratic
/// time.
const MAX_SIZE: usize = 256;

/// The smallest exponent of the first digit of a decimal number that is written without exponent
/// notation.
const MIN_PLAIN_EXPONENT: i64 = -6;

/// Returns the digits of a number in two's complement, least significant byte first. Returns `None`
/// if the number is too large to be converted.
pub(super) fn signed(bytes: &[u8]) -> Option<String> {
    (bytes.len() <= MAX_SIZE).then(|| BigInt::from_signed_bytes_le(bytes).to_string())
}

/// Like [`signed`], for a sign and a magnitude.
pub(super) fn magnitude(is_negative: bool, bytes: &[u8]) -> Option<String> {
    let sign = if is_negative { Sign::Minus } else { Sign::Plus };
    (bytes.len() <= MAX_SIZE).then(|| BigInt::from_bytes_le(sign, bytes).to_string())
}

/// Like [`magnitude`], with the most significant byte first.
pub(super) fn magnitude_be(is_negative: bool, bytes: &[u8]) -> Option<String> {
    let sign = if is_negative { Sign::Minus } else { Sign::Plus };
    (bytes.len() <= MAX_SIZE).then(|| BigInt::from_bytes_be(sign, bytes).to_string())
}

/// Returns whether `text` is an integer in decimal digits.
pub(super) fn is_integer(text: &[u8]) -> bool {
    let digits = text.strip_prefix(b"-").unwrap_or(text);
    !digits.is_empty() && digits.iter().all(u8::is_ascii_digit)
}

/// Returns the digits of a decimal number, as Java and the specification of BSON write them: `1.5`,
/// `1.5E+3`. Its value is `digits` times ten to the power of `exponent`.
pub(super) fn scientific(sign: &str, digits: &str, exponent: i64) -> String {
    let length = i64::try_from(digits.len()).unwrap_or(i64::MAX);
    let first = exponent.saturating_add(length - 1);
    if exponent > 0 || first < MIN_PLAIN_EXPONENT {
        let (whole, part) = digits.split_at(1);
        let point = if part.is_empty() { "" } else { "." };
        return format!("{sign}{whole}{point}{part}E{first:+}");
    }
    if exponent == 0 {
        return format!("{sign}{digits}");
    }
    let places = usize::try_from(-exponent).unwrap_or_default();
    let digits = format!("{digits:0>width$}", width = places + 1);
    let (whole, part) = digits.split_at(digits.len() - places);
    format!("{sign}{whole}.{part}")
}

/// Formats a UUID (RFC 9562, section 4).
pub(super) fn uuid(bits: u128) -> String {
    let digits = format!("{bits:032x}");
    let groups = [0..8, 8..12, 12..16, 16..20, 20..32].map(|group| &digits[group]);
    groups.join("-")
}
