//! Causes in words: the one place that makes sentences of what the server tasks report.

use std::io::ErrorKind;
use std::time::Duration;

use crate::message::{
    Awaited, Closing, ConnectionError, DatabaseError, ErrorCode, GapCause, GapReason, LookupError,
    MoveReason, MovedTopic, Partial, SentinelError, SentinelErrors, SentinelOutcome, Stranger,
    StreamKind,
};
use crate::payload::figures;
use crate::server::{PublishError, Trouble};

/// The maximum length of the topics named in a gap, in bytes.
const MAX_TOPICS: usize = 60;

/// Returns the text for the event that opened a gap.
#[must_use]
pub fn gap_cause_words(cause: &GapCause) -> String {
    match cause {
        GapCause::ConnectionLost(None) => "connection lost".to_owned(),
        GapCause::ConnectionLost(Some(server)) => format!("connection to {server} lost"),
        GapCause::LoginRefused => "login refused".to_owned(),
        GapCause::Failover { from, to } => format!("failover from {from} to {to}"),
        GapCause::PreviousMasterServes(server) => format!("{server} still acts as master"),
        GapCause::ReplicaCutOff => "the replica was cut off".to_owned(),
        GapCause::SlotLeft { slot, node } => format!("slot {slot} left {node}"),
        GapCause::SlotsAcquired(node) => format!("{node} acquired slots"),
        GapCause::NoKeyEvents(node) => format!("{node} no longer delivers key events"),
        GapCause::NodeCutOff(node) => format!("{node} is cut off from the cluster"),
    }
}

/// Returns the text for the reason of a gap.
#[must_use]
pub fn gap_reason_words(reason: &GapReason) -> String {
    match reason {
        GapReason::Connection(error) => connection_words(error),
        GapReason::PrimaryChanged => "its primary restarted or changed".to_owned(),
        GapReason::PrimaryLinkDown => "its link to the primary is down".to_owned(),
        GapReason::NotReceived => "messages published there are not received".to_owned(),
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
    let name = String::from_utf8_lossy(&topic.name);
    match topic.reason {
        MoveReason::SlotMoved => name.into_owned(),
        MoveReason::TakenOver => format!("{name}: another server delivers it now"),
        MoveReason::NotSubscribedBefore => format!("{name}: not subscribed there before"),
    }
}

/// Returns the text for why there is no connection.
#[must_use]
pub fn connection_words(error: &ConnectionError) -> String {
    match error {
        ConnectionError::Redis(error) => error.text.to_string(),
        ConnectionError::Network(ErrorKind::BrokenPipe) => "connection reset".to_owned(),
        ConnectionError::Network(ErrorKind::TimedOut) => "timed out: no acknowledgement".to_owned(),
        ConnectionError::Network(kind) => kind.to_string(),
        ConnectionError::Io(text) | ConnectionError::Tls(text) => text.to_string(),
        ConnectionError::Closed(closing) => {
            format!("closed by the server{}", closing_words(*closing))
        }
        ConnectionError::NoAnswer(awaited, waited) => {
            let to = match awaited {
                Awaited::Connect => " to the connection attempt",
                Awaited::Handshake => " to the TLS handshake",
                Awaited::Reply => "",
            };
            format!("no answer{to} for {}", seconds(*waited))
        }
        ConnectionError::HostNotFound { host, reason } => match reason {
            LookupError::Resolver(text) => format!("host not found: {host} ({text})"),
            LookupError::NoAnswer(waited) => {
                format!(
                    "host not found: {host} (no answer for {})",
                    seconds(*waited)
                )
            }
            LookupError::NoAddress => format!("host not found: {host} has no address"),
        },
        ConnectionError::NoSuchSocket(path) => format!("no such socket: {path}"),
        ConnectionError::NotASocket { path, is_folder } => {
            let what = if *is_folder { "a folder" } else { "a file" };
            format!("not a socket, but {what}: {path}")
        }
        ConnectionError::TlsNotSetUp => "TLS requested, but not set up".to_owned(),
        ConnectionError::TlsNotSpoken => {
            "the server does not speak TLS here; use redis:// without --tls".to_owned()
        }
        ConnectionError::Handshake(error) => {
            format!("{} in the TLS handshake", connection_words(error))
        }
        ConnectionError::NotRedis(stranger) => stranger_words(stranger),
        ConnectionError::NotResp(error) => format!("not RESP: {error}"),
        ConnectionError::Reply(command, error) => format!("{command}: {}", connection_words(error)),
        ConnectionError::Sentinels(errors) => sentinels_words(errors).join(": "),
        ConnectionError::NoMasterYet => "the sentinels have named no master yet".to_owned(),
        ConnectionError::MasterReplaced => "the sentinels have another master".to_owned(),
        ConnectionError::NotConnected => "not connected".to_owned(),
    }
}

fn closing_words(closing: Closing) -> &'static str {
    match closing {
        Closing::Later => "",
        Closing::Unanswered => " before it answered",
        Closing::Silent(StreamKind::Tcp) => {
            " before it answered: it may require TLS (--tls or rediss://) or reject this address"
        }
        Closing::Silent(StreamKind::Tls) => {
            " before it answered: it may reject this address, or not be Redis"
        }
        Closing::Silent(StreamKind::Unix) => " before it answered: it may not be Redis",
        Closing::AfterFirstAnswer => " after its first answer",
        Closing::OnSubscribe => {
            " when asked to subscribe: possibly a proxy without Pub/Sub, such as twemproxy"
        }
    }
}

fn stranger_words(stranger: &Stranger) -> String {
    match stranger {
        Stranger::Tls => "the server speaks TLS here: connect with --tls or rediss://".to_owned(),
        Stranger::Http => "an HTTP server answers here, not Redis".to_owned(),
        Stranger::Other(start) => format!("not a Redis server: it says \"{start}\""),
    }
}

/// Returns what came of asking the sentinels, and the reasons, each once.
fn sentinels_words(errors: &SentinelErrors) -> [String; 2] {
    let mut groups: Vec<(String, Vec<&str>)> = Vec::new();
    for (sentinel, error) in &errors.0 {
        let reason = sentinel_words(error);
        match groups.iter_mut().find(|(of, _)| *of == reason) {
            Some((_, sentinels)) => sentinels.push(sentinel),
            None => groups.push((reason, vec![sentinel])),
        }
    }
    let groups = groups.into_iter();
    let groups = groups.map(|(reason, sentinels)| format!("{}: {reason}", sentinels.join(", ")));
    let reasons = groups.collect::<Vec<_>>().join("; ");
    match errors.outcome() {
        SentinelOutcome::NoMaster => ["no sentinel names a usable master".to_owned(), reasons],
        SentinelOutcome::LoginRefused => [
            "login refused by the sentinels".to_owned(),
            format!("{reasons} (set sentinel-user= and sentinel-password= in the URL)"),
        ],
        SentinelOutcome::Unreachable => ["no sentinel answers".to_owned(), reasons],
    }
}

fn sentinel_words(error: &SentinelError) -> String {
    match error {
        SentinelError::Connection(error) | SentinelError::NoAnswer(error) => {
            connection_words(error)
        }
        SentinelError::UnknownMaster {
            master,
            known,
            has_more,
        } => {
            let known: Vec<String> = known.iter().map(|name| format!("{name:?}")).collect();
            let more = if *has_more { ", …" } else { "" };
            match known.as_slice() {
                [] => format!("no master named {master:?}"),
                known => format!(
                    "no master named {master:?}, only {}{more}",
                    known.join(", ")
                ),
            }
        }
        SentinelError::MasterUnreachable(address, error) => {
            format!("the master {address}: {}", connection_words(error))
        }
        SentinelError::MasterIsReplica(address) => {
            format!("{address} is named as master, but reports being a replica")
        }
    }
}

/// Returns the text for what cannot be received: what it is, in brief, then the reason and the
/// remedy.
#[must_use]
pub fn partial_words(partial: &Partial) -> [String; 2] {
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
                ErrorCode::NoPermission => " · grant +cluster|nodes",
                code if code.is_about_login() => " · r to retry",
                _ => "",
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
            let remedy = database_remedy(error);
            [
                database_words(error),
                format!("{remedy} · Redis says: {}", error.error.text),
            ]
        }
        Partial::KeysOfOneNode(node) => [
            format!("only {node} reports its keys"),
            "nodes forward no keyspace events · subscribe to __key*@* for all primaries".to_owned(),
        ],
        Partial::ShardChannelsLeftOut(count) => [
            format!(
                "{} of the sharded channels found left out · name the ones you want",
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
            "choose another with -n or in the URL · no keyspace events from it; other messages \
             arrive (Pub/Sub ignores databases)"
        }
        ErrorCode::InCluster => "a cluster has only database 0; messages still arrive",
        ErrorCode::NoPermission => "grant +select; messages still arrive",
        _ => "messages still arrive",
    }
}

/// Returns the text for what the server refuses besides subscriptions.
#[must_use]
pub fn trouble_words(trouble: &Trouble) -> String {
    match trouble {
        Trouble::Ping(error) => format!("PING refused, round trip unknown: {}", error.text),
        Trouble::NoPublishing(error) => {
            let again = if error.is_about_login() {
                " · r to retry"
            } else {
                ""
            };
            format!(
                "no connection to publish with: {}{again}",
                connection_words(error)
            )
        }
        Trouble::Database(error) => database_words(error),
    }
}

/// Returns the text for why a message was not published.
#[must_use]
pub fn publish_error_words(error: &PublishError) -> String {
    match error {
        PublishError::ReadOnly => "read-only: every write is refused".to_owned(),
        PublishError::Refused(error) => error.text.to_string(),
        PublishError::NotPublished(error) => format!("not published: {}", connection_words(error)),
        PublishError::Unknown(error) => {
            format!(
                "unknown whether it was published: {}",
                connection_words(error)
            )
        }
    }
}

/// Formats a timeout: `15 s`, `200 ms`.
fn seconds(duration: Duration) -> String {
    if duration.subsec_millis() == 0 {
        format!("{} s", duration.as_secs())
    } else {
        format!("{} ms", duration.as_millis())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::RedisError;

    fn unreachable() -> SentinelError {
        SentinelError::Connection(ConnectionError::Network(ErrorKind::ConnectionRefused))
    }

    fn refused() -> SentinelError {
        SentinelError::Connection(ConnectionError::Redis("WRONGPASS".into()))
    }

    fn unknown(known: usize, has_more: bool) -> SentinelError {
        SentinelError::UnknownMaster {
            master: "m".into(),
            known: (0..known).map(|number| number.to_string().into()).collect(),
            has_more,
        }
    }

    fn of_sentinels(errors: &[SentinelError]) -> (bool, String) {
        let errors = (1..).zip(errors.iter().cloned());
        let errors = errors.map(|(port, error)| (format!("h:{port}").into(), error));
        let error = ConnectionError::Sentinels(SentinelErrors(errors.collect()));
        (error.is_refusal(), connection_words(&error))
    }

    #[test]
    fn each_reason_of_the_sentinels_is_given_once() {
        let (is_final, words) = of_sentinels(&[unreachable(), unreachable()]);
        assert_eq!(
            (is_final, &*words),
            (false, "no sentinel answers: h:1, h:2: connection refused")
        );
        let (is_final, words) = of_sentinels(&[unreachable(), refused()]);
        let start = "login refused by the sentinels: h:1: connection refused; h:2: WRONGPASS (";
        assert!(is_final && words.starts_with(start), "{words}");
        // A sentinel that accepts the login may learn of the master later.
        let (is_final, words) = of_sentinels(&[refused(), unknown(0, false)]);
        let start = "no sentinel names a usable master: h:1: WRONGPASS; h:2: no master named \"m\"";
        assert_eq!((is_final, &*words), (false, start));
    }

    #[test]
    fn only_some_of_many_masters_are_named() {
        let words = |known, has_more| sentinel_words(&unknown(known, has_more));
        assert_eq!(words(2, false), "no master named \"m\", only \"0\", \"1\"");
        assert!(words(8, true).ends_with("\"7\", …"));
    }

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
            let words =
                partial_words(&Partial::Database(DatabaseError { db: 7, error })).join(": ");
            assert!(words.starts_with(start), "{words}");
        }
    }

    #[test]
    fn only_some_of_many_moved_topics_are_named() {
        let moved = |count: usize| {
            let topics = (0..count).map(|number| MovedTopic {
                name: format!("channel:{number:02}").into_bytes().into(),
                reason: MoveReason::SlotMoved,
            });
            gap_reason_words(&GapReason::Moved(topics.collect()))
        };
        assert_eq!(moved(2), "channel:00, channel:01");
        let shown = "channel:00, channel:01, channel:02, channel:03, channel:04, …";
        assert_eq!((moved(6).as_str(), moved(40).as_str()), (shown, shown));
    }
}
