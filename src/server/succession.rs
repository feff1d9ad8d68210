//! When one master took over from another, by what both say of their replication.
//!
//! Sentinels notice a promotion late, and tell one another later still. But a replica that takes
//! over keeps the offset at which it left its master's history, and a master that had not got so
//! far was still followed.
//! (<https://redis.io/docs/latest/commands/info/>: `master_replid2`, `second_repl_offset`)

use std::collections::VecDeque;

use super::upstream::field;
use crate::message::Time;

/// So many times are kept: an hour and more of them.
const KEPT: usize = 1 << 12;

/// How far a master had written its history, and when.
#[derive(Debug, Default)]
pub(super) struct Progress {
    /// Names the history.
    history: Box<str>,
    /// The offsets that it had, each with the last time at which it was asked and had no other.
    reached: VecDeque<(Time, u64)>,
}

impl Progress {
    /// Takes in what the master, asked at this time, says of its replication.
    pub(super) fn note(&mut self, info: &str, asked: Time) {
        let (Some(history), Some(offset)) = (
            field(info, "master_replid"),
            number(info, "master_repl_offset"),
        ) else {
            return;
        };
        if *self.history != *history {
            self.history = history.into();
            self.reached.clear();
        }
        if self.reached.back().is_some_and(|(_, last)| *last == offset) {
            self.reached.pop_back();
        } else if self.reached.len() == KEPT {
            self.reached.pop_front();
        }
        self.reached.push_back((asked, offset));
    }

    /// Until when the master was certainly followed by its heir, which says `info` of its
    /// replication: since `began` if that was before all that is known here. Nothing if the heir
    /// does not tell.
    pub(super) fn followed_until(&self, info: &str, began: Time) -> Option<Time> {
        let left = number(info, "second_repl_offset")?;
        if field(info, "master_replid2") != Some(&*self.history) {
            return None;
        }
        // The first byte that the heir has not is the one at that offset. It has the one after
        // what was reached here: so it got that one later.
        let is_followed = |(_, offset): &&(Time, u64)| *offset + 1 < left;
        let last = self.reached.iter().rev().find(is_followed);
        Some(last.map_or(began, |(asked, _)| *asked))
    }
}

fn number(info: &str, name: &str) -> Option<u64> {
    field(info, name)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn master(history: &str, offset: u64) -> String {
        format!("role:master\r\nmaster_replid:{history}\r\nmaster_repl_offset:{offset}\r\n")
    }

    fn heir(of: &str, offset: i64) -> String {
        format!("role:master\r\nmaster_replid2:{of}\r\nsecond_repl_offset:{offset}\r\n")
    }

    #[test]
    fn an_heir_has_followed_until_bytes_were_written_that_it_has() {
        let mut progress = Progress::default();
        for (time, offset) in [(1, 10), (2, 20), (3, 20), (4, 30)] {
            progress.note(&master("a", offset), Time(time));
        }
        let until = |offset| progress.followed_until(&heir("a", offset), Time(0));
        assert_eq!(until(50), Some(Time(4)));
        assert_eq!(until(32), Some(Time(4)));
        // It has no byte beyond the 30th, and may have left right after that.
        assert_eq!(until(31), Some(Time(3)));
        assert_eq!(until(21), Some(Time(1)));
        assert_eq!(until(11), Some(Time(0)));
        assert_eq!(until(-1), None);
        assert_eq!(progress.followed_until(&heir("b", 50), Time(0)), None);
        assert_eq!(progress.followed_until("role:master\r\n", Time(0)), None);
    }

    #[test]
    fn another_history_begins_anew() {
        let mut progress = Progress::default();
        progress.note(&master("a", 10), Time(1));
        progress.note(&master("b", 5), Time(2));
        progress.note("", Time(3));
        assert_eq!(progress.followed_until(&heir("a", 50), Time(0)), None);
        assert_eq!(
            progress.followed_until(&heir("b", 50), Time(0)),
            Some(Time(2))
        );
    }
}
