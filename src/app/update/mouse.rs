//! The mouse: the wheel scrolls the pane under the pointer, a click focuses and selects, and a double
//! click does what Enter does. A click on the hint line or on a title does what is written there, and
//! a drag moves a border. On the plot, the wheel zooms, a drag pans, and a click shows a value.

use crossterm::event::{KeyEvent, MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::{Position as Point, Rect};
use unicode_width::UnicodeWidthStr as _;

use super::App;
use crate::app::action::{Kind, Motion};
use crate::app::channel_list::{Entry, FOLD_MARK_AT, INDENT, Lists};
use crate::app::effect::Effect;
use crate::app::focus::Focus;
use crate::app::layout::{Border, inside};
use crate::app::log_pane::dates::WindowLine;
use crate::app::log_pane::{LogPane, Position};
use crate::app::overlays::Overlay;
use crate::app::overlays::query_box::Purpose;

/// Lines scrolled per notch of the wheel.
const WHEEL_LINES: isize = 3;

impl App {
    pub(super) fn handle_mouse(&mut self, mouse: MouseEvent) -> Vec<Effect> {
        let at = Point::new(mouse.column, mouse.row);
        match mouse.kind {
            MouseEventKind::ScrollUp => {
                self.scroll(at, -WHEEL_LINES);
                return self.load_beyond(Motion::Lines(-WHEEL_LINES));
            }
            MouseEventKind::ScrollDown => {
                self.scroll(at, WHEEL_LINES);
                return self.load_beyond(Motion::Lines(WHEEL_LINES));
            }
            MouseEventKind::Down(MouseButton::Left) => {
                let is_second = self.keyboard.click(at, self.session.now);
                if self.areas().hints.contains(at) {
                    return self.click_on_hints(at, is_second);
                }
                if self.overlay.is_some() {
                    return self.click_in_overlay(at, is_second);
                }
                return self.click(at, is_second);
            }
            MouseEventKind::Drag(MouseButton::Left) => self.drag(at),
            MouseEventKind::Up(MouseButton::Left) => {
                self.layout.dragged = None;
                self.plot.release(&self.plot_room(), self.plot_extent());
            }
            _ => {}
        }
        Vec::new()
    }

    pub(super) fn scroll(&mut self, at: Point, lines: isize) {
        let areas = self.areas();
        if self.overlay.is_some() {
            self.move_by(Motion::Lines(lines));
        } else if areas.channels.contains(at) {
            let height = inside(areas.channels).height;
            self.channel_list
                .scroll_by(lines, height, &Lists::of(&self.session));
        } else if areas.messages.contains(at) {
            self.on_log(|log, session, height| {
                log.scroll_by(&session.shown, lines as i64, height);
            });
        } else if areas.message.contains(at) && self.plot.is_shown() {
            self.plot.zoom(lines < 0, self.plot_extent());
        } else if areas.message.contains(at) {
            self.with_open(|open, session, area| open.scroll(lines, session, area));
        }
    }

    fn drag(&mut self, at: Point) {
        if !self.drag_border(at) {
            self.plot.drag(at, self.plot_extent());
        }
    }

    /// Presses the key that was clicked on the hint line. If a toast is shown there instead,
    /// dismisses it.
    fn click_on_hints(&mut self, at: Point, is_second: bool) -> Vec<Effect> {
        if self.session.toast.take().is_some() {
            return Vec::new();
        }
        let start = self.areas().hints.x + 1;
        let Some(column) = at.x.checked_sub(start).map(usize::from) else {
            return Vec::new();
        };
        let mut hints = self.hints().into_iter();
        let Some(hint) = hints.find(|hint| hint.columns.contains(&column)) else {
            return Vec::new();
        };
        // The first click of a double click may have changed which key is shown here.
        let is_repeatable = matches!(hint.action.kind(), Kind::Step | Kind::Jump | Kind::Adjust);
        if is_second && !is_repeatable {
            return Vec::new();
        }
        self.press_at_once(KeyEvent::new(hint.chord.code, hint.chord.modifiers))
    }

    /// Selects the clicked line of a list or of the command palette. A double click does what Enter
    /// does there.
    fn click_in_overlay(&mut self, at: Point, is_second: bool) -> Vec<Effect> {
        if self.select_at(at) == Some(true) && is_second {
            return self.enter_list();
        }
        let lines = self.areas().palette_lines();
        let Some(Overlay::Palette(palette)) = &mut self.overlay else {
            return Vec::new();
        };
        let line = palette.top + usize::from(at.y.saturating_sub(lines.y));
        if !lines.contains(at) || line >= palette.lines.len() {
            return Vec::new();
        }
        let was_selected = palette.selected == line;
        palette.select(line, usize::from(lines.height));
        if is_second && was_selected {
            return self.confirm();
        }
        Vec::new()
    }

    fn click(&mut self, at: Point, is_second: bool) -> Vec<Effect> {
        self.plot.end_drag();
        self.acted_on = None;
        let areas = self.areas();
        self.layout.dragged = areas.border_at(at);
        // The border above a message also shows its title; clicking that focuses the message.
        if self
            .layout
            .dragged
            .is_some_and(|(border, _)| border != Border::Below)
        {
            return Vec::new();
        }
        if areas.channels.contains(at) {
            return self.click_in_channels(at, is_second);
        }
        if areas.chips.contains(at) {
            return self.click_chip(at.x - areas.chips.x, is_second);
        }
        if areas.messages.contains(at) {
            return self.click_in_log(at, is_second);
        }
        if areas.message.contains(at) && self.plot.is_shown() {
            self.set_focus(Focus::Plot);
            self.plot.press(at, &self.plot_room());
        } else if areas.message.contains(at) {
            self.set_focus(Focus::Message);
            // The first click on the selected value has already folded or unfolded it.
            if is_second && self.keyboard.has_acted {
                return Vec::new();
            }
            return self.click_in_message(at);
        } else if areas.publish.contains(at) {
            if self.session.opened().is_some() {
                return self.click_on_timeline(at).unwrap_or_default();
            }
            let effects = self.enter_box();
            // An idle publish box is a single line.
            let is_title = at.y == areas.publish.y && areas.publish.height > 1;
            if is_title && self.focus.is_in_box() {
                self.set_focus(Focus::PublishChannel);
            }
            return effects;
        }
        Vec::new()
    }

    /// Selects the clicked channel; a double click shows only that one. A click on the heading
    /// sorts the list, or shows the breakpoint's hit if the heading says so.
    fn click_in_channels(&mut self, at: Point, is_second: bool) -> Vec<Effect> {
        self.set_focus(Focus::Channels);
        let area = self.areas().channels;
        if at.y == area.y {
            // The text that narrows the list is shown instead of the title.
            if self.channel_list.narrowing.is_some() {
                return Vec::new();
            }
            // A narrow list shortens the heading, which stays in the right half.
            let [heading, ..] = self.channel_list.headings();
            let most = heading.width().min(usize::from(area.width / 2));
            let is_heading = usize::from(area.right().saturating_sub(at.x + 1)) < most;
            if !is_heading || at.x + 1 == area.right() {
                return Vec::new();
            }
            if self.shows_latest() && self.session.breakpoints.stop.is_some() {
                self.leave_latest();
                return Vec::new();
            }
            return self.sort_next();
        }
        let height = inside(area).height;
        let line = line_at(area, at).map(|line| self.channel_list.top(height) + line);
        let Some(line) = line.filter(|line| *line < self.channel_list.entries.len()) else {
            return Vec::new();
        };
        let before = self.channel_list.selected.clone();
        let lists = Lists::of(&self.session);
        self.channel_list.select_line(line, height, &lists);
        let mark = FOLD_MARK_AT + self.channel_list.indent(line);
        let column = at.x - inside(area).x;
        let is_branch = matches!(self.channel_list.entries.get(line), Some(Entry::Branch(_)));
        if is_branch && (mark..mark + INDENT).contains(&column) {
            self.channel_list
                .toggle_fold(line, &lists, self.session.now);
            return Vec::new();
        }
        // The list may have been sorted between the two clicks.
        if !is_second || before != self.channel_list.selected {
            return Vec::new();
        }
        if self.shows_latest() {
            self.show_in_log()
        } else {
            self.toggle_only()
        }
    }

    /// Selects the clicked row; a double click opens it. A click on the left half of the title, which
    /// says what is shown, edits the filter; one on the right half, which says whether the log follows,
    /// freezes the log or resumes.
    fn click_in_log(&mut self, at: Point, is_second: bool) -> Vec<Effect> {
        let area = self.areas().messages;
        let window = self.window();
        self.set_focus(Focus::Messages);
        if at.y == area.y {
            // The first click of a double click may have removed the last chip, which moves the log.
            if is_second {
                return Vec::new();
            }
            if at.x < area.x + area.width / 2 {
                self.write_query(Purpose::Filter);
            } else if self.session.opened().is_none() {
                self.on_log(LogPane::toggle_freeze);
            }
            return Vec::new();
        }
        let line = line_at(area, at).and_then(|line| window.lines().nth(line));
        let Some(WindowLine::Row(row)) = line else {
            return Vec::new();
        };
        let before = match self.log_pane.position {
            Position::Following => None,
            Position::Frozen { selected, .. } => Some(selected),
        };
        self.on_log(|log, session, height| log.select(&session.shown, row, height));
        if is_second && before == Some(row) {
            self.hide_plot();
            return self.open_message();
        }
        Vec::new()
    }
}

/// Returns the index of the line at a point within a bordered area, counted from the first line
/// inside the border.
fn line_at(area: Rect, at: Point) -> Option<usize> {
    let lines = inside(area);
    lines.contains(at).then(|| usize::from(at.y - lines.y))
}
