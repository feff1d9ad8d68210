//! The layout of a screen of a given size.

mod borders;
mod rects;
mod wrapping;

use ratatui::layout::{Position, Rect};

pub use self::borders::{Border, Borders};
use self::borders::{MIN_BESIDE, MIN_NAMES};
pub(super) use self::rects::{cut_bottom, cut_top};
use self::rects::{cut_left, part};
pub use self::rects::{inside, padded, popup};
pub use self::wrapping::wrapped;
use super::focus::Focus;

/// Minimum width of the screen to show channels and messages side by side. In fewer columns, the
/// list would have no room for most names.
const MIN_FOR_LIST: u16 = 100;

/// Columns that the log keeps beside a list without the focus: 40 columns of payload.
const LOG_COLUMNS: u16 = 80;

/// Minimum height of the screen for a permanent publish box.
const MIN_FOR_BOX: u16 = 20;

/// Minimum and maximum width of the channel list, which takes a third of the screen.
const LIST_COLUMNS: (u16, u16) = (30, 60);

/// Minimum width of the screen to show a part of the pane under the channel list, and the width of
/// the list on such a screen: the rows of the log still show 25 columns of payload.
const MIN_FOR_UNDER: u16 = 60;
const OVER_COLUMNS: u16 = 33;

/// Columns of a line in the channel list that are not part of the name: border, padding and mark.
const BESIDE_NAME: u16 = 6;

/// Maximum number of message lines that the publish box shows at once.
const MAX_BOX_LINES: u16 = 8;

/// The screen, and how the user has divided it.
#[derive(Debug, Default)]
pub(super) struct Layout {
    /// Columns and rows of the screen.
    pub size: (u16, u16),
    /// Where the user has moved the borders.
    pub borders: Borders,
    /// The channel list or the log, if it fills the screen while focused.
    pub zoomed: Option<Focus>,
    /// The pane under the channel list, to which the focus returns.
    pub under_list: Option<Focus>,
    /// The border that the mouse is dragging, and how many cells beyond the border the mouse
    /// grabbed it.
    pub dragged: Option<(Border, u16)>,
}

/// The regions of the screen. A region that does not fit is empty.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Areas {
    /// The whole screen.
    pub screen: Rect,
    /// The status line at the top.
    pub status: Rect,
    /// The channel list with its border.
    pub channels: Rect,
    /// Whether a single pane fills the space between the status line and the hint line.
    pub is_zoomed: bool,
    /// Whether the channel list covers a part of the other panes.
    pub is_list_over: bool,
    /// Whether the channel list shows names rather than figures, to leave room for a message.
    pub names_first: bool,
    /// The line of chips above the message log.
    pub chips: Rect,
    /// The message log with its border.
    pub messages: Rect,
    /// The open message with its border.
    pub message: Rect,
    /// The publish box with its border, or a single line while it is idle.
    pub publish: Rect,
    /// The space between the status line and the hint line, which overlays may cover.
    pub overlay: Rect,
    /// The hint line at the bottom.
    pub hints: Rect,
    /// Number of lines of feedback in the query box.
    query_feedback: u16,
}

/// Height of an open message's header, in lines.
const MESSAGE_HEADER: u16 = 1;

/// Minimum height of the log to show an open message below it.
const MIN_BELOW: u16 = 14;

/// Minimum height of the log for a line of chips, which takes one row of it.
const MIN_FOR_CHIPS: u16 = 6;

/// Height of the query box, in rows, with one line of feedback: its border, the query, the feedback.
/// While it has more, the box covers the pane above it, which stays where it is.
const QUERY_ROWS: u16 = 4;

/// Maximum number of completions that are shown at once.
const MAX_COMPLETIONS: usize = 8;

/// The preferred size of the command palette: its columns, including the border, and its lines.
const PALETTE: (u16, usize) = (76, 17);

/// What the layout depends on, besides the size of the screen.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct ScreenState {
    /// The region that has the focus or, if the channel list covers that region, the pane under the
    /// list.
    pub focus: Focus,
    /// Number of lines of text in the publish box.
    pub box_lines: usize,
    /// Whether a message or the plot is open.
    pub has_message: bool,
    /// Whether the focused pane takes up the whole screen.
    pub is_zoomed: bool,
    /// Whether the channel list shows the latest values. If so, it also takes the log's place.
    pub shows_latest: bool,
    /// Whether the channel list has the focus, though `focus` may be the pane under it. If it has no
    /// place of its own, it covers the other panes.
    pub lists_over: bool,
    /// Columns of the widest name in the channel list.
    pub name_columns: usize,
    /// Where the user has moved the borders.
    pub borders: Borders,
    /// Whether there are chips to show above the log.
    pub has_chips: bool,
    /// Number of lines of feedback in the query box, which then is shown in place of the publish
    /// box.
    pub query_feedback: Option<usize>,
}

impl Areas {
    /// Divides a screen of `width` columns and `height` rows.
    pub fn divide(width: u16, height: u16, state: ScreenState) -> Self {
        let screen = Rect::new(0, 0, width, height);
        let (status, rest) = cut_top(screen, u16::from(height >= 4));
        let (rest, hints) = cut_bottom(rest, u16::from(height >= 5));
        let mut areas = Self {
            screen,
            status,
            overlay: rest,
            hints,
            ..Self::default()
        };
        areas.query_feedback = state.query_feedback.map_or(1, |lines| {
            u16::try_from(lines).map_or(1, |lines| lines.clamp(1, 99))
        });
        areas.is_zoomed = state.is_zoomed;
        if state.is_zoomed {
            *areas.pane_mut(state) = rest;
        } else {
            let (body, publish) = cut_bottom(rest, box_height(height, rest.height, state));
            areas.publish = publish;
            areas.divide_body(body, state);
        }
        if state.has_chips && areas.messages.height >= MIN_FOR_CHIPS {
            (areas.chips, areas.messages) = cut_top(areas.messages, 1);
        }
        if state.lists_over && areas.channels.is_empty() {
            areas.is_list_over = true;
            let columns = state.borders.columns(Border::ListOver, width);
            // What limits the rows stays in sight.
            let (above, _) = cut_bottom(rest, areas.publish.height);
            let (_, below) = cut_top(above, areas.chips.height);
            areas.channels = cut_left(below, columns.unwrap_or_else(|| columns_over(width))).0;
        }
        areas
    }

    /// Returns the region of the pane that fills the screen at the user's request.
    pub fn zoomed(&self) -> Option<Rect> {
        self.is_zoomed.then_some(self.overlay)
    }

    /// Returns the region of the pane that has the focus.
    fn pane_mut(&mut self, state: ScreenState) -> &mut Rect {
        match state.focus {
            Focus::Message | Focus::Plot => &mut self.message,
            Focus::Channels => &mut self.channels,
            _ if state.shows_latest => &mut self.channels,
            _ => &mut self.messages,
        }
    }

    /// Divides `body` between the channel list, the log, and the open message.
    fn divide_body(&mut self, body: Rect, state: ScreenState) {
        if state.shows_latest {
            (self.channels, self.message) = beside_message(body, state);
            return;
        }
        let mut rest = body;
        if body.width >= MIN_FOR_LIST {
            self.names_first = has_room_beside_names(body.width, state);
            let columns = list_columns(body.width, self.names_first, state);
            (self.channels, rest) = cut_left(body, columns);
        }
        (self.messages, self.message) = beside_message(rest, state);
    }

    /// Returns the movable border at a point on the screen, if there is one, and how many cells the
    /// point lies beyond it.
    pub fn border_at(&self, at: Position) -> Option<(Border, u16)> {
        let borders = [self.list_border(), self.message_border()];
        let found = borders.into_iter().flatten().find(|border| {
            let (before, after) = self.beside(*border);
            let is_within = before.contains(at) || after.contains(at);
            is_within && self.distance(*border, at) <= 1
        });
        // Borders under the channel list are not visible.
        let is_covered = self.is_list_over && self.channels.contains(at);
        let found = found.filter(|border| !is_covered || *border == Border::ListOver)?;
        Some((found, self.distance(found, at)))
    }

    /// Returns the border at the right of the channel list, if it can be moved.
    pub fn list_border(&self) -> Option<Border> {
        if self.is_list_over {
            Some(Border::ListOver)
        } else if self.channels.is_empty() || self.messages.is_empty() {
            None
        } else if self.names_first {
            Some(Border::Names)
        } else {
            Some(Border::List)
        }
    }

    /// Returns the border between the log (or the channel list in its place) and the open message.
    pub fn message_border(&self) -> Option<Border> {
        let log = self.log();
        if log.is_empty() || self.message.is_empty() {
            None
        } else if log.y == self.message.y {
            Some(Border::Beside)
        } else {
            Some(Border::Below)
        }
    }

    /// Returns the log with its chips, or the channel list in its place.
    fn log(&self) -> Rect {
        if self.messages.is_empty() && !self.is_list_over {
            self.channels
        } else if self.chips.is_empty() {
            self.messages
        } else {
            self.chips.union(self.messages)
        }
    }

    /// Returns the regions on either side of a border.
    fn beside(&self, border: Border) -> (Rect, Rect) {
        match border {
            Border::ListOver => (self.channels, Rect::default()),
            Border::List | Border::Names => (self.channels, self.messages),
            Border::Beside | Border::Below => (self.log(), self.message),
        }
    }

    /// Returns the number of cells before a border, and the total number of cells on both sides of
    /// it.
    pub fn place(&self, border: Border) -> (u16, u16) {
        let (before, after) = self.beside(border);
        match border {
            Border::List | Border::Names | Border::ListOver => (before.width, self.screen.width),
            Border::Beside => (before.width, before.width + after.width),
            Border::Below => (before.height, before.height + after.height),
        }
    }

    /// Returns how many cells would be before a border if the border were dragged to a point.
    pub fn place_at(&self, border: Border, at: Position) -> u16 {
        let before = self.beside(border).0;
        let cells = match border {
            Border::Below => at.y.saturating_sub(before.y),
            _ => at.x.saturating_sub(before.x),
        };
        cells.saturating_add(1)
    }

    /// Returns how many cells a point lies beyond the last cell before a border.
    fn distance(&self, border: Border, at: Position) -> u16 {
        // A border is drawn in the last cells before it and in the first cells after it.
        let place = self.place(border).0;
        let dragged = self.place_at(border, at);
        if dragged < place { 2 } else { dragged - place }
    }

    /// Returns the query box with its border, at the bottom of the overlay's area.
    pub fn query_box(&self) -> Rect {
        cut_bottom(self.overlay, QUERY_ROWS - 1 + self.query_feedback).1
    }

    /// Returns the region of a syntax list of `lines` lines, with its border, above the query box.
    pub fn syntax(&self, lines: usize) -> Rect {
        let (above, _) = cut_bottom(self.overlay, QUERY_ROWS - 1 + self.query_feedback);
        let rows = u16::try_from(lines).unwrap_or(u16::MAX).saturating_add(2);
        cut_bottom(above, rows).1
    }

    /// Returns the region of a list of `count` completions, with its border, above the query box.
    pub fn completions(&self, count: usize) -> Rect {
        self.syntax(count.min(MAX_COMPLETIONS))
    }

    /// Returns the command palette with its border.
    pub fn palette(&self) -> Rect {
        popup(self.overlay, PALETTE.0, PALETTE.1)
    }

    /// Returns the area of the command palette's lines, below the typed text.
    pub fn palette_lines(&self) -> Rect {
        cut_top(inside(self.palette()), 1).1
    }

    /// Returns the line of an open message's region that shows its tabs.
    pub fn message_tabs(&self) -> Rect {
        cut_top(padded(inside(self.message)), MESSAGE_HEADER).0
    }

    /// Returns the part of an open message's region that shows its text.
    pub fn message_text(&self) -> Rect {
        cut_top(padded(inside(self.message)), MESSAGE_HEADER).1
    }
}

/// Returns the width of a channel list that shows only names.
fn names_columns(state: ScreenState) -> u16 {
    let names = u16::try_from(state.name_columns).unwrap_or(u16::MAX);
    names.saturating_add(BESIDE_NAME).max(MIN_NAMES)
}

/// Returns the usual width of the channel list over other panes. On a wider screen, it gets a
/// quarter of the additional columns, so that the log shows 40 columns of payload at 80.
fn columns_over(width: u16) -> u16 {
    match width.checked_sub(MIN_FOR_UNDER) {
        Some(more) => (OVER_COLUMNS + more / 4).min(LIST_COLUMNS.1),
        None => width,
    }
}

/// Returns whether a message fits beside the log once the channel list shows only names.
fn has_room_beside_names(width: u16, state: ScreenState) -> bool {
    state.has_message && width.saturating_sub(names_columns(state)) >= MIN_BESIDE
}

/// Returns the width of the channel list when it is shown at the left, beside other panes.
fn list_columns(width: u16, names_first: bool, state: ScreenState) -> u16 {
    let (least, most) = LIST_COLUMNS;
    let usual = state.borders.columns(Border::List, width);
    let kept = if state.lists_over { 0 } else { LOG_COLUMNS };
    let most = most.min(width.saturating_sub(kept).max(MIN_NAMES));
    let usual = usual.unwrap_or((width / 3).max(least).min(most));
    if !names_first {
        return usual;
    }
    let columns = state.borders.columns(Border::Names, width);
    columns.unwrap_or(names_columns(state).min(usual))
}

/// Divides an area between the log (or the channel list in its place) and the open message, side by
/// side or one below the other. If there is no room for both, the focused one takes the whole area.
fn beside_message(area: Rect, state: ScreenState) -> (Rect, Rect) {
    if !state.has_message {
        (area, Rect::default())
    } else if area.width >= MIN_BESIDE {
        let columns = state.borders.columns(Border::Beside, area.width);
        cut_left(area, columns.unwrap_or(area.width / 2))
    } else if area.height >= MIN_BELOW {
        let rows = state.borders.columns(Border::Below, area.height);
        cut_top(area, rows.unwrap_or_else(|| part(area.height, 2, 5)))
    } else if state.focus.is_beside_log() {
        (Rect::default(), area)
    } else {
        (area, Rect::default())
    }
}

/// Returns the height of the publish box on a screen of `height` rows, of which `available` are left
/// between the status line and the hint line.
fn box_height(height: u16, available: u16, state: ScreenState) -> u16 {
    if !state.focus.is_in_box() {
        let rows = state.query_feedback.map_or(1, |_| QUERY_ROWS);
        return if height >= MIN_FOR_BOX { rows } else { 0 };
    }
    let lines = u16::try_from(state.box_lines)
        .unwrap_or(u16::MAX)
        .clamp(1, MAX_BOX_LINES);
    // On a short screen, leave half of the space to the panes.
    (lines + 2).min((available / 2).max(3)).min(available)
}

#[cfg(test)]
mod tests;
