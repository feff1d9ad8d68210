//! The layout: zooming a pane, moving the borders, and the channel list over other panes.

use ratatui::layout::Position as Point;

use super::App;
use crate::app::effect::Effect;
use crate::app::focus::Focus;
use crate::app::layout::Border;

/// How far a key moves a border, in columns and in rows.
const STEP_COLUMNS: u16 = 2;
const STEP_ROWS: u16 = 1;

impl App {
    /// Toggles the focused pane between the whole screen and its usual place.
    pub(super) fn toggle_zoom(&mut self) -> Vec<Effect> {
        match self.focus {
            Focus::Plot => self.toggle_whole_plot(),
            Focus::Message => return self.toggle_whole(),
            pane => {
                let zoomed = self.layout.zoomed;
                self.layout.zoomed = (zoomed != Some(pane)).then_some(pane);
                self.layout.under_list = None;
                self.resize_open();
            }
        }
        Vec::new()
    }

    /// Ends the zoom of the channel list or the log. Returns whether it was zoomed.
    pub(super) fn end_zoom(&mut self) -> bool {
        let zoomed = self.layout.zoomed.take_if(|pane| *pane == self.focus);
        if zoomed.is_some() {
            self.resize_open();
        }
        zoomed.is_some()
    }

    /// Moves the focus to the channel list, which covers other panes if it has no place of its own,
    /// or moves the focus back if the list already has it.
    pub(super) fn show_list(&mut self) -> Vec<Effect> {
        if self.shows_latest() {
            return self.tell("the latest values already list every channel");
        }
        if self.focus == Focus::Channels {
            let pane = self.layout.under_list.unwrap_or(Focus::Messages);
            self.set_focus(pane);
        } else {
            self.layout.under_list = Some(self.focus);
            self.set_focus(Focus::Channels);
        }
        Vec::new()
    }

    /// Notes that the focus has come from the pane `from` to the channel list, so that it can
    /// return to that pane if the list covers it.
    pub(super) fn note_pane_under_list(&mut self, from: Focus) {
        let is_pane = from != Focus::Channels && !from.is_in_box();
        if is_pane && self.areas().is_list_over {
            self.layout.under_list.get_or_insert(from);
        }
    }

    /// Closes the channel list if it covers other panes. Returns whether it did.
    pub(super) fn leave_list_over(&mut self) -> bool {
        let is_over = self.areas().is_list_over;
        if is_over {
            self.set_focus(self.layout.under_list.unwrap_or(Focus::Messages));
        }
        is_over
    }

    /// Moves a border to the left or right: the message's if the message has the focus, or else the
    /// channel list's.
    pub(super) fn move_border_across(&mut self, is_forward: bool) -> Vec<Effect> {
        let areas = self.areas();
        let of_message = self.focus.is_beside_log() || self.shows_latest();
        let border = if of_message {
            areas.message_border()
        } else {
            areas.list_border()
        };
        self.move_border(border, is_forward)
    }

    /// Moves the border between the log and the message below it.
    pub(super) fn move_border_down(&mut self, is_forward: bool) -> Vec<Effect> {
        let border = self.areas().message_border();
        let is_below = |border: &Border| *border == Border::Below;
        self.move_border(border.filter(is_below), is_forward)
    }

    fn move_border(&mut self, border: Option<Border>, is_forward: bool) -> Vec<Effect> {
        let Some(border) = border else {
            return self.tell("no border to move in that direction");
        };
        let (before, _) = self.areas().place(border);
        let step = match border {
            Border::Below => STEP_ROWS,
            _ => STEP_COLUMNS,
        };
        let cells = if is_forward {
            before.saturating_add(step)
        } else {
            before.saturating_sub(step)
        };
        if self.put_border(border, cells) {
            return Vec::new();
        }
        self.tell("the border cannot move further: the pane needs the room")
    }

    /// Moves the dragged border to the pointer. Returns whether one is dragged.
    pub(super) fn drag_border(&mut self, at: Point) -> bool {
        let areas = self.areas();
        // The dragged border may have been replaced by another in the meantime.
        let borders = [areas.list_border(), areas.message_border()];
        let dragged = self.layout.dragged;
        if let Some((border, after)) = dragged
            && borders.contains(&Some(border))
        {
            let cells = areas.place_at(border, at).saturating_sub(after);
            self.put_border(border, cells);
        }
        dragged.is_some()
    }

    /// Moves a border so that `cells` columns or rows precede it. Returns whether it has moved.
    fn put_border(&mut self, border: Border, cells: u16) -> bool {
        let place = self.areas().place(border);
        let has_moved = self.layout.borders.put(border, cells, place);
        if has_moved {
            self.resize_open();
        }
        has_moved
    }
}
