//! Breakpoints that judge channels by the clock.

use super::Session;
use super::breakpoints::Breakpoints;
use super::notices::judged_words;
use super::stops::Hits;
use super::timed::{Judged, PART, Timed, World};
use crate::app::effect::Effect;
use crate::message::{Notice, RowId, Time};
use crate::server::{Command, Connection};

impl Session {
    /// Returns when to judge channels next.
    pub(super) fn next_judgement(&self) -> Option<Time> {
        let timed = self.breakpoints.list.iter();
        let timed = timed.filter_map(|breakpoint| breakpoint.timed.as_ref());
        timed.filter_map(|timed| timed.due(&self.world())).min()
    }

    /// Judges channels for every breakpoint that is due. Returns the hits, and the effects to
    /// perform.
    pub(crate) fn judge_channels(&mut self) -> (Vec<Hits>, Vec<Effect>) {
        let mut results = Vec::new();
        if self.breakpoints.has_timed() {
            let mut list = std::mem::take(&mut self.breakpoints.list);
            let world = self.world();
            // Those of one second are due at the same time.
            let timed = list.iter().filter(|breakpoint| breakpoint.timed.is_some());
            let part = (PART / timed.count()).max(1);
            for (index, breakpoint) in list.iter_mut().enumerate() {
                let timed = breakpoint.timed.as_mut();
                let judged = timed.and_then(|timed| timed.judge(&breakpoint.query, &world, part));
                results.extend(judged.map(|judged| (index, judged)));
            }
            self.breakpoints.list = list;
        }
        let mut hits = Vec::new();
        let mut is_told = false;
        for (index, [entered, ended]) in results {
            if ended.count > 0 {
                self.tell_judged(index, ended);
                is_told = true;
            }
            if entered.count > 0 {
                hits.extend(self.hit_channels(index, entered));
                is_told = true;
            }
        }
        let effects = if is_told {
            self.forget_gone();
            self.refresh_shown()
        } else {
            Vec::new()
        };
        (hits, effects)
    }

    fn world(&self) -> World<'_> {
        World {
            channels: self.log.channels(),
            subscriptions: &self.subscriptions,
            now: self.present(),
            is_live: self.can_judge(),
            proven: self.server.nodes.proven(),
            received: self.log.counters().received,
        }
    }

    /// Returns whether channels can be judged, which requires a live connection.
    pub fn can_judge(&self) -> bool {
        self.server.connection == Connection::Live
    }

    /// Asks for a PING every second while a breakpoint depends on it, and no longer than that.
    pub(crate) fn set_ping_interval(&mut self) -> Option<Effect> {
        let timed = self.breakpoints.list.iter();
        let mut timed = timed.filter_map(|breakpoint| breakpoint.timed.as_ref());
        let is_often = timed.any(Timed::needs_pings) && self.opened().is_none();
        let before = std::mem::replace(&mut self.server.is_pinged_often, is_often);
        (before != is_often).then_some(Effect::Command(Command::PingOften(is_often)))
    }

    /// Adds a notice about the judged channels to the log. Returns the notice's row and its
    /// description of the channels.
    fn tell_judged(&mut self, index: usize, judged: Judged) -> (RowId, String) {
        let query = self.breakpoints.list.get(index);
        let query = query
            .map_or("", |breakpoint| breakpoint.query.text())
            .into();
        let words = judged_words(&judged.named, judged.count);
        let row = self.log.end();
        let notice = Notice::Judged {
            query,
            channels: judged.named.into(),
            count: judged.count,
        };
        self.log.push_notice(self.now, notice);
        (row, words)
    }

    /// Records that channels have met the condition of a breakpoint.
    fn hit_channels(&mut self, index: usize, judged: Judged) -> Option<Hits> {
        let has_waiting = self.breakpoints.next_stop().is_some();
        let count = judged.count;
        let (row, words) = self.tell_judged(index, judged);
        let Breakpoints {
            list, hits, stops, ..
        } = &mut self.breakpoints;
        let breakpoint = list.get_mut(index)?;
        let before = breakpoint.hits / breakpoint.every;
        breakpoint.hits += count;
        hits.insert(row);
        let is_stop = !breakpoint.logs_only && breakpoint.hits / breakpoint.every > before;
        if is_stop {
            breakpoint.stops.insert(row);
            stops.insert(row);
        }
        let id = breakpoint.id;
        let (alert, is_told) = if is_stop || breakpoint.logs_only {
            self.alert(id, count, Some(&words), None)
        } else {
            (None, false)
        };
        Some(Hits {
            first: is_stop.then_some(row),
            has_waiting,
            alert,
            is_told,
        })
    }
}
