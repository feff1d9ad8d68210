//! Sentinels: they say which server is the master, and tell when that changes.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use futures_util::StreamExt as _;
use redis::aio::PubSubStream;
use tokio::select;
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::watch;
use tokio::time::sleep;

use super::Config;
use super::endpoint::{Address, Endpoint};
use super::link::{Dial, Link};
use super::node::Report;
use super::target::Sentinels;
use crate::message::Time;

/// A sentinel is asked this often, though they tell by themselves.
const EVERY: Duration = Duration::from_secs(1);

/// One that cannot be reached within this time is passed over.
const CONNECT_WITHIN: Duration = Duration::from_secs(1);

/// One that does not answer within this time is passed over.
const ANSWER_WITHIN: Duration = Duration::from_secs(2);

/// The channel on which sentinels tell of a new master: `<name> <old host> <old port> <host> <port>`.
const SWITCH: &str = "+switch-master";

/// The master, as the sentinels know it.
#[derive(Debug)]
pub(super) struct Masters {
    config: Arc<Config>,
    sentinels: Sentinels,
    /// The sentinel that is asked first: the last that answered.
    turn: AtomicUsize,
    /// The master that was found last.
    home_tx: watch::Sender<Option<Endpoint>>,
}

impl Masters {
    pub(super) fn new(
        config: Arc<Config>,
        sentinels: Sentinels,
        home_tx: watch::Sender<Option<Endpoint>>,
    ) -> Self {
        Self {
            config,
            sentinels,
            turn: AtomicUsize::new(0),
            home_tx,
        }
    }

    /// The master: what the first sentinel that answers says, if that server says so itself.
    ///
    /// Fails with the reason in words.
    pub(super) async fn locate(&self) -> Result<Endpoint, Box<str>> {
        let (mut link, _) = self.any_sentinel().await?;
        let address = self.ask(&mut link).await?;
        let endpoint = self.sentinels.server.at(address);
        self.verify(&endpoint).await?;
        self.home_tx.send_if_modified(|home| {
            let is_new = home.as_ref() != Some(&endpoint);
            *home = Some(endpoint.clone());
            is_new
        });
        Ok(endpoint)
    }

    /// The sentinel to listen to next: each time another.
    pub(super) fn next_sentinel(&self) -> Endpoint {
        let all = &self.sentinels.sentinels;
        all[self.turn.fetch_add(1, Relaxed) % all.len()].clone()
    }

    /// Tells the coordinator whenever the sentinels have another master than before.
    pub(super) async fn watch(self: Arc<Self>, report_tx: UnboundedSender<Report>) {
        let mut master = None;
        let mut agreed = Time::now();
        loop {
            if let Ok((link, endpoint)) = self.any_sentinel().await {
                self.watch_by(link, &endpoint, &mut master, &mut agreed, &report_tx)
                    .await;
            }
            if report_tx.is_closed() {
                return;
            }
            sleep(EVERY / 4).await;
        }
    }

    /// The same by one sentinel, for as long as it answers.
    async fn watch_by(
        &self,
        mut link: Link,
        sentinel: &Endpoint,
        master: &mut Option<Address>,
        agreed: &mut Time,
        report_tx: &UnboundedSender<Report>,
    ) {
        // Without it a new master is noticed by asking, a little later.
        let mut events = self.events_of(sentinel).await.ok();
        while let Ok(address) = self.ask(&mut link).await {
            let now = Time::now();
            if let Some(from) = master.replace(address.clone())
                && from != address
            {
                let report = Report::MasterMoved {
                    from,
                    to: address,
                    last_served: *agreed,
                };
                if report_tx.send(report).is_err() {
                    return;
                }
            }
            *agreed = now;
            select! {
                () = sleep(EVERY) => (),
                () = next(&mut events) => (),
                () = report_tx.closed() => return,
            }
        }
    }

    async fn events_of(&self, sentinel: &Endpoint) -> Result<PubSubStream, Box<str>> {
        let mut listener = Link::listen(sentinel, &self.dial()).await?;
        let subscribed = listener.subscribe(SWITCH).await;
        subscribed.map_err(|error| super::link::words(&error))?;
        Ok(listener.split().1)
    }

    /// A connection to the first sentinel that takes one.
    async fn any_sentinel(&self) -> Result<(Link, Endpoint), Box<str>> {
        let all = &self.sentinels.sentinels;
        let start = self.turn.load(Relaxed);
        let mut reasons = Vec::new();
        for index in 0..all.len() {
            let index = (start + index) % all.len();
            match Link::open(&all[index], &self.dial()).await {
                Ok(link) => {
                    self.turn.store(index, Relaxed);
                    return Ok((link, all[index].clone()));
                }
                Err(failure) => {
                    reasons.push(format!("{}: {}", all[index].address(), failure.reason));
                }
            }
        }
        Err(format!("no sentinel answers: {}", reasons.join("; ")).into())
    }

    async fn ask(&self, link: &mut Link) -> Result<Address, Box<str>> {
        let master = &self.sentinels.master;
        let command = redis::cmd("SENTINEL")
            .arg("GET-MASTER-ADDR-BY-NAME")
            .arg(master)
            .to_owned();
        match link.ask::<Option<(String, u16)>>(&command).await {
            Ok(Some((host, port))) => Ok(Address::Tcp { host, port }),
            Ok(None) => Err(format!("the sentinels know no master called {master:?}").into()),
            Err(error) => Err(link.reason(&error)),
        }
    }

    /// Whether the server takes itself for a master. Sentinels may be behind the times.
    async fn verify(&self, endpoint: &Endpoint) -> Result<(), Box<str>> {
        let address = endpoint.address();
        let opened = Link::open(endpoint, &self.dial()).await;
        let mut link = match opened {
            Ok(link) => link,
            // The subscriber says what a server refuses.
            Err(failure) if failure.is_refusal => return Ok(()),
            Err(failure) => {
                return Err(format!("the master {address}: {}", failure.reason).into());
            }
        };
        let role: Result<Vec<redis::Value>, _> = link.ask(&redis::cmd("ROLE")).await;
        let role = role.ok().and_then(|role| role.into_iter().next());
        let role = role.and_then(|role| redis::from_redis_value::<String>(role).ok());
        match role.as_deref() {
            // Where ROLE is not allowed the sentinels have to be believed.
            Some("master") | None => Ok(()),
            Some(role) => Err(format!(
                "the sentinels name {address} as master, but it says that it is a {role}"
            )
            .into()),
        }
    }

    fn dial(&self) -> Dial<'_> {
        Dial {
            connect_within: CONNECT_WITHIN,
            answer_within: ANSWER_WITHIN,
            ..Dial::from(&*self.config)
        }
    }
}

/// Waits for the next event; for ever where none can come.
async fn next(events: &mut Option<PubSubStream>) {
    if let Some(stream) = events {
        if stream.next().await.is_some() {
            return;
        }
        *events = None;
    }
    std::future::pending::<()>().await;
}
