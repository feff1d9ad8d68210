//! The timeline of a recording, in place of the publish box.

use ratatui::layout::Rect;

use crate::message::Time;

/// The columns of each end of the timeline: a time, and blanks around it.
const LABEL: u16 = 10;

/// The least number of columns of the timeline between them.
const LEAST_TRACK: u16 = 10;

/// The line that shows where the selected row is in the time of the recording.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Timeline {
    /// The cells between the two times.
    pub track: Rect,
    /// The times at its ends.
    pub ends: (Time, Time),
    /// The time of the selected row.
    pub at: Time,
}

impl Timeline {
    /// Returns the position of the selected row, from 0 to 1.
    pub fn fraction(&self) -> f64 {
        let (first, last) = self.ends;
        let whole = last.since(first).as_secs_f64();
        if whole > 0.0 {
            (self.at.since(first).as_secs_f64() / whole).min(1.0)
        } else {
            0.0
        }
    }
}

/// Returns the cells of the timeline between its two times, if there is room for it in `area`.
pub(super) fn track(area: Rect) -> Option<Rect> {
    let width = area.width.checked_sub(2 * LABEL)?;
    (width >= LEAST_TRACK).then(|| Rect {
        x: area.x + LABEL,
        width,
        height: area.height.min(1),
        ..area
    })
}
