//! The user's actions on the plot.

use std::sync::Arc;

use super::App;
use crate::app::action::PlotAction;
use crate::app::effect::Effect;
use crate::app::focus::Focus;
use crate::app::keymap::Context;
use crate::app::layout::{inside, padded};
use crate::app::message_pane::reader::Page;
use crate::app::plot::{Extent, Plot, PlotMode, PlotRoom, PlotWindow, Quantity};
use crate::app::undo::Undo;
use crate::message::Time;
use crate::payload::escape;
use crate::payload::tree::{Kind, Value};

impl App {
    /// Returns the time window that the plot shows.
    pub fn plot_window(&self) -> PlotWindow {
        self.plot.window(self.plot_extent())
    }

    /// Returns the time range of the plot's data.
    pub(super) fn plot_extent(&self) -> Extent {
        let columns = Plot::chart_columns(padded(inside(self.areas().message)).width);
        self.plot.extent(self.session.present(), columns)
    }

    /// Returns how the area of the plot is divided.
    pub fn plot_room(&self) -> PlotRoom {
        let area = padded(inside(self.areas().message));
        let has_cursor = self.plot.cursor().is_some();
        PlotRoom::divide(area, self.plot.series.len(), has_cursor)
    }

    /// Toggles a plot of the selected channel.
    pub(super) fn plot_channel(&mut self, quantity: Quantity) -> Vec<Effect> {
        let Some(channel) = self.current_channel() else {
            return self.tell("select a channel or a message to plot it");
        };
        let known = self.plot.find(&channel, &quantity);
        match known.filter(|_| self.plot.is_shown()) {
            Some(index) => self.remove_series(index),
            None => self.show_series(&channel, quantity),
        }
    }

    /// Toggles a plot of the numbers at the path of the selected value in the open message.
    pub(super) fn plot_value(&mut self) -> Vec<Effect> {
        let area = self.areas().message_text();
        let Some(open) = &self.open else {
            return Vec::new();
        };
        let (channel, path) = match open.selected_channel_and_path(&mut self.session, area) {
            Ok(selected) => selected,
            Err(told) => return told,
        };
        let selected = open.selected_value(area);
        let not_plotted = selected.and_then(|(page, value)| why_not_plotted(&page, &value));
        let quantity = Quantity::Path(path);
        if let Some(index) = self.plot.find(&channel, &quantity) {
            return self.remove_series(index);
        }
        match not_plotted {
            Some(what) => self.tell(format!("select a number to plot it: this value {what}")),
            None => self.show_series(&channel, quantity),
        }
    }

    /// Shows the plot with a series, adding it if it is new.
    pub(super) fn show_series(&mut self, channel: &[u8], quantity: Quantity) -> Vec<Effect> {
        let shown = self.plot.show_series(channel, quantity, &mut self.session);
        if shown.is_some() {
            self.show_plot();
        }
        shown.unwrap_or_default()
    }

    fn remove_series(&mut self, index: usize) -> Vec<Effect> {
        let Some(series) = self.plot.series.get(index) else {
            return Vec::new();
        };
        let removed = (Arc::clone(&series.channel), series.quantity.clone());
        let (what, name) = (series.quantity.label(), escape::whole_name(&series.channel));
        let undo = self.keyed("{undo} undoes it");
        self.tell(format!("removed {what} of {name} from the plot · {undo}"));
        self.can_undo(Undo::RemoveSeries(vec![removed]));
        let effects = self.plot.remove(index, &mut self.session);
        if self.plot.series.is_empty() {
            self.hide_plot();
        }
        effects
    }

    fn clear_series(&mut self) -> Vec<Effect> {
        let series = self.plot.series.iter();
        let removed = series.map(|one| (Arc::clone(&one.channel), one.quantity.clone()));
        let act = Undo::RemoveSeries(removed.collect());
        self.can_undo(act);
        let mut effects = Vec::new();
        while !self.plot.series.is_empty() {
            effects.extend(self.plot.remove(0, &mut self.session));
        }
        self.hide_plot();
        self.tell(self.keyed("removed all series from the plot · {undo} undoes it"));
        effects
    }

    /// Shows the plot again with its series.
    pub(super) fn open_plot(&mut self) -> Vec<Effect> {
        if self.plot.series.is_empty() {
            return self.tell(self.keyed(match self.context() {
                Context::Message => "nothing plotted yet · {plot-value} plots the selected number",
                Context::Channels | Context::Latest => {
                    "nothing plotted yet · {plot-rate} plots the channel's rate"
                }
                _ => "nothing plotted yet · {plot-size} plots the sizes of the channel's messages",
            }));
        }
        self.show_plot();
        Vec::new()
    }

    fn show_plot(&mut self) {
        self.plot.show(self.focus);
        self.set_focus(Focus::Plot);
        self.resize_open();
    }

    /// Hides the plot. Its series keep recording.
    pub(super) fn close_plot(&mut self) -> Vec<Effect> {
        self.hide_plot();
        self.tell(self.keyed("plot hidden, still recording; {show-plot} reopens it"))
    }

    /// Takes the plot off the screen.
    pub(super) fn hide_plot(&mut self) {
        self.plot.hide();
        if self.focus == Focus::Plot {
            self.set_focus(match self.plot.opened_from {
                Focus::Message if self.open.is_none() => Focus::Messages,
                before => before,
            });
        }
        if self.pane == Focus::Plot {
            self.pane = Focus::Messages;
        }
        self.resize_open();
    }

    /// Toggles the plot between the whole screen and its usual place.
    pub(super) fn toggle_whole_plot(&mut self) {
        self.plot.toggle_whole();
        self.set_focus(Focus::Plot);
        self.resize_open();
    }

    /// Executes `action` on the plot.
    pub(super) fn act_in_plot(&mut self, action: PlotAction) -> Vec<Effect> {
        let extent = self.plot_extent();
        match action {
            PlotAction::ZoomIn => self.plot.zoom(true, extent),
            PlotAction::ZoomOut => self.plot.zoom(false, extent),
            PlotAction::ZoomToAll => self.plot.follow(true),
            PlotAction::Earlier => return self.plot.pan(false, extent, &mut self.session),
            PlotAction::Later => return self.plot.pan(true, extent, &mut self.session),
            PlotAction::FollowNewest => self.plot.follow(false),
            PlotAction::CursorEarlier | PlotAction::CursorLater => {
                let is_later = action == PlotAction::CursorLater;
                return self.plot.move_cursor(is_later, extent, &mut self.session);
            }
            PlotAction::Close => return self.close_plot(),
            PlotAction::ToggleRate => return self.toggle_quantity(Quantity::Rate),
            PlotAction::ToggleSize => return self.toggle_quantity(Quantity::Size),
            PlotAction::ToggleInterval => return self.toggle_quantity(Quantity::Interval),
            PlotAction::ToggleHistogram => return self.toggle_histogram(),
            PlotAction::RemoveSeries => return self.remove_series(self.plot.selected),
            PlotAction::ClearSeries => return self.clear_series(),
        }
        self.plot.settle_cursor(self.plot_extent());
        Vec::new()
    }

    /// Toggles a plot of another quantity for the channel of the selected series.
    fn toggle_quantity(&mut self, quantity: Quantity) -> Vec<Effect> {
        let selected = self.plot.series.get(self.plot.selected);
        let Some(channel) = selected.map(|series| Arc::clone(&series.channel)) else {
            return Vec::new();
        };
        match self.plot.find(&channel, &quantity) {
            Some(index) => self.remove_series(index),
            None => self.show_series(&channel, quantity),
        }
    }

    /// Toggles the interval histogram for the channel of the selected series.
    fn toggle_histogram(&mut self) -> Vec<Effect> {
        if self.plot.mode == PlotMode::Histogram {
            self.plot.mode = PlotMode::Chart;
            return Vec::new();
        }
        let effects = match self.plot.intervals() {
            Some(_) => Vec::new(),
            None => self.toggle_quantity(Quantity::Interval),
        };
        // The plot may not have had room for the series of intervals.
        if self.plot.intervals().is_some() {
            self.plot.mode = PlotMode::Histogram;
        }
        effects
    }

    /// Requests the data that the plot shows, if it may have changed.
    pub(super) fn request_plot_data(&mut self) -> Vec<Effect> {
        if !self.plot.is_shown() || self.areas().message.is_empty() {
            return Vec::new();
        }
        self.plot.request_data(self.plot_extent(), &self.session)
    }

    /// Returns when to request the plot's data or draw the plot again.
    pub(crate) fn plot_due(&self) -> Option<Time> {
        let is_visible = self.plot.is_shown() && !self.areas().message.is_empty();
        is_visible.then(|| self.plot.due(self.plot_extent(), &self.session))?
    }
}

/// Returns why a value cannot be plotted, to complete "this value …".
fn why_not_plotted(page: &Page<'_>, value: &Value<'_>) -> Option<&'static str> {
    match value.kind {
        Kind::Array | Kind::Object => Some("contains other values"),
        Kind::Tag => why_not_plotted(page, &page.value(page.tree.next(value.id)?)?),
        // A date starts with a number, but that is only the year.
        Kind::String | Kind::Other if is_date(value.text) => Some("is a date"),
        _ => None,
    }
}

/// Returns whether `text` starts with a date as in RFC 3339.
fn is_date(text: &[u8]) -> bool {
    let date = text.trim_ascii_start().iter().zip(b"0000-00-00");
    let fits = |(byte, form): (&u8, &u8)| byte == form || *form == b'0' && byte.is_ascii_digit();
    date.len() == 10 && date.into_iter().all(fits)
}
