//! What the user does with the plot.

use std::sync::Arc;

use crate::app::App;
use crate::app::action::PlotAction;
use crate::app::effect::Effect;
use crate::app::focus::Focus;
use crate::app::layout::{inside, padded};
use crate::app::message_pane::reader::Page;
use crate::app::plot::{
    Coverage, Curve, Extent, MOST_SERIES, Placement, Plot, PlotMode, PlotRoom, PlotWindow,
    Quantity, Series,
};
use crate::app::session::checks::only;
use crate::app::undo::Undo;
use crate::message::Time;
use crate::payload::escape;
use crate::payload::tree::{Kind, Value};
use crate::workers::analysis::{Check, Request};

/// The toast shown if nothing is plotted.
const NOTHING: &str = "nothing plotted yet · w on a channel, a message or a value";

/// The toasts shown at either end of the data.
pub(crate) const NEWEST: &str = "this is the newest point";

pub(crate) const OLDEST: &str = "this is the oldest point known";

impl App {
    /// Returns the time window that the plot shows.
    #[must_use]
    pub fn plot_window(&self) -> PlotWindow {
        self.plot.window(self.session.now, self.plot_columns())
    }

    /// Returns the time range of the plot's data.
    pub(crate) fn plot_extent(&self) -> Extent {
        self.plot.extent(self.session.now, self.plot_columns())
    }

    fn plot_columns(&self) -> u16 {
        Plot::chart_columns(padded(inside(self.areas().message)).width)
    }

    /// Returns how the area of the plot is divided.
    #[must_use]
    pub fn plot_room(&self) -> PlotRoom {
        let area = padded(inside(self.areas().message));
        let has_cursor = self.plot.cursor().is_some();
        PlotRoom::divide(area, self.plot.series().len(), has_cursor)
    }

    /// Toggles a plot of the selected channel.
    pub(crate) fn plot_channel(&mut self, quantity: Quantity) -> Vec<Effect> {
        let Some(channel) = self.current_channel() else {
            return self
                .session
                .tell("select a channel or a message to plot it");
        };
        let known = self.plot.find(&channel, &quantity);
        match known.filter(|_| self.plot.is_shown()) {
            Some(index) => self.remove_series(index),
            None => self.show_series(&channel, quantity),
        }
    }

    /// Toggles a plot of the numbers at the path of the selected value in the open message.
    pub(crate) fn plot_value(&mut self) -> Vec<Effect> {
        let (channel, path) = match self.place() {
            Ok(place) => place,
            Err(told) => return told,
        };
        let quantity = Quantity::Path(path);
        if let Some(index) = self.plot.find(&channel, &quantity) {
            return self.remove_series(index);
        }
        match self.with_value(no_number).flatten() {
            Some(what) => self
                .session
                .tell(format!("select a number to plot it: this value {what}")),
            None => self.show_series(&channel, quantity),
        }
    }

    /// Shows the plot with a series, adding it if it is new.
    pub(crate) fn show_series(&mut self, channel: &[u8], quantity: Quantity) -> Vec<Effect> {
        let effects = match self.plot.find(channel, &quantity) {
            Some(index) => {
                self.plot.select_at(index);
                Vec::new()
            }
            None if self.plot.series().len() >= MOST_SERIES => {
                let words = format!("the plot has {MOST_SERIES} series · W d removes one");
                return self.session.tell(words);
            }
            None => self.add_series(channel, quantity),
        };
        self.plot.mode = PlotMode::Chart;
        self.show_plot();
        effects
    }

    fn add_series(&mut self, channel: &[u8], quantity: Quantity) -> Vec<Effect> {
        let known = self.plot.check(channel, &quantity);
        let (check, effects) = match known {
            Some(check) => (check, Vec::new()),
            None => self.session.add_check(Check::Series {
                channels: only(channel),
                what: quantity.read(),
            }),
        };
        let kept_since = known.is_none().then(|| self.session.kept_since());
        self.plot.add(channel.into(), quantity, check, kept_since);
        effects
    }

    fn remove_series(&mut self, index: usize) -> Vec<Effect> {
        let Some(series) = self.plot.series().get(index) else {
            return Vec::new();
        };
        let removed = (Arc::clone(&series.channel), series.quantity.clone());
        let name = escape::whole_name(&series.channel);
        let what = series.quantity.label();
        self.session.tell(format!(
            "removed {what} of {name} from the plot · Z undoes it"
        ));
        self.can_undo(Undo::RemoveSeries(vec![removed]));
        self.take_out(index)
    }

    /// Removes a series from the plot, and hides the plot if that was the last one.
    fn take_out(&mut self, index: usize) -> Vec<Effect> {
        let ended = self.plot.remove(index);
        let effects = ended.map(|check| self.session.end_check(check));
        if self.plot.series().is_empty() {
            self.hide_plot();
        }
        effects.unwrap_or_default()
    }

    fn clear_series(&mut self) -> Vec<Effect> {
        let series = self.plot.series().iter();
        let removed = series.map(|one| (Arc::clone(&one.channel), one.quantity.clone()));
        let act = Undo::RemoveSeries(removed.collect());
        self.can_undo(act);
        let mut effects = Vec::new();
        while !self.plot.series().is_empty() {
            effects.extend(self.take_out(0));
        }
        self.session
            .tell("removed all series from the plot · Z undoes it");
        effects
    }

    /// Shows the plot as it was before.
    pub(crate) fn open_plot(&mut self) -> Vec<Effect> {
        if self.plot.series().is_empty() {
            return self.session.tell(NOTHING);
        }
        self.show_plot();
        Vec::new()
    }

    fn show_plot(&mut self) {
        if !self.plot.is_shown() {
            self.plot.stand = Placement::Beside;
        }
        if self.focus != Focus::Plot {
            self.plot.opened_from = self.focus;
        }
        self.set_focus(Focus::Plot);
        self.resize_open();
    }

    /// Hides the plot. Its series keep recording.
    pub(crate) fn close_plot(&mut self) -> Vec<Effect> {
        self.hide_plot();
        self.session
            .tell("plot hidden, still recording; W reopens it")
    }

    /// Takes the plot off the screen.
    pub(crate) fn hide_plot(&mut self) {
        self.plot.stand = Placement::Closed;
        self.plot.take_cursor();
        self.plot.drag = None;
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
    pub(crate) fn toggle_whole_plot(&mut self) {
        self.plot.stand = match self.plot.stand {
            Placement::Whole => Placement::Beside,
            Placement::Closed | Placement::Beside => Placement::Whole,
        };
        self.set_focus(Focus::Plot);
        self.resize_open();
    }

    /// Executes `action` on the plot.
    pub(crate) fn act_in_plot(&mut self, action: PlotAction) -> Vec<Effect> {
        match action {
            PlotAction::ZoomIn => self.zoom_plot(true),
            PlotAction::ZoomOut => self.zoom_plot(false),
            PlotAction::ZoomToAll => self.plot.go_on(true),
            PlotAction::Earlier => return self.pan_plot(false),
            PlotAction::Later => return self.pan_plot(true),
            PlotAction::FollowNewest => self.plot.go_on(false),
            PlotAction::CursorEarlier => return self.move_cursor(false),
            PlotAction::CursorLater => return self.move_cursor(true),
            PlotAction::Close => return self.close_plot(),
            PlotAction::ToggleRate => return self.toggle_quantity(Quantity::Rate),
            PlotAction::ToggleSize => return self.toggle_quantity(Quantity::Size),
            PlotAction::ToggleInterval => return self.toggle_quantity(Quantity::Interval),
            PlotAction::ToggleHistogram => return self.toggle_histogram(),
            PlotAction::RemoveSeries => return self.remove_series(self.plot.selected()),
            PlotAction::ClearSeries => return self.clear_series(),
        }
        self.settle_cursor();
        Vec::new()
    }

    /// Zooms in or out, around the cursor if there is one.
    pub(crate) fn zoom_plot(&mut self, is_in: bool) {
        if self.plot.mode() == PlotMode::Histogram {
            return;
        }
        let extent = self.plot_extent();
        let cursor = self.plot.cursor();
        self.plot.view.zoom(is_in, cursor, extent);
        self.settle_cursor();
    }

    /// Pans to earlier or later data, or tells the user that there is none.
    fn pan_plot(&mut self, is_later: bool) -> Vec<Effect> {
        if self.plot.is_blank() {
            let window = self.plot_window();
            return self.tell_lack(&window);
        }
        let before = self.plot.view;
        let extent = self.plot_extent();
        self.plot.view.pan(is_later, extent);
        self.settle_cursor();
        match is_later {
            _ if self.plot.view != before => Vec::new(),
            true => self.session.tell(NEWEST),
            false => self.session.tell(OLDEST),
        }
    }

    /// Toggles a plot of another quantity of the selected series' channel.
    fn toggle_quantity(&mut self, quantity: Quantity) -> Vec<Effect> {
        let selected = self.plot.series().get(self.plot.selected());
        let Some(channel) = selected.map(|series| Arc::clone(&series.channel)) else {
            return Vec::new();
        };
        match self.plot.find(&channel, &quantity) {
            Some(index) => self.remove_series(index),
            None => self.show_series(&channel, quantity),
        }
    }

    /// Toggles the interval histogram of the selected series' channel.
    fn toggle_histogram(&mut self) -> Vec<Effect> {
        if self.plot.mode == PlotMode::Histogram {
            self.plot.mode = PlotMode::Chart;
            return Vec::new();
        }
        let effects = match self.plot.intervals() {
            Some(_) => Vec::new(),
            None => self.toggle_quantity(Quantity::Interval),
        };
        // The plot may have had no room for another series.
        if self.plot.intervals().is_some() {
            self.plot.mode = PlotMode::Histogram;
        }
        effects
    }

    /// Requests the data that the plot shows, if it may have changed.
    pub(crate) fn ask_for_plot(&mut self) -> Vec<Effect> {
        if self.areas().message.is_empty() {
            return Vec::new();
        }
        let window = self.plot_window();
        if self
            .plot
            .ask_due(&window)
            .is_none_or(|due| self.session.now < due)
        {
            return Vec::new();
        }
        let known = self.session.plot_known();
        let asks = self.plot.ask(window, self.session.now, known);
        let requests = asks.into_iter().map(Request::Report);
        requests.map(Effect::Analyse).collect()
    }

    /// Returns the curve of a series in `window`.
    #[must_use]
    pub fn plot_curve(&self, series: &Series, window: &PlotWindow) -> Curve {
        let report = self.plot.report(series);
        let first = report.and_then(|report| Some(report.summary?.from));
        // Messages missed by the checks may have come before the first one known.
        let first = first.filter(|_| self.session.checks.missed() == 0);
        let heard = Coverage {
            since: first.and_then(|first| {
                self.session
                    .subscriptions
                    .heard_since(&series.channel, first)
            }),
            until: self.session.plot_known_of(&series.channel),
        };
        self.plot.curve(series, window, heard)
    }

    /// Returns when to request the plot's data or draw the plot again.
    pub(crate) fn plot_due(&self) -> Option<Time> {
        if !self.plot.is_shown() || self.areas().message.is_empty() {
            return None;
        }
        let window = self.plot_window();
        let slides = self.plot.is_following() && self.plot.mode() == PlotMode::Chart;
        let slide = slides.then(|| {
            self.session
                .next_second()
                .max(self.session.now.after(window.part_length()))
        });
        let due = self.plot.ask_due(&window);
        due.into_iter().chain(slide).min()
    }
}

/// Returns what a value is if it cannot be plotted.
fn no_number(page: &Page<'_>, value: &Value<'_>) -> Option<&'static str> {
    match value.kind {
        Kind::Array | Kind::Object => Some("holds others"),
        Kind::Tag => no_number(page, &page.value(page.tree.next(value.id)?)?),
        // The number at its start would be its year.
        Kind::String | Kind::Other if is_date(value.text) => Some("is a point in time"),
        _ => None,
    }
}

/// Returns whether a text starts with a date as in RFC 3339.
fn is_date(text: &[u8]) -> bool {
    let date = text.trim_ascii_start().iter().zip(b"0000-00-00");
    let fits = |(byte, form): (&u8, &u8)| match form {
        b'0' => byte.is_ascii_digit(),
        _ => byte == form,
    };
    date.len() == 10 && date.into_iter().all(fits)
}
