//! Formatting of wall clock times.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use crate::message::Time;
use crate::message::clock::WallClock;

/// The time zone in which times are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Zone {
    /// The time zone of this computer.
    #[default]
    Local,
    /// Coordinated Universal Time.
    Utc,
}

/// A clock that formats times as the wall clock in a time zone showed them.
#[derive(Clone, Debug, PartialEq)]
pub struct Clock {
    zone: TimeZone,
    wall: WallClock,
}

impl Clock {
    /// Creates a clock for this zone. If the computer's zone is unknown, UTC is used.
    pub fn new(zone: Zone) -> Self {
        let zone = match zone {
            Zone::Local => TimeZone::system(),
            Zone::Utc => TimeZone::UTC,
        };
        Self {
            zone,
            wall: WallClock::default(),
        }
    }

    /// Sets the wall clock history that this clock follows.
    #[must_use]
    pub fn following(self, wall: WallClock) -> Self {
        Self { wall, ..self }
    }

    /// Returns `time` as the wall clock showed it, in UTC.
    pub fn wall(&self, time: Time) -> Time {
        self.wall.at(time)
    }

    /// Returns the offset in microseconds from `time`, taken as UTC, to the local time that the
    /// zone's wall clock showed.
    pub fn ahead(&self, time: Time) -> i64 {
        let offset = self.local(time).map_or(0, |(_, offset)| offset);
        self.wall.at(time).0.saturating_sub(time.0) + i64::from(offset) * 1_000_000
    }

    /// Formats the time of day with milliseconds, truncated: `12:00:01.123`. Always twelve columns.
    pub fn time_of_day(&self, time: Time) -> String {
        let Some((local, _)) = self.local(time) else {
            return "--:--:--.---".to_owned();
        };
        format!("{:.3}", local.time())
    }

    /// Returns whether two times are on the same day.
    pub fn is_same_day(&self, one: Time, other: Time) -> bool {
        let day = |time| self.local(time).map(|(local, _)| local.date());
        day(one) == day(other)
    }

    /// Formats the day of the week and the date: `Monday 2026-11-23`.
    pub fn weekday_and_date(&self, time: Time) -> String {
        let Some((local, _)) = self.local(time) else {
            return "unknown date".to_owned();
        };
        local.strftime("%A %Y-%m-%d").to_string()
    }

    /// Formats the time of day with milliseconds, preceded by the date if it is not today's.
    pub fn date_unless_today(&self, time: Time, now: Time) -> String {
        let Some((local, _)) = self.local(time).filter(|_| !self.is_same_day(time, now)) else {
            return self.time_of_day(time);
        };
        format!("{} {}", local.date(), self.time_of_day(time))
    }

    /// Formats the time of day to the second, truncated: `12:00:01`. Always eight columns.
    pub fn seconds(&self, time: Time) -> String {
        let Some((local, _)) = self.local(time) else {
            return "--:--:--".to_owned();
        };
        format!("{:.0}", local.time())
    }

    /// Formats the date, the time with microseconds, and the zone's offset from UTC:
    /// `2026-11-23 12:00:01.123456 +01:00`.
    pub fn date_and_time(&self, time: Time) -> String {
        let Some((local, offset)) = self.local(time) else {
            return format!("{} µs since 1970", self.wall.at(time).0);
        };
        let sign = if offset < 0 { '-' } else { '+' };
        let minutes = offset.unsigned_abs() / 60;
        format!(
            "{:04}-{:02}-{:02} {:.6} {sign}{:02}:{:02}",
            local.year(),
            local.month(),
            local.day(),
            local.time(),
            minutes / 60,
            minutes % 60
        )
    }

    /// Formats the time in UTC with microseconds, as in RFC 3339: `2026-11-23T11:00:01.123456Z`.
    pub fn timestamp(&self, time: Time) -> String {
        let time = self.wall.at(time);
        match Timestamp::from_microsecond(time.0) {
            Ok(timestamp) => format!("{timestamp:.6}"),
            Err(_) => format!("{} µs since 1970", time.0),
        }
    }

    /// Formats the date and the time of day for the name of a file: `20261123-120001`.
    pub fn file_stamp(&self, time: Time) -> String {
        let Some((local, _)) = self.local(time) else {
            return self.wall.at(time).0.to_string();
        };
        format!(
            "{:04}{:02}{:02}-{:02}{:02}{:02}",
            local.year(),
            local.month(),
            local.day(),
            local.hour(),
            local.minute(),
            local.second()
        )
    }

    /// Returns the local date and time, and the offset from UTC in seconds, or `None` if the time
    /// is outside the calendar's range.
    fn local(&self, time: Time) -> Option<(DateTime, i32)> {
        let timestamp = Timestamp::from_microsecond(self.wall.at(time).0).ok()?;
        let offset = self.zone.to_offset(timestamp);
        Some((offset.to_datetime(timestamp), offset.seconds()))
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed test should panic")]

    use jiff::tz;

    use super::*;

    fn at(hours: i8) -> Clock {
        Clock {
            zone: tz::offset(hours).to_time_zone(),
            ..Clock::new(Zone::Utc)
        }
    }

    #[test]
    fn times_are_shown_as_the_wall_clock_showed_them() {
        let noon = Time(1_795_431_601_123_456);
        let mut wall = WallClock::default();
        wall.note(noon, -3_600_000_000);
        let clock = at(1).following(wall);
        assert_eq!(clock.time_of_day(Time(noon.0 - 1_000_000)), "12:00:00.123");
        assert_eq!(clock.time_of_day(noon), "11:00:01.123");
        assert_eq!(clock.ahead(Time(noon.0 - 1)), 3_600_000_000);
        assert_eq!(clock.ahead(noon), 0);
    }

    #[test]
    fn times_are_shown_in_the_zone() {
        // 2026-11-23 11:00:01.123456 UTC
        let time = Time(1_795_431_601_123_456);
        assert_eq!(at(0).time_of_day(time), "11:00:01.123");
        assert_eq!(at(1).time_of_day(time), "12:00:01.123");
        assert_eq!(at(1).seconds(time), "12:00:01");
        let utc = Clock::new(Zone::Utc);
        assert_eq!(utc.time_of_day(Time(-1)), "23:59:59.999");
        // Offsets may include half hours.
        let zone = tz::Offset::from_seconds(-(3 * 3600 + 1800)).unwrap();
        let half = Clock {
            zone: zone.to_time_zone(),
            ..utc.clone()
        };
        for (clock, time, expected) in [
            (at(1), time, "2026-11-23 12:00:01.123456 +01:00"),
            (at(-12), time, "2026-11-22 23:00:01.123456 -12:00"),
            (utc, Time(0), "1970-01-01 00:00:00.000000 +00:00"),
            (half, Time(0), "1969-12-31 20:30:00.000000 -03:30"),
        ] {
            assert_eq!(clock.date_and_time(time), expected);
        }
    }

    #[test]
    fn times_on_another_day_show_its_date() {
        let noon = Time(1_795_431_601_123_456);
        let day_before = Time(noon.0 - 12 * 3_600_000_000);
        assert!(at(0).is_same_day(noon, Time(noon.0 - 11 * 3_600_000_000)));
        assert!(!at(0).is_same_day(noon, day_before));
        assert!(!at(13).is_same_day(noon, Time(noon.0 - 60_000_000)));
        assert_eq!(at(0).weekday_and_date(day_before), "Sunday 2026-11-22");
        assert_eq!(at(13).weekday_and_date(noon), "Tuesday 2026-11-24");
        assert_eq!(at(0).date_unless_today(noon, noon), "11:00:01.123");
        assert_eq!(
            at(0).date_unless_today(day_before, noon),
            "2026-11-22 23:00:01.123"
        );
    }

    #[test]
    fn times_for_files_are_whole() {
        let time = Time(1_795_431_601_123_000);
        assert_eq!(at(1).timestamp(time), "2026-11-23T11:00:01.123000Z");
        assert_eq!(at(1).file_stamp(time), "20261123-120001");
    }

    #[test]
    fn times_beyond_the_calendar_do_not_panic() {
        let (first, end) = (-377_705_116_800_000_000, 253_402_300_800_000_000);
        for time in [i64::MIN, i64::MAX, first, end].map(Time) {
            for clock in [at(-25), at(0), at(25), Clock::new(Zone::Local)] {
                assert_eq!(clock.time_of_day(time).len(), 12);
                assert_eq!(clock.seconds(time).len(), 8);
                assert!(!clock.weekday_and_date(time).is_empty());
                assert!(!clock.date_and_time(time).is_empty());
            }
        }
        assert_eq!(at(0).time_of_day(Time(i64::MAX)), "--:--:--.---");
    }
}
