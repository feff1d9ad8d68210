//! Connections to one server: its address and login, TLS, the byte stream, and the connection for
//! commands.

mod address_map;
mod backoff;
mod bounded;
mod carrier;
mod dial;
mod endpoint;
mod endpoint_error;
mod greet;
mod io_cause;
mod link;
mod login;
mod login_source;
mod password;
mod raw_stream;
mod resolver;
mod target;
mod tls;
mod transport;
mod tunnel;
mod url;
mod via;

pub use self::address_map::AddressMap;
pub use self::endpoint::{Address, Endpoint};
pub use self::endpoint_error::EndpointError;
pub use self::login::LoginRetries;
pub use self::login_source::{Credentials, Fetch, Fetched, LoginSource};
pub use self::password::Password;
pub use self::resolver::{Family, Lookup, Resolver};
pub use self::target::{LoginAt, ParsedUrl, Sentinels, Target, UrlRemark};
pub use self::tls::{OptionError, Tls, TlsSettings};
pub use self::tunnel::{TUNNEL, serve as serve_tunnel};
pub use self::url::UrlSettings;
pub use self::via::Via;

pub(super) use self::backoff::Backoff;
pub(super) use self::dial::Dial;
pub(super) use self::endpoint::without_arguments;
pub(super) use self::greet::{cut, dial_up, error_reply};
pub(super) use self::io_cause::io_cause;
pub(super) use self::link::{Link, command_cause, excess_of, failure_within, is_refusal, refusal};
pub(super) use self::login::{Login, is_login_limit};
pub(super) use self::transport::{Transport, connect};
