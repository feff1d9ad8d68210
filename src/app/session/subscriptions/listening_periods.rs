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

    /// Ends periods at `time`, from which messages may be missing. Periods that began later
    /// continue.
    pub fn end(&mut self, time: Time) {
        for stretch in self.0.iter_mut().filter(|stretch| stretch.from <= time) {
            stretch.to = Some(stretch.to.map_or(time, |to| to.min(time)));
        }
    }

    /// Records that messages between these times are missing.
    pub fn miss(&mut self, from: Time, to: Time) {
        let goes_on = self.0.last().is_some_and(|last| last.to.is_none());
        self.end(from);
        self.0.retain(|one| one.from <= from || one.from > to);
        if goes_on && self.0.last().is_none_or(|last| last.to.is_some()) {
            self.begin(to);
        }
    }

    /// Starts a period at `time` if there was one before and none is open.
    pub fn resume(&mut self, time: Time) {
        if self.0.last().is_some_and(|last| last.to.is_some()) {
            self.begin(time);
        }
    }

    /// Returns the time from which nothing up to `time` was missed; `None` if something may be
    /// missing right before it.
    pub fn since(&self, time: Time) -> Option<Time> {
        let holds =
            |stretch: &&Period| stretch.from <= time && stretch.to.is_none_or(|to| time <= to);
        self.0.iter().rfind(holds).map(|stretch| stretch.from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_is_known_back_to_where_hearing_began() {
        let mut heard = ListeningPeriods::default();
        heard.resume(Time(1));
        assert_eq!(heard.since(Time(5)), None);
        heard.begin(Time(10));
        heard.end(Time(50));
        heard.resume(Time(60));
        let since = [5, 10, 49, 55, 60, 99].map(|time| heard.since(Time(time)));
        let [early, late] = [Some(Time(10)), Some(Time(60))];
        assert_eq!(since, [None, early, early, None, late, late]);
        // A gap may turn out to have begun earlier.
        heard.end(Time(30));
        assert_eq!(heard.since(Time(40)), None);
        assert_eq!(heard.since(Time(70)), late);
        heard.begin(Time(80));
        heard.miss(Time(75), Time(90));
        let since = [74, 78, 85, 90].map(|time| heard.since(Time(time)));
        assert_eq!(since, [late, None, None, Some(Time(90))]);
        for time in 100..200 {
            heard.begin(Time(time));
        }
        assert_eq!(heard.0.len(), MOST);
    }
}
