//! The rows of the log that are displayed.

use std::collections::BTreeSet;
use std::ops::Range;

use super::MessageLog;
use super::rows::{Matches, RowSet};
use crate::message::RowId;

/// The displayed rows, addressable by id or by position. If there is no filter, these are all rows
/// in the log, and no ids are stored; otherwise they are the rows that a scan has found so far.
#[derive(Debug, Default)]
pub struct Selection {
    filtered: Option<Filtered>,
    /// Ranges of rows held before `first`, in order.
    held: Vec<Range<RowId>>,
    /// The log contains all rows from this one up to `end`.
    first: RowId,
    end: RowId,
    /// How many of the rows in the log are notices.
    kept_notices: u64,
    /// A row to display even if it does not pass the filter. It does not count as a match.
    shown_anyway: Option<RowId>,
}

/// The results of a scan.
#[derive(Debug, Default)]
struct Filtered {
    rows: RowSet,
    /// The notices among the rows.
    notices: BTreeSet<RowId>,
    /// Whether every notice is displayed, even if the scan has not found it.
    with_notices: bool,
}

impl Selection {
    /// Displays every row from now on.
    pub fn show_all(&mut self, log: &MessageLog) {
        self.filtered = None;
        self.follow(log);
    }

    /// Displays no rows until some are added, except for all notices if `with_notices`.
    pub fn show_none(&mut self, with_notices: bool, log: &MessageLog) {
        self.filtered = Some(Filtered {
            with_notices,
            ..Filtered::default()
        });
        self.end = RowId::default();
        self.follow(log);
    }

    /// Displays `row` regardless of the filter, instead of the previous such row.
    pub fn show_anyway(&mut self, row: Option<RowId>) {
        self.shown_anyway = row;
    }

    /// Adds the rows that a scan has found, except those evicted since.
    pub fn add(&mut self, found: &Matches, log: &MessageLog) {
        let Some(filtered) = &mut self.filtered else {
            return;
        };
        filtered.rows.replace(found);
        let range = found.scanned_rows();
        let notices = log.notices_in(range.clone());
        for row in notices {
            if filtered.with_notices {
                filtered.rows.insert(row);
            }
            if filtered.rows.contains(row) {
                filtered.notices.insert(row);
            }
        }
        filtered.remove_evicted(range, log);
    }

    /// Updates the selection for rows added to and evicted from the log since the last call.
    pub fn follow(&mut self, log: &MessageLog) {
        let held = log.held();
        if let Some(filtered) = &mut self.filtered {
            if filtered.with_notices && self.end < log.end() {
                for row in log.notices_in(self.end..log.end()) {
                    filtered.rows.insert(row);
                    filtered.notices.insert(row);
                }
            }
            if self.first != log.first() || self.held != held {
                filtered.remove_evicted(RowId::default()..log.first(), log);
            }
        }
        self.held = held;
        self.first = log.first();
        self.end = log.end();
        self.kept_notices = log.kept_notices();
    }

    /// Returns whether every row is displayed.
    pub fn is_everything(&self) -> bool {
        self.filtered.is_none()
    }

    /// Returns whether the log still contains `row`, which must have been in the log once.
    pub fn keeps(&self, row: RowId) -> bool {
        row >= self.first || self.held.iter().any(|range| range.contains(&row))
    }

    /// Returns the id after the newest row.
    pub fn end(&self) -> RowId {
        self.end
    }

    /// Returns the number of rows displayed.
    pub fn len(&self) -> u64 {
        match &self.filtered {
            Some(filtered) => filtered.rows.len() + u64::from(self.extra(filtered).is_some()),
            None => self.place_of(self.end),
        }
    }

    /// Returns whether no rows are displayed.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the number of messages displayed.
    pub fn messages(&self) -> u64 {
        match &self.filtered {
            Some(filtered) => filtered.rows.len() - filtered.notices.len() as u64,
            None => self.len().saturating_sub(self.kept_notices),
        }
    }

    /// Returns whether `row` is displayed.
    pub fn contains(&self, row: RowId) -> bool {
        match &self.filtered {
            Some(filtered) => filtered.rows.contains(row) || self.extra(filtered) == Some(row),
            None => row < self.end && self.keeps(row),
        }
    }

    /// Returns the displayed row at position `place`, counted from 0 for the oldest.
    pub fn row_at(&self, place: u64) -> Option<RowId> {
        if let Some(filtered) = &self.filtered {
            let extra = self.extra(filtered);
            let extra = extra.map(|row| (row, filtered.rows.place_of(row)));
            return match extra {
                Some((row, its_place)) if place == its_place => Some(row),
                Some((_, its_place)) if place > its_place => filtered.rows.row_at(place - 1),
                _ => filtered.rows.row_at(place),
            };
        }
        let mut rest = place;
        for range in self.ranges() {
            let length = range.end.0 - range.start.0;
            if rest < length {
                return Some(RowId(range.start.0 + rest));
            }
            rest -= length;
        }
        None
    }

    /// Returns how many rows are displayed before `row`. This is the position of `row` if it is
    /// displayed itself.
    pub fn place_of(&self, row: RowId) -> u64 {
        if let Some(filtered) = &self.filtered {
            let is_before = self.extra(filtered).is_some_and(|extra| extra < row);
            return filtered.rows.place_of(row) + u64::from(is_before);
        }
        let before = |range: Range<RowId>| row.clamp(range.start, range.end).0 - range.start.0;
        self.ranges().map(before).sum()
    }

    /// Returns how many of `rows` are displayed within `range`.
    pub fn count_of(&self, rows: &RowSet, range: Range<RowId>) -> u64 {
        let Some(filtered) = &self.filtered else {
            return rows.place_of(range.end) - rows.place_of(range.start);
        };
        let extra = self.extra_of(filtered, rows);
        let extra = extra.is_some_and(|extra| range.contains(&extra));
        rows.count_common(&filtered.rows, range) + u64::from(extra)
    }

    /// Returns the first of `rows` from `row` on that is displayed.
    pub fn first_of(&self, rows: &RowSet, row: RowId) -> Option<RowId> {
        let Some(filtered) = &self.filtered else {
            return rows.at_or_after(row);
        };
        let extra = self.extra_of(filtered, rows);
        let extra = extra.filter(|extra| *extra >= row);
        let first = rows.first_common(&filtered.rows, row);
        first.into_iter().chain(extra).min()
    }

    /// Returns the last of `rows` before `row` that is displayed.
    pub fn last_of(&self, rows: &RowSet, row: RowId) -> Option<RowId> {
        let Some(filtered) = &self.filtered else {
            return rows.before(row);
        };
        let extra = self.extra_of(filtered, rows);
        let extra = extra.filter(|extra| *extra < row);
        let last = rows.last_common(&filtered.rows, row);
        last.into_iter().chain(extra).max()
    }

    /// Returns the row to display despite the filter, if it is one of `rows`.
    fn extra_of(&self, filtered: &Filtered, rows: &RowSet) -> Option<RowId> {
        self.extra(filtered).filter(|row| rows.contains(*row))
    }

    /// Returns a copy of the set of displayed rows; `None` if all rows are displayed.
    pub(super) fn row_set(&self) -> Option<RowSet> {
        let filtered = self.filtered.as_ref()?;
        let mut rows = filtered.rows.clone();
        if let Some(extra) = self.extra(filtered) {
            rows.insert(extra);
        }
        Some(rows)
    }

    /// Returns the row to display despite the filter, unless it passes the filter or is no longer
    /// in the log.
    fn extra(&self, filtered: &Filtered) -> Option<RowId> {
        let kept = self.shown_anyway.filter(|row| self.keeps(*row));
        kept.filter(|row| !filtered.rows.contains(*row))
    }

    fn ranges(&self) -> impl Iterator<Item = Range<RowId>> {
        let kept = self.first..self.end;
        self.held.iter().cloned().chain([kept])
    }
}

impl Filtered {
    /// Removes the rows among `rows` that the log has evicted or replaced with a notice about the
    /// eviction.
    fn remove_evicted(&mut self, rows: Range<RowId>, log: &MessageLog) {
        for gone in log.gone_from(rows.clone()) {
            self.forget(gone);
        }
        for row in log.seams().filter(|row| rows.contains(row)) {
            self.forget(row..RowId(row.0 + 1));
            if self.with_notices {
                self.rows.insert(row);
                self.notices.insert(row);
            }
        }
    }

    fn forget(&mut self, rows: Range<RowId>) {
        let gone: Vec<RowId> = self.notices.range(rows.clone()).copied().collect();
        for row in gone {
            self.notices.remove(&row);
        }
        self.rows.remove(rows);
    }
}
