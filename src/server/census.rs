//! Counts who is subscribed to what, at every node.

use std::sync::Arc;

use redis::{Cmd, FromRedisValue};

use super::config::Config;
use super::connect::{Address, Link, failure_within, refusal};
use super::route::Route;
use crate::message::{ConnectionError, ErrorCode};

/// The maximum number of channels whose subscribers are asked for at once.
const CHUNK: usize = 1000;

/// The subcommands of PUBSUB that list channels and count their subscribers.
const ORDINARY: [&str; 2] = ["CHANNELS", "NUMSUB"];

/// The same for sharded channels.
const SHARDED: [&str; 2] = ["SHARDCHANNELS", "SHARDNUMSUB"];

/// A channel and the number of its subscribers.
pub type Subscribed = (Vec<u8>, u64);

/// What a node says about the subscriptions of its own clients.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeCensus {
    /// The address of the node.
    pub node: String,
    /// The channels with subscribers.
    pub channels: Vec<Subscribed>,
    /// The sharded channels with subscribers.
    pub shard_channels: Vec<Subscribed>,
    /// The number of different patterns with subscribers.
    pub patterns: u64,
}

/// Connections for counting subscribers.
pub struct Census {
    config: Arc<Config>,
    route: Route,
}

impl Census {
    /// Connects.
    ///
    /// # Errors
    ///
    /// Returns why there is no connection.
    pub async fn connect(config: Config) -> Result<Self, ConnectionError> {
        let config = Arc::new(config);
        let mut route = Route::new(Arc::clone(&config));
        route.home().await?;
        Ok(Self { config, route })
    }

    /// Counts the subscribers of the channels that match `pattern` at every node. For a node that
    /// cannot be asked, the answer says why.
    ///
    /// # Errors
    ///
    /// Returns why there is no connection to the server, or to any node of the cluster.
    pub async fn take(
        &mut self,
        pattern: &[u8],
    ) -> Result<Vec<(String, Result<NodeCensus, ConnectionError>)>, ConnectionError> {
        let mut answers = Vec::new();
        for node in self.nodes().await? {
            let answer = self.ask(&node, pattern).await;
            answers.push((node.to_string(), answer));
        }
        Ok(answers)
    }

    /// Lists the channels with subscribers that match `pattern`, or the sharded ones, without
    /// counting. Leaves out nodes that cannot be asked; a channel is listed once for each node.
    ///
    /// # Errors
    ///
    /// Returns why there is no connection to the server, or to any node of the cluster.
    pub async fn list(
        &mut self,
        pattern: &[u8],
        is_sharded: bool,
    ) -> Result<Vec<Vec<u8>>, ConnectionError> {
        let list = if is_sharded { SHARDED[0] } else { ORDINARY[0] };
        let mut channels = Vec::new();
        for node in self.nodes().await? {
            if let Ok(question) = self.question(&node).await {
                let found = question.listed(list, pattern).await;
                channels.extend(found.unwrap_or_default());
            }
        }
        Ok(channels)
    }

    /// Returns the nodes to ask.
    async fn nodes(&mut self) -> Result<Vec<Address>, ConnectionError> {
        let home = self.route.home().await?.0.address().clone();
        self.route.learn_topology().await;
        let nodes = self.route.all_nodes();
        Ok(if nodes.is_empty() { vec![home] } else { nodes })
    }

    /// Connects to a node, unless that has been done.
    async fn question(&mut self, node: &Address) -> Result<Question<'_>, ConnectionError> {
        let is_home = self.route.home_address() == Some(node);
        let link = if is_home {
            self.route.home().await?.1
        } else {
            self.route.node(node).await?
        };
        Ok(Question {
            link,
            config: &self.config,
        })
    }

    /// Asks one node.
    async fn ask(&mut self, node: &Address, pattern: &[u8]) -> Result<NodeCensus, ConnectionError> {
        let question = self.question(node).await?;
        let channels = question.counted(ORDINARY, pattern).await?;
        let shard_channels = match question.counted(SHARDED, pattern).await {
            // Servers before Redis 7 do not know the question.
            Err(ConnectionError::Redis(error)) if error.code != ErrorCode::NoPermission => {
                Vec::new()
            }
            answer => answer?,
        };
        let patterns = question.ask(redis::cmd("PUBSUB").arg("NUMPAT")).await?;
        Ok(NodeCensus {
            node: node.to_string(),
            channels,
            shard_channels,
            patterns,
        })
    }
}

/// A connection that is asked several things.
struct Question<'a> {
    link: &'a Link,
    config: &'a Config,
}

impl Question<'_> {
    /// Returns the channels that match `pattern`, with the numbers of their subscribers. `names` are
    /// the subcommands of PUBSUB that list and count them.
    async fn counted(
        &self,
        names: [&str; 2],
        pattern: &[u8],
    ) -> Result<Vec<Subscribed>, ConnectionError> {
        let [list, count] = names;
        let channels = self.listed(list, pattern).await?;
        let mut counted = Vec::with_capacity(channels.len());
        for chunk in channels.chunks(CHUNK) {
            let question = redis::cmd("PUBSUB").arg(count).arg(chunk).to_owned();
            let answer: Vec<Subscribed> = self.ask(&question).await?;
            // A channel may have lost its last subscriber since it was listed.
            counted.extend(answer.into_iter().filter(|(_, count)| *count > 0));
        }
        Ok(counted)
    }

    /// Returns the channels that match `pattern`; `list` is the subcommand of PUBSUB that lists them.
    async fn listed(&self, list: &str, pattern: &[u8]) -> Result<Vec<Vec<u8>>, ConnectionError> {
        let question = redis::cmd("PUBSUB").arg(list).arg(pattern).to_owned();
        self.ask(&question).await
    }

    async fn ask<T: FromRedisValue>(&self, question: &Cmd) -> Result<T, ConnectionError> {
        let answer = self.link.ask(question).await;
        answer.map_err(|error| match refusal(&error) {
            Some(error) => ConnectionError::Redis(error),
            None => failure_within(&error, self.config.timing.answer_within),
        })
    }
}
