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
    /// The system's resolver; addresses of this family come first.
    Preferring(Family),
    /// A custom function that takes a host and a port.
    Of(Arc<Lookup>),
}

/// A version of the Internet Protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

/// A function that returns the addresses of a host, with the given port.
pub type Lookup = dyn Fn(&str, u16) -> io::Result<Vec<SocketAddr>> + Send + Sync;

impl Resolver {
    /// Returns the addresses of `host` in the order in which to try them.
    pub(super) async fn lookup(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        let mut addresses: Vec<SocketAddr> = match self {
            Self::System | Self::Preferring(_) => lookup_host((host, port)).await?.collect(),
            Self::Of(lookup) => lookup(host, port)?,
        };
        if let Self::Preferring(family) = self {
            addresses.sort_by_key(|address| address.is_ipv6() != (*family == Family::V6));
        }
        Ok(addresses)
    }
}

impl fmt::Debug for Resolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::System => "System",
            Self::Preferring(Family::V4) => "Preferring(V4)",
            Self::Preferring(Family::V6) => "Preferring(V6)",
            Self::Of(_) => "Of(..)",
        })
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed test should panic")]

    use super::*;

    #[tokio::test]
    async fn addresses_of_the_preferred_family_come_first() {
        for family in [Family::V4, Family::V6] {
            let found = Resolver::Preferring(family).lookup("localhost", 1).await;
            let is_other = |address: &SocketAddr| address.is_ipv6() != (family == Family::V6);
            let others: Vec<bool> = found.unwrap().iter().map(is_other).collect();
            assert!(!others.is_empty() && others.is_sorted(), "{others:?}");
        }
    }
}
