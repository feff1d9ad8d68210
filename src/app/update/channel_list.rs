//! The channel list: selecting, muting, sorting, and the latest values.

use super::App;
use crate::app::action::Motion;
use crate::app::channel_list::{Lists, Narrowing};
use crate::app::effect::Effect;
use crate::app::focus::Focus;
use crate::app::layout::inside;
use crate::app::settings::ListForm;

impl App {
    pub(super) fn toggle_only(&mut self) -> Vec<Effect> {
        let Some(target) = self.current_target() else {
            return self.tell("select a channel or a pattern to show only that one");
        };
        let only = self.session.filters.only.take();
        let scope = Some(target.scope());
        self.session.filters.only = if only == scope { None } else { scope };
        self.leave_list_over();
        self.session.refresh_shown()
    }

    pub(super) fn toggle_mute(&mut self) -> Vec<Effect> {
        let again = self.acted_on.take();
        let Some(target) = again.or_else(|| self.current_target()) else {
            return self.tell("select a channel to mute it");
        };
        let scope = target.scope();
        self.acted_on = Some(target);
        let shown = scope.name();
        let muted = &mut self.session.filters.muted;
        if let Some(over) = muted.other_over(&scope)
            && !muted.has(&scope)
        {
            let over = over.name();
            let key = self.keyed("{toggle-mute}");
            return self.tell(format!(
                "{shown} is muted with {over} · {key} on {over} unmutes it"
            ));
        }
        let is_muted = muted.toggle(scope.clone());
        self.tell(if is_muted && self.session.filters.is_overruled(&scope) {
            let key = self.keyed("{toggle-mute} unmutes it");
            format!("{shown} muted, but shown while nothing else is · {key}")
        } else if is_muted {
            let key = self.keyed("{toggle-mute} shows it again");
            format!("{shown} muted: still received and kept · {key}")
        } else {
            format!("{shown} unmuted")
        });
        self.session.refresh_shown()
    }

    /// Opens the box for the text that narrows the list.
    pub(super) fn open_narrowing(&mut self) -> Vec<Effect> {
        self.channel_list.open_narrowing();
        Vec::new()
    }

    /// Narrows the list to the entries that match the typed text.
    pub(super) fn narrow_channels(&mut self) -> Vec<Effect> {
        let lists = Lists::of(&self.session);
        self.channel_list.narrow(&lists, self.session.now);
        Vec::new()
    }

    /// Stops narrowing, so that everything is listed again.
    pub(super) fn clear_narrowing(&mut self) {
        let lists = Lists::of(&self.session);
        self.channel_list.clear_narrowing(&lists, self.session.now);
    }

    /// Shows only the messages of the selected match in the log, and lists all channels again.
    pub(super) fn show_match(&mut self) -> Vec<Effect> {
        if self.channel_list.entries.is_empty() {
            return self.tell(self.keyed("no channel matches · {back} clears"));
        }
        let is_narrowed = self.channel_list.narrowing.as_deref();
        let is_narrowed = is_narrowed.is_some_and(Narrowing::is_active);
        let lists = Lists::of(&self.session);
        self.channel_list.keep_match(&lists, self.session.now);
        // If nothing was typed, there is no match to show.
        if !is_narrowed {
            return Vec::new();
        }
        self.show_in_log()
    }

    pub(super) fn toggle_tree(&mut self) -> Vec<Effect> {
        let lists = Lists::of(&self.session);
        self.channel_list.toggle_tree(&lists, self.session.now);
        self.tell_of_hidden_list(match self.channel_list.form {
            ListForm::Flat => "channels in a flat list",
            ListForm::Tree => "channels in a tree",
        })
    }

    pub(super) fn fold_branch(&mut self) -> Vec<Effect> {
        let height = inside(self.areas().channels).height;
        let lists = Lists::of(&self.session);
        let is_done = self.channel_list.fold(height, &lists);
        self.tell_of_tree(is_done)
    }

    pub(super) fn unfold_branch(&mut self) -> Vec<Effect> {
        let height = inside(self.areas().channels).height;
        let lists = Lists::of(&self.session);
        let now = self.session.now;
        let is_done = self.channel_list.unfold(height, &lists, now);
        self.tell_of_tree(is_done)
    }

    fn tell_of_tree(&mut self, is_done: bool) -> Vec<Effect> {
        if is_done || self.channel_list.form == ListForm::Tree {
            return Vec::new();
        }
        self.tell(self.keyed("nothing to fold here · {toggle-tree} shows the channels as a tree"))
    }

    pub(super) fn sort_next(&mut self) -> Vec<Effect> {
        let lists = Lists::of(&self.session);
        self.channel_list.sort_next(&lists, self.session.now);
        let sort = self.channel_list.sort.name();
        self.tell_of_hidden_list(&format!("channels by {sort}"))
    }

    /// Says what a key has changed in the list, if that is not on the screen.
    fn tell_of_hidden_list(&mut self, change: &str) -> Vec<Effect> {
        if !self.areas().channels.is_empty() {
            return Vec::new();
        }
        let keymap = &self.session.settings.keymap;
        let how = keymap.text(self.context(), "{show-list} shows them");
        self.tell(format!("{change} · {how}"))
    }

    pub(crate) fn shows_latest(&self) -> bool {
        self.channel_list.shows_latest
    }

    /// Shows the list of latest values in place of the log.
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

    /// Goes back to the log, showing only what is selected.
    pub(super) fn show_in_log(&mut self) -> Vec<Effect> {
        let Some(target) = self.current_target() else {
            return self.tell("select a channel to see it in the log");
        };
        self.session.filters.only = Some(target.scope());
        if self.shows_latest() {
            self.leave_latest();
        }
        self.leave_list_over();
        self.session.refresh_shown()
    }

    /// Goes back to the log if the list covers it, or if the latest values are in its place and have
    /// the focus.
    pub(super) fn make_room_for_log(&mut self) {
        self.leave_list_over();
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
        self.search_in_palette();
    }
}
