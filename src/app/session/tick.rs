//! The times at which the screen changes without an event.

use std::time::Duration;

use super::Session;
use super::server_status::ANSWER_EXPECTED;
use super::time_form::TimeForm;
use crate::app::toast::Toast;
use crate::message::Time;
use crate::server::Connection;

impl Session {
    /// Returns the toast, while it is visible.
    pub fn toast(&self) -> Option<&Toast> {
        let toast = self.toast.as_ref();
        toast.filter(|toast| self.now < toast.until)
    }

    /// Returns when the session next looks different on the screen, or `None` if it stays the same.
    ///
    /// Rates and bars change for a minute after the last message. After that, only the "silent"
    /// time changes: every minute, and after an hour every hour.
    pub(crate) fn next_tick(&self) -> Option<Time> {
        let toast = self.toast().map(|toast| toast.until);
        let retry = match self.server.connection {
            Connection::Reconnecting { retry_at, .. }
            | Connection::Refused {
                retry_at: Some(retry_at),
                ..
            } if retry_at > self.now => Some(self.next_second()),
            _ => None,
        };
        let ages =
            (self.time_form == TimeForm::Age && !self.shown.is_empty() && self.opened().is_none())
                .then(|| self.next_second());
        let answer = match (&self.server.connection, self.server.nodes.answered()) {
            (Connection::Live, Some(answered)) if self.server.trouble.is_none() => {
                Some(answered.after(ANSWER_EXPECTED).max(self.next_second()))
            }
            _ => None,
        };
        let ticks = [
            toast,
            retry,
            ages,
            answer,
            self.next_tick_of_rates(),
            self.opened()
                .is_none()
                .then(|| self.next_judgement())
                .flatten(),
            self.recipes.due(),
            self.recording_due(),
        ];
        ticks.into_iter().flatten().min()
    }

    fn next_tick_of_rates(&self) -> Option<Time> {
        // In a recording, time stands still.
        let history = self.log.history().filter(|_| self.opened().is_none())?;
        let quiet = self.now.since(history.last());
        if quiet < Duration::from_secs(70) {
            return Some(self.next_second());
        }
        let step = if quiet.as_secs() < 3600 { 60 } else { 3600 };
        Some(self.now.after(Duration::from_secs(step)))
    }

    /// Returns the start of the next second.
    pub(crate) fn next_second(&self) -> Time {
        Time((self.now.second() + 1) * 1_000_000)
    }
}
