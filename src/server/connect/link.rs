//! The command connection, based on the redis crate, and the interpretation of its errors.

use std::error::Error;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use redis::aio::{MultiplexedConnection, PubSub};
use redis::{AsyncConnectionConfig, Cmd, FromRedisValue, RedisConnectionInfo};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::bounded::{Excess, bounded};
use super::endpoint::{Endpoint, without_arguments};
use super::transport::{Dial, connect, io_cause};
use crate::message::{Awaited, Closing, ConnectionError, DatabaseError, RedisError};
use crate::payload::escape::truncated;

/// Maximum length of an error message in bytes. The messages of Redis are far shorter.
const MAX_ERROR: usize = 1 << 10;

/// A connection and its driver task.
pub(crate) struct Link {
    connection: MultiplexedConnection,
    driver: JoinHandle<()>,
    answer_within: Duration,
    /// The server's reason for refusing to select the database, if it refuses. Pub/Sub ignores
    /// databases.
    pub(crate) no_db: Option<DatabaseError>,
}

impl Link {
    /// Connects, logs in, names the connection and selects the database.
    pub(crate) async fn open(
        endpoint: &Endpoint,
        dial: &Dial<'_>,
    ) -> Result<Self, ConnectionError> {
        let transport = connect(endpoint, dial).await?;
        let login = endpoint.with_login().await?;
        // The redis crate would hide the server's errors during the handshake, so `greet` performs
        // the handshake instead.
        let greeting = RedisConnectionInfo::default().set_skip_set_lib_name();
        let settings = AsyncConnectionConfig::new().set_response_timeout(Some(dial.answer_within));
        let (connection, driver) =
            MultiplexedConnection::new_with_config(&greeting, bounded(transport), settings)
                .await
                .map_err(|error| command_cause(&error))?;
        let mut link = Self {
            connection,
            driver: tokio::spawn(driver),
            answer_within: dial.answer_within,
            no_db: None,
        };
        let greeted = link.greet(&login, dial.client_name).await;
        greeted.map_err(|error| login.login_cause(error))?;
        Ok(link)
    }

    /// Connects with the redis crate's own Pub/Sub client. It is used for rare events, whose loss
    /// is detected by other means.
    pub(crate) async fn listen(
        endpoint: &Endpoint,
        dial: &Dial<'_>,
    ) -> Result<PubSub, ConnectionError> {
        let transport = connect(endpoint, dial).await?;
        let endpoint = endpoint.with_login().await?;
        let mut login = RedisConnectionInfo::default().set_skip_set_lib_name();
        match endpoint.credentials().as_deref() {
            Some([password]) => login = login.set_password(*password),
            Some([user, password]) => login = login.set_username(*user).set_password(*password),
            _ => (),
        }
        let within = dial.answer_within;
        let listening = timeout(within, PubSub::new(&login, bounded(transport))).await;
        listening
            .map_err(|_| ConnectionError::NoAnswer(Awaited::Reply, within))?
            .map_err(|error| command_cause(&error))
    }

    async fn greet(
        &mut self,
        endpoint: &Endpoint,
        client_name: &str,
    ) -> Result<(), ConnectionError> {
        if let Some(credentials) = endpoint.credentials() {
            let command = redis::cmd("AUTH").arg(credentials).to_owned();
            let logged_in = self.ask::<()>(&command).await;
            logged_in.map_err(|error| match self.failure(&error) {
                ConnectionError::Redis(error) => ConnectionError::Redis(without_arguments(&error)),
                other => other,
            })?;
        }
        // The name itself is optional, but the answer also reveals a refused login.
        let command = redis::cmd("CLIENT")
            .arg("SETNAME")
            .arg(client_name)
            .to_owned();
        self.ask_optional(&command).await?;
        let db = endpoint.db;
        if db != 0 {
            let command = redis::cmd("SELECT").arg(db).to_owned();
            let refused = self.ask_optional(&command).await?;
            self.no_db = refused.map(|error| DatabaseError { db, error });
        }
        Ok(())
    }

    /// Sends a command that the server may refuse. Returns the server's error, unless the error is
    /// about the login.
    async fn ask_optional(&mut self, command: &Cmd) -> Result<Option<RedisError>, ConnectionError> {
        let Err(error) = self.ask::<()>(command).await else {
            return Ok(None);
        };
        match self.failure(&error) {
            ConnectionError::Redis(error) if !error.code.is_about_login() => Ok(Some(error)),
            other => Err(other),
        }
    }

    /// Sends a command and waits for the answer.
    pub(crate) async fn ask<T: FromRedisValue>(&mut self, command: &Cmd) -> redis::RedisResult<T> {
        command.query_async(&mut self.connection).await
    }

    /// Returns whether the connection is closed.
    pub(crate) fn is_closed(&self) -> bool {
        self.driver.is_finished()
    }

    /// Returns the connection, for requests that do not wait for each other.
    pub(crate) fn connection(&self) -> MultiplexedConnection {
        self.connection.clone()
    }

    /// Returns the cause of an error.
    pub(crate) fn failure(&self, error: &redis::RedisError) -> ConnectionError {
        failure_within(error, self.answer_within)
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

/// Returns whether the error was sent by the server.
pub(crate) fn is_refusal(error: &redis::RedisError) -> bool {
    error.code().is_some()
}

/// Returns the limit that the reply exceeded, if it exceeded one.
pub(crate) fn excess_of(error: &redis::RedisError) -> Option<Excess> {
    io_error(error)?.get_ref()?.downcast_ref().copied()
}

/// Returns the error that the server sent, if it sent one.
pub(crate) fn refusal(error: &redis::RedisError) -> Option<RedisError> {
    let code = error.code()?;
    Some(match error.detail() {
        Some(detail) => RedisError::new(cut(&format!("{code} {detail}"))),
        None => RedisError::new(cut(code)),
    })
}

/// Returns the cause of an error of a request that had to be answered within `time`.
pub(crate) fn failure_within(error: &redis::RedisError, time: Duration) -> ConnectionError {
    if error.is_timeout() {
        ConnectionError::NoAnswer(Awaited::Reply, time)
    } else {
        command_cause(error)
    }
}

/// Returns the cause of an error other than a timeout.
pub(crate) fn command_cause(error: &redis::RedisError) -> ConnectionError {
    if let Some(error) = refusal(error) {
        ConnectionError::Redis(error)
    } else if let Some(error) = io_error(error) {
        io_cause(error)
    } else if error.is_connection_dropped() {
        ConnectionError::Closed(Closing::Later)
    } else {
        ConnectionError::Io(error.to_string().into())
    }
}

/// Truncates `text` to [`MAX_ERROR`] bytes.
pub(crate) fn cut(text: &str) -> &str {
    truncated(text, MAX_ERROR)
}

/// Returns the I/O error that caused an error of the redis crate, if any.
fn io_error(error: &redis::RedisError) -> Option<&io::Error> {
    let source = error.source()?;
    source
        .downcast_ref::<Arc<dyn Error + Send + Sync>>()?
        .downcast_ref()
}
