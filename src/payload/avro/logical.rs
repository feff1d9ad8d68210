//! The text of values of logical types.

use std::fmt::Write as _;

use jiff::SignedDuration;
use jiff::civil::{Date, DateTime, Time};
use num_bigint::BigInt;

/// The maximum size of a decimal number that is shown in digits, in bytes.
const MAX_DECIMAL: usize = 128;

const EPOCH: DateTime = DateTime::constant(1970, 1, 1, 0, 0, 0, 0);

const NANOS_PER_SECOND: i64 = 1_000_000_000;

/// Formats a number of days since 1970; `None` if the year is not one of 0 to 9999.
pub(in crate::payload) fn date(days: i64) -> Option<String> {
    let passed = SignedDuration::from_hours(days.checked_mul(24)?);
    let date: Date = EPOCH.checked_add(passed).ok()?.date();
    (date.year() >= 0).then(|| date.to_string())
}

/// Formats a time of day in units of which a second has `per_second`.
pub(in crate::payload) fn time(units: i64, per_second: i64) -> Option<String> {
    let passed = duration_of(units, per_second)?;
    let is_in_day = (0..86_400).contains(&passed.as_secs());
    let time = Time::midnight().checked_add(passed).ok()?;
    is_in_day.then(|| time.to_string())
}

/// Formats a time since 1970 in units of which a second has `per_second`; `None` if the year is not
/// one of 0 to 9999.
pub(in crate::payload) fn timestamp(units: i64, per_second: i64, is_utc: bool) -> Option<String> {
    let time = EPOCH.checked_add(duration_of(units, per_second)?).ok()?;
    let zone = if is_utc { "Z" } else { "" };
    (time.year() >= 0).then(|| format!("{time}{zone}"))
}

fn duration_of(units: i64, per_second: i64) -> Option<SignedDuration> {
    let (seconds, rest) = (units.div_euclid(per_second), units.rem_euclid(per_second));
    let nanos = i32::try_from(rest * (NANOS_PER_SECOND / per_second)).ok()?;
    SignedDuration::from_secs(seconds).checked_add(SignedDuration::from_nanos(nanos.into()))
}

/// Formats a big-endian two's-complement number of `10^-scale`; `None` if it is too long.
pub(in crate::payload) fn decimal(bytes: &[u8], scale: u32) -> Option<String> {
    if bytes.is_empty() || bytes.len() > MAX_DECIMAL {
        return None;
    }
    let scale = scale as usize;
    let unscaled = BigInt::from_signed_bytes_be(bytes).to_string();
    if scale == 0 {
        return Some(unscaled);
    }
    let (sign, digits) = match unscaled.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", &*unscaled),
    };
    let digits = format!("{digits:0>width$}", width = scale + 1);
    let (whole, part) = digits.split_at(digits.len() - scale);
    Some(format!("{sign}{whole}.{part}"))
}

/// Formats a UUID.
pub(in crate::payload) fn uuid(bytes: &[u8; 16]) -> String {
    let mut words = String::new();
    for (index, byte) in bytes.iter().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            words.push('-');
        }
        // Writing to a string cannot fail.
        let _ = write!(words, "{byte:02x}");
    }
    words
}

/// Formats three little-endian numbers, of months, days and milliseconds, as in ISO 8601.
pub(in crate::payload) fn duration(bytes: &[u8; 12]) -> String {
    let (parts, _) = bytes.as_chunks::<4>();
    let mut parts = parts.iter().map(|part| u32::from_le_bytes(*part));
    let mut next = || parts.next().unwrap_or_default();
    let (months, days, millis) = (next(), next(), next());
    let (seconds, part) = (millis / 1_000, millis % 1_000);
    let part = match part {
        0 => String::new(),
        part => format!(".{part:03}"),
    };
    format!("P{months}M{days}DT{seconds}{part}S")
}
