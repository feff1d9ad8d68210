//! Messages and notices that arrive.

use super::Session;
use super::acl_fallback::is_refusal_of_all;
use crate::app::effect::Effect;
use crate::app::settings::SENTINEL_HELLO;
use crate::log::Batch;
use crate::message::RowId;
use crate::payload::escape;
use crate::server::Ask;

/// The maximum width of a channel's name in the log, in columns.
pub const MAX_NAME_COLUMNS: usize = 28;

impl Session {
    /// Adds a batch to the log and records what it says about the servers and subscriptions.
    pub(crate) fn take(&mut self, batch: Batch) -> Vec<Effect> {
        self.note_sign_of_life(batch.source);
        for (time, notice) in batch.timed_notices() {
            self.subscriptions.note(notice, time);
            self.note_gap(notice);
        }
        let polling = self.fall_back_to_polling(&batch);
        let is_refused = batch.notices().iter().any(is_refusal_of_all);
        let fall_back = is_refused.then_some(Effect::Ask(Ask::Allowed));
        let generation = self.log.channels().generation();
        let is_joined = self.log.continues_last_row(&batch);
        let joined = is_joined.then(|| RowId(self.log.end().0.saturating_sub(1)));
        self.widen_names(&batch);
        self.count_for_node(&batch);
        let notes = [
            self.note_of_one_primary(&batch),
            self.counted_by_socket_io(&batch),
        ];
        let asked = self.ask_about_key_events(&batch);
        let first = self.log.end();
        self.log.append(batch);
        self.own.note_arrived(&self.log, first);
        for notice in notes.into_iter().flatten() {
            self.log.push_notice(self.now, notice);
        }
        self.forget_gone();
        if let Some(row) = joined {
            self.watches().for_each(|watch| watch.look_again(row));
        }
        let mut effects = self.check_arrived();
        effects.extend(self.ask_about_arrived());
        effects.extend(fall_back);
        effects.extend(polling);
        effects.extend(asked);
        if self.log.channels().generation() == generation {
            self.shown.follow(&self.log);
            return effects;
        }
        effects.extend(self.refresh_shown());
        effects
    }

    /// Widens the name column for channels that first appear in `batch`.
    fn widen_names(&mut self, batch: &Batch) {
        if self.name_columns == MAX_NAME_COLUMNS {
            return;
        }
        let channels = self.log.channels();
        let new = batch
            .channel_names()
            .filter(|name| *name != SENTINEL_HELLO && channels.find(name).is_none());
        let widest = new.map(|name| escape::name(name, MAX_NAME_COLUMNS).columns);
        self.name_columns = self.name_columns.max(widest.max().unwrap_or(0));
    }
}
