//! Publishes many messages: sends them in batches, without waiting for the answers to earlier ones.

mod pipe;

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::sleep;

use self::pipe::{Flight, Landed, Pipe};
use super::config::Config;
use super::connect::{Address, Backoff, Endpoint};
use super::feed::PublishError;
use super::route::Route;
use crate::message::ConnectionError;

/// The maximum number of batches whose answers are awaited.
const MAX_FLIGHTS: usize = 8;

/// The maximum number of redirections that a message follows.
const MAX_REDIRECTIONS: u8 = 3;

/// How many clients received a message, or why it was not published.
pub type Published = Result<i64, PublishError>;

/// A connection for publishing to a server, to the master that sentinels name, or to a cluster.
pub struct Publisher {
    config: Arc<Config>,
    route: Route,
    /// The connections that messages were sent through.
    pipes: HashMap<Address, Pipe>,
    /// Messages for the server that everything is published at, unless it must go elsewhere.
    prepared: Flight,
    /// Messages for other nodes of a cluster.
    prepared_elsewhere: HashMap<Address, Flight>,
    /// How many batches were sent whose answers have not arrived.
    flights: usize,
    landed_tx: UnboundedSender<Landed>,
    landed_rx: UnboundedReceiver<Landed>,
    /// The answers to the messages from `first_number` on, as far as they are known.
    answers: VecDeque<Option<Published>>,
    first_number: u64,
    backoff: Backoff,
}

impl Publisher {
    /// Connects.
    ///
    /// # Errors
    ///
    /// Returns why there is no connection.
    pub async fn connect(config: Config) -> Result<Self, ConnectionError> {
        let config = Arc::new(config);
        let mut route = Route::new(Arc::clone(&config));
        let home = route.home().await?.0.clone();
        let (landed_tx, landed_rx) = unbounded_channel();
        let mut publisher = Self {
            route,
            pipes: HashMap::new(),
            prepared: Flight::default(),
            prepared_elsewhere: HashMap::new(),
            flights: 0,
            landed_tx,
            landed_rx,
            answers: VecDeque::new(),
            first_number: 0,
            backoff: Backoff::new(config.timing.first_wait, config.timing.longest_wait),
            config,
        };
        // The first message must not wait for it.
        publisher.pipe(&home).await?;
        Ok(publisher)
    }

    /// Returns the cluster node that counts the receivers of messages on ordinary channels. It
    /// counts only its own clients. `None` if the counts cover all clients.
    pub fn counted_at(&self) -> Option<String> {
        let node = self.route.is_cluster().then(|| self.route.home_address());
        node.flatten().map(Address::to_string)
    }

    /// Adds a message to those that [`Self::flush`] sends.
    pub fn push(&mut self, channel: &[u8], payload: &[u8], is_sharded: bool) {
        if self.config.read_only {
            self.answers.push_back(Some(Err(PublishError::ReadOnly)));
            return;
        }
        let number = self.first_number + self.answers.len() as u64;
        self.answers.push_back(None);
        let prepared = if is_sharded && let Some(owner) = self.route.owner(channel) {
            self.prepared_elsewhere.entry(owner).or_default()
        } else {
            &mut self.prepared
        };
        prepared.push(number, channel, payload, is_sharded);
    }

    /// Sends everything that was pushed. Waits while too many answers are missing.
    ///
    /// # Errors
    ///
    /// Returns why there is no connection. Nothing that was pushed is lost; call again after
    /// [`Self::pause`].
    pub async fn flush(&mut self) -> Result<(), ConnectionError> {
        if !self.prepared.is_empty() {
            self.make_room().await;
            let home = self.route.home().await?.0.clone();
            let pipe = self.pipe(&home).await?;
            pipe.send(&mut self.prepared)?;
            self.flights += 1;
        }
        while let Some(owner) = self.prepared_elsewhere.keys().next().cloned() {
            self.make_room().await;
            let endpoint = self.route.endpoint(owner.clone());
            let pipe = match self.pipe(&endpoint).await {
                Ok(pipe) => pipe,
                Err(error) => {
                    self.reroute().await;
                    return Err(error);
                }
            };
            // Nothing is taken before the last wait, which may be cancelled.
            pipe.send(self.prepared_elsewhere.entry(owner.clone()).or_default())?;
            self.prepared_elsewhere.remove(&owner);
            self.flights += 1;
        }
        self.backoff.reset();
        Ok(())
    }

    /// Returns the connection to the server at `endpoint`. Connects if necessary.
    async fn pipe(&mut self, endpoint: &Endpoint) -> Result<Pipe, ConnectionError> {
        let address = endpoint.address();
        if let Some(pipe) = self.pipes.get(address).filter(|pipe| !pipe.is_closed()) {
            return Ok(pipe.clone());
        }
        let opened = Pipe::open(endpoint, &self.config.dial(), self.landed_tx.clone()).await;
        let pipe = opened.inspect_err(|_| self.route.drop_link(address))?;
        self.pipes.insert(address.clone(), pipe.clone());
        Ok(pipe)
    }

    /// Finds the owners of sharded channels again, because one of them cannot be reached.
    async fn reroute(&mut self) {
        self.route.learn_topology().await;
        for (_, flight) in std::mem::take(&mut self.prepared_elsewhere) {
            for index in 0..flight.numbers().len() {
                let channel = flight.channel(index).unwrap_or_default();
                let prepared = match self.route.owner(channel) {
                    Some(owner) => self.prepared_elsewhere.entry(owner).or_default(),
                    None => &mut self.prepared,
                };
                prepared.take_from(&flight, index);
            }
        }
    }

    /// Waits before another attempt to connect: longer each time, up to a limit.
    pub async fn pause(&mut self) {
        sleep(self.backoff.next_wait()).await;
    }

    /// Returns the answer to the oldest message whose answer has not been taken, if it is known.
    pub fn take_answer(&mut self) -> Option<Published> {
        let answer = self.answers.front_mut()?.take()?;
        self.answers.pop_front();
        self.first_number += 1;
        Some(answer)
    }

    /// Returns the number of messages, pushed or sent, whose answer has not been taken.
    pub fn unanswered(&self) -> usize {
        self.answers.len()
    }

    /// Returns whether messages were sent whose answers have not arrived.
    pub fn is_waiting(&self) -> bool {
        self.flights > 0
    }

    /// Waits for the next answers, if any are missing. Cancel safe.
    pub async fn wait(&mut self) {
        self.land().await;
        if !self.prepared_elsewhere.is_empty() {
            // Redirected messages go on at once. Without a connection, the next flush tries again.
            let _ = self.flush().await;
        }
    }

    async fn land(&mut self) {
        if self.flights > 0
            && let Some(landed) = self.landed_rx.recv().await
        {
            self.note(landed);
        }
    }

    /// Waits until fewer than [`MAX_FLIGHTS`] answers are missing.
    async fn make_room(&mut self) {
        while self.flights >= MAX_FLIGHTS {
            self.land().await;
        }
    }

    /// Records the answers to a batch.
    fn note(&mut self, landed: Landed) {
        self.flights -= 1;
        let at = &landed.at;
        let mut answers = landed.answers.into_iter();
        for (index, number) in landed.flight.numbers().enumerate() {
            let published = match (answers.next(), &landed.error) {
                (Some(Ok(receivers)), _) => Ok(receivers),
                (Some(Err(error)), _) => match self.route.note_redirection(&error, at) {
                    Some(owner) if landed.flight.redirections < MAX_REDIRECTIONS => {
                        let prepared = self.prepared_elsewhere.entry(owner).or_default();
                        prepared.take_from(&landed.flight, index);
                        let redirections = landed.flight.redirections + 1;
                        prepared.redirections = prepared.redirections.max(redirections);
                        continue;
                    }
                    _ => Err(PublishError::Refused(error)),
                },
                (None, Some(error)) => Err(PublishError::Unknown(error.clone())),
                (None, None) => Err(PublishError::Unknown(ConnectionError::NotConnected)),
            };
            self.answer(number, published);
        }
        if landed.error.is_some() {
            self.route.drop_link(at);
        }
    }

    fn answer(&mut self, number: u64, published: Published) {
        let index = usize::try_from(number - self.first_number).unwrap_or(usize::MAX);
        if let Some(answer) = self.answers.get_mut(index) {
            *answer = Some(published);
        }
    }
}
