//! Byte streams to a server, with or without TLS.

mod stranger;

use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::time::{Instant, timeout, timeout_at};
use tokio_rustls::client::TlsStream;

use self::stranger::stranger_behind;
use super::carrier::Carrier;
use super::dial::Dial;
use super::endpoint::{Address, Endpoint};
use super::io_cause::io_cause;
use super::raw_stream::{RawStream, SHORTEST_ATTEMPT};
use super::tls;
use crate::message::{Awaited, Closing, ConnectionError, StreamKind, TlsFailure};

/// If a TLS handshake takes longer than this, the server may be expecting an unencrypted
/// connection.
const LONG_HANDSHAKE: Duration = Duration::from_secs(1);

/// The same for a connection through a command, which may have to connect first.
const LONG_HANDSHAKE_VIA: Duration = Duration::from_secs(6);

/// A connected stream that checks the first bytes it receives.
#[derive(Debug)]
pub(crate) struct Transport {
    stream: Stream,
    has_heard: bool,
}

#[derive(Debug)]
enum Stream {
    Plain(RawStream),
    Tls(Box<TlsStream<RawStream>>),
}

/// A stream of any kind.
trait ByteStream: AsyncRead + AsyncWrite + Unpin {}

impl<S: AsyncRead + AsyncWrite + Unpin> ByteStream for S {}

impl Stream {
    fn inner(&mut self) -> Pin<&mut dyn ByteStream> {
        match self {
            Self::Plain(stream) => Pin::new(stream),
            Self::Tls(stream) => Pin::new(&mut **stream),
        }
    }

    fn poll_read(
        &mut self,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        // TLS data that did not fit into the socket must be sent while reading, since there may be
        // no further write.
        if let Self::Tls(stream) = self
            && stream.get_ref().1.wants_write()
        {
            let _ = Pin::new(stream).poll_flush(context)?;
        }
        self.inner().poll_read(context, buffer)
    }
}

impl Transport {
    fn new(stream: Stream) -> Self {
        Self {
            stream,
            has_heard: false,
        }
    }

    /// Checks the result of the first read: what kind of peer sent `first`, or whether the peer
    /// closed the connection without sending anything.
    fn check_first(&self, read: io::Result<()>, first: &[u8]) -> io::Result<()> {
        let is_silent = match &read {
            Ok(()) => first.is_empty(),
            Err(error) => error.kind() == io::ErrorKind::ConnectionReset,
        };
        if is_silent {
            let kind = match &self.stream {
                Stream::Plain(stream) => stream.kind(),
                Stream::Tls(_) => StreamKind::Tls,
            };
            let cause = ConnectionError::Closed(Closing::Silent(kind));
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, Carrier(cause)));
        }
        read?;
        match stranger_behind(first) {
            Some(stranger) => {
                let cause = ConnectionError::NotRedis(stranger);
                Err(io::Error::other(Carrier(cause)))
            }
            None => Ok(()),
        }
    }
}

/// Connects to `endpoint`. If the endpoint uses TLS, `dial.tls` must be set.
pub(crate) async fn connect(
    endpoint: &Endpoint,
    dial: &Dial<'_>,
) -> Result<Transport, ConnectionError> {
    let opened = open(endpoint, dial).await;
    opened.map_err(|error| dial.explained(endpoint, error))
}

async fn open(endpoint: &Endpoint, dial: &Dial<'_>) -> Result<Transport, ConnectionError> {
    let within = dial.open_within();
    let deadline = Instant::now() + within;
    let stream = RawStream::open(endpoint.address(), dial, within).await?;
    let Address::Tcp { host, .. } = endpoint.address() else {
        return Ok(Transport::new(Stream::Plain(stream)));
    };
    if !endpoint.is_tls() {
        return Ok(Transport::new(Stream::Plain(stream)));
    }
    let tls = dial.tls.ok_or(ConnectionError::Tls(TlsFailure::NotSetUp))?;
    let deadline = deadline.max(Instant::now() + SHORTEST_ATTEMPT.min(within));
    let long_handshake = match dial.via {
        Some(_) => LONG_HANDSHAKE_VIA,
        None => LONG_HANDSHAKE,
    };
    let mut handshake = pin!(tls.handshake(host, stream));
    let mut outcome = timeout(long_handshake.min(within), handshake.as_mut()).await;
    if outcome.is_err() {
        if answers_without_tls(endpoint.address(), dial, long_handshake).await {
            return Err(ConnectionError::Tls(TlsFailure::NotSpoken));
        }
        outcome = timeout_at(deadline, handshake).await;
    }
    match outcome {
        Ok(Ok(stream)) => Ok(Transport::new(Stream::Tls(Box::new(stream)))),
        Ok(Err(error)) if error.kind() == io::ErrorKind::Other => Err(io_cause(&error)),
        Ok(Err(error)) => Err(tls::cause_of(&error)
            .unwrap_or_else(|| ConnectionError::Handshake(Box::new(io_cause(&error))))),
        Err(_) => Err(ConnectionError::NoAnswer(Awaited::Handshake, within)),
    }
}

/// Returns whether a Redis server without TLS answers at `address` within this time. Such a server
/// does not answer a TLS handshake, because it waits for the end of a line, but it does answer a
/// PING.
async fn answers_without_tls(address: &Address, dial: &Dial<'_>, within: Duration) -> bool {
    let ask = async {
        let mut stream = RawStream::open(address, dial, within).await.ok()?;
        stream.write_all(b"PING\r\n").await.ok()?;
        stream.read_u8().await.ok()
    };
    matches!(timeout(within, ask).await, Ok(Some(b'+' | b'-')))
}

/// Looks for a TLS alert after a failed write. A server may have sent an alert before it closed the
/// connection, but the write may fail before the alert is read.
fn poll_alert(
    stream: &mut TlsStream<RawStream>,
    context: &mut Context<'_>,
    failure: io::Error,
) -> io::Error {
    let mut buffer = [0; 16];
    match Pin::new(stream).poll_read(context, &mut ReadBuf::new(&mut buffer)) {
        Poll::Ready(Err(error)) if tls::cause_of(&error).is_some() => error,
        _ => failure,
    }
}

impl AsyncRead for Transport {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let start = buffer.filled().len();
        let read = ready!(this.stream.poll_read(context, buffer));
        Poll::Ready(if std::mem::replace(&mut this.has_heard, true) {
            read
        } else {
            this.check_first(read, &buffer.filled()[start..])
        })
    }
}

impl AsyncWrite for Transport {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let stream = &mut self.get_mut().stream;
        match (stream.inner().poll_write(context, bytes), stream) {
            (Poll::Ready(Err(error)), Stream::Tls(stream)) => {
                Poll::Ready(Err(poll_alert(stream, context, error)))
            }
            (written, _) => written,
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().stream.inner().poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().stream.inner().poll_shutdown(context)
    }
}
