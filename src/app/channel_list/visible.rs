//! The channels in the visible lines, whose latest values are shown.

use std::time::Duration;

use super::{ChannelList, Entry};
use crate::app::session::Session;
use crate::log::{Channel, ChannelTable};
use crate::message::{RowId, Time};

/// How long a change stays highlighted.
pub const FLASH: Duration = Duration::from_secs(1);

impl ChannelList {
    /// Returns the channels in the `height` visible lines.
    fn visible<'a>(
        &self,
        channels: &'a ChannelTable,
        height: u16,
    ) -> impl Iterator<Item = &'a Channel> {
        let entries = self.entries.iter().skip(self.top(height));
        let entries = entries.take(usize::from(height));
        entries.filter_map(|entry| match entry {
            Entry::Channel(id) => channels.by_id(*id),
            _ => None,
        })
    }

    /// Returns the rows of the last messages on the visible channels.
    pub(in crate::app) fn last_rows(&self, session: &Session, height: u16) -> Vec<RowId> {
        let channels = self.visible(session.log.channels(), height);
        channels.map(|channel| channel.last_row).collect()
    }

    /// Returns the time at which the next of the highlights on latest values ends.
    pub(crate) fn flash_due(&self, session: &Session, height: u16) -> Option<Time> {
        let channels = self.visible(session.log.channels(), height);
        let ends = channels.map(|channel| channel.last_received.after(FLASH));
        ends.filter(|end| *end > session.now).min()
    }
}
