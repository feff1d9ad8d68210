//! Requests in order of arrival, indexed by id.

use std::collections::VecDeque;
use std::sync::Arc;

use hashbrown::HashMap;

use crate::message::{RowId, Time};
use crate::workers::analysis::pair::Unanswered;
use crate::workers::analysis::watched::Message;

/// The maximum number of requests waiting for a reply.
pub const MAX_WAITING: usize = 100_000;

/// The maximum number of stored requests, including answered ones.
const MAX_KEPT: usize = 2 * MAX_WAITING;

/// How many of the newest requests are kept, even if answered, when answered ones are removed to
/// make room.
const ANSWERED_KEPT: usize = MAX_WAITING / 10;

/// What a reply answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answered {
    /// A waiting request, with its row and when it arrived.
    Now(RowId, Time),
    /// A request that was already answered.
    Before,
    /// No known request.
    Never,
}

/// A limited number of requests.
#[derive(Debug, Default)]
pub struct Requests {
    /// The stored requests, oldest first.
    kept: VecDeque<Request>,
    /// The number of each stored request, by id. Requests are numbered consecutively, starting at
    /// `first`.
    by_id: HashMap<Arc<[u8]>, u64>,
    /// The number of the first request in `kept`.
    first: u64,
    /// How many requests are waiting.
    pub waiting: usize,
    /// How many requests were dropped while waiting.
    pub forgotten: u64,
    id_bytes: usize,
}

#[derive(Debug)]
struct Request {
    id: Arc<[u8]>,
    row: RowId,
    time: Time,
    /// The number of breaks before the request arrived.
    breaks: u64,
    waits: bool,
}

impl Requests {
    /// Adds a waiting request. Returns `false` if one with this id is already waiting.
    pub fn add(&mut self, id: &[u8], request: &Message<'_>) -> bool {
        if self.find(id).is_some_and(|request| request.waits) {
            return false;
        }
        if self.kept.len() >= MAX_KEPT {
            self.make_room();
        }
        while self.waiting >= MAX_WAITING {
            self.forget_oldest();
        }
        let id: Arc<[u8]> = id.into();
        let number = self.first + self.kept.len() as u64;
        // If an id is reused, the older request stays stored but is no longer in the index.
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

    /// Records a reply to the request `id`.
    pub fn answer(&mut self, id: &[u8]) -> Answered {
        let Some(request) = self.find(id) else {
            return Answered::Never;
        };
        if !request.waits {
            return Answered::Before;
        }
        request.waits = false;
        let answered = Answered::Now(request.row, request.time);
        self.waiting -= 1;
        answered
    }

    /// Returns the waiting requests, oldest first. `breaks` is the number of breaks so far (see
    /// `Message::breaks`). `gap_until` is when the last gap ended, or the current time if one is
    /// open.
    pub fn unanswered(
        &self,
        breaks: u64,
        gap_until: Option<Time>,
    ) -> impl Iterator<Item = Unanswered> {
        let waiting = self.kept.iter().filter(|request| request.waits);
        waiting.map(move |request| Unanswered {
            is_before_gap: request.breaks != breaks || gap_until >= Some(request.time),
            row: request.row,
            time: request.time,
            id: Arc::clone(&request.id),
        })
    }

    /// Returns the memory use, in bytes.
    pub fn size(&self) -> usize {
        let requests = self.kept.capacity() * size_of::<Request>();
        let index = self.by_id.capacity() * size_of::<(Arc<[u8]>, u64)>();
        // Each id is preceded by two reference counts.
        requests + index + self.id_bytes + self.kept.len() * size_of::<[usize; 2]>()
    }

    fn find(&mut self, id: &[u8]) -> Option<&mut Request> {
        let index = self.by_id.get(id)?.checked_sub(self.first)?;
        self.kept.get_mut(usize::try_from(index).ok()?)
    }

    /// Drops the oldest requests up to and including the first waiting one.
    fn forget_oldest(&mut self) {
        while let Some(request) = self.kept.pop_front() {
            // The index may refer to a newer request with the same id.
            if self.by_id.get(&request.id) == Some(&self.first) {
                self.by_id.remove(&request.id);
            }
            self.id_bytes -= request.id.len();
            self.first += 1;
            if request.waits {
                self.waiting -= 1;
                self.forgotten += 1;
                return;
            }
        }
    }

    /// Removes answered requests, except for those among the newest.
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
    fn the_requests_that_have_waited_longest_are_forgotten_first() {
        let mut requests = Requests::default();
        for number in 0..MAX_WAITING + 5 {
            requests.add(&id(number), &at(number));
        }
        assert_eq!((requests.waiting, requests.forgotten), (MAX_WAITING, 5));
        assert_eq!(requests.answer(&id(4)), Answered::Never);
        assert!(matches!(requests.answer(&id(5)), Answered::Now(..)));
        assert_eq!(requests.answer(&id(5)), Answered::Before);
        let mut rows = requests.unanswered(0, None).map(|request| request.row);
        assert_eq!(rows.next(), Some(RowId(6)));
    }

    #[test]
    fn a_request_without_a_reply_keeps_waiting_while_others_are_answered() {
        let mut requests = Requests::default();
        requests.add(b"stuck", &at(0));
        let mut most = 0;
        for number in 0..MAX_KEPT + 10 {
            requests.add(&id(number), &at(1));
            assert!(matches!(requests.answer(&id(number)), Answered::Now(..)));
            most = most.max(requests.kept.len());
        }
        assert!(most <= MAX_KEPT && requests.by_id.len() <= MAX_KEPT);
        assert!(requests.size() < 40 << 20, "{}", requests.size());
        assert_eq!(requests.forgotten, 0);
        assert!(matches!(requests.answer(b"stuck"), Answered::Now(..)));
    }
}
