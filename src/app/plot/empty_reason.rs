//! Why nothing is to be seen of a series.

use std::time::Duration;

use super::window::PlotWindow;
use super::{Plot, Quantity, Series};
use crate::message::Time;
use crate::payload::figures;

/// Within so long after the last message there may be no whole stretch to count a rate in.
const YOUNG: Duration = Duration::from_secs(10);

/// Why nothing is to be seen of a series.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EmptyReason {
    /// No message has come, as far as is known.
    NoMessage,
    /// None of so many messages has a number at the path that this text names.
    NoNumber(String, u64),
    /// One message makes no interval.
    NoInterval,
    /// Messages have come, but too lately to know a rate.
    NoRateYet,
    /// There is no whole stretch in this time in which all was heard.
    NoRate,
    /// There are numbers, but none of this time.
    Elsewhere,
}

impl EmptyReason {
    /// It in words.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::NoMessage => "no message yet".to_owned(),
            Self::NoNumber(label, messages) => {
                let s = if *messages == 1 { "" } else { "s" };
                let count = figures::count(*messages);
                format!("no number at {label} in {count} message{s}")
            }
            Self::NoInterval => "no interval yet".to_owned(),
            Self::NoRateYet => "no rate yet".to_owned(),
            Self::NoRate => "no rate is known in this time".to_owned(),
            Self::Elsewhere => "nothing came in this time".to_owned(),
        }
    }

    /// It in words, with why it is so or what helps, where `is_of_all` says that all is shown.
    #[must_use]
    pub fn sentence(&self, is_of_all: bool) -> String {
        let more = match self {
            Self::NoInterval => ": it lies between two messages",
            Self::NoRateYet => ": it is a mean over some seconds",
            Self::NoRate | Self::Elsewhere if !is_of_all => ": 0 shows all",
            _ => "",
        };
        format!("{}{more}", self.words())
    }
}

impl Plot {
    /// Why nothing is to be seen of a series in `window`, if so it is.
    #[must_use]
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
