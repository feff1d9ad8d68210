//! Decimal floating-point numbers of 128 bits (IEEE 754-2008), with a binary significand.

use crate::payload::objects::number::scientific;

/// The exponent that is stored as zero.
const BIAS: i32 = 6176;

/// The largest significand; numbers with a larger one are zero.
const MAX_SIGNIFICAND: u128 = 10_u128.pow(34) - 1;

/// Returns the digits of a number as the BSON specification writes them: `1.5`, `1.5E+3`.
pub(in crate::payload) fn digits(bits: u128) -> String {
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

/// Parses a number. Returns `None` if the format cannot represent it exactly.
pub(in crate::payload) fn bits(text: &str) -> Option<u128> {
    const MAX_DIGITS: usize = 34;
    const MAX_EXPONENT: i32 = 12287;
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (1 << 127, digits),
        None => (0, text),
    };
    match digits {
        "Infinity" => return Some(sign | 0b11110 << 122),
        "NaN" => return Some(0b11111 << 122),
        _ => {}
    }
    let (digits, exponent) = digits.split_once(['e', 'E']).unwrap_or((digits, "0"));
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let exponent: i32 = exponent.parse().ok()?;
    let exponent = exponent.checked_sub(i32::try_from(part.len()).ok()?)?;
    let exponent = exponent.checked_add(BIAS)?;
    let digits = format!("{whole}{part}");
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let digits = digits.trim_start_matches('0');
    let is_exact = digits.len() <= MAX_DIGITS && (0..=MAX_EXPONENT).contains(&exponent);
    let significand: u128 = format!("0{digits}").parse().ok()?;
    let exponent = u128::try_from(exponent).ok()?;
    (is_number && is_exact).then_some(sign | exponent << 113 | significand)
}
