//! Marked rows, and the jumps between them, the hits of breakpoints, and gaps; the bytes to mark in
//! a payload.

use std::ops::Range;

use super::{App, Effect, Find, Position};
use crate::message::{Notice, RowId};

/// So much of an open message is looked through for what to mark: no key is to wait for more.
pub const MAX_MARKED: usize = 4 << 20;

impl App {
    /// The bytes to mark in the payload of `row`: what the find query matched, or else the
    /// breakpoint that has stopped the view there, or else the filter. Ascending, not empty, and
    /// merged where they touch or overlap.
    ///
    /// For a row of the log `payload` may be only the start of the payload, a little longer than
    /// what is shown of it. What is shown must then be marked as in the whole.
    #[must_use]
    pub fn marks(&self, row: RowId, payload: &[u8]) -> Vec<Range<usize>> {
        let stop = self.breakpoints.stop().filter(|stop| stop.row == row);
        let sought = self.find.as_ref().map(Find::query);
        let query = sought
            .or_else(|| stop.map(|stop| &stop.query))
            .or_else(|| self.filters.typed());
        query.map_or_else(Vec::new, |query| query.marks(payload))
    }

    /// Finds what to mark in the message that has just been opened, and shows the first of it:
    /// once, since a frame is too short a time for a payload of 100 MB.
    pub(super) fn mark_open_message(&mut self) {
        let marks = match &self.open {
            Some(open) if open.reader.letter().channel.is_some() => {
                // What is asked is asked of the bytes as they came.
                let payload = &open.reader.letter().payload;
                let is_packed = open.reader.bytes().as_ptr() != payload.as_ptr();
                let seen = payload.len().min(if is_packed { 0 } else { MAX_MARKED });
                self.marks(open.reader.letter().row, &payload[..seen])
            }
            _ => return,
        };
        if let Some((reader, room)) = self.reading() {
            reader.set_marks(marks);
            reader.show_mark(room);
        }
    }

    /// Goes to the next match in the open message, or to the one before.
    pub(super) fn go_to_match(&mut self, is_forward: bool) -> Vec<Effect> {
        let Some((open, room)) = self.reading() else {
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
        let part = if open.letter().payload.len() > MAX_MARKED {
            "the first 4 MiB of "
        } else {
            ""
        };
        self.tell(format!("no {which} in {part}this message"))
    }

    /// Marks the selected row, or takes its mark away. The view is frozen there, so that the row
    /// stays in sight.
    pub(super) fn toggle_mark(&mut self) -> Vec<Effect> {
        let Some(row) = self.selected_row() else {
            return self.tell("select a row to mark it");
        };
        if !self.marked.remove(&row) {
            self.marked.insert(row);
        }
        self.select_row(row);
        Vec::new()
    }

    /// Whether the person has marked `row`.
    #[must_use]
    pub fn is_marked(&self, row: RowId) -> bool {
        self.marked.contains(&row)
    }

    /// Selects the next row shown that is marked, was hit by a breakpoint, or is a gap; or the
    /// one before.
    pub(super) fn go_to_landmark(&mut self, is_forward: bool) -> Vec<Effect> {
        let Some(mut from) = self.jumps_start() else {
            return self.tell("no row is shown");
        };
        while let Some(row) = self.landmark(from, is_forward) {
            if self.shown.contains(row) {
                self.select_row(row);
                return Vec::new();
            }
            from = row;
        }
        let direction = if is_forward { "newer" } else { "older" };
        self.tell(format!(
            "no {direction} mark, breakpoint hit or gap is shown"
        ))
    }

    /// Where the jump to another row starts: at the selected row, or behind the last while
    /// following, since nothing is seen to be selected then.
    pub(super) fn jumps_start(&self) -> Option<RowId> {
        let selected = self.messages.selected(&self.shown)?;
        Some(match self.messages.position() {
            Position::Following => self.shown.end(),
            Position::Frozen { .. } => selected,
        })
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
