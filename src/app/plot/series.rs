//! The series of the plot: which quantities of which channels it shows.

use std::sync::Arc;

use super::{Plot, PlotMode};
use crate::app::effect::Effect;
use crate::app::session::Session;
use crate::app::session::checks::only;
use crate::payload::escape;
use crate::query::Path;
use crate::workers::analysis::{Check, CheckId, Plotted};

/// The maximum number of series: each has its own colour.
pub(crate) const MAX_SERIES: usize = 6;

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
    pub fn label(&self) -> String {
        match self {
            Self::Path(path) => escape::whole(path.text().as_bytes()),
            Self::Rate => "rate".to_owned(),
            Self::Size => "size".to_owned(),
            Self::Interval => "interval".to_owned(),
        }
    }

    /// Returns what to read from each message: for rates, the sizes, since every message has one.
    fn plotted(&self) -> Plotted {
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
    /// The plotted quantity of its messages.
    pub quantity: Quantity,
    /// The index of its colour, which no other series has.
    pub slot: usize,
    /// The check that reads the quantity.
    pub(super) check: CheckId,
}

impl Plot {
    /// Returns the index of a series.
    pub(crate) fn find(&self, channel: &[u8], quantity: &Quantity) -> Option<usize> {
        let is_it = |one: &Series| *one.channel == *channel && one.quantity == *quantity;
        self.series.iter().position(is_it)
    }

    /// Adds a series, or selects it. Returns `None` and tells the user if the plot is full.
    pub(crate) fn show_series(
        &mut self,
        channel: &[u8],
        quantity: Quantity,
        session: &mut Session,
    ) -> Option<Vec<Effect>> {
        let effects = match self.find(channel, &quantity) {
            Some(index) => {
                self.selected = index;
                Vec::new()
            }
            None if self.series.len() >= MAX_SERIES => {
                let keys = session.keyed("{show-plot}, then {remove-series} removes one");
                session.tell(format!(
                    "the plot has {MAX_SERIES} series, the maximum · {keys}"
                ));
                return None;
            }
            None => self.add(channel, quantity, session),
        };
        self.mode = PlotMode::Chart;
        Some(effects)
    }

    /// Adds a series and selects it.
    fn add(&mut self, channel: &[u8], quantity: Quantity, session: &mut Session) -> Vec<Effect> {
        let what = quantity.plotted();
        // Another series may read the same numbers from the same channel.
        let mut series = self.series.iter();
        let known = series.find(|one| *one.channel == *channel && one.quantity.plotted() == what);
        let (check, effects, kept_since) = if let Some(known) = known {
            (known.check, Vec::new(), None)
        } else {
            let channels = only(channel);
            let (check, effects) = session.add_check(Check::Series { channels, what });
            (check, effects, Some(session.kept_since()))
        };
        let is_free = |slot: &usize| self.series.iter().all(|one| one.slot != *slot);
        let slot = (0..MAX_SERIES).find(is_free).unwrap_or(0);
        self.selected = self.series.len();
        self.series.push(Series {
            channel: channel.into(),
            quantity,
            slot,
            check,
        });
        self.data.want(check, kept_since);
        effects
    }

    /// Removes the series at `index`, and its check if no other series needs it.
    pub(crate) fn remove(&mut self, index: usize, session: &mut Session) -> Vec<Effect> {
        if index >= self.series.len() {
            return Vec::new();
        }
        let check = self.series.remove(index).check;
        self.selected -= usize::from(self.selected > index);
        self.selected = self.selected.min(self.series.len().saturating_sub(1));
        if self.series.iter().any(|one| one.check == check) {
            return Vec::new();
        }
        self.data.forget(check);
        session.end_check(check)
    }
}
