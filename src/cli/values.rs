//! Parses the values of options. Each error is phrased to follow the name of the option.

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{PathBufValueParser, TypedValueParser};
use subscope::config::home;
use subscope::payload::figures::parse_size;
use subscope::recording::FileFormat;

use crate::host::recorder::Rotation;

/// The smallest allowed value of `--keep`, in bytes.
const MIN_KEEP: u64 = 1 << 20;

/// The smallest size at which a recording starts a new file, in bytes.
const MIN_ROTATION: u64 = 1 << 20;

/// Parses how much memory the log may use.
pub fn keep(text: &str) -> Result<usize, String> {
    let bytes = parse_size(text)?;
    if bytes < MIN_KEEP {
        // The value is a size, not a password, so the error can repeat it.
        return Err(format!("takes at least 1MiB, not {}", text.trim()));
    }
    usize::try_from(bytes).map_err(|_| "is more than this machine can address".to_owned())
}

/// Parses a file path and expands `~` to the home folder if the shell has not done so.
pub fn path() -> impl TypedValueParser<Value = PathBuf> {
    PathBufValueParser::new().try_map(home::expand)
}

/// Parses a port. The error does not repeat the text, because `-p` is the password in other
/// programs.
pub fn port(text: &str) -> Result<u16, &'static str> {
    match text.trim().parse() {
        Ok(port @ 1..) => Ok(port),
        _ => Err("takes a number from 1 to 65535; for a password use --askpass"),
    }
}

pub fn escape_time(text: &str) -> Result<u16, &'static str> {
    match text.trim().parse() {
        Ok(time @ 0..=1000) => Ok(time),
        _ => Err("takes a number of milliseconds from 0 to 1000"),
    }
}

/// Parses the separator between the parts of channel names.
pub fn separator(text: &str) -> Result<u8, &'static str> {
    match text.as_bytes() {
        [separator @ b' '..=b'~'] if !separator.is_ascii_alphanumeric() => Ok(*separator),
        _ => Err("takes one punctuation character, such as : or ."),
    }
}

/// Parses the name of a file's format.
pub fn file_format(text: &str) -> Result<FileFormat, String> {
    let mut formats = FileFormat::ALL.into_iter();
    let found = formats.find(|format| format.name() == text.trim());
    found.ok_or_else(|| format!("takes {}", FileFormat::ALL.map(FileFormat::name).join(", ")))
}

/// Parses a number of messages.
pub fn count(text: &str) -> Result<u64, &'static str> {
    match text.trim().parse() {
        Ok(count @ 1..) => Ok(count),
        _ => Err("takes a whole number, 1 or higher"),
    }
}

/// Parses a length of time, such as `30s`, `1.5m` or `200ms`.
pub fn duration(text: &str) -> Result<Duration, &'static str> {
    let problem = "takes a number with a unit, such as 200ms, 30s, 5m or 2h";
    let text = text.trim();
    let unit = text.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    let number = &text[..text.len() - unit.len()];
    let seconds = match unit {
        "ms" => 0.001,
        "s" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3600.0,
        "d" => 86400.0,
        _ => return Err(problem),
    };
    let number: f64 = number.parse().map_err(|_| problem)?;
    Duration::try_from_secs_f64(number * seconds).map_err(|_| problem)
}

/// Parses how often something may happen, such as `100/s` or `6/min`. Returns the time between two.
pub fn rate(text: &str) -> Result<Duration, &'static str> {
    let problem = "takes a number per time, such as 100/s or 6/min";
    let (number, unit) = text.trim().split_once('/').unwrap_or((text.trim(), "s"));
    let seconds = match unit.trim() {
        "s" | "sec" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3600.0,
        _ => return Err(problem),
    };
    match number.trim().parse::<f64>() {
        Ok(number) if number > 0.0 => {
            Duration::try_from_secs_f64(seconds / number).map_err(|_| problem)
        }
        _ => Err(problem),
    }
}

/// Parses when to start a new file.
pub fn rotation(text: &str) -> Result<Rotation, String> {
    if let Ok(time) = duration(text) {
        return Ok(Rotation::Time(time));
    }
    match parse_size(text)? {
        size @ MIN_ROTATION.. => Ok(Rotation::Size(size)),
        _ => Err(format!("takes at least 1MiB, not {}", text.trim())),
    }
}

/// Parses a number of seconds; 0 means the default.
pub fn seconds(text: &str) -> Result<Duration, &'static str> {
    let seconds = text.trim().parse().ok();
    let time = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    time.ok_or("takes a number of seconds, such as 5 or 0.5")
}

/// Parses the name of a connection. The error does not repeat the text.
pub fn client_name(text: &str) -> Result<String, &'static str> {
    if text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(text.to_owned());
    }
    Err("takes a name without spaces and special characters")
}

pub fn seed(text: &str) -> Result<u64, &'static str> {
    let seed = text.trim().parse();
    seed.map_err(|_| "takes a whole number, 0 or higher")
}

pub fn db(text: &str) -> Result<i64, &'static str> {
    match text.trim().parse() {
        Ok(db @ 0..) => Ok(db),
        _ => Err("takes a number, 0 or higher"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_a_number_per_time() {
        let millis = |text: &str| rate(text).ok().map(|time| time.as_millis());
        for (text, expected) in [
            ("100/s", Some(10)),
            ("100", Some(10)),
            ("0.5 / s", Some(2000)),
            ("6/min", Some(10_000)),
            ("1/h", Some(3_600_000)),
            ("0/s", None),
            ("-1/s", None),
            ("NaN", None),
            ("1/week", None),
            ("s", None),
        ] {
            assert_eq!(millis(text), expected, "{text}");
        }
    }

    #[test]
    fn a_separator_is_one_punctuation_character() {
        for (text, expected) in [
            (":", Some(b':')),
            ("-", Some(b'-')),
            ("::", None),
            ("a", None),
            ("·", None),
            ("", None),
        ] {
            assert_eq!(separator(text).ok(), expected, "{text}");
        }
    }
}
