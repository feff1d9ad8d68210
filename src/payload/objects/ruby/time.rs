//! Times as Ruby writes them.

use jiff::civil::DateTime;

/// Formats a time as `Time#_dump` writes it (see Ruby's `time.c`): in UTC, in two numbers of bits.
pub(super) fn time_words(bytes: [u8; 8]) -> Option<String> {
    let bits = u64::from_le_bytes(bytes);
    let field = |shift: u32, size: u32| i64::try_from(bits >> shift & ((1 << size) - 1)).ok();
    let is_new = bits >> 31 & 1 == 1;
    let year = i16::try_from(1900 + field(14, 16)?)
        .ok()
        .filter(|_| is_new)?;
    let [month, day, hour] = [field(10, 4)? + 1, field(5, 5)?, field(0, 5)?];
    let [minute, second, micros] = [field(58, 6)?, field(52, 6)?, field(32, 20)?];
    let small = |number: i64| i8::try_from(number).ok();
    let nanoseconds = i32::try_from(micros).ok()?.checked_mul(1000)?;
    let (month, day, hour) = (small(month)?, small(day)?, small(hour)?);
    let (minute, second) = (small(minute)?, small(second)?);
    let time = DateTime::new(year, month, day, hour, minute, second, nanoseconds);
    time.ok().map(|time| format!("{time}Z"))
}
