//! What the person does with the plot.

use std::sync::Arc;

use super::checks::only;
use super::plot::{Face, MOST_SERIES, PlotRoom, PlotWindow, Quantity, Stand};
use super::{Action, App, Effect, Focus, Page, Plot, inside, padded};
use crate::analysis::{Check, Request};
use crate::message::Time;
use crate::payload::escape;
use crate::payload::tree::{Kind, Value};

/// What is said where nothing is plotted.
const NOTHING: &str = "nothing is plotted yet: press w on a channel, a message or a value";

impl App {
    /// What is plotted.
    #[must_use]
    pub fn plot(&self) -> &Plot {
        &self.plot
    }

    /// The stretch of time that the plot shows.
    #[must_use]
    pub fn plot_window(&self) -> PlotWindow {
        let width = padded(inside(self.areas().message)).width;
        self.plot.window(self.now, Plot::chart_columns(width))
    }

    /// How the plot's place is divided.
    #[must_use]
    pub fn plot_room(&self) -> PlotRoom {
        let area = padded(inside(self.areas().message));
        let has_cursor = self.plot.cursor().is_some();
        PlotRoom::divide(area, self.plot.series().len(), has_cursor)
    }

    /// Plots what the person is at, or no longer: of a channel its rate, of a message in the log
    /// the size of those of its channel, of a value in an open message the numbers at its path.
    pub(super) fn plot_this(&mut self) -> Vec<Effect> {
        if self.focus == Focus::Message {
            return self.plot_value();
        }
        let Some(channel) = self.current_channel() else {
            return self.tell("select a channel or a message to plot it");
        };
        let quantity = if self.focus == Focus::Channels {
            Quantity::Rate
        } else {
            Quantity::Size
        };
        let known = self.plot.find(&channel, &quantity);
        match known.filter(|_| self.plot.is_shown()) {
            Some(index) => self.remove_series(index),
            None => self.show_series(&channel, quantity),
        }
    }

    fn plot_value(&mut self) -> Vec<Effect> {
        let (channel, path) = match self.place() {
            Ok(place) => place,
            Err(told) => return told,
        };
        let quantity = Quantity::Path(path);
        if let Some(index) = self.plot.find(&channel, &quantity) {
            return self.remove_series(index);
        }
        match self.with_value(no_number).flatten() {
            Some(what) => self.tell(format!("go to a number to plot it: this value {what}")),
            None => self.show_series(&channel, quantity),
        }
    }

    /// Shows the plot with a series, which may be new.
    fn show_series(&mut self, channel: &[u8], quantity: Quantity) -> Vec<Effect> {
        let effects = match self.plot.find(channel, &quantity) {
            Some(index) => {
                self.plot.select_at(index);
                Vec::new()
            }
            None if self.plot.series().len() >= MOST_SERIES => {
                let words = format!("the plot has {MOST_SERIES} series: take one out with W d");
                return self.tell(words);
            }
            None => self.add_series(channel, quantity),
        };
        self.plot.face = Face::Chart;
        self.show_plot();
        effects
    }

    fn add_series(&mut self, channel: &[u8], quantity: Quantity) -> Vec<Effect> {
        let known = self.plot.check(channel, &quantity);
        let (check, effects) = match known {
            Some(check) => (check, Vec::new()),
            None => self.add_check(Check::Series {
                channels: only(channel),
                what: quantity.read(),
            }),
        };
        let channel: Arc<[u8]> = channel.into();
        self.plot.add(channel, quantity, check, known.is_none());
        effects
    }

    fn remove_series(&mut self, index: usize) -> Vec<Effect> {
        let Some(series) = self.plot.series().get(index) else {
            return Vec::new();
        };
        let name = escape::whole(&series.channel);
        let what = match &series.quantity {
            Quantity::Path(path) => escape::whole(path.text().as_bytes()),
            Quantity::Rate => "rate".to_owned(),
            Quantity::Size => "size".to_owned(),
            Quantity::Interval => "interval".to_owned(),
        };
        let ended = self.plot.remove(index);
        let effects = ended.map(|check| self.end_check(check));
        self.tell(format!("{name} {what} is plotted no longer"));
        if self.plot.series().is_empty() {
            self.hide_plot();
        }
        effects.unwrap_or_default()
    }

    fn clear_series(&mut self) -> Vec<Effect> {
        let mut effects = Vec::new();
        while !self.plot.series().is_empty() {
            effects.extend(self.remove_series(0));
        }
        self.tell("nothing is plotted any more");
        effects
    }

    /// Shows the plot as it was.
    pub(super) fn open_plot(&mut self) -> Vec<Effect> {
        if self.plot.series().is_empty() {
            return self.tell(NOTHING);
        }
        self.show_plot();
        Vec::new()
    }

    fn show_plot(&mut self) {
        if !self.plot.is_shown() {
            self.plot.stand = Stand::Beside;
        }
        if self.focus != Focus::Plot {
            self.plot.opened_from = self.focus;
        }
        self.set_focus(Focus::Plot);
        self.resize_open();
    }

    /// Closes the plot. What is plotted goes on.
    pub(super) fn close_plot(&mut self) -> Vec<Effect> {
        self.hide_plot();
        let count = self.plot.series().len();
        let them = if count == 1 { "it" } else { "them" };
        self.tell(format!(
            "{count} series of the plot {} on: W shows {them} again, d there takes one out",
            if count == 1 { "goes" } else { "go" }
        ))
    }

    /// Takes the plot off the screen.
    pub(super) fn hide_plot(&mut self) {
        self.plot.stand = Stand::Closed;
        self.plot.take_cursor();
        self.plot.grip = None;
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

    /// Gives the plot the whole screen, or its place again.
    pub(super) fn toggle_whole_plot(&mut self) {
        self.plot.stand = match self.plot.stand {
            Stand::Whole => Stand::Beside,
            Stand::Closed | Stand::Beside => Stand::Whole,
        };
        self.set_focus(Focus::Plot);
        self.resize_open();
    }

    /// Does what `action` means in the plot.
    pub(super) fn act_in_plot(&mut self, action: Action) -> Vec<Effect> {
        let (earliest, now) = (self.plot.earliest(), self.now);
        let view = &mut self.plot.view;
        match action {
            Action::ZoomIn => self.zoom_plot(true),
            Action::ZoomOut => self.zoom_plot(false),
            Action::ZoomToAll => self.plot.go_on(true),
            Action::Earlier => view.pan(false, earliest, now),
            Action::Later => view.pan(true, earliest, now),
            Action::FollowNewest => self.plot.go_on(false),
            Action::CursorEarlier => return self.move_cursor(false),
            Action::CursorLater => return self.move_cursor(true),
            Action::ClosePlot => return self.close_plot(),
            Action::PlotRate => return self.toggle_quantity(Quantity::Rate),
            Action::PlotSize => return self.toggle_quantity(Quantity::Size),
            Action::PlotInterval => return self.toggle_quantity(Quantity::Interval),
            Action::ToggleHistogram => return self.toggle_histogram(),
            Action::RemoveSeries => return self.remove_series(self.plot.selected()),
            Action::ClearSeries => return self.clear_series(),
            _ => {}
        }
        self.settle_cursor();
        Vec::new()
    }

    /// Shows a longer or shorter stretch of time, around the cursor if there is one.
    pub(super) fn zoom_plot(&mut self, is_in: bool) {
        let (earliest, now) = (self.plot.earliest(), self.now);
        let cursor = self.plot.cursor();
        self.plot.view.zoom(is_in, cursor, earliest, now);
        self.settle_cursor();
    }

    /// Plots another quantity of the selected series' channel, or no longer.
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

    /// Shows how often the intervals of the selected series' channel are how long.
    fn toggle_histogram(&mut self) -> Vec<Effect> {
        if self.plot.face == Face::Histogram {
            self.plot.face = Face::Chart;
            return Vec::new();
        }
        let effects = match self.plot.intervals() {
            Some(_) => Vec::new(),
            None => self.toggle_quantity(Quantity::Interval),
        };
        // There may have been no room for it.
        if self.plot.intervals().is_some() {
            self.plot.face = Face::Histogram;
        }
        effects
    }

    /// Asks for what the plot shows, if that may be news.
    pub(super) fn ask_for_plot(&mut self) -> Vec<Effect> {
        if self.areas().message.is_empty() {
            return Vec::new();
        }
        let window = self.plot_window();
        if self.plot.ask_due(&window).is_none_or(|due| self.now < due) {
            return Vec::new();
        }
        let known = self.plot_known();
        let asks = self.plot.ask(window, self.now, known);
        let requests = asks.into_iter().map(Request::Report);
        requests.map(Effect::Analyse).collect()
    }

    /// All messages up to here have been looked at: in what came since, silence is not known.
    #[must_use]
    pub fn plot_known(&self) -> Time {
        let next = self.log.row(self.checks.looked(&self.log));
        next.map_or(self.now, |row| row.time)
    }

    /// The same for one channel: while it cannot be heard, nothing is known behind its last message.
    #[must_use]
    pub fn plot_known_of(&self, channel: &[u8]) -> Time {
        let known = self.plot_known();
        if self.subscriptions.hear(channel) {
            return known;
        }
        let channels = self.log.channels();
        let heard = channels.find(channel).and_then(|id| channels.by_id(id));
        heard.map_or(known, |channel| known.min(channel.last_heard))
    }

    /// When the plot is to be asked for or drawn again.
    pub(super) fn plot_due(&self) -> Option<Time> {
        if !self.plot.is_shown() || self.areas().message.is_empty() {
            return None;
        }
        let window = self.plot_window();
        let slides = self.plot.is_following() && self.plot.face() == Face::Chart;
        let slide = slides.then(|| self.next_second().max(self.now.after(window.part_length())));
        let due = self.plot.ask_due(&window);
        due.into_iter().chain(slide).min()
    }
}

/// What a value is, if that is nothing to plot.
fn no_number(page: &Page<'_>, value: &Value<'_>) -> Option<&'static str> {
    match value.kind {
        Kind::Array | Kind::Object => Some("holds others"),
        Kind::Tag => no_number(page, &page.value(page.tree.next(value.id)?)?),
        // The number that it starts with would be its year.
        Kind::String | Kind::Other if is_date(value.text) => Some("is a point in time"),
        _ => None,
    }
}

/// Whether a text starts with a date, as RFC 3339 has it.
fn is_date(text: &[u8]) -> bool {
    let date = text.trim_ascii_start().iter().zip(b"0000-00-00");
    let fits = |(byte, form): (&u8, &u8)| match form {
        b'0' => byte.is_ascii_digit(),
        _ => byte == form,
    };
    date.len() == 10 && date.into_iter().all(fits)
}
