//! Values of logical types.

use jiff::SignedDuration;
use jiff::civil::{Date, Time};
use num_bigint::BigInt;

use super::{long, sized, whole};
use crate::payload::avro::Logical;
use crate::payload::avro::logical::{date, time, timestamp};
pub(super) use crate::payload::avro::logical::{decimal, duration, uuid};
use crate::payload::encode::item::{Item, Value, Wrong};
use crate::payload::encode::time as epoch;

/// The maximum length of a decimal number, in digits.
const MAX_DIGITS: usize = 300;

/// Returns the text of a date or time; `None` if the calendar does not reach that far.
pub(super) fn words(kind: Logical, number: i64) -> Option<String> {
    match kind {
        Logical::Date => date(number),
        Logical::Time(per_second, _) => time(number, per_second),
        Logical::Timestamp(per_second, is_utc) => timestamp(number, per_second, is_utc),
        Logical::Decimal(..) | Logical::Uuid | Logical::Duration => None,
    }
}

/// Writes a value.
pub(super) fn write(kind: Logical, new: &Item, out: &mut Vec<u8>) -> Result<(), Wrong> {
    match (kind, &new.value) {
        (Logical::Decimal(_, None), Value::Bytes(bytes)) => sized(bytes, out),
        (Logical::Decimal(_, Some(size)), Value::Bytes(bytes)) if bytes.len() as u64 == size => {
            out.extend(bytes);
        }
        (Logical::Decimal(scale, size), Value::Number(digits)) => {
            let Some(number) = unscaled(digits, scale) else {
                return new.wrong(format!(
                    "this value has at most {scale} digits after the point"
                ));
            };
            let bytes = number.to_signed_bytes_be();
            match size {
                None => sized(&bytes, out),
                Some(size) => {
                    let size = usize::try_from(size).unwrap_or(usize::MAX);
                    let Some(missing) = size.checked_sub(bytes.len()) else {
                        return new.wrong(format!("number out of range: it has {size} bytes"));
                    };
                    let sign = if bytes[0] >= 0x80 { 0xff } else { 0 };
                    out.extend(std::iter::repeat_n(sign, missing));
                    out.extend(bytes);
                }
            }
        }
        (Logical::Decimal(..), _) => return new.wrong("this value is a number"),
        (Logical::Uuid, Value::String(text)) if let Some(bytes) = uuid_bytes(text) => {
            out.extend(bytes);
        }
        (Logical::Uuid, _) => return new.wrong("this value is a UUID in quotes"),
        (Logical::Duration, Value::String(text)) if let Some(bytes) = duration_bytes(text) => {
            out.extend(bytes);
        }
        (Logical::Duration, _) => return new.wrong("write the duration as \"P1M2DT3.5S\""),
        (_, Value::Number(digits)) => {
            let is_int = matches!(kind, Logical::Date | Logical::Time(_, false));
            let (least, most) = if is_int {
                (i32::MIN.into(), i32::MAX.into())
            } else {
                (i64::MIN, i64::MAX)
            };
            long(whole(new, digits, least, most)?, out);
        }
        (_, Value::String(text)) if let Some(units) = units(kind, text) => long(units, out),
        (Logical::Date, _) => return new.wrong("write the date as \"2026-01-31\""),
        (Logical::Time(..), _) => return new.wrong("write the time as \"12:00:00.5\""),
        (Logical::Timestamp(_, true), _) => {
            return new.wrong("write the time as \"2026-01-31T12:00:00.5Z\"");
        }
        _ => return new.wrong("write the time as \"2026-01-31T12:00:00.5\""),
    }
    Ok(())
}

/// Parses a date or time, in the units of its type. Returns `None` if it has a fraction of one.
fn units(kind: Logical, text: &[u8]) -> Option<i64> {
    let text = str::from_utf8(text).ok()?;
    let (passed, per_second) = match kind {
        Logical::Date => {
            let date: Date = text.parse().ok()?;
            let passed = epoch::civil(&date.to_string())?;
            return Some(passed.as_secs().div_euclid(86_400));
        }
        Logical::Time(per_second, _) => {
            let time: Time = text.parse().ok()?;
            (time.duration_since(Time::midnight()), per_second)
        }
        Logical::Timestamp(per_second, true) => (epoch::utc(text.as_bytes())?, per_second),
        Logical::Timestamp(per_second, false) => (epoch::civil(text)?, per_second),
        Logical::Decimal(..) | Logical::Uuid | Logical::Duration => return None,
    };
    in_units(passed, per_second)
}

fn in_units(passed: SignedDuration, per_second: i64) -> Option<i64> {
    let nanos_per_unit = 1_000_000_000 / i128::from(per_second);
    let nanos = passed.as_nanos();
    let is_whole = nanos % nanos_per_unit == 0;
    is_whole.then(|| i64::try_from(nanos / nanos_per_unit).ok())?
}

/// Returns a number in units of `10^-scale`.
fn unscaled(digits: &str, scale: u32) -> Option<BigInt> {
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let missing = (scale as usize).checked_sub(part.len())?;
    let digits = format!("{whole}{part}{}", "0".repeat(missing));
    (digits.len() <= MAX_DIGITS).then(|| digits.parse().ok())?
}

fn uuid_bytes(text: &[u8]) -> Option<[u8; 16]> {
    let text = str::from_utf8(text).ok()?.replace('-', "");
    let is_uuid = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let bits = u128::from_str_radix(&text, 16).ok().filter(|_| is_uuid)?;
    Some(bits.to_be_bytes())
}

/// Parses three numbers, of months, days and milliseconds.
fn duration_bytes(text: &[u8]) -> Option<Vec<u8>> {
    let text = str::from_utf8(text).ok()?;
    let (months, rest) = text.strip_prefix('P')?.split_once('M')?;
    let (days, rest) = rest.split_once("DT")?;
    let seconds = rest.strip_suffix('S')?;
    let (whole, part) = seconds.split_once('.').unwrap_or((seconds, ""));
    let is_number = part.len() <= 3 && part.bytes().all(|byte| byte.is_ascii_digit());
    let millis = format!("{whole}{part:0<3}");
    let numbers = [months, days, &millis].map(|number| number.parse::<u32>().ok());
    let bytes = numbers
        .iter()
        .map(|number| Some(number.as_ref()?.to_le_bytes()));
    let bytes: Vec<[u8; 4]> = bytes.collect::<Option<_>>()?;
    is_number.then(|| bytes.concat())
}
