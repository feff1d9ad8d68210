//! How the place of a plot is divided.

use ratatui::layout::Rect;

/// The least rows of charts with something below them.
const LEAST_OF_CHARTS: u16 = 3;

/// The parts of a plot's place, from the top.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PlotRoom {
    /// Charts, one below the other.
    pub charts: Rect,
    /// What is read at the cursor: a line, or none.
    pub reading: Rect,
    /// What is plotted, a row a series.
    pub table: Rect,
}

impl PlotRoom {
    /// Divides `area` for so many series, with a line for what is read if `has_cursor`.
    #[must_use]
    pub fn divide(area: Rect, series: usize, has_cursor: bool) -> Self {
        // The table has its headings too. A low pane says what there is, and draws it.
        let wanted = u16::try_from(series + 1).unwrap_or(u16::MAX);
        let rows = wanted.min(area.height / 3 + 1);
        let rows = rows.min(area.height.saturating_sub(LEAST_OF_CHARTS));
        let (above, table) = cut(area, rows);
        let (charts, reading) = cut(above, u16::from(has_cursor && above.height > 1));
        Self {
            charts,
            reading,
            table,
        }
    }

    /// Whether the table has headings.
    #[must_use]
    pub fn has_headings(&self) -> bool {
        self.table.height > 1
    }

    /// How many series the table has room for.
    #[must_use]
    pub fn series_rows(&self) -> usize {
        usize::from(self.table.height) - usize::from(self.has_headings())
    }

    /// The index of the first series in the table, where this one is selected.
    #[must_use]
    pub fn first_series(&self, selected: usize) -> usize {
        (selected + 1).saturating_sub(self.series_rows())
    }
}

/// What lies above the lowest `rows`, and these.
fn cut(area: Rect, rows: u16) -> (Rect, Rect) {
    let rows = rows.min(area.height);
    let above = Rect {
        height: area.height - rows,
        ..area
    };
    let below = Rect {
        y: above.bottom(),
        height: rows,
        ..area
    };
    (above, below)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_fill_the_place_whatever_its_height() {
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
