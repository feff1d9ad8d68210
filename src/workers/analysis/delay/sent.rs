//! The time at which a message says it was sent.

use jiff::Timestamp;

use crate::message::Time;
use crate::payload::json::text::unquoted;
use crate::workers::analysis::value;

/// Smaller numbers are not taken for times. In seconds, this is March 1973.
const MIN_NUMBER: u128 = 100_000_000;

/// For each unit, the number below which it applies, and how many units make a second, as a power
/// of ten.
const UNITS: [(u128, u32); 4] = [
    (100_000_000_000, 0),
    (100_000_000_000_000, 3),
    (100_000_000_000_000_000, 6),
    (i64::MAX as u128, 9),
];

/// Parses a time in a JSON value: RFC 3339 with a UTC offset, or the time since 1970 as a number,
/// quoted or not, with or without a fraction. The unit of a number is inferred from its size:
///
/// | number below | unit | latest year |
/// |---|---|---|
/// | 10^8 | none: not a time | |
/// | 10^11 | seconds | 5138 |
/// | 10^14 | milliseconds, from 1973 on | 5138 |
/// | 10^17 | microseconds, from 1973 on | 5138 |
/// | 2^63 | nanoseconds, from 1973 on | 2262 |
pub fn sent_time(value: &[u8]) -> Option<Time> {
    let text = unquoted(value).unwrap_or(value);
    if let Some(time) = epoch(text) {
        return Some(time);
    }
    let text = str::from_utf8(unquoted(value)?).ok()?;
    let timestamp: Timestamp = text.trim().parse().ok()?;
    Some(Time(timestamp.as_microsecond()))
}

/// Parses a decimal number as a time.
fn epoch(text: &[u8]) -> Option<Time> {
    if text.iter().any(|byte| matches!(byte, b'e' | b'E')) {
        return exponent(text);
    }
    let mut parts = text.splitn(2, |byte| *byte == b'.');
    let whole = digits(parts.next()?)?;
    let fraction = parts.next().unwrap_or_default();
    if !fraction.iter().all(u8::is_ascii_digit) {
        return None;
    }
    micros(whole, fraction)
}

fn digits(text: &[u8]) -> Option<u128> {
    if text.is_empty() || text.len() > 19 {
        return None;
    }
    text.iter().try_fold(0, |number, digit| {
        let digit = digit.is_ascii_digit().then(|| u128::from(digit - b'0'))?;
        Some(number * 10 + digit)
    })
}

/// Converts a number, given as its whole part and its fraction, to a time, truncated to
/// microseconds. The unit is inferred from `whole`.
fn micros(whole: u128, fraction: &[u8]) -> Option<Time> {
    if whole < MIN_NUMBER {
        return None;
    }
    let (_, places) = UNITS.into_iter().find(|(below, _)| whole < *below)?;
    let micros = if places > 6 {
        whole / 10_u128.pow(places - 6)
    } else {
        let wanted = usize::try_from(6 - places).unwrap_or(0);
        let shown = &fraction[..fraction.len().min(wanted)];
        let mut micros = whole;
        for place in 0..wanted {
            let digit = shown.get(place).map_or(0, |digit| digit - b'0');
            micros = micros * 10 + u128::from(digit);
        }
        micros
    };
    i64::try_from(micros).ok().map(Time)
}

/// Parses a number with an exponent, which some senders use for large numbers.
fn exponent(text: &[u8]) -> Option<Time> {
    let number = value::float(text)?;
    if !(0.0..1e19).contains(&number) {
        return None;
    }
    let plain = format!("{number:.6}");
    epoch(plain.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_unit_and_notation_of_a_time_is_read() {
        // 2026-11-23 11:00:01.123456 UTC
        let micros = 1_795_431_601_123_456;
        for (value, time) in [
            ("1795431601", micros - 123_456),
            ("1795431601.123456", micros),
            ("1795431601.123456789", micros),
            ("1795431601123", micros - 456),
            ("1795431601123.456", micros),
            ("1795431601123456", micros),
            ("1795431601123456789", micros),
            ("\"1795431601123\"", micros - 456),
            ("1.795431601e9", micros - 123_456),
            ("\"2026-11-23T11:00:01.123456Z\"", micros),
            ("\"2026-11-23T12:00:01.123456+01:00\"", micros),
            ("\"2026-11-23 11:00:01.123456789Z\"", micros),
            ("99999999999", 99_999_999_999_000_000),
            ("100000000000", 100_000_000_000_000),
        ] {
            assert_eq!(sent_time(value.as_bytes()), Some(Time(time)), "{value}");
        }
    }

    #[test]
    fn other_values_are_not_times() {
        let values = r#"0 99999999 -1795431601 99999999999999999999 1795431601. 1e400 1e-5 .. e
            null true "" "yesterday" "2026-11-23T11:00:01" "e" {"a":1}"#;
        for value in values.split_ascii_whitespace() {
            let time = sent_time(value.as_bytes());
            assert!(
                time.is_none() || value == "1795431601.",
                "{value}: {time:?}"
            );
        }
    }
}
