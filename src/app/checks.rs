//! The checks that are made of messages, and what is known by them.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use super::live_query::Progress;
use super::{App, Effect};
use crate::analysis::{
    Answer, Ask, Channels, Check, CheckId, Finding, Findings, Follower, Looked, Plan, Report,
    Request, Skipped, Skips,
};
use crate::log::MessageLog;
use crate::message::{RowId, Time};
use crate::payload::decoder_choices::DecoderChoices;
use crate::query::Query;

/// What is known is asked for this often while it is shown.
const REPORT_EVERY: Duration = Duration::from_millis(500);

/// The most fields, channels or requests of a report that is shown.
const MOST_REPORTED: usize = 500;

/// Which check a report is of, and which channel if it tells them apart.
type Place = (CheckId, Option<Arc<[u8]>>);

/// What is checked, and what was found.
#[derive(Debug)]
pub struct Checks {
    plan: Plan,
    /// Whether the thread is to be told of the plan.
    is_new: bool,
    follower: Follower,
    findings: Findings,
    /// What those that flag rows could not tell anything of.
    skips: Skips,
    /// What is shown was last known to be so; of a shape or a series by its channel.
    reports: BTreeMap<Place, Box<Report>>,
    /// When that was asked.
    asked: Time,
    /// Whether rows were looked at since then.
    has_news: bool,
    /// The bytes that the thread's knowledge takes.
    size: usize,
    /// Those that look at what is kept, and how far they are: not all that they will flag is
    /// flagged yet.
    looking_back: BTreeMap<CheckId, Progress>,
    /// Whether those that flag rows had no room for some.
    leaves_out_some: bool,
    /// Grows with every check that is added, has looked back, skips messages of one more channel or
    /// is ended.
    changes: u64,
}

impl Checks {
    /// Makes `checks` of all that is to come into `log`.
    pub(super) fn new(
        checks: &[Check],
        decoder_choices: &Arc<DecoderChoices>,
        log: &MessageLog,
    ) -> Self {
        let mut plan = Plan::default();
        plan.read_by(Arc::clone(decoder_choices));
        for check in checks {
            plan.add(check.clone(), log.end());
        }
        Self {
            is_new: !plan.is_empty(),
            plan,
            follower: Follower::new(log),
            findings: Findings::default(),
            skips: Skips::default(),
            reports: BTreeMap::new(),
            asked: Time(0),
            has_news: false,
            size: 0,
            looking_back: BTreeMap::new(),
            leaves_out_some: false,
            changes: 0,
        }
    }

    /// What is checked.
    #[must_use]
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// What was found.
    #[must_use]
    pub fn findings(&self) -> &Findings {
        &self.findings
    }

    /// How many rows went before they could be looked at.
    #[must_use]
    pub fn missed(&self) -> u64 {
        self.follower.missed()
    }

    /// Whether checks that flag rows had no room for some.
    pub(super) fn leave_out_some(&self) -> bool {
        self.leaves_out_some
    }

    /// How far a check is in what was kept when it was added, until it has come to the end of that.
    pub(super) fn looking_back(&self, check: CheckId) -> Option<Progress> {
        self.looking_back.get(&check).copied()
    }

    /// What a check could not tell anything of on the channel called `name`.
    pub(super) fn skipped(&self, check: CheckId, name: &[u8]) -> Option<&Skipped> {
        self.skips.of(check, name)
    }

    /// A number that grows whenever other rows are checked than before.
    pub(super) fn changes(&self) -> u64 {
        self.changes
    }

    /// What is known by a check, of this channel if it tells them apart, as far as it was asked for.
    #[must_use]
    pub fn report(&self, check: CheckId, channel: Option<&Arc<[u8]>>) -> Option<&Report> {
        let of = |channel: Option<&Arc<[u8]>>| self.reports.get(&(check, channel.cloned()));
        of(channel).or_else(|| of(None)).map(|report| &**report)
    }

    /// The checks that are made of messages on the channel called `name`, oldest first.
    pub fn of_channel(&self, name: &[u8]) -> impl Iterator<Item = (CheckId, &Check)> {
        let entries = self.plan.entries().iter();
        let made = entries.filter(move |entry| is_made_of(&entry.check, name));
        made.map(|entry| (entry.id, &entry.check))
    }

    /// Has messages read so from now on, and gives the plan that the thread is to be told of.
    pub(super) fn read_by(&mut self, decoder_choices: &Arc<DecoderChoices>) -> Option<Arc<Plan>> {
        self.plan.read_by(Arc::clone(decoder_choices));
        (!self.plan.is_empty()).then(|| Arc::new(self.plan.clone()))
    }

    /// The row behind the last of which all findings are known.
    pub(super) fn looked(&self, log: &MessageLog) -> RowId {
        if self.plan.is_empty() {
            log.end()
        } else {
            self.follower.looked()
        }
    }

    /// Lets go of what points to rows that have gone.
    pub(super) fn forget(&mut self, gone: &Range<RowId>) {
        self.findings.forget(gone);
    }

    /// Takes in what was found and how far it is known. Says whether a check has now looked at all
    /// that was kept when it was added.
    fn note_looked(&mut self, looked: Looked) -> bool {
        self.follower.note(&looked);
        self.size = looked.size;
        self.leaves_out_some = looked.leaves_out_some;
        self.has_news = true;
        let progress = looked
            .only
            .and_then(|only| self.looking_back.get_mut(&only));
        if let Some(progress) = progress {
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
            .add(found.filter(|finding| is_made(finding.check)));
        if self.skips.add(looked.skipped) {
            self.changes += 1;
        }
        self.skips.retain(is_made);
        looked_back.is_some()
    }

    /// The bytes that all of it takes.
    pub(super) fn size(&self) -> usize {
        self.size + self.findings.size() + self.skips.size()
    }
}

/// Whether `check` is made of messages on the channel called `name`.
fn is_made_of(check: &Check, name: &[u8]) -> bool {
    match check {
        Check::Shape { channels }
        | Check::Sequence { channels, .. }
        | Check::Delay { channels, .. }
        | Check::Series { channels, .. } => channels.contain(name),
        Check::Pair { request, reply } => request.0.contain(name) || reply.0.contain(name),
    }
}

/// Exactly the channel called `name`.
pub(super) fn only(name: &[u8]) -> Channels {
    let mut glob = Vec::with_capacity(name.len());
    for byte in name {
        if matches!(byte, b'*' | b'?' | b'[' | b']' | b'\\') {
            glob.push(b'\\');
        }
        glob.push(*byte);
    }
    Channels::new(&glob)
}

impl App {
    /// The checks that are made.
    #[must_use]
    pub fn checks(&self) -> &Checks {
        &self.checks
    }

    /// What checks have found of `row`.
    pub fn findings(&self, row: RowId) -> impl Iterator<Item = &Finding> {
        self.checks.findings.of(row)
    }

    /// Makes `check` of all that comes, and of what is kept.
    pub(super) fn add_check(&mut self, check: Check) -> (CheckId, Vec<Effect>) {
        // Rows up to here are looked at for this check alone.
        let id = self.checks.plan.add(check, self.log.end());
        let plan = Request::Plan(Arc::new(self.checks.plan.clone()));
        self.checks.is_new = false;
        self.checks.changes += 1;
        let kept = Request::kept(id, &self.log);
        let progress = Progress {
            scanned: 0,
            total: kept.rows(),
        };
        self.checks.looking_back.insert(id, progress);
        let effects = [plan, kept];
        (id, effects.map(Effect::Analyse).into())
    }

    /// Makes a check no longer, and forgets what it has found.
    pub(super) fn end_check(&mut self, id: CheckId) -> Vec<Effect> {
        self.checks.plan.remove(id);
        self.checks.looking_back.remove(&id);
        self.checks.changes += 1;
        self.checks.findings.forget_check(id);
        self.checks.skips.retain(|check| check != id);
        self.checks.reports.retain(|(check, _), _| *check != id);
        let plan = Request::Plan(Arc::new(self.checks.plan.clone()));
        let mut effects = vec![Effect::Analyse(plan)];
        effects.extend(self.ask_again(Query::asks_flags));
        effects
    }

    /// Has the rows looked at that have come.
    pub(super) fn check_arrived(&mut self) -> Vec<Effect> {
        let checks = &mut self.checks;
        if checks.plan.is_empty() {
            checks.follower.skip(&self.log);
            return Vec::new();
        }
        let is_new = std::mem::take(&mut checks.is_new);
        let plan = is_new.then(|| Request::Plan(Arc::new(checks.plan.clone())));
        let rows = checks.follower.ask(&self.log);
        plan.into_iter().chain(rows).map(Effect::Analyse).collect()
    }

    /// Takes in what the checks say.
    pub(super) fn note_analysis(&mut self, answer: Answer) -> Vec<Effect> {
        let looked = match answer {
            Answer::Report(ask, report) if ask.stretch.is_some() => {
                self.plot.known.note(&ask, report);
                return Vec::new();
            }
            Answer::Report(ask, report) => {
                let place = (ask.check, ask.channel);
                match report {
                    Some(report) => self.checks.reports.insert(place, report),
                    None => self.checks.reports.remove(&place),
                };
                return Vec::new();
            }
            Answer::Looked(looked) => looked,
        };
        self.plot.known.note_looked(&looked);
        let looked_back = self.checks.note_looked(looked);
        let mut effects = self.check_arrived();
        effects.extend(self.ask_about_arrived());
        if looked_back {
            // What is shown does not look final before it is.
            effects.extend(self.renew_reports());
            effects.extend(self.ask_again(Query::asks_flags));
        }
        effects
    }

    /// Asks for what is known, while it is shown and if it may be news.
    pub(super) fn ask_for_reports(&mut self) -> Vec<Effect> {
        if self.report_due().is_none_or(|due| self.now < due) {
            return Vec::new();
        }
        let Some(channel) = self.channel_to_report() else {
            return Vec::new();
        };
        self.checks.asked = self.now;
        self.checks.has_news = false;
        // The plot asks for what it shows.
        let is_shown = |(_, check): &(CheckId, &Check)| !matches!(check, Check::Series { .. });
        let shown = self.checks.of_channel(&channel).filter(is_shown);
        let ids = shown.map(|(id, _)| id);
        let ask = |check| Ask {
            check,
            channel: Some(Arc::clone(&channel)),
            stretch: None,
            gap_until: self.gap_until(),
            most: MOST_REPORTED,
        };
        let requests = ids.map(ask).map(Request::Report);
        requests.map(Effect::Analyse).collect()
    }

    /// When what is shown is to be asked for again.
    pub(super) fn report_due(&self) -> Option<Time> {
        self.channel_to_report()?;
        let checks = &self.checks;
        checks.has_news.then(|| checks.asked.after(REPORT_EVERY))
    }

    /// Asks for what is shown at once.
    pub(super) fn renew_reports(&mut self) -> Vec<Effect> {
        self.checks.asked = Time(0);
        self.checks.has_news = true;
        self.ask_for_reports()
    }

    /// The channel of which is shown what is known.
    fn channel_to_report(&self) -> Option<Arc<[u8]>> {
        let reader = &self.open.as_ref()?.reader;
        let is_shown = reader.tab() == super::Tab::Channel;
        let name = reader.snapshot().channel.as_deref().filter(|_| is_shown)?;
        Some(name.into())
    }
}
