//! Resolution of host names to addresses.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::lookup_host;

/// A resolver of host names. A name is resolved again for each connection attempt, since its
/// addresses may change.
#[derive(Clone, Default)]
pub enum Resolver {
    /// The system's resolver.
    #[default]
    System,
    /// A custom function that takes a host and a port.
    Of(Arc<Lookup>),
}

/// A function that returns the addresses of a host, with the given port.
pub type Lookup = dyn Fn(&str, u16) -> io::Result<Vec<SocketAddr>> + Send + Sync;

impl Resolver {
    /// Returns the addresses of `host` in the order in which to try them.
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
