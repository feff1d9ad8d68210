//! Sentinels, which report the current master.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use redis::aio::PubSubStream;
use tokio::sync::watch;

use crate::server::config::Config;
use crate::server::connect::endpoint::{Address, Endpoint};
use crate::server::connect::link::{self, Dial, Failure, Link};
use crate::server::connect::refusal::Refusal;
use crate::server::connect::target::Sentinels;

/// Timeout for connecting; an unreachable sentinel is skipped.
const CONNECT_WITHIN: Duration = Duration::from_secs(1);

/// Timeout for an answer; a sentinel that does not answer is skipped.
const ANSWER_WITHIN: Duration = Duration::from_secs(2);

/// The channel on which sentinels announce a new master. The payload is
/// `<name> <old host> <old port> <host> <port>`.
const SWITCH: &str = "+switch-master";

/// Maximum number of known masters listed in the error about an unknown one.
const NAMED_MASTERS: usize = 8;

/// The master as reported by the sentinels.
#[derive(Debug)]
pub(crate) struct Masters {
    config: Arc<Config>,
    sentinels: Sentinels,
    /// Index of the sentinel to ask first: the last one that gave a valid answer.
    turn: AtomicUsize,
    /// Index of the sentinel to subscribe to next.
    next_listened: AtomicUsize,
    /// The master that was found last.
    home_tx: watch::Sender<Option<Endpoint>>,
}

/// A sentinel and the master it named, after the server has confirmed its role.
pub(crate) struct SentinelAnswer {
    pub(crate) link: Link,
    pub(crate) sentinel: Endpoint,
    pub(crate) master: Endpoint,
}

/// No sentinel gave a valid answer.
pub(crate) struct NoSentinel {
    pub(crate) failure: Failure,
    /// Whether any sentinel answered at all.
    pub(crate) is_any_heard: bool,
}

/// Why a sentinel's answer is unusable.
struct Useless {
    sentinel: Address,
    reason: Box<str>,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Unreachable.
    Silent,
    /// Refuses the login.
    Closed,
    /// Names no master, or a server that is not one.
    Misled,
}

/// The role a server claims to have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
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
            turn: AtomicUsize::new(0),
            next_listened: AtomicUsize::new(0),
            home_tx,
        }
    }

    /// Returns the master named by the first sentinel whose answer the named server confirms.
    ///
    /// If sentinels can be reached but all refuse the login, the failure is a refusal and
    /// permanent.
    pub(crate) async fn locate(&self) -> Result<Endpoint, Failure> {
        let informant = self.informant().await;
        let SentinelAnswer { master, .. } = informant.map_err(|nobody| nobody.failure)?;
        self.home_tx.send_if_modified(|home| {
            let is_new = home.as_ref() != Some(&master);
            *home = Some(master.clone());
            is_new
        });
        Ok(master)
    }

    /// Returns the sentinels' name of the master.
    pub(crate) fn name(&self) -> &str {
        &self.sentinels.master
    }

    /// Returns the sentinel to subscribe to next, a different one each time.
    pub(crate) fn next_sentinel(&self) -> Endpoint {
        let all = &self.sentinels.sentinels;
        all[self.next_listened.fetch_add(1, Relaxed) % all.len()].clone()
    }

    /// Waits until a master has been found for the first time. Fails at shutdown.
    pub(crate) async fn found(&self) -> Result<(), watch::error::RecvError> {
        let mut home_rx = self.home_tx.subscribe();
        home_rx.wait_for(Option::is_some).await.map(drop)
    }

    /// Returns the first sentinel with a valid answer. A sentinel may be outdated: one that was
    /// partitioned still names the previous master.
    pub(crate) async fn informant(&self) -> Result<SentinelAnswer, NoSentinel> {
        let all = &self.sentinels.sentinels;
        let start = self.turn.load(Relaxed);
        let mut useless = Vec::new();
        for index in (0..all.len()).map(|offset| (start + offset) % all.len()) {
            match self.believe(&all[index]).await {
                Ok(informant) => {
                    self.turn.store(index, Relaxed);
                    return Ok(informant);
                }
                Err(why) => useless.push(why),
            }
        }
        Err(NoSentinel {
            failure: failure_of_all(&useless),
            is_any_heard: useless.iter().any(|of| of.kind == Kind::Misled),
        })
    }

    /// Asks a sentinel for the master's address.
    pub(crate) async fn ask(&self, link: &mut Link) -> Result<Endpoint, Box<str>> {
        let master = &self.sentinels.master;
        let command = redis::cmd("SENTINEL")
            .arg("GET-MASTER-ADDR-BY-NAME")
            .arg(master)
            .to_owned();
        match link.ask::<Option<(String, u16)>>(&command).await {
            Ok(Some((host, port))) => Ok(self.sentinels.server.at(Address::Tcp { host, port })),
            Ok(None) => Err(format!(
                "no master named {master:?}{}",
                but(&known_masters(link).await)
            )
            .into()),
            Err(error) => Err(link.reason(&error)),
        }
    }

    /// Checks that the server considers itself a master.
    pub(crate) async fn verify(&self, endpoint: &Endpoint) -> Result<(), Box<str>> {
        let address = endpoint.address();
        let mut link = match self.open(endpoint).await {
            Ok(link) => link,
            // The subscriber reports refusals.
            Err(failure) if failure.is_refusal => return Ok(()),
            Err(failure) => return Err(format!("the master {address}: {}", failure.reason).into()),
        };
        match standing(&mut link).await {
            // If ROLE is not permitted, the sentinels have to be trusted.
            Standing::Master | Standing::Unknown => Ok(()),
            Standing::Replica => {
                Err(format!("{address} is named as master, but reports being a replica").into())
            }
        }
    }

    /// Subscribes to failover events at one sentinel.
    pub(crate) async fn switches(&self, sentinel: &Endpoint) -> Result<PubSubStream, Box<str>> {
        let mut listener = Link::listen(sentinel, &self.dial()).await?;
        let subscribed = listener.subscribe(SWITCH).await;
        subscribed.map_err(|error| link::words(&error))?;
        Ok(listener.split().1)
    }

    /// Connects to a sentinel or server with the short timeouts used for one of many.
    pub(crate) async fn open(&self, endpoint: &Endpoint) -> Result<Link, Failure> {
        Link::open(endpoint, &self.dial()).await
    }

    async fn believe(&self, sentinel: &Endpoint) -> Result<SentinelAnswer, Useless> {
        let useless = |kind: Kind, reason: Box<str>| Useless {
            sentinel: sentinel.address().clone(),
            reason,
            kind,
        };
        let opened = self.open(sentinel).await;
        let mut link = opened.map_err(|failure| useless(Kind::of(&failure), failure.reason))?;
        let misled = |reason| useless(Kind::Misled, reason);
        let master = self.ask(&mut link).await.map_err(misled)?;
        self.verify(&master).await.map_err(misled)?;
        Ok(SentinelAnswer {
            link,
            sentinel: sentinel.clone(),
            master,
        })
    }

    fn dial(&self) -> Dial<'_> {
        Dial {
            connect_within: CONNECT_WITHIN,
            answer_within: ANSWER_WITHIN,
            ..self.config.dial()
        }
    }
}

impl Kind {
    /// Classifies a sentinel by a failed connection attempt.
    fn of(failure: &Failure) -> Self {
        if failure.is_refusal && Refusal::of(&failure.reason).is_about_login() {
            Self::Closed
        } else {
            Self::Silent
        }
    }
}

/// Asks a server for its role.
pub(crate) async fn standing(link: &mut Link) -> Standing {
    let role: Result<Vec<redis::Value>, _> = link.ask(&redis::cmd("ROLE")).await;
    let role = role.ok().and_then(|role| role.into_iter().next());
    let role = role.and_then(|role| redis::from_redis_value::<String>(role).ok());
    match role.as_deref() {
        Some("master") => Standing::Master,
        Some(_) => Standing::Replica,
        None => Standing::Unknown,
    }
}

/// Returns the names of the masters that a sentinel knows; empty if it does not say.
pub(crate) async fn known_masters(link: &mut Link) -> Vec<String> {
    let command = redis::cmd("SENTINEL").arg("MASTERS").to_owned();
    let masters: Vec<HashMap<String, String>> = link.ask(&command).await.unwrap_or_default();
    let names = masters.into_iter().filter_map(|mut of| of.remove("name"));
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

/// Returns the end of an error about an unknown name, listing the known ones.
fn but(names: &[String]) -> String {
    let shown = names.iter().take(NAMED_MASTERS);
    let shown: Vec<String> = shown.map(|name| format!("{:?}", link::cut(name))).collect();
    match names.len() {
        0 => String::new(),
        count if count > shown.len() => format!(", only {}, …", shown.join(", ")),
        _ => format!(", only {}", shown.join(", ")),
    }
}

/// Combines the failures of all sentinels.
fn failure_of_all(useless: &[Useless]) -> Failure {
    let has = |kind| useless.iter().any(|of| of.kind == kind);
    let reasons = by_reason(useless);
    let (is_refusal, reason) = if has(Kind::Misled) {
        (
            false,
            format!("no sentinel names a usable master: {reasons}"),
        )
    } else if has(Kind::Closed) {
        let hint = "set sentinel-user= and sentinel-password= in the URL";
        let words = format!("login refused by the sentinels: {reasons} ({hint})");
        (true, words)
    } else {
        (false, format!("no sentinel answers: {reasons}"))
    };
    Failure {
        reason: reason.into(),
        is_refusal,
    }
}

/// Lists every reason once, after the sentinels it applies to.
fn by_reason(useless: &[Useless]) -> String {
    let mut groups: Vec<(&str, Vec<String>)> = Vec::new();
    for Useless {
        sentinel, reason, ..
    } in useless
    {
        match groups.iter_mut().find(|(of, _)| *of == &**reason) {
            Some((_, sentinels)) => sentinels.push(sentinel.to_string()),
            None => groups.push((reason, vec![sentinel.to_string()])),
        }
    }
    let said = groups
        .into_iter()
        .map(|(reason, sentinels)| format!("{}: {reason}", sentinels.join(", ")));
    said.collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(useless: &[(u16, Kind, &str)]) -> (bool, String) {
        let useless: Vec<Useless> = useless
            .iter()
            .map(|(port, kind, reason)| Useless {
                sentinel: Address::Tcp {
                    host: "h".to_owned(),
                    port: *port,
                },
                reason: (*reason).into(),
                kind: *kind,
            })
            .collect();
        let Failure { reason, is_refusal } = failure_of_all(&useless);
        (is_refusal, reason.into())
    }

    #[test]
    fn each_reason_is_said_once_and_what_may_pass_is_not_final() {
        let (silent, closed) = ((1, Kind::Silent, "refused"), (2, Kind::Closed, "WRONGPASS"));
        let misled = (3, Kind::Misled, "no master");
        let (is_final, words) = said(&[silent, (4, Kind::Silent, "refused")]);
        assert_eq!(
            (is_final, &*words),
            (false, "no sentinel answers: h:1, h:4: refused")
        );
        let (is_final, words) = said(&[silent, closed]);
        let start = "login refused by the sentinels: h:1: refused; h:2: WRONGPASS (";
        assert!(is_final && words.starts_with(start), "{words}");
        // A sentinel that accepts the login may learn of the master later.
        let (is_final, words) = said(&[closed, misled]);
        let start = "no sentinel names a usable master: h:2: WRONGPASS; h:3: no master";
        assert_eq!((is_final, &*words), (false, start));
    }

    #[test]
    fn of_many_masters_only_some_are_named() {
        let names: Vec<String> = (0..9).map(|number| number.to_string()).collect();
        assert_eq!(but(&[]), "");
        assert_eq!(but(&names[..2]), ", only \"0\", \"1\"");
        assert!(but(&names).ends_with("\"7\", …"), "{}", but(&names));
    }
}
