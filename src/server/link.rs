//! A connection that asks, by the redis crate, and what its errors mean.

use std::error::Error;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use redis::aio::{MultiplexedConnection, PubSub};
use redis::{AsyncConnectionConfig, Cmd, FromRedisValue, RedisConnectionInfo, RedisError};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::bounded::{Bounded, Excess};
use super::endpoint::{Endpoint, without_arguments};
use super::transport::{self, connect, say};
use super::{Config, Refusal, Resolver, Tls};

/// How much of an error is kept. Redis's own are far shorter.
const MAX_WORDS: usize = 1 << 10;

/// A connection and the task that drives it.
pub(super) struct Link {
    connection: MultiplexedConnection,
    driver: JoinHandle<()>,
    answer_within: Duration,
    /// Why the server refuses to select the database, if it does. Pub/Sub has no databases.
    no_db: Option<Box<str>>,
}

/// How a connection is made.
#[derive(Clone, Copy, Debug)]
pub(super) struct Dial<'a> {
    pub(super) tls: Option<&'a Tls>,
    pub(super) resolver: &'a Resolver,
    /// The name that it carries in Redis's CLIENT LIST.
    pub(super) client_name: &'a str,
    pub(super) connect_within: Duration,
    pub(super) answer_within: Duration,
}

impl<'a> From<&'a Config> for Dial<'a> {
    fn from(config: &'a Config) -> Self {
        Self {
            tls: config.tls.as_ref(),
            resolver: &config.resolver,
            client_name: &config.client_name,
            connect_within: config.timing.connect_within,
            answer_within: config.timing.answer_within,
        }
    }
}

/// Why there is no connection.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) reason: Box<str>,
    /// Whether the server could be reached, and refuses or cannot be understood: mostly these are
    /// Redis's own words.
    pub(super) is_refusal: bool,
}

impl Failure {
    /// That the server could not be reached, for this reason.
    pub(super) fn unreachable(reason: Box<str>) -> Self {
        Self {
            reason,
            is_refusal: false,
        }
    }

    /// That the server was reached, but cannot be used, for this reason.
    pub(super) fn refused(reason: Box<str>) -> Self {
        Self {
            reason,
            is_refusal: true,
        }
    }
}

impl Link {
    /// Connects, logs in, gives the connection a name and chooses the database.
    pub(super) async fn open(endpoint: &Endpoint, dial: &Dial<'_>) -> Result<Self, Failure> {
        let transport = connect(endpoint, dial.tls, dial.resolver, dial.connect_within)
            .await
            .map_err(Failure::unreachable)?;
        // The greeting is sent below and not by the crate, which would hide Redis's words.
        let greeting = RedisConnectionInfo::default().set_skip_set_lib_name();
        let settings = AsyncConnectionConfig::new().set_response_timeout(Some(dial.answer_within));
        let (connection, driver) =
            MultiplexedConnection::new_with_config(&greeting, Bounded::new(transport), settings)
                .await
                .map_err(|error| Failure::unreachable(words(&error)))?;
        let mut link = Self {
            connection,
            driver: tokio::spawn(driver),
            answer_within: dial.answer_within,
            no_db: None,
        };
        link.greet(endpoint, dial.client_name).await?;
        Ok(link)
    }

    /// Connects for listening, by the crate's own Pub/Sub: for events that come seldom, and whose
    /// loss another way makes good.
    pub(super) async fn listen(endpoint: &Endpoint, dial: &Dial<'_>) -> Result<PubSub, Box<str>> {
        let transport = connect(endpoint, dial.tls, dial.resolver, dial.connect_within).await?;
        let mut login = RedisConnectionInfo::default().set_skip_set_lib_name();
        match endpoint.credentials().as_deref() {
            Some([password]) => login = login.set_password(*password),
            Some([user, password]) => {
                login = login.set_username(*user).set_password(*password);
            }
            _ => (),
        }
        let listening = timeout(
            dial.answer_within,
            PubSub::new(&login, Bounded::new(transport)),
        )
        .await;
        let listening = listening.map_err(|_| format!("no answer for {}", say(dial.answer_within)));
        listening?.map_err(|error| words(&error))
    }

    async fn greet(&mut self, endpoint: &Endpoint, client_name: &str) -> Result<(), Failure> {
        if let Some(credentials) = endpoint.credentials() {
            let command = redis::cmd("AUTH").arg(credentials).to_owned();
            self.ask::<()>(&command).await.map_err(|error| Failure {
                // Some servers repeat what they do not know, and that is the password here.
                reason: without_arguments(&self.reason(&error)).into(),
                is_refusal: is_refusal(&error),
            })?;
        }
        let command = redis::cmd("CLIENT")
            .arg("SETNAME")
            .arg(client_name)
            .to_owned();
        match self.ask::<()>(&command).await {
            Ok(()) => (),
            // The name is a courtesy; but whoever is not let in learns it here.
            Err(error) if is_refusal(&error) && !is_about_login(&error) => (),
            Err(error) => return Err(self.failure(&error)),
        }
        if endpoint.db() != 0 {
            let command = redis::cmd("SELECT").arg(endpoint.db()).to_owned();
            match self.ask::<()>(&command).await {
                Ok(()) => (),
                Err(error) if is_refusal(&error) && !is_about_login(&error) => {
                    self.no_db = Some(no_db_words(endpoint.db(), &words(&error)).into());
                }
                Err(error) => return Err(self.failure(&error)),
            }
        }
        Ok(())
    }

    /// Takes what is to be told of a database that the server refuses to select.
    pub(super) fn take_no_db(&mut self) -> Option<Box<str>> {
        self.no_db.take()
    }

    /// Asks, and waits for the answer.
    pub(super) async fn ask<T: FromRedisValue>(&mut self, command: &Cmd) -> Result<T, RedisError> {
        command.query_async(&mut self.connection).await
    }

    /// Whether the connection has come to its end.
    pub(super) fn is_closed(&self) -> bool {
        self.driver.is_finished()
    }

    /// What went wrong, in words: Redis's own if it said any.
    pub(super) fn reason(&self, error: &RedisError) -> Box<str> {
        if error.is_timeout() {
            format!("no answer for {}", say(self.answer_within)).into()
        } else {
            words(error)
        }
    }

    fn failure(&self, error: &RedisError) -> Failure {
        Failure {
            is_refusal: is_refusal(error),
            reason: self.reason(error),
        }
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

/// Explains why the database cannot be selected and what to do. What stands before the first colon
/// is the short form.
fn no_db_words(db: i64, reason: &str) -> String {
    let (what, remedy) = if reason.contains("out of range") || reason.contains("invalid DB index") {
        (
            "does not exist",
            "choose another with -n or in the URL · no keyspace events from it; other messages arrive \
             (Pub/Sub ignores databases)",
        )
    } else if reason.contains("cluster") {
        (
            "cannot be selected",
            "a cluster has only database 0; messages arrive all the same",
        )
    } else if reason.starts_with("NOPERM") {
        (
            "cannot be selected",
            "the user needs +select; messages arrive all the same",
        )
    } else {
        ("cannot be selected", "messages arrive all the same")
    };
    format!("database {db} {what}: {remedy} · Redis says: {reason}")
}

/// Whether Redis does not let us in.
fn is_about_login(error: &RedisError) -> bool {
    is_refusal(error) && Refusal::of(&words(error)).is_about_login()
}

/// Whether Redis itself said this.
pub(super) fn is_refusal(error: &RedisError) -> bool {
    error.code().is_some()
}

/// Whether the reply was more than is ever read.
pub(super) fn is_excess(error: &RedisError) -> bool {
    io_error(error).and_then(Excess::behind).is_some()
}

/// What went wrong: Redis's own words if it said any.
pub(super) fn words(error: &RedisError) -> Box<str> {
    match (error.code(), error.detail()) {
        (Some(code), Some(detail)) => cut(&format!("{code} {detail}")).into(),
        (Some(code), None) => cut(code).into(),
        _ if let Some(error) = io_error(error) => transport::words(error),
        _ if error.is_connection_dropped() => "closed by the server".into(),
        _ => error.to_string().into(),
    }
}

/// The start of a text that may be of any length.
pub(super) fn cut(text: &str) -> &str {
    let end = (0..=MAX_WORDS.min(text.len())).rfind(|at| text.is_char_boundary(*at));
    &text[..end.unwrap_or_default()]
}

/// The trouble with the stream behind an error of the crate.
fn io_error(error: &RedisError) -> Option<&io::Error> {
    let source = error.source()?;
    source
        .downcast_ref::<Arc<dyn Error + Send + Sync>>()?
        .downcast_ref()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn why_a_database_cannot_be_selected_comes_with_what_follows() {
        for (reason, words) in [
            (
                "ERR DB index is out of range",
                "database 7 does not exist: choose another with -n or in the URL · no keyspace events",
            ),
            (
                "NOPERM this user has no permissions to run the 'select' command",
                "database 7 cannot be selected: the user needs +select",
            ),
            (
                "ERR SELECT is not allowed in cluster mode",
                "database 7 cannot be selected: a cluster has only database 0",
            ),
            (
                "ERR no",
                "database 7 cannot be selected: messages arrive all the same · Redis says: ERR no",
            ),
        ] {
            let said = no_db_words(7, reason);
            assert!(said.starts_with(words), "{said}");
        }
    }
}
