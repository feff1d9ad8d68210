//! A query that is run on every row in the log, and on every row that arrives.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use crate::log::{MessageLog, Piece};
use crate::message::{RowId, Time};
use crate::payload::decoder_choices::DecoderChoices;
use crate::query::Query;
use crate::workers::analysis::Findings;
use crate::workers::scan::{Answer, Flagged, Purpose, Request, WatchId};

/// What checks have not covered, as last counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unchecked {
    /// Messages in the log with an unknown flag: no check exists for it, or none has processed the
    /// message yet or was able to evaluate it.
    pub unknown: u64,
    /// Whether `unknown` is only an upper bound, for example because of evicted messages.
    pub is_at_most: bool,
    /// Rows that have arrived and are waiting to be checked.
    pub waiting: u64,
    /// Rows that left the log before they could be checked.
    pub missed: u64,
    /// Whether checks have no room for some channels. It is unknown how many messages are left out.
    pub is_full: bool,
}

/// The ID of the filter's query.
pub(crate) const FILTER: WatchId = WatchId(0);

/// The ID of the search's query.
pub(crate) const FIND: WatchId = WatchId(1);

/// The ID of the query that tries out what may have been meant by the filter.
pub(crate) const FILTER_TRIAL: WatchId = WatchId(u32::MAX);

/// The ID of the query that tries out what may have been meant by the search.
pub(crate) const FIND_TRIAL: WatchId = WatchId(u32::MAX - 1);

/// The ID of the query that tries out what may have been meant by a query that is not in force.
pub(crate) const DRAFT_TRIAL: WatchId = WatchId(u32::MAX - 2);

/// An answer that takes longer than this is late. Most take a few milliseconds.
const LATE: Duration = Duration::from_millis(500);

/// Progress of a query over all messages: those in the log at its start, and later ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Number of messages scanned.
    pub scanned: u64,
    /// Number of messages to scan in total.
    pub total: u64,
}

impl Progress {
    /// Returns whether all messages have been scanned.
    pub fn is_done(&self) -> bool {
        self.scanned >= self.total
    }

    /// Returns the progress in percent, rounded down, so that 100 means all.
    pub fn percent(&self) -> u64 {
        (self.scanned * 100).checked_div(self.total).unwrap_or(100)
    }

    /// Returns the number of messages that have not been scanned yet.
    pub fn left(&self) -> u64 {
        self.total.saturating_sub(self.scanned)
    }
}

/// The names of all subscriptions by their IDs.
pub(crate) type Names = Arc<[Arc<[u8]>]>;

/// What a query may need besides its rows.
pub(crate) struct QueryContext<'a> {
    pub(super) log: &'a MessageLog,
    pub(super) names: Names,
    pub(super) findings: &'a Findings,
    pub(super) decoder_choices: &'a Arc<DecoderChoices>,
    /// The results of checks are known for rows before this one.
    pub(super) checked: RowId,
    pub(super) now: Time,
}

impl QueryContext<'_> {
    /// Returns the end of the rows that `query` can be run on.
    fn end(&self, query: &Query) -> RowId {
        if query.uses_flags() {
            self.checked.min(self.log.end())
        } else {
            self.log.end()
        }
    }

    /// Returns the rows among `pieces` that checks have flagged, if `query` uses flags.
    fn flagged(&self, query: &Query, pieces: &[Piece]) -> Arc<Flagged> {
        let starts = pieces.iter().map(|piece| piece.rows().start);
        let ends = pieces.iter().map(|piece| piece.rows().end);
        match starts.min().zip(ends.max()) {
            Some((start, end)) if query.uses_flags() => Arc::new(Flagged {
                drift: self.findings.drift_in(start..end),
                invalid: self.findings.invalid_in(start..end),
                seqgap: self.findings.out_of_sequence_in(start..end),
            }),
            _ => Arc::default(),
        }
    }

    fn names(&self, query: &Query) -> Names {
        if query.uses_via() {
            Arc::clone(&self.names)
        } else {
            Names::default()
        }
    }
}

/// Keeps a query's answers up to date: scans the rows in the log once, and new rows as they arrive.
#[derive(Debug)]
pub struct LiveQuery {
    id: WatchId,
    serial: u64,
    query: Arc<Query>,
    /// Scans of rows before this one have been requested.
    next: RowId,
    /// The end of the log when the query started.
    started_at: RowId,
    /// Unless `is_asking_kept`, all rows before this one have been scanned or have left the log.
    searched: RowId,
    /// When the running scan of newly arrived rows was requested, if there is one. Only one runs at
    /// a time; the next one covers everything that has arrived meanwhile.
    asking_since: Option<Time>,
    /// Whether rows that were in the log when the query started have yet to be scanned.
    is_asking_kept: bool,
    /// Number of messages for which a scan was requested, and how many of them were scanned.
    asked: u64,
    scanned: u64,
    /// Number of messages that have arrived but for which no scan has been requested yet.
    unasked: u64,
    /// Number of rows that left the log before they could be scanned.
    pub missed: u64,
    /// What checks have not covered, if the query uses flags.
    pub unchecked: Unchecked,
    trouble: Option<Box<str>>,
}

impl LiveQuery {
    /// Creates a query that starts now. `serial` must exceed that of earlier queries with `id`.
    pub(crate) fn new(id: WatchId, serial: u64, query: Query, log: &MessageLog) -> Self {
        Self {
            id,
            serial,
            query: Arc::new(query),
            next: log.end(),
            started_at: log.end(),
            searched: RowId::default(),
            asking_since: None,
            is_asking_kept: false,
            asked: 0,
            scanned: 0,
            unasked: 0,
            missed: 0,
            unchecked: Unchecked::default(),
            trouble: None,
        }
    }

    /// Returns the query.
    pub fn query(&self) -> &Query {
        &self.query
    }

    /// Returns the progress over all messages.
    pub fn progress(&self) -> Progress {
        Progress {
            scanned: self.scanned,
            total: self.asked + self.unasked,
        }
    }

    /// Returns the progress while the query lags: rows that were in the log have yet to be scanned,
    /// or an answer is late. Under load, a few rows are always waiting, which is not a lag.
    pub fn lag(&self, now: Time) -> Option<Progress> {
        let is_late = |since: Time| now >= since.after(LATE);
        let lags = self.is_asking_kept || self.asking_since.is_some_and(is_late);
        lags.then(|| self.progress())
    }

    /// Returns whether all rows that were in the log when the query started have been scanned.
    pub fn has_searched_kept(&self) -> bool {
        !self.is_asking_kept && self.searched >= self.started_at
    }

    /// Returns the error that the query caused, if there was one.
    pub fn trouble(&self) -> Option<&str> {
        self.trouble.as_deref()
    }

    /// Returns the request to scan every row in the log.
    pub(crate) fn ask_kept(&mut self, known: &QueryContext<'_>) -> Request {
        self.ask_newest(Purpose::Kept, u64::MAX, known)
    }

    /// Returns the request to try the query out on the newest rows in the log: `most` messages, or a
    /// few more.
    pub(crate) fn ask_trial(&mut self, most: u64, known: &QueryContext<'_>) -> Request {
        self.ask_newest(Purpose::Trial, most, known)
    }

    fn ask_newest(&mut self, purpose: Purpose, most: u64, known: &QueryContext<'_>) -> Request {
        let end = known.end(&self.query);
        let mut left = most;
        let pieces = known.log.pieces(RowId::default()).into_iter();
        let pieces = pieces.filter_map(|piece| piece.before(end));
        let pieces: Vec<Piece> = pieces
            .take_while(|piece| {
                let is_wanted = left > 0;
                left = left.saturating_sub(piece.messages());
                is_wanted
            })
            .collect();
        (self.next, self.searched) = (end, end);
        self.asked = pieces.iter().map(Piece::messages).sum();
        self.is_asking_kept = !pieces.is_empty();
        self.request(purpose, pieces, known)
    }

    /// Returns the request to scan the rows that have arrived, if any, unless such a scan is
    /// running.
    pub(crate) fn ask_arrived(
        &mut self,
        pieces: &mut NextPieces,
        known: &QueryContext<'_>,
    ) -> Option<Request> {
        let (log, end) = (known.log, known.end(&self.query));
        self.unasked = messages_in(log, self.next..end);
        if self.asking_since.is_some() || self.next >= end {
            return None;
        }
        let gone = log.gone_from(self.next..end);
        self.missed += gone
            .iter()
            .map(|rows| rows.end.0 - rows.start.0)
            .sum::<u64>();
        let pieces = pieces.of(log, self.next).into_iter();
        let pieces: Vec<Piece> = pieces.filter_map(|piece| piece.before(end)).collect();
        self.next = pieces.last().map_or(end, |piece| piece.rows().end);
        self.asked += pieces.iter().map(Piece::messages).sum::<u64>();
        self.unasked = messages_in(log, self.next..end);
        self.asking_since = Some(known.now);
        Some(self.request(Purpose::Arrived, pieces, known))
    }

    /// Scans `row` again if the query depends on subscriptions, because another subscription has
    /// delivered the row too.
    pub(crate) fn look_again(&mut self, row: RowId) {
        if self.query.uses_via() {
            self.next = self.next.min(row);
        }
    }

    /// Records an answer. Returns whether it belongs to this query.
    pub(crate) fn note(&mut self, answer: &Answer) -> bool {
        if (answer.watch, answer.serial) != (self.id, self.serial) {
            return false;
        }
        self.scanned += answer.scanned;
        match answer.purpose {
            Purpose::Kept | Purpose::Trial => self.is_asking_kept &= !answer.is_done,
            Purpose::Arrived => {
                if answer.is_done {
                    self.asking_since = None;
                    self.searched = self.searched.max(self.next);
                }
                self.missed += answer.gone;
            }
        }
        if answer.trouble.is_some() {
            self.trouble.clone_from(&answer.trouble);
        }
        true
    }

    fn request(&self, purpose: Purpose, pieces: Vec<Piece>, known: &QueryContext<'_>) -> Request {
        Request {
            watch: self.id,
            serial: self.serial,
            query: Arc::clone(&self.query),
            subscriptions: known.names(&self.query),
            flagged: known.flagged(&self.query, &pieces),
            decoder_choices: Arc::clone(known.decoder_choices),
            pieces,
            purpose,
        }
    }
}

/// Returns how many of these rows are or were messages.
fn messages_in(log: &MessageLog, rows: Range<RowId>) -> u64 {
    let length = rows.end.0.saturating_sub(rows.start.0);
    if length == 0 {
        return 0;
    }
    length - log.notices_in(rows).count() as u64
}

/// The pieces to scan next. Most queries have reached the same row and share them.
#[derive(Default)]
pub(crate) struct NextPieces {
    from: Option<RowId>,
    pieces: Vec<Piece>,
}

impl NextPieces {
    /// Returns the pieces from `row` on.
    fn of(&mut self, log: &MessageLog, row: RowId) -> Vec<Piece> {
        if self.from != Some(row) {
            self.pieces = log.next_pieces(row);
            self.from = Some(row);
        }
        self.pieces.clone()
    }
}
