//! Examines a server: what it is, what the user may do, and its limits. Changes nothing.

use std::sync::Arc;
use std::time::{Duration, Instant};

use redis::{Cmd, FromRedisValue, Value};

use super::commander::rights::ask_rights;
use super::commander::server_kind::{mode_in, version_in};
use super::config::Config;
use super::connect::{Endpoint, Link, refusal};
use super::replication::field;
use super::route::Route;
use crate::message::{Allowed, ConnectionError, ErrorCode};

/// How many PINGs are sent.
const PINGS: usize = 5;

/// The channel that is named in questions about rights. Nothing is published to it.
const CHANNEL: &str = "subscope:doctor";

/// The settings that are looked up.
const SETTINGS: [&str; 3] = [
    "client-output-buffer-limit",
    "maxclients",
    "notify-keyspace-events",
];

/// Whether a command may be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Permission {
    /// The command may be used.
    Granted,
    /// The server refuses it, or does not know it.
    Refused(ConnectionError),
    /// This cannot be found out without using the command.
    Untested,
}

/// A command, as it was tested, and whether it may be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Right {
    /// The command with its argument, such as `PSUBSCRIBE *`.
    pub command: &'static str,
    /// Whether it may be used.
    pub permission: Permission,
}

/// What was found out about a server.
#[derive(Clone, Debug)]
pub struct Checkup {
    /// The server that has answered, without its password.
    pub server: String,
    /// Whether the connection uses TLS.
    pub is_tls: bool,
    /// How long connecting and logging in took.
    pub connected_within: Duration,
    /// The number of nodes of the cluster; 0 if there is no cluster.
    pub nodes: usize,
    /// The answer to INFO; empty if it was refused.
    info: String,
    /// The current user.
    pub user: String,
    /// The channels that the user may subscribe to.
    pub channels: Allowed,
    /// What the user may do.
    pub rights: Vec<Right>,
    /// The settings that the server tells, with their names.
    pub settings: Vec<(&'static str, String)>,
    /// How long each PING took, sorted.
    pub pings: Vec<Duration>,
}

impl Checkup {
    /// Connects to the server and examines it. A user who may ask for little gets little.
    ///
    /// # Errors
    ///
    /// Returns why there is no connection.
    pub async fn of(config: Config) -> Result<Self, ConnectionError> {
        let config = Arc::new(config);
        let mut route = Route::new(Arc::clone(&config));
        let started = Instant::now();
        let endpoint = route.home().await?.0.clone();
        let connected_within = started.elapsed();
        let nodes = route.all_nodes().len();
        let mut link = Link::open(&endpoint, &config.dial()).await?;
        let pings = measure_pings(&link).await?;
        let info: Result<String, _> = ask(&link, &redis::cmd("INFO")).await;
        let (user, channels) = ask_rights(&mut link).await;
        // Without a password, the connection did not log in.
        let login = endpoint.credentials().and(endpoint.user.clone());
        let user = user.or(login).unwrap_or_else(|| "default".to_owned());
        let mut checkup = Self {
            server: endpoint.to_string(),
            is_tls: endpoint.is_tls(),
            connected_within,
            nodes,
            user,
            channels,
            rights: test_pubsub(&link, &endpoint, &config).await,
            settings: Vec::new(),
            pings,
            info: String::new(),
        };
        checkup.rights.push(right("INFO", info.as_ref().err()));
        checkup.info = info.unwrap_or_default();
        checkup.test_questions(&link, &config.client_name).await;
        Ok(checkup)
    }

    /// Asks everything else that only has to be asked to see whether the user may.
    async fn test_questions(&mut self, link: &Link, client_name: &str) {
        for (name, words) in [
            // The connection has this name already.
            ("CLIENT", vec!["CLIENT", "SETNAME", client_name]),
            ("PUBSUB", vec!["PUBSUB", "NUMPAT"]),
            ("ACL WHOAMI", vec!["ACL", "WHOAMI"]),
        ] {
            let mut question = redis::cmd(words[0]);
            question.arg(&words[1..]);
            let answer = ask::<Value>(link, &question).await;
            self.rights.push(right(name, answer.as_ref().err()));
        }
        let mut refused = None;
        for name in SETTINGS {
            let question = redis::cmd("CONFIG").arg("GET").arg(name).to_owned();
            match ask::<Vec<(String, String)>>(link, &question).await {
                Ok(found) => {
                    let found = found.into_iter().find(|(found, _)| found == name);
                    self.settings.extend(found.map(|(_, value)| (name, value)));
                }
                Err(error) => refused = Some(error),
            }
        }
        self.rights.push(right("CONFIG GET", refused.as_ref()));
    }

    /// Returns the product and version, such as `Redis 7.0.15`.
    pub fn version(&self) -> Option<Box<str>> {
        version_in(&self.info)
    }

    /// Returns the mode, such as `standalone` or `cluster`.
    pub fn mode(&self) -> Option<&str> {
        mode_in(&self.info)
    }

    /// Returns a field of the answer to INFO.
    pub fn info(&self, name: &str) -> Option<&str> {
        field(&self.info, name)
    }

    /// Returns a setting, if the server tells it.
    pub fn setting(&self, name: &str) -> Option<&str> {
        let found = self.settings.iter().find(|(found, _)| *found == name);
        found.map(|(_, value)| &**value)
    }

    /// Returns why the user may not use this command.
    pub fn refusal(&self, command: &str) -> Option<&ConnectionError> {
        let right = self.rights.iter().find(|right| right.command == command)?;
        match &right.permission {
            Permission::Refused(error) => Some(error),
            Permission::Granted | Permission::Untested => None,
        }
    }
}

fn right(command: &'static str, error: Option<&ConnectionError>) -> Right {
    let permission = match error {
        Some(error) => Permission::Refused(error.clone()),
        None => Permission::Granted,
    };
    Right {
        command,
        permission,
    }
}

/// Returns how long each PING took, sorted. An error is an answer, too.
async fn measure_pings(link: &Link) -> Result<Vec<Duration>, ConnectionError> {
    let mut pings = Vec::with_capacity(PINGS);
    for _ in 0..PINGS {
        let started = Instant::now();
        match ask::<Value>(link, &redis::cmd("PING")).await {
            Ok(_) | Err(ConnectionError::Redis(_)) => pings.push(started.elapsed()),
            Err(error) => return Err(error),
        }
    }
    pings.sort();
    Ok(pings)
}

/// Tests whether the user may subscribe and publish. A transaction is begun, in which the server
/// checks each command as it is queued, and discarded.
async fn test_pubsub(link: &Link, endpoint: &Endpoint, config: &Config) -> Vec<Right> {
    let commands = [
        ("SUBSCRIBE", vec!["SUBSCRIBE", CHANNEL]),
        ("PSUBSCRIBE *", vec!["PSUBSCRIBE", "*"]),
        ("SSUBSCRIBE", vec!["SSUBSCRIBE", CHANNEL]),
        ("PUBLISH", vec!["PUBLISH", CHANNEL, ""]),
    ];
    let mut rights = Vec::new();
    let has_begun = ask::<Value>(link, &redis::cmd("MULTI")).await.is_ok();
    for (name, words) in commands {
        let mut command = redis::cmd(words[0]);
        command.arg(&words[1..]);
        let queued = if has_begun {
            judge(&ask::<Value>(link, &command).await)
        } else {
            Permission::Untested
        };
        // Without a transaction, only a subscription can be tested by itself: on a connection of
        // its own, which is closed at once.
        let permission = match queued {
            Permission::Untested if words[0] != "PUBLISH" => {
                match Link::open(endpoint, &config.dial()).await {
                    Ok(link) => judge(&ask::<Value>(&link, &command).await),
                    Err(_) => Permission::Untested,
                }
            }
            other => other,
        };
        rights.push(Right {
            command: name,
            permission,
        });
    }
    if has_begun {
        // Closing the connection discards it, too.
        let _ = ask::<Value>(link, &redis::cmd("DISCARD")).await;
    }
    rights
}

/// Returns what an answer says about the right to use a command.
fn judge(answer: &Result<Value, ConnectionError>) -> Permission {
    let Err(error) = answer else {
        return Permission::Granted;
    };
    match error.redis().map(|error| error.code) {
        Some(ErrorCode::UnknownCommand | ErrorCode::NoPermission) => {
            Permission::Refused(error.clone())
        }
        // The slot belongs to another node, which the rights have been checked before.
        Some(ErrorCode::Elsewhere) => Permission::Granted,
        _ => Permission::Untested,
    }
}

async fn ask<T: FromRedisValue>(link: &Link, question: &Cmd) -> Result<T, ConnectionError> {
    let answer = link.ask(question).await;
    answer.map_err(|error| match refusal(&error) {
        Some(error) => ConnectionError::Redis(error),
        None => link.failure(&error),
    })
}
