//! How the name of a host becomes addresses.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::lookup_host;

/// Looks names up. Every attempt to connect asks anew, since a name may move.
#[derive(Clone, Default)]
pub enum Resolver {
    /// The system's own.
    #[default]
    System,
    /// This, given a host and a port.
    Of(Arc<Lookup>),
}

/// Gives the addresses of a host, with its port.
pub type Lookup = dyn Fn(&str, u16) -> io::Result<Vec<SocketAddr>> + Send + Sync;

impl Resolver {
    /// The addresses of `host`, in the order in which they are to be tried.
    pub(super) async fn lookup(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        match self {
            Self::System => Ok(lookup_host((host, port)).await?.collect()),
            Self::Of(lookup) => lookup(host, port),
        }
    }
}

impl fmt::Debug for Resolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::System => "System",
            Self::Of(_) => "Of(..)",
        })
    }
}
