//! The message log pane: which rows it shows and which one is selected.

pub mod chips;
pub mod dates;
mod find;
mod sideways;
mod stops;

use self::chips::ChipCursor;
use super::action::Motion;
use super::effect::Effect;
use super::session::Session;
use crate::log::Selection;
use crate::message::RowId;

/// The position of the pane in the log. It refers to rows by id, since their indices change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Position {
    /// At the end, following new rows.
    #[default]
    Following,
    /// At a fixed place, not following new rows.
    Frozen {
        /// The row at the top.
        top: RowId,
        /// The selected row.
        selected: RowId,
        /// One past the last row at the time of the user's last move. Later rows do not appear
        /// until the next move, even if there is room.
        end: RowId,
    },
}

/// The rows on the screen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Window {
    /// Whether the oldest row of the log is among the rows.
    pub is_at_top: bool,
    /// The rows, from top to bottom.
    pub rows: Vec<RowId>,
    /// The indices of the rows that have a date line above them.
    pub dates: Vec<usize>,
    /// The selected row, if there are any rows.
    pub selected: Option<RowId>,
    /// The number of rows in the log below the last one on the screen.
    pub newer: u64,
    /// Whether rows of the frozen pane have been evicted.
    pub has_lost: bool,
}

/// The state of the pane.
#[derive(Clone, Copy, Debug, Default)]
pub struct LogPane {
    /// The position of the pane in the log.
    pub position: Position,
    /// How many columns at the start of each payload are scrolled out of view.
    pub columns_skipped: usize,
    /// Whether payloads and severity are drawn without colours.
    pub is_plain: bool,
    /// Whether payloads are drawn as they were received, without decoding them.
    pub is_raw: bool,
    /// Whether the rows come from a recording. Then nothing is ever newer than what is shown, so
    /// the pane never follows.
    is_static: bool,
    /// The selected chip, while the chips have the focus.
    pub chip: ChipCursor,
}

/// What a frozen pane holds back if nothing is held back.
const ALL_ROWS: RowId = RowId(u64::MAX);

impl LogPane {
    /// Creates the pane for a recording, at its start.
    pub(crate) fn of_recording() -> Self {
        let mut pane = Self {
            is_static: true,
            ..Self::default()
        };
        pane.show_from(RowId::default(), RowId::default());
        pane
    }

    /// Shows the rows from `top` on, which may not be there yet.
    pub(crate) fn show_from(&mut self, top: RowId, selected: RowId) {
        self.position = Position::Frozen {
            top,
            selected,
            end: ALL_ROWS,
        };
    }

    /// Returns the rows that a pane of `height` rows shows.
    fn rows_in(&self, shown: &Selection, height: u16) -> Window {
        let total = shown.len();
        let (top, selected) = self.places(shown, height);
        let end = self.limit(shown).min(top + u64::from(height));
        Window {
            is_at_top: top == 0,
            has_lost: self.has_lost(shown),
            rows: (top..end).filter_map(|place| shown.row_at(place)).collect(),
            selected: shown.row_at(selected),
            newer: total - end,
            dates: Vec::new(),
        }
    }

    /// Returns the selected row, which is the last one while following.
    pub fn selected(&self, shown: &Selection) -> Option<RowId> {
        shown.row_at(self.places(shown, 1).1)
    }

    /// Moves through the rows.
    pub(super) fn move_by(&mut self, motion: Motion, session: &mut Session, height: u16) {
        match motion.lines(usize::from(height)) {
            Some(rows) => self.select_by(&session.shown, rows as i64, height),
            None if motion == Motion::First => self.freeze_at(&session.shown, 0, 0, height),
            None => self.follow_past_stops(session),
        }
    }

    /// Keeps the selected row in view if the pane has shrunk.
    pub(super) fn settle(&mut self, shown: &Selection, height: u16) {
        if height > 0 && self.position != Position::Following {
            self.select_by(shown, 0, height);
        }
    }

    /// Returns the row at which a search forward or backward starts: the selected row, or one past
    /// the last row while following, since the selection is not shown then.
    fn search_start(&self, shown: &Selection) -> Option<RowId> {
        let selected = self.selected(shown)?;
        Some(match self.position {
            Position::Following => shown.end(),
            Position::Frozen { .. } => selected,
        })
    }

    /// Marks or unmarks `row`, and freezes the pane so that the row stays in view.
    pub(super) fn toggle_mark(&mut self, row: RowId, session: &mut Session, height: u16) {
        if !session.marked.remove(&row) {
            session.marked.insert(row);
        }
        self.bring_into_view(&session.shown, row, height);
    }

    /// Selects the next or previous displayed row that is marked, a breakpoint hit or a gap.
    pub(super) fn go_to_landmark(
        &mut self,
        is_forward: bool,
        session: &mut Session,
        height: u16,
    ) -> Vec<Effect> {
        let Some(mut from) = self.search_start(&session.shown) else {
            return session.tell("no rows are shown");
        };
        while let Some(row) = session.landmark(from, is_forward) {
            if session.shown.contains(row) {
                self.bring_into_view(&session.shown, row, height);
                return Vec::new();
            }
            from = row;
        }
        let direction = if is_forward { "newer" } else { "older" };
        session.tell(format!(
            "no {direction} mark, breakpoint hit or gap in the rows shown"
        ))
    }

    /// Returns whether the user has frozen the pane, which otherwise follows new rows.
    pub(crate) fn is_frozen(&self) -> bool {
        self.position != Position::Following && !self.is_static
    }

    /// Follows new rows again. In a recording, selects the last row.
    pub fn follow(&mut self) {
        if self.is_static {
            self.show_from(ALL_ROWS, ALL_ROWS);
        } else {
            self.position = Position::Following;
        }
    }

    /// Freezes the rows now shown in `height` lines.
    pub fn freeze(&mut self, shown: &Selection, height: u16) {
        self.select_by(shown, 0, height);
    }

    /// Moves the selection by `rows`, down if positive. Freezes the pane.
    pub fn select_by(&mut self, shown: &Selection, rows: i64, height: u16) {
        let (top, selected) = self.places(shown, height);
        self.freeze_at(shown, top, selected.saturating_add_signed(rows), height);
    }

    /// Selects `row`. Freezes the pane.
    pub fn select(&mut self, shown: &Selection, row: RowId, height: u16) {
        let (top, _) = self.places(shown, height);
        self.freeze_at(shown, top, shown.place_of(row), height);
    }

    /// Selects `row` and brings it into view near the bottom. Freezes the pane.
    pub fn bring_into_view(&mut self, shown: &Selection, row: RowId, height: u16) {
        let (mut top, _) = self.places(shown, height);
        let place = shown.place_of(row);
        let is_in_view =
            self.position != Position::Following && (top..top + u64::from(height)).contains(&place);
        if !is_in_view {
            top = place.saturating_sub(u64::from(height) * 3 / 4);
        }
        self.freeze_at(shown, top, place, height);
    }

    /// Scrolls by `rows`, down if positive, and moves the selection only as far as needed to stay
    /// in view. Scrolling down at the end follows new rows again.
    pub fn scroll_by(&mut self, shown: &Selection, rows: i64, height: u16) {
        let (top, selected) = self.places(shown, height);
        let lowest_top = shown.len().saturating_sub(u64::from(height));
        if rows > 0 && top >= lowest_top {
            self.follow();
            return;
        }
        let top = top.saturating_add_signed(rows).min(lowest_top);
        let bottom = top + u64::from(height).saturating_sub(1);
        self.freeze_at(shown, top, selected.clamp(top, bottom), height);
    }

    /// Returns one past the index of the last row that may be shown.
    fn limit(&self, shown: &Selection) -> u64 {
        match self.position {
            Position::Following => shown.len(),
            Position::Frozen { end, .. } => match shown.place_of(end) {
                // All frozen rows have been evicted: show the oldest rows instead.
                0 if self.has_lost(shown) => shown.len(),
                limit => limit,
            },
        }
    }

    fn has_lost(&self, shown: &Selection) -> bool {
        match self.position {
            Position::Following => false,
            Position::Frozen { top, .. } => !shown.keeps(top),
        }
    }

    /// Returns the indices in `shown` of the top row and of the selected row.
    fn places(&self, shown: &Selection, height: u16) -> (u64, u64) {
        let last = shown.len().saturating_sub(1);
        match self.position {
            Position::Following => (shown.len().saturating_sub(u64::from(height)), last),
            Position::Frozen { top, selected, .. } => {
                let selected = shown.place_of(selected).min(last);
                // The pane may have shrunk since it was frozen.
                let lowest_top = (selected + 1).saturating_sub(u64::from(height.max(1)));
                let top = shown.place_of(top).clamp(lowest_top, selected);
                // If the pane has grown, or a filter hides rows below, rows from above fill the
                // space.
                let full = self.limit(shown).saturating_sub(u64::from(height));
                (top.min(full.max(lowest_top)), selected)
            }
        }
    }

    fn freeze_at(&mut self, shown: &Selection, top: u64, selected: u64, height: u16) {
        let last = shown.len().saturating_sub(1);
        let selected = selected.min(last);
        let lowest_top = (selected + 1).saturating_sub(u64::from(height.max(1)));
        let top = top.clamp(lowest_top, selected);
        if let (Some(top), Some(selected)) = (shown.row_at(top), shown.row_at(selected)) {
            let end = if self.is_static {
                ALL_ROWS
            } else {
                shown.end()
            };
            self.position = Position::Frozen { top, selected, end };
        }
    }
}
