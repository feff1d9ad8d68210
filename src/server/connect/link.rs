//! A command connection based on the redis crate, and the interpretation of its errors.

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
use super::refusal::Refusal;
use super::resolver::Resolver;
use super::tls::Tls;
use super::transport::{self, connect, say};
use crate::payload::escape::truncated;

/// Maximum length of an error message in bytes. Those of Redis are far shorter.
const MAX_WORDS: usize = 1 << 10;

/// A connection and its driver task.
pub(crate) struct Link {
    connection: MultiplexedConnection,
    driver: JoinHandle<()>,
    answer_within: Duration,
    /// Why the server refuses to select the database, if it does. Pub/Sub ignores databases.
    no_db: Option<Box<str>>,
}

/// How to connect.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dial<'a> {
    pub(crate) tls: Option<&'a Tls>,
    pub(crate) resolver: &'a Resolver,
    /// The name of the connection in `CLIENT LIST`.
    pub(crate) client_name: &'a str,
    pub(crate) connect_within: Duration,
    pub(crate) answer_within: Duration,
}

/// Why there is no connection.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) reason: Box<str>,
    /// Whether the server was reached but refused the request or could not be understood. `reason`
    /// is then usually its error message.
    pub(crate) is_refusal: bool,
}

impl Failure {
    /// Creates a failure for a server that could not be reached.
    pub(crate) fn unreachable(reason: Box<str>) -> Self {
        Self {
            reason,
            is_refusal: false,
        }
    }

    /// Creates a failure for a server that was reached but cannot be used.
    pub(crate) fn refused(reason: Box<str>) -> Self {
        Self {
            reason,
            is_refusal: true,
        }
    }
}

impl Link {
    /// Connects, logs in, names the connection and selects the database.
    pub(crate) async fn open(endpoint: &Endpoint, dial: &Dial<'_>) -> Result<Self, Failure> {
        let transport = connect(endpoint, dial.tls, dial.resolver, dial.connect_within)
            .await
            .map_err(Failure::unreachable)?;
        // The handshake is done below rather than by the crate, which would hide the server's
        // errors.
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

    /// Connects with the crate's own Pub/Sub. Used for rare events whose loss is detected in
    /// another way.
    pub(crate) async fn listen(endpoint: &Endpoint, dial: &Dial<'_>) -> Result<PubSub, Box<str>> {
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
                // Some servers repeat unknown arguments in the error, and here that is the
                // password.
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
            // The name is optional, but this command also reveals a refused login.
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

    /// Takes the message about a database that the server refuses to select.
    pub(crate) fn take_no_db(&mut self) -> Option<Box<str>> {
        self.no_db.take()
    }

    /// Sends a command and waits for the answer.
    pub(crate) async fn ask<T: FromRedisValue>(&mut self, command: &Cmd) -> Result<T, RedisError> {
        command.query_async(&mut self.connection).await
    }

    /// Returns whether the connection is closed.
    pub(crate) fn is_closed(&self) -> bool {
        self.driver.is_finished()
    }

    /// Describes an error, with the server's own message if there is one.
    pub(crate) fn reason(&self, error: &RedisError) -> Box<str> {
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

/// Explains why the database cannot be selected and what to do. The part before the first colon is
/// the short form.
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
            "a cluster has only database 0; messages still arrive",
        )
    } else if reason.starts_with("NOPERM") {
        ("cannot be selected", "grant +select; messages still arrive")
    } else {
        ("cannot be selected", "messages still arrive")
    };
    format!("database {db} {what}: {remedy} · Redis says: {reason}")
}

/// Returns whether the server refused the login.
fn is_about_login(error: &RedisError) -> bool {
    is_refusal(error) && Refusal::of(&words(error)).is_about_login()
}

/// Returns whether the error was sent by the server.
pub(crate) fn is_refusal(error: &RedisError) -> bool {
    error.code().is_some()
}

/// Returns whether the reply exceeded a limit.
pub(crate) fn is_excess(error: &RedisError) -> bool {
    io_error(error).and_then(Excess::behind).is_some()
}

/// Describes an error, with the server's own message if there is one.
pub(crate) fn words(error: &RedisError) -> Box<str> {
    match (error.code(), error.detail()) {
        (Some(code), Some(detail)) => cut(&format!("{code} {detail}")).into(),
        (Some(code), None) => cut(code).into(),
        _ if let Some(error) = io_error(error) => transport::words(error),
        _ if error.is_connection_dropped() => "closed by the server".into(),
        _ => error.to_string().into(),
    }
}

/// Truncates a text to [`MAX_WORDS`] bytes.
pub(crate) fn cut(text: &str) -> &str {
    truncated(text, MAX_WORDS)
}

/// Returns the I/O error behind an error of the crate.
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
                "database 7 cannot be selected: grant +select",
            ),
            (
                "ERR SELECT is not allowed in cluster mode",
                "database 7 cannot be selected: a cluster has only database 0",
            ),
            (
                "ERR no",
                "database 7 cannot be selected: messages still arrive · Redis says: ERR no",
            ),
        ] {
            let said = no_db_words(7, reason);
            assert!(said.starts_with(words), "{said}");
        }
    }
}
