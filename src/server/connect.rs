//! Connections to one server: its address and login, TLS, the byte stream, and the connection for
//! commands.

mod backoff;
mod bounded;
mod carrier;
mod endpoint;
mod endpoint_error;
mod link;
mod login;
mod login_source;
mod password;
mod resolver;
mod target;
mod tls;
mod transport;
mod url;

pub use self::endpoint::{Address, Endpoint};
pub use self::endpoint_error::EndpointError;
pub use self::login::LoginRetries;
pub use self::login_source::{Credentials, Fetch, Fetched, LoginSource};
pub use self::password::Password;
pub use self::resolver::{Family, Lookup, Resolver};
pub use self::target::{LoginAt, ParsedUrl, Sentinels, Target, UrlRemark};
pub use self::tls::{OptionError, Tls, TlsSettings};
pub use self::url::UrlSettings;

pub(super) use self::backoff::Backoff;
pub(super) use self::endpoint::without_arguments;
pub(super) use self::link::{
    Link, command_cause, cut, excess_of, failure_within, is_refusal, refusal,
};
pub(super) use self::login::{Login, is_login_limit};
pub(super) use self::transport::{Dial, Transport, connect, io_cause};
