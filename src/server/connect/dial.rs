//! How to connect to a server.

use std::time::Duration;

use super::address_map::AddressMap;
use super::endpoint::{Address, Endpoint};
use super::resolver::Resolver;
use super::target::Target;
use super::tls::Tls;
use super::via::Via;
use crate::message::ConnectionError;

/// Timeout for a connection through a command, up to the first answer or the end of the TLS
/// handshake: the command may have to connect and log in to several hosts.
const VIA_WITHIN: Duration = Duration::from_secs(15);

/// How to connect.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dial<'a> {
    /// The servers that the user named.
    pub(crate) target: &'a Target,
    pub(crate) tls: Option<&'a Tls>,
    pub(crate) resolver: &'a Resolver,
    /// The command that connections go through, if any.
    pub(crate) via: Option<&'a Via>,
    pub(crate) address_map: &'a AddressMap,
    /// The name of the connection in `CLIENT LIST`.
    pub(crate) client_name: &'a str,
    pub(crate) connect_within: Duration,
    pub(crate) answer_within: Duration,
}

impl Dial<'_> {
    /// Returns the timeout for opening a stream.
    pub(super) fn open_within(&self) -> Duration {
        match self.via {
            Some(_) => self.connect_within.max(VIA_WITHIN),
            None => self.connect_within,
        }
    }

    /// Returns the timeout for the first answer. A command starts at once, and the answer has to
    /// wait until it has connected.
    pub(super) fn first_answer_within(&self) -> Duration {
        match self.via {
            Some(_) => self.answer_within.max(VIA_WITHIN),
            None => self.answer_within,
        }
    }

    /// Adds to an error that the address was announced, if another address could help.
    pub(super) fn explained(&self, endpoint: &Endpoint, error: ConnectionError) -> ConnectionError {
        if error.is_unreachable() && self.is_announced(endpoint.address()) {
            let address = endpoint.address().to_string().into();
            return ConnectionError::Announced(address, Box::new(error));
        }
        error
    }

    /// Returns whether a cluster or a sentinel has named the address, but not the user.
    pub(super) fn is_announced(&self, address: &Address) -> bool {
        !self.target.names(address) && !self.address_map.leads_to(address)
    }
}
