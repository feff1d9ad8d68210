//! Marked rows, byte ranges to mark in a payload, and jumps between marked rows, breakpoint hits
//! and gaps.

use std::ops::Range;

use super::reading::{Search, is_soon_searched};
use super::{App, Effect, Find, Position, Session};
use crate::message::{Notice, RowId};
use crate::query::Query;
use crate::workers::decode::{MAX_MARKED, Sought};

impl Session {
    /// Returns the byte ranges to mark in the payload of `row`, at most the first `most` of each
    /// kind. They are ascending, not empty, and merged where they touch or overlap.
    ///
    /// `payload` may be only the start of the payload, a little longer than the part that is shown.
    /// The marks in the shown part are then the same as for the whole payload.
    #[must_use]
    pub fn marks(&self, row: RowId, payload: &[u8], most: usize) -> Vec<Range<usize>> {
        let query = self.marked_by(row);
        query.map_or_else(Vec::new, |query| query.first_marks(payload, most))
    }

    /// Returns the query whose matches are marked in `row`: the find query, or else the breakpoint
    /// that stopped the view there, or else the filter.
    fn marked_by(&self, row: RowId) -> Option<&Query> {
        let stop = self.breakpoints.stop().filter(|stop| stop.row == row);
        let sought = self.find.as_ref().map(Find::query);
        sought
            .or_else(|| stop.map(|stop| &stop.query))
            .or_else(|| self.filters.typed())
    }

    /// Returns whether the user has marked `row`.
    #[must_use]
    pub fn is_marked(&self, row: RowId) -> bool {
        self.marked.contains(&row)
    }

    fn landmark(&self, from: RowId, is_forward: bool) -> Option<RowId> {
        let behind = RowId(from.0 + 1)..;
        let hit = super::finding::step(self.breakpoints.hits(), from, is_forward);
        let is_gap = |notice: &Notice| matches!(notice, Notice::Gap(_) | Notice::Dropped(_));
        let mut gaps = self.log.notices().filter(|(_, notice)| is_gap(notice));
        let gaps_before = |(row, _): &(RowId, &Notice)| *row < from;
        let gaps_behind = |(row, _): &(RowId, &Notice)| *row > from;
        if is_forward {
            let mark = self.marked.range(behind).next().copied();
            let gap = gaps.find(gaps_behind).map(|(row, _)| row);
            [mark, hit, gap].into_iter().flatten().min()
        } else {
            let mark = self.marked.range(..from).next_back().copied();
            let gap = gaps.rev().find(gaps_before).map(|(row, _)| row);
            [mark, hit, gap].into_iter().flatten().max()
        }
    }
}

impl App {
    /// Marks the matches of a query in the open message and shows the first one. Searches in the
    /// background if that may take longer than a frame.
    pub(super) fn mark_open_message(&mut self) -> Vec<Effect> {
        let Some(open) = self.open.as_ref() else {
            return Vec::new();
        };
        let snapshot = open.reader.snapshot();
        if snapshot.channel.is_none() || open.reader.sought().is_some() {
            return Vec::new();
        }
        // Queries see the bytes as they arrived.
        let is_packed = open.reader.bytes().as_ptr() != snapshot.payload.as_ptr();
        let query = self.session.marked_by(snapshot.row).filter(|_| !is_packed);
        let query = query.filter(|query| !query.is_everything()).cloned();
        let serial = self.session.next_serial();
        let room = self.room();
        let Some(open) = &mut self.open else {
            return Vec::new();
        };
        // The answer to an earlier search is ignored from now on.
        open.search = Search {
            serial,
            goes_there: true,
        };
        let Some(query) = query else {
            open.reader.set_marks(Vec::new());
            return Vec::new();
        };
        let search = open.reader.search_request(Sought::Query(query), serial);
        if is_soon_searched(&search) {
            self.note_found(search.answer());
            return Vec::new();
        }
        open.reader.set_marks(Vec::new());
        open.reader.show_mark(room);
        vec![Effect::Search(search)]
    }

    /// Goes to the next or previous match in the open message.
    pub(super) fn go_to_match(&mut self, is_forward: bool) -> Vec<Effect> {
        let Some((open, room)) = self.reader_and_room() else {
            return Vec::new();
        };
        if open.go_to_mark(is_forward, room) {
            return Vec::new();
        }
        let which = match is_forward {
            _ if open.mark_count() == 0 => "match is marked",
            true => "further match",
            false => "earlier match",
        };
        let part = if open.snapshot().payload.len() > MAX_MARKED {
            "the first 4 MiB of "
        } else {
            ""
        };
        self.session
            .tell(format!("no {which} in {part}this message"))
    }

    /// Marks or unmarks the selected row. Freezes the view there so that the row stays in sight.
    pub(super) fn toggle_mark(&mut self) -> Vec<Effect> {
        let Some(row) = self.selected_row() else {
            return self.session.tell("select a row to mark it");
        };
        if !self.session.marked.remove(&row) {
            self.session.marked.insert(row);
        }
        self.select_row(row);
        Vec::new()
    }

    /// Selects the next or previous shown row that is marked, was hit by a breakpoint, or is a gap.
    pub(super) fn go_to_landmark(&mut self, is_forward: bool) -> Vec<Effect> {
        let Some(mut from) = self.jumps_start() else {
            return self.session.tell("no row is shown");
        };
        while let Some(row) = self.session.landmark(from, is_forward) {
            if self.session.shown.contains(row) {
                self.select_row(row);
                return Vec::new();
            }
            from = row;
        }
        let direction = if is_forward { "newer" } else { "older" };
        self.session.tell(format!(
            "no {direction} mark, breakpoint hit or gap is shown"
        ))
    }

    /// Returns where a jump to another row starts: at the selected row, or past the last row while
    /// following, since the selection is not shown then.
    pub(super) fn jumps_start(&self) -> Option<RowId> {
        let selected = self.messages.selected(&self.session.shown)?;
        Some(match self.messages.position() {
            Position::Following => self.session.shown.end(),
            Position::Frozen { .. } => selected,
        })
    }
}
