//! A snapshot of rows, to be read on another thread while the log changes.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

use super::rows::RowSet;
use super::{Content, MessageLog, RowKind, Segment, SegmentRow, Selection};
use crate::message::{Notice, RowId, SubscriptionId, Time};

/// A snapshot of some rows, such as the displayed ones.
///
/// It shares the log's segments, which stay in memory until they have been read.
#[derive(Clone, Debug, Default)]
pub struct Excerpt {
    /// The segments with rows of the excerpt, oldest first.
    pub(super) segments: VecDeque<Arc<Segment>>,
    /// The first row, and the end of the rows.
    pub(super) range: Range<RowId>,
    /// Which of the rows in `range` are in the excerpt, or `None` if all of them are.
    shown: Option<RowSet>,
    /// The notices of the excerpt, each to be read right before this row or in its place.
    pub(super) notices: VecDeque<(RowId, Time, Notice)>,
    pub(super) rows: u64,
    /// The number of evicted messages that were older than all rows in the log.
    evicted: u64,
}

/// A row of an excerpt.
#[derive(Clone, Copy, Debug)]
pub struct ExcerptRow<'a> {
    /// When the row arrived.
    pub time: Time,
    /// The content of the row.
    pub content: ExcerptContent<'a>,
}

/// The content of a row of an excerpt.
#[derive(Clone, Copy, Debug)]
pub enum ExcerptContent<'a> {
    /// A message.
    Message {
        /// The segment with the message.
        segment: &'a Segment,
        /// The message's row in the segment.
        row: SegmentRow<'a>,
        /// The name of the message's channel.
        channel: &'a [u8],
        /// The subscriptions that delivered the message, in order of delivery.
        subscriptions: &'a [SubscriptionId],
    },
    /// A notice.
    Notice(&'a Notice),
}

impl PartialEq for Excerpt {
    /// Compares only the number of rows and their range, which is enough for excerpts of the same log.
    fn eq(&self, other: &Self) -> bool {
        (self.rows, &self.range) == (other.rows, &other.range)
    }
}

impl Excerpt {
    /// Returns the number of rows.
    pub fn len(&self) -> u64 {
        self.rows
    }

    /// Returns whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// Returns the number of evicted messages that were older than all rows in the log.
    pub fn evicted(&self) -> u64 {
        self.evicted
    }

    /// Returns the number of messages.
    pub fn messages(&self) -> u64 {
        self.rows - (self.notices.len() as u64).min(self.rows)
    }

    /// Returns the memory use of the segments in bytes, including overhead.
    pub fn bytes(&self) -> usize {
        self.segments.iter().map(|segment| segment.size()).sum()
    }

    /// Passes every row to `visit`, oldest first, and frees each segment once it has been read.
    ///
    /// # Errors
    ///
    /// Returns the first error of `visit`.
    pub fn read<E>(
        mut self,
        mut visit: impl FnMut(ExcerptRow<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut via = Vec::new();
        while let Some(segment) = self.segments.pop_front() {
            self.read_notices(segment.first, &mut visit)?;
            let rows = segment.first.max(self.range.start)..segment.end().min(self.range.end);
            for id in (rows.start.0..rows.end.0).map(RowId) {
                let index = segment.index(id);
                let Some(row) = index.and_then(|index| segment.row(index)) else {
                    break;
                };
                if self.shown.as_ref().is_some_and(|shown| !shown.contains(id)) {
                    continue;
                }
                if row.kind != RowKind::Message {
                    self.read_notices(RowId(id.0 + 1), &mut visit)?;
                    continue;
                }
                via.clear();
                via.extend(segment.subscriptions(id));
                let channel = segment.channel_name(row.channel);
                visit(ExcerptRow {
                    time: row.time,
                    content: ExcerptContent::Message {
                        segment: &segment,
                        row,
                        channel: channel.map_or(&[], |name| name),
                        subscriptions: &via,
                    },
                })?;
            }
        }
        self.read_notices(RowId(u64::MAX), &mut visit)
    }

    /// Passes the notices before the row `end` to `visit`.
    fn read_notices<E>(
        &mut self,
        end: RowId,
        visit: &mut impl FnMut(ExcerptRow<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let count = self.notices.partition_point(|(row, ..)| *row < end);
        for (_, time, notice) in self.notices.drain(..count) {
            visit(ExcerptRow {
                time,
                content: ExcerptContent::Notice(&notice),
            })?;
        }
        Ok(())
    }
}

impl MessageLog {
    /// Returns a snapshot of the displayed rows. Only rows in the open segment are copied.
    pub fn excerpt(&self, selection: &Selection) -> Excerpt {
        let shown = selection.row_set();
        let open = (self.open.segment.first < self.end())
            .then(|| Arc::new(self.open.segment.copy_from(self.open.segment.first)));
        let segments = self.held.iter().chain(&self.sealed).cloned().chain(open);
        let has_shown = |segment: &Arc<Segment>| match &shown {
            None => true,
            Some(shown) => {
                let first = shown.at_or_after(segment.first);
                first.is_some_and(|row| row < segment.end())
            }
        };
        let notices = self.notices.keys().filter(|row| selection.contains(**row));
        Excerpt {
            segments: segments.filter(has_shown).collect(),
            range: RowId::default()..self.end(),
            notices: notices.filter_map(|row| self.copy_notice(*row)).collect(),
            rows: selection.len(),
            evicted: self.evicted_before_first(),
            shown,
        }
    }

    /// Returns a copy of the notice at `row`, with the row and its time.
    pub(super) fn copy_notice(&self, row: RowId) -> Option<(RowId, Time, Notice)> {
        let found = self.row(row)?;
        match found.content {
            Content::Notice(notice) => Some((row, found.time, notice.clone())),
            Content::Message { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::{Batch, Matches};

    const ALL: SubscriptionId = SubscriptionId(0);

    /// Returns the rows of the excerpt as text.
    fn texts(excerpt: Excerpt) -> Vec<String> {
        let mut texts = Vec::new();
        let read = excerpt.read::<()>(|row| {
            texts.push(match row.content {
                ExcerptContent::Message { channel, row, .. } => {
                    let parts = [channel, b" ", row.payload].concat();
                    String::from_utf8_lossy(&parts).into_owned()
                }
                ExcerptContent::Notice(notice) => format!("{notice:?}"),
            });
            Ok(())
        });
        assert_eq!(read, Ok(()));
        texts
    }

    fn log_of(count: u64) -> MessageLog {
        let mut log = MessageLog::new(1 << 20);
        let mut batch = Batch::default();
        for number in 0..count {
            if number == 1 {
                batch.push_notice(Time(1), Notice::AllEnded);
            }
            batch.push_message(Time(1), b"a", number.to_string().as_bytes(), ALL);
        }
        log.append(batch);
        log
    }

    #[test]
    fn an_excerpt_has_every_row_in_order_and_ignores_later_ones() {
        let mut log = log_of(3);
        let mut selection = Selection::default();
        selection.follow(&log);
        let excerpt = log.excerpt(&selection);
        assert_eq!((excerpt.len(), excerpt.is_empty()), (4, false));
        let mut later = Batch::default();
        later.push_message(Time(2), b"b", b"later", ALL);
        log.append(later);
        assert_eq!(texts(excerpt), ["a 0", "AllEnded", "a 1", "a 2"]);
    }

    #[test]
    fn an_excerpt_of_a_filtered_log_has_only_the_rows_shown() {
        let log = log_of(200);
        let mut selection = Selection::default();
        selection.show_none(true, &log);
        let mut found = Matches::none_of(RowId(0), 201);
        found.add(0);
        found.add(150);
        selection.add(&found, &log);
        selection.show_anyway(Some(RowId(160)));
        let excerpt = log.excerpt(&selection);
        assert_eq!(excerpt.len(), 4);
        assert_eq!(texts(excerpt), ["a 0", "AllEnded", "a 149", "a 159"]);
    }
}
