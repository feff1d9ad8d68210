//! Times as they are written in recordings: RFC 3339 in UTC, with microseconds.

use crate::message::Time;
use crate::payload::figures::Clock;

/// The length of a time: `2026-11-23T11:00:01.123456Z`.
pub(super) const LENGTH: usize = 27;

/// The position of the microseconds.
const MICROS: usize = 20;

/// Writes times. Remembers the last second, because consecutive times usually share it.
#[derive(Debug)]
pub struct Stamps {
    clock: Clock,
    /// The second that `text` was formatted for.
    second: Option<i64>,
    text: String,
}

impl Stamps {
    /// Creates a writer of times as `clock` shows them in UTC.
    pub fn new(clock: Clock) -> Self {
        Self {
            clock,
            second: None,
            text: String::new(),
        }
    }

    /// Returns the text of `time`.
    pub fn text(&mut self, time: Time) -> &str {
        let wall = self.clock.wall(time);
        if self.second != Some(wall.second()) || self.text.len() != LENGTH {
            self.second = Some(wall.second());
            self.text = self.clock.timestamp(time);
            return &self.text;
        }
        let micros = wall.0.rem_euclid(1_000_000);
        self.text.truncate(MICROS);
        let mut scale = 100_000;
        while scale > 0 {
            let digit = u8::try_from(micros / scale % 10).unwrap_or_default();
            self.text.push(char::from(b'0' + digit));
            scale /= 10;
        }
        self.text.push('Z');
        &self.text
    }
}

/// Parses a time as [`Stamps`] writes it, or any other time in RFC 3339.
pub fn parse(text: &str) -> Option<Time> {
    let timestamp: jiff::Timestamp = text.parse().ok()?;
    Some(Time(timestamp.as_microsecond()))
}

/// Parses times. Remembers the last day, because consecutive times usually share it.
#[derive(Debug, Default)]
pub(super) struct StampParser {
    /// The last day: `2026-11-23`.
    day: [u8; 10],
    /// The start of that day, once there is one.
    midnight: Option<i64>,
}

impl StampParser {
    /// Parses a time as [`Stamps`] writes it, or any other time in RFC 3339.
    pub(super) fn parse(&mut self, text: &[u8]) -> Option<Time> {
        if let Some(time) = self.parse_own(text) {
            return Some(time);
        }
        let timestamp: jiff::Timestamp = str::from_utf8(text).ok()?.parse().ok()?;
        Some(Time(timestamp.as_microsecond()))
    }

    /// Parses a time exactly as [`Stamps`] writes it.
    fn parse_own(&mut self, text: &[u8]) -> Option<Time> {
        let text: &[u8; LENGTH] = text.try_into().ok()?;
        let marks = [text[10], text[13], text[16], text[19], text[26]];
        if marks != *b"T::.Z" {
            return None;
        }
        let hour = number(&text[11..13])?;
        let minute = number(&text[14..16])?;
        let second = number(&text[17..19])?;
        let micros = number(&text[MICROS..26])?;
        // A leap second is left to the other parser.
        if hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        let midnight = self.midnight(&text[..10])?;
        Some(Time(
            midnight + ((hour * 60 + minute) * 60 + second) * 1_000_000 + micros,
        ))
    }

    /// Returns the start of `day`.
    fn midnight(&mut self, day: &[u8]) -> Option<i64> {
        if let Some(midnight) = self.midnight.filter(|_| self.day == *day) {
            return Some(midnight);
        }
        let date: jiff::civil::Date = str::from_utf8(day).ok()?.parse().ok()?;
        let start = date.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
        let midnight = start.timestamp().as_microsecond();
        self.day = day.try_into().ok()?;
        self.midnight = Some(midnight);
        Some(midnight)
    }
}

/// Returns the number that these digits are.
fn number(digits: &[u8]) -> Option<i64> {
    let mut number = 0;
    for digit in digits {
        if !digit.is_ascii_digit() {
            return None;
        }
        number = number * 10 + i64::from(digit - b'0');
    }
    Some(number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payload::figures::Zone;

    #[test]
    fn times_are_written_as_the_clock_does_and_read_back() {
        let clock = Clock::new(Zone::Utc);
        let mut stamps = Stamps::new(clock.clone());
        let mut parser = StampParser::default();
        let mut parse = |text: &str| parser.parse(text.as_bytes());
        for micros in [
            0,
            1,
            999_999,
            1_000_000,
            -1,
            -1_000_001,
            1_795_431_601_123_456,
            1_795_431_601_999_999,
            i64::MAX,
            1_795_431_601_000_000,
        ] {
            let text = stamps.text(Time(micros)).to_owned();
            assert_eq!(text, clock.timestamp(Time(micros)));
            if micros != i64::MAX {
                assert_eq!(parse(&text), Some(Time(micros)));
            }
        }
        assert_eq!(
            parse("2026-11-23T12:00:01+01:00"),
            parse("2026-11-23T11:00:01Z")
        );
        assert_eq!(parse("now"), None);
        assert_eq!(
            parse("2016-12-31T23:59:60.000000Z"),
            parse("2016-12-31T23:59:60Z")
        );
        for wrong in [
            "2026-11-31T11:00:00.000000Z",
            "2026-11-23T24:00:00.000000Z",
            "2026-11-23T11:60:00.000000Z",
            "2026-11-23T11:00:00.00000xZ",
        ] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
