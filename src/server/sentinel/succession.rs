//! Determines when one master took over from another, from the replication state of both.
//!
//! Sentinels notice a promotion late, and tell each other even later. But a promoted replica
//! remembers the offset at which it left its master's history. It therefore followed the master at
//! least until the master reached that offset. (<https://redis.io/docs/latest/commands/info/>:
//! `master_replid2`, `second_repl_offset`)

use std::collections::VecDeque;

use crate::message::Time;
use crate::server::replication::field;

/// Maximum number of entries kept, enough for more than an hour.
const KEPT: usize = 1 << 12;

/// The replication offsets of a master over time.
#[derive(Debug, Default)]
pub(super) struct OffsetHistory {
    /// The id of the replication history.
    history: Box<str>,
    /// The offsets, each with the time of the last query that returned it.
    reached: VecDeque<(Time, u64)>,
}

impl OffsetHistory {
    /// Records the master's replication state, queried at `asked`.
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

    /// Returns the time until which the master was certainly followed by its successor, whose
    /// replication state is `info`. Returns `began` if the successor left before any recorded
    /// offset, or `None` if `info` does not tell when it left.
    pub(super) fn followed_until(&self, info: &str, began: Time) -> Option<Time> {
        let left = number(info, "second_repl_offset")?;
        if field(info, "master_replid2") != Some(&*self.history) {
            return None;
        }
        // `left` is the first offset that the successor does not have. If the successor has the
        // byte after `offset`, it received that byte after the master had reported `offset`.
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

    fn successor(master: &str, offset: i64) -> String {
        format!("role:master\r\nmaster_replid2:{master}\r\nsecond_repl_offset:{offset}\r\n")
    }

    #[test]
    fn a_successor_followed_until_the_bytes_it_has_were_written() {
        let mut offsets = OffsetHistory::default();
        for (time, offset) in [(1, 10), (2, 20), (3, 20), (4, 30)] {
            offsets.note(&master("a", offset), Time(time));
        }
        let until = |offset| offsets.followed_until(&successor("a", offset), Time(0));
        assert_eq!(until(50), Some(Time(4)));
        assert_eq!(until(32), Some(Time(4)));
        // The last byte that the successor has is the 30th, and it may have left right after
        // receiving it.
        assert_eq!(until(31), Some(Time(3)));
        assert_eq!(until(21), Some(Time(1)));
        assert_eq!(until(11), Some(Time(0)));
        assert_eq!(until(-1), None);
        assert_eq!(offsets.followed_until(&successor("b", 50), Time(0)), None);
        assert_eq!(offsets.followed_until("role:master\r\n", Time(0)), None);
    }

    #[test]
    fn a_new_history_starts_over() {
        let mut offsets = OffsetHistory::default();
        offsets.note(&master("a", 10), Time(1));
        offsets.note(&master("b", 5), Time(2));
        offsets.note("", Time(3));
        assert_eq!(offsets.followed_until(&successor("a", 50), Time(0)), None);
        let until = offsets.followed_until(&successor("b", 50), Time(0));
        assert_eq!(until, Some(Time(2)));
    }
}
