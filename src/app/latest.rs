//! The latest values: the wide form of the channel list, in the log's place, with one row per
//! channel.

use std::time::Duration;

use super::{App, Effect, Entry, Focus, inside};
use crate::message::{RowId, Time};

/// How long a change stays highlighted.
pub const FLASH: Duration = Duration::from_secs(1);

/// The form of the channel list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ListForm {
    /// Names and rates, beside the log.
    #[default]
    Names,
    /// The latest value of each channel, in the log's place.
    Latest,
}

impl App {
    /// Returns the form of the channel list.
    #[must_use]
    pub fn list_form(&self) -> ListForm {
        self.list_form
    }

    pub(super) fn shows_latest(&self) -> bool {
        self.list_form == ListForm::Latest
    }

    /// Lists the latest values in the log's place.
    pub(super) fn show_latest(&mut self) {
        self.list_form = ListForm::Latest;
        self.set_focus(Focus::Channels);
        self.resize_open();
    }

    /// Goes back to the log.
    pub(super) fn leave_latest(&mut self) {
        self.list_form = ListForm::Names;
        if self.focus == Focus::Channels {
            self.set_focus(Focus::Messages);
        }
        self.resize_open();
    }

    /// Goes back to the log, showing only the selected channel.
    pub(super) fn show_in_log(&mut self) -> Vec<Effect> {
        let Some(name) = self.current_channel() else {
            return self
                .session
                .tell("select a channel to see it in the log: a pattern has no value");
        };
        self.session.only = Some(name);
        self.leave_latest();
        self.session.refresh_shown()
    }

    /// Goes back to the log if it is hidden and the focus is in its place.
    pub(super) fn make_room_for_log(&mut self) {
        if self.shows_latest() && self.focus == Focus::Channels {
            self.leave_latest();
        }
    }

    /// Returns the selected row: in the log, or the latest one of the selected channel.
    pub(super) fn selected_row(&self) -> Option<RowId> {
        if !self.shows_latest() {
            return self.messages.selected(&self.session.shown);
        }
        let row = self.selected_channel()?.last_row;
        self.session.log.row(row).map(|row| row.id)
    }

    /// Returns when the first of the highlighted changes stops being highlighted.
    pub(super) fn flash_due(&self) -> Option<Time> {
        if !self.shows_latest() {
            return None;
        }
        let height = inside(self.areas().channels).height;
        let top = self.channels.top(height);
        let entries = self.channels.entries().iter().skip(top);
        let ends = entries.take(usize::from(height)).filter_map(|entry| {
            let Entry::Channel(id) = entry else {
                return None;
            };
            let heard = self.session.log.channels().by_id(*id)?.last_received;
            Some(heard.after(FLASH)).filter(|end| *end > self.session.now)
        });
        ends.min()
    }
}
