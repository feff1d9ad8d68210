//! The text of notices, for the rows of the log and for an open notice.

use std::time::Duration;

use super::remedies::denial_remedy;
use super::socket_io::uncounted_pattern;
use crate::app::causes::{connection_words, gap_cause_words, gap_reason_words, partial_words};
use crate::app::keymap::{Context, Keymap};
use crate::message::{
    Allowed, Dropped, Gap, GapCause, GapEnd, JudgedChannel, Notice, SubscriptionKind, Topic,
    Unexpected, Verdict,
};
use crate::payload::escape::{whole, whole_name};
use crate::payload::figures::{self, Clock};

/// The maximum number of channels named when listing what a user may subscribe to.
const MAX_NAMED: usize = 20;

/// Returns the text of a notice, most important part first, since a narrow row cuts off the end.
pub fn notice_words(notice: &Notice, clock: &Clock, keymap: &Keymap) -> String {
    match notice {
        Notice::Subscribed {
            subscription,
            count,
            server,
        } => {
            let topic = topic_words(&subscription.topic);
            let (at, count) = at_server(server.as_deref(), *count);
            format!("subscribed to {topic}{at} · {count}")
        }
        Notice::Unsubscribed {
            subscription,
            count,
            server,
            asked,
        } => {
            let topic = topic_words(&subscription.topic);
            let by = if *asked { "" } else { " by the server" };
            let (at, count) = at_server(server.as_deref(), *count);
            format!("unsubscribed from {topic}{at}{by} · {count}")
        }
        Notice::Denied {
            subscription,
            reason,
        } => {
            let remedy = denial_remedy(&subscription.topic, reason);
            let remedy = keymap.text(Context::Messages, remedy);
            let topic = topic_words(&subscription.topic);
            let reason = whole(reason.text.as_bytes());
            format!("denied: {topic} · Redis says: {reason} · {remedy}")
        }
        Notice::Ended(subscription) => {
            let topic = topic_words(&subscription.topic);
            format!("ended: {topic} · the --until message arrived")
        }
        Notice::Discovered {
            subscription,
            count,
        } => {
            let topic = topic_words(&subscription.topic);
            let found = figures::count(*count);
            let limits = if subscription.topic.kind == SubscriptionKind::Polled {
                "the list is polled every second: a new channel's first messages are missed, and \
                 channels without other subscribers are not found"
            } else {
                "channels without subscribers cannot be found"
            };
            format!("looking for {topic} · {found} found · {limits}")
        }
        Notice::AllEnded => keymap.text(
            Context::Messages,
            "all subscriptions have ended · press {subscribe} to subscribe again",
        ),
        Notice::Gap(gap) => {
            let [full, ..] = gap_words(gap, clock);
            full
        }
        Notice::Dropped(dropped) => dropped_words(dropped, clock),
        Notice::Allowed { user, channels } => allowed_words(user, channels, keymap),
        Notice::Unexpected { first, count } => unexpected_words(first, *count),
        Notice::Partial(partial) => {
            let [what, more] = partial_words(partial, keymap);
            let colon = if more.is_empty() { "" } else { ": " };
            whole(format!("{what}{colon}{more}").as_bytes())
        }
        Notice::ClockSet(by) => {
            let way = if *by < 0 { "back" } else { "forward" };
            let length = figures::duration(Duration::from_micros(by.unsigned_abs()));
            format!("system clock set {way} by {length} · later times use the new clock")
        }
        Notice::CountedBySocketIo(topic) => counted_words(topic, keymap),
        Notice::Recorded { text, .. } => whole(text.as_bytes()),
        Notice::Unrecorded(dropped) => {
            let messages = figures::counted(dropped.count, "message");
            let [from, to] = [dropped.from, dropped.to].map(|time| clock.time_of_day(time));
            format!("{messages} not recorded, from {from} to {to}: the file is written too slowly")
        }
        Notice::RecordingFailed { path, cause } => {
            let record = keymap.text(Context::Messages, "{record} records to another file");
            let words = format!("recording to {path} ended: {cause} · {record}");
            whole(words.as_bytes())
        }
        Notice::Evicted(count) => {
            format!("{} evicted here", figures::counted(*count, "message"))
        }
        Notice::Breakpoint { query, channel, .. } => {
            let (query, channel) = (whole(query.as_bytes()), whole_name(channel));
            let key = keymap.text(Context::Messages, "{previous-landmark} shows it");
            format!("breakpoint {query} · hit on {channel} · {key}")
        }
        Notice::Judged {
            query,
            channels,
            count,
        } => {
            let query = whole(query.as_bytes());
            format!("{} · breakpoint {query}", judged_words(channels, *count))
        }
    }
}

/// Returns what a breakpoint found out about channels, such as "silent for 30s: heartbeat.a".
#[expect(
    clippy::cast_precision_loss,
    reason = "a rate is shown with two or three digits"
)]
pub fn judged_words(channels: &[JudgedChannel], count: u64) -> String {
    let one = |channel: &JudgedChannel| {
        let name = whole_name(&channel.name);
        let rate = |millis: u64| figures::rate(millis as f64 / 1000.0);
        match channel.verdict {
            Verdict::Silent(span) => format!("silent for {}: {name}", figures::duration(span)),
            Verdict::HeardAgain(span) => {
                format!("heard from again after {}: {name}", figures::duration(span))
            }
            Verdict::RateMet(millis) => format!("rate {}: {name}", rate(millis)),
            Verdict::RateEnded(millis) => format!("rate back to {}: {name}", rate(millis)),
        }
    };
    let mut words: Vec<String> = channels.iter().map(one).collect();
    let more = count.saturating_sub(channels.len() as u64);
    if more > 0 {
        words.push(format!("and {}", figures::counted(more, "more channel")));
    }
    words.join(" · ")
}

/// Returns the warning that Socket.IO counts a subscription, and what to use instead.
fn counted_words(topic: &Topic, keymap: &Keymap) -> String {
    let name = topic_words(topic);
    let counted = format!("Socket.IO counts {name} as another server and waits for its answers");
    let Some(pattern) = uncounted_pattern(topic) else {
        let words = "patterns do not match sharded channels · {unsubscribe} unsubscribe";
        return format!("{counted} · {}", keymap.text(Context::Messages, words));
    };
    let pattern = whole_name(&pattern);
    format!("use the pattern {pattern} instead, which Socket.IO does not count: {counted}")
}

/// Describes unsolicited frames.
fn unexpected_words(first: &Unexpected, count: u64) -> String {
    let first = match first {
        Unexpected::Error(error) => format!("Redis says: {}", whole(error.text.as_bytes())),
        Unexpected::Frame(text) => format!("unexpected frame: {}", whole(text.as_bytes())),
    };
    if count == 1 {
        return first;
    }
    let more = figures::count(count - 1);
    format!("{first} · and {more} more within a second")
}

/// Describes the fallback after `*` was refused.
fn allowed_words(user: &str, channels: &Allowed, keymap: &Keymap) -> String {
    let user = whole(user.as_bytes());
    let keyed = |text| keymap.text(Context::Messages, text);
    match channels {
        Allowed::Only { names, .. } if names.is_empty() => {
            let retry = keyed("add an ACL rule such as &orders.*, then press {reconnect}");
            format!("* is refused, and user \"{user}\" may not access any channel · {retry}")
        }
        Allowed::Only { names, left_out } => {
            let named = names.iter().take(MAX_NAMED);
            let named: Vec<String> = named.map(|name| whole_name(name)).collect();
            let named = named.join(", ");
            let more = match names.len().saturating_sub(MAX_NAMED) {
                0 => String::new(),
                more => format!(" and {} more", figures::count(more as u64)),
            };
            let left_out = match left_out {
                0 => String::new(),
                count => format!(
                    " · {} left out · name the ones you want on the command line",
                    figures::count(*count as u64)
                ),
            };
            format!(
                "* is refused; subscribed to what user \"{user}\" may access: {named}{more}{left_out}"
            )
        }
        Allowed::Denied(error) => format!(
            "* is refused, and user \"{user}\" may not list its channels · {}, or name them on the \
             command line · Redis says: {}",
            keyed("press {subscribe} to subscribe to them"),
            whole(error.text.as_bytes())
        ),
        Allowed::Unknown(error) => unknown_words(&user, &connection_words(error), keymap),
        Allowed::UnusableName => {
            unknown_words(&user, "the user's name is too long to query", keymap)
        }
    }
}

fn unknown_words(user: &str, reason: &str, keymap: &Keymap) -> String {
    let reason = whole(reason.as_bytes());
    let retry = keymap.text(Context::Messages, "press {reconnect} to retry");
    format!("* is refused, and the channels of user \"{user}\" are unknown: {reason} · {retry}")
}

/// Returns the name of a topic with its kind.
pub fn topic_words(topic: &Topic) -> String {
    let kind = match topic.kind {
        SubscriptionKind::Channel => "channel",
        SubscriptionKind::Pattern => "pattern",
        SubscriptionKind::Shard => "shard channel",
        SubscriptionKind::ShardPattern => "shard channels",
        SubscriptionKind::Polled => "channels like",
        SubscriptionKind::Sentinel => "sentinel events",
    };
    format!("{kind} {}", whole_name(&topic.name))
}

/// Returns the words for the server of a subscription, if there are several servers, and for the
/// number of subscriptions on that server.
fn at_server(server: Option<&str>, count: i64) -> (String, String) {
    let count = figures::counted(count.unsigned_abs(), "subscription");
    match server {
        Some(name) => (
            format!(" at {}", whole(name.as_bytes())),
            format!("{count} on this server"),
        ),
        None => (String::new(), format!("{count} now")),
    }
}

/// Describes a gap in three lengths, the longest first.
///
/// The full text gives the start and end times, because the rows around the gap do not show them:
/// some of the rows above it arrived after the last message that was certainly received.
pub fn gap_words(gap: &Gap, clock: &Clock) -> [String; 3] {
    let reason = whole(gap_reason_words(&gap.reason).as_bytes());
    let event = whole(gap_cause_words(&gap.cause, &gap.reason).as_bytes());
    // The shortest form gives the event, or the reason if the event is just "connection lost".
    let brief_reason = match &gap.cause {
        GapCause::ConnectionLost(None) => reason.clone(),
        _ => event.clone(),
    };
    let lost = format!("{event}: {reason}");
    let time = |time| clock.date_unless_today(time, gap.noticed);
    let from = time(gap.last_heard);
    match gap.end {
        GapEnd::Restored(restored) => {
            let length = figures::duration(restored.since(gap.last_heard));
            [
                format!(
                    "{lost} · back after {length} · lost {from} to {}",
                    time(restored)
                ),
                format!("{lost} · back after {length} · messages lost"),
                format!("{length} of messages lost: {brief_reason}"),
            ]
        }
        GapEnd::GivenUp(end) => [
            format!(
                "{lost} · gave up · messages from {from} to {} lost",
                time(end)
            ),
            format!("{lost} · gave up"),
            format!("messages lost, gave up: {brief_reason}"),
        ],
        GapEnd::Open => [
            format!("{lost} · losing messages since {from}"),
            format!("{lost} · losing messages"),
            format!("losing messages: {brief_reason}"),
        ],
    }
}

fn dropped_words(dropped: &Dropped, clock: &Clock) -> String {
    let messages = figures::counted(dropped.count, "message");
    let size = figures::size(dropped.bytes);
    let time = figures::duration(dropped.to.since(dropped.from));
    let [from, to] = [dropped.from, dropped.to].map(|time| clock.time_of_day(time));
    format!(
        "{messages} ({size}) dropped within {time}, from {from} to {to}: they arrived faster than \
         they could be processed"
    )
}
