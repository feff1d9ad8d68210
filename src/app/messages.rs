//! The message log's pane: which rows it shows, and which one is selected.

use crate::log::Selection;
use crate::message::RowId;

/// In which form the pane shows times.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TimeForm {
    /// The local time of day.
    #[default]
    Local,
    /// The time of day in UTC.
    Utc,
    /// The time since the row shown before.
    Delta,
    /// The time that has passed since.
    Age,
}

impl TimeForm {
    /// The form that comes after this one.
    #[must_use]
    pub fn next(self) -> Self {
        match self {
            Self::Local => Self::Utc,
            Self::Utc => Self::Delta,
            Self::Delta => Self::Age,
            Self::Age => Self::Local,
        }
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Local => "local time",
            Self::Utc => "UTC",
            Self::Delta => "since the row before",
            Self::Age => "age",
        }
    }
}

/// Where the pane stands in the log. Rows are held by id, so that it stays put while rows come
/// and go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Position {
    /// At the end, following what arrives.
    #[default]
    Following,
    /// Where the person left it.
    Frozen {
        /// The row at the top.
        top: RowId,
        /// The selected row.
        selected: RowId,
        /// The row behind the last that there was when the person last moved: what comes later
        /// does not show by itself, even where there is room.
        end: RowId,
    },
}

/// The rows on the screen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Window {
    /// Whether the oldest row of all is among them.
    pub is_at_top: bool,
    /// The rows, top down.
    pub rows: Vec<RowId>,
    /// The selected row, if there is any row.
    pub selected: Option<RowId>,
    /// How many rows that are kept lie below the last one shown.
    pub newer: u64,
    /// Whether rows that were frozen have been let go meanwhile.
    pub has_lost: bool,
}

/// The pane's state.
#[derive(Clone, Copy, Debug, Default)]
pub struct MessagesPane {
    position: Position,
    /// In which form times are shown.
    pub time_form: TimeForm,
}

impl MessagesPane {
    /// Where it stands.
    #[must_use]
    pub fn position(&self) -> Position {
        self.position
    }

    /// The rows that `height` lines show.
    #[must_use]
    pub fn window(&self, shown: &Selection, height: u16) -> Window {
        let total = shown.len();
        let (top, selected) = self.places(shown, height);
        let end = self.limit(shown).min(top + u64::from(height));
        Window {
            is_at_top: top == 0,
            has_lost: self.has_lost(shown),
            rows: (top..end).filter_map(|place| shown.row_at(place)).collect(),
            selected: shown.row_at(selected),
            newer: total - end,
        }
    }

    /// The selected row: the last one while following.
    #[must_use]
    pub fn selected(&self, shown: &Selection) -> Option<RowId> {
        shown.row_at(self.places(shown, 1).1)
    }

    /// Follows the end again.
    pub fn follow(&mut self) {
        self.position = Position::Following;
    }

    /// Goes back to where `pane` stands.
    pub fn stand_as(&mut self, pane: Self) {
        self.position = pane.position;
    }

    /// Freezes what `height` lines show now.
    pub fn freeze(&mut self, shown: &Selection, height: u16) {
        let (top, selected) = self.places(shown, height);
        self.stand(shown, top, selected, height);
    }

    /// Moves the selection by `rows`, down if positive. Freezes the pane.
    pub fn select_by(&mut self, shown: &Selection, rows: i64, height: u16) {
        let (top, selected) = self.places(shown, height);
        self.stand(shown, top, selected.saturating_add_signed(rows), height);
    }

    /// Selects the oldest row. Freezes the pane.
    pub fn select_first(&mut self, shown: &Selection, height: u16) {
        self.stand(shown, 0, 0, height);
    }

    /// Selects `row`. Freezes the pane.
    pub fn select(&mut self, shown: &Selection, row: RowId, height: u16) {
        let (top, _) = self.places(shown, height);
        self.stand(shown, top, shown.place_of(row), height);
    }

    /// Selects `row`. If it was out of view, it comes into view with most of the pane above it.
    /// Freezes the pane.
    pub fn bring_in(&mut self, shown: &Selection, row: RowId, height: u16) {
        let (top, _) = self.places(shown, height);
        let place = shown.place_of(row);
        let is_in_view =
            self.position != Position::Following && (top..top + u64::from(height)).contains(&place);
        let above = u64::from(height) * 3 / 4;
        let top = if is_in_view {
            top
        } else {
            place.saturating_sub(above)
        };
        self.stand(shown, top, place, height);
    }

    /// Moves the window by `rows`, down if positive, and the selection only as far as it must to
    /// stay in view. Down at the end it follows again, as a scroll bar does.
    pub fn scroll_by(&mut self, shown: &Selection, rows: i64, height: u16) {
        let (top, selected) = self.places(shown, height);
        let lowest_top = shown.len().saturating_sub(u64::from(height));
        if rows > 0 && top >= lowest_top {
            self.follow();
            return;
        }
        let top = top.saturating_add_signed(rows).min(lowest_top);
        let bottom = top + u64::from(height).saturating_sub(1);
        self.stand(shown, top, selected.clamp(top, bottom), height);
    }

    /// The place behind the last row that may show by itself.
    fn limit(&self, shown: &Selection) -> u64 {
        match self.position {
            Position::Following => shown.len(),
            Position::Frozen { end, .. } => match shown.place_of(end) {
                // What was frozen is gone altogether: the oldest rows stand in for it.
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

    /// The places of the top row and of the selected row.
    fn places(&self, shown: &Selection, height: u16) -> (u64, u64) {
        let last = shown.len().saturating_sub(1);
        match self.position {
            Position::Following => (shown.len().saturating_sub(u64::from(height)), last),
            Position::Frozen { top, selected, .. } => {
                let selected = shown.place_of(selected).min(last);
                // The screen may have become lower since.
                let lowest_top = (selected + 1).saturating_sub(u64::from(height.max(1)));
                let top = shown.place_of(top).clamp(lowest_top, selected);
                // Or it has become higher, or a filter hides rows below: those above fill it up.
                let full = self.limit(shown).saturating_sub(u64::from(height));
                (top.min(full.max(lowest_top)), selected)
            }
        }
    }

    fn stand(&mut self, shown: &Selection, top: u64, selected: u64, height: u16) {
        let last = shown.len().saturating_sub(1);
        let selected = selected.min(last);
        let lowest_top = (selected + 1).saturating_sub(u64::from(height.max(1)));
        let top = top.clamp(lowest_top, selected);
        if let (Some(top), Some(selected)) = (shown.row_at(top), shown.row_at(selected)) {
            let end = shown.end();
            self.position = Position::Frozen { top, selected, end };
        }
    }
}
