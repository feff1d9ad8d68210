//! Interpretation of the value at a path: as a whole number, a number to plot, or a key.

use std::borrow::Cow;

use crate::payload::json::text::{unescaped, unquoted};

/// The longest key, in bytes.
const LONGEST_KEY: usize = 256;

/// Powers of ten that a float represents exactly.
const POWERS: [f64; 16] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
];

/// Parses a whole number without rounding. It may be quoted, and negative; `1.0` and `1e3` are not
/// whole numbers.
#[inline]
pub fn whole_number(value: &[u8]) -> Option<i128> {
    let text = unquoted(value).unwrap_or(value);
    let (is_negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    let number = if digits.len() <= 18 {
        i128::from(small(digits)?)
    } else {
        digits.iter().try_fold(0_i128, |number, digit| {
            let digit = digit.is_ascii_digit().then(|| i128::from(digit - b'0'))?;
            number.checked_mul(10)?.checked_add(digit)
        })?
    };
    Some(if is_negative { -number } else { number })
}

/// Parses a number of 1 to 18 digits.
#[inline]
fn small(digits: &[u8]) -> Option<i64> {
    let mut number = 0;
    for digit in digits {
        if !digit.is_ascii_digit() {
            return None;
        }
        number = number * 10 + i64::from(digit - b'0');
    }
    (!digits.is_empty()).then_some(number)
}

/// Parses `text` as a finite number.
#[inline]
pub fn float(text: &[u8]) -> Option<f64> {
    short_decimal(text).or_else(|| long_decimal(text))
}

/// Parses a number of at most 15 digits without an exponent, for which float arithmetic is exact.
#[inline]
fn short_decimal(text: &[u8]) -> Option<f64> {
    let (is_negative, rest) = match text {
        [b'-', rest @ ..] => (true, rest),
        rest => (false, rest),
    };
    if rest.is_empty() || rest.len() > 16 {
        return None;
    }
    let mut digits: u64 = 0;
    let mut count = 0;
    let mut point = None;
    for byte in rest {
        match byte {
            b'0'..=b'9' => {
                digits = digits * 10 + u64::from(byte - b'0');
                count += 1;
            }
            b'.' if point.is_none() && count > 0 => point = Some(count),
            _ => return None,
        }
    }
    let places = point.map_or(0, |point| count - point);
    if count > 15 || point == Some(count) {
        return None;
    }
    #[expect(
        clippy::cast_precision_loss,
        reason = "a float represents fifteen digits exactly"
    )]
    let number = digits as f64 / POWERS[places];
    Some(if is_negative { -number } else { number })
}

#[cold]
fn long_decimal(text: &[u8]) -> Option<f64> {
    let is_of_number = |byte: &u8| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E');
    if !text.iter().all(is_of_number) {
        return None;
    }
    let number: f64 = str::from_utf8(text).ok()?.parse().ok()?;
    number.is_finite().then_some(number)
}

/// Returns the number to plot for a value: the number itself, or the number at the start of a
/// string with a unit: `"20.0 °C"` is 20.
#[inline]
pub fn plotted(value: &[u8]) -> Option<f64> {
    match unquoted(value) {
        Some(raw) => float(leading_number(raw.trim_ascii_start())),
        None => float(value),
    }
}

/// Returns the number at the start of `text`, or an empty string.
fn leading_number(text: &[u8]) -> &[u8] {
    let digits = |from: usize| {
        let rest = text.get(from..).unwrap_or_default();
        rest.iter().take_while(|byte| byte.is_ascii_digit()).count()
    };
    let start = usize::from(text.first() == Some(&b'+'));
    let mut end = start + usize::from(text.get(start) == Some(&b'-'));
    let whole = digits(end);
    if whole == 0 {
        return &[];
    }
    end += whole;
    if text.get(end) == Some(&b'.') && digits(end + 1) > 0 {
        end += 1 + digits(end + 1);
    }
    if matches!(text.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(text.get(end + 1), Some(b'+' | b'-')));
        let exponent = digits(end + 1 + sign);
        if exponent > 0 {
            end += 1 + sign + exponent;
        }
    }
    &text[start..end]
}

/// Returns a value as a key: an unescaped string, or the text of a number, so that `1` and `"1"`
/// are the same. `null`, objects, arrays and values longer than 256 bytes are not keys.
#[inline]
pub fn key(value: &[u8]) -> Option<Cow<'_, [u8]>> {
    let text = match (unquoted(value), value.first()?) {
        (Some(raw), _) => raw,
        (None, b'n' | b'{' | b'[') => return None,
        (None, _) => value,
    };
    (text.len() <= LONGEST_KEY).then(|| unescaped(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_are_exact() {
        for (text, number) in [
            ("0", Some(0)),
            ("-7", Some(-7)),
            ("\"42\"", Some(42)),
            ("18446744073709551615", Some(u64::MAX.into())),
            ("170141183460469231731687303715884105727", Some(i128::MAX)),
            ("170141183460469231731687303715884105728", None),
            ("1.0", None),
            ("1e3", None),
            ("", None),
            ("-", None),
            ("\"\"", None),
            ("\"x1\"", None),
            ("9223372036854775808x", None),
            ("null", None),
        ] {
            assert_eq!(whole_number(text.as_bytes()), number, "{text}");
        }
    }

    #[test]
    fn floats_are_parsed_as_by_the_standard_library() {
        let short = "0 -0 1 -12.5 0.1 999.99 123456789012345 0.000000000000001";
        let long = "1234567890123456789 1e3 -2.5E-7 0.30000000000000004 100000000000000.5";
        for text in short.split(' ').chain(long.split(' ')) {
            let expected: f64 = text.parse().expect("a number");
            assert_eq!(float(text.as_bytes()), Some(expected), "{text}");
        }
        for text in [
            "", "-", ".", "1.", ".5", "nan", "inf", "1x", "1e999", "1.2.3", "--1",
        ] {
            let number = float(text.as_bytes());
            assert!(
                number.is_none() || text.ends_with('.') || text.starts_with('.'),
                "{text}"
            );
        }
    }

    #[test]
    fn units_are_stripped() {
        for (value, number) in [
            ("\"20.0 °C\"", Some(20.0)),
            ("\"-3.5e2abc\"", Some(-350.0)),
            ("\"5eur\"", Some(5.0)),
            ("\" +7\"", Some(7.0)),
            ("\"12.\"", Some(12.0)),
            ("\"°C\"", None),
            ("\"\"", None),
            ("\"-\"", None),
            ("true", None),
            ("null", None),
            ("3.25", Some(3.25)),
        ] {
            assert_eq!(plotted(value.as_bytes()), number, "{value}");
        }
    }

    #[test]
    fn a_number_and_a_string_of_its_digits_are_the_same_key() {
        assert_eq!(key(b"1").as_deref(), Some(&b"1"[..]));
        assert_eq!(key(b"\"1\"").as_deref(), Some(&b"1"[..]));
        assert_eq!(key(br#""\u0061""#).as_deref(), Some(&b"a"[..]));
        assert_eq!(key(b"null"), None);
        assert_eq!(key(b"{}"), None);
        assert_eq!(key(&[b'1'; 257]), None);
    }
}
