//! The plot's cursor, which shows the values at a point in time, and the handling of mouse drags.

use ratatui::layout::Position as Point;

use super::curve::{Curve, Dot};
use super::window::{Extent, PlotWindow, View};
use super::{Plot, PlotMode, PlotRoom};
use crate::app::effect::Effect;
use crate::app::session::Session;
use crate::message::Time;

/// The position of the cursor.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor {
    /// The time at the cursor.
    at: Time,
    /// The view before the cursor was placed, if that view was following new data. Placing the
    /// cursor stops the view, so that the point does not move away.
    stopped: Option<View>,
}

/// A drag with the mouse on the charts.
#[derive(Clone, Copy, Debug)]
pub(super) struct DragState {
    /// The screen column where the mouse was last seen.
    column: u16,
    /// Whether the mouse has moved since the button was pressed.
    has_moved: bool,
}

/// The toasts shown at either end of the data.
pub(super) const NEWEST: &str = "this is the newest point";
pub(super) const OLDEST: &str = "this is the oldest known point";

impl Plot {
    /// Returns the time at the cursor, if there is one.
    pub fn cursor(&self) -> Option<Time> {
        self.cursor.map(|cursor| cursor.at)
    }

    /// Returns the point of a curve that is nearest to the cursor, within `window`.
    pub fn nearest_dot<'a>(&self, curve: &'a Curve, window: &PlotWindow) -> Option<&'a Dot> {
        let at = self.cursor()?;
        let dots = curve.dots.iter();
        let visible = dots.filter(|dot| window.contains(dot.time));
        visible.min_by_key(|dot| dot.time.0.abs_diff(at.0))
    }
}

/// The cursor and the window around it.
impl Plot {
    /// Moves the cursor along the selected series, starting at its newest point.
    pub(crate) fn move_cursor(
        &mut self,
        is_later: bool,
        extent: Extent,
        session: &mut Session,
    ) -> Vec<Effect> {
        let window = self.view.window(extent);
        let selected = self.series.get(self.selected);
        let curve = selected.map(|series| self.curve(series, &window, session));
        let next = self.next_dot(&curve.unwrap_or_default(), &window, is_later);
        match (next, self.cursor) {
            (Some(at), _) => self.put_cursor(at, &window, extent),
            (None, None) => return self.tell_empty_reason(&window, session),
            (None, Some(_)) if is_later => return session.tell(NEWEST),
            (None, Some(_)) => return session.tell(OLDEST),
        }
        Vec::new()
    }

    /// Handles a press of the button: selects the clicked row of the table, or starts a drag.
    pub(crate) fn press(&mut self, at: Point, room: &PlotRoom) {
        if self.mode == PlotMode::Histogram {
            return;
        }
        if room.charts.contains(at) {
            self.drag = Some(DragState {
                column: at.x,
                has_moved: false,
            });
        } else if room.table.contains(at) {
            let row = usize::from(at.y - room.table.y);
            let Some(row) = row.checked_sub(usize::from(room.has_headings())) else {
                return;
            };
            let index = room.first_series(self.selected) + row;
            if index < self.series.len() {
                self.selected = index;
            }
        }
    }

    /// Handles a drag: pans the charts with the mouse.
    pub(crate) fn drag(&mut self, at: Point, extent: Extent) {
        let Some(drag) = self.drag.filter(|drag| drag.column != at.x) else {
            return;
        };
        self.drag = Some(DragState {
            column: at.x,
            has_moved: true,
        });
        let columns = i64::from(drag.column) - i64::from(at.x);
        self.view.drag(columns, &self.view.window(extent), extent);
        self.settle_cursor(extent);
    }

    /// Handles a release of the button. Without a drag, it is a click, which places the cursor.
    pub(crate) fn release(&mut self, room: &PlotRoom, extent: Extent) {
        let drag = self.drag.take().filter(|drag| !drag.has_moved);
        let Some(drag) = drag else { return };
        let labels = room.charts.width - Self::chart_columns(room.charts.width);
        let column = drag.column.saturating_sub(room.charts.x + labels);
        let window = self.view.window(extent);
        self.put_cursor(window.time_at(column), &window, extent);
    }

    /// Returns the time to which the cursor moves: the next or previous point of the curve, which
    /// may lie outside `window`, or the newest visible point if there is no cursor.
    fn next_dot(&self, curve: &Curve, window: &PlotWindow, is_later: bool) -> Option<Time> {
        let mut dots = curve.dots.iter().map(|dot| dot.time);
        let Some(at) = self.cursor() else {
            return dots.rfind(|time| window.contains(*time));
        };
        let at = self.nearest_dot(curve, window).map_or(at, |dot| dot.time);
        if is_later {
            dots.find(|time| *time > at)
        } else {
            dots.rfind(|time| *time < at)
        }
    }

    /// Places the cursor at a time. The plot keeps showing `window` if it contains that time.
    fn put_cursor(&mut self, at: Time, window: &PlotWindow, extent: Extent) {
        let stopped = match self.cursor {
            Some(cursor) => cursor.stopped,
            None => Some(self.view).filter(|view| view.is_following()),
        };
        self.view.stop(window);
        if !window.contains(at) {
            self.view.show(at, extent);
        }
        self.cursor = Some(Cursor { at, stopped });
    }

    /// Removes the cursor, and resumes following if the view was following before. Returns whether
    /// there was one.
    pub(crate) fn take_cursor(&mut self) -> bool {
        let cursor = self.cursor.take();
        if let Some(before) = cursor.and_then(|cursor| cursor.stopped) {
            self.follow(before.shows_all());
        }
        cursor.is_some()
    }

    /// Removes the cursor if it has left the visible window; otherwise keeps the window in place.
    pub(crate) fn settle_cursor(&mut self, extent: Extent) {
        let window = &self.view.window(extent);
        self.cursor = self.cursor.filter(|cursor| window.contains(cursor.at));
        if self.cursor.is_some() {
            self.view.stop(window);
        }
    }

    /// Removes the cursor, and shows all data or follows the newest.
    pub(crate) fn follow(&mut self, shows_all: bool) {
        self.cursor = None;
        if shows_all {
            self.view.show_all();
        } else {
            self.view.follow();
        }
    }
}
