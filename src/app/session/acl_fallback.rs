//! If Redis denies `*`, falls back to the channels that the ACL user may subscribe to.

use super::Session;
use super::notices::notice_words;
use super::subscriptions::SubscriptionState;
use crate::app::effect::Effect;
use crate::message::{Allowed, ErrorCode, Notice, Topic};
use crate::server::Command;

/// The pattern that matches all channels.
const ALL: &[u8] = b"*";

/// Returns whether a notice says that the ACL user may not subscribe to all channels.
pub fn is_refusal_of_all(notice: &Notice) -> bool {
    matches!(
        notice,
        Notice::Denied { subscription, reason }
            if subscription.topic == Topic::pattern(ALL)
                && reason.code == ErrorCode::NoPermission
                && !reason.is_about_command()
    )
}

impl Session {
    /// Subscribes to the channels that the ACL user may receive, and reports any change to them.
    pub(crate) fn note_allowed(&mut self, user: Box<str>, channels: Allowed) -> Vec<Effect> {
        let all = self.subscriptions.find(&Topic::pattern(ALL));
        let state = all.and_then(|id| self.subscriptions.state(id));
        // The subscription may have been ended or accepted since the ACL was queried.
        if !matches!(state, Some(SubscriptionState::Denied(_))) {
            return Vec::new();
        }
        let mut effects = Vec::new();
        if let Allowed::Only { names, .. } = &channels {
            for topic in names.iter().map(|name| Topic::guess_in_acl(name)) {
                // Do not renew subscriptions that the user ended.
                if !self.subscriptions.ever_had(&topic) {
                    let added = self.subscriptions.add(topic);
                    effects.extend(added.map(|of| Effect::Command(Command::Subscribe(of))));
                }
            }
        }
        let notice = Notice::Allowed { user, channels };
        if self.told.allowed.as_ref() != Some(&notice) {
            self.told.allowed = Some(notice.clone());
            self.tell(notice_words(&notice, &self.clock(), &self.settings.keymap));
            effects.extend(self.log_notice(notice));
        }
        effects
    }
}
