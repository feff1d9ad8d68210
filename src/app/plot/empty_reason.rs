//! Why a series has no points to show.

use std::time::Duration;

use super::window::PlotWindow;
use super::{Plot, Quantity, Series};
use crate::app::keymap::{Context, Keymap};
use crate::message::Time;
use crate::payload::figures;

/// Time after the last message during which there may be no complete bucket for a rate yet.
const YOUNG: Duration = Duration::from_secs(10);

/// Why a series has no points to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EmptyReason {
    /// No message is known to have arrived.
    NoMessage,
    /// None of the messages has a number at the path. Contains the path's label and the number of
    /// messages.
    NoNumber(String, u64),
    /// There is only one message, so there is no interval.
    NoInterval,
    /// Messages arrived too recently for a rate.
    NoRateYet,
    /// No bucket in this window was received completely.
    NoRate,
    /// There are numbers, but none in this window.
    Elsewhere,
}

impl EmptyReason {
    /// Returns the reason in words.
    pub fn words(&self) -> String {
        match self {
            Self::NoMessage => "no message yet".to_owned(),
            Self::NoNumber(label, messages) => {
                let messages = figures::counted(*messages, "message");
                format!("no number at {label} in {messages}")
            }
            Self::NoInterval => "no interval yet".to_owned(),
            Self::NoRateYet => "no rate yet".to_owned(),
            Self::NoRate => "no rate known in this time range".to_owned(),
            Self::Elsewhere => "no data in this time range".to_owned(),
        }
    }

    /// Returns the reason with a hint. `shows_all` tells whether the plot already shows all data.
    pub fn sentence(&self, shows_all: bool, keymap: &Keymap) -> String {
        let more = match self {
            Self::NoInterval => ": needs two messages",
            Self::NoRateYet => ": rates are averaged over several seconds",
            Self::NoRate | Self::Elsewhere if !shows_all => " · {zoom-to-all} shows all",
            _ => "",
        };
        format!("{}{}", self.words(), keymap.text(Context::Chart, more))
    }
}

impl Plot {
    /// Returns why no points of a series are visible in `window`, assuming that there are none.
    pub fn empty_reason(&self, series: &Series, window: &PlotWindow, now: Time) -> EmptyReason {
        let Some(report) = self.report(series) else {
            return EmptyReason::NoMessage;
        };
        let is_rate = series.quantity == Quantity::Rate;
        match &report.summary {
            None if report.without_number > 0 => {
                EmptyReason::NoNumber(series.quantity.label(), report.without_number)
            }
            None => EmptyReason::NoInterval,
            Some(of) if is_rate && window.contains(of.to) && now.since(of.to) < YOUNG => {
                EmptyReason::NoRateYet
            }
            Some(_) if is_rate => EmptyReason::NoRate,
            Some(_) => EmptyReason::Elsewhere,
        }
    }
}
