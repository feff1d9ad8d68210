//! What is known about the server.

use std::collections::BTreeMap;
use std::time::Duration;

use super::Session;
use super::nodes::Nodes;
use crate::app::effect::Effect;
use crate::message::{ConnectionError, Gap, GapEnd, Notice, Partial, Time};
use crate::server::{Command, Connection, LoginAt, Trouble};

/// What is known about the server, or the servers of a cluster.
#[derive(Debug, Default)]
pub struct ServerStatus {
    /// The known servers.
    pub nodes: Nodes,
    /// The worst connection state among these servers.
    pub connection: Connection,
    /// The round-trip time of the last PING to the slowest server.
    pub round_trip: Option<Duration>,
    /// The server software and its version, such as "Redis 7.0.15".
    pub version: Option<Box<str>>,
    /// The masters that the server watches, if it is a sentinel.
    pub sentinel_of: Option<Vec<Box<str>>>,
    /// What the server refuses, apart from subscriptions, if anything.
    pub trouble: Option<Trouble>,
    /// Whether the servers are asked to answer a PING every second.
    pub(super) is_pinged_often: bool,
    /// Why some messages may be missed, now or later, if there is a reason.
    pub partial: Option<Partial>,
    /// When the connection last became live.
    pub live_since: Time,
    /// The open gaps, keyed by [`Gap::noticed`].
    pub losing: BTreeMap<Time, Gap>,
    /// When the last closed gap ended.
    pub gap_ended: Option<Time>,
}

/// How long a server may be silent before a PING counts as unanswered. A PING is sent every 5
/// seconds.
pub(crate) const ANSWER_EXPECTED: Duration = Duration::from_secs(7);

impl Session {
    pub(crate) fn reconnect(&mut self) -> Vec<Effect> {
        let is_well = self.server.connection == Connection::Live && self.server.trouble.is_none();
        // Denied subscriptions are retried even on a live connection.
        if is_well && self.subscriptions.denied().next().is_none() {
            return self.tell("already connected");
        }
        vec![Effect::Command(Command::Reconnect)]
    }

    /// Returns the servers that refuse the login, if any do.
    pub(crate) fn refused_login(&self) -> Option<LoginAt> {
        let of_error = |error: &ConnectionError| match error {
            ConnectionError::Sentinels(_) => error.is_refusal().then_some(LoginAt::Sentinels),
            error => error.is_about_login().then_some(LoginAt::Servers),
        };
        let of_connection = |connection: &Connection| match connection {
            Connection::Refused { reason, .. } => of_error(reason),
            _ => None,
        };
        let nodes = self.server.nodes.by_id.values();
        let mut connections = nodes.filter_map(|node| node.connection.as_ref());
        let of_trouble = || match &self.server.trouble {
            Some(Trouble::NoPublishing(error)) => of_error(error),
            _ => None,
        };
        let of_partial = || match &self.server.partial {
            Some(Partial::NodesUnknown(error)) if error.code.is_about_login() => {
                Some(LoginAt::Servers)
            }
            Some(Partial::FailoversUnnoticed(errors)) => {
                of_error(&ConnectionError::Sentinels(errors.clone()))
            }
            _ => None,
        };
        let of_denied = || {
            let mut denied = self.subscriptions.denied();
            let is_refused = denied.any(|(_, error)| error.code.is_about_login());
            is_refused.then_some(LoginAt::Servers)
        };
        connections
            .find_map(of_connection)
            .or_else(of_trouble)
            .or_else(of_partial)
            .or_else(of_denied)
    }

    /// Records a gap that has opened or closed.
    pub(crate) fn note_gap(&mut self, notice: &Notice) {
        let Notice::Gap(gap) = notice else {
            return;
        };
        match gap.end {
            GapEnd::Open => {
                self.server.losing.insert(gap.noticed, gap.clone());
            }
            GapEnd::Restored(end) | GapEnd::GivenUp(end) => {
                self.server.losing.remove(&gap.noticed);
                self.server.gap_ended = self.server.gap_ended.max(Some(end));
            }
        }
    }

    /// Returns when the last gap ended, or now if one is open.
    pub(crate) fn gap_until(&self) -> Option<Time> {
        if self.server.losing.is_empty() {
            self.server.gap_ended
        } else {
            Some(self.now)
        }
    }

    /// Returns how long a server has left a PING unanswered; `None` while all servers answer.
    pub fn unanswered(&self) -> Option<Duration> {
        let is_live = self.server.connection == Connection::Live;
        self.silence_since(self.server.nodes.answered()?)
            .filter(|_| is_live)
    }

    /// Returns the time since `answered` if that is long enough for a PING to count as unanswered.
    pub(crate) fn silence_since(&self, answered: Time) -> Option<Duration> {
        // A server that refuses PING never answers, so its silence means nothing.
        let silence = self.now.since(answered);
        (self.server.trouble.is_none() && silence >= ANSWER_EXPECTED).then_some(silence)
    }

    pub(crate) fn note_partial(&mut self, partial: Option<Partial>) -> Vec<Effect> {
        if self.server.partial == partial {
            return Vec::new();
        }
        self.server.partial.clone_from(&partial);
        partial.map_or_else(Vec::new, |partial| {
            self.log_notice(Notice::Partial(partial))
        })
    }

    /// Records that the server is a sentinel, which does not deliver the messages of its masters.
    pub(crate) fn note_sentinel(&mut self, masters: Vec<Box<str>>) -> Vec<Effect> {
        if self.server.sentinel_of.replace(masters).is_some() {
            return Vec::new();
        }
        let command = self.sentinel_command().unwrap_or_default();
        let partial = Partial::OnlySentinelEvents(command.into());
        self.log_notice(Notice::Partial(partial))
    }
}
