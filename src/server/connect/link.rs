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
use super::dial::Dial;
use super::endpoint::Endpoint;
use super::greet::{cut, dial_up};
use super::io_cause::io_cause;
use super::transport::connect;
use crate::message::{Awaited, Closing, ConnectionError, DatabaseError, RedisError};

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
        let (transport, no_db) = dial_up(endpoint, dial).await?;
        let greeting = RedisConnectionInfo::default().set_skip_set_lib_name();
        let settings = AsyncConnectionConfig::new().set_response_timeout(Some(dial.answer_within));
        let (connection, driver) =
            MultiplexedConnection::new_with_config(&greeting, bounded(transport), settings)
                .await
                .map_err(|error| command_cause(&error))?;
        Ok(Self {
            connection,
            driver: tokio::spawn(driver),
            answer_within: dial.answer_within,
            no_db,
        })
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
        let within = dial.first_answer_within();
        let listening = timeout(within, PubSub::new(&login, bounded(transport))).await;
        listening
            .map_err(|_| ConnectionError::NoAnswer(Awaited::Reply, within))?
            .map_err(|error| command_cause(&error))
    }

    /// Sends a command and waits for the answer.
    pub(crate) async fn ask<T: FromRedisValue>(&self, command: &Cmd) -> redis::RedisResult<T> {
        command.query_async(&mut self.connection.clone()).await
    }

    /// Returns whether the connection is closed.
    pub(crate) fn is_closed(&self) -> bool {
        self.driver.is_finished()
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

/// Returns the I/O error that caused an error of the redis crate, if any.
fn io_error(error: &redis::RedisError) -> Option<&io::Error> {
    let source = error.source()?;
    source
        .downcast_ref::<Arc<dyn Error + Send + Sync>>()?
        .downcast_ref()
}
