//! Byte streams without TLS: TCP, a Unix socket, or a command.

use std::io::{self, IoSlice};
use std::net::SocketAddr;
use std::os::unix::fs::FileTypeExt as _;
use std::path::Path;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, UnixStream};
use tokio::time::timeout;

use super::dial::Dial;
use super::endpoint::Address;
use super::io_cause::io_cause;
use super::resolver::Resolver;
use super::tunnel::Tunnel;
use crate::message::{Awaited, ConnectionError, LookupError, StreamKind, io_reason};

/// Idle time before the first keepalive probe, and the interval between probes.
const KEEPALIVE: Duration = Duration::from_secs(15);

/// The kernel closes a connection if sent bytes are not acknowledged within this time.
const UNACKNOWLEDGED: Duration = Duration::from_secs(30);

/// Minimum time for each attempt if a host has several addresses.
pub(super) const SHORTEST_ATTEMPT: Duration = Duration::from_secs(1);

/// A connected stream without TLS.
#[derive(Debug)]
pub(super) enum RawStream {
    Tcp(TcpStream),
    Unix(UnixStream),
    Tunnel(Box<Tunnel>),
}

/// A stream of any kind.
trait ByteStream: AsyncRead + AsyncWrite + Unpin {}

impl<S: AsyncRead + AsyncWrite + Unpin> ByteStream for S {}

impl RawStream {
    /// Connects to `address` within the given time, trying each of the host's addresses in turn. A
    /// command is only started.
    pub(super) async fn open(
        address: &Address,
        dial: &Dial<'_>,
        within: Duration,
    ) -> Result<Self, ConnectionError> {
        match (address, dial.via) {
            (Address::Tcp { host, port }, None) => {
                connect_tcp(host, *port, dial.resolver, within).await
            }
            (Address::Tcp { host, port }, Some(via)) => {
                let tunnel = via.open(host, *port).await?;
                let announced = dial.is_announced(address).then(|| address.to_string());
                Ok(Self::Tunnel(Box::new(tunnel.leading_to(announced))))
            }
            (Address::Unix(path), _) => connect_unix(path, within).await,
        }
    }

    pub(super) fn kind(&self) -> StreamKind {
        match self {
            Self::Tcp(_) => StreamKind::Tcp,
            Self::Unix(_) => StreamKind::Unix,
            Self::Tunnel(_) => StreamKind::Tunnel,
        }
    }

    fn inner(&mut self) -> Pin<&mut dyn ByteStream> {
        match self {
            Self::Tcp(stream) => Pin::new(stream),
            Self::Unix(stream) => Pin::new(stream),
            Self::Tunnel(stream) => Pin::new(&mut **stream),
        }
    }
}

impl AsyncRead for RawStream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.get_mut().inner().poll_read(context, buffer)
    }
}

impl AsyncWrite for RawStream {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.get_mut().inner().poll_write(context, bytes)
    }

    // A TLS handshake must be sent in one piece: a server that rejects the first part resets the
    // connection, and the failed write of the rest would hide its alert.
    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.get_mut().inner().poll_write_vectored(context, parts)
    }

    fn is_write_vectored(&self) -> bool {
        matches!(self, Self::Tcp(_))
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().inner().poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().inner().poll_shutdown(context)
    }
}

async fn connect_tcp(
    host: &str,
    port: u16,
    resolver: &Resolver,
    within: Duration,
) -> Result<RawStream, ConnectionError> {
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
                return Ok(RawStream::Tcp(stream));
            }
            Ok(Err(error)) => failure = io_cause(&error),
            Err(_) => failure = ConnectionError::NoAnswer(Awaited::Connect, each),
        }
    }
    Err(failure)
}

async fn connect_unix(path: &Path, within: Duration) -> Result<RawStream, ConnectionError> {
    match timeout(within, UnixStream::connect(path)).await {
        Ok(Ok(stream)) => Ok(RawStream::Unix(stream)),
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

#[cfg(test)]
mod tests {
    use super::*;

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
