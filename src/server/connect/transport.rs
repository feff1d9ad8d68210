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

use self::stranger::{Silence, Stranger};
use super::endpoint::{Address, Endpoint};
use super::resolver::Resolver;
use super::tls::{self, Tls};

/// Idle time before the first keepalive probe, and the interval between probes.
const KEEPALIVE: Duration = Duration::from_secs(15);

/// The kernel closes a connection whose sent bytes are not acknowledged within this time.
const UNACKNOWLEDGED: Duration = Duration::from_secs(30);

/// Minimum time for each attempt if a host has several addresses.
const SHORTEST_ATTEMPT: Duration = Duration::from_secs(1);

/// A TLS handshake that takes longer may mean that the server does not speak TLS.
const LONG_HANDSHAKE: Duration = Duration::from_secs(1);

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

impl Transport {
    fn new(stream: Stream) -> Self {
        Self {
            stream,
            has_heard: false,
        }
    }

    /// Checks the first received bytes, or their absence.
    fn check_first(&self, read: io::Result<()>, first: &[u8]) -> io::Result<()> {
        let is_silent = match &read {
            Ok(()) => first.is_empty(),
            Err(error) => error.kind() == io::ErrorKind::ConnectionReset,
        };
        if is_silent {
            let guess = match self.stream {
                Stream::Tcp(_) => "it may require TLS (--tls or rediss://) or reject this address",
                Stream::Tls(_) => "it may reject this address, or not be Redis",
                Stream::Unix(_) => "it may not be Redis",
            };
            return Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                Silence { guess },
            ));
        }
        read?;
        match Stranger::behind(first) {
            Some(stranger) => Err(io::Error::other(stranger)),
            None => Ok(()),
        }
    }
}

/// Connects to `endpoint`, trying each of the host's addresses in turn. If it uses TLS, `tls` has
/// the settings.
///
/// The error is the reason as text.
pub(crate) async fn connect(
    endpoint: &Endpoint,
    tls: Option<&Tls>,
    resolver: &Resolver,
    within: Duration,
) -> Result<Transport, Box<str>> {
    let (host, port) = match endpoint.address() {
        Address::Tcp { host, port } => (host, *port),
        Address::Unix(path) => return connect_unix(path, within).await,
    };
    let deadline = Instant::now() + within;
    let stream = connect_tcp(host, port, resolver, within).await?;
    if !endpoint.is_tls() {
        return Ok(Transport::new(Stream::Tcp(stream)));
    }
    let tls = tls.ok_or("TLS requested, but not set up")?;
    let deadline = deadline.max(Instant::now() + SHORTEST_ATTEMPT.min(within));
    let mut handshake = pin!(tls.handshake(host, stream));
    let mut outcome = timeout(LONG_HANDSHAKE.min(within), handshake.as_mut()).await;
    if outcome.is_err() {
        if answers_without_tls(host, port, resolver).await {
            return Err(tls::NOT_SPOKEN.into());
        }
        outcome = timeout_at(deadline, handshake).await;
    }
    match outcome {
        Ok(Ok(stream)) => Ok(Transport::new(Stream::Tls(Box::new(stream)))),
        Ok(Err(error)) if error.kind() == io::ErrorKind::Other => Err(words(&error)),
        Ok(Err(error)) => Err(tls::words(&error)
            .unwrap_or_else(|| format!("{} in the TLS handshake", words(&error)).into())),
        Err(_) => Err(format!("no answer to the TLS handshake for {}", say(within)).into()),
    }
}

/// Returns whether a Redis without TLS listens there. It does not answer a TLS handshake, in which
/// it waits for the end of a line, but it answers a PING.
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

/// Describes an error of a stream.
pub(crate) fn words(error: &io::Error) -> Box<str> {
    if let Some(words) = tls::words(error) {
        return words;
    }
    let inner = error.get_ref();
    if let Some(silence) = inner.and_then(|inner| inner.downcast_ref::<Silence>()) {
        return silence.to_string().into();
    }
    match error.kind() {
        io::ErrorKind::ConnectionRefused => "connection refused".into(),
        io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => "connection reset".into(),
        io::ErrorKind::ConnectionAborted => "connection aborted".into(),
        io::ErrorKind::UnexpectedEof => "closed by the server".into(),
        io::ErrorKind::TimedOut => "timed out: no acknowledgement".into(),
        io::ErrorKind::HostUnreachable => "host unreachable".into(),
        io::ErrorKind::NetworkUnreachable => "network unreachable".into(),
        io::ErrorKind::PermissionDenied => "permission denied".into(),
        _ => without_code(&error.to_string()).into(),
    }
}

/// Formats a duration: `15 s`, `200 ms`.
pub(crate) fn say(duration: Duration) -> String {
    if duration.subsec_millis() == 0 {
        format!("{} s", duration.as_secs())
    } else {
        format!("{} ms", duration.as_millis())
    }
}

async fn connect_tcp(
    host: &str,
    port: u16,
    resolver: &Resolver,
    within: Duration,
) -> Result<TcpStream, Box<str>> {
    let addresses: Vec<SocketAddr> = match timeout(within, resolver.lookup(host, port)).await {
        Ok(Ok(found)) => found,
        Ok(Err(error)) => {
            let reason = error.to_string();
            let reason = reason.rsplit(": ").next().unwrap_or(&reason);
            return Err(format!("host not found: {host} ({})", without_code(reason)).into());
        }
        Err(_) => {
            let waited = say(within);
            return Err(format!("host not found: {host} (no answer for {waited})").into());
        }
    };
    let count = u32::try_from(addresses.len()).unwrap_or(u32::MAX).max(1);
    let each = (within / count).max(SHORTEST_ATTEMPT.min(within));
    let mut failure = format!("host not found: {host} has no address").into();
    for address in addresses {
        match timeout(each, TcpStream::connect(address)).await {
            Ok(Ok(stream)) if is_own_echo(&stream) => failure = "connection refused".into(),
            Ok(Ok(stream)) => {
                tune(&stream);
                return Ok(stream);
            }
            Ok(Err(error)) => failure = words(&error),
            Err(_) => {
                failure = format!("no answer to the connection attempt for {}", say(each)).into();
            }
        }
    }
    Err(failure)
}

async fn connect_unix(path: &Path, within: Duration) -> Result<Transport, Box<str>> {
    match timeout(within, UnixStream::connect(path)).await {
        Ok(Ok(stream)) => Ok(Transport::new(Stream::Unix(stream))),
        Ok(Err(error)) if error.kind() == io::ErrorKind::NotFound => {
            Err(format!("no such socket: {}", path.display()).into())
        }
        Ok(Err(error)) => Err(no_socket(path).unwrap_or_else(|| words(&error))),
        Err(_) => Err(format!("no answer to the connection attempt for {}", say(within)).into()),
    }
}

/// Describes a file at `path` that is not a socket. Connecting to one is also refused.
fn no_socket(path: &Path) -> Option<Box<str>> {
    let kind = path.metadata().ok()?.file_type();
    let what = if kind.is_socket() {
        return None;
    } else if kind.is_dir() {
        "a folder"
    } else {
        "a file"
    };
    Some(format!("not a socket, but {what}: {}", path.display()).into())
}

/// Returns whether the stream is connected to itself. An attempt to connect to a loopback port from
/// the ephemeral range on which nothing listens can meet itself and appear to succeed.
fn is_own_echo(stream: &TcpStream) -> bool {
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

/// Looks for a TLS alert after a failed write. A server may have sent one before closing the
/// connection, but the write may fail first.
fn poll_last_words(
    stream: &mut TlsStream<TcpStream>,
    context: &mut Context<'_>,
    failure: io::Error,
) -> io::Error {
    let mut buffer = [0; 16];
    match Pin::new(stream).poll_read(context, &mut ReadBuf::new(&mut buffer)) {
        Poll::Ready(Err(error)) if tls::words(&error).is_some() => error,
        _ => failure,
    }
}

/// Strips the ` (os error 111)` from a system error message.
fn without_code(message: &str) -> &str {
    message.split(" (os error").next().unwrap_or(message)
}

impl AsyncRead for Transport {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let start = buffer.filled().len();
        let read = ready!(Pin::new(&mut this.stream).poll_read(context, buffer));
        Poll::Ready(if std::mem::replace(&mut this.has_heard, true) {
            read
        } else {
            this.check_first(read, &buffer.filled()[start..])
        })
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_read(context, buffer),
            Self::Tls(stream) => {
                // Data that a full socket did not take must be sent while reading, since there may
                // be no further write.
                if stream.get_ref().1.wants_write() {
                    let _ = Pin::new(&mut *stream).poll_flush(context)?;
                }
                Pin::new(stream).poll_read(context, buffer)
            }
            Self::Unix(stream) => Pin::new(stream).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for Transport {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match &mut self.get_mut().stream {
            Stream::Tcp(stream) => Pin::new(stream).poll_write(context, bytes),
            Stream::Tls(stream) => match Pin::new(&mut *stream).poll_write(context, bytes) {
                Poll::Ready(Err(error)) => {
                    Poll::Ready(Err(poll_last_words(stream, context, error)))
                }
                written => written,
            },
            Stream::Unix(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().stream {
            Stream::Tcp(stream) => Pin::new(stream).poll_flush(context),
            Stream::Tls(stream) => Pin::new(stream).poll_flush(context),
            Stream::Unix(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().stream {
            Stream::Tcp(stream) => Pin::new(stream).poll_shutdown(context),
            Stream::Tls(stream) => Pin::new(stream).poll_shutdown(context),
            Stream::Unix(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_socket_is_called_what_it_is() {
        let said = |path: &str| no_socket(Path::new(path));
        assert_eq!(said("/"), Some("not a socket, but a folder: /".into()));
        let file = "not a socket, but a file: /proc/self/exe";
        assert_eq!(said("/proc/self/exe"), Some(file.into()));
        assert_eq!(said("/nonexistent/socket"), None);
    }
}
