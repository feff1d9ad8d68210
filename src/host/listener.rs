//! Receives messages without a screen.

use std::collections::BTreeMap;
use std::future::pending;
use std::sync::Arc;

use subscope::app::{Keymap, notice_words};
use subscope::log::Batch;
use subscope::message::{Allowed, ErrorCode, NodeId, Notice, Subscription, SubscriptionId, Topic};
use subscope::payload::figures::{Clock, Zone};
use subscope::server::{self, Ask, Command, Config, Connection, Feed, MAX_UNNAMED, Server};
use subscope::terminal::signals::Signals;
use tokio::select;
use tokio::sync::mpsc::{self, Receiver};
use tokio::time::{Instant, sleep_until};

use super::screen::Job;
use super::{Failure, report};

/// Maximum number of batches that wait to be taken; the subscriber keeps any others in its own
/// queue.
const FEED_ROOM: usize = 16;

/// The pattern that matches all channels.
const ALL: &[u8] = b"*";

/// Something that happened.
pub enum Heard {
    /// Rows arrived.
    Batch(Box<Batch>),
    /// The answer to a publish.
    Published(Feed),
    /// No subscription is left.
    AllEnded,
    /// The process was asked to end, with this exit code.
    Signal(u8),
    /// The deadline has passed.
    TimeUp,
}

/// A connection to the server with subscriptions.
pub struct Listener {
    server: Server,
    feed_rx: Receiver<Feed>,
    signals: Signals,
    address: String,
    topics: Vec<Topic>,
    /// A copy of the topics.
    shared: Arc<[Topic]>,
    /// The number of subscriptions that have neither ended nor been refused.
    open: usize,
    connections: BTreeMap<NodeId, Connection>,
    is_live: bool,
    shows_notices: bool,
    /// The last refusal of a subscription.
    refusal: Option<String>,
    has_ended: bool,
}

impl Listener {
    /// Starts subscribing. Notices are printed to standard error if `shows_notices`.
    pub fn start(job: Job, shows_notices: bool) -> Result<Self, Failure> {
        let signals = Signals::listen().map_err(Failure::other)?;
        let (feed_tx, feed_rx) = mpsc::channel(FEED_ROOM);
        let numbered = job.topics.iter().enumerate();
        let subscriptions = numbered.map(|(id, topic)| subscription(id, topic));
        let config = Config {
            subscriptions: subscriptions.collect(),
            ..job.server
        };
        Ok(Self {
            server: server::start(config, feed_tx),
            feed_rx,
            signals,
            address: job.settings.address,
            open: job.topics.len(),
            topics: job.topics,
            shared: Arc::default(),
            connections: BTreeMap::new(),
            is_live: false,
            shows_notices,
            refusal: None,
            has_ended: false,
        })
    }

    /// Returns the topics of all subscriptions, by id.
    pub fn topics(&self) -> &[Topic] {
        &self.topics
    }

    /// Returns the topics, for another thread.
    pub fn shared_topics(&mut self) -> Arc<[Topic]> {
        if self.shared.len() != self.topics.len() {
            self.shared = self.topics.as_slice().into();
        }
        Arc::clone(&self.shared)
    }

    /// Asks the server; the answer arrives as [`Heard::Published`].
    pub fn ask(&self, ask: Ask) {
        self.server.ask(ask);
    }

    /// Waits for the next thing that happens, until the deadline if there is one.
    ///
    /// # Errors
    ///
    /// Fails if no server can be reached at the start, or if every subscription is refused.
    pub async fn next(&mut self, deadline: Option<Instant>) -> Result<Heard, Failure> {
        loop {
            if self.has_ended {
                return Ok(Heard::AllEnded);
            }
            let time_up = async {
                match deadline {
                    Some(deadline) => sleep_until(deadline).await,
                    None => pending().await,
                }
            };
            let feed = select! {
                biased;
                signal = self.signals.next() => match signal.exit_code() {
                    Some(exit_code) => return Ok(Heard::Signal(exit_code)),
                    None => continue,
                },
                feed = self.feed_rx.recv() => feed,
                () = time_up => return Ok(Heard::TimeUp),
            };
            let Some(feed) = feed else {
                return Ok(Heard::AllEnded);
            };
            if let Some(heard) = self.take(feed)? {
                return Ok(heard);
            }
        }
    }

    /// Ends the connection.
    pub async fn stop(self) {
        self.server.stop().await;
    }

    fn take(&mut self, feed: Feed) -> Result<Option<Heard>, Failure> {
        match feed {
            Feed::Batch(batch) => {
                for notice in batch.notices() {
                    self.note(notice);
                }
                if self.open == 0
                    && let Some(refusal) = self.refusal.take()
                {
                    return Err(Failure::other(refusal));
                }
                return Ok((!batch.is_empty()).then_some(Heard::Batch(batch)));
            }
            Feed::Connection(node, connection) => self.connected(node, connection)?,
            Feed::Allowed { user, channels } => self.subscribe_to_allowed(user, channels),
            Feed::Published { .. } => return Ok(Some(Heard::Published(feed))),
            Feed::Partial(Some(partial)) => self.tell(&Notice::Partial(partial)),
            Feed::RoundTrip(..)
            | Feed::Unconfirmed(_)
            | Feed::Nodes(_)
            | Feed::ServerVersion(_)
            | Feed::Sentinel(_)
            | Feed::Trouble(_)
            | Feed::Partial(None)
            | Feed::KeyEventsOff => {}
            Feed::ShardChannels { names, .. } => self.subscribe_to_shards(&names),
        }
        Ok(None)
    }

    /// Records the state of a connection. Fails if none has worked yet and all have failed: later,
    /// gaps are reported, and the connection is tried again for ever.
    fn connected(&mut self, node: NodeId, connection: Connection) -> Result<(), Failure> {
        self.is_live |= connection == Connection::Live;
        self.connections.insert(node, connection);
        if self.is_live {
            return Ok(());
        }
        let mut reasons =
            self.connections
                .values()
                .map(|connection| match connection {
                    Connection::Reconnecting { reason, .. }
                    | Connection::Refused { reason, .. } => Some(reason),
                    _ => None,
                });
        match reasons.next().flatten() {
            Some(reason) if reasons.all(|reason| reason.is_some()) => {
                Err(Failure::unconnected(&self.address, reason))
            }
            _ => Ok(()),
        }
    }

    /// Records what a notice says about the subscriptions, and prints it.
    fn note(&mut self, notice: &Notice) {
        match notice {
            Notice::Denied {
                subscription,
                reason,
            } => {
                if subscription.topic == Topic::pattern(ALL)
                    && reason.code == ErrorCode::NoPermission
                {
                    self.server.ask(Ask::Allowed);
                    return;
                }
                self.open = self.open.saturating_sub(1);
                self.refusal = Some(words(notice));
            }
            Notice::Ended(_) => self.open = self.open.saturating_sub(1),
            Notice::AllEnded => self.has_ended = true,
            _ => {}
        }
        self.tell(notice);
    }

    /// Subscribes to sharded channels that match a pattern, but not to very many.
    fn subscribe_to_shards(&mut self, names: &[Box<[u8]>]) {
        for name in names {
            if self.open < MAX_UNNAMED {
                self.subscribe(Topic::shard(name));
            }
        }
    }

    fn subscribe(&mut self, topic: Topic) {
        if !self.topics.contains(&topic) {
            let added = subscription(self.topics.len(), &topic);
            self.topics.push(topic);
            self.open += 1;
            self.server.command(Command::Subscribe(added));
        }
    }

    /// Subscribes to what the user may access, after `*` was refused.
    fn subscribe_to_allowed(&mut self, user: Box<str>, channels: Allowed) {
        self.open = self.open.saturating_sub(1);
        if let Allowed::Only { names, .. } = &channels {
            for name in names {
                self.subscribe(Topic::guess_in_acl(name));
            }
        }
        let notice = Notice::Allowed { user, channels };
        if self.open == 0 {
            self.refusal = Some(words(&notice));
        }
        self.tell(&notice);
    }

    fn tell(&self, notice: &Notice) {
        if self.shows_notices {
            report(words(notice));
        }
    }
}

fn words(notice: &Notice) -> String {
    let clock = Clock::new(Zone::Local);
    notice_words(notice, &clock, &Keymap::default())
}

fn subscription(id: usize, topic: &Topic) -> Subscription {
    Subscription {
        id: SubscriptionId(u32::try_from(id).unwrap_or(u32::MAX)),
        topic: topic.clone(),
    }
}
