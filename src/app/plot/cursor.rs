//! The cursor of the plot, at which the user reads the values.

use super::Plot;
use super::curve::{Curve, Dot};
use super::window::{Extent, PlotWindow, View};
use crate::message::Time;

/// The position of the cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// The time at the cursor.
    pub at: Time,
    /// The view before the cursor was placed, if it was following. The cursor stops it so that the
    /// point does not move away.
    pub stopped: Option<View>,
}

/// A drag with the mouse on the charts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DragState {
    /// The last screen column of the mouse.
    pub column: u16,
    /// Whether the mouse has moved since it was pressed.
    pub has_moved: bool,
}

impl Plot {
    /// Returns the time at the cursor, if there is one.
    #[must_use]
    pub fn cursor(&self) -> Option<Time> {
        self.cursor.map(|cursor| cursor.at)
    }

    /// Returns the point of a curve within `window` that is nearest to the cursor.
    #[must_use]
    pub fn reading<'a>(&self, curve: &'a Curve, window: &PlotWindow) -> Option<&'a Dot> {
        let at = self.cursor()?;
        let seen = curve.dots.iter();
        let seen = seen.filter(|dot| window.contains(dot.time));
        seen.min_by_key(|dot| dot.time.0.abs_diff(at.0))
    }
}

/// The cursor and the window around it.
impl Plot {
    /// Returns the time that a step of the cursor leads to: the next point of the curve on one
    /// side, which may lie outside `window`, or the newest visible point if there is no cursor.
    pub(crate) fn next_reading(
        &self,
        curve: &Curve,
        window: &PlotWindow,
        is_later: bool,
    ) -> Option<Time> {
        let mut dots = curve.dots.iter().map(|dot| dot.time);
        let Some(at) = self.cursor() else {
            return dots.rfind(|time| window.contains(*time));
        };
        let at = self.reading(curve, window).map_or(at, |dot| dot.time);
        if is_later {
            dots.find(|time| *time > at)
        } else {
            dots.rfind(|time| *time < at)
        }
    }

    /// Places the cursor at a time. The plot shows `window`, which stays in place.
    pub(crate) fn put_cursor(&mut self, at: Time, window: &PlotWindow, extent: Extent) {
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

    /// Removes the cursor. If the plot was following before, it follows again. Returns whether
    /// there was a cursor.
    pub(crate) fn take_cursor(&mut self) -> bool {
        let cursor = self.cursor.take();
        if let Some(before) = cursor.and_then(|cursor| cursor.stopped) {
            self.go_on(before.is_of_all());
        }
        cursor.is_some()
    }

    /// Removes the cursor if it has left `window`, which is shown now; otherwise keeps the window
    /// in place.
    pub(crate) fn settle_cursor(&mut self, window: &PlotWindow) {
        self.cursor = self.cursor.filter(|cursor| window.contains(cursor.at));
        if self.cursor.is_some() {
            self.view.stop(window);
        }
    }

    /// Removes the cursor, and shows all data or follows the newest.
    pub(crate) fn go_on(&mut self, is_of_all: bool) {
        self.cursor = None;
        if is_of_all {
            self.view.show_all();
        } else {
            self.view.follow();
        }
    }
}
