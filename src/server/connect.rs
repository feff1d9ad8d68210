//! Connections to one server: its address and login, TLS, the byte stream, and the connection for
//! commands.

pub(super) mod backoff;
mod bounded;
mod carrier;
pub(super) mod endpoint;
pub(super) mod endpoint_error;
pub(super) mod link;
pub(super) mod login;
pub(super) mod password;
pub(super) mod resolver;
pub(super) mod target;
pub(super) mod tls;
pub(super) mod transport;
mod url;
