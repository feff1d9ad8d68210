//! Tracks the time up to which everything that the server sent was received.
//!
//! A read shows when bytes were read, not when they arrived: the program may have been suspended or
//! the computer asleep, and the server may have closed the connection in the meantime. So a read
//! counts only if it left nothing unread, and only after more data has arrived. If the server
//! itself lags behind, only the answer to a PING proves that everything sent before the PING was
//! received.

use std::time::Duration;

use crate::message::Time;

/// If a connection ends this soon after a read, it may have ended before the read. An answer to a
/// PING within this time shows that incoming data is current.
const PROMPT: Duration = Duration::from_millis(300);

/// What the reads and answers of one connection prove about its data.
#[derive(Debug)]
pub(super) struct Freshness {
    /// When the last read that returned data started.
    pub(super) last_read: Time,
    /// Everything that had arrived by this time was read, and more data arrived later.
    certain: Time,
    /// Everything sent before this time was received, because a PING sent at this time was
    /// answered.
    proven: Time,
    /// The time from which incoming data may be old; `None` if it is current.
    behind_since: Option<Time>,
}

/// A read that returned data.
#[derive(Clone, Copy, Debug)]
pub(super) struct Read {
    /// When the read started.
    pub(super) begun: Time,
    /// Whether the socket was empty at some point since the previous read.
    pub(super) has_waited: bool,
    /// Whether the read returned so much that the data must have been waiting.
    pub(super) is_backlog: bool,
}

impl Freshness {
    /// Creates the state of a connection established at `now`.
    pub(super) fn new(now: Time) -> Self {
        Self {
            last_read: now,
            certain: now,
            proven: Time::default(),
            behind_since: None,
        }
    }

    /// Records a read.
    pub(super) fn note_read(&mut self, read: Read) {
        if read.has_waited {
            self.certain = self.last_read;
        }
        if read.is_backlog {
            self.note_lag();
        }
        self.last_read = read.begun;
    }

    /// Records that incoming data may be old from now on.
    pub(super) fn note_lag(&mut self) {
        self.behind_since.get_or_insert(self.certain);
    }

    /// Records the answer to the PING sent at `asked`.
    pub(super) fn note_pong(&mut self, asked: Time, now: Time) {
        self.proven = asked;
        if now.since(asked) <= PROMPT {
            self.behind_since = None;
        }
    }

    /// Returns whether incoming data may be old.
    pub(super) fn is_behind(&self) -> bool {
        self.behind_since.is_some()
    }

    /// Returns the time up to which everything sent was certainly received. Once the server has
    /// closed the connection, [`Self::heard_until_close`] may return a later time.
    pub(super) fn heard_until(&self) -> Time {
        self.received_until(self.certain)
    }

    /// Returns the time up to which everything sent was received, after the server has closed the
    /// connection. The last read counts only if the socket was empty between that read and
    /// `waited_until`, when the end was noticed: a program that is suspended right after the read
    /// does not see the socket empty. Some time must also have passed since the read, because the
    /// runtime may report an empty socket based on what it knew before the read.
    pub(super) fn heard_until_close(&self, waited_until: Option<Time>) -> Time {
        if waited_until.is_some_and(|until| until.since(self.last_read) > PROMPT) {
            self.received_until(self.last_read)
        } else {
            self.heard_until()
        }
    }

    /// Returns the time up to which everything sent was received, if the reads prove this up to
    /// `last`.
    fn received_until(&self, last: Time) -> Time {
        let last = self.behind_since.map_or(last, |since| since.min(last));
        last.max(self.proven)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MILLISECOND: i64 = 1000;

    fn at(milliseconds: i64) -> Time {
        Time(milliseconds * MILLISECOND)
    }

    fn read(milliseconds: i64) -> Read {
        Read {
            begun: at(milliseconds),
            has_waited: true,
            is_backlog: false,
        }
    }

    /// Returns a connection with a read every 10 ms until 100 ms.
    fn steady() -> Freshness {
        let mut freshness = Freshness::new(at(0));
        for time in 1..=10 {
            freshness.note_read(read(time * 10));
        }
        freshness
    }

    #[test]
    fn a_read_right_before_the_end_does_not_count() {
        // The program is suspended from 105 to 1105 ms, and the server closes the connection in the
        // meantime.
        let mut freshness = steady();
        freshness.note_read(read(1105));
        // When the end is noticed does not matter: there was no long wait between the read and the
        // end.
        assert_eq!(freshness.heard_until_close(None), at(100));
        assert_eq!(freshness.heard_until_close(Some(at(1106))), at(100));
    }

    #[test]
    fn reads_without_a_wait_between_them_count_as_one() {
        let mut freshness = steady();
        freshness.note_read(read(1105));
        for time in [1106, 1107, 1108] {
            freshness.note_read(Read {
                has_waited: false,
                ..read(time)
            });
        }
        assert_eq!(freshness.heard_until_close(None), at(100));
        freshness.note_read(read(1110));
        assert_eq!(freshness.heard_until_close(None), at(1108));
    }

    #[test]
    fn a_read_long_before_the_end_counts_unless_the_peer_fell_silent() {
        let freshness = steady();
        assert_eq!(freshness.heard_until_close(Some(at(500))), at(100));
        assert_eq!(freshness.heard_until_close(Some(at(399))), at(90));
        // For a peer that fell silent, it is unknown when the connection broke.
        assert_eq!(freshness.heard_until(), at(90));
    }

    #[test]
    fn an_answered_ping_proves_everything_before_it_was_sent() {
        let mut freshness = steady();
        freshness.note_read(read(200));
        freshness.note_pong(at(195), at(200));
        assert_eq!(freshness.heard_until_close(None), at(195));
        assert_eq!(freshness.heard_until_close(Some(at(900))), at(200));
    }

    #[test]
    fn a_backlog_proves_nothing_until_a_ping_is_answered_promptly() {
        let mut freshness = steady();
        for time in [1100, 1101, 1102] {
            freshness.note_read(Read {
                is_backlog: true,
                ..read(time)
            });
        }
        freshness.note_read(read(2000));
        assert!(freshness.is_behind());
        assert_eq!(freshness.heard_until_close(Some(at(3000))), at(100));
        freshness.note_pong(at(1500), at(2000));
        assert!(freshness.is_behind());
        assert_eq!(freshness.heard_until_close(Some(at(3000))), at(1500));
        freshness.note_pong(at(1900), at(2000));
        assert!(!freshness.is_behind());
        assert_eq!(freshness.heard_until_close(Some(at(3000))), at(2000));
    }
}
