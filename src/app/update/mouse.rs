//! The mouse: the wheel scrolls the pane under the pointer, a click focuses and selects, and a drag
//! moves a border. On the plot, the wheel zooms, a drag pans, and a click shows a value.

use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::{Position as Point, Rect};

use super::App;
use crate::app::action::Motion;
use crate::app::channel_list::Lists;
use crate::app::effect::Effect;
use crate::app::focus::Focus;
use crate::app::layout::{Border, inside};

/// Lines scrolled per notch of the wheel.
const WHEEL_LINES: isize = 3;

impl App {
    pub(super) fn handle_mouse(&mut self, mouse: MouseEvent) -> Vec<Effect> {
        let at = Point::new(mouse.column, mouse.row);
        match mouse.kind {
            MouseEventKind::ScrollUp => self.scroll(at, -WHEEL_LINES),
            MouseEventKind::ScrollDown => self.scroll(at, WHEEL_LINES),
            MouseEventKind::Down(MouseButton::Left) if self.overlay.is_none() => {
                return self.click(at);
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
            let height = inside(areas.messages).height;
            self.log_pane
                .scroll_by(&self.session.shown, lines as i64, height);
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

    fn click(&mut self, at: Point) -> Vec<Effect> {
        self.plot.end_drag();
        self.acted_on = None;
        let areas = self.areas();
        self.layout.dragged = areas.border_at(at);
        // The border above a message also has its title, which a click focuses.
        if self
            .layout
            .dragged
            .is_some_and(|(border, _)| border != Border::Below)
        {
            return Vec::new();
        }
        if areas.channels.contains(at) {
            self.set_focus(Focus::Channels);
            let height = inside(areas.channels).height;
            let top = self.channel_list.top(height);
            if let Some(line) = line_at(areas.channels, at)
                && top + line < self.channel_list.entries.len()
            {
                let lists = Lists::of(&self.session);
                self.channel_list.select_line(top + line, height, &lists);
            }
        } else if areas.chips.contains(at) {
            return self.click_chip(at.x - areas.chips.x);
        } else if areas.messages.contains(at) {
            let window = self.window();
            self.set_focus(Focus::Messages);
            let row = line_at(areas.messages, at).and_then(|line| window.rows.get(line));
            if let Some(row) = row {
                self.log_pane
                    .select(&self.session.shown, *row, inside(areas.messages).height);
            }
        } else if areas.message.contains(at) && self.plot.is_shown() {
            self.set_focus(Focus::Plot);
            self.plot.press(at, &self.plot_room());
        } else if areas.message.contains(at) {
            self.set_focus(Focus::Message);
            return self.click_in_message(at);
        } else if areas.publish.contains(at) {
            let effects = self.enter_box();
            // An idle box is a single line.
            let is_title = at.y == areas.publish.y && areas.publish.height > 1;
            if is_title && self.focus.is_in_box() {
                self.set_focus(Focus::PublishChannel);
            }
            return effects;
        }
        Vec::new()
    }
}

/// Returns the index of the line at a point within a bordered area, counted from its first line.
fn line_at(area: Rect, at: Point) -> Option<usize> {
    let lines = inside(area);
    lines.contains(at).then(|| usize::from(at.y - lines.y))
}
