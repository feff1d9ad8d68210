//! Points in time as text.

use jiff::SignedDuration;
use jiff::civil::DateTime;

/// Formats a number of milliseconds since 1970 as in RFC 3339. Returns `None` if the year does not
/// have four digits.
pub(in crate::payload) fn milliseconds(milliseconds: i64) -> Option<String> {
    time(SignedDuration::from_millis(milliseconds))
}

/// Formats the time that has `passed` since 1970 as in RFC 3339. Returns `None` if the year does
/// not have four digits.
pub(super) fn time(passed: SignedDuration) -> Option<String> {
    let epoch = DateTime::constant(1970, 1, 1, 0, 0, 0, 0);
    let time = epoch.checked_add(passed).ok()?;
    (time.year() >= 0).then(|| format!("{time}Z"))
}
