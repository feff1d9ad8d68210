//! The checks of messages and their results.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use super::Session;
use super::live_query::Progress;
use crate::app::effect::Effect;
use crate::log::MessageLog;
use crate::message::{RowId, Time, glob};
use crate::payload::decoder_choices::DecoderChoices;
use crate::query::Query;
use crate::workers::analysis::{
    Ask, Channels, Check, CheckId, CheckedRows, Findings, Follower, Plan, Report, Request, Skips,
};

/// Interval between requests for the reports that are shown.
const REPORT_EVERY: Duration = Duration::from_millis(500);

/// Maximum number of fields, channels or requests in a report that is shown.
const MOST_REPORTED: usize = 500;

/// The check of a report, and its channel if the check reports on each channel separately.
type Place = (CheckId, Option<Arc<[u8]>>);

/// The checks and their results.
#[derive(Debug, Default)]
pub struct Checks {
    /// The checks in force.
    pub plan: Plan,
    /// Whether the plan has yet to be sent to the worker thread.
    is_new: bool,
    follower: Follower,
    /// What they found.
    pub findings: Findings,
    /// Messages that could not be evaluated by the checks that flag rows.
    pub(super) skips: Skips,
    /// The latest version of each report that is shown.
    reports: BTreeMap<Place, Box<Report>>,
    /// When the reports were last requested.
    asked: Time,
    /// Whether rows have been checked since the last request.
    has_news: bool,
    /// Memory used by the worker thread's results, in bytes.
    size: usize,
    /// Progress of the checks that are still processing the messages already in the log.
    looking_back: BTreeMap<CheckId, Progress>,
    /// Whether some channels are unchecked because a check that flags rows ran out of room.
    pub(super) leaves_out_some: bool,
    /// A counter that increases when a check is added, ends, finishes looking back, or skips
    /// messages on a new channel.
    pub(super) changes: u64,
    /// When coverage was last counted, and the values of `serial` and `changes` at that time.
    pub(super) counted: Option<(Time, (u64, u64))>,
}

impl Checks {
    /// Creates `checks` for all messages that are added to `log` from now on.
    pub(crate) fn new(
        checks: &[Check],
        decoder_choices: &Arc<DecoderChoices>,
        log: &MessageLog,
    ) -> Self {
        let mut plan = Plan::default();
        plan.decoder_choices = Arc::clone(decoder_choices);
        for check in checks {
            plan.add(check.clone(), log.end());
        }
        Self {
            is_new: !plan.is_empty(),
            plan,
            follower: Follower::new(log),
            ..Self::default()
        }
    }

    /// Returns the number of rows that left the log before they could be checked.
    pub fn missed(&self) -> u64 {
        self.follower.missed
    }

    /// Returns the progress of a check while it is processing the messages already in the log.
    pub(crate) fn looking_back(&self, check: CheckId) -> Option<Progress> {
        self.looking_back.get(&check).copied()
    }

    /// Returns the latest report of a check: the one on `channel`, or else the one on all channels.
    pub fn report(&self, check: CheckId, channel: Option<&Arc<[u8]>>) -> Option<&Report> {
        let of = |channel: Option<&Arc<[u8]>>| self.reports.get(&(check, channel.cloned()));
        of(channel).or_else(|| of(None)).map(|report| &**report)
    }

    /// Returns the checks that apply to the channel called `name`, oldest first.
    pub fn of_channel(&self, name: &[u8]) -> impl Iterator<Item = (CheckId, &Check)> {
        let entries = self.plan.entries.iter();
        let applying = entries.filter(move |entry| entry.check.watches(name));
        applying.map(|entry| (entry.id, &entry.check))
    }

    /// Sets how messages are decoded from now on.
    pub(crate) fn read_by(&mut self, decoder_choices: &Arc<DecoderChoices>) -> Option<Effect> {
        self.plan.decoder_choices = Arc::clone(decoder_choices);
        (!self.plan.is_empty()).then(|| self.send_plan())
    }

    /// Starts all checks anew at the end of `log`, which is to hold other rows.
    fn restart(&mut self, log: &MessageLog) -> Option<Effect> {
        for entry in &mut self.plan.entries {
            entry.from = log.end();
        }
        self.follower.restart(log);
        self.is_new = false;
        self.findings = Findings::default();
        self.skips = Skips::default();
        self.reports.clear();
        self.looking_back.clear();
        self.leaves_out_some = false;
        self.changes += 1;
        let plan = Arc::new(self.plan.clone());
        (!plan.is_empty()).then(|| Effect::Analyse(Request::Restart(plan)))
    }

    /// Returns the effect that sends the plan to the worker thread.
    fn send_plan(&self) -> Effect {
        Effect::Analyse(Request::Plan(Arc::new(self.plan.clone())))
    }

    /// Returns the end of the rows whose findings are all known.
    pub(crate) fn checked_up_to(&self, log: &MessageLog) -> RowId {
        if self.plan.is_empty() {
            log.end()
        } else {
            self.follower.checked
        }
    }

    /// Removes findings on rows that have left the log.
    pub(crate) fn forget(&mut self, gone: &Range<RowId>) {
        self.findings.forget(gone);
    }

    /// Records findings on rows from `first` on, and progress. Returns whether a check has finished
    /// looking back.
    fn note_looked(&mut self, looked: CheckedRows, first: RowId) -> bool {
        self.follower.note(&looked);
        self.size = looked.size;
        self.leaves_out_some = looked.leaves_out_some;
        self.has_news = true;
        if let Some(only) = looked.only
            && let Some(progress) = self.looking_back.get_mut(&only)
        {
            progress.scanned += looked.rows;
        }
        let looked_back = looked.only.filter(|_| looked.is_done);
        if let Some(check) = looked_back {
            self.looking_back.remove(&check);
            self.changes += 1;
        }
        let is_made = |check: CheckId| self.plan.check(check).is_some();
        let found = looked.found.into_iter();
        self.findings
            .add(found.filter(|finding| is_made(finding.check) && finding.row >= first));
        if self.skips.add(looked.skipped) {
            self.changes += 1;
        }
        self.skips.retain(is_made);
        looked_back.is_some()
    }

    /// Records a report that was requested.
    pub(crate) fn note_report(&mut self, ask: Ask, report: Option<Box<Report>>) {
        let place = (ask.check, ask.channel);
        match report {
            Some(report) => self.reports.insert(place, report),
            None => self.reports.remove(&place),
        };
    }

    /// Returns when to request the displayed reports again, or `None` if there is nothing new.
    pub(crate) fn reports_due(&self) -> Option<Time> {
        self.has_news.then(|| self.asked.after(REPORT_EVERY))
    }

    /// Returns the memory used by the checks, in bytes.
    pub(crate) fn size(&self) -> usize {
        self.size + self.findings.size() + self.skips.size()
    }
}

/// Returns a glob that matches only the channel called `name`.
pub(crate) fn only(name: &[u8]) -> Channels {
    Channels::new(&glob::literal(name))
}

impl Session {
    /// Adds `check` for new messages and for those in the log.
    pub(crate) fn add_check(&mut self, check: Check) -> (CheckId, Vec<Effect>) {
        // The rows already in the log are processed for this check alone.
        let id = self.checks.plan.add(check, self.log.end());
        self.checks.is_new = false;
        self.checks.changes += 1;
        let kept = Request::kept(id, &self.log);
        let progress = Progress {
            scanned: 0,
            total: kept.rows(),
        };
        self.checks.looking_back.insert(id, progress);
        (id, vec![self.checks.send_plan(), Effect::Analyse(kept)])
    }

    /// Removes a check and its findings.
    pub(crate) fn end_check(&mut self, id: CheckId) -> Vec<Effect> {
        self.checks.plan.remove(id);
        self.checks.looking_back.remove(&id);
        self.checks.changes += 1;
        self.checks.findings.forget_check(id);
        self.checks.skips.retain(|check| check != id);
        self.checks.reports.retain(|(check, _), _| *check != id);
        let mut effects = vec![self.checks.send_plan()];
        effects.extend(self.ask_again(Query::uses_flags));
        effects
    }

    /// Starts all checks and breakpoints anew for the rows that arrive from now on: to take the
    /// earlier ones as what came before would make a step back in time look like a fault.
    pub(super) fn restart_checks(&mut self) -> Option<Effect> {
        self.restart_breakpoints();
        self.checks.restart(&self.log)
    }

    /// Requests checks of the rows that have arrived.
    pub(crate) fn check_arrived(&mut self) -> Vec<Effect> {
        let checks = &mut self.checks;
        if checks.plan.is_empty() {
            checks.follower.skip(&self.log);
            return Vec::new();
        }
        let is_new = std::mem::take(&mut checks.is_new);
        let plan = is_new.then(|| checks.send_plan());
        let rows = checks.follower.ask(&self.log).into_iter();
        plan.into_iter().chain(rows.map(Effect::Analyse)).collect()
    }

    /// Records findings and progress, and returns the requests that follow from them. `shown` is
    /// the channel whose reports are shown.
    pub(crate) fn note_looked(
        &mut self,
        looked: CheckedRows,
        shown: Option<&Arc<[u8]>>,
    ) -> Vec<Effect> {
        let looked_back = self.checks.note_looked(looked, self.log.first());
        let mut effects = self.check_arrived();
        effects.extend(self.ask_about_arrived());
        if looked_back {
            // Otherwise the old, incomplete reports would look final.
            effects.extend(self.renew_reports(shown));
            effects.extend(self.ask_again(Query::uses_flags));
        }
        effects
    }

    /// Requests the reports on the channel `shown` if they may have changed.
    pub(crate) fn request_reports(&mut self, shown: Option<&Arc<[u8]>>) -> Vec<Effect> {
        let is_due = self.checks.reports_due().is_some_and(|due| self.now >= due);
        let Some(channel) = shown.filter(|_| is_due) else {
            return Vec::new();
        };
        self.checks.asked = self.now;
        self.checks.has_news = false;
        // The plot requests its own reports.
        let is_shown = |(_, check): &(CheckId, &Check)| !matches!(check, Check::Series { .. });
        let shown = self.checks.of_channel(channel).filter(is_shown);
        let ask = |(check, _)| Ask {
            check,
            channel: Some(Arc::clone(channel)),
            stretch: None,
            gap_until: self.gap_until(),
            most: MOST_REPORTED,
        };
        let requests = shown.map(ask).map(Request::Report);
        requests.map(Effect::Analyse).collect()
    }

    /// Requests the reports on the channel `shown` at once.
    pub(crate) fn renew_reports(&mut self, shown: Option<&Arc<[u8]>>) -> Vec<Effect> {
        self.checks.asked = Time(0);
        self.checks.has_news = true;
        self.request_reports(shown)
    }
}
