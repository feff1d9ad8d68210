//! Compact formatting of counts, sizes, rates and times for display.

use std::time::Duration;

pub use self::clock::{Clock, Zone};
pub use self::number::{number, tick};
pub use self::sparkline::{Scale, sparkline, sparkline_alone};

mod clock;
mod number;
mod sparkline;

/// The units of [`short_count`] and their values, the largest first.
const COUNT_UNITS: [(u64, &str); 6] = [
    (1_000_000_000_000_000_000, "E"),
    (1_000_000_000_000_000, "P"),
    (1_000_000_000_000, "T"),
    (1_000_000_000, "G"),
    (1_000_000, "M"),
    (1_000, "k"),
];
const SIZE_UNITS: [&str; 7] = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
/// The width in columns of the text that [`delta`] returns.
pub const DELTA_COLUMNS: usize = 12;

/// Formats a count with all its digits, in groups of three: `48,211`.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// Formats a count with a noun: `1 row`, `48,211 rows`.
pub fn counted(number: u64, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", count(number))
}

/// Formats a count as two or three digits and a unit, rounded: `999`, `1.2k`, `57M`. At most four
/// columns wide.
pub fn short_count(number: u64) -> String {
    // A count that rounds up to a thousand belongs to the next unit: 999,950 is 1.0M.
    let reaches = |(unit, _): &&(u64, &str)| number >= unit - unit / 2000;
    let Some((unit, name)) = COUNT_UNITS.iter().find(reaches) else {
        return number.to_string();
    };
    match rounded_tenths(number, *unit) {
        tenths @ 0..100 => format!("{}.{}{name}", tenths / 10, tenths % 10),
        _ => format!("{}{name}", rounded(number, *unit)),
    }
}

/// Formats a rate per second: `0.2/s`, `90/s`, `1.1k/s`. At most seven columns wide.
pub fn rate(per_second: f64) -> String {
    if per_second.is_nan() || per_second <= 0.0 {
        "0/s".to_owned()
    } else if per_second < 0.05 {
        "<0.1/s".to_owned()
    } else if per_second < 9.95 {
        format!("{per_second:.1}/s")
    } else {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "positive, and a figure beyond u64 is shown as the largest u64"
        )]
        let whole = per_second.round() as u64;
        format!("{}/s", short_count(whole))
    }
}

/// Formats a number of bytes: `588 B`, `12.5 KiB`, `256 MiB`. At most eight columns wide.
pub fn size(bytes: u64) -> String {
    let mut power = usize::try_from(bytes.max(1).ilog2() / 10).unwrap_or_default();
    if power == 0 {
        return format!("{bytes} B");
    }
    let unit = 1_u64 << (10 * power);
    let tenths = rounded_tenths(bytes, unit);
    let figure = if tenths < 1000 {
        format!("{}.{}", tenths / 10, tenths % 10)
    } else if rounded(bytes, unit) < 1024 {
        rounded(bytes, unit).to_string()
    } else {
        power += 1;
        "1.0".to_owned()
    };
    format!("{figure} {}", SIZE_UNITS.get(power).unwrap_or(&"ZiB"))
}

/// Formats a duration in one or two units: `0.3 ms`, `1.2 s`, `42s`, `3m 12s`, `2h 05m`, `4d 3h`.
pub fn duration(time: Duration) -> String {
    let micros = time.as_micros();
    let seconds = time.as_secs();
    match micros {
        0 => "0 ms".to_owned(),
        1..50 => "<0.1 ms".to_owned(),
        50..9_950 => {
            let tenths = (micros + 50) / 100;
            format!("{}.{} ms", tenths / 10, tenths % 10)
        }
        9_950..999_500 => format!("{} ms", (micros + 500) / 1000),
        999_500..9_950_000 => {
            let tenths = (micros + 50_000) / 100_000;
            format!("{}.{} s", tenths / 10, tenths % 10)
        }
        9_950_000..10_000_000 => "10s".to_owned(),
        _ => match seconds {
            0..60 => format!("{seconds}s"),
            60..3_600 => format!("{}m {:02}s", seconds / 60, seconds % 60),
            3_600..86_400 => format!("{}h {:02}m", seconds / 3_600, seconds / 60 % 60),
            _ => format!("{}d {}h", seconds / 86_400, seconds / 3_600 % 24),
        },
    }
}

/// Formats an age in one unit, rounded down: `0s`, `42s`, `3m`, `2h`, `4d`.
pub fn age(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3_600 => format!("{}m", seconds / 60),
        3_600..86_400 => format!("{}h", seconds / 3_600),
        _ => format!("{}d", seconds / 86_400),
    }
}

/// Formats the time from one row to the next in seconds and milliseconds, such as `+0.012`, at a
/// width of [`DELTA_COLUMNS`]. A time of more than 115 days is given in days.
pub fn delta(time: Duration) -> String {
    let seconds = time.as_secs();
    let figure = if seconds < 10_000_000 {
        format!("+{seconds}.{:03}", time.subsec_millis())
    } else {
        // Only ten digits fit, but `u64::MAX` seconds are a number of days with fifteen digits.
        format!("+{}d", (seconds / 86_400).min(9_999_999_999))
    };
    format!("{figure:>DELTA_COLUMNS$}")
}

/// Parses a size: `256MiB`, `1g`, `64 k`, `1000000`. All units are binary. The error says what is
/// wrong, and how to write a size.
pub fn parse_size(text: &str) -> Result<u64, String> {
    const FORM: &str = "write a number of bytes, or one with KiB, MiB or GiB, as in 256MiB";
    let trimmed = text.trim();
    let digits = trimmed
        .find(|character: char| !character.is_ascii_digit())
        .unwrap_or(trimmed.len());
    let (number, unit) = trimmed.split_at(digits);
    let shift = match unit.trim_start().to_ascii_lowercase().as_str() {
        "" | "b" => Some(0),
        "k" | "kb" | "kib" => Some(10),
        "m" | "mb" | "mib" => Some(20),
        "g" | "gb" | "gib" => Some(30),
        "t" | "tb" | "tib" => Some(40),
        _ => None,
    };
    let Some(shift) = shift.filter(|_| !number.is_empty()) else {
        return Err(format!("{text:?} is not a size: {FORM}"));
    };
    let number: Option<u64> = number.parse().ok();
    number
        .and_then(|number| number.checked_mul(1 << shift))
        .ok_or_else(|| format!("{text:?} is too large: {FORM}"))
}

fn rounded(number: u64, unit: u64) -> u64 {
    number / unit + u64::from(number % unit >= unit.div_ceil(2))
}

fn rounded_tenths(number: u64, unit: u64) -> u128 {
    (u128::from(number) * 10 + u128::from(unit) / 2) / u128::from(unit)
}

#[cfg(test)]
mod tests;
