//! The cursor of the plot, at which the user reads the values.

use super::{Curve, Dot, Plot, PlotWindow, View};
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
