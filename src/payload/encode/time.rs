//! Parsing points in time.

use jiff::SignedDuration;
use jiff::civil::DateTime;

const EPOCH: DateTime = DateTime::constant(1970, 1, 1, 0, 0, 0, 0);

/// Parses a time in UTC as in RFC 3339. Returns how long it is after 1970.
pub(super) fn utc(text: &[u8]) -> Option<SignedDuration> {
    civil(str::from_utf8(text).ok()?.strip_suffix(['Z', 'z'])?)
}

/// Parses a date, or a date and a time, without a time zone. Returns how long it is after 1970.
pub(super) fn civil(text: &str) -> Option<SignedDuration> {
    let time: DateTime = text.parse().ok()?;
    Some(time.duration_since(EPOCH))
}
