//! A snapshot of the displayed rows, to be read on another thread while the log changes.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::rows::RowSet;
use super::{Content, MessageLog, RowKind, Segment, Selection};
use crate::message::{Notice, RowId, SubscriptionId, Time};

/// A snapshot of the displayed rows.
///
/// It shares the log's segments, which stay in memory until they have been read.
#[derive(Clone, Debug, Default)]
pub struct Excerpt {
    /// The segments with displayed rows, oldest first.
    segments: VecDeque<Arc<Segment>>,
    /// The displayed rows, or `None` if all rows are displayed.
    shown: Option<RowSet>,
    /// The displayed notices.
    notices: BTreeMap<RowId, (Time, Notice)>,
    rows: u64,
    end: RowId,
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
        /// The name of the message's channel.
        channel: &'a [u8],
        /// The payload, or only its head if the log had no room for the rest.
        payload: &'a [u8],
        /// The original size of the payload, in bytes.
        size: u64,
        /// The subscriptions that delivered the message, in order of delivery.
        subscriptions: &'a [SubscriptionId],
    },
    /// A notice.
    Notice(&'a Notice),
}

impl PartialEq for Excerpt {
    /// Compares only the number of rows and the end, which is enough for excerpts of the same log.
    fn eq(&self, other: &Self) -> bool {
        (self.rows, self.end) == (other.rows, other.end)
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
            for (index, id) in (segment.first.0..).map(RowId).enumerate() {
                let Some(row) = segment.row(index) else { break };
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
                        channel: channel.map_or(&[], |name| name),
                        payload: row.payload,
                        size: row.size,
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
        while let Some(entry) = self.notices.first_entry()
            && *entry.key() < end
        {
            let (time, notice) = entry.remove();
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
        let notices = notices.filter_map(|row| {
            let found = self.row(*row)?;
            match found.content {
                Content::Notice(notice) => Some((*row, (found.time, notice.clone()))),
                Content::Message { .. } => None,
            }
        });
        Excerpt {
            segments: segments.filter(has_shown).collect(),
            notices: notices.collect(),
            rows: selection.len(),
            end: self.end(),
            evicted: self.evicted_before_first(),
            shown,
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
                ExcerptContent::Message {
                    channel, payload, ..
                } => {
                    let parts = [channel, b" ", payload].concat();
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
