//! The scan itself: matches rows of a piece against a query, a limited number at a time.

use std::collections::HashMap;
use std::mem;
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{Answer, Flagged, Purpose, Request, WatchId};
use crate::log::{Found, RowKind, Segment};
use crate::message::{RowId, SubscriptionId};
use crate::payload::decoder_choices::DecoderChoices;
use crate::query::{Flags, Kind, Literal, Matcher, Row};

/// How many rows to scan before other jobs have their turn. This usually takes a few milliseconds.
const CHUNK_ROWS: usize = 512;

/// The most payload bytes to send to a jq program at once, unless a single payload is larger.
const MOST_ASKED: usize = 1 << 20;

/// If a turn took longer than this, the next ones have fewer rows: some payloads must be unpacked.
const LONG_TURN: Duration = Duration::from_millis(5);

/// The minimum time between answers, except for the last.
const ANSWER_EVERY: Duration = Duration::from_millis(5);

/// A request in progress.
#[derive(Debug)]
pub struct Job {
    /// Identifies the job.
    number: u64,
    request: Request,
    /// The index of the current piece.
    piece: usize,
    /// How many rows of the piece are left to scan.
    left: Option<usize>,
    /// Matches not yet reported.
    found: Vec<Found>,
    scanned: u64,
    gone: u64,
    told: Instant,
}

impl Job {
    pub(super) fn new(number: u64, request: Request) -> Self {
        Self {
            number,
            request,
            piece: 0,
            left: None,
            found: Vec::new(),
            scanned: 0,
            gone: 0,
            told: Instant::now(),
        }
    }

    pub(super) fn watch(&self) -> WatchId {
        self.request.watch
    }

    pub(super) fn serial(&self) -> u64 {
        self.request.serial
    }

    pub(super) fn purpose(&self) -> Purpose {
        self.request.purpose
    }

    pub(super) fn is_done(&self) -> bool {
        self.piece >= self.request.pieces.len()
    }

    /// Moves on to the next piece.
    fn turn(&mut self) {
        self.piece += 1;
        self.left = None;
    }

    /// Returns the answer to send now, if one is due.
    fn answer(&mut self, trouble: Option<Box<str>>) -> Option<Answer> {
        let is_done = self.is_done();
        if !is_done && self.told.elapsed() < ANSWER_EVERY {
            return None;
        }
        self.told = Instant::now();
        Some(Answer {
            watch: self.request.watch,
            serial: self.request.serial,
            purpose: self.request.purpose,
            found: mem::take(&mut self.found),
            scanned: mem::take(&mut self.scanned),
            gone: mem::take(&mut self.gone),
            is_done,
            trouble,
        })
    }
}

/// A query prepared for matching.
struct Ready {
    serial: u64,
    matcher: Matcher,
    /// A text that every matching message contains, unless the name of its channel does.
    text: Option<Literal>,
    /// Whether the name of each channel contains the text, by channel index; empty if none does.
    named: Vec<bool>,
    asks_via: bool,
    asks_flags: bool,
    /// Whether the query runs a jq program.
    is_slow: bool,
    /// How many rows to scan before other jobs have their turn.
    chunk: usize,
    /// How many subscriptions the matcher knows.
    subscriptions: usize,
    /// The decoder choices of the matcher.
    decoder_choices: Arc<DecoderChoices>,
    /// The job and the index of the piece whose channels the matcher knows.
    entered: Option<(u64, usize)>,
}

/// Matches rows against queries. Caches the prepared query of each watch.
#[derive(Default)]
pub struct Worker {
    ready: HashMap<WatchId, Ready>,
    via: Vec<SubscriptionId>,
    /// How many requests were answered by [`Worker::answer`].
    answered: u64,
}

impl Worker {
    /// Processes `request` completely and returns the answer.
    #[must_use]
    pub fn answer(&mut self, request: Request) -> Answer {
        self.answered += 1;
        let mut job = Job::new(self.answered, request);
        let mut found = Vec::new();
        let (mut scanned, mut gone) = (0, 0);
        loop {
            if let Some(mut answer) = self.go_on(&mut job) {
                found.append(&mut answer.found);
                scanned += answer.scanned;
                gone += answer.gone;
                if answer.is_done {
                    return Answer {
                        found,
                        scanned,
                        gone,
                        ..answer
                    };
                }
            }
        }
    }

    pub(super) fn forget_all_but(&mut self, is_wanted: impl Fn(WatchId) -> bool) {
        self.ready.retain(|watch, _| is_wanted(*watch));
    }

    /// Scans the next rows of `job` and returns an answer, if one is due.
    pub(super) fn go_on(&mut self, job: &mut Job) -> Option<Answer> {
        let ready = self.ready.entry(job.request.watch);
        let ready = ready.or_insert_with(|| Ready::new(&job.request));
        ready.keep_up(&job.request);
        if let Some(piece) = job.request.pieces.get(job.piece) {
            let rows = piece.rows();
            if let Some(segment) = piece.segment() {
                ready.look_at_next(job, &segment, rows, &mut self.via);
            } else {
                // The log has evicted it.
                let left = job.left.map_or(piece.length(), |left| left as u64);
                let left = piece.messages_in(match job.request.purpose {
                    Purpose::Kept => rows.start..RowId(rows.start.0 + left),
                    Purpose::Arrived => RowId(rows.end.0 - left)..rows.end,
                });
                job.scanned += left;
                job.gone += left;
                job.turn();
            }
        }
        let trouble = ready.matcher.trouble().map(Into::into);
        job.answer(trouble)
    }
}

/// The rows to scan.
#[derive(Clone, Copy)]
struct Look<'a> {
    segment: &'a Segment,
    flagged: &'a Flagged,
}

impl Look<'_> {
    /// Returns the id of the row at `index` in the segment.
    fn id(self, index: usize) -> RowId {
        RowId(self.segment.rows().start.0 + index as u64)
    }
}

fn rows_between(from: RowId, to: RowId) -> usize {
    usize::try_from(to.0 - from.0).unwrap_or(usize::MAX)
}

impl Ready {
    fn new(request: &Request) -> Self {
        let matcher = Matcher::new(Arc::clone(&request.query));
        Self {
            serial: request.serial,
            text: matcher.required_text().cloned(),
            named: Vec::new(),
            asks_via: request.query.asks_via(),
            asks_flags: request.query.asks_flags(),
            is_slow: request.query.is_slow(),
            chunk: CHUNK_ROWS,
            matcher,
            subscriptions: 0,
            decoder_choices: Arc::default(),
            entered: None,
        }
    }

    /// Updates the prepared query if the request has another query, more subscriptions or other
    /// decoder choices.
    fn keep_up(&mut self, request: &Request) {
        if self.serial != request.serial {
            *self = Self::new(request);
        }
        if self.asks_via && self.subscriptions != request.subscriptions.len() {
            self.matcher.know_subscriptions(&request.subscriptions);
            self.subscriptions = request.subscriptions.len();
        }
        if !Arc::ptr_eq(&self.decoder_choices, &request.decoder_choices) {
            self.matcher.know_readings(&request.decoder_choices);
            self.decoder_choices = Arc::clone(&request.decoder_choices);
            self.entered = None;
        }
    }

    /// Scans the next rows of `job` in the current piece, which is in `segment`.
    fn look_at_next(
        &mut self,
        job: &mut Job,
        segment: &Segment,
        of_piece: Range<RowId>,
        via: &mut Vec<SubscriptionId>,
    ) {
        // Jobs of the same watch take turns.
        let place = Some((job.number, job.piece));
        if self.entered != place {
            self.matcher.enter(segment.channels());
            self.named.clear();
            self.named.extend_from_slice(self.matcher.named_channels());
            self.entered = place;
        }
        let first = rows_between(segment.rows().start, of_piece.start);
        let length = rows_between(of_piece.start, of_piece.end);
        let left = job.left.unwrap_or(length);
        // A text search covers all payloads at once, too fast to be worth splitting.
        let chunk = if self.text.is_some() && self.named.is_empty() && !self.is_slow {
            left
        } else {
            self.chunk.min(left)
        };
        let start = match job.request.purpose {
            // Newest first, so that the screen fills right away.
            Purpose::Kept => first + left - chunk,
            // Oldest first, so that hits are counted in order.
            Purpose::Arrived => first + length - left,
        };
        let started = Instant::now();
        let flagged = Arc::clone(&job.request.flagged);
        let look = Look {
            segment,
            flagged: &flagged,
        };
        let rows = start..start + chunk;
        let last = look.id(rows.end);
        let looked = if self.is_slow {
            let (looked, found) = self.look_slowly(look, rows, job.request.purpose);
            job.found.extend(found);
            looked
        } else {
            job.found.extend(self.look(look, rows, via));
            chunk
        };
        self.keep_pace(started.elapsed());
        let looked_at = match job.request.purpose {
            Purpose::Kept => RowId(last.0 - looked as u64)..last,
            Purpose::Arrived => look.id(start)..look.id(start + looked),
        };
        let piece = &job.request.pieces[job.piece];
        job.scanned += piece.messages_in(looked_at);
        job.left = Some(left - looked);
        if left == looked {
            job.turn();
        }
    }

    /// Shortens the next turn if this one took long, else lengthens it up to the limit.
    fn keep_pace(&mut self, took: Duration) {
        if took > LONG_TURN {
            self.chunk = (self.chunk / 4).max(1);
        } else if self.chunk < CHUNK_ROWS {
            self.chunk = (self.chunk * 2).min(CHUNK_ROWS);
        }
    }

    /// Returns which of the rows at the indexes `rows` match, if any do.
    fn look(
        &mut self,
        look: Look<'_>,
        rows: Range<usize>,
        via: &mut Vec<SubscriptionId>,
    ) -> Option<Found> {
        let segment = look.segment;
        let mut found = Found::none_of(look.id(rows.start), rows.len() as u64);
        let mut is_any = false;
        let mut add = |index: usize| {
            found.add(index - rows.start);
            is_any = true;
        };
        if let Some(text) = self.text.clone() {
            let is_all = self.matcher.is_only_text();
            self.each_with(&text, segment, rows.clone(), |ready, index, is_inside| {
                if (is_all && is_inside) || ready.is_match(look, index, via) {
                    add(index);
                }
            });
            if !self.named.is_empty() {
                for index in rows.clone() {
                    if self.is_named(segment, index) && (is_all || self.is_match(look, index, via))
                    {
                        add(index);
                    }
                }
            }
        } else {
            for index in rows.clone() {
                if self.is_match(look, index, via) {
                    add(index);
                }
            }
        }
        // A row that is scanned again may have stopped matching, which matters too.
        (is_any || self.asks_via).then_some(found)
    }

    /// Like [`Self::look`], for a query that runs a program: scans as many rows as there is time
    /// for, at least one, in the order of `purpose`. Returns how many were scanned.
    fn look_slowly(
        &mut self,
        look: Look<'_>,
        rows: Range<usize>,
        purpose: Purpose,
    ) -> (usize, Option<Found>) {
        let order = |at: usize| match purpose {
            Purpose::Kept => rows.end - 1 - at,
            Purpose::Arrived => rows.start + at,
        };
        let via: Vec<Vec<SubscriptionId>> = (0..rows.len())
            .take_while(|_| self.asks_via)
            .map(|at| look.segment.subscriptions(look.id(order(at))).collect())
            .collect();
        let mut bytes = 0;
        let asked = (0..rows.len()).map_while(|at| {
            let via = via.get(at).map_or(&[][..], |via| via);
            let row = self.row(look, order(at), via)?;
            let fits = bytes == 0 || bytes + row.payload.len() <= MOST_ASKED;
            bytes += row.payload.len();
            fits.then_some(row)
        });
        let asked: Vec<Row<'_>> = asked.collect();
        let answers = self.matcher.matches_in_turn(&asked);
        let looked = answers.len().max(1);
        let first = order(0).min(order(looked - 1));
        let mut found = Found::none_of(look.id(first), looked as u64);
        for (at, _) in answers.iter().enumerate().filter(|(_, matches)| **matches) {
            found.add(order(at) - first);
        }
        let is_told = self.asks_via || answers.contains(&true);
        (looked, is_told.then_some(found))
    }

    /// Whether the row at `index` is a message on a channel whose name contains the text.
    fn is_named(&self, segment: &Segment, index: usize) -> bool {
        segment.row(index).is_some_and(|row| {
            let is_named = self.named.get(row.channel as usize);
            row.kind == RowKind::Message && is_named.copied().unwrap_or(false)
        })
    }

    /// Calls `visit` for each row in which a match of `text` starts, and whether it also ends
    /// there. All payloads are searched as one, across their boundaries, which is much faster than
    /// one by one.
    fn each_with(
        &mut self,
        text: &Literal,
        segment: &Segment,
        rows: Range<usize>,
        mut visit: impl FnMut(&mut Self, usize, bool),
    ) {
        let start = |index: usize| index.checked_sub(1).map_or(0, |i| segment.payload_end(i));
        let bytes = &segment.arena()[..start(rows.end)];
        let mut at = start(rows.start);
        let mut index = rows.start;
        while let Some(hit) = text.find(&bytes[at..]) {
            index = segment.row_of_byte(at + hit.start, index);
            let end = segment.payload_end(index);
            visit(self, index, at + hit.end <= end);
            at = end;
            index += 1;
        }
    }

    fn is_match(&mut self, look: Look<'_>, index: usize, via: &mut Vec<SubscriptionId>) -> bool {
        if self.asks_via {
            via.clear();
            via.extend(look.segment.subscriptions(look.id(index)));
        }
        let row = self.row(look, index, via);
        row.is_some_and(|row| self.matcher.matches(&row))
    }

    fn row<'a>(&self, look: Look<'a>, index: usize, via: &'a [SubscriptionId]) -> Option<Row<'a>> {
        let row = look.segment.row(index)?;
        Some(Row {
            time: row.time,
            kind: match row.kind {
                RowKind::Message => Kind::Message,
                RowKind::Notice | RowKind::Break => Kind::Notice,
                RowKind::Gap => Kind::Gap,
            },
            channel: row.channel,
            payload: row.payload,
            size: row.size,
            via,
            flags: if self.asks_flags {
                look.flagged.of(look.id(index))
            } else {
                Flags::default()
            },
        })
    }
}
