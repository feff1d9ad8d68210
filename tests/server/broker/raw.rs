//! Raw connections to a broker.

use std::net::SocketAddr;
use std::time::Duration;

use subscope::broker::{Broker, Settings};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Starts a broker as the demo does.
pub async fn broker() -> Broker {
    Broker::start(Settings::default()).await.unwrap()
}

/// Timeout for expected data, after which the test fails.
const TIMEOUT: Duration = Duration::from_secs(20);

/// Waits with a timeout, so that a test that waits in vain fails instead of hanging.
async fn with_timeout<T>(future: impl Future<Output = T>) -> T {
    let result = tokio::time::timeout(TIMEOUT, future).await;
    result.expect("nothing more arrived")
}

/// A raw connection.
pub struct Raw(pub TcpStream);

impl Raw {
    /// Connects to this address.
    pub async fn connect(address: SocketAddr) -> Self {
        Self(TcpStream::connect(address).await.unwrap())
    }

    /// Sends these bytes.
    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.0.write_all(bytes.as_ref()).await.unwrap();
    }

    /// Reads exactly these bytes.
    pub async fn expect(&mut self, expected: impl AsRef<[u8]>) {
        let expected = expected.as_ref();
        let mut bytes = Vec::new();
        let mut wanted = (&mut self.0).take(expected.len() as u64);
        with_timeout(wanted.read_to_end(&mut bytes)).await.unwrap();
        let (came, expected) = (bytes.escape_ascii(), expected.escape_ascii());
        assert_eq!(came.to_string(), expected.to_string());
    }

    /// Sends a line and reads exactly these bytes.
    pub async fn ask(&mut self, line: &str, expected: &str) {
        self.send(format!("{line}\r\n")).await;
        self.expect(expected).await;
    }

    /// Reads everything up to the end of the connection. A reset counts as an end.
    pub async fn rest(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let _ = with_timeout(self.0.read_to_end(&mut bytes)).await;
        bytes
    }

    /// Reads up to and including `mark`, or to the end.
    pub async fn until(&mut self, mark: &str) -> Vec<u8> {
        let mut bytes = Vec::new();
        while !bytes.ends_with(mark.as_bytes()) {
            let read = tokio::time::timeout(TIMEOUT, self.0.read_buf(&mut bytes)).await;
            match read
                .unwrap_or_else(|_| panic!("only {:?} arrived", bytes.escape_ascii().to_string()))
            {
                Ok(0) | Err(_) => break,
                Ok(_) => {}
            }
        }
        bytes
    }
}

/// Opens a connection that is subscribed to a channel.
pub async fn subscriber(broker: &Broker, channel: &str) -> Raw {
    let mut raw = Raw::connect(broker.address()).await;
    let length = channel.len();
    raw.ask(
        &format!("SUBSCRIBE {channel}"),
        &format!("*3\r\n$9\r\nsubscribe\r\n${length}\r\n{channel}\r\n:1\r\n"),
    )
    .await;
    raw
}

/// Returns the value of an INFO field of the broker.
pub async fn info(broker: &Broker, field: &str) -> String {
    let mut raw = Raw::connect(broker.address()).await;
    raw.send("INFO\r\nQUIT\r\n").await;
    let text = String::from_utf8(raw.rest().await).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix(field));
    line.unwrap().trim_start_matches(':').to_owned()
}

/// Returns a message as a subscriber receives it.
pub fn message(channel: &str, payload: &str) -> String {
    let (channel_length, length) = (channel.len(), payload.len());
    format!("*3\r\n$7\r\nmessage\r\n${channel_length}\r\n{channel}\r\n${length}\r\n{payload}\r\n")
}
