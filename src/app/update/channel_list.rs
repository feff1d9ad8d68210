//! The channel list: selecting, muting, sorting, and the latest values.

use std::sync::Arc;

use super::App;
use crate::app::action::Motion;
use crate::app::channel_list::Lists;
use crate::app::effect::Effect;
use crate::app::focus::Focus;
use crate::app::layout::inside;
use crate::message::Topic;
use crate::message::names::same;
use crate::payload::escape::whole_name;

impl App {
    pub(super) fn toggle_only(&mut self) -> Vec<Effect> {
        let Some(name) = self.current_channel() else {
            return self.tell("select a channel, not a pattern, to show only that one");
        };
        let only = self.session.filters.only.take();
        let is_same = only.is_some_and(|only| same(&only, &name));
        self.session.filters.only = (!is_same).then_some(name);
        self.session.refresh_shown()
    }

    pub(super) fn toggle_mute(&mut self) -> Vec<Effect> {
        let again = self.acted_on.take().filter(Topic::names_one);
        let again = again.map(|topic| topic.name);
        let Some(name) = again.or_else(|| self.current_channel()) else {
            return self.tell("select a channel to mute it");
        };
        self.acted_on = Some(Topic::shared_channel(Arc::clone(&name)));
        let shown = whole_name(&name);
        let is_muted = self.session.filters.muted.toggle(name);
        self.tell(if is_muted {
            format!("{shown} muted: still received and kept · m shows it again")
        } else {
            format!("{shown} unmuted")
        });
        self.session.refresh_shown()
    }

    pub(super) fn sort_next(&mut self) -> Vec<Effect> {
        let lists = Lists::of(&self.session);
        self.channel_list.sort_next(&lists, self.session.now);
        Vec::new()
    }

    pub(crate) fn shows_latest(&self) -> bool {
        self.channel_list.shows_latest
    }

    /// Lists the latest values in place of the log.
    pub(super) fn show_latest(&mut self) {
        self.channel_list.shows_latest = true;
        self.set_focus(Focus::Channels);
        self.resize_open();
    }

    /// Goes back to the log.
    pub(super) fn leave_latest(&mut self) {
        self.channel_list.shows_latest = false;
        if self.focus == Focus::Channels {
            self.set_focus(Focus::Messages);
        }
        self.resize_open();
    }

    /// Goes back to the log, showing only the selected channel.
    pub(super) fn show_in_log(&mut self) -> Vec<Effect> {
        let Some(name) = self.current_channel() else {
            return self.tell("select a channel to see it in the log: a pattern has no value");
        };
        self.session.filters.only = Some(name);
        self.leave_latest();
        self.session.refresh_shown()
    }

    /// Goes back to the log if the latest values are in its place and have the focus.
    pub(super) fn make_room_for_log(&mut self) {
        if self.shows_latest() && self.focus == Focus::Channels {
            self.leave_latest();
        }
    }

    pub(super) fn move_in_channels(&mut self, motion: Motion) {
        let height = inside(self.areas().channels).height;
        self.channel_list
            .move_by(motion, height, &Lists::of(&self.session));
    }

    pub(crate) fn refresh_channels(&mut self) {
        let lists = Lists::of(&self.session);
        self.channel_list.refresh(&lists, self.session.now);
    }
}
