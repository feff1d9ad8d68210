//! Exact comparison of numbers by their digits.

use std::cmp::Ordering;

/// A number to compare others with.
#[derive(Clone, Debug)]
pub struct Number {
    text: Box<[u8]>,
    small: Option<i64>,
}

impl Number {
    /// Creates the number that `text` stands for in JSON.
    pub fn new(text: &str) -> Self {
        Self {
            text: text.as_bytes().into(),
            small: small(text.as_bytes()),
        }
    }

    /// Returns the digits that occur consecutively in the text of every equal number written
    /// without an exponent, or `None` if this is not an integer of at most 18 digits.
    pub fn plain_digits(&self) -> Option<&[u8]> {
        self.small?;
        let digits = self.text.strip_prefix(b"-").unwrap_or(&self.text);
        (digits.len() == 1 || digits[0] != b'0').then_some(digits)
    }

    /// Returns how the number in `text` compares to this one, or `None` if it is not a number. All
    /// exponents of over 30 digits compare as equal.
    #[inline]
    pub fn order_of(&self, text: &[u8]) -> Option<Ordering> {
        if let (Some(other), Some(this)) = (small(text), self.small) {
            return Some(other.cmp(&this));
        }
        Some(Decimal::read(text)?.order(&Decimal::read(&self.text)?))
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.order_of(&other.text) == Some(Ordering::Equal)
    }
}

/// Appends the normal form of the number in `text` to `out`: its digits without leading and
/// trailing zeros, and the power of ten of the first digit. Two numbers have the same normal form
/// exactly if they are equal, where all exponents of over 30 digits count as equal. Returns `None`
/// if `text` is not a number.
pub fn write_normal_form(text: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let decimal = Decimal::read(text)?;
    let Some(magnitude) = decimal.magnitude else {
        out.push(b'0');
        return Some(());
    };
    if decimal.is_negative {
        out.push(b'-');
    }
    out.extend(decimal.significant());
    // The first digit is not zero, so this stops there at the latest.
    while out.last() == Some(&b'0') {
        out.pop();
    }
    out.push(b'e');
    out.extend_from_slice(magnitude.to_string().as_bytes());
    Some(())
}

/// Parses an integer of at most 18 digits.
#[inline]
fn small(text: &[u8]) -> Option<i64> {
    let (is_negative, digits) = split_sign(text);
    if digits.is_empty() || digits.len() > 18 {
        return None;
    }
    let mut value = 0;
    for digit in digits {
        if !digit.is_ascii_digit() {
            return None;
        }
        value = value * 10 + i64::from(digit - b'0');
    }
    Some(if is_negative { -value } else { value })
}

/// A number split into its parts.
struct Decimal<'a> {
    is_negative: bool,
    /// The digits before the point, without leading zeros, and those after it.
    digits: (&'a [u8], &'a [u8]),
    /// The power of ten of the first digit that is not 0, or `None` if all digits are 0.
    magnitude: Option<i128>,
}

impl<'a> Decimal<'a> {
    fn read(text: &'a [u8]) -> Option<Self> {
        let (is_negative, rest) = split_sign(text);
        let (whole, fraction, rest) = split_decimal(rest);
        let exponent = match rest {
            [] => 0,
            [b'e' | b'E', rest @ ..] => read_exponent(rest)?,
            _ => return None,
        };
        if whole.is_empty() {
            return None;
        }
        let is_significant = |digit: &u8| *digit != b'0';
        let (digits, place) = if let Some(first) = whole.iter().position(is_significant) {
            let place = signed(whole.len() - first) - 1;
            ((&whole[first..], fraction), Some(place))
        } else {
            let first = fraction.iter().position(is_significant);
            let digits = &fraction[first.unwrap_or(fraction.len())..];
            ((&whole[..0], digits), first.map(|first| -signed(first) - 1))
        };
        Some(Self {
            is_negative,
            digits,
            magnitude: place.map(|place| exponent + place),
        })
    }

    fn order(&self, other: &Self) -> Ordering {
        self.sign().cmp(&other.sign()).then_with(|| {
            let order = self.magnitude.cmp(&other.magnitude);
            let order =
                order.then_with(|| order_of_digits(self.significant(), other.significant()));
            if self.is_negative {
                order.reverse()
            } else {
                order
            }
        })
    }

    fn sign(&self) -> i8 {
        match (self.magnitude, self.is_negative) {
            (None, _) => 0,
            (_, true) => -1,
            (_, false) => 1,
        }
    }

    fn significant(&self) -> impl Iterator<Item = u8> {
        self.digits.0.iter().chain(self.digits.1).copied()
    }
}

/// Compares two sequences of digits that start at the same decimal place.
fn order_of_digits(
    mut left: impl Iterator<Item = u8>,
    mut right: impl Iterator<Item = u8>,
) -> Ordering {
    loop {
        let (this, that) = (left.next(), right.next());
        if this.is_none() && that.is_none() {
            return Ordering::Equal;
        }
        match this.unwrap_or(b'0').cmp(&that.unwrap_or(b'0')) {
            Ordering::Equal => {}
            order => return order,
        }
    }
}

/// Returns whether `text` begins with a minus sign, and the rest of `text`.
#[inline]
pub(in crate::payload) fn split_sign(text: &[u8]) -> (bool, &[u8]) {
    match text {
        [b'-', rest @ ..] => (true, rest),
        rest => (false, rest),
    }
}

/// Returns the digits before and after the decimal point, and the rest of `text`.
pub(in crate::payload) fn split_decimal(text: &[u8]) -> (&[u8], &[u8], &[u8]) {
    let (whole, rest) = split_digits(text);
    let (fraction, rest) = match rest {
        [b'.', rest @ ..] => split_digits(rest),
        rest => (&rest[..0], rest),
    };
    (whole, fraction, rest)
}

fn split_digits(text: &[u8]) -> (&[u8], &[u8]) {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    text.split_at(digits)
}

fn read_exponent(text: &[u8]) -> Option<i128> {
    let (is_negative, text) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] | rest => (false, rest),
    };
    let (digits, rest) = split_digits(text);
    if digits.is_empty() || !rest.is_empty() {
        return None;
    }
    let max = 10_i128.pow(30);
    let value = digits.iter().fold(0, |value: i128, digit| {
        (value * 10 + i128::from(digit - b'0')).min(max)
    });
    Some(if is_negative { -value } else { value })
}

fn signed(length: usize) -> i128 {
    i128::try_from(length).unwrap_or(i128::MAX)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed test should panic")]
mod tests {
    use super::*;

    #[test]
    fn numbers_compare_by_their_values() {
        use Ordering::{Equal, Greater, Less};
        for (left, right, order) in [
            ("42", "42.0", Equal),
            ("42", "4.2e1", Equal),
            ("42", "420E-1", Equal),
            ("0", "-0.0e9", Equal),
            ("0", "0.000", Equal),
            ("-1", "0", Less),
            ("0", "-1e-999", Greater),
            ("0.1", "0.10000000000000000001", Less),
            ("9007199254740993", "9007199254740992", Greater),
            (
                "123456789012345678901234567890",
                "123456789012345678901234567891",
                Less,
            ),
            (
                "-123456789012345678901234567890",
                "-123456789012345678901234567891",
                Greater,
            ),
            ("1e999999999", "1e999999998", Greater),
            ("10e999999998", "1e999999999", Equal),
            ("1e99999999999999999999", "9e99999999999999999998", Greater),
            ("1000000000000000000000", "1e21", Equal),
            ("0.001", "1e-3", Equal),
            ("100", "99.99", Greater),
            ("-5", "-50e-1", Equal),
        ] {
            for (left, right, order) in [(left, right, order), (right, left, order.reverse())] {
                let found = Number::new(right).order_of(left.as_bytes());
                assert_eq!(found, Some(order), "{left} {right}");
            }
        }
    }

    #[test]
    fn equal_numbers_have_one_normal_form() {
        let normal = |text: &str| {
            let mut out = b"> ".to_vec();
            write_normal_form(text.as_bytes(), &mut out).unwrap();
            String::from_utf8(out).unwrap()
        };
        for (spellings, expected) in [
            (&["0", "-0", "0.00", "0e7"][..], "> 0"),
            (&["1", "1.0", "1e0", "0.1E+1", "10e-1"], "> 1e0"),
            (&["-120", "-1.2e2", "-0.0120e4"], "> -12e2"),
            (&["0.05", "5e-2", "50E-3"], "> 5e-2"),
            (&["9007199254740993"], "> 9007199254740993e15"),
        ] {
            for spelling in spellings {
                assert_eq!(normal(spelling), expected, "{spelling}");
            }
        }
        assert_eq!(write_normal_form(b"NaN", &mut Vec::new()), None);
    }

    #[test]
    fn texts_that_are_not_numbers_have_no_order() {
        for text in [
            "", "-", "x", "1x", "1e", "1e+", "1.5.5", ".5", "true", "\"1\"",
        ] {
            assert_eq!(Number::new("1").order_of(text.as_bytes()), None, "{text}");
        }
    }
}
