//! Requests in the order in which they came, found by their ids.

use std::collections::VecDeque;
use std::sync::Arc;

use hashbrown::HashMap;

use crate::analysis::pair::Unanswered;
use crate::analysis::watched::Message;
use crate::message::{RowId, Time};

/// The most requests that wait for a reply.
pub const MOST_WAITING: usize = 100_000;

/// The most that are kept, those that were answered counted.
const MOST_KEPT: usize = 2 * MOST_WAITING;

/// How many of the newest stay although they were answered when room is made.
const ANSWERED_KEPT: usize = MOST_WAITING / 10;

/// What a reply answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answered {
    /// A request that has waited for it.
    Now {
        /// Its row.
        row: RowId,
        /// When it came.
        time: Time,
    },
    /// A request that was answered already.
    Before,
    /// No request that is known.
    Never,
}

/// Requests, a bounded number.
#[derive(Debug, Default)]
pub struct Requests {
    /// Oldest first.
    kept: VecDeque<Request>,
    /// The number of each of `kept`, counted from the first that was ever kept.
    by_id: HashMap<Arc<[u8]>, u64>,
    /// The number of the first of `kept`.
    first: u64,
    waiting: usize,
    forgotten: u64,
    id_bytes: usize,
}

#[derive(Debug)]
struct Request {
    id: Arc<[u8]>,
    row: RowId,
    time: Time,
    /// How often messages may have been lost before it came.
    breaks: u64,
    waits: bool,
}

impl Request {
    /// Whether messages may have been lost since: more often than before it, or until a time that
    /// is not before it.
    fn is_before_gap(&self, breaks: u64, gap_until: Option<Time>) -> bool {
        self.breaks != breaks || gap_until.is_some_and(|until| self.time <= until)
    }
}

impl Requests {
    /// Has a request wait for its reply. Says whether none of this id waits already.
    pub fn add(&mut self, id: &[u8], request: &Message<'_>) -> bool {
        if self.find(id).is_some_and(|request| request.waits) {
            return false;
        }
        if self.kept.len() >= MOST_KEPT {
            self.make_room();
        }
        while self.waiting >= MOST_WAITING {
            self.forget_oldest();
        }
        let id: Arc<[u8]> = id.into();
        let number = self.first + self.kept.len() as u64;
        // Of an id that comes again the older request stays kept without a way to it.
        self.by_id.insert(Arc::clone(&id), number);
        self.id_bytes += id.len();
        self.waiting += 1;
        self.kept.push_back(Request {
            id,
            row: request.row,
            time: request.time,
            breaks: request.breaks,
            waits: true,
        });
        true
    }

    /// Answers the request `id`.
    pub fn answer(&mut self, id: &[u8]) -> Answered {
        let Some(request) = self.find(id) else {
            return Answered::Never;
        };
        if !request.waits {
            return Answered::Before;
        }
        request.waits = false;
        let (row, time) = (request.row, request.time);
        self.waiting -= 1;
        Answered::Now { row, time }
    }

    /// The requests that wait, oldest first. Messages may have been lost so many times until now,
    /// and until `gap_until` at last.
    pub fn unanswered(
        &self,
        breaks: u64,
        gap_until: Option<Time>,
    ) -> impl Iterator<Item = Unanswered> {
        let waiting = self.kept.iter().filter(|request| request.waits);
        waiting.map(move |request| Unanswered {
            is_before_gap: request.is_before_gap(breaks, gap_until),
            row: request.row,
            time: request.time,
            id: Arc::clone(&request.id),
        })
    }

    /// How many wait.
    pub fn waiting(&self) -> u64 {
        self.waiting as u64
    }

    /// How many were forgotten while they waited.
    pub fn forgotten(&self) -> u64 {
        self.forgotten
    }

    /// The bytes that they take.
    pub fn size(&self) -> usize {
        let requests = self.kept.capacity() * size_of::<Request>();
        let index = self.by_id.capacity() * size_of::<(Arc<[u8]>, u64)>();
        // Each id has two counts before it.
        requests + index + self.id_bytes + self.kept.len() * size_of::<[usize; 2]>()
    }

    fn find(&mut self, id: &[u8]) -> Option<&mut Request> {
        let index = self.by_id.get(id)?.checked_sub(self.first)?;
        self.kept.get_mut(usize::try_from(index).ok()?)
    }

    /// Lets go of the oldest, until that was one that waited.
    fn forget_oldest(&mut self) {
        while let Some(request) = self.kept.pop_front() {
            self.drop_index(&request.id);
            self.id_bytes -= request.id.len();
            self.first += 1;
            if request.waits {
                self.waiting -= 1;
                self.forgotten += 1;
                return;
            }
        }
    }

    /// Takes the way to the first request out, unless it leads to a newer one of the same id.
    fn drop_index(&mut self, id: &[u8]) {
        if self.by_id.get(id) == Some(&self.first) {
            self.by_id.remove(id);
        }
    }

    /// Lets go of those that were answered, but for the newest.
    fn make_room(&mut self) {
        let newest = self.kept.len().saturating_sub(ANSWERED_KEPT);
        let mut index = 0;
        self.kept.retain(|request| {
            index += 1;
            request.waits || index > newest
        });
        self.by_id.clear();
        self.first = 0;
        for (number, request) in (0..).zip(&self.kept) {
            self.by_id.insert(Arc::clone(&request.id), number);
        }
        self.id_bytes = self.kept.iter().map(|request| request.id.len()).sum();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payload::lookup::Lookup;

    fn id(number: usize) -> [u8; 8] {
        number.to_le_bytes()
    }

    fn at(row: usize) -> Message<'static> {
        Message {
            row: RowId(row as u64),
            time: Time(0),
            payload: b"",
            lookup: Box::leak(Box::new(Lookup::new(b"", None))),
            size: 0,
            breaks: 0,
        }
    }

    #[test]
    fn the_longest_waiting_are_forgotten_first() {
        let mut requests = Requests::default();
        for number in 0..MOST_WAITING + 5 {
            requests.add(&id(number), &at(number));
        }
        assert_eq!(requests.waiting(), MOST_WAITING as u64);
        assert_eq!(requests.forgotten(), 5);
        assert_eq!(requests.answer(&id(4)), Answered::Never);
        assert!(matches!(requests.answer(&id(5)), Answered::Now { .. }));
        assert_eq!(requests.answer(&id(5)), Answered::Before);
        let oldest = requests
            .unanswered(0, None)
            .next()
            .map(|request| request.row);
        assert_eq!(oldest, Some(RowId(6)));
    }

    #[test]
    fn one_without_a_reply_waits_while_others_come_and_go() {
        let mut requests = Requests::default();
        requests.add(b"stuck", &at(0));
        let mut most = 0;
        for number in 0..MOST_KEPT + 10 {
            requests.add(&id(number), &at(1));
            assert!(matches!(requests.answer(&id(number)), Answered::Now { .. }));
            most = most.max(requests.kept.len());
        }
        assert!(most <= MOST_KEPT && requests.by_id.len() <= MOST_KEPT);
        assert!(requests.size() < 40 << 20, "{}", requests.size());
        assert_eq!(requests.forgotten(), 0);
        assert!(matches!(requests.answer(b"stuck"), Answered::Now { .. }));
    }
}
