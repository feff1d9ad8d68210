//! Message counts per second over the last minute.

use crate::message::Time;

/// The length of a history, in seconds.
const HISTORY_SECONDS: usize = 60;

/// [`HISTORY_SECONDS`] as an `i64`, for arithmetic with timestamps.
const HELD: i64 = 60;

/// The length of a cell of a sparkline, in seconds.
const CELL_SECONDS: i64 = 2;

/// The period over which a rate is averaged, in seconds: long enough to be steady, yet current.
const RATE_SECONDS: u32 = 5;

/// Messages per second over the last minute.
#[derive(Clone, Debug)]
pub struct History {
    /// A ring buffer: the count for second `s` since the epoch is at index `s % 60`.
    counts: [u32; HISTORY_SECONDS],
    /// The newest second in the ring.
    newest: i64,
    /// When the last message arrived.
    last: Time,
    /// The second of the first message: rates do not include seconds before it.
    since: i64,
}

impl History {
    /// Creates an empty history that starts at `time`.
    pub fn starting_at(time: Time) -> Self {
        Self {
            counts: [0; HISTORY_SECONDS],
            newest: time.second(),
            last: time,
            since: time.second(),
        }
    }

    /// Creates the history of a single message that arrived at `time`.
    pub fn of_one(time: Time) -> Self {
        let mut history = Self::starting_at(time);
        history.add(time, 1);
        history
    }

    /// Adds `messages` that arrived at `time`.
    pub fn add(&mut self, time: Time, messages: u32) {
        self.last = self.last.max(time);
        // Messages older than the newest second are counted in the newest second.
        self.go_on_to(time.second());
        self.count_one(self.newest, messages);
    }

    /// Starts the seconds up to `second`.
    fn go_on_to(&mut self, second: i64) {
        if second - self.newest > HELD {
            self.counts = [0; HISTORY_SECONDS];
        } else {
            for passed in self.newest + 1..=second {
                self.counts[slot(passed)] = 0;
            }
        }
        self.newest = self.newest.max(second);
    }

    fn count_one(&mut self, second: i64, messages: u32) {
        let count = &mut self.counts[slot(second)];
        *count = count.saturating_add(messages);
    }

    /// Adds the messages of another history.
    pub fn absorb(&mut self, other: &Self) {
        self.go_on_to(other.newest);
        self.last = self.last.max(other.last);
        self.since = self.since.min(other.since);
        // Most channels are young or silent, so that few of their seconds are held here.
        let first = other.since.max(self.newest - HELD + 1);
        // Both rings have a second in the same slot.
        let mut at = slot(first);
        for _ in first..=other.newest {
            self.counts[at] = self.counts[at].saturating_add(other.counts[at]);
            at = (at + 1) % HISTORY_SECONDS;
        }
    }

    /// Adds a single message that arrived at `time`, as [`History::absorb`] does.
    pub fn absorb_one(&mut self, time: Time) {
        let second = time.second();
        self.go_on_to(second);
        self.last = self.last.max(time);
        self.since = self.since.min(second);
        if self.newest - second < HELD {
            self.count_one(second, 1);
        }
    }

    /// Returns when the last message arrived.
    pub fn last(&self) -> Time {
        self.last
    }

    /// Returns the message count of the second that is `ago` seconds before that of `now`.
    pub fn count(&self, now: Time, ago: usize) -> u32 {
        let ago = i64::try_from(ago).unwrap_or(HELD);
        self.count_in(now.second().max(self.newest) - ago)
    }

    /// Returns the messages per second over the last five whole seconds before `now`, or since the
    /// first message if that is more recent.
    pub fn rate(&self, now: Time) -> f64 {
        let age = u32::try_from(now.second() - self.since).unwrap_or(0);
        if age == 0 {
            return f64::from(self.count(now, 0));
        }
        let seconds = age.min(RATE_SECONDS);
        let counts = (1..=seconds).map(|ago| f64::from(self.count(now, ago as usize)));
        counts.sum::<f64>() / f64::from(seconds)
    }

    /// Returns whether the rate at `now` is averaged over the full five seconds, rather than only
    /// over the time since the first message.
    pub fn has_full_rate(&self, now: Time) -> bool {
        now.second() - self.since >= i64::from(RATE_SECONDS)
    }

    /// Returns what [`History::rate`] returns for a single message that arrived at `time`.
    pub fn rate_of_one(time: Time, now: Time) -> f64 {
        match u32::try_from(now.second() - time.second()).unwrap_or(0) {
            0 => 1.0,
            age if age <= RATE_SECONDS => 1.0 / f64::from(age),
            _ => 0.0,
        }
    }

    /// Returns the message counts of the last `cells` cells of two seconds each, oldest first;
    /// `None` for cells before the first message. The boundaries of the cells do not shift as time
    /// passes.
    pub fn cells(&self, now: Time, cells: usize) -> Vec<Option<u32>> {
        let newest = now.second().max(self.newest);
        let last = newest.div_euclid(CELL_SECONDS);
        let cell = |ago: usize| {
            let first = (last - i64::try_from(ago).unwrap_or(HELD)) * CELL_SECONDS;
            let seconds = first..first + CELL_SECONDS;
            let is_before = seconds.end <= self.since;
            let counts = seconds.map(|second| self.count_in(second));
            (!is_before).then(|| counts.fold(0, u32::saturating_add))
        };
        (0..cells).rev().map(cell).collect()
    }

    /// Returns the message count of `second`, or 0 if it is outside the history.
    fn count_in(&self, second: i64) -> u32 {
        let is_held = second <= self.newest && self.newest - second < HELD;
        if is_held {
            self.counts[slot(second)]
        } else {
            0
        }
    }
}

fn slot(second: i64) -> usize {
    usize::try_from(second.rem_euclid(HELD)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Time {
        Time(second * 1_000_000)
    }

    #[test]
    fn rate_is_the_mean_of_the_last_whole_seconds() {
        let mut history = History::starting_at(at(100));
        for second in 100..110 {
            history.add(at(second), 20);
        }
        assert!((history.rate(at(110)) - 20.0).abs() < 1e-9);
        assert!((history.rate(at(112)) - 12.0).abs() < 1e-9);
        assert!(history.rate(at(116)).abs() < 1e-9);
    }

    #[test]
    fn the_rate_of_a_new_channel_covers_only_its_lifetime() {
        let mut history = History::starting_at(at(100));
        history.add(at(100), 7);
        assert!((history.rate(at(100)) - 7.0).abs() < 1e-9);
        assert!((history.rate(at(101)) - 7.0).abs() < 1e-9);
    }

    #[test]
    fn the_rate_of_one_message_matches_its_history() {
        for second in 100..110 {
            let expected = History::of_one(at(100)).rate(at(second));
            assert!((History::rate_of_one(at(100), at(second)) - expected).abs() < 1e-9);
        }
    }

    #[test]
    fn cells_of_two_seconds_cover_the_last_minute_and_are_unknown_before_the_first_message() {
        let mut history = History::starting_at(at(100));
        history.add(at(100), 3);
        history.add(at(101), 4);
        history.add(at(104), 5);
        assert_eq!(history.cells(at(105), 4), [None, Some(7), Some(0), Some(5)]);
        assert_eq!(history.cells(at(106), 3), [Some(0), Some(5), Some(0)]);
        let minute = history.cells(at(159), 30);
        assert_eq!((minute[0], minute[2]), (Some(7), Some(5)));
        assert_eq!(history.cells(at(160), 30)[0], Some(0), "a minute ago");
        history.add(at(400), 1);
        assert_eq!(history.cells(at(400), 2), [Some(0), Some(1)]);
    }

    #[test]
    fn the_sum_of_histories_has_their_messages_in_each_second() {
        let mut sum = History::starting_at(at(100));
        let mut early = History::starting_at(at(30));
        early.add(at(30), 7);
        early.add(at(60), 2);
        let mut late = History::starting_at(at(99));
        late.add(at(99), 5);
        late.add(at(101), 3);
        sum.absorb(&late);
        sum.absorb(&early);
        assert_eq!(
            [101, 100, 99, 60, 30].map(|second| sum.count(at(101), 101 - second)),
            [3, 0, 5, 2, 0]
        );
        assert!((sum.rate(at(104)) - 1.6).abs() < 1e-9);
    }

    #[test]
    fn one_message_is_absorbed_like_its_history() {
        for second in [20, 40, 41, 100, 101, 130, 161, 300] {
            let mut sum = History::starting_at(at(100));
            sum.add(at(100), 2);
            let mut expected = sum.clone();
            sum.absorb_one(at(second));
            expected.absorb(&History::of_one(at(second)));
            let counts = |history: &History| {
                let minute =
                    (0..HISTORY_SECONDS).map(|ago| history.count(at(second.max(100)), ago));
                (minute.collect::<Vec<_>>(), history.last(), history.since)
            };
            assert_eq!(counts(&sum), counts(&expected), "{second}");
        }
    }

    #[test]
    fn setting_the_clock_back_loses_no_messages() {
        let mut history = History::starting_at(at(100));
        history.add(at(100), 1);
        history.add(at(40), 1);
        assert_eq!(history.count(at(100), 0), 2);
        assert_eq!(history.count(at(40), 0), 2);
    }
}
