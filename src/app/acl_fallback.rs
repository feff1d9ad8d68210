//! What is listened to instead when Redis refuses all channels: those that the user may hear.

use super::{App, Effect, SubscriptionState, notice_words};
use crate::message::{Allowed, Notice, SubscriptionKind, Topic};
use crate::server::{Command, Refusal};

/// The pattern that stands for all channels.
const ALL: &[u8] = b"*";

/// Whether a notice says that the user lacks the right to hear all channels.
pub(super) fn is_refusal_of_all(notice: &Notice) -> bool {
    let Notice::Denied {
        subscription,
        reason,
    } = notice
    else {
        return false;
    };
    let topic = &subscription.topic;
    let is_all = topic.kind == SubscriptionKind::Pattern && *topic.name == *ALL;
    is_all && Refusal::of(reason) == Refusal::NoPermission
}

impl App {
    /// Subscribes to what the user may hear, and says so if that is news.
    pub(super) fn note_allowed(&mut self, user: Box<str>, channels: Allowed) -> Vec<Effect> {
        let all = self.subscriptions.find(&Topic::pattern(ALL));
        let state = all.and_then(|id| self.subscriptions.state(id));
        // It may have been given up, or be allowed, since that was asked.
        if !matches!(state, Some(SubscriptionState::Denied(_))) {
            return Vec::new();
        }
        let mut effects = Vec::new();
        if let Allowed::Only { names, .. } = &channels {
            for topic in names.iter().map(|name| topic_of(name)) {
                // What the person has ended stays so.
                if !self.subscriptions.was_ever(&topic) {
                    let added = self.subscriptions.add(topic);
                    effects.extend(added.map(|of| Effect::Command(Command::Subscribe(of))));
                }
            }
        }
        let notice = Notice::Allowed { user, channels };
        if self.allowed.as_ref() != Some(&notice) {
            self.allowed = Some(notice.clone());
            self.tell(notice_words(&notice, &self.clock()));
            self.log.push_notice(self.now, notice);
            effects.extend(self.refresh_shown());
        }
        effects
    }
}

/// What to subscribe to in order to hear what an ACL rule allows: a pattern as it is written there.
fn topic_of(name: &[u8]) -> Topic {
    if name.contains(&b'\\') {
        Topic::pattern(name)
    } else {
        Topic::guess(name)
    }
}
