//! Connections to one server: its address and login, TLS, the byte stream, and the connection for
//! commands.

mod backoff;
mod bounded;
mod carrier;
mod endpoint;
mod endpoint_error;
mod greet;
mod link;
mod login;
mod password;
mod resolver;
mod target;
mod tls;
mod transport;
mod url;

pub use self::endpoint::{Address, Endpoint};
pub use self::endpoint_error::EndpointError;
pub use self::login::LoginRetries;
pub use self::password::Password;
pub use self::resolver::{Family, Lookup, Resolver};
pub use self::target::{ParsedUrl, Sentinels, Target, UrlRemark};
pub use self::tls::{OptionError, Tls, TlsSettings};
pub use self::url::UrlSettings;

pub(super) use self::backoff::Backoff;
pub(super) use self::endpoint::without_arguments;
pub(super) use self::greet::{cut, dial_up, error_reply};
pub(super) use self::link::{Link, command_cause, excess_of, failure_within, is_refusal, refusal};
pub(super) use self::login::Login;
pub(super) use self::transport::{Dial, Transport, connect, io_cause};
