//! The plot: numbers from the messages of channels, over time.
//!
//! A check feeds each series until it is removed, whether or not the plot is shown. The plot
//! requests only what it draws: the points in a [`PlotWindow`], one for each column of dots.

mod cursor;
mod curve;
mod data;
mod empty_reason;
mod rates;
mod room;
mod series;
mod window;

use std::sync::Arc;
use std::time::Duration;

use self::cursor::{Cursor, DragState, NEWEST, OLDEST};
pub use self::curve::{Curve, Dot};
use self::data::PlotData;
pub use self::empty_reason::EmptyReason;
pub use self::rates::Coverage;
pub use self::room::PlotRoom;
pub(super) use self::series::MAX_SERIES;
pub use self::series::{Quantity, Series};
pub(super) use self::window::Extent;
pub use self::window::PlotWindow;
use self::window::View;
use super::action::Motion;
use super::effect::Effect;
use super::focus::Focus;
use super::session::Session;
use crate::message::Time;
use crate::workers::analysis::{Ask, Request, SeriesReport};

/// The columns of an axis with its labels.
const AXIS_COLUMNS: u16 = 9;

/// The minimum width of a chart with labels at its side.
const MIN_FOR_LABELS: u16 = 30;

/// How the plot is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PlotMode {
    /// Over time.
    #[default]
    Chart,
    /// The interval histogram of the selected series' channel.
    Histogram,
}

/// Where the plot is on the screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Placement {
    /// Not shown.
    #[default]
    Closed,
    /// In place of the open message.
    Beside,
    /// On the whole screen.
    Whole,
}

/// The series of the plot and the state of its pane.
#[derive(Debug, Default)]
pub struct Plot {
    /// The series, in the order in which they were added.
    pub series: Vec<Series>,
    /// The index of the selected series.
    pub selected: usize,
    placement: Placement,
    /// What had the focus when the user last opened the plot with a key.
    pub(super) opened_from: Focus,
    /// How the plot is drawn.
    pub mode: PlotMode,
    view: View,
    cursor: Option<Cursor>,
    /// The drag in progress, if the mouse button is held down on the charts.
    drag: Option<DragState>,
    pub(super) data: PlotData,
}

impl Plot {
    /// Returns whether the plot is on the screen.
    pub fn is_shown(&self) -> bool {
        self.placement != Placement::Closed
    }

    /// Returns whether the plot takes up the whole screen, or `None` if it is not shown.
    pub fn is_whole(&self) -> Option<bool> {
        let is_whole = self.placement == Placement::Whole;
        self.is_shown().then_some(is_whole)
    }

    /// Returns whether the plot follows the newest messages.
    pub fn is_following(&self) -> bool {
        self.view.is_following()
    }

    /// Returns whether the plot shows all known data.
    pub fn shows_all(&self) -> bool {
        self.view.shows_all()
    }

    /// Returns the last report on a series, if there is one.
    pub fn report(&self, series: &Series) -> Option<&SeriesReport> {
        Some(&self.data.of(series.check)?.1)
    }

    /// Returns the series of intervals for the histogram: the selected series, or another one on
    /// the same channel.
    pub fn intervals(&self) -> Option<&Series> {
        let selected = self.series.get(self.selected)?;
        let index = self.find(&selected.channel, &Quantity::Interval)?;
        self.series.get(index)
    }

    /// Returns the number of columns for data, without the labels, in a chart of this width.
    pub fn chart_columns(width: u16) -> u16 {
        width - AXIS_COLUMNS * u16::from(Self::has_labels(width))
    }

    /// Returns whether a chart of this width has labels at its side.
    pub fn has_labels(width: u16) -> bool {
        width >= MIN_FOR_LABELS
    }

    /// Returns the time window that the plot shows.
    pub(super) fn window(&self, extent: Extent) -> PlotWindow {
        self.view.window(extent)
    }

    /// Returns the time range of the data, for a chart of `columns`.
    pub(super) fn extent(&self, now: Time, columns: u16) -> Extent {
        let earliest = self.data.earliest().map(|earliest| {
            let has_rate = self.has_rate(|_| true);
            let lead = has_rate.then(|| rates::lead(now.since(earliest)));
            earliest.before(lead.unwrap_or_default())
        });
        Extent {
            earliest,
            now,
            columns,
        }
    }

    /// Returns whether any of the series that satisfy `is_included` is a rate.
    fn has_rate(&self, is_included: impl Fn(&Series) -> bool) -> bool {
        let mut series = self.series.iter();
        series.any(|one| is_included(one) && one.quantity == Quantity::Rate)
    }

    /// Returns the curve of a series in `window`.
    pub fn curve(&self, series: &Series, window: &PlotWindow, session: &Session) -> Curve {
        let Some((asked, report)) = self.data.of(series.check) else {
            return Curve::default();
        };
        if series.quantity != Quantity::Rate {
            return Curve::of(report, window);
        }
        let first = report.summary.map(|summary| summary.from);
        // Messages missed by the checks may have come before the first known one.
        let first = first.filter(|_| session.checks.missed() == 0);
        let since = |first| session.subscriptions.covered_since(&series.channel, first);
        let heard_since = first.and_then(since);
        let heard_until = session.checked_until_on(&series.channel);
        let newest = report.summary.map_or(heard_until, |summary| summary.to);
        let until = self.data.up_to(series.check, heard_until);
        let kept_since = until.and_then(|_| self.data.kept_since(series.check));
        let known = Coverage {
            since: heard_since.and_then(|since| Some(since.max(kept_since?))),
            until: until.map_or(newest, |until| until.max(newest)),
        };
        rates::curve(report, asked, window, known)
    }

    /// Returns the time over which a rate is averaged when it is drawn.
    pub fn rate_over(&self, series: &Series) -> Option<Duration> {
        let (asked, _) = self.data.of(series.check)?;
        let micros = rates::bucket(asked).unsigned_abs();
        Some(Duration::from_micros(micros))
    }

    /// Returns whether the plot has no numbers at all.
    pub(super) fn is_blank(&self) -> bool {
        self.data.earliest().is_none()
    }
}

/// Changes to what the plot shows.
impl Plot {
    /// Selects another series.
    pub(super) fn select(&mut self, step: Motion) {
        let last = self.series.len().saturating_sub(1);
        self.selected = step.from(self.selected, self.series.len(), last);
    }

    /// Ends the drag in progress, if there is one.
    pub(super) fn end_drag(&mut self) {
        self.drag = None;
    }

    /// Puts the plot on the screen. `focus` is the region that has the focus.
    pub(super) fn show(&mut self, focus: Focus) {
        if !self.is_shown() {
            self.placement = Placement::Beside;
        }
        if focus != Focus::Plot {
            self.opened_from = focus;
        }
    }

    /// Takes the plot off the screen. Its series keep recording.
    pub(super) fn hide(&mut self) {
        self.placement = Placement::Closed;
        self.take_cursor();
        self.drag = None;
    }

    /// Toggles the plot between the whole screen and its usual place.
    pub(super) fn toggle_whole(&mut self) {
        self.placement = match self.placement {
            Placement::Whole => Placement::Beside,
            Placement::Closed | Placement::Beside => Placement::Whole,
        };
    }

    /// Zooms in or out, around the cursor if there is one.
    pub(super) fn zoom(&mut self, is_in: bool, extent: Extent) {
        if self.mode == PlotMode::Chart {
            self.view.zoom(is_in, self.cursor(), extent);
            self.settle_cursor(extent);
        }
    }

    /// Pans to earlier or later data, or tells the user that there is no more.
    pub(super) fn pan(
        &mut self,
        is_later: bool,
        extent: Extent,
        session: &mut Session,
    ) -> Vec<Effect> {
        if self.is_blank() {
            return self.tell_empty_reason(&self.view.window(extent), session);
        }
        let before = self.view;
        self.view.pan(is_later, extent);
        self.settle_cursor(extent);
        match is_later {
            _ if self.view != before => Vec::new(),
            true => session.tell(NEWEST),
            false => session.tell(OLDEST),
        }
    }

    /// Tells the user why the selected series has no points to show.
    fn tell_empty_reason(&self, window: &PlotWindow, session: &mut Session) -> Vec<Effect> {
        let selected = self.series.get(self.selected);
        let reason = selected.map(|series| self.empty_reason(series, window, session.present()));
        let words =
            reason.map(|reason| reason.sentence(self.shows_all(), &session.settings.keymap));
        session.tell(words.unwrap_or_default())
    }

    /// Returns when to request data or draw the plot again, or `None` while it is up to date.
    pub(super) fn due(&self, extent: Extent, session: &Session) -> Option<Time> {
        let window = self.view.window(extent);
        let is_static = session.opened().is_some();
        let slides = self.is_following() && self.mode == PlotMode::Chart && !is_static;
        let part = session.now.after(window.part_length());
        let slide = slides.then(|| session.next_second().max(part));
        self.request_due(&window).into_iter().chain(slide).min()
    }

    fn request_due(&self, window: &PlotWindow) -> Option<Time> {
        let is_empty = self.series.is_empty();
        self.data.due(self.view, window).filter(|_| !is_empty)
    }

    /// Requests the data that the plot shows, if it may have changed.
    pub(super) fn request_data(&mut self, extent: Extent, session: &Session) -> Vec<Effect> {
        let window = self.view.window(extent);
        let due = self.request_due(&window);
        if due.is_none_or(|due| session.now < due) {
            return Vec::new();
        }
        let checked = session.checked_until();
        let data = &mut self.data;
        data.note_asked(self.view, window, session.now, checked);
        let mut asks: Vec<Ask> = Vec::new();
        for series in &self.series {
            let check = series.check;
            if asks.iter().any(|ask| ask.check == check) {
                continue;
            }
            // A rate at the left end also counts earlier messages.
            let asked = if self.has_rate(|one| one.check == check) {
                window.begun_earlier(rates::bucket(&window))
            } else {
                window
            };
            asks.push(asked.ask(check, Arc::clone(&series.channel)));
        }
        let requests = asks.into_iter().map(Request::Report);
        requests.map(Effect::Analyse).collect()
    }
}
