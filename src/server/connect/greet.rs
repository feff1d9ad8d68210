//! The first commands of a connection for commands: login, name and database.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::timeout;

use super::dial::Dial;
use super::endpoint::{Endpoint, without_arguments};
use super::io_cause::io_cause;
use super::transport::{Transport, connect};
use crate::message::{Awaited, Closing, ConnectionError, DatabaseError, RedisError};
use crate::payload::escape::truncated;
use crate::wire::{Decoder, Limits, Part, put_command};

/// Maximum length of an error message in bytes. The messages of Redis are far shorter.
const MAX_ERROR: usize = 1 << 10;

/// Limits of a reply. All replies are single lines.
const LIMITS: Limits = Limits { bulk: 0, parts: 0 };

/// Connects, logs in, names the connection and selects the database. The redis crate would hide the
/// server's errors during the handshake. Returns also the server's reason for refusing the database,
/// if it refuses.
pub(crate) async fn dial_up(
    endpoint: &Endpoint,
    dial: &Dial<'_>,
) -> Result<(Transport, Option<DatabaseError>), ConnectionError> {
    let mut transport = connect(endpoint, dial).await?;
    let login = endpoint.with_login().await?;
    let greeted = greet(&mut transport, &login, dial).await;
    let no_db = greeted.map_err(|error| login.login_cause(error))?;
    Ok((transport, no_db))
}

/// Logs in, names the connection and selects the database. Returns the server's reason for refusing
/// the database, if it refuses: Pub/Sub ignores databases.
async fn greet(
    stream: &mut Transport,
    endpoint: &Endpoint,
    dial: &Dial<'_>,
) -> Result<Option<DatabaseError>, ConnectionError> {
    let within = dial.first_answer_within();
    if let Some(credentials) = endpoint.credentials() {
        let login: Vec<_> = ["AUTH"].into_iter().chain(credentials).collect();
        let refused = ask(stream, &login, within).await?;
        if let Some(error) = refused {
            return Err(ConnectionError::Redis(without_arguments(&error)));
        }
    }
    // The name itself is optional, but the answer also reveals a refused login.
    ask_optional(stream, &["CLIENT", "SETNAME", dial.client_name], within).await?;
    let db = endpoint.db;
    if db == 0 {
        return Ok(None);
    }
    let refused = ask_optional(stream, &["SELECT", &db.to_string()], within).await?;
    Ok(refused.map(|error| DatabaseError { db, error }))
}

/// Sends a command that the server may refuse. Returns the server's error, unless the error is about
/// the login.
async fn ask_optional(
    stream: &mut Transport,
    command: &[&str],
    within: Duration,
) -> Result<Option<RedisError>, ConnectionError> {
    match ask(stream, command, within).await? {
        Some(error) if error.code.is_about_login() => Err(ConnectionError::Redis(error)),
        refused => Ok(refused),
    }
}

/// Sends a command and waits for the answer. Returns the server's error, if it is one.
async fn ask(
    stream: &mut Transport,
    command: &[&str],
    within: Duration,
) -> Result<Option<RedisError>, ConnectionError> {
    let mut request = Vec::new();
    put_command(&mut request, command);
    let exchange = async {
        let written = stream.write_all(&request).await;
        written.map_err(|error| io_cause(&error))?;
        let flushed = stream.flush().await;
        flushed.map_err(|error| io_cause(&error))?;
        read_reply(stream).await
    };
    let reply = timeout(within, exchange).await;
    reply.map_err(|_| ConnectionError::NoAnswer(Awaited::Reply, within))?
}

/// Reads a reply. Returns the server's error, if it is one.
async fn read_reply(stream: &mut Transport) -> Result<Option<RedisError>, ConnectionError> {
    let mut decoder = Decoder::new(LIMITS);
    let mut buffer = Vec::new();
    loop {
        let read = stream.read_buf(&mut buffer).await;
        if read.map_err(|error| io_cause(&error))? == 0 {
            return Err(ConnectionError::Closed(Closing::Later));
        }
        let frame = decoder.decode(&buffer);
        let frame = frame.map_err(|error| ConnectionError::NotResp(error.to_string().into()))?;
        let Some(frame) = frame else { continue };
        return Ok(match frame.parts.first() {
            Some(Part::Error(text)) => Some(error_reply(&buffer[text.clone()])),
            _ => None,
        });
    }
}

/// Returns the error that a server sent, given without the leading `-`.
pub(crate) fn error_reply(text: &[u8]) -> RedisError {
    RedisError::new(cut(&String::from_utf8_lossy(text)))
}

/// Truncates `text` to [`MAX_ERROR`] bytes.
pub(crate) fn cut(text: &str) -> &str {
    truncated(text, MAX_ERROR)
}
