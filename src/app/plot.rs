//! What is plotted: numbers of the messages of channels, over time.
//!
//! Each series is read by a check of its own, from when it is added until it is taken out, whether
//! it is shown or not. What is shown is asked for as it is drawn: points of a [`PlotWindow`], one
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
use super::Focus;
use super::moving::Motion;
use crate::analysis::{Ask, CheckId, Plotted, SeriesReport};
use crate::message::Time;
use crate::payload::escape;
use crate::query::Path;

/// The most series at once: each has a colour that no other has.
pub(super) const MOST_SERIES: usize = 6;

/// Columns of the labels of an axis and the axis itself.
const AXIS_COLUMNS: u16 = 9;

/// From this width on, a chart has labels at its side.
const MIN_FOR_LABELS: u16 = 30;

/// What of a channel's messages is plotted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Quantity {
    /// The number at a path.
    Path(Path),
    /// How many come a second.
    Rate,
    /// How many bytes they have.
    Size,
    /// How many milliseconds lie between them.
    Interval,
}

impl Quantity {
    /// What a series shows, beside its channel; safe to be shown.
    #[must_use]
    pub fn label(&self) -> String {
        match self {
            Self::Path(path) => escape::whole(path.text().as_bytes()),
            Self::Rate => "rate".to_owned(),
            Self::Size => "size".to_owned(),
            Self::Interval => "interval".to_owned(),
        }
    }

    /// What has to be read of each message for it. Rates are counted from the points of sizes: of
    /// these there is one for every message.
    pub(super) fn read(&self) -> Plotted {
        match self {
            Self::Path(path) => Plotted::Path(path.clone()),
            Self::Rate | Self::Size => Plotted::Size,
            Self::Interval => Plotted::Interval,
        }
    }
}

/// Something plotted.
#[derive(Clone, Debug)]
pub struct Series {
    /// The channel.
    pub channel: Arc<[u8]>,
    /// What of its messages.
    pub quantity: Quantity,
    /// Which colour it has: a number that no other series has.
    pub slot: usize,
    /// What reads it.
    pub(super) check: CheckId,
}

/// How it is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PlotMode {
    /// Over time.
    #[default]
    Chart,
    /// How often the intervals of the selected series' channel are how long.
    Histogram,
}

/// Where it stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Placement {
    /// Nowhere.
    #[default]
    Closed,
    /// In the open message's place.
    Beside,
    /// On the whole screen.
    Whole,
}

/// What is plotted, and how it is shown.
#[derive(Debug, Default)]
pub struct Plot {
    series: Vec<Series>,
    selected: usize,
    pub(super) stand: Placement,
    /// What had the focus when the person last came to it by a key that shows it.
    pub(super) opened_from: Focus,
    pub(super) mode: PlotMode,
    pub(super) view: View,
    pub(super) cursor: Option<Cursor>,
    /// Whether the mouse holds it.
    pub(super) drag: Option<DragState>,
    pub(super) known: PlotData,
}

impl Plot {
    /// What is plotted, in the order in which it was added.
    #[must_use]
    pub fn series(&self) -> &[Series] {
        &self.series
    }

    /// The index of the selected series.
    #[must_use]
    pub fn selected(&self) -> usize {
        self.selected
    }

    /// How it is shown.
    #[must_use]
    pub fn mode(&self) -> PlotMode {
        self.mode
    }

    /// Whether it stands on the screen.
    #[must_use]
    pub fn is_shown(&self) -> bool {
        self.stand != Placement::Closed
    }

    /// Whether it wants the whole screen, if it stands there at all.
    #[must_use]
    pub fn is_whole(&self) -> Option<bool> {
        self.is_shown().then_some(self.stand == Placement::Whole)
    }

    /// Whether it goes on with the newest.
    #[must_use]
    pub fn is_following(&self) -> bool {
        self.view.is_following()
    }

    /// Whether all that is known is to be seen.
    #[must_use]
    pub fn is_of_all(&self) -> bool {
        self.view.is_of_all()
    }

    /// What is known of a series, if anything is.
    #[must_use]
    pub fn report(&self, series: &Series) -> Option<&SeriesReport> {
        let (_, report) = self.known.of(series.check)?;
        Some(report)
    }

    /// The series of intervals whose histogram is shown: the selected one, or another of its
    /// channel.
    #[must_use]
    pub fn intervals(&self) -> Option<&Series> {
        let selected = self.series.get(self.selected)?;
        self.find(&selected.channel, &Quantity::Interval)
            .and_then(|index| self.series.get(index))
    }

    /// How many columns of a chart as wide as `width` show something, beside its labels.
    #[must_use]
    pub fn chart_columns(width: u16) -> u16 {
        width
            - if Self::has_labels(width) {
                AXIS_COLUMNS
            } else {
                0
            }
    }

    /// Whether a chart as wide as `width` has labels at its side.
    #[must_use]
    pub fn has_labels(width: u16) -> bool {
        width >= MIN_FOR_LABELS
    }

    /// The stretch of time to be seen in so many columns.
    pub(super) fn window(&self, now: Time, columns: u16) -> PlotWindow {
        self.view.window(self.extent(now, columns))
    }

    /// What there is to be seen in so many columns.
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

    /// Whether one of these series is a rate.
    fn has_rate(&self, is_meant: impl Fn(&Series) -> bool) -> bool {
        let mut meant = self.series.iter().filter(|one| is_meant(one));
        meant.any(|one| one.quantity == Quantity::Rate)
    }

    /// What is to be drawn of a series in `window`, where all messages have been looked at that came
    /// while its channel was `heard`.
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

    /// The time over which a rate is a mean, as it is drawn.
    #[must_use]
    pub fn rate_over(&self, series: &Series) -> Option<Duration> {
        let (asked, _) = self.known.of(series.check)?;
        let micros = rates::bucket(asked).unsigned_abs();
        Some(Duration::from_micros(micros))
    }

    /// Whether no number is known at all.
    pub(super) fn is_blank(&self) -> bool {
        self.known.earliest().is_none()
    }
}

/// Changes.
impl Plot {
    /// The index of a series.
    pub(super) fn find(&self, channel: &[u8], quantity: &Quantity) -> Option<usize> {
        let is_it = |one: &Series| *one.channel == *channel && one.quantity == *quantity;
        self.series.iter().position(is_it)
    }

    /// The check that reads the same of the same channel, if another series has one.
    pub(super) fn check(&self, channel: &[u8], quantity: &Quantity) -> Option<CheckId> {
        let reads =
            |one: &&Series| *one.channel == *channel && one.quantity.read() == quantity.read();
        self.series.iter().find(reads).map(|one| one.check)
    }

    /// Adds a series, and selects it. If its check has just been added, `kept_since` says since when
    /// all is kept that came.
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

    /// Takes a series out. Gives its check if no other series needs it.
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

    /// When what is shown is to be asked for again; `None` if it is known.
    pub(super) fn ask_due(&self, window: &PlotWindow) -> Option<Time> {
        if !self.is_shown() || self.series.is_empty() {
            return None;
        }
        self.known.due(self.view, window)
    }

    /// Asks for what is shown in `window`. All messages up to `known` have been looked at.
    pub(super) fn ask(&mut self, window: PlotWindow, now: Time, known: Time) -> Vec<Ask> {
        self.known.note_asked(self.view, window, now, known);
        let mut asks: Vec<Ask> = Vec::new();
        for series in &self.series {
            let check = series.check;
            if asks.iter().any(|ask| ask.check == check) {
                continue;
            }
            // A rate at the left end is one of what came before too.
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
