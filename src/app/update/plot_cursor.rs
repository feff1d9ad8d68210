//! Reading points of the plot, by keys and by the mouse.

use ratatui::layout::Position as Point;

use super::plot::{NEWEST, OLDEST};
use crate::app::App;
use crate::app::effect::Effect;
use crate::app::plot::{Curve, DragState, Plot, PlotMode, PlotWindow};

impl App {
    fn selected_curve(&self, window: &PlotWindow) -> Option<Curve> {
        let series = self.plot.series().get(self.plot.selected())?;
        Some(self.plot_curve(series, window))
    }

    /// Moves the cursor to the next point of the selected series, or places it at the newest.
    pub(crate) fn move_cursor(&mut self, is_later: bool) -> Vec<Effect> {
        let window = self.plot_window();
        let curve = self.selected_curve(&window).unwrap_or_default();
        let next = self.plot.next_reading(&curve, &window, is_later);
        match (next, self.plot.cursor()) {
            (Some(at), _) => self.plot.put_cursor(at, &window, self.plot_extent()),
            (None, None) => return self.tell_lack(&window),
            (None, Some(_)) if is_later => return self.session.tell(NEWEST),
            (None, Some(_)) => return self.session.tell(OLDEST),
        }
        Vec::new()
    }

    /// Tells the user why the selected series has no points to show.
    pub(crate) fn tell_lack(&mut self, window: &PlotWindow) -> Vec<Effect> {
        let selected = self.plot.series().get(self.plot.selected());
        let empty_reason =
            selected.map(|series| self.plot.empty_reason(series, window, self.session.now));
        let is_of_all = self.plot.is_of_all();
        let words = empty_reason.map(|empty_reason| empty_reason.sentence(is_of_all));
        self.session.tell(words.unwrap_or_default())
    }

    /// Removes the cursor if it is out of sight.
    pub(crate) fn settle_cursor(&mut self) {
        let window = self.plot_window();
        self.plot.settle_cursor(&window);
    }

    /// Handles a press of the mouse button on the plot: selects the series whose table row it hits,
    /// or starts a drag on the charts.
    pub(crate) fn press_plot(&mut self, at: Point) {
        let room = self.plot_room();
        if self.plot.mode() == PlotMode::Histogram {
            return;
        }
        if room.charts.contains(at) {
            self.plot.drag = Some(DragState {
                column: at.x,
                has_moved: false,
            });
        } else if room.table.contains(at) {
            let row = usize::from(at.y - room.table.y);
            let row = row.checked_sub(usize::from(room.has_headings()));
            let first = room.first_series(self.plot.selected());
            let index = row.map(|row| first + row);
            if let Some(index) = index.filter(|index| *index < self.plot.series().len()) {
                self.plot.select_at(index);
            }
        }
    }

    /// Handles a drag: the charts move with the mouse.
    pub(crate) fn drag_plot(&mut self, at: Point) {
        let Some(drag) = self.plot.drag.filter(|drag| drag.column != at.x) else {
            return;
        };
        self.plot.drag = Some(DragState {
            column: at.x,
            has_moved: true,
        });
        let window = self.plot_window();
        let extent = self.plot_extent();
        let columns = i64::from(drag.column) - i64::from(at.x);
        self.plot.view.drag(columns, &window, extent);
        self.settle_cursor();
    }

    /// Handles the release of the mouse button. A press without a drag is a click, which places the
    /// cursor.
    pub(crate) fn release_plot(&mut self) {
        let drag = self.plot.drag.take().filter(|drag| !drag.has_moved);
        let Some(drag) = drag else { return };
        let charts = self.plot_room().charts;
        let labels = charts.width - Plot::chart_columns(charts.width);
        let column = drag.column.saturating_sub(charts.x + labels);
        let window = self.plot_window();
        let at = window.time_at(column);
        let extent = self.plot_extent();
        self.plot.put_cursor(at, &window, extent);
    }
}
