//! The plot: numbers from the messages of channels, over time.
//!
//! A check of its own feeds each series from when it is added until it is removed, whether it is
//! shown or not. What is shown is requested when it is drawn: the points of a [`PlotWindow`], one
//! for each column of dots.

mod cursor;
mod curve;
mod data;
mod empty_reason;
mod rates;
mod room;
mod window;

use std::sync::Arc;
use std::time::Duration;

pub use self::cursor::{Cursor, DragState};
pub use self::curve::{Curve, Dot, Figures};
use self::data::PlotData;
pub use self::empty_reason::EmptyReason;
pub use self::rates::Coverage;
pub use self::room::PlotRoom;
pub(super) use self::window::Extent;
pub use self::window::PlotWindow;
use self::window::View;
use super::action::Motion;
use super::focus::Focus;
use crate::message::Time;
use crate::payload::escape;
use crate::query::Path;
use crate::workers::analysis::{Ask, CheckId, Plotted, SeriesReport};

/// The maximum number of series: each has its own colour.
pub(super) const MOST_SERIES: usize = 6;

/// The columns that an axis takes with its labels.
const AXIS_COLUMNS: u16 = 9;

/// The least width at which a chart has labels at its side.
const MIN_FOR_LABELS: u16 = 30;

/// A quantity of a channel's messages that can be plotted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Quantity {
    /// The number at a path.
    Path(Path),
    /// Messages per second.
    Rate,
    /// The payload size in bytes.
    Size,
    /// The time between messages in milliseconds.
    Interval,
}

impl Quantity {
    /// Returns the name of the quantity, escaped for display.
    #[must_use]
    pub fn label(&self) -> String {
        match self {
            Self::Path(path) => escape::whole(path.text().as_bytes()),
            Self::Rate => "rate".to_owned(),
            Self::Size => "size".to_owned(),
            Self::Interval => "interval".to_owned(),
        }
    }

    /// Returns what to read from each message. Rates are counted from the points of sizes, of which
    /// there is one for every message.
    pub(super) fn read(&self) -> Plotted {
        match self {
            Self::Path(path) => Plotted::Path(path.clone()),
            Self::Rate | Self::Size => Plotted::Size,
            Self::Interval => Plotted::Interval,
        }
    }
}

/// A series of the plot.
#[derive(Clone, Debug)]
pub struct Series {
    /// The channel.
    pub channel: Arc<[u8]>,
    /// The quantity of its messages.
    pub quantity: Quantity,
    /// The index of its colour, which no other series has.
    pub slot: usize,
    /// The check that reads it.
    pub(super) check: CheckId,
}

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
pub(super) enum Placement {
    /// Not shown.
    #[default]
    Closed,
    /// In the place of the open message.
    Beside,
    /// On the whole screen.
    Whole,
}

/// The series of the plot and the state of its pane.
#[derive(Debug, Default)]
pub struct Plot {
    series: Vec<Series>,
    selected: usize,
    pub(super) stand: Placement,
    /// What had the focus when the user last opened the plot by a key.
    pub(super) opened_from: Focus,
    pub(super) mode: PlotMode,
    pub(super) view: View,
    pub(super) cursor: Option<Cursor>,
    /// The drag in progress, if the mouse button is held down on the charts.
    pub(super) drag: Option<DragState>,
    pub(super) known: PlotData,
}

impl Plot {
    /// Returns the series in the order in which they were added.
    #[must_use]
    pub fn series(&self) -> &[Series] {
        &self.series
    }

    /// Returns the index of the selected series.
    #[must_use]
    pub fn selected(&self) -> usize {
        self.selected
    }

    /// Returns how the plot is drawn.
    #[must_use]
    pub fn mode(&self) -> PlotMode {
        self.mode
    }

    /// Returns whether the plot is on the screen.
    #[must_use]
    pub fn is_shown(&self) -> bool {
        self.stand != Placement::Closed
    }

    /// Returns whether the plot takes the whole screen, or `None` if it is not shown.
    #[must_use]
    pub fn is_whole(&self) -> Option<bool> {
        self.is_shown().then_some(self.stand == Placement::Whole)
    }

    /// Returns whether the plot follows the newest messages.
    #[must_use]
    pub fn is_following(&self) -> bool {
        self.view.is_following()
    }

    /// Returns whether the plot shows all known data.
    #[must_use]
    pub fn is_of_all(&self) -> bool {
        self.view.is_of_all()
    }

    /// Returns the last report on a series, if there is one.
    #[must_use]
    pub fn report(&self, series: &Series) -> Option<&SeriesReport> {
        let (_, report) = self.known.of(series.check)?;
        Some(report)
    }

    /// Returns the series of intervals whose histogram is shown: the selected one, or another of
    /// the same channel.
    #[must_use]
    pub fn intervals(&self) -> Option<&Series> {
        let selected = self.series.get(self.selected)?;
        self.find(&selected.channel, &Quantity::Interval)
            .and_then(|index| self.series.get(index))
    }

    /// Returns the number of columns left for data, without the labels, in a chart of this width.
    #[must_use]
    pub fn chart_columns(width: u16) -> u16 {
        width
            - if Self::has_labels(width) {
                AXIS_COLUMNS
            } else {
                0
            }
    }

    /// Returns whether a chart of this width has labels at its side.
    #[must_use]
    pub fn has_labels(width: u16) -> bool {
        width >= MIN_FOR_LABELS
    }

    /// Returns the time window that a chart of `columns` shows.
    pub(super) fn window(&self, now: Time, columns: u16) -> PlotWindow {
        self.view.window(self.extent(now, columns))
    }

    /// Returns the time range of the data, for a chart of `columns`.
    pub(super) fn extent(&self, now: Time, columns: u16) -> Extent {
        let earliest = self.known.earliest().map(|earliest| {
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

    /// Returns whether one of these series is a rate.
    fn has_rate(&self, is_meant: impl Fn(&Series) -> bool) -> bool {
        let mut meant = self.series.iter().filter(|one| is_meant(one));
        meant.any(|one| one.quantity == Quantity::Rate)
    }

    /// Returns the curve of a series in `window`. `heard` is the time in which its channel was
    /// received and all its messages have been checked.
    pub(super) fn curve(&self, series: &Series, window: &PlotWindow, heard: Coverage) -> Curve {
        let Some((asked, report)) = self.known.of(series.check) else {
            return Curve::default();
        };
        if series.quantity != Quantity::Rate {
            return Curve::of(report, window);
        }
        let newest = report.summary.map_or(heard.until, |summary| summary.to);
        let until = self.known.up_to(series.check, heard.until);
        let kept_since = until.and_then(|_| self.known.kept_since(series.check));
        let known = Coverage {
            since: heard
                .since
                .zip(kept_since)
                .map(|(one, other)| one.max(other)),
            until: until.map_or(newest, |until| until.max(newest)),
        };
        rates::curve(report, asked, window, known)
    }

    /// Returns the time over which a rate is averaged as it is drawn.
    #[must_use]
    pub fn rate_over(&self, series: &Series) -> Option<Duration> {
        let (asked, _) = self.known.of(series.check)?;
        let micros = rates::bucket(asked).unsigned_abs();
        Some(Duration::from_micros(micros))
    }

    /// Returns whether no numbers are known at all.
    pub(super) fn is_blank(&self) -> bool {
        self.known.earliest().is_none()
    }
}

/// Changes to the plot.
impl Plot {
    /// Returns the index of a series.
    pub(super) fn find(&self, channel: &[u8], quantity: &Quantity) -> Option<usize> {
        let is_it = |one: &Series| *one.channel == *channel && one.quantity == *quantity;
        self.series.iter().position(is_it)
    }

    /// Returns the check that reads the same from the same channel for another series, if there is
    /// one.
    pub(super) fn check(&self, channel: &[u8], quantity: &Quantity) -> Option<CheckId> {
        let reads =
            |one: &&Series| *one.channel == *channel && one.quantity.read() == quantity.read();
        self.series.iter().find(reads).map(|one| one.check)
    }

    /// Adds a series and selects it. If its check has just been added, `kept_since` is the time
    /// from which the log has kept everything.
    pub(super) fn add(
        &mut self,
        channel: Arc<[u8]>,
        quantity: Quantity,
        check: CheckId,
        kept_since: Option<Time>,
    ) {
        let is_free = |slot: &usize| self.series.iter().all(|one| one.slot != *slot);
        let slot = (0..MOST_SERIES).find(is_free).unwrap_or(0);
        self.selected = self.series.len();
        self.series.push(Series {
            channel,
            quantity,
            slot,
            check,
        });
        self.known.want(check, kept_since);
    }

    /// Removes a series. Returns its check if no other series needs it.
    pub(super) fn remove(&mut self, index: usize) -> Option<CheckId> {
        if index >= self.series.len() {
            return None;
        }
        let check = self.series.remove(index).check;
        self.selected -= usize::from(self.selected > index);
        self.selected = self.selected.min(self.series.len().saturating_sub(1));
        if self.series.iter().any(|one| one.check == check) {
            return None;
        }
        self.known.forget(check);
        Some(check)
    }

    /// Selects another series.
    pub(super) fn select(&mut self, step: Motion) {
        let last = self.series.len().saturating_sub(1);
        self.selected = step.from(self.selected, self.series.len(), last);
    }

    /// Selects the series at `index`.
    pub(super) fn select_at(&mut self, index: usize) {
        self.selected = index.min(self.series.len().saturating_sub(1));
    }

    /// Returns when to request data again; `None` while the data shown is up to date.
    pub(super) fn ask_due(&self, window: &PlotWindow) -> Option<Time> {
        if !self.is_shown() || self.series.is_empty() {
            return None;
        }
        self.known.due(self.view, window)
    }

    /// Requests the data for `window`. All messages up to `known` have been checked.
    pub(super) fn ask(&mut self, window: PlotWindow, now: Time, known: Time) -> Vec<Ask> {
        self.known.note_asked(self.view, window, now, known);
        let mut asks: Vec<Ask> = Vec::new();
        for series in &self.series {
            let check = series.check;
            if asks.iter().any(|ask| ask.check == check) {
                continue;
            }
            // A rate at the left end also counts messages that came before.
            let asked = if self.has_rate(|one| one.check == check) {
                window.begun_earlier(rates::bucket(&window))
            } else {
                window
            };
            asks.push(asked.ask(check, Arc::clone(&series.channel)));
        }
        asks
    }
}
