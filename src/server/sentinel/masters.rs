//! Sentinels, which report the current master.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use redis::aio::PubSubStream;
use tokio::sync::watch;

use crate::message::{ConnectionError, SentinelError, SentinelErrors};
use crate::server::config::Config;
use crate::server::connect::{Address, Endpoint, Link, Sentinels, command_cause, cut};

/// The channel on which sentinels announce a new master. The payload is
/// `<name> <old host> <old port> <host> <port>`.
const SWITCH: &str = "+switch-master";

/// Maximum number of known masters that are named in the error about an unknown master.
const NAMED_MASTERS: usize = 8;

/// The master as reported by the sentinels.
#[derive(Debug)]
pub(crate) struct Masters {
    config: Arc<Config>,
    sentinels: Sentinels,
    /// Index of the sentinel to ask first: the last one with a valid answer.
    first_asked: AtomicUsize,
    /// Index of the sentinel to subscribe to next.
    next_subscribed: AtomicUsize,
    /// Publishes the latest master that was found.
    home_tx: watch::Sender<Option<Endpoint>>,
}

/// A sentinel and the master that it named, once that server has confirmed its role.
pub(crate) struct SentinelAnswer {
    pub(crate) link: Link,
    pub(crate) sentinel: Endpoint,
    pub(crate) master: Endpoint,
}

/// The role a server claims to have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReplicationRole {
    Master,
    Replica,
    /// The server does not say.
    Unknown,
}

impl Masters {
    pub(crate) fn new(
        config: Arc<Config>,
        sentinels: Sentinels,
        home_tx: watch::Sender<Option<Endpoint>>,
    ) -> Self {
        Self {
            config,
            sentinels,
            first_asked: AtomicUsize::new(0),
            next_subscribed: AtomicUsize::new(0),
            home_tx,
        }
    }

    /// Returns the master named by the first sentinel with a valid answer.
    ///
    /// If sentinels can be reached but all of them refuse the login, the failure is permanent.
    pub(crate) async fn locate(&self) -> Result<Endpoint, ConnectionError> {
        let answer = self.first_answer().await;
        let master = answer.map_err(ConnectionError::Sentinels)?.master;
        self.home_tx.send_if_modified(|home| {
            let is_new = home.as_ref() != Some(&master);
            *home = Some(master.clone());
            is_new
        });
        Ok(master)
    }

    /// Returns the name by which the sentinels know the master.
    pub(crate) fn name(&self) -> &str {
        &self.sentinels.master
    }

    /// Returns the sentinel to subscribe to next, a different one each time.
    pub(crate) fn next_sentinel(&self) -> Endpoint {
        let all = &self.sentinels.sentinels;
        all[self.next_subscribed.fetch_add(1, Relaxed) % all.len()].clone()
    }

    /// Waits until a master has been found for the first time. Fails at shutdown.
    pub(crate) async fn found(&self) -> Result<(), watch::error::RecvError> {
        let mut home_rx = self.home_tx.subscribe();
        home_rx.wait_for(Option::is_some).await.map(drop)
    }

    /// Returns the first sentinel that names a server which confirms that it is the master. The
    /// confirmation is needed because a sentinel that was partitioned may still name the previous
    /// master.
    pub(crate) async fn first_answer(&self) -> Result<SentinelAnswer, SentinelErrors> {
        let all = &self.sentinels.sentinels;
        let start = self.first_asked.load(Relaxed);
        let mut errors = Vec::new();
        for index in (0..all.len()).map(|offset| (start + offset) % all.len()) {
            match self.ask_and_verify(&all[index]).await {
                Ok(answer) => {
                    self.first_asked.store(index, Relaxed);
                    return Ok(answer);
                }
                Err(error) => errors.push((all[index].address().to_string().into(), error)),
            }
        }
        Err(SentinelErrors(errors))
    }

    /// Asks a sentinel for the master's address.
    pub(crate) async fn ask(&self, link: &mut Link) -> Result<Endpoint, SentinelError> {
        let master = &self.sentinels.master;
        let mut command = redis::cmd("SENTINEL");
        command.arg("GET-MASTER-ADDR-BY-NAME").arg(master);
        match link.ask::<Option<(String, u16)>>(&command).await {
            Ok(Some((host, port))) => {
                let address = self.config.address_map.map(Address::tcp(host, port));
                Ok(self.sentinels.server.at(address))
            }
            Ok(None) => {
                let names = known_masters(link).await;
                let known = names.iter().take(NAMED_MASTERS);
                Err(SentinelError::UnknownMaster {
                    master: master.as_str().into(),
                    known: known.map(|name| cut(name).into()).collect(),
                    has_more: names.len() > NAMED_MASTERS,
                })
            }
            Err(error) => Err(SentinelError::NoAnswer(link.failure(&error))),
        }
    }

    /// Checks that the server considers itself a master.
    pub(crate) async fn verify(&self, endpoint: &Endpoint) -> Result<(), SentinelError> {
        let address = || endpoint.address().to_string().into();
        let mut link = match self.open(endpoint).await {
            Ok(link) => link,
            // If the server refuses the connection, its role is unknown. The subscriber reports the
            // refusal.
            Err(error) if error.is_refusal() => return Ok(()),
            Err(error) => return Err(SentinelError::MasterUnreachable(address(), error)),
        };
        match replication_role(&mut link).await {
            // If ROLE is not permitted, the sentinels have to be trusted.
            ReplicationRole::Master | ReplicationRole::Unknown => Ok(()),
            ReplicationRole::Replica => Err(SentinelError::MasterIsReplica(address())),
        }
    }

    /// Subscribes to failover events at one sentinel.
    pub(crate) async fn switches(
        &self,
        sentinel: &Endpoint,
    ) -> Result<PubSubStream, ConnectionError> {
        let mut listener = Link::listen(sentinel, &self.config.short_dial()).await?;
        let subscribed = listener.subscribe(SWITCH).await;
        subscribed.map_err(|error| command_cause(&error))?;
        Ok(listener.split().1)
    }

    /// Connects to a sentinel or server.
    pub(crate) async fn open(&self, endpoint: &Endpoint) -> Result<Link, ConnectionError> {
        Link::open(endpoint, &self.config.short_dial()).await
    }

    async fn ask_and_verify(&self, sentinel: &Endpoint) -> Result<SentinelAnswer, SentinelError> {
        let opened = self.open(sentinel).await;
        let mut link = opened.map_err(SentinelError::Connection)?;
        let master = self.ask(&mut link).await?;
        self.verify(&master).await?;
        Ok(SentinelAnswer {
            link,
            sentinel: sentinel.clone(),
            master,
        })
    }
}

/// Asks a server for its role.
pub(crate) async fn replication_role(link: &mut Link) -> ReplicationRole {
    let role: Result<Vec<redis::Value>, _> = link.ask(&redis::cmd("ROLE")).await;
    let role = role.ok().and_then(|role| role.into_iter().next());
    let role = role.and_then(|role| redis::from_redis_value::<String>(role).ok());
    match role.as_deref() {
        Some("master") => ReplicationRole::Master,
        Some(_) => ReplicationRole::Replica,
        None => ReplicationRole::Unknown,
    }
}

/// Returns the names of the masters that a sentinel knows, or an empty list if it does not say.
pub(crate) async fn known_masters(link: &mut Link) -> Vec<String> {
    let masters: Result<Vec<HashMap<String, String>>, _> =
        link.ask(redis::cmd("SENTINEL").arg("MASTERS")).await;
    let masters = masters.unwrap_or_default().into_iter();
    let names = masters.filter_map(|mut of| of.remove("name"));
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}
