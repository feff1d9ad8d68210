//! Byte streams to a server: TCP or a unix socket.

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, UnixStream, lookup_host};
use tokio::time::timeout;

use super::endpoint::Address;

/// The kernel probes a silent peer after this long, and as often again.
const KEEPALIVE: Duration = Duration::from_secs(15);

/// The kernel gives up on bytes that were sent and not acknowledged for this long.
const UNACKNOWLEDGED: Duration = Duration::from_secs(30);

/// Of several addresses each is given at least this long.
const SHORTEST_ATTEMPT: Duration = Duration::from_secs(1);

/// A connected stream.
#[derive(Debug)]
pub(super) enum Transport {
    Tcp(TcpStream),
    Unix(UnixStream),
}

/// Connects to `address`, trying each of a host's addresses in turn.
///
/// Fails with the reason in words.
pub(super) async fn connect(address: &Address, within: Duration) -> Result<Transport, Box<str>> {
    match address {
        Address::Tcp { host, port } => connect_tcp(host, *port, within).await,
        Address::Unix(path) => connect_unix(path, within).await,
    }
}

/// What went wrong with a stream, in words.
pub(super) fn words(error: &io::Error) -> Box<str> {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => "connection refused".into(),
        io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => "connection reset".into(),
        io::ErrorKind::ConnectionAborted => "connection aborted".into(),
        io::ErrorKind::TimedOut => "the network gave up: no acknowledgement".into(),
        io::ErrorKind::HostUnreachable => "host unreachable".into(),
        io::ErrorKind::NetworkUnreachable => "network unreachable".into(),
        io::ErrorKind::PermissionDenied => "permission denied".into(),
        _ => without_code(&error.to_string()).into(),
    }
}

/// A duration as it is said: `15 s`, `200 ms`.
pub(super) fn say(duration: Duration) -> String {
    if duration.subsec_millis() == 0 {
        format!("{} s", duration.as_secs())
    } else {
        format!("{} ms", duration.as_millis())
    }
}

async fn connect_tcp(host: &str, port: u16, within: Duration) -> Result<Transport, Box<str>> {
    let addresses: Vec<SocketAddr> = match timeout(within, lookup_host((host, port))).await {
        Ok(Ok(found)) => found.collect(),
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
                return Ok(Transport::Tcp(stream));
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
        Ok(Ok(stream)) => Ok(Transport::Unix(stream)),
        Ok(Err(error)) if error.kind() == io::ErrorKind::NotFound => {
            Err(format!("no such socket: {}", path.display()).into())
        }
        Ok(Err(error)) => Err(words(&error)),
        Err(_) => Err(format!("no answer to the connection attempt for {}", say(within)).into()),
    }
}

/// Whether the stream ends in itself. When nothing listens on a loopback port that the kernel
/// also hands out to clients, an attempt can meet itself, and seems to succeed.
fn is_own_echo(stream: &TcpStream) -> bool {
    matches!((stream.local_addr(), stream.peer_addr()), (Ok(own), Ok(peer)) if own == peer)
}

/// Sets what helps; a kernel that refuses any of it still serves.
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

/// The system's message without ` (os error 111)`.
fn without_code(message: &str) -> &str {
    message.split(" (os error").next().unwrap_or(message)
}

impl AsyncRead for Transport {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_read(context, buffer),
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
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_write(context, bytes),
            Self::Unix(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_flush(context),
            Self::Unix(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_shutdown(context),
            Self::Unix(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }
}
