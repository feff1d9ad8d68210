//! A monotonic clock, and how far the wall clock is ahead of it.

use std::sync::{Arc, LazyLock};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustix::time::{ClockId, clock_gettime};

use super::Time;

/// A clock that cannot be set and keeps running while the computer sleeps.
#[cfg(any(target_os = "linux", target_os = "android"))]
const STEADY: ClockId = ClockId::Boottime;
#[cfg(not(any(target_os = "linux", target_os = "android")))]
const STEADY: ClockId = ClockId::Monotonic;

/// How far the wall clock was ahead of the steady clock at the first reading.
static START: LazyLock<i64> = LazyLock::new(|| wall().0.saturating_sub(steady()));

/// The smallest change in the difference between the clocks, in microseconds, that counts as
/// setting the wall clock. NTP adjusts both, and the two are not read at the same instant, so
/// smaller changes may be noise.
const MIN_STEP: u64 = 100_000;

/// The maximum number of remembered changes of the wall clock; the oldest are forgotten first.
const MAX_SETTINGS: usize = 64;

pub(super) fn now() -> Time {
    Time(START.saturating_add(steady()))
}

/// Reads the wall clock.
fn wall() -> Time {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH);
    since_epoch.map_or(Time(0), |elapsed| Time(0).after(elapsed))
}

fn steady() -> i64 {
    let time = clock_gettime(STEADY);
    time.tv_sec
        .saturating_mul(1_000_000)
        .saturating_add(time.tv_nsec / 1_000)
}

/// Returns the processor time that the current thread has used so far.
pub fn thread_time() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).unwrap_or_default()
}

/// Returns how far the wall clock is ahead of [`Time::now`], in microseconds: 0 until it is set.
pub fn wall_ahead() -> i64 {
    wall().0.saturating_sub(now().0)
}

/// A record of when the wall clock was set while the program ran. A [`Time`] is never adjusted; the
/// record matters only where a time is displayed, or read from user input.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WallClock {
    /// For each change, when it was noticed and how far the wall clock was ahead afterwards, in
    /// microseconds.
    set: Arc<[(Time, i64)]>,
    /// How far the wall clock was ahead before the first of these changes, in microseconds.
    before: i64,
}

impl WallClock {
    /// Returns how far the wall clock is ahead of [`Time`], in microseconds.
    pub fn ahead(&self) -> i64 {
        self.set.last().map_or(self.before, |(_, ahead)| *ahead)
    }

    /// Returns what the wall clock showed at `time`.
    pub fn at(&self, time: Time) -> Time {
        let later = self.set.partition_point(|(from, _)| *from <= time);
        let last = later.checked_sub(1);
        let ahead = last.map_or(self.before, |index| self.set[index].1);
        Time(time.0.saturating_add(ahead))
    }

    /// Records how far `ahead` the wall clock is at `now`. Returns the change in microseconds if
    /// the clock was set.
    pub fn note(&mut self, now: Time, ahead: i64) -> Option<i64> {
        if !self.is_set_to(ahead) {
            return None;
        }
        let by = ahead.saturating_sub(self.ahead());
        let excess = (self.set.len() + 1).saturating_sub(MAX_SETTINGS);
        let (forgotten, kept) = self.set.split_at(excess);
        self.before = forgotten.last().map_or(self.before, |(_, ahead)| *ahead);
        self.set = kept.iter().copied().chain([(now, ahead)]).collect();
        Some(by)
    }

    /// Returns whether the wall clock was set since the last call of [`Self::note`], given how far
    /// `ahead` it is now.
    pub fn is_set_to(&self, ahead: i64) -> bool {
        let by = ahead.saturating_sub(self.ahead());
        by.unsigned_abs() >= MIN_STEP
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_never_goes_back_and_starts_with_the_wall_clock() {
        let mut last = now();
        for _ in 0..1_000 {
            let next = now();
            assert!(next >= last);
            last = next;
        }
        let ahead = wall_ahead().unsigned_abs();
        assert!(ahead < MIN_STEP * 100, "{ahead}");
    }

    #[test]
    fn a_time_is_shown_as_the_wall_clock_showed_it() {
        const HOUR: i64 = 3_600_000_000;
        let mut wall = WallClock::default();
        assert_eq!(wall.at(Time(5)), Time(5));
        assert_eq!(wall.note(Time(HOUR), 99_999), None);
        assert_eq!(wall.note(Time(HOUR), -HOUR), Some(-HOUR));
        assert_eq!(wall.note(Time(HOUR + 1), -HOUR - 5), None);
        assert_eq!(wall.note(Time(3 * HOUR), HOUR), Some(2 * HOUR));
        assert_eq!(wall.at(Time(HOUR - 1)), Time(HOUR - 1));
        assert_eq!(wall.at(Time(HOUR)), Time(0));
        assert_eq!(wall.at(Time(2 * HOUR)), Time(HOUR));
        assert_eq!(wall.at(Time(3 * HOUR)), Time(4 * HOUR));
        assert_eq!(wall.ahead(), HOUR);
        assert!(!wall.is_set_to(HOUR - 99_999) && wall.is_set_to(HOUR - 100_000));
    }

    #[test]
    fn only_the_last_settings_of_the_wall_clock_are_kept() {
        const SECOND: i64 = 1_000_000;
        let mut wall = WallClock::default();
        for number in 1..=1_000 {
            wall.note(Time(number * 10), number * SECOND);
        }
        assert_eq!(wall.set.len(), MAX_SETTINGS);
        assert_eq!(wall.ahead(), 1_000 * SECOND);
        assert_eq!(wall.at(Time(9_990)), Time(9_990 + 999 * SECOND));
        // Times before the oldest remembered setting are converted with the last forgotten one.
        assert_eq!(wall.at(Time(9_360)), Time(9_360 + 936 * SECOND));
        assert_eq!(wall.at(Time(5)), Time(5 + 936 * SECOND));
    }
}
