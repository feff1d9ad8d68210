//! What is known of the series of a plot, and when it is to be asked for.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::window::{PlotWindow, View};
use crate::analysis::{Ask, CheckId, Looked, Report, SeriesReport};
use crate::message::Time;

/// What is shown is asked for this often, if there is news.
const ASK_EVERY: Duration = Duration::from_millis(500);

/// What is known by the checks of a plot.
#[derive(Debug, Default)]
pub struct PlotData {
    /// The last answer of each, with the window that was asked for.
    answers: BTreeMap<CheckId, (PlotWindow, SeriesReport)>,
    /// Those that may still be asked of: an answer may come late.
    wanted: BTreeSet<CheckId>,
    /// Those that look at what is kept: what they know is not whole yet.
    looking_back: BTreeSet<CheckId>,
    /// Since when all is known by each that came, but for what may have been lost.
    kept_since: BTreeMap<CheckId, Time>,
    asked: Option<Asked>,
    /// Whether rows were looked at since then.
    has_news: bool,
}

/// What was asked for, and when.
#[derive(Clone, Copy, Debug)]
struct Asked {
    view: View,
    window: PlotWindow,
    at: Time,
    /// All messages up to here had been looked at.
    looked: Time,
}

impl PlotData {
    /// What is known by a check, in the window that was asked for.
    pub fn of(&self, check: CheckId) -> Option<(&PlotWindow, &SeriesReport)> {
        let (window, report) = self.answers.get(&check)?;
        Some((window, report))
    }

    /// The time up to which all messages are known by a check, where those up to `looked` have been
    /// looked at; `None` if some before the newest known may be missing.
    pub fn up_to(&self, check: CheckId, looked: Time) -> Option<Time> {
        if self.looking_back.contains(&check) {
            return None;
        }
        match &self.asked {
            Some(asked) if self.has_news => Some(asked.looked),
            // Nothing has come since.
            _ => Some(looked),
        }
    }

    /// When the first number came that is known.
    pub fn earliest(&self) -> Option<Time> {
        let summaries = self.answers.values().map(|(_, report)| report.summary);
        summaries.flatten().map(|summary| summary.from).min()
    }

    /// Since when a check knows all that came, but for what may have been lost.
    pub fn kept_since(&self, check: CheckId) -> Option<Time> {
        self.kept_since.get(&check).copied()
    }

    /// Has a check asked for at once. If it has just begun to look at what is kept, `kept_since`
    /// says since when that is all that came.
    pub fn want(&mut self, check: CheckId, kept_since: Option<Time>) {
        self.wanted.insert(check);
        if let Some(since) = kept_since {
            self.looking_back.insert(check);
            self.kept_since.insert(check, since);
        }
        self.asked = None;
    }

    /// Lets go of what is known by a check.
    pub fn forget(&mut self, check: CheckId) {
        self.wanted.remove(&check);
        self.answers.remove(&check);
        self.looking_back.remove(&check);
        self.kept_since.remove(&check);
    }

    /// Takes in what is known by a check.
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

    /// Takes note that rows were looked at.
    pub fn note_looked(&mut self, looked: &Looked) {
        self.has_news = true;
        if let Some(check) = looked.only.filter(|_| looked.is_done) {
            // What was kept is wanted at once.
            if self.looking_back.remove(&check) {
                self.asked = None;
            }
        }
    }

    /// When what is seen is to be asked for; `None` while it is known.
    pub fn due(&self, view: View, window: &PlotWindow) -> Option<Time> {
        let asked = self.asked.as_ref();
        let same = asked.filter(|one| one.view == view && one.window.is_like(window));
        match same {
            None => Some(Time(0)),
            Some(asked) => self.has_news.then(|| asked.at.after(ASK_EVERY)),
        }
    }

    /// Takes note that all was asked for. All messages up to `looked` have been looked at.
    pub fn note_asked(&mut self, view: View, window: PlotWindow, at: Time, looked: Time) {
        self.has_news = false;
        self.asked = Some(Asked {
            view,
            window,
            at,
            looked,
        });
    }
}
