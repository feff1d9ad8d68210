//! The data of the plot's series, and when to request it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::window::{PlotWindow, View};
use crate::message::Time;
use crate::workers::analysis::{Ask, CheckId, CheckedRows, Report, SeriesReport};

/// The interval between requests for the data shown, while it changes.
const ASK_EVERY: Duration = Duration::from_millis(500);

/// The data from the checks of a plot.
#[derive(Debug, Default)]
pub struct PlotData {
    /// The last answer of each check, with the window that was requested.
    answers: BTreeMap<CheckId, (PlotWindow, SeriesReport)>,
    /// The checks of current series. Late answers from other checks are ignored.
    wanted: BTreeSet<CheckId>,
    /// The checks that are still processing older messages in the log. Their data is incomplete.
    looking_back: BTreeSet<CheckId>,
    /// The start of the period for which each check knows all received messages.
    kept_since: BTreeMap<CheckId, Time>,
    asked: Option<Asked>,
    /// Whether rows have been checked since the last request.
    has_news: bool,
}

/// The last request and its time.
#[derive(Clone, Copy, Debug)]
struct Asked {
    view: View,
    window: PlotWindow,
    at: Time,
    /// All messages up to this time had been checked.
    checked_until: Time,
}

impl PlotData {
    /// Returns the data from a check, with the window that was requested.
    pub fn of(&self, check: CheckId) -> Option<&(PlotWindow, SeriesReport)> {
        self.answers.get(&check)
    }

    /// Returns the time up to which a check knows all messages, or `None` if some messages before
    /// the newest known one may be missing. All messages up to `checked_until` have been checked.
    pub fn up_to(&self, check: CheckId, checked_until: Time) -> Option<Time> {
        if self.looking_back.contains(&check) {
            return None;
        }
        match &self.asked {
            Some(asked) if self.has_news => Some(asked.checked_until),
            // No rows have been checked since the last request.
            _ => Some(checked_until),
        }
    }

    /// Returns the time of the earliest known number.
    pub fn earliest(&self) -> Option<Time> {
        let summaries = self.answers.values().map(|(_, report)| report.summary);
        summaries.flatten().map(|summary| summary.from).min()
    }

    /// Returns the start of the period for which a check knows all received messages.
    pub fn kept_since(&self, check: CheckId) -> Option<Time> {
        self.kept_since.get(&check).copied()
    }

    /// Adds a check and makes its data due at once. If the check is new, it has yet to process the
    /// messages in the log, which are complete since `kept_since`.
    pub fn want(&mut self, check: CheckId, kept_since: Option<Time>) {
        self.wanted.insert(check);
        if let Some(since) = kept_since {
            self.looking_back.insert(check);
            self.kept_since.insert(check, since);
        }
        self.asked = None;
    }

    /// Forgets the data from a check.
    pub fn forget(&mut self, check: CheckId) {
        self.wanted.remove(&check);
        self.answers.remove(&check);
        self.looking_back.remove(&check);
        self.kept_since.remove(&check);
    }

    /// Records the answer of a check.
    pub fn note(&mut self, ask: &Ask, report: Option<Box<Report>>) {
        if !self.wanted.contains(&ask.check) {
            return;
        }
        match (report.map(|report| *report), PlotWindow::asked(ask)) {
            (Some(Report::Series(report)), Some(window)) => {
                self.answers.insert(ask.check, (window, report));
            }
            _ => drop(self.answers.remove(&ask.check)),
        }
    }

    /// Records that rows were checked.
    pub fn note_looked(&mut self, looked: &CheckedRows) {
        self.has_news = true;
        if let Some(check) = looked.only
            && looked.is_done
            && self.looking_back.remove(&check)
        {
            // Make the data from older messages due at once.
            self.asked = None;
        }
    }

    /// Returns when to request the visible data, or `None` while it is up to date.
    pub fn due(&self, view: View, window: &PlotWindow) -> Option<Time> {
        match &self.asked {
            Some(asked) if asked.view == view && asked.window.is_like(window) => {
                self.has_news.then(|| asked.at.after(ASK_EVERY))
            }
            _ => Some(Time(0)),
        }
    }

    /// Records that all data was requested. All messages up to `checked_until` have been checked.
    pub fn note_asked(&mut self, view: View, window: PlotWindow, at: Time, checked_until: Time) {
        self.has_news = false;
        self.asked = Some(Asked {
            view,
            window,
            at,
            checked_until,
        });
    }
}
