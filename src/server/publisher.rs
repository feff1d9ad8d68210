//! Publishes many messages: sends them in batches, without waiting for the answers to earlier ones.

use std::collections::{HashMap, VecDeque};
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use futures_util::stream::{FuturesUnordered, StreamExt as _};
use redis::Pipeline;
use tokio::time::sleep;

use super::config::Config;
use super::connect::{Address, Backoff, Link, command_cause, failure_within, refusal};
use super::feed::PublishError;
use super::route::Route;
use crate::message::ConnectionError;

/// The maximum number of batches whose answers are awaited. The redis crate accepts at most 50
/// requests at once.
const MAX_FLIGHTS: usize = 8;

/// The maximum number of redirections that a message follows.
const MAX_REDIRECTIONS: u8 = 3;

/// How many clients received a message, or why it was not published.
pub type Published = Result<i64, PublishError>;

/// Messages for one server that have not been sent yet.
#[derive(Default)]
struct Prepared {
    pipeline: Pipeline,
    /// The number of each message.
    numbers: Vec<u64>,
    /// How often they were redirected.
    redirections: u8,
}

/// What became of messages that were sent.
struct Landed {
    sent: Prepared,
    at: Address,
    answers: redis::RedisResult<Vec<redis::RedisResult<i64>>>,
}

type Flight = Pin<Box<dyn Future<Output = Landed> + Send>>;

/// A connection for publishing to a server, to the master that sentinels name, or to a cluster.
pub struct Publisher {
    config: Arc<Config>,
    route: Route,
    /// Messages for the server that everything is published at, unless it must go elsewhere.
    prepared: Prepared,
    /// Messages for other nodes of a cluster.
    prepared_elsewhere: HashMap<Address, Prepared>,
    flights: FuturesUnordered<Flight>,
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
        route.home().await?;
        Ok(Self {
            route,
            prepared: Prepared::default(),
            prepared_elsewhere: HashMap::new(),
            flights: FuturesUnordered::new(),
            answers: VecDeque::new(),
            first_number: 0,
            backoff: Backoff::new(config.timing.first_wait, config.timing.longest_wait),
            config,
        })
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
        let name = if is_sharded { "SPUBLISH" } else { "PUBLISH" };
        prepared.pipeline.cmd(name).arg(channel).arg(payload);
        prepared.numbers.push(number);
    }

    /// Sends everything that was pushed. Waits while too many answers are missing.
    ///
    /// # Errors
    ///
    /// Returns why there is no connection. Nothing that was pushed is lost; call again after
    /// [`Self::pause`].
    pub async fn flush(&mut self) -> Result<(), ConnectionError> {
        if !self.prepared.numbers.is_empty() {
            self.make_room().await;
            let (at, link) = self.route.home().await?;
            let flight = flight(link, &at, std::mem::take(&mut self.prepared));
            self.launch(flight).await;
        }
        while let Some(owner) = self.prepared_elsewhere.keys().next().cloned() {
            self.make_room().await;
            let link = match self.route.node(&owner).await {
                Ok(link) => link,
                Err(error) => {
                    self.reroute().await;
                    return Err(error);
                }
            };
            let prepared = self.prepared_elsewhere.remove(&owner).unwrap_or_default();
            let flight = flight(link, &owner, prepared);
            self.launch(flight).await;
        }
        self.backoff.reset();
        Ok(())
    }

    /// Finds the owners of sharded channels again, because one of them cannot be reached.
    async fn reroute(&mut self) {
        self.route.learn_topology().await;
        for (_, prepared) in std::mem::take(&mut self.prepared_elsewhere) {
            for (command, number) in prepared.pipeline.cmd_iter().zip(prepared.numbers) {
                let Some(redis::Arg::Simple(channel)) = command.args_iter().nth(1) else {
                    continue;
                };
                let prepared = match self.route.owner(channel) {
                    Some(owner) => self.prepared_elsewhere.entry(owner).or_default(),
                    None => &mut self.prepared,
                };
                prepared.pipeline.add_command(command.clone());
                prepared.numbers.push(number);
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
        !self.flights.is_empty()
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
        if let Some(landed) = self.flights.next().await {
            self.note(landed);
        }
    }

    /// Waits until fewer than [`MAX_FLIGHTS`] answers are missing.
    async fn make_room(&mut self) {
        while self.flights.len() >= MAX_FLIGHTS {
            self.land().await;
        }
    }

    /// Starts sending. The first poll passes the messages to the connection, so that batches are
    /// sent in order.
    async fn launch(&mut self, mut flight: Flight) {
        match poll_fn(|context| Poll::Ready(flight.as_mut().poll(context))).await {
            Poll::Ready(landed) => self.note(landed),
            Poll::Pending => self.flights.push(flight),
        }
    }

    /// Records the answers to a batch.
    fn note(&mut self, landed: Landed) {
        let Landed { sent, at, answers } = landed;
        let answers = match answers {
            Ok(answers) => answers,
            Err(error) => {
                self.route.drop_link(&at);
                let within = self.config.timing.answer_within;
                let cause = failure_within(&error, within);
                for number in sent.numbers {
                    self.answer(number, Err(PublishError::Unknown(cause.clone())));
                }
                return;
            }
        };
        let commands = sent.pipeline.cmd_iter();
        for ((number, command), answer) in sent.numbers.iter().zip(commands).zip(answers) {
            let published = match answer {
                Ok(receivers) => Ok(receivers),
                Err(error) if sent.redirections < MAX_REDIRECTIONS && is_redirection(&error) => {
                    let owner = self.route.note_redirection(&error, &at);
                    let prepared = self.prepared_elsewhere.entry(owner).or_default();
                    prepared.pipeline.add_command(command.clone());
                    prepared.numbers.push(*number);
                    prepared.redirections = prepared.redirections.max(sent.redirections + 1);
                    continue;
                }
                Err(error) => Err(match refusal(&error) {
                    Some(error) => PublishError::Refused(error),
                    None => PublishError::Unknown(command_cause(&error)),
                }),
            };
            self.answer(*number, published);
        }
    }

    fn answer(&mut self, number: u64, published: Published) {
        let index = usize::try_from(number - self.first_number).unwrap_or(usize::MAX);
        if let Some(answer) = self.answers.get_mut(index) {
            *answer = Some(published);
        }
    }
}

/// Returns whether the server names another node that takes the message.
fn is_redirection(error: &redis::RedisError) -> bool {
    error.redirect_node().is_some()
}

/// Returns the request that publishes `sent` through `link`.
fn flight(link: &Link, at: &Address, mut sent: Prepared) -> Flight {
    sent.pipeline.ignore_errors();
    let mut connection = link.connection();
    let at = at.clone();
    Box::pin(async move {
        let answers = sent.pipeline.query_async(&mut connection).await;
        Landed { sent, at, answers }
    })
}
