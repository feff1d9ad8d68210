//! The lines among the rows that name the day on which the rows below them arrived.
//!
//! They are not rows: nothing selects, copies or counts them. They take lines of the pane, so fewer
//! rows fit.

use super::{LogPane, Window};
use crate::app::session::Session;
use crate::message::{RowId, Time};
use crate::payload::figures::Clock;

/// The minimum height of the pane to show dates.
const MIN_FOR_DATES: u16 = 4;

/// A line of the pane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WindowLine {
    /// The date of this row, which follows on the next line.
    Date(RowId),
    /// A row.
    Row(RowId),
}

impl Window {
    /// Returns the content of each line, from top to bottom.
    pub fn lines(&self) -> impl Iterator<Item = WindowLine> {
        let rows = self.rows.iter().enumerate();
        rows.flat_map(|(index, row)| {
            let date = self.dates.contains(&index);
            let date = date.then_some(WindowLine::Date(*row));
            date.into_iter().chain([WindowLine::Row(*row)])
        })
    }
}

impl LogPane {
    /// Returns the rows that fit into `height` lines, and which of them have a date line above.
    pub fn window(&self, session: &Session, height: u16) -> Window {
        let clock = session.clock();
        let mut rows = height;
        loop {
            let mut window = self.rows_in(&session.shown, rows);
            if height < MIN_FOR_DATES {
                return window;
            }
            window.dates = dates(&window.rows, session, &clock);
            let lines = window.rows.len() + window.dates.len();
            let excess = lines.saturating_sub(usize::from(height));
            if excess == 0 || rows <= 1 {
                return window;
            }
            // Removing a row frees at most three lines: its own and the date lines around it.
            rows -= u16::try_from(excess / 3).unwrap_or(0).max(1).min(rows - 1);
        }
    }

    /// Returns how many rows fit into `height` lines.
    pub(crate) fn height(&self, session: &Session, height: u16) -> u16 {
        let dates = self.window(session, height).dates.len();
        height - u16::try_from(dates).unwrap_or(0).min(height)
    }
}

/// Returns the indices of the rows whose date is shown: the first one if it is not today's, and
/// each row from a different day than the row above it.
fn dates(rows: &[RowId], session: &Session, clock: &Clock) -> Vec<usize> {
    let time = |row: &RowId| session.log.row(*row).map(|row| row.time);
    let ends = (rows.first().and_then(time), rows.last().and_then(time));
    let (Some(first), Some(last)) = ends else {
        return Vec::new();
    };
    let is_old = !clock.is_same_day(first, session.now);
    let mut dates = Vec::from_iter(is_old.then_some(0));
    // Almost always, all rows are from the same day.
    if clock.is_same_day(first, last) {
        return dates;
    }
    let mut above: Time = first;
    for (index, row) in rows.iter().enumerate().skip(1) {
        let Some(time) = time(row) else { continue };
        if !clock.is_same_day(above, time) {
            dates.push(index);
        }
        above = time;
    }
    dates
}
