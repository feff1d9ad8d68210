//! The connection that asks: publishes, and finds out who answers.

use std::error::Error;
use std::io;
use std::sync::Arc;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Cmd, FromRedisValue, RedisConnectionInfo, RedisError};
use tokio::select;
use tokio::sync::Notify;
use tokio::sync::mpsc::{Sender, UnboundedReceiver};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until};

use super::endpoint::without_arguments;
use super::transport::{self, connect, say};
use super::{Ask, Config, Feed};

/// The commander's task.
pub(super) struct Commander {
    config: Arc<Config>,
    feed_tx: Sender<Feed>,
    asks: UnboundedReceiver<Ask>,
    /// Woken when the subscriber finds the server answering.
    answering: Arc<Notify>,
    link: Option<Link>,
    /// Whether the loop has been told of a refusal.
    is_troubled: bool,
}

/// A connection and the task that drives it.
struct Link {
    connection: MultiplexedConnection,
    driver: JoinHandle<()>,
}

/// Why there is no connection.
struct Failure {
    reason: Box<str>,
    /// Whether these are Redis's own words: it could be reached, and does not want this.
    is_refusal: bool,
}

/// The loop is gone.
struct Closed;

impl Commander {
    pub(super) fn new(
        config: Arc<Config>,
        feed_tx: Sender<Feed>,
        asks: UnboundedReceiver<Ask>,
        answering: Arc<Notify>,
    ) -> Self {
        Self {
            config,
            feed_tx,
            asks,
            answering,
            link: None,
            is_troubled: false,
        }
    }

    /// Asks until the asks' sender or the feeds' receiver is gone.
    pub(super) async fn run(mut self) {
        let mut next_beat = Instant::now();
        loop {
            let has_beat = self.link.is_some() || self.is_troubled;
            let done = select! {
                ask = self.asks.recv() => match ask {
                    Some(Ask::Publish { id, channel, payload }) => {
                        self.answer_publish(id, &channel, &payload).await
                    }
                    None => return,
                },
                () = self.answering.notified() => self.keep_up().await,
                () = sleep_until(next_beat), if has_beat => self.keep_up().await,
            };
            if done.is_err() {
                return;
            }
            next_beat = Instant::now() + self.config.timing.ping_every;
        }
    }

    async fn answer_publish(
        &mut self,
        id: u64,
        channel: &[u8],
        payload: &[u8],
    ) -> Result<(), Closed> {
        let receivers = if self.config.read_only {
            Err("--read-only refuses every write".into())
        } else {
            match self.link_up().await? {
                Ok(()) => self.publish(channel, payload).await,
                Err(failure) => Err(format!("not published: {}", failure.reason).into()),
            }
        };
        self.tell(Feed::Published { id, receivers }).await
    }

    /// Publishes, once: what may have left is never sent again.
    async fn publish(&mut self, channel: &[u8], payload: &[u8]) -> Result<i64, Box<str>> {
        let Some(link) = &mut self.link else {
            return Err("not published: not connected".into());
        };
        let command = redis::cmd("PUBLISH").arg(channel).arg(payload).to_owned();
        match link.ask(&command).await {
            Ok(receivers) => Ok(receivers),
            Err(error) if is_refusal(&error) => Err(words(&error)),
            Err(error) => {
                self.link = None;
                let reason = self.reason(&error);
                Err(format!("unknown whether it was published: {reason}").into())
            }
        }
    }

    /// Sees to it that the connection is there and alive.
    async fn keep_up(&mut self) -> Result<(), Closed> {
        if let Some(link) = &mut self.link {
            match link.ask::<redis::Value>(&redis::cmd("PING")).await {
                // Whatever the answer, it proves life.
                Err(error) if !is_refusal(&error) => self.link = None,
                _ => return Ok(()),
            }
        }
        match self.link_up().await? {
            Err(failure) if failure.is_refusal => {
                self.is_troubled = true;
                let trouble = format!("no connection to publish with: {}", failure.reason);
                self.tell(Feed::Trouble(Some(trouble.into()))).await
            }
            // The subscriber's connection tells of a server that cannot be reached.
            _ => Ok(()),
        }
    }

    /// Connects unless there is a connection.
    async fn link_up(&mut self) -> Result<Result<(), Failure>, Closed> {
        // A closed connection ends its driver, so that nothing is sent into the void.
        if self
            .link
            .as_ref()
            .is_some_and(|link| !link.driver.is_finished())
        {
            return Ok(Ok(()));
        }
        self.link = None;
        let mut link = match self.connect().await {
            Ok(link) => link,
            Err(failure) => return Ok(Err(failure)),
        };
        let info: Result<String, _> = link.ask(redis::cmd("INFO").arg("server")).await;
        self.link = Some(link);
        // Some services refuse INFO; then the version is not shown.
        if let Some(version) = info.ok().and_then(|info| version_in(&info)) {
            self.tell(Feed::ServerVersion(version)).await?;
        }
        if std::mem::take(&mut self.is_troubled) {
            self.tell(Feed::Trouble(None)).await?;
        }
        Ok(Ok(()))
    }

    async fn connect(&self) -> Result<Link, Failure> {
        let (endpoint, timing) = (&self.config.endpoint, &self.config.timing);
        let unreachable = |reason| Failure {
            reason,
            is_refusal: false,
        };
        let transport = connect(endpoint, self.config.tls.as_ref(), timing.connect_within)
            .await
            .map_err(unreachable)?;
        // The greeting is sent below and not by the crate, which would hide Redis's words.
        let greeting = RedisConnectionInfo::default().set_skip_set_lib_name();
        let settings =
            AsyncConnectionConfig::new().set_response_timeout(Some(timing.answer_within));
        let (connection, driver) =
            MultiplexedConnection::new_with_config(&greeting, transport, settings)
                .await
                .map_err(|error| unreachable(words(&error)))?;
        let mut link = Link {
            connection,
            driver: tokio::spawn(driver),
        };
        let failed = |error: RedisError| Failure {
            is_refusal: is_refusal(&error),
            reason: self.reason(&error),
        };
        if let Some(credentials) = endpoint.credentials() {
            let command = redis::cmd("AUTH").arg(credentials).to_owned();
            link.ask::<()>(&command).await.map_err(|error| {
                let Failure { reason, is_refusal } = failed(error);
                // Some servers repeat what they do not know, and that is the password here.
                let reason = without_arguments(&reason).into();
                Failure { reason, is_refusal }
            })?;
        }
        let command = redis::cmd("CLIENT")
            .arg("SETNAME")
            .arg(&*self.config.client_name)
            .to_owned();
        match link.ask::<()>(&command).await {
            Ok(()) => (),
            // The name is a courtesy; but whoever is not let in learns it here.
            Err(error) if is_refusal(&error) && error.code() != Some("NOAUTH") => (),
            Err(error) => return Err(failed(error)),
        }
        if endpoint.db() != 0 {
            let command = redis::cmd("SELECT").arg(endpoint.db()).to_owned();
            link.ask::<()>(&command).await.map_err(failed)?;
        }
        Ok(link)
    }

    fn reason(&self, error: &RedisError) -> Box<str> {
        if error.is_timeout() {
            format!("no answer for {}", say(self.config.timing.answer_within)).into()
        } else {
            words(error)
        }
    }

    async fn tell(&self, feed: Feed) -> Result<(), Closed> {
        self.feed_tx.send(feed).await.map_err(|_| Closed)
    }
}

impl Link {
    async fn ask<T: FromRedisValue>(&mut self, command: &Cmd) -> Result<T, RedisError> {
        command.query_async(&mut self.connection).await
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

/// Whether Redis itself said this.
fn is_refusal(error: &RedisError) -> bool {
    error.code().is_some()
}

/// What went wrong: Redis's own words if it said any.
fn words(error: &RedisError) -> Box<str> {
    match (error.code(), error.detail()) {
        (Some(code), Some(detail)) => format!("{code} {detail}").into(),
        (Some(code), None) => code.into(),
        _ if let Some(error) = io_error(error) => transport::words(error),
        _ if error.is_connection_dropped() => "closed by the server".into(),
        _ => error.to_string().into(),
    }
}

/// The trouble with the stream behind an error of the crate.
fn io_error(error: &RedisError) -> Option<&io::Error> {
    let source = error.source()?;
    source
        .downcast_ref::<Arc<dyn Error + Send + Sync>>()?
        .downcast_ref()
}

/// The kind and version of the server, from the answer to INFO.
fn version_in(info: &str) -> Option<Box<str>> {
    let field = |name: &str| {
        info.lines()
            .find_map(|line| line.trim_end().strip_prefix(name)?.strip_prefix(':'))
    };
    // Redis's relatives also name the version of Redis that they are compatible with.
    [
        ("valkey_version", "Valkey"),
        ("dragonfly_version", "Dragonfly"),
        ("redis_version", "Redis"),
    ]
    .into_iter()
    .find_map(|(name, kind)| Some(format!("{kind} {}", field(name)?).into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_says_what_kind_of_server_answers() {
        for (info, version) in [
            ("# Server\r\nredis_version:7.0.15\r\n", Some("Redis 7.0.15")),
            (
                "redis_version:7.2.4\r\nserver_name:valkey\r\nvalkey_version:9.1.2\r\n",
                Some("Valkey 9.1.2"),
            ),
            ("# Server\r\n", None),
            ("", None),
        ] {
            assert_eq!(version_in(info).as_deref(), version, "{info}");
        }
    }
}
