//! The periods in which a subscription received everything.

use crate::message::Time;

/// The maximum number of periods remembered per subscription.
const MOST: usize = 16;

/// The periods in which nothing was missed, oldest first.
#[derive(Debug, Default)]
pub struct ListeningPeriods(Vec<Period>);

#[derive(Debug)]
struct Period {
    from: Time,
    /// The end; `None` while the period continues.
    to: Option<Time>,
}

impl ListeningPeriods {
    /// Starts a period at `time`, ending the current one.
    pub fn begin(&mut self, time: Time) {
        if let Some(last) = self.0.last_mut() {
            last.to.get_or_insert(time);
        }
        if self.0.len() >= MOST {
            self.0.remove(0);
        }
        self.0.push(Period {
            from: time,
            to: None,
        });
    }

    /// Ends the periods that include `time` at that time: messages after it may be missing.
    pub fn end(&mut self, time: Time) {
        for period in self.0.iter_mut().filter(|period| period.from <= time) {
            period.to = Some(period.to.map_or(time, |to| to.min(time)));
        }
    }

    /// Records that messages between `from` and `to` are missing.
    pub fn miss(&mut self, from: Time, to: Time) {
        let is_open = self.0.last().is_some_and(|last| last.to.is_none());
        self.end(from);
        self.0
            .retain(|period| period.from <= from || period.from > to);
        if is_open && self.0.last().is_none_or(|last| last.to.is_some()) {
            self.begin(to);
        }
    }

    /// Starts a new period at `time` if the last one has ended.
    pub fn resume(&mut self, time: Time) {
        if self.0.last().is_some_and(|last| last.to.is_some()) {
            self.begin(time);
        }
    }

    /// Returns the start of the period that includes `time`, or `None` if messages may have been
    /// missed then.
    pub fn since(&self, time: Time) -> Option<Time> {
        let includes =
            |period: &&Period| period.from <= time && period.to.is_none_or(|to| time <= to);
        self.0.iter().rfind(includes).map(|period| period.from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_received_from_the_start_of_a_period() {
        let mut periods = ListeningPeriods::default();
        periods.resume(Time(1));
        assert_eq!(periods.since(Time(5)), None);
        periods.begin(Time(10));
        periods.end(Time(50));
        periods.resume(Time(60));
        let since = [5, 10, 49, 55, 60, 99].map(|time| periods.since(Time(time)));
        let [early, late] = [Some(Time(10)), Some(Time(60))];
        assert_eq!(since, [None, early, early, None, late, late]);
        // A gap may turn out to have begun earlier.
        periods.end(Time(30));
        assert_eq!(periods.since(Time(40)), None);
        assert_eq!(periods.since(Time(70)), late);
        periods.begin(Time(80));
        periods.miss(Time(75), Time(90));
        let since = [74, 78, 85, 90].map(|time| periods.since(Time(time)));
        assert_eq!(since, [late, None, None, Some(Time(90))]);
        for time in 100..200 {
            periods.begin(Time(time));
        }
        assert_eq!(periods.0.len(), MOST);
    }
}
