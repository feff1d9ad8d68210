//! Reading the plot at a point, by keys and by the mouse.

use ratatui::layout::Position as Point;

use super::plot::{Cursor, DragState, Extent, PlotMode};
use super::plotting::{NEWEST, OLDEST};
use super::{App, Curve, Effect, Plot, PlotWindow};
use crate::message::Time;

impl App {
    fn selected_curve(&self, window: &PlotWindow) -> Option<Curve> {
        let series = self.plot.series().get(self.plot.selected())?;
        Some(self.plot_curve(series, window))
    }

    /// Moves the cursor to the next point of the selected series, or puts it at the newest.
    pub(super) fn move_cursor(&mut self, is_later: bool) -> Vec<Effect> {
        let window = self.plot_window();
        let curve = self.selected_curve(&window).unwrap_or_default();
        let next = self.plot.next_reading(&curve, &window, is_later);
        match (next, self.plot.cursor()) {
            (Some(at), _) => self.plot.put_cursor(at, &window, self.plot_extent()),
            (None, None) => return self.tell_lack(&window),
            (None, Some(_)) if is_later => return self.tell(NEWEST),
            (None, Some(_)) => return self.tell(OLDEST),
        }
        Vec::new()
    }

    /// Says why nothing is to be seen of the selected series.
    pub(super) fn tell_lack(&mut self, window: &PlotWindow) -> Vec<Effect> {
        let selected = self.plot.series().get(self.plot.selected());
        let empty_reason = selected.map(|series| self.plot.empty_reason(series, window, self.now));
        let is_of_all = self.plot.is_of_all();
        let words = empty_reason.map(|empty_reason| empty_reason.sentence(is_of_all));
        self.tell(words.unwrap_or_default())
    }

    /// Lets go of the cursor where it is out of sight.
    pub(super) fn settle_cursor(&mut self) {
        let window = self.plot_window();
        self.plot.settle_cursor(&window);
    }

    /// The mouse is pressed on the plot: on a row of the table that selects its series, and on the
    /// charts something may follow.
    pub(super) fn press_plot(&mut self, at: Point) {
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

    /// The mouse is moved while it is held down: what is shown goes with it.
    pub(super) fn drag_plot(&mut self, at: Point) {
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

    /// The mouse is let go: if it has not moved, that was a click, which puts the cursor there.
    pub(super) fn release_plot(&mut self) {
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

/// The cursor, and what is shown around it.
impl Plot {
    /// What a step of the cursor leads to: the next of a curve to one side, which may lie outside of
    /// `window`; without a cursor the newest that is seen.
    pub(super) fn next_reading(
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

    /// Reads the plot at a moment. `window` is what is shown, which stays.
    pub(super) fn put_cursor(&mut self, at: Time, window: &PlotWindow, extent: Extent) {
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

    /// Reads no longer, and goes on with the newest if it did before. Says whether there was a
    /// cursor.
    pub(super) fn take_cursor(&mut self) -> bool {
        let cursor = self.cursor.take();
        if let Some(before) = cursor.and_then(|cursor| cursor.stopped) {
            self.go_on(before.is_of_all());
        }
        cursor.is_some()
    }

    /// Lets go of the cursor where it has left what is shown, now `window`; otherwise that stays.
    pub(super) fn settle_cursor(&mut self, window: &PlotWindow) {
        self.cursor = self.cursor.filter(|cursor| window.contains(cursor.at));
        if self.cursor.is_some() {
            self.view.stop(window);
        }
    }

    /// Reads no longer, and shows all, or the newest.
    pub(super) fn go_on(&mut self, is_of_all: bool) {
        self.cursor = None;
        if is_of_all {
            self.view.show_all();
        } else {
            self.view.follow();
        }
    }
}
