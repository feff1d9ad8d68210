//! A query prepared for matching, and the matching itself.

use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::exceptions::Exceptions;
use super::progress::Scan;
use super::states::{ChannelStates, Conditional};
use super::{Flagged, Purpose, Request};
use crate::log::{Matches, Segment};
use crate::message::{RowId, SubscriptionId};
use crate::payload::decoder_choices::DecoderChoices;
use crate::query::{Flags, Literal, Matcher, Row};

/// How many rows to scan before switching to another scan. This usually takes a few milliseconds.
const CHUNK_ROWS: usize = 512;

/// The maximum number of payload bytes sent to a jq program at once, unless one payload is larger.
const MAX_ASKED: usize = 1 << 20;

/// If scanning a chunk of rows takes longer than this, the next chunks are smaller: some payloads
/// are slow to unpack.
const LONG_TURN: Duration = Duration::from_millis(5);

/// A query prepared for matching.
pub struct Prepared {
    serial: u64,
    matcher: Matcher,
    /// Text that every match contains, in its payload or in the name of its channel.
    text: Option<Literal>,
    /// The rows that may match without the text.
    exceptions: Exceptions,
    uses_via: bool,
    uses_flags: bool,
    /// Whether the query runs a jq program.
    is_slow: bool,
    /// How many rows to scan before switching to another scan.
    chunk: usize,
    /// How many subscriptions the matcher has been given.
    subscriptions: usize,
    /// The decoder choices last given to the matcher.
    decoder_choices: Arc<DecoderChoices>,
    /// The condition on messages over time, if the query has one.
    conditional: Option<Conditional>,
    /// The scan and the index of the piece whose channel names the matcher was last given.
    entered: Option<(u64, usize)>,
}

/// A segment with the flags of its rows.
#[derive(Clone, Copy)]
struct FlaggedSegment<'a> {
    segment: &'a Segment,
    flagged: &'a Flagged,
}

impl FlaggedSegment<'_> {
    /// Returns the id of the row at `index` in the segment.
    fn id(self, index: usize) -> RowId {
        RowId(self.segment.rows().start.0 + index as u64)
    }
}

fn rows_between(from: RowId, to: RowId) -> usize {
    usize::try_from(to.0 - from.0).unwrap_or(usize::MAX)
}

impl Prepared {
    pub fn new(request: &Request) -> Self {
        let matcher = Matcher::new(Arc::clone(&request.query));
        Self {
            serial: request.serial,
            text: matcher.required_text().cloned(),
            exceptions: Exceptions::default(),
            uses_via: request.query.uses_via(),
            uses_flags: request.query.uses_flags(),
            is_slow: request.query.is_slow(),
            chunk: CHUNK_ROWS,
            conditional: Conditional::new(&request.query),
            matcher,
            subscriptions: 0,
            decoder_choices: Arc::default(),
            entered: None,
        }
    }

    /// Returns the error that occurred while matching, if any.
    pub fn trouble(&self) -> Option<&str> {
        self.matcher.trouble()
    }

    /// Returns what is known about the channels, if the query has a condition on messages over
    /// time.
    pub fn states(&self) -> Option<ChannelStates> {
        self.conditional.as_ref().map(Conditional::states)
    }

    /// Updates the prepared query if the request has a different query, more subscriptions or
    /// different decoder choices.
    pub fn update(&mut self, request: &Request) {
        if self.serial != request.serial {
            *self = Self::new(request);
        }
        if self.uses_via && self.subscriptions != request.subscriptions.len() {
            self.matcher.set_subscriptions(&request.subscriptions);
            self.subscriptions = request.subscriptions.len();
        }
        if !Arc::ptr_eq(&self.decoder_choices, &request.decoder_choices) {
            self.matcher.set_decoder_choices(&request.decoder_choices);
            if let Some(conditional) = &mut self.conditional {
                conditional.set_decoder_choices(&request.decoder_choices);
            }
            self.decoder_choices = Arc::clone(&request.decoder_choices);
            self.entered = None;
        }
    }

    /// Scans the next rows of `scan` in the current piece, which is in `segment`.
    pub fn scan_next(
        &mut self,
        scan: &mut Scan,
        segment: &Segment,
        of_piece: Range<RowId>,
        via: &mut Vec<SubscriptionId>,
    ) {
        // Scans of the same watch alternate, so the matcher can still have the channels of another
        // one.
        let place = Some((scan.number, scan.piece));
        if self.entered != place {
            self.matcher.enter(segment.channels());
            if let Some(conditional) = &mut self.conditional {
                conditional.enter(segment.channels());
            }
            self.exceptions.enter(&self.matcher);
            self.entered = place;
        }
        let first = rows_between(segment.rows().start, of_piece.start);
        let length = rows_between(of_piece.start, of_piece.end);
        let left = scan.left.unwrap_or(length);
        // A text search covers all payloads at once and is too fast to be worth splitting into
        // chunks.
        let is_at_once = self.text.is_some() && self.exceptions.are_none_in(segment);
        let chunk = if is_at_once && !self.is_slow && self.conditional.is_none() {
            left
        } else {
            self.chunk.min(left)
        };
        let start = match scan.request.purpose {
            // Newest first, so that the screen fills right away.
            Purpose::Kept | Purpose::Trial => first + left - chunk,
            // Oldest first, so that hits are counted in order.
            Purpose::Arrived => first + length - left,
        };
        let started = Instant::now();
        let flagged = Arc::clone(&scan.request.flagged);
        let source = FlaggedSegment {
            segment,
            flagged: &flagged,
        };
        let rows = start..start + chunk;
        let last = source.id(rows.end);
        let (count, found) = self.scan_rows(source, rows, scan.request.purpose, via);
        scan.found.extend(found);
        self.adapt_chunk(started.elapsed());
        let scanned = match scan.request.purpose {
            Purpose::Kept | Purpose::Trial => RowId(last.0 - count as u64)..last,
            Purpose::Arrived => source.id(start)..source.id(start + count),
        };
        let piece = &scan.request.pieces[scan.piece];
        scan.scanned += piece.messages_in(scanned);
        scan.left = Some(left - count);
        if left == count {
            scan.next_piece();
        }
    }

    /// Scans the rows at the indexes `rows`. Returns how many were scanned, and the matches, if any.
    fn scan_rows(
        &mut self,
        source: FlaggedSegment<'_>,
        rows: Range<usize>,
        purpose: Purpose,
        via: &mut Vec<SubscriptionId>,
    ) -> (usize, Option<Matches>) {
        if let Some(conditional) = self.conditional.take() {
            let count = rows.len();
            let (conditional, found) = self.hits_in(conditional, source, rows);
            self.conditional = Some(conditional);
            (count, found)
        } else if self.is_slow {
            self.matches_by_program(source, rows, purpose)
        } else {
            (rows.len(), self.matches_in(source, rows, via))
        }
    }

    /// Shrinks the chunk if scanning it took long. Otherwise, lets it grow again, up to the limit.
    fn adapt_chunk(&mut self, took: Duration) {
        if took > LONG_TURN {
            self.chunk = (self.chunk / 4).max(1);
        } else if self.chunk < CHUNK_ROWS {
            self.chunk = (self.chunk * 2).min(CHUNK_ROWS);
        }
    }

    /// Returns which of the rows at the indexes `rows` match, if any do.
    fn matches_in(
        &mut self,
        source: FlaggedSegment<'_>,
        rows: Range<usize>,
        via: &mut Vec<SubscriptionId>,
    ) -> Option<Matches> {
        let segment = source.segment;
        let mut found = Matches::none_of(source.id(rows.start), rows.len() as u64);
        let mut is_any = false;
        let mut add = |index: usize| {
            found.add(index - rows.start);
            is_any = true;
        };
        if let Some(text) = self.text.clone() {
            let is_all = self.matcher.is_only_text();
            self.each_with(
                &text,
                segment,
                rows.clone(),
                |prepared, index, is_inside| {
                    if (is_all && is_inside) || prepared.is_match(source, index, via) {
                        add(index);
                    }
                },
            );
            if !self.exceptions.are_none_in(segment) {
                for index in rows.clone() {
                    if self.exceptions.include(segment, index) && self.is_match(source, index, via)
                    {
                        add(index);
                    }
                }
            }
        } else {
            for index in rows.clone() {
                if self.is_match(source, index, via) {
                    add(index);
                }
            }
        }
        // A range without matches is reported too, since a row that is scanned again may no longer
        // match.
        (is_any || self.uses_via).then_some(found)
    }

    /// Passes the rows at the indexes `rows` to `conditional`, in order. Returns the hits, if there
    /// are any.
    fn hits_in(
        &self,
        mut conditional: Conditional,
        source: FlaggedSegment<'_>,
        rows: Range<usize>,
    ) -> (Conditional, Option<Matches>) {
        let mut found = Matches::none_of(source.id(rows.start), rows.len() as u64);
        let mut is_any = false;
        let mut last = None;
        for index in rows.clone() {
            let Some(row) = self.row(source, index, &[]) else {
                continue;
            };
            let Some(is_hit) = conditional.take(&row) else {
                continue;
            };
            last = Some(row);
            if is_hit {
                found.add(index - rows.start);
                is_any = true;
            }
        }
        if let Some(row) = last {
            let mut names = source.segment.channels();
            let name = names.nth(row.channel as usize).unwrap_or_default();
            conditional.note_last(&row, name);
        }
        (conditional, is_any.then_some(found))
    }

    /// Like [`Self::matches_in`], for a query that runs a program: scans at least one row, and more
    /// as time allows. `purpose` decides the direction. Also returns how many rows were scanned.
    fn matches_by_program(
        &mut self,
        source: FlaggedSegment<'_>,
        rows: Range<usize>,
        purpose: Purpose,
    ) -> (usize, Option<Matches>) {
        let order = |at: usize| match purpose {
            Purpose::Kept | Purpose::Trial => rows.end - 1 - at,
            Purpose::Arrived => rows.start + at,
        };
        let via: Vec<Vec<SubscriptionId>> = (0..rows.len())
            .take_while(|_| self.uses_via)
            .map(|at| source.segment.subscriptions(source.id(order(at))).collect())
            .collect();
        let mut bytes = 0;
        let sent = (0..rows.len()).map_while(|at| {
            let via = via.get(at).map_or(&[][..], |via| via);
            let row = self.row(source, order(at), via)?;
            let fits = bytes == 0 || bytes + row.payload.len() <= MAX_ASKED;
            bytes += row.payload.len();
            fits.then_some(row)
        });
        let sent: Vec<Row<'_>> = sent.collect();
        let answers = self.matcher.matches_in_turn(&sent);
        let count = answers.len().max(1);
        let first = order(0).min(order(count - 1));
        let mut found = Matches::none_of(source.id(first), count as u64);
        for (at, _) in answers.iter().enumerate().filter(|(_, matches)| **matches) {
            found.add(order(at) - first);
        }
        let is_reported = self.uses_via || answers.contains(&true);
        (count, is_reported.then_some(found))
    }

    /// Calls `visit` for each row in which a match of `text` starts. The last argument tells
    /// whether the match also ends in that row. All payloads are searched as one text, across their
    /// boundaries, which is much faster than searching them one by one.
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

    fn is_match(
        &mut self,
        source: FlaggedSegment<'_>,
        index: usize,
        via: &mut Vec<SubscriptionId>,
    ) -> bool {
        if self.uses_via {
            via.clear();
            via.extend(source.segment.subscriptions(source.id(index)));
        }
        let row = self.row(source, index, via);
        row.is_some_and(|row| self.matcher.matches(&row))
    }

    fn row<'a>(
        &self,
        source: FlaggedSegment<'a>,
        index: usize,
        via: &'a [SubscriptionId],
    ) -> Option<Row<'a>> {
        let row = source.segment.row(index)?;
        Some(Row {
            time: row.time,
            kind: row.kind,
            channel: row.channel,
            payload: row.payload,
            size: row.size,
            may_differ: row.may_differ,
            via,
            flags: if self.uses_flags {
                source.flagged.of(source.id(index))
            } else {
                Flags::default()
            },
        })
    }
}
