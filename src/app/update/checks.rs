//! Starting and stopping checks, and requesting the reports that are shown.

use std::sync::Arc;

use crate::app::App;
use crate::app::effect::Effect;
use crate::app::message_pane::reader::Tab;
use crate::app::session::checks::{MOST_REPORTED, REPORT_EVERY, only};
use crate::message::Time;
use crate::payload::escape::whole_name;
use crate::payload::format::{Decoded, Format};
use crate::payload::lookup::Lookup;
use crate::query::{Path, Query};
use crate::workers::analysis::{Answer, Ask, Check, CheckId, Request, is_whole_number};

impl App {
    /// Starts learning the shape of the open message's channel, from the log and from new messages.
    pub(crate) fn learn_shape(&mut self) -> Vec<Effect> {
        let Some(open) = &self.open else {
            return Vec::new();
        };
        let is_json =
            |decoded: &Decoded| decoded.format == Format::Json && decoded.unwrapped.is_none();
        let name = open.reader.snapshot().channel.clone();
        let Some(name) = name.filter(|_| open.reader.decoded().is_some_and(is_json)) else {
            return Vec::new();
        };
        let is_shape = |(_, check): (CheckId, &Check)| matches!(check, Check::Shape { .. });
        if self.session.checks.of_channel(&name).any(is_shape) {
            return Vec::new();
        }
        let channels = only(&name);
        self.session.add_check(Check::Shape { channels }).1
    }

    /// Starts or stops checking the sequence numbers at `path` on the channel called `name`.
    pub(crate) fn toggle_sequence(&mut self, name: &[u8], path: Path) -> Vec<Effect> {
        let text = path.text().to_owned();
        let shown = whole_name(name);
        let of_path = |(id, check): (CheckId, &Check)| match check {
            Check::Sequence {
                channels, number, ..
            } if *number == path => Some((id, channels.clone())),
            _ => None,
        };
        let known = self.session.checks.of_channel(name).find_map(of_path);
        if let Some((_, channels)) = known
            .as_ref()
            .filter(|(_, channels)| *channels != only(name))
        {
            let glob = whole_name(channels.glob());
            return self.session.tell(format!(
                "{text} is already tracked on all channels of {glob}"
            ));
        }
        if let Some((id, _)) = known {
            let effects = self.session.end_check(id);
            self.session.tell(format!("stopped tracking {text}"));
            return effects;
        }
        if !self.is_whole_number(name, &path) {
            return self
                .session
                .tell("not a whole number: select one to track it");
        }
        let (_, effects) = self.session.add_check(Check::Sequence {
            channels: only(name),
            number: path,
            key: None,
        });
        self.session.tell(format!(
            "tracking {text} on {shown}: flags missing, duplicate, out of order · is:seqgap"
        ));
        effects
    }

    /// Returns whether a sequence check finds a number at `path` in the open message, which is on
    /// the channel called `name`.
    fn is_whole_number(&self, name: &[u8], path: &Path) -> bool {
        let reading = self.session.decoder_choices.of(name);
        self.open.as_ref().is_some_and(|open| {
            let payload = &open.reader.snapshot().payload;
            let lookup = Lookup::new(payload, reading.as_ref());
            let value = lookup.figure(path.steps());
            value.is_some_and(|value| is_whole_number(&value))
        })
    }

    /// Handles an answer of the checks.
    pub(crate) fn note_analysis(&mut self, answer: Answer) -> Vec<Effect> {
        let looked = match answer {
            Answer::Report(ask, report) if ask.stretch.is_some() => {
                self.plot.known.note(&ask, report);
                return Vec::new();
            }
            Answer::Report(ask, report) => {
                let place = (ask.check, ask.channel);
                match report {
                    Some(report) => self.session.checks.reports.insert(place, report),
                    None => self.session.checks.reports.remove(&place),
                };
                return Vec::new();
            }
            Answer::Looked(looked) => looked,
        };
        self.plot.known.note_looked(&looked);
        let looked_back = self.session.checks.note_looked(looked);
        let mut effects = self.session.check_arrived();
        effects.extend(self.session.ask_about_arrived());
        if looked_back {
            // Otherwise the old reports would look final before they are.
            effects.extend(self.renew_reports());
            effects.extend(self.session.ask_again(Query::uses_flags));
        }
        effects
    }

    /// Requests reports if they are shown and may have changed.
    pub(crate) fn ask_for_reports(&mut self) -> Vec<Effect> {
        if self.report_due().is_none_or(|due| self.session.now < due) {
            return Vec::new();
        }
        let Some(channel) = self.channel_to_report() else {
            return Vec::new();
        };
        self.session.checks.asked = self.session.now;
        self.session.checks.has_news = false;
        // The plot requests its own reports.
        let is_shown = |(_, check): &(CheckId, &Check)| !matches!(check, Check::Series { .. });
        let shown = self.session.checks.of_channel(&channel).filter(is_shown);
        let ids = shown.map(|(id, _)| id);
        let ask = |check| Ask {
            check,
            channel: Some(Arc::clone(&channel)),
            stretch: None,
            gap_until: self.session.gap_until(),
            most: MOST_REPORTED,
        };
        let requests = ids.map(ask).map(Request::Report);
        requests.map(Effect::Analyse).collect()
    }

    /// Returns when the reports that are shown are to be requested again.
    pub(crate) fn report_due(&self) -> Option<Time> {
        self.channel_to_report()?;
        let checks = &self.session.checks;
        checks.has_news.then(|| checks.asked.after(REPORT_EVERY))
    }

    /// Requests the reports that are shown at once.
    pub(crate) fn renew_reports(&mut self) -> Vec<Effect> {
        self.session.checks.asked = Time(0);
        self.session.checks.has_news = true;
        self.ask_for_reports()
    }

    /// Returns the channel whose reports are shown.
    fn channel_to_report(&self) -> Option<Arc<[u8]>> {
        let reader = &self.open.as_ref()?.reader;
        let is_shown = reader.tab() == Tab::Channel;
        let name = reader.snapshot().channel.as_deref().filter(|_| is_shown)?;
        Some(name.into())
    }
}
