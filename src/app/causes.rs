//! Descriptions of causes: the only place that turns reports from the server tasks into text.

mod connection;

pub use self::connection::{connection_words, password_command_words};

use self::connection::sentinels_words;
use super::keymap::{Context, Keymap};
use crate::message::{
    DatabaseError, ErrorCode, GapCause, GapReason, MoveReason, MovedTopic, Partial,
};
use crate::payload::figures;
use crate::server::{PublishError, Trouble};

/// The maximum length of the topics named in a gap, in bytes.
const MAX_TOPICS: usize = 60;

/// The maximum length of a topic's name in a gap, in bytes.
const MAX_NAME: usize = 400;

/// Returns the text for the event that opened a gap. `reason` is the reason of the gap.
pub fn gap_cause_words(cause: &GapCause, reason: &GapReason) -> String {
    match cause {
        GapCause::ConnectionLost(None) => "connection lost".to_owned(),
        GapCause::ConnectionLost(Some(server)) => format!("connection to {server} lost"),
        GapCause::LoginRefused => {
            let error = match reason {
                GapReason::Connection(error) => error.redis().map(|error| error.code),
                _ => None,
            };
            // The login worked before, or there would be no gap.
            match error {
                Some(ErrorCode::WrongPassword) => "login refused, expired or changed".to_owned(),
                Some(ErrorCode::NotLoggedIn) => {
                    "login refused, a password is needed now".to_owned()
                }
                _ => "login refused".to_owned(),
            }
        }
        GapCause::Failover { from, to } => format!("failover from {from} to {to}"),
        GapCause::PreviousMasterServes(server) => format!("{server} still acts as master"),
        GapCause::ReplicaCutOff => "the replica was cut off".to_owned(),
        GapCause::SlotLeft(slot, node) => format!("slot {slot} moved away from {node}"),
        GapCause::SlotsAcquired(node) => format!("{node} acquired slots"),
        GapCause::NoKeyEvents(node) => format!("{node} no longer delivers key events"),
        GapCause::NodeCutOff(node) => format!("{node} is cut off from the cluster"),
    }
}

/// Returns the text for the reason of a gap.
pub fn gap_reason_words(reason: &GapReason) -> String {
    match reason {
        GapReason::Connection(error) => connection_words(error),
        GapReason::PrimaryChanged => "the primary restarted or changed".to_owned(),
        GapReason::PrimaryLinkDown => "the link to the primary is down".to_owned(),
        GapReason::NotReceived => "messages sent to that server are not received".to_owned(),
        GapReason::Moved(topics) => {
            let mut list = String::new();
            for (index, topic) in topics.iter().map(moved_words).enumerate() {
                if index > 0 && list.len() + topic.len() > MAX_TOPICS {
                    return list + ", …";
                }
                list += if index > 0 { ", " } else { "" };
                list += &topic;
            }
            list
        }
    }
}

fn moved_words(topic: &MovedTopic) -> String {
    // A name may be many megabytes long, so do not read all of it for each frame.
    let start = topic.name.get(..MAX_NAME);
    let name = String::from_utf8_lossy(start.unwrap_or(&topic.name));
    let name = format!("{name}{}", if start.is_some() { "…" } else { "" });
    match topic.reason {
        MoveReason::SlotMoved => name,
        MoveReason::TakenOver => format!("{name}: now delivered by another server"),
        MoveReason::NotSubscribedBefore => format!("{name}: first subscription on that server"),
    }
}

/// Returns a brief description of what cannot be received, and its reason and remedy.
pub fn partial_words(partial: &Partial, keymap: &Keymap) -> [String; 2] {
    match partial {
        Partial::PossiblyCluster(error) => [
            "possibly a cluster, other nodes unknown".to_owned(),
            format!(
                "{} · key events and sharded channels of other nodes may be missing · grant +info",
                error.text
            ),
        ],
        Partial::NodesUnknown(error) if error.code == ErrorCode::NotACluster => [
            "not a cluster".to_owned(),
            format!("{} · remove +cluster from the URL", error.text),
        ],
        Partial::NodesUnknown(error) => {
            let remedy = match error.code {
                ErrorCode::NoPermission => " · grant +cluster|nodes".to_owned(),
                code if code.is_about_login() => retry_words(keymap),
                _ => String::new(),
            };
            let missing = "key events and sharded channels of other nodes are missing";
            [
                "other nodes unknown".to_owned(),
                format!("{} · {missing}{remedy}", error.text),
            ]
        }
        Partial::FailoversUnnoticed(errors) => {
            let [what, reasons] = sentinels_words(errors);
            [what, format!("{reasons} · failovers are not followed")]
        }
        Partial::Database(error) => {
            let (remedy, reply) = (database_remedy(error), &error.error.text);
            let more = format!("{remedy} · Redis says: {reply}");
            [database_words(error), more]
        }
        Partial::KeysOfOneNode(node) => [
            format!("keyspace events from {node} only"),
            "nodes do not forward keyspace events · __key*@* covers all primaries".to_owned(),
        ],
        Partial::KeyEventsOff => [
            "keyspace events are off".to_owned(),
            "the server sends none · CONFIG SET notify-keyspace-events KEA turns them on"
                .to_owned(),
        ],
        Partial::ChannelsLeftOut(count) => [
            format!(
                "not subscribed to {} of the channels found · name the ones you want",
                figures::count(*count)
            ),
            String::new(),
        ],
        Partial::OnlySentinelEvents(command) => [
            "this is a sentinel".to_owned(),
            format!("it reports failovers only · {command} follows the master"),
        ],
    }
}

fn database_words(DatabaseError { db, error }: &DatabaseError) -> String {
    match error.code {
        ErrorCode::NoSuchDatabase => format!("database {db} does not exist"),
        _ => format!("database {db} cannot be selected"),
    }
}

fn database_remedy(error: &DatabaseError) -> &'static str {
    match error.error.code {
        ErrorCode::NoSuchDatabase => {
            "choose another with -n or in the URL · no keyspace events from the missing one; other \
             messages still arrive (Pub/Sub ignores databases)"
        }
        ErrorCode::InCluster => "a cluster has only database 0; messages still arrive",
        ErrorCode::NoPermission => "grant +select; messages still arrive",
        _ => "messages still arrive",
    }
}

/// Returns the text for what the server refuses, apart from subscriptions.
pub fn trouble_words(trouble: &Trouble, keymap: &Keymap) -> String {
    match trouble {
        Trouble::Ping(error) => format!("PING refused, round trip unknown: {}", error.text),
        Trouble::NoPublishing(error) => {
            let remedy = if error.is_about_login() {
                retry_words(keymap)
            } else {
                String::new()
            };
            let error = connection_words(error);
            format!("no connection for publishing: {error}{remedy}")
        }
        Trouble::Database(error) => database_words(error),
    }
}

fn retry_words(keymap: &Keymap) -> String {
    let keys = " · {enter-password} to log in, {reconnect} to retry";
    keymap.text(Context::Messages, keys)
}

/// Returns the text for why a message was not published.
pub fn publish_error_words(error: &PublishError) -> String {
    match error {
        PublishError::ReadOnly => "read-only: every write is refused".to_owned(),
        PublishError::Refused(error) => error.text.to_string(),
        PublishError::NotPublished(error) => format!("not published: {}", connection_words(error)),
        PublishError::Unknown(error) => {
            let error = connection_words(error);
            format!("unknown whether the message was published: {error}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::RedisError;

    #[test]
    fn a_database_error_comes_with_its_remedy() {
        for (error, start) in [
            (
                "ERR DB index is out of range",
                "database 7 does not exist: choose another with -n or in the URL · no keyspace events",
            ),
            (
                "NOPERM this user has no permissions to run the 'select' command",
                "database 7 cannot be selected: grant +select",
            ),
            (
                "ERR SELECT is not allowed in cluster mode",
                "database 7 cannot be selected: a cluster has only database 0",
            ),
            (
                "ERR no",
                "database 7 cannot be selected: messages still arrive · Redis says: ERR no",
            ),
        ] {
            let error = RedisError::new(error);
            let partial = Partial::Database(DatabaseError { db: 7, error });
            let words = partial_words(&partial, &Keymap::default()).join(": ");
            assert!(words.starts_with(start), "{words}");
        }
    }

    #[test]
    fn only_some_of_many_moved_topics_are_named() {
        let topic = |name: String| MovedTopic {
            name: name.into_bytes().into(),
            reason: MoveReason::SlotMoved,
        };
        let moved = |count: usize| {
            let names = (0..count).map(|number| format!("channel:{number:02}"));
            gap_reason_words(&GapReason::Moved(names.map(topic).collect()))
        };
        assert_eq!(moved(2), "channel:00, channel:01");
        let shown = "channel:00, channel:01, channel:02, channel:03, channel:04, …";
        assert_eq!((moved(6).as_str(), moved(40).as_str()), (shown, shown));
        let long = GapReason::Moved(vec![topic("x".repeat(1 << 20))]);
        assert_eq!(gap_reason_words(&long), "x".repeat(MAX_NAME) + "…");
    }
}
