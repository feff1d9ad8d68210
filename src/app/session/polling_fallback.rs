//! If the server refuses PSUBSCRIBE, falls back to polling the list of channels, and subscribes to
//! each channel that a refused pattern matches.

use super::Session;
use crate::app::effect::Effect;
use crate::log::Batch;
use crate::message::{Notice, SubscriptionKind, Topic};
use crate::server::Command;

/// Returns the search that replaces a pattern, if a notice says that the server refuses all
/// patterns.
pub fn polled_instead(notice: &Notice) -> Option<Topic> {
    let Notice::Denied {
        subscription,
        reason,
    } = notice
    else {
        return None;
    };
    let Topic { kind, name } = &subscription.topic;
    let is_refused = *kind == SubscriptionKind::Pattern && reason.is_about_command();
    is_refused.then(|| Topic::polled(name))
}

impl Session {
    /// Starts to search for the channels of refused patterns, and ends the searches for those of
    /// patterns that the server has accepted since.
    pub(super) fn fall_back_to_polling(&mut self, batch: &Batch) -> Vec<Effect> {
        let mut effects = Vec::new();
        for notice in batch.notices() {
            if let Notice::Subscribed { subscription, .. } = notice
                && subscription.topic.kind == SubscriptionKind::Pattern
            {
                effects.extend(self.end_polling(&subscription.topic.name));
            }
            // A search that the user ended is not started again.
            if let Some(topic) = polled_instead(notice)
                && !self.subscriptions.ever_had(&topic)
            {
                let added = self.subscriptions.add(topic);
                effects.extend(added.map(|of| Effect::Command(Command::Subscribe(of))));
            }
        }
        effects
    }

    /// Ends the search for the channels of a pattern.
    fn end_polling(&mut self, pattern: &[u8]) -> Option<Effect> {
        let id = self.subscriptions.find(&Topic::polled(pattern))?;
        self.subscriptions.unsubscribe(id, self.now);
        Some(Effect::Command(Command::Unsubscribe(id)))
    }
}
