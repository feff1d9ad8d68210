//! Where a person reads the plot.

use super::{Curve, Dot, Plot, PlotWindow, View};
use crate::message::Time;

/// A moment that is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// Which moment.
    pub at: Time,
    /// What was shown before, if that went on with the newest: what is read must not run away.
    pub stopped: Option<View>,
}

/// The mouse, held down on the charts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DragState {
    /// The column of the screen where it was last.
    pub column: u16,
    /// Whether it has moved since it was pressed.
    pub has_moved: bool,
}

impl Plot {
    /// The moment that is read, if any is.
    #[must_use]
    pub fn cursor(&self) -> Option<Time> {
        self.cursor.map(|cursor| cursor.at)
    }

    /// What is read at the cursor of a curve within `window`: what is nearest.
    #[must_use]
    pub fn reading<'a>(&self, curve: &'a Curve, window: &PlotWindow) -> Option<&'a Dot> {
        let at = self.cursor()?;
        let seen = curve.dots.iter();
        let seen = seen.filter(|dot| window.contains(dot.time));
        seen.min_by_key(|dot| dot.time.0.abs_diff(at.0))
    }
}
