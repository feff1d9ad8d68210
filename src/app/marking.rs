//! Marked rows, and the jumps between them, the hits of breakpoints, and gaps.

use super::{App, Effect, Position};
use crate::message::{Notice, RowId};

impl App {
    /// Marks the selected row, or takes its mark away. The view is frozen there, so that the row
    /// stays in sight.
    pub(super) fn toggle_mark(&mut self) -> Vec<Effect> {
        let Some(row) = self.messages.selected(&self.shown) else {
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
