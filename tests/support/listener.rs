//! The server tasks, and the log that they fill.

#![expect(clippy::unwrap_used, reason = "a failed test should panic")]

use std::collections::BTreeMap;
use std::time::Duration;

use subscope::log::{Content, MessageLog};
use subscope::message::{Allowed, Gap, GapEnd, Notice, RowId};
use subscope::server::{Config, Connection, Feed, NodeFacts, Server, start};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};

use super::truth::{Sent, check};

/// Far beyond what any condition here takes.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Running server tasks with all that they have told so far.
pub struct Listener {
    /// The tasks.
    pub server: Server,
    feed_rx: mpsc::Receiver<Feed>,
    /// All rows.
    pub log: MessageLog,
    /// Each state of the connection.
    pub connections: Vec<Connection>,
    /// Each trouble told.
    pub troubles: Vec<Option<Box<str>>>,
    /// Each time that not all could be heard, or could again.
    pub partial: Vec<Option<Box<str>>>,
    /// The sharded channels that were found, each time.
    pub found: Vec<Vec<Box<[u8]>>>,
    /// What was published, with the answers.
    pub published: Vec<Result<i64, Box<str>>>,
    /// What the user may hear.
    pub allowed: Vec<(Box<str>, Allowed)>,
    /// How many PINGs were answered.
    pub pongs: usize,
    /// How much has been told so far.
    told: usize,
    /// The newest table of nodes.
    pub nodes: Vec<NodeFacts>,
}

impl Listener {
    /// Starts.
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
            told: 0,
            nodes: Vec::new(),
        }
    }

    /// Starts, and waits until each subscription is confirmed.
    pub async fn listening(config: Config) -> Self {
        let count = config.subscriptions.len();
        let mut listener = Self::start(config);
        let is_so = |listener: &Self| listener.confirmed() == count;
        listener.until("all are confirmed", is_so).await;
        listener
    }

    /// Takes in what the tasks tell until it is so.
    pub async fn until(&mut self, what: &str, is_so: impl Fn(&Self) -> bool) {
        self.within(PATIENCE, what, is_so).await;
    }

    /// The same, in a given time.
    pub async fn within(&mut self, time: Duration, what: &str, is_so: impl Fn(&Self) -> bool) {
        let deadline = Instant::now() + time;
        while !is_so(self) {
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

    /// Waits until the last message of each channel in the record is heard, and checks that the log
    /// tells the truth. Says how many messages are missing.
    pub async fn check(&mut self, sent: &[Sent]) -> usize {
        let certain = sent.iter().filter(|sent| sent.to.is_some());
        let last = certain.map(|sent| (&*sent.channel, sent.number));
        let last: BTreeMap<&[u8], u64> = last.collect();
        for (channel, number) in last {
            let payload = number.to_string();
            let is_heard = |listener: &Self| listener.has_heard(channel, payload.as_bytes());
            self.until("the last message is heard", is_heard).await;
        }
        check(&self.log, sent)
    }

    fn has_heard(&self, channel: &[u8], payload: &[u8]) -> bool {
        let name = |id| self.log.channels().by_id(id).unwrap().name();
        let rows = (0..self.log.end().0).rev();
        let mut rows = rows.filter_map(|id| self.log.row(RowId(id)));
        rows.any(|row| {
            matches!(row.content, Content::Message { channel: at, payload: heard, .. }
                if *heard == *payload && *name(at) == *channel)
        })
    }

    /// How many confirmations came.
    pub fn confirmed(&self) -> usize {
        let notices = self.notices();
        let confirmed = notices.iter();
        confirmed
            .filter(|notice| matches!(notice, Notice::Subscribed { .. }))
            .count()
    }

    /// How many messages came.
    pub fn messages(&self) -> u64 {
        self.log.counters().received
    }

    /// The rows that are no messages.
    pub fn notices(&self) -> Vec<Notice> {
        let notices = self.log.notices();
        notices.map(|(_, notice)| notice.clone()).collect()
    }

    /// The gaps, as they are told last.
    pub fn gaps(&self) -> Vec<Gap> {
        let notices = self.notices().into_iter();
        notices
            .filter_map(|notice| match notice {
                Notice::Gap(gap) => Some(gap),
                _ => None,
            })
            .collect()
    }

    /// Whether there was a gap, and none is open.
    pub fn is_restored(&self) -> bool {
        let gaps = self.gaps();
        let is_closed = |gap: &Gap| matches!(gap.end, GapEnd::Restored(_));
        !gaps.is_empty() && gaps.iter().all(is_closed)
    }

    /// The words of the last refusal, if the connection is refused for good.
    pub fn refusal(&self) -> Option<&str> {
        match self.connections.last()? {
            Connection::Refused { reason, .. } => Some(reason),
            _ => None,
        }
    }

    /// Whether the last that was told of what cannot be heard begins so.
    pub fn is_partial(&self, start: &str) -> bool {
        let last = self.partial.last().and_then(Option::as_deref);
        last.is_some_and(|words| words.starts_with(start))
    }

    /// How often a pattern was refused in words that begin so.
    pub fn denials(&self, start: &str) -> usize {
        let is_it = |notice: &&Notice| matches!(notice, Notice::Denied { reason, .. } if reason.starts_with(start));
        self.notices().iter().filter(is_it).count()
    }

    /// Whether an attempt has failed for a reason with these words.
    pub fn has_failed(&self, words: &str) -> bool {
        self.connections.iter().any(|connection| {
            matches!(connection, Connection::Reconnecting { reason, .. } if reason.contains(words))
        })
    }

    /// How much has been told so far, of anything: a larger number is news.
    pub fn told(&self) -> usize {
        self.told
    }

    fn take(&mut self, feed: Feed) {
        self.told += 1;
        match feed {
            Feed::Batch(batch) => self.log.append(*batch),
            Feed::Connection(_, connection) => self.connections.push(connection),
            Feed::Partial(words) => self.partial.push(words),
            Feed::ShardChannels { names, .. } => self.found.push(names),
            Feed::Trouble(trouble) => self.troubles.push(trouble),
            Feed::Published { receivers, .. } => self.published.push(receivers),
            Feed::Allowed { user, channels } => self.allowed.push((user, channels)),
            Feed::RoundTrip(..) => self.pongs += 1,
            Feed::Nodes(nodes) => self.nodes = nodes,
            _ => (),
        }
    }
}
