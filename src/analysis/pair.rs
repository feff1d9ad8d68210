//! Which reply answers which request, and how long that takes.
//!
//! Requests wait by their id, a bounded number: the one that has waited longest is forgotten
//! first, and counted. Ids that were answered are remembered for a while, so that a second reply
//! is told as one. A number and the string of its digits are the same id.
//!
//! A request that waits with a gap since may have been answered in it, unheard. A reply to no
//! request that is known may be to one that came in a gap: that is said of those that come soon
//! behind one, no later than the slowest reply so far took.

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

pub use requests::MOST_WAITING;

/// A request without a reply so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unanswered {
    /// Its row.
    pub row: RowId,
    /// When it came.
    pub time: Time,
    /// Its id.
    pub id: Arc<[u8]>,
    /// Whether a gap lies behind it, in which its reply may have been lost.
    pub is_before_gap: bool,
}

/// What has been counted of a pair.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PairCounts {
    /// Requests with an id.
    pub requests: u64,
    /// Of these, the ones whose id was waiting already: the time counts from the first.
    pub repeated: u64,
    /// Requests that were answered.
    pub answered: u64,
    /// Requests that wait.
    pub waiting: u64,
    /// Of these, the ones with a gap since.
    pub waiting_before_gap: u64,
    /// Requests that were forgotten, to stay within bounds, while they waited.
    pub forgotten: u64,
    /// Replies to what was answered already.
    pub duplicates: u64,
    /// Replies to no request that is known.
    pub unmatched: u64,
    /// Of these, the ones soon behind a gap, in which the request may have been lost.
    pub unmatched_behind_gap: u64,
    /// Messages on the channels of the pair that have no id where it should be.
    pub without_id: u64,
}

/// How a pair does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PairReport {
    /// What has been counted.
    pub counts: PairCounts,
    /// How long replies took; `None` before the first.
    pub latency: Option<Percentiles>,
    /// The requests that wait, the longest waiting first, as many as were asked for.
    pub unanswered: Vec<Unanswered>,
}

/// Requests and replies of a check.
#[derive(Debug)]
pub struct Pair {
    request: Path,
    reply: Path,
    requests: Requests,
    counts: PairCounts,
    latency: Spread,
    /// The reply looked at last. On one channel for both it is no request of the same id.
    last_reply: Option<RowId>,
    gap: LastGap,
}

/// The gap before the message looked at last.
#[derive(Debug, Default)]
struct LastGap {
    /// How often messages may have been lost until then.
    breaks: u64,
    /// When the first message behind it came; `None` before the first gap.
    behind: Option<Time>,
}

/// The places of channels: all requests are one, as all replies are.
const REQUESTS: u32 = 0;
const REPLIES: u32 = 1;

impl Pair {
    /// Nothing waits yet.
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

    /// The place of a channel with this role.
    pub fn place(role: Role) -> u32 {
        match role {
            Role::First => REQUESTS,
            Role::Reply => REPLIES,
        }
    }

    /// Looks at a message of a channel at `place`.
    pub fn look(&mut self, place: u32, message: &Message<'_>) -> Option<FindingKind> {
        self.gap.note(message);
        if place == REPLIES {
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
        let Some(id) = at.as_deref().and_then(value::name) else {
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
        let Some(id) = at.as_deref().and_then(value::name) else {
            self.counts.without_id += 1;
            return None;
        };
        match self.requests.answer(&id) {
            Answered::Now { row, time } => {
                let after = message.time.since(time);
                self.counts.answered += 1;
                self.last_reply = Some(message.row);
                self.latency
                    .add(i64::try_from(after.as_micros()).unwrap_or(i64::MAX));
                Some(FindingKind::Latency {
                    request: row,
                    after,
                })
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

    /// How it does, with at most `most` requests that wait. Messages may have been lost so many
    /// times until now, and until `gap_until` at last.
    pub fn report(&self, most: usize, breaks: u64, gap_until: Option<Time>) -> PairReport {
        let waiting = || self.requests.unanswered(breaks, gap_until);
        PairReport {
            counts: PairCounts {
                waiting: self.requests.waiting(),
                waiting_before_gap: waiting().filter(|one| one.is_before_gap).count() as u64,
                forgotten: self.requests.forgotten(),
                ..self.counts
            },
            latency: self.latency.percentiles(),
            unanswered: waiting().take(most).collect(),
        }
    }

    /// The bytes that it takes.
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

    /// Whether it lies no more than so many microseconds before `time`, or anywhere if it is not
    /// known how many are many.
    fn is_soon_before(&self, time: Time, micros: Option<i64>) -> bool {
        self.behind.is_some_and(|behind| {
            let since = i64::try_from(time.since(behind).as_micros()).unwrap_or(i64::MAX);
            micros.is_none_or(|micros| since <= micros)
        })
    }
}
