//! Handles frames other than messages: answers, errors and unsolicited frames.

use super::{
    Awaited, Delivery, End, Feed, Frame, Notice, Part, Progress, Question, Refusal, State,
    SubscriberProtocol, Subscription, SubscriptionKind, Time, Unexpected, describe,
    name_among_others, without_arguments,
};

/// Errors which mean that a sharded channel is served elsewhere, or currently not at all.
const ELSEWHERE: [&str; 4] = ["MOVED", "ASK", "TRYAGAIN", "CLUSTERDOWN"];

/// Maximum length of an error message in bytes. Those of Redis are far shorter.
const ERROR_BYTES: usize = 1 << 10;

impl SubscriberProtocol<'_> {
    /// Handles a frame that is not an ordinary message.
    pub(super) fn hear_other(
        &mut self,
        frame: &Frame<'_>,
        bytes: &[u8],
        now: Time,
    ) -> Result<(), End> {
        if let [before @ .., value] = frame.parts
            && let Some(delivery) = Delivery::announced_by(before, bytes)
            && self.is_for_us(&delivery)
        {
            // For example the null that Redis sends to invalidate all keys.
            self.hear_message(&delivery, &value_text(value, bytes), now);
            return Ok(());
        }
        let word = frame.parts.first().and_then(|part| part.text(bytes));
        match (frame.is_array, word, frame.parts) {
            (true, Some(b"pong"), [_, _]) if self.hear_pong(now) => (),
            (true, Some(word), [_, name, Part::Integer(count)]) => {
                let name = name.text(bytes).unwrap_or_default();
                let is_expected = match confirmed(word) {
                    Some((kind, true)) => self.hear_subscribed(kind, name, *count, now),
                    Some((kind, false)) => self.hear_unsubscribed(kind, name, *count, now),
                    None => false,
                };
                if !is_expected {
                    self.hear_unknown(frame, bytes, now);
                }
            }
            (false, Some(text), [Part::Error(_)]) => {
                return self.hear_error(error_words(text), now);
            }
            (false, _, _) => match self.awaited.front().map(|awaited| &awaited.question) {
                Some(Question::Auth) => drop(self.awaited.pop_front()),
                Some(Question::SetName) => {
                    self.awaited.pop_front();
                    self.go_live();
                }
                Some(Question::Ping) => drop(self.hear_pong(now)),
                _ => self.hear_unknown(frame, bytes, now),
            },
            _ => self.hear_unknown(frame, bytes, now),
        }
        Ok(())
    }

    /// Handles the confirmation of a subscription. Returns whether it was expected.
    fn hear_subscribed(
        &mut self,
        kind: SubscriptionKind,
        name: &[u8],
        count: i64,
        now: Time,
    ) -> bool {
        let is_it = |question: &Question, kind| {
            matches!(question, Question::Subscribe(subscription)
                if is_confirmed(subscription, kind, name))
        };
        let asked = self.take_question(|question| is_it(question, kind));
        let asked = asked.or_else(|| self.take_question(|question| is_it(question, twin(kind))));
        let Some(Awaited {
            question: Question::Subscribe(subscription),
            at,
            ..
        }) = asked
        else {
            return false;
        };
        self.counts.note(kind, count);
        self.progress = Progress::Answered;
        self.go_live();
        self.subscriptions.confirm(&subscription);
        let id = subscription.id;
        if subscription.topic.kind == SubscriptionKind::Shard {
            self.subscriptions
                .note_served(id, at.max(self.freshness.heard_until()));
        }
        let notice = Notice::Subscribed {
            subscription,
            count: self.counts.all(),
            server: name_among_others(self.handle, self.config),
        };
        self.feed_queue.push_notice(now, notice);
        self.settle(id, now);
        true
    }

    /// Handles the confirmation of an unsubscription. Returns whether it was expected.
    fn hear_unsubscribed(
        &mut self,
        kind: SubscriptionKind,
        name: &[u8],
        count: i64,
        now: Time,
    ) -> bool {
        let is_it = |question: &Question, kind| {
            matches!(question, Question::Unsubscribe { subscription, .. }
                if is_confirmed(subscription, kind, name))
        };
        let mut asked = self.take_question(|question| is_it(question, kind));
        // Some servers confirm the end of sharded subscriptions in the same words. The reverse is
        // not an answer: slots move on their own.
        if asked.is_none() && kind == SubscriptionKind::Channel {
            asked = self.take_question(|question| is_it(question, SubscriptionKind::Shard));
        }
        match asked.map(|awaited| awaited.question) {
            Some(Question::Unsubscribe { is_told: true, .. }) => self.counts.note(kind, count),
            Some(Question::Unsubscribe { subscription, .. }) => {
                self.counts.note(kind, count);
                self.subscriptions.remove(subscription.id);
                self.tell_unsubscribed(subscription, true, now);
            }
            _ => {
                let Some(id) = self.subscriptions.bringer(kind, name) else {
                    return false;
                };
                self.counts.note(kind, count);
                if kind == SubscriptionKind::Shard {
                    let last_served = self.subscriptions.last_served(id);
                    self.lose(id, last_served, "its slot has moved".into());
                } else if let Some(subscription) = self.subscriptions.remove(id) {
                    self.tell_unsubscribed(subscription, false, now);
                }
            }
        }
        true
    }

    /// Handles the answer to a PING. Returns whether it was expected.
    fn hear_pong(&mut self, now: Time) -> bool {
        let Some(ping) = self.take_question(|question| matches!(question, Question::Ping)) else {
            return false;
        };
        self.note_greeted();
        self.freshness.note_pong(ping.at, now);
        let round_trip = Feed::RoundTrip(self.handle.node, ping.asked.elapsed());
        self.feed_queue.push(round_trip);
        if std::mem::take(&mut self.is_ping_refused) {
            self.feed_queue.push(Feed::Trouble(None));
        }
        true
    }

    /// Handles an error. It answers the oldest request; all other answers are matched by their
    /// form.
    fn hear_error(&mut self, words: Box<str>, now: Time) -> Result<(), End> {
        let is_elsewhere = ELSEWHERE.iter().any(|start| words.starts_with(start));
        let refusal = Refusal::of(&words);
        let question = self.awaited.pop_front().map(|awaited| awaited.question);
        match question {
            // A replica that has lost its primary receives nothing, although it stays connected.
            Some(Question::Auth | Question::Ping | Question::SetName | Question::Subscribe(_))
                if refusal.is_passing() =>
            {
                Err(End::Lost(words))
            }
            // Retrying loses nothing as long as nothing is received.
            Some(Question::Subscribe(_))
                if refusal == Refusal::OutOfMemory && !self.is_any_live() =>
            {
                Err(End::Lost(words))
            }
            // Some servers repeat unknown arguments in the error, and here that is the password.
            Some(Question::Auth) => Err(End::Refused(without_arguments(&words).into())),
            Some(Question::Ping | Question::SetName | Question::Subscribe(_))
                if refusal.is_about_login() =>
            {
                Err(End::Refused(words))
            }
            // The name is optional. It is only used in `CLIENT LIST`.
            Some(Question::SetName) => {
                self.go_live();
                Ok(())
            }
            Some(Question::Subscribe(subscription))
                if subscription.topic.kind == SubscriptionKind::Shard && is_elsewhere =>
            {
                let last_served = self.subscriptions.last_served(subscription.id);
                self.lose(subscription.id, last_served, words);
                Ok(())
            }
            Some(Question::Subscribe(subscription)) => {
                self.deny(subscription, words, now);
                Ok(())
            }
            // Redis keeps sending, but messages of a dropped subscription are no longer shown.
            Some(Question::Unsubscribe {
                subscription,
                is_told,
            }) => {
                // Valkey 8.0 replies NOSUB if there is nothing to end, as after a refusal.
                if !words.starts_with("NOSUB ") {
                    self.note_unexpected(|| Unexpected::Error(words), now);
                }
                self.subscriptions.remove(subscription.id);
                if !is_told {
                    self.tell_unsubscribed(subscription, true, now);
                }
                Ok(())
            }
            Some(Question::Ping) => {
                self.is_ping_refused = true;
                let trouble = format!("PING refused, round trip unknown: {words}");
                self.feed_queue.push(Feed::Trouble(Some(trouble.into())));
                self.note_greeted();
                Ok(())
            }
            None => {
                self.note_unexpected(|| Unexpected::Error(words), now);
                Ok(())
            }
        }
    }

    fn hear_unknown(&mut self, frame: &Frame<'_>, bytes: &[u8], now: Time) {
        let text = || describe(&bytes[..frame.length]);
        self.note_unexpected(|| Unexpected::Frame(text()), now);
    }

    /// Handles a nested frame, given as text.
    pub fn hear_odd(&mut self, text: String, now: Time) {
        self.note_unexpected(|| Unexpected::Frame(text.into()), now);
    }

    fn is_any_live(&self) -> bool {
        self.subscriptions.in_state(State::Live).next().is_some()
    }

    fn deny(&mut self, subscription: Subscription, reason: Box<str>, now: Time) {
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
        self.feed_queue.push_notice(now, notice);
        self.give_up(id, now);
    }
}

/// Returns the kind of subscription that a confirmation is about, and whether it begins.
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

/// Returns the kind whose confirmations and messages some servers use for `kind`.
fn twin(kind: SubscriptionKind) -> SubscriptionKind {
    match kind {
        SubscriptionKind::Channel => SubscriptionKind::Shard,
        SubscriptionKind::Shard => SubscriptionKind::Channel,
        other => other,
    }
}

/// Converts a flat value to the text of a payload.
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
        // For the sentinel it is an ordinary pattern.
        SubscriptionKind::Sentinel => SubscriptionKind::Pattern,
        kind => kind,
    };
    asked_as == kind && *subscription.topic.name == *name
}

/// Converts an error message, truncated to [`ERROR_BYTES`].
fn error_words(text: &[u8]) -> Box<str> {
    if text.len() <= ERROR_BYTES {
        return String::from_utf8_lossy(text).into();
    }
    // Do not split a character, which has at most four bytes.
    let is_start = |&at: &usize| text[at] & 0xc0 != 0x80;
    let end = (ERROR_BYTES - 3..=ERROR_BYTES).rev().find(is_start);
    let shown = &text[..end.unwrap_or(ERROR_BYTES)];
    format!("{}…", String::from_utf8_lossy(shown)).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_error_is_cut_between_characters() {
        assert_eq!(&*error_words(b"ERR no"), "ERR no");
        let long = format!("x{}", "ü".repeat(ERROR_BYTES));
        let words = error_words(long.as_bytes());
        assert_eq!(words.len(), ERROR_BYTES - 1 + "…".len());
        assert!(words.ends_with("ü…"));
        assert!(error_words(&[0x80; 8 << 10]).len() < 4 * ERROR_BYTES);
    }
}
