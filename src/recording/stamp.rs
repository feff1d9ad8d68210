//! Times as they are written in recordings: RFC 3339 in UTC, with microseconds.

use crate::message::Time;
use crate::payload::figures::Clock;

/// The length of a time: `2026-11-23T11:00:01.123456Z`.
const LENGTH: usize = 27;

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payload::figures::Zone;

    #[test]
    fn times_are_written_as_the_clock_does_and_read_back() {
        let clock = Clock::new(Zone::Utc);
        let mut stamps = Stamps::new(clock.clone());
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
    }
}
