//! Byte streams to a server: TCP with or without TLS, or a Unix socket.

mod stranger;

use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::FileTypeExt as _;
use std::path::Path;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::net::{TcpStream, UnixStream};
use tokio::time::{Instant, timeout, timeout_at};
use tokio_rustls::client::TlsStream;

use self::stranger::stranger_behind;
use super::carrier::Carrier;
use super::endpoint::{Address, Endpoint};
use super::resolver::Resolver;
use super::tls::{self, Tls};
use crate::message::{
    Awaited, Closing, ConnectionError, LookupError, StreamKind, TlsFailure, io_reason,
};

/// Idle time before the first keepalive probe, and the interval between probes.
const KEEPALIVE: Duration = Duration::from_secs(15);

/// The kernel closes a connection if sent bytes are not acknowledged within this time.
const UNACKNOWLEDGED: Duration = Duration::from_secs(30);

/// Minimum time for each attempt if a host has several addresses.
const SHORTEST_ATTEMPT: Duration = Duration::from_secs(1);

/// If a TLS handshake takes longer than this, the server may be expecting an unencrypted
/// connection.
const LONG_HANDSHAKE: Duration = Duration::from_secs(1);

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

/// A connected stream that checks the first bytes it receives.
#[derive(Debug)]
pub(crate) struct Transport {
    stream: Stream,
    has_heard: bool,
}

#[derive(Debug)]
enum Stream {
    Tcp(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
    Unix(UnixStream),
}

/// A stream of any kind.
trait ByteStream: AsyncRead + AsyncWrite + Unpin {}

impl<S: AsyncRead + AsyncWrite + Unpin> ByteStream for S {}

impl Stream {
    fn inner(&mut self) -> Pin<&mut dyn ByteStream> {
        match self {
            Self::Tcp(stream) => Pin::new(stream),
            Self::Tls(stream) => Pin::new(&mut **stream),
            Self::Unix(stream) => Pin::new(stream),
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
            let kind = match self.stream {
                Stream::Tcp(_) => StreamKind::Tcp,
                Stream::Tls(_) => StreamKind::Tls,
                Stream::Unix(_) => StreamKind::Unix,
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

/// Connects to `endpoint`, trying each of the host's addresses in turn. If the endpoint uses TLS,
/// `dial.tls` must be set.
pub(crate) async fn connect(
    endpoint: &Endpoint,
    dial: &Dial<'_>,
) -> Result<Transport, ConnectionError> {
    let (resolver, within) = (dial.resolver, dial.connect_within);
    let (host, port) = match endpoint.address() {
        Address::Tcp { host, port } => (host, *port),
        Address::Unix(path) => return connect_unix(path, within).await,
    };
    let deadline = Instant::now() + within;
    let stream = connect_tcp(host, port, resolver, within).await?;
    if !endpoint.is_tls() {
        return Ok(Transport::new(Stream::Tcp(stream)));
    }
    let tls = dial.tls.ok_or(ConnectionError::Tls(TlsFailure::NotSetUp))?;
    let deadline = deadline.max(Instant::now() + SHORTEST_ATTEMPT.min(within));
    let mut handshake = pin!(tls.handshake(host, stream));
    let mut outcome = timeout(LONG_HANDSHAKE.min(within), handshake.as_mut()).await;
    if outcome.is_err() {
        if answers_without_tls(host, port, resolver).await {
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

/// Returns whether a Redis server without TLS listens at `host` and `port`. Such a server does not
/// answer a TLS handshake, because it waits for the end of a line, but it does answer a PING.
async fn answers_without_tls(host: &str, port: u16, resolver: &Resolver) -> bool {
    let ask = async {
        let mut stream = connect_tcp(host, port, resolver, LONG_HANDSHAKE)
            .await
            .ok()?;
        stream.write_all(b"PING\r\n").await.ok()?;
        stream.read_u8().await.ok()
    };
    matches!(timeout(LONG_HANDSHAKE, ask).await, Ok(Some(b'+' | b'-')))
}

/// Returns the cause of a stream error.
pub(crate) fn io_cause(error: &io::Error) -> ConnectionError {
    use io::ErrorKind as Kind;
    if let Some(cause) = tls::cause_of(error) {
        return cause;
    }
    if let Some(cause) = error.get_ref().and_then(|inner| Carrier::cause_in(inner)) {
        return cause;
    }
    match error.kind() {
        Kind::UnexpectedEof => ConnectionError::Closed(Closing::Later),
        // Depending on the timing, a write after a reset fails with this error.
        Kind::BrokenPipe => ConnectionError::Network(Kind::ConnectionReset),
        kind @ (Kind::ConnectionRefused
        | Kind::ConnectionReset
        | Kind::ConnectionAborted
        | Kind::TimedOut
        | Kind::HostUnreachable
        | Kind::NetworkUnreachable
        | Kind::PermissionDenied) => ConnectionError::Network(kind),
        _ => ConnectionError::Io(io_reason(error).into()),
    }
}

async fn connect_tcp(
    host: &str,
    port: u16,
    resolver: &Resolver,
    within: Duration,
) -> Result<TcpStream, ConnectionError> {
    let not_found = |reason| ConnectionError::HostNotFound(host.into(), reason);
    let addresses: Vec<SocketAddr> = match timeout(within, resolver.lookup(host, port)).await {
        Ok(Ok(found)) => found,
        Ok(Err(error)) => {
            // The library prefixes the resolver's own message with more general text.
            let text = io_reason(&error);
            let text = text.rsplit(": ").next().unwrap_or(&text);
            return Err(not_found(LookupError::Resolver(text.into())));
        }
        Err(_) => return Err(not_found(LookupError::NoAnswer(within))),
    };
    let count = u32::try_from(addresses.len()).unwrap_or(u32::MAX).max(1);
    let each = (within / count).max(SHORTEST_ATTEMPT.min(within));
    let mut failure = not_found(LookupError::NoAddress);
    for address in addresses {
        match timeout(each, TcpStream::connect(address)).await {
            Ok(Ok(stream)) if is_self_connected(&stream) => {
                failure = ConnectionError::Network(io::ErrorKind::ConnectionRefused);
            }
            Ok(Ok(stream)) => {
                tune(&stream);
                return Ok(stream);
            }
            Ok(Err(error)) => failure = io_cause(&error),
            Err(_) => failure = ConnectionError::NoAnswer(Awaited::Connect, each),
        }
    }
    Err(failure)
}

async fn connect_unix(path: &Path, within: Duration) -> Result<Transport, ConnectionError> {
    match timeout(within, UnixStream::connect(path)).await {
        Ok(Ok(stream)) => Ok(Transport::new(Stream::Unix(stream))),
        Ok(Err(error)) if error.kind() == io::ErrorKind::NotFound => {
            let path = path.display().to_string();
            Err(ConnectionError::NoSuchSocket(path.into()))
        }
        Ok(Err(error)) => Err(no_socket(path).unwrap_or_else(|| io_cause(&error))),
        Err(_) => Err(ConnectionError::NoAnswer(Awaited::Connect, within)),
    }
}

/// Returns an error if the file at `path` is not a socket. The system's own error for this is only
/// "connection refused".
fn no_socket(path: &Path) -> Option<ConnectionError> {
    let kind = path.metadata().ok()?.file_type();
    (!kind.is_socket()).then(|| ConnectionError::NotASocket {
        path: path.display().to_string().into(),
        is_directory: kind.is_dir(),
    })
}

/// Returns whether the stream is connected to itself. If nothing listens on a loopback port of the
/// ephemeral range, an attempt to connect to that port can reach itself and appear to succeed.
fn is_self_connected(stream: &TcpStream) -> bool {
    matches!((stream.local_addr(), stream.peer_addr()), (Ok(own), Ok(peer)) if own == peer)
}

/// Sets helpful socket options. The connection works even if the kernel refuses some.
fn tune(stream: &TcpStream) {
    let socket = SockRef::from(stream);
    let _ = socket.set_tcp_nodelay(true);
    let keepalive = TcpKeepalive::new()
        .with_time(KEEPALIVE)
        .with_interval(KEEPALIVE);
    let _ = socket.set_tcp_keepalive(&keepalive);
    #[cfg(any(target_os = "linux", target_os = "android"))]
    let _ = socket.set_tcp_user_timeout(Some(UNACKNOWLEDGED));
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    let _ = UNACKNOWLEDGED;
}

/// Looks for a TLS alert after a failed write. A server may have sent an alert before it closed the
/// connection, but the write may fail before the alert is read.
fn poll_alert(
    stream: &mut TlsStream<TcpStream>,
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

#[cfg(test)]
mod tests {
    use super::*;

    /// If these were two different errors, a server that alternates between them would add a row to
    /// the log each time.
    #[test]
    fn a_broken_pipe_is_a_reset() {
        let cause = |kind: io::ErrorKind| io_cause(&kind.into());
        let [pipe, reset] = [io::ErrorKind::BrokenPipe, io::ErrorKind::ConnectionReset];
        assert_eq!(cause(pipe), cause(reset));
    }

    #[test]
    fn a_file_that_is_not_a_socket_is_recognized() {
        let found = |path: &str| no_socket(Path::new(path));
        let other = |path: &str, is_directory| ConnectionError::NotASocket {
            path: path.into(),
            is_directory,
        };
        assert_eq!(found("/"), Some(other("/", true)));
        let file = "/proc/self/exe";
        assert_eq!(found(file), Some(other(file, false)));
        assert_eq!(found("/nonexistent/socket"), None);
    }
}
