//! Matching of replies to requests, and their latency.
//!
//! Requests are identified by an id. The number of waiting requests is limited: when there are too
//! many, the one waiting longest is dropped and counted. Answered ids are remembered for a while,
//! so that a second reply is recognised as a duplicate. A number and a string of its digits are the
//! same id.
//!
//! If there has been a gap since a request, its reply may have been lost in the gap. Likewise, the
//! request of an unmatched reply may have been lost in a gap: such a reply is counted separately if
//! it arrives soon after a gap, within the longest latency so far.

mod requests;

use std::sync::Arc;

use super::finding::FindingKind;
use super::plan::Role;
use super::spread::{Percentiles, Spread};
use super::value;
use super::watched::Message;
use crate::message::{RowId, Time};
use crate::query::Path;
use requests::{Answered, Requests};

/// A request without a reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unanswered {
    /// The row of the request.
    pub row: RowId,
    /// When the request arrived.
    pub time: Time,
    /// The id of the request.
    pub id: Arc<[u8]>,
    /// Whether there has been a gap since the request, in which the reply may have been lost.
    pub is_before_gap: bool,
}

/// The counts of a pair check.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PairCounts {
    /// Requests with an id.
    pub requests: u64,
    /// How many of these had the id of a request that was already waiting. Latency is measured from
    /// the first request with that id.
    pub repeated: u64,
    /// Answered requests.
    pub answered: u64,
    /// Requests waiting for a reply.
    pub waiting: u64,
    /// How many of these arrived before a gap, in which the reply may have been lost.
    pub waiting_before_gap: u64,
    /// Requests dropped while waiting because there were too many.
    pub forgotten: u64,
    /// Replies to requests already answered.
    pub duplicates: u64,
    /// Replies to unknown requests.
    pub unmatched: u64,
    /// How many of these came soon after a gap, in which the request may have been lost.
    pub unmatched_behind_gap: u64,
    /// Messages on the pair's channels that have no id at the path.
    pub without_id: u64,
}

/// The results of a pair check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PairReport {
    /// The counts.
    pub counts: PairCounts,
    /// The latency of replies; `None` before the first.
    pub latency: Option<Percentiles>,
    /// The waiting requests, longest waiting first, limited to the requested number.
    pub unanswered: Vec<Unanswered>,
}

/// The state of a pair check.
#[derive(Debug)]
pub struct Pair {
    request: Path,
    reply: Path,
    requests: Requests,
    counts: PairCounts,
    latency: Spread,
    /// The row of the last reply. If requests and replies share a channel, this message is not
    /// counted as a request too.
    last_reply: Option<RowId>,
    gap: LastGap,
}

/// The last gap before the latest message checked.
#[derive(Debug, Default)]
struct LastGap {
    /// The number of breaks before that message.
    breaks: u64,
    /// When the first message after the gap arrived; `None` before the first gap.
    behind: Option<Time>,
}

impl Pair {
    /// Creates a state without waiting requests.
    pub fn new(request: Path, reply: Path) -> Self {
        Self {
            request,
            reply,
            requests: Requests::default(),
            counts: PairCounts::default(),
            latency: Spread::default(),
            last_reply: None,
            gap: LastGap::default(),
        }
    }

    /// Checks a message on a channel in slot `place`. All channels with the same role share a slot.
    pub fn check(&mut self, place: u32, message: &Message<'_>) -> Option<FindingKind> {
        self.gap.note(message);
        if place == Role::Reply as u32 {
            return self.reply(message);
        }
        self.request(message);
        None
    }

    fn request(&mut self, message: &Message<'_>) {
        if self.last_reply == Some(message.row) {
            return;
        }
        let at = message.lookup.value(self.request.steps());
        let Some(id) = at.as_deref().and_then(value::key) else {
            self.counts.without_id += 1;
            return;
        };
        self.counts.requests += 1;
        if !self.requests.add(&id, message) {
            self.counts.repeated += 1;
        }
    }

    fn reply(&mut self, message: &Message<'_>) -> Option<FindingKind> {
        let at = message.lookup.value(self.reply.steps());
        let Some(id) = at.as_deref().and_then(value::key) else {
            self.counts.without_id += 1;
            return None;
        };
        match self.requests.answer(&id) {
            Answered::Now(request, time) => {
                let after = message.time.since(time);
                self.counts.answered += 1;
                self.last_reply = Some(message.row);
                let micros = i64::try_from(after.as_micros());
                self.latency.add(micros.unwrap_or(i64::MAX));
                Some(FindingKind::Latency { request, after })
            }
            Answered::Before => {
                self.counts.duplicates += 1;
                self.last_reply = Some(message.row);
                None
            }
            Answered::Never => {
                self.counts.unmatched += 1;
                if self.gap.is_soon_before(message.time, self.latency.max()) {
                    self.counts.unmatched_behind_gap += 1;
                }
                None
            }
        }
    }

    /// Returns the results, with at most `most` waiting requests. `breaks` is the number of breaks
    /// so far (see `Message::breaks`). `gap_until` is when the last gap ended, or the current time
    /// if one is open.
    pub fn report(&self, most: usize, breaks: u64, gap_until: Option<Time>) -> PairReport {
        let waiting = || self.requests.unanswered(breaks, gap_until);
        PairReport {
            counts: PairCounts {
                waiting: self.requests.waiting as u64,
                waiting_before_gap: waiting().filter(|one| one.is_before_gap).count() as u64,
                forgotten: self.requests.forgotten,
                ..self.counts
            },
            latency: self.latency.percentiles(),
            unanswered: waiting().take(most).collect(),
        }
    }

    /// Returns the memory use, in bytes.
    pub fn size(&self) -> usize {
        size_of::<Self>() + self.requests.size() + self.latency.size()
    }
}

impl LastGap {
    fn note(&mut self, message: &Message<'_>) {
        if self.breaks != message.breaks {
            self.breaks = message.breaks;
            self.behind = Some(message.time);
        }
    }

    /// Returns whether the gap ended at most `micros` microseconds before `time`, or at any time
    /// before it if `micros` is `None`.
    fn is_soon_before(&self, time: Time, micros: Option<i64>) -> bool {
        self.behind.is_some_and(|behind| {
            let since = i64::try_from(time.since(behind).as_micros()).unwrap_or(i64::MAX);
            micros.is_none_or(|micros| since <= micros)
        })
    }
}
