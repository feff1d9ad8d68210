//! Handles frames other than messages: answers, errors and unsolicited frames.

use super::{
    Delivery, End, Feed, Frame, Notice, Part, PendingRequest, Progress, Request, State,
    SubscriberProtocol, Subscription, SubscriptionKind, Unexpected, describe, without_arguments,
};
use crate::message::{ConnectionError, ErrorCode, RedisError};
use crate::server::connect::cut;
use crate::server::feed::Trouble;

impl SubscriberProtocol<'_> {
    /// Handles a frame that is not an ordinary message.
    pub(super) fn handle_other(&mut self, frame: &Frame<'_>, bytes: &[u8]) -> Result<(), End> {
        if let [before @ .., value] = frame.parts
            && let Some(delivery) = Delivery::announced_by(before, bytes)
            && self.is_for_us(&delivery)
        {
            // The payload is not a string. For example, Redis sends a null to invalidate all keys.
            self.handle_message(&delivery, &value_text(value, bytes));
            return Ok(());
        }
        let word = frame.parts.first().and_then(|part| part.text(bytes));
        match (frame.is_array, word, frame.parts) {
            (true, Some(b"pong"), [_, _]) if self.handle_pong() => (),
            (true, Some(word), [_, name, Part::Integer(count)]) => {
                let name = name.text(bytes).unwrap_or_default();
                let is_expected = match confirmed(word) {
                    Some((kind, true)) => self.handle_subscribed(kind, name, *count),
                    Some((kind, false)) => self.handle_unsubscribed(kind, name, *count),
                    None => false,
                };
                if !is_expected {
                    self.handle_unknown(frame, bytes);
                }
            }
            (false, Some(text), [Part::Error(_)]) => {
                return self.handle_error(RedisError::new(error_text(text)));
            }
            (false, _, _) => match self.pending.front().map(|pending| &pending.request) {
                Some(Request::Auth) => drop(self.pending.pop_front()),
                Some(Request::SetName) => {
                    self.pending.pop_front();
                    self.go_live();
                }
                Some(Request::Ping) => drop(self.handle_pong()),
                _ => self.handle_unknown(frame, bytes),
            },
            _ => self.handle_unknown(frame, bytes),
        }
        Ok(())
    }

    /// Handles the confirmation of a subscription. Returns whether it was expected.
    fn handle_subscribed(&mut self, kind: SubscriptionKind, name: &[u8], count: i64) -> bool {
        let is_match = |request: &Request, kind| {
            matches!(request, Request::Subscribe(subscription) | Request::Repeat(subscription)
                if is_confirmed(subscription, kind, name))
        };
        let asked = self.take_request(|request| is_match(request, kind));
        let asked = asked.or_else(|| {
            let twin = twin(kind)?;
            self.take_request(|request| is_match(request, twin))
        });
        let (subscription, asked) = match asked {
            Some(PendingRequest {
                request: Request::Subscribe(subscription),
                asked,
            }) => (subscription, asked),
            Some(_) => {
                self.note_count(kind, count);
                return true;
            }
            None => return false,
        };
        self.note_count(kind, count);
        self.progress = Progress::Answered;
        self.go_live();
        self.subscriptions.confirm(&subscription);
        let id = subscription.id;
        if subscription.topic.kind == SubscriptionKind::Shard {
            self.subscriptions
                .note_served(id, asked.time.max(self.freshness.heard_until()));
        }
        let notice = Notice::Subscribed {
            subscription,
            count: self.counts.all(),
            server: self.handle.name_among_others(),
        };
        self.push_notice(notice);
        let (node, now) = (self.handle.node, self.now.time);
        let closed = self.handle.gaps().restore(id, node, now);
        self.feed_queue.push_notices(now, closed);
        true
    }

    /// Handles the confirmation of an unsubscription. Returns whether it was expected.
    fn handle_unsubscribed(&mut self, kind: SubscriptionKind, name: &[u8], count: i64) -> bool {
        let is_match = |request: &Request, kind| {
            matches!(request, Request::Unsubscribe { subscription, .. }
                if is_confirmed(subscription, kind, name))
        };
        let mut asked = self.take_request(|request| is_match(request, kind));
        // Some servers confirm the end of a sharded subscription as that of an ordinary one. In
        // contrast, a frame about the end of a sharded subscription never answers an ordinary
        // request: the server also sends it when a slot moves.
        if asked.is_none() && kind == SubscriptionKind::Channel {
            asked = self.take_request(|request| is_match(request, SubscriptionKind::Shard));
        }
        match asked.map(|pending| pending.request) {
            Some(Request::Unsubscribe {
                is_reported: true, ..
            }) => self.note_count(kind, count),
            Some(Request::Unsubscribe { subscription, .. }) => {
                self.note_count(kind, count);
                self.subscriptions.remove(subscription.id);
                self.notify_unsubscribed(subscription, true);
            }
            _ => {
                let Some(id) = self.subscriptions.receiver(kind, name) else {
                    return false;
                };
                self.note_count(kind, count);
                if kind == SubscriptionKind::Shard {
                    let last_served = self.subscriptions.last_served(id);
                    self.lose(id, last_served);
                } else if let Some(subscription) = self.subscriptions.remove(id) {
                    self.notify_unsubscribed(subscription, false);
                }
            }
        }
        true
    }

    /// Handles the answer to a PING. Returns whether it was expected.
    fn handle_pong(&mut self) -> bool {
        let Some(ping) = self.take_request(|request| matches!(request, Request::Ping)) else {
            return false;
        };
        self.note_greeted();
        self.freshness.note_pong(ping.asked.time, self.now.time);
        let took = self.now.instant - ping.asked.instant;
        let round_trip = Feed::RoundTrip(self.handle.node, ping.asked.time, took);
        self.feed_queue.push(round_trip);
        if std::mem::take(&mut self.is_ping_refused) {
            self.feed_queue.push(Feed::Trouble(None));
        }
        true
    }

    /// Handles an error. An error is taken as the answer to the oldest request; other answers are
    /// matched by their contents.
    fn handle_error(&mut self, error: RedisError) -> Result<(), End> {
        let code = error.code;
        let request = self.pending.pop_front().map(|pending| pending.request);
        match request {
            // A temporary error, such as that of a replica without its primary. Such a replica
            // keeps its connections, but receives no messages.
            Some(Request::Auth | Request::Ping | Request::SetName | Request::Subscribe(_))
                if code.is_temporary() =>
            {
                return Err(End::Lost(ConnectionError::Redis(error)));
            }
            // Reconnecting loses no messages, because no subscription is live.
            Some(Request::Subscribe(_))
                if code == ErrorCode::OutOfMemory && !self.is_any_live() =>
            {
                return Err(End::Lost(ConnectionError::Redis(error)));
            }
            // Some servers repeat the arguments of an unknown command in the error; here, that
            // includes the password.
            Some(Request::Auth) => {
                let error = without_arguments(&error);
                return Err(End::Refused(ConnectionError::Redis(error)));
            }
            Some(Request::Ping | Request::SetName | Request::Subscribe(_))
                if code.is_about_login() =>
            {
                return Err(End::Refused(ConnectionError::Redis(error)));
            }
            // The name is optional. It is only shown in `CLIENT LIST`.
            Some(Request::SetName) => self.go_live(),
            Some(Request::Subscribe(subscription)) => self.deny(subscription, error),
            Some(Request::Unsubscribe {
                subscription,
                is_reported,
            }) => self.drop_refusing(subscription, is_reported, error),
            Some(Request::Ping) => {
                self.is_ping_refused = true;
                let trouble = Feed::Trouble(Some(Trouble::Ping(error)));
                self.feed_queue.push(trouble);
                self.note_greeted();
            }
            Some(Request::Repeat(_)) | None => self.note_unexpected(|| Unexpected::Error(error)),
        }
        Ok(())
    }

    /// Handles the server's refusal to end a subscription. The server keeps sending the
    /// subscription's messages, but they are no longer shown.
    fn drop_refusing(&mut self, subscription: Subscription, is_reported: bool, error: RedisError) {
        // Valkey 8.0 replies NOSUB if there is no subscription to end, for example because it was
        // refused.
        if error.code != ErrorCode::NotSubscribed {
            self.note_unexpected(|| Unexpected::Error(error));
        }
        self.subscriptions.remove(subscription.id);
        if !is_reported {
            self.notify_unsubscribed(subscription, true);
        }
    }

    fn handle_unknown(&mut self, frame: &Frame<'_>, bytes: &[u8]) {
        let text = || describe(&bytes[..frame.length]);
        self.note_unexpected(|| Unexpected::Frame(text()));
    }

    /// Handles a nested frame that is not a message, given as text.
    pub fn handle_nested(&mut self, text: String) {
        self.note_unexpected(|| Unexpected::Frame(text.into()));
    }

    fn is_any_live(&self) -> bool {
        self.subscriptions.in_state(State::Live).next().is_some()
    }

    /// Handles the refusal of a subscription. If the channel is sharded, another server may deliver
    /// its messages.
    fn deny(&mut self, subscription: Subscription, reason: RedisError) {
        if subscription.topic.kind == SubscriptionKind::Shard && reason.code == ErrorCode::Elsewhere
        {
            let last_served = self.subscriptions.last_served(subscription.id);
            self.lose(subscription.id, last_served);
            return;
        }
        self.progress = Progress::Answered;
        self.go_live();
        if self.subscriptions.state(subscription.id) == Some(State::Pending) {
            self.subscriptions.set(subscription.id, State::Denied);
        }
        let id = subscription.id;
        let notice = Notice::Denied {
            subscription,
            reason,
        };
        self.push_notice(notice);
        self.give_up(id);
    }
}

/// Returns the kind of subscription that a confirmation refers to, and whether it confirms the
/// start of the subscription rather than its end.
fn confirmed(word: &[u8]) -> Option<(SubscriptionKind, bool)> {
    Some(match word {
        b"subscribe" => (SubscriptionKind::Channel, true),
        b"psubscribe" => (SubscriptionKind::Pattern, true),
        b"ssubscribe" => (SubscriptionKind::Shard, true),
        b"unsubscribe" => (SubscriptionKind::Channel, false),
        b"punsubscribe" => (SubscriptionKind::Pattern, false),
        b"sunsubscribe" => (SubscriptionKind::Shard, false),
        _ => return None,
    })
}

/// Returns the other kind whose confirmations and messages some servers send for subscriptions of
/// this kind.
pub(super) fn twin(kind: SubscriptionKind) -> Option<SubscriptionKind> {
    match kind {
        SubscriptionKind::Channel => Some(SubscriptionKind::Shard),
        SubscriptionKind::Shard => Some(SubscriptionKind::Channel),
        _ => None,
    }
}

/// Converts a value that is not nested to text, which becomes the payload.
fn value_text(value: &Part, bytes: &[u8]) -> Vec<u8> {
    match value {
        Part::Integer(number) => number.to_string().into_bytes(),
        Part::Null => b"null".to_vec(),
        text => text.text(bytes).unwrap_or_default().to_vec(),
    }
}

/// Returns whether a confirmation with this kind and name is for `subscription`.
fn is_confirmed(subscription: &Subscription, kind: SubscriptionKind, name: &[u8]) -> bool {
    let asked_as = match subscription.topic.kind {
        // To the sentinel, this is an ordinary pattern subscription.
        SubscriptionKind::Sentinel => SubscriptionKind::Pattern,
        kind => kind,
    };
    asked_as == kind && *subscription.topic.name == *name
}

/// Converts an error message to text, and truncates it if it is long.
fn error_text(text: &[u8]) -> Box<str> {
    let text = String::from_utf8_lossy(text);
    let shown = cut(&text);
    if shown.len() == text.len() {
        return text.into();
    }
    format!("{shown}…").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_error_is_truncated_between_characters() {
        assert_eq!(&*error_text(b"ERR no"), "ERR no");
        let long = format!("x{}", "ü".repeat(1024));
        let words = error_text(long.as_bytes());
        assert_eq!(words.len(), 1023 + "…".len());
        assert!(words.ends_with("ü…"));
        assert!(error_text(&[0x80; 8 << 10]).len() < 4096);
    }
}
