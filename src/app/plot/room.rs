//! How the area of a plot is divided.

use ratatui::layout::Rect;

use crate::app::layout::cut_bottom;

/// The minimum number of rows of the charts if there is anything below them.
const MIN_CHART_ROWS: u16 = 3;

/// The parts of a plot's area, from the top.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PlotRoom {
    /// The charts, one below the other.
    pub charts: Rect,
    /// The values at the cursor, in one line; empty if there is no cursor.
    pub reading: Rect,
    /// The table of series, with a row for each.
    pub table: Rect,
}

impl PlotRoom {
    /// Divides `area` for this many series, with a line for the cursor if `has_cursor`.
    pub fn divide(area: Rect, series: usize, has_cursor: bool) -> Self {
        // The table also has headings. In a short pane, the charts and the table share the space.
        let wanted = u16::try_from(series + 1).unwrap_or(u16::MAX);
        let rows = wanted.min(area.height / 3 + 1);
        let rows = rows.min(area.height.saturating_sub(MIN_CHART_ROWS));
        let (above, table) = cut_bottom(area, rows);
        let (charts, reading) = cut_bottom(above, u16::from(has_cursor && above.height > 1));
        Self {
            charts,
            reading,
            table,
        }
    }

    /// Returns whether the table has headings.
    pub fn has_headings(&self) -> bool {
        self.table.height > 1
    }

    /// Returns how many series the table has room for.
    pub fn series_rows(&self) -> usize {
        usize::from(self.table.height) - usize::from(self.has_headings())
    }

    /// Returns the index of the first series that the table shows when `selected` is selected.
    pub fn first_series(&self, selected: usize) -> usize {
        (selected + 1).saturating_sub(self.series_rows())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_fill_the_area_at_any_height() {
        for height in 0..40 {
            for has_cursor in [false, true] {
                let area = Rect::new(3, 5, 40, height);
                let room = PlotRoom::divide(area, 6, has_cursor);
                let heights = [room.charts, room.reading, room.table].map(|part| part.height);
                assert_eq!(heights.iter().sum::<u16>(), height);
                assert!(height == 0 || room.charts.height > 0, "{height}");
                assert_eq!(room.table.bottom(), area.bottom());
                let first = room.first_series(5);
                assert!(first + room.series_rows() <= 6);
            }
        }
    }
}
