//! What Redis says besides messages: answers, errors, and what nobody asked for.

use super::{
    Conversation, End, Feed, Frame, Notice, Part, Question, State, Subscription, Time, Topic,
    without_arguments,
};

/// Errors that pass by themselves: the connection is tried again later.
const PASSING: [&str; 5] = [
    "LOADING",
    "MASTERDOWN",
    "DENIED",
    "BUSY",
    "ERR max number of clients",
];

/// Errors that no repetition mends, but another password may.
const UNAUTHORIZED: [&str; 2] = ["NOAUTH", "WRONGPASS"];

/// How much of an unknown frame is shown.
const SHOWN_BYTES: usize = 80;

/// How much of an error is kept. Redis's own are far shorter.
const ERROR_BYTES: usize = 1 << 10;

impl Conversation<'_> {
    /// Takes in a frame that is not a message.
    pub(super) fn hear_other(
        &mut self,
        frame: &Frame<'_>,
        bytes: &[u8],
        now: Time,
    ) -> Result<(), End> {
        let word = frame.parts.first().and_then(|part| part.text(bytes));
        match (frame.is_array, word, frame.parts) {
            (true, Some(b"subscribe"), [_, name, Part::Integer(count)]) => {
                let topic = Topic::channel(name.text(bytes).unwrap_or_default());
                self.hear_subscribed(&topic, *count, now);
            }
            (true, Some(b"psubscribe"), [_, name, Part::Integer(count)]) => {
                let topic = Topic::pattern(name.text(bytes).unwrap_or_default());
                self.hear_subscribed(&topic, *count, now);
            }
            (true, Some(b"unsubscribe"), [_, name, Part::Integer(count)]) => {
                let topic = Topic::channel(name.text(bytes).unwrap_or_default());
                self.hear_unsubscribed(&topic, *count, now);
            }
            (true, Some(b"punsubscribe"), [_, name, Part::Integer(count)]) => {
                let topic = Topic::pattern(name.text(bytes).unwrap_or_default());
                self.hear_unsubscribed(&topic, *count, now);
            }
            (true, Some(b"pong"), [_, _]) => self.hear_pong(),
            (false, Some(text), [Part::Error(_)]) => {
                return self.hear_error(error_words(text), now);
            }
            (false, _, _) => match self.awaited.front().map(|awaited| &awaited.question) {
                Some(Question::Auth) => drop(self.awaited.pop_front()),
                Some(Question::SetName) => {
                    self.awaited.pop_front();
                    self.go_live();
                }
                Some(Question::Ping) => self.hear_pong(),
                _ => self.hear_unknown(frame, bytes, now),
            },
            _ => self.hear_unknown(frame, bytes, now),
        }
        Ok(())
    }

    fn hear_subscribed(&mut self, topic: &Topic, count: i64, now: Time) {
        self.count = count;
        let asked = self.take_question(|question| {
            matches!(question, Question::Subscribe(subscription) if subscription.topic == *topic)
        });
        let Some(Question::Subscribe(subscription)) = asked else {
            return;
        };
        self.go_live();
        self.was_listening = true;
        self.wants.confirm(&subscription);
        let notice = Notice::Subscribed {
            subscription,
            count,
        };
        self.inbox.push_notice(now, notice);
        self.settle(now);
    }

    fn hear_unsubscribed(&mut self, topic: &Topic, count: i64, now: Time) {
        self.count = count;
        let asked = self.take_question(|question| {
            matches!(question, Question::Unsubscribe { subscription, .. }
                if subscription.topic == *topic)
        });
        match asked {
            Some(Question::Unsubscribe { is_told: true, .. }) => (),
            Some(Question::Unsubscribe { subscription, .. }) => {
                self.wants.remove(subscription.id);
                self.tell_unsubscribed(subscription, true, now);
            }
            _ => {
                let ended = self.wants.bringer(topic.kind, &topic.name);
                if let Some(subscription) = ended.and_then(|id| self.wants.remove(id)) {
                    self.tell_unsubscribed(subscription, false, now);
                }
            }
        }
        self.settle(now);
    }

    fn hear_pong(&mut self) {
        let is_ping = |question: &Question| matches!(question, Question::Ping);
        if let Some(index) = self.awaited.iter().position(|a| is_ping(&a.question))
            && let Some(ping) = self.awaited.remove(index)
        {
            self.inbox.push(Feed::RoundTrip(ping.asked.elapsed()));
        }
        if std::mem::take(&mut self.is_ping_refused) {
            self.inbox.push(Feed::Trouble(None));
        }
    }

    /// An error answers the oldest question; the answers to all others have a form of their own.
    fn hear_error(&mut self, words: Box<str>, now: Time) -> Result<(), End> {
        let starts_with = |starts: &[&str]| starts.iter().any(|start| words.starts_with(start));
        let (is_passing, is_unauthorized) = (starts_with(&PASSING), starts_with(&UNAUTHORIZED));
        let question = self.awaited.pop_front().map(|awaited| awaited.question);
        match question {
            Some(Question::Auth | Question::SetName | Question::Subscribe(_)) if is_passing => {
                Err(End::Lost(words))
            }
            // Some servers repeat what they do not know, and that is the password here.
            Some(Question::Auth) => Err(End::Refused(without_arguments(&words).into())),
            Some(Question::SetName | Question::Subscribe(_)) if is_unauthorized => {
                Err(End::Refused(words))
            }
            // A name is a courtesy, for CLIENT LIST.
            Some(Question::SetName) => {
                self.go_live();
                Ok(())
            }
            Some(Question::Subscribe(subscription)) => {
                self.deny(subscription, words, now);
                Ok(())
            }
            // Redis goes on sending, but what was given up is shown no more.
            Some(Question::Unsubscribe {
                subscription,
                is_told,
            }) => {
                // Valkey 8.0 says NOSUB where there is nothing to end, as after a refusal.
                if !words.starts_with("NOSUB ") {
                    self.inbox.push_notice(now, Notice::ServerSaid(words));
                }
                self.wants.remove(subscription.id);
                if !is_told {
                    self.tell_unsubscribed(subscription, true, now);
                }
                Ok(())
            }
            Some(Question::Ping) => {
                self.is_ping_refused = true;
                let trouble = format!("PING is refused, so the round trip is not known: {words}");
                self.inbox.push(Feed::Trouble(Some(trouble.into())));
                Ok(())
            }
            None => {
                self.inbox.push_notice(now, Notice::ServerSaid(words));
                Ok(())
            }
        }
    }

    fn hear_unknown(&mut self, frame: &Frame<'_>, bytes: &[u8], now: Time) {
        let parts = frame.parts.iter().map(|part| match part {
            Part::Integer(number) => number.to_string(),
            Part::Null => "null".to_owned(),
            text => {
                let text = text.text(bytes).unwrap_or_default();
                let shown = &text[..text.len().min(SHOWN_BYTES)];
                let more = if shown.len() < text.len() { "…" } else { "" };
                format!("{}{more}", shown.escape_ascii())
            }
        });
        let parts: Vec<String> = parts.take(4).collect();
        let said = format!("something unknown: {}", parts.join(" "));
        self.inbox.push_notice(now, Notice::ServerSaid(said.into()));
    }

    fn deny(&mut self, subscription: Subscription, reason: Box<str>, now: Time) {
        if self.wants.state(subscription.id) == Some(State::Pending) {
            self.wants.set(subscription.id, State::Denied);
        }
        let notice = Notice::Denied {
            subscription,
            reason,
        };
        self.inbox.push_notice(now, notice);
        self.settle(now);
    }
}

/// An error's words, cut to a length that any number of them may have.
fn error_words(text: &[u8]) -> Box<str> {
    if text.len() <= ERROR_BYTES {
        return String::from_utf8_lossy(text).into();
    }
    // Not amid a character, which has four bytes at most.
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
