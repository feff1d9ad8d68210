//! Watches a replica's link to its primary. The replica receives all messages over this link.
//!
//! A replica that is cut off from its primary keeps its clients, and usually accepts new
//! subscriptions; only INFO reveals the broken link.
//! (<https://redis.io/docs/latest/commands/info/>)

use std::time::Duration;

use crate::message::{GapReason, Time};

/// State of a replica's link to its primary. Empty if the server is not a replica.
#[derive(Debug, Default)]
pub(super) struct Upstream {
    last_up: Option<Up>,
    is_cut: bool,
}

/// A report that the link is up.
#[derive(Debug)]
struct Up {
    /// When the query was sent, minus the time since the primary last sent anything.
    asked: Time,
    /// The id of the primary's replication history. It changes if the primary is replaced or
    /// restarted.
    history: Box<str>,
}

/// A change of the link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// The link is broken, or was broken for a while.
    Cut {
        /// The time up to which the replica certainly passed on all messages.
        last_heard: Time,
        /// The reason, as far as it is known.
        reason: GapReason,
    },
    /// The replica passes on all messages again.
    Restored,
}

impl Upstream {
    /// Records the replication state of the server, queried at `asked`.
    pub(super) fn note(&mut self, info: &str, asked: Time) -> Vec<Change> {
        if field(info, "role") != Some("slave") {
            return self.forget();
        }
        if field(info, "master_link_status") != Some("up") {
            return self.note_down(asked);
        }
        let history = field(info, "master_replid").unwrap_or_default();
        let mut changes = Vec::new();
        if let Some(up) = &self.last_up
            && *up.history != *history
            && !self.is_cut
        {
            changes.push(Change::Cut {
                last_heard: up.asked,
                reason: GapReason::PrimaryChanged,
            });
            self.is_cut = true;
        }
        changes.extend(self.restore());
        // The link stays up for a long time after the primary has fallen silent.
        let silence = field(info, "master_last_io_seconds_ago").and_then(|text| text.parse().ok());
        let silence = Duration::from_secs(silence.unwrap_or(0_u64));
        self.last_up = Some(Up {
            asked: asked.before(silence),
            history: history.into(),
        });
        changes
    }

    /// Forgets the state, which can no longer be queried.
    pub(super) fn forget(&mut self) -> Vec<Change> {
        self.last_up = None;
        self.restore().into_iter().collect()
    }

    fn note_down(&mut self, asked: Time) -> Vec<Change> {
        if std::mem::replace(&mut self.is_cut, true) {
            return Vec::new();
        }
        vec![Change::Cut {
            last_heard: self.last_up.as_ref().map_or(asked, |up| up.asked),
            reason: GapReason::PrimaryLinkDown,
        }]
    }

    fn restore(&mut self) -> Option<Change> {
        std::mem::take(&mut self.is_cut).then_some(Change::Restored)
    }
}

/// Returns a field from the answer to INFO.
pub(super) fn field<'a>(info: &'a str, name: &str) -> Option<&'a str> {
    info.lines()
        .find_map(|line| line.trim_end().strip_prefix(name)?.strip_prefix(':'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000;

    fn replica(link: &str, history: &str, silence: i64) -> String {
        format!(
            "# Replication\r\nrole:slave\r\nmaster_link_status:{link}\r\n\
             master_last_io_seconds_ago:{silence}\r\nmaster_replid:{history}\r\n"
        )
    }

    fn cut(seconds: i64, reason: GapReason) -> Change {
        let last_heard = Time(seconds * SECOND);
        Change::Cut { last_heard, reason }
    }

    #[test]
    fn a_broken_link_counts_as_cut_since_it_was_last_up() {
        let mut upstream = Upstream::default();
        let mut note = |info: &str, seconds: i64| upstream.note(info, Time(seconds * SECOND));
        assert_eq!(note(&replica("up", "a", 0), 10), []);
        assert_eq!(note(&replica("up", "a", 3), 20), []);
        let down = replica("down", "a", -1);
        assert_eq!(note(&down, 25), [cut(17, GapReason::PrimaryLinkDown)]);
        assert_eq!(note(&down, 30), []);
        // The link was already down, so a new history makes no difference.
        assert_eq!(note(&replica("up", "b", 0), 35), [Change::Restored]);
        assert_eq!(note(&replica("up", "b", 0), 40), []);
    }

    #[test]
    fn a_new_history_is_a_cut_that_has_ended() {
        let mut upstream = Upstream::default();
        let mut note = |info: &str, seconds: i64| upstream.note(info, Time(seconds * SECOND));
        assert_eq!(note(&replica("up", "a", 0), 10), []);
        let changes = note(&replica("up", "b", 0), 15);
        let other = cut(10, GapReason::PrimaryChanged);
        assert_eq!(changes, [other, Change::Restored]);
    }

    #[test]
    fn a_server_that_is_not_a_replica_is_never_cut_off() {
        let mut upstream = Upstream::default();
        let down = replica("down", "a", -1);
        assert_eq!(upstream.note("role:master\r\n", Time(5)), []);
        assert_eq!(upstream.note(&down, Time(SECOND)).len(), 1);
        let changes = upstream.note("role:master\r\n", Time(5));
        assert_eq!(changes, [Change::Restored]);
        assert_eq!(upstream.note("", Time(5)), []);
    }
}
