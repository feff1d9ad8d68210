//! The server tasks and the log that they fill.

#![expect(clippy::unwrap_used, reason = "a failed test should panic")]

use std::collections::BTreeMap;
use std::time::Duration;

use subscope::app::{Keymap, connection_words, partial_words, publish_error_words, trouble_words};
use subscope::log::{Content, MessageLog};
use subscope::message::{Allowed, Gap, GapEnd, Notice, RowId};
use subscope::server::{Config, Connection, Feed, NodeFacts, Server, start};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};

use super::truth::{Sent, check};

/// Timeout far longer than any condition here takes.
pub const TIMEOUT: Duration = Duration::from_secs(60);

/// Running server tasks and everything that they have reported so far.
pub struct Listener {
    /// The tasks.
    pub server: Server,
    feed_rx: mpsc::Receiver<Feed>,
    /// All rows.
    pub log: MessageLog,
    /// Every reported state of the connection.
    pub connections: Vec<Connection>,
    /// Every reported trouble, and its end as `None`.
    pub troubles: Vec<Option<String>>,
    /// Every report that some subscriptions are not receiving. `None` reports that all of them are
    /// again.
    pub partial: Vec<Option<String>>,
    /// The sharded channels found, one entry per report.
    pub found: Vec<Vec<Box<[u8]>>>,
    /// The results of publishing.
    pub published: Vec<Result<i64, String>>,
    /// What the user may subscribe to.
    pub allowed: Vec<(Box<str>, Allowed)>,
    /// How many PINGs were answered.
    pub pongs: usize,
    /// How many events have been received so far.
    pub events: usize,
    /// The latest table of nodes.
    pub nodes: Vec<NodeFacts>,
}

impl Listener {
    /// Starts the tasks.
    pub fn start(config: Config) -> Self {
        let (feed_tx, feed_rx) = mpsc::channel(64);
        Self {
            server: start(config, feed_tx),
            feed_rx,
            log: MessageLog::new(1 << 30),
            connections: Vec::new(),
            troubles: Vec::new(),
            partial: Vec::new(),
            found: Vec::new(),
            published: Vec::new(),
            allowed: Vec::new(),
            pongs: 0,
            events: 0,
            nodes: Vec::new(),
        }
    }

    /// Starts the tasks and waits until each subscription is confirmed.
    pub async fn listening(config: Config) -> Self {
        let count = config.subscriptions.len();
        let mut listener = Self::start(config);
        let condition = |listener: &Self| listener.confirmed() == count;
        listener
            .until("all subscriptions are confirmed", condition)
            .await;
        listener
    }

    /// Processes events until `condition` returns true.
    pub async fn until(&mut self, what: &str, condition: impl Fn(&Self) -> bool) {
        self.within(TIMEOUT, what, condition).await;
    }

    /// Processes events until `condition` returns true, for at most `time`.
    pub async fn within(&mut self, time: Duration, what: &str, condition: impl Fn(&Self) -> bool) {
        let deadline = Instant::now() + time;
        while !condition(self) {
            match timeout_at(deadline, self.feed_rx.recv()).await {
                Ok(Some(feed)) => self.take(feed),
                Ok(None) => panic!("the tasks ended before: {what}"),
                Err(elapsed) => panic!(
                    "{elapsed}: {what}; {:?}; {:?}; {:?}",
                    self.connections,
                    self.troubles,
                    self.notices()
                ),
            }
        }
    }

    /// Waits until the last confirmed message on each channel has arrived, and checks that the log
    /// tells the truth. Returns how many messages are missing.
    pub async fn check(&mut self, sent: &[Sent]) -> usize {
        let certain = sent.iter().filter(|sent| sent.to.is_some());
        let last = certain.map(|sent| (&*sent.channel, sent.number));
        let last: BTreeMap<&[u8], u64> = last.collect();
        for (channel, number) in last {
            let payload = number.to_string();
            let is_received = |listener: &Self| listener.has_received(channel, payload.as_bytes());
            self.until("the last message is received", is_received)
                .await;
        }
        check(&self.log, sent)
    }

    fn has_received(&self, channel: &[u8], payload: &[u8]) -> bool {
        let name = |id| self.log.channels().by_id(id).unwrap().name();
        let rows = (0..self.log.end().0).rev();
        let mut rows = rows.filter_map(|id| self.log.row(RowId(id)));
        rows.any(|row| {
            matches!(row.content, Content::Message { channel: at, payload: received, .. }
                if *received == *payload && *name(at) == *channel)
        })
    }

    /// Returns how many confirmations have arrived.
    pub fn confirmed(&self) -> usize {
        let notices = self.notices();
        let confirmed = notices.iter();
        confirmed
            .filter(|notice| matches!(notice, Notice::Subscribed { .. }))
            .count()
    }

    /// Returns how many messages have arrived.
    pub fn messages(&self) -> u64 {
        self.log.counters().received
    }

    /// Returns the rows that are not messages.
    pub fn notices(&self) -> Vec<Notice> {
        let notices = self.log.notices();
        notices.map(|(_, notice)| notice.clone()).collect()
    }

    /// Returns the gaps in their latest state.
    pub fn gaps(&self) -> Vec<Gap> {
        let notices = self.notices().into_iter();
        notices
            .filter_map(|notice| match notice {
                Notice::Gap(gap) => Some(gap),
                _ => None,
            })
            .collect()
    }

    /// Returns whether there was a gap and all gaps are closed.
    pub fn is_restored(&self) -> bool {
        let gaps = self.gaps();
        let is_closed = |gap: &Gap| matches!(gap.end, GapEnd::Restored(_));
        !gaps.is_empty() && gaps.iter().all(is_closed)
    }

    /// Returns the reason for the refusal, if the connection is permanently refused.
    pub fn refusal(&self) -> Option<String> {
        match self.connections.last()? {
            Connection::Refused { reason, .. } => Some(connection_words(reason)),
            _ => None,
        }
    }

    /// Returns whether the latest report of subscriptions that are not receiving starts with
    /// `start`.
    pub fn is_partial(&self, start: &str) -> bool {
        let last = self.partial.last().and_then(Option::as_deref);
        last.is_some_and(|words| words.starts_with(start))
    }

    /// Returns how many times a pattern was refused with a reason that starts with `start`.
    pub fn denials(&self, start: &str) -> usize {
        let is_it = |notice: &&Notice| matches!(notice, Notice::Denied { reason, .. } if reason.text.starts_with(start));
        self.notices().iter().filter(is_it).count()
    }

    /// Returns whether an attempt has failed for a reason that contains `words`.
    pub fn has_failed(&self, words: &str) -> bool {
        self.connections.iter().any(|connection| {
            matches!(connection, Connection::Reconnecting { reason, .. } if connection_words(reason).contains(words))
        })
    }

    fn take(&mut self, feed: Feed) {
        self.events += 1;
        match feed {
            Feed::Batch(batch) => self.log.append(*batch),
            Feed::Connection(_, connection) => self.connections.push(connection),
            Feed::Partial(partial) => {
                let words =
                    partial.map(|partial| partial_words(&partial, &Keymap::default()).join(": "));
                self.partial.push(words);
            }
            Feed::FoundChannels { names, .. } => self.found.push(names),
            Feed::Trouble(trouble) => self.troubles.push(
                trouble
                    .as_ref()
                    .map(|trouble| trouble_words(trouble, &Keymap::default())),
            ),
            Feed::Published { receivers, .. } => {
                let receivers = receivers.map_err(|error| publish_error_words(&error));
                self.published.push(receivers);
            }
            Feed::Allowed { user, channels } => self.allowed.push((user, channels)),
            Feed::RoundTrip(..) => self.pongs += 1,
            Feed::Nodes(nodes) => self.nodes = nodes,
            _ => (),
        }
    }
}
