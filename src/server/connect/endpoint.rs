//! Server addresses with login and database. They can be displayed without revealing the password.

use std::fmt;
use std::path::PathBuf;

use super::endpoint_error::EndpointError;
use super::login_source::LoginSource;
use super::password::Password;
use super::url::{Host, Kind, Url};
use crate::message::{ConnectionError, RedisError};

/// The default port of a server.
pub(super) const SERVER_PORT: u16 = 6379;

/// How a server is reached.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Address {
    /// TCP. An IPv6 address is stored without brackets.
    Tcp {
        /// A name or an IP address.
        host: String,
        /// The TCP port.
        port: u16,
    },
    /// The path of a Unix socket.
    Unix(PathBuf),
}

impl Address {
    /// Creates a TCP address.
    pub fn tcp(host: impl Into<String>, port: u16) -> Self {
        let host = host.into();
        Self::Tcp { host, port }
    }
}

/// A server's address with the user, password and database to use.
///
/// Neither `Display` nor `Debug` shows the password.
#[derive(Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// The scheme without TLS: `redis` or `valkey`.
    kind: &'static str,
    pub(super) is_tls: bool,
    address: Address,
    /// The user to log in as, or `None` for the default user.
    pub user: Option<String>,
    /// The password, if there is one.
    pub password: Option<Password>,
    /// The number of the database. It matters for commands, but not for Pub/Sub.
    pub db: i64,
    /// The user whose password is missing, for when the user of the program types it.
    idle_user: Option<String>,
    /// Where the login comes from if it does not come from the fields.
    pub(super) source: Option<LoginSource>,
}

impl Endpoint {
    /// Parses `redis://`, `rediss://` (with TLS), `valkey://`, `valkeys://`, `unix://`,
    /// `redis+unix://` and `valkey+unix://` URLs, and `host:port`.
    ///
    /// # Errors
    ///
    /// Returns an error that says what is wrong with `url` and which form is expected.
    pub fn parse(url: &str) -> Result<Self, EndpointError> {
        let url = Url::parse(url)?;
        match url.kind {
            Kind::Server | Kind::Socket => Self::read(&url),
            Kind::Sentinel | Kind::Cluster => Err(EndpointError::of_form(
                "has several servers",
                Kind::Server.right_form(),
            )),
        }
    }

    /// Converts a URL that names a single server to an endpoint.
    pub(super) fn read(url: &Url) -> Result<Self, EndpointError> {
        if url.kind == Kind::Socket {
            let address = Address::Unix(url.path.clone().into());
            return Ok(Self::of(url, address, url.parameters.db.unwrap_or(0)));
        }
        let db = db_in(&url.path);
        let db = db.map_err(|problem| EndpointError::of_form(problem, url.kind.right_form()))?;
        let address = url.hosts[0].address(SERVER_PORT);
        Ok(Self::of(url, address, url.parameters.db.unwrap_or(db)))
    }

    /// Creates an endpoint at `address` with the login of `url`.
    pub(super) fn of(url: &Url, address: Address, db: i64) -> Self {
        let (login, parameters) = (&url.user_info, &url.parameters);
        Self {
            kind: if url.is_valkey { "valkey" } else { "redis" },
            is_tls: url.is_tls,
            address,
            user: login.user.clone().or_else(|| parameters.user.clone()),
            password: (login.password.clone()).or_else(|| parameters.password.clone()),
            db,
            idle_user: None,
            source: None,
        }
    }

    /// Returns an endpoint at `address` with the same user, password, database and TLS setting.
    #[must_use]
    pub fn at(&self, address: Address) -> Self {
        Self {
            address,
            ..self.clone()
        }
    }

    /// Uses the user name as the password, unless there already is a password. This is how
    /// redis-cli reads the single word of `redis://word@host`.
    pub fn use_user_as_password(&mut self) {
        if self.password.is_none() {
            self.password = self.user.take().map(Password::from);
        }
    }

    /// Returns the address of the server.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// Returns whether the connection uses TLS. Unix sockets never do, since they cannot be
    /// eavesdropped on.
    pub fn is_tls(&self) -> bool {
        self.is_tls && matches!(self.address, Address::Tcp { .. })
    }

    /// Returns the URL scheme, such as `rediss`.
    pub(super) fn scheme(&self) -> &'static str {
        match (&self.address, self.kind, self.is_tls) {
            (Address::Unix(_), _, _) => "unix",
            (_, "valkey", true) => "valkeys",
            (_, _, true) => "rediss",
            (_, kind, false) => kind,
        }
    }

    /// Removes the user if there is no password, and thus no login. It returns once a password has
    /// been typed.
    pub fn remove_idle_user(&mut self) {
        if self.password.is_none() {
            self.idle_user = self.user.take();
        }
    }

    /// Returns the endpoint with the user and password for the next login.
    pub(crate) async fn with_login(&self) -> Result<Self, ConnectionError> {
        let mut endpoint = self.clone();
        if let Some(source) = &self.source
            && let Some(credentials) = source.credentials().await?
        {
            let fixed = endpoint.user.or(endpoint.idle_user.take());
            endpoint.user = credentials.user.or(fixed);
            endpoint.password = Some(credentials.password);
        }
        Ok(endpoint)
    }

    /// Returns the cause of a failed connection with this login. After a refused login, the next one
    /// runs the password command again.
    pub(crate) fn login_cause(&self, error: ConnectionError) -> ConnectionError {
        let (Some(source), Some(password)) = (&self.source, &self.password) else {
            return error;
        };
        if !error.is_about_login() {
            return error;
        }
        let failure = source.note_refused(password);
        failure.map_or(error, ConnectionError::PasswordCommand)
    }

    /// Returns whether connections log in.
    pub(crate) fn has_login(&self) -> bool {
        self.password.is_some() || self.source.as_ref().is_some_and(LoginSource::has_any)
    }

    /// Returns the arguments of AUTH, if there is a password.
    pub(crate) fn credentials(&self) -> Option<Vec<&str>> {
        let password = self.password.as_deref()?;
        Some(self.user.as_deref().into_iter().chain([password]).collect())
    }
}

impl Host {
    /// Returns the address, with `port` as the default port.
    pub(super) fn address(&self, port: u16) -> Address {
        Address::tcp(&self.name, self.port.unwrap_or(port))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp { host, port } if host.contains(':') => write!(f, "[{host}]:{port}"),
            Self::Tcp { host, port } => write!(f, "{host}:{port}"),
            Self::Unix(path) => write!(f, "{}", path.display()),
        }
    }
}

impl Default for Endpoint {
    fn default() -> Self {
        Self {
            kind: "redis",
            is_tls: false,
            address: Address::tcp("127.0.0.1", SERVER_PORT),
            user: None,
            password: None,
            db: 0,
            idle_user: None,
            source: None,
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://", self.scheme())?;
        if let Some(user) = &self.user {
            write!(f, "{user}@")?;
        }
        write!(f, "{}", self.address)?;
        match (self.db, &self.address) {
            (0, _) => Ok(()),
            (db, Address::Tcp { .. }) => write!(f, "/{db}"),
            (db, Address::Unix(_)) => write!(f, "?db={db}"),
        }
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Endpoint({self})")
    }
}

/// Strips the command's arguments from the error of a refused AUTH. Some servers repeat them,
/// including the password.
pub(crate) fn without_arguments(error: &RedisError) -> RedisError {
    let end = error.text.find(", with args").unwrap_or(error.text.len());
    RedisError::new(&error.text[..end])
}

/// Parses the database number in a URL path, which may end in a slash.
pub(super) fn db_in(path: &str) -> Result<i64, &'static str> {
    match path.trim_end_matches('/') {
        "" => Ok(0),
        number => match number.parse() {
            Ok(db @ 0..) => Ok(db),
            _ => Err("has a database that is not a number (0 or higher)"),
        },
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed test should panic")]
mod tests {
    use super::*;

    fn shown(url: &str) -> String {
        Endpoint::parse(url).map_or_else(|error| error.to_string(), |end| end.to_string())
    }

    #[test]
    fn an_address_is_shown_without_its_password() {
        for (url, expected) in [
            ("redis://localhost", "redis://localhost:6379"),
            ("redis://localhost:7000/3", "redis://localhost:7000/3"),
            ("redis://:secret@localhost", "redis://localhost:6379"),
            ("redis://me:secret@localhost", "redis://me@localhost:6379"),
            ("redis://me@localhost", "redis://me@localhost:6379"),
            ("valkey://localhost", "valkey://localhost:6379"),
            ("redis://h:/1?protocol=resp3", "redis://h:6379/1"),
            ("redis://a%3Ab:secret@h", "redis://a:b@h:6379"),
            ("rediss://me:secret@localhost", "rediss://me@localhost:6379"),
            ("valkeys://localhost:7000/1", "valkeys://localhost:7000/1"),
            ("redis://[::1]:7000", "redis://[::1]:7000"),
            ("redis://[::1]", "redis://[::1]:6379"),
            ("unix:///run/redis.sock", "unix:///run/redis.sock"),
            ("unix:///a%20b", "unix:///a b"),
            (
                "redis+unix:///run/redis.sock?db=2&pass=secret&user=me",
                "unix://me@/run/redis.sock?db=2",
            ),
        ] {
            assert_eq!(shown(url), expected, "{url}");
            let endpoint = Endpoint::parse(url).unwrap();
            assert!(!format!("{endpoint:?}").contains("secret"), "{url}");
        }
    }

    #[test]
    fn the_default_is_a_local_server() {
        let local = Endpoint::parse("redis://127.0.0.1:6379");
        assert_eq!(local, Ok(Endpoint::default()));
    }

    #[test]
    fn credentials_are_user_and_password() {
        for (url, expected) in [
            ("redis://localhost", None),
            ("redis://me@localhost", None),
            ("redis://:se%40cret@localhost", Some("se@cret")),
            ("redis://me:secret@localhost", Some("me secret")),
            ("redis://me:p@ss%x%41@localhost", Some("me p@ss%xA")),
        ] {
            let endpoint = Endpoint::parse(url).unwrap();
            let credentials = endpoint.credentials().map(|words| words.join(" "));
            assert_eq!(credentials.as_deref(), expected, "{url}");
        }
    }

    #[test]
    fn another_address_keeps_the_login_and_tls() {
        let endpoint = Endpoint::parse("rediss://me:secret@localhost/2").unwrap();
        let other = endpoint.at(Address::tcp("::1", 7000));
        assert_eq!(other.to_string(), "rediss://me@[::1]:7000/2");
        assert_eq!(other.credentials(), endpoint.credentials());
        assert!(other.is_tls());
        let socket = endpoint.at(Address::Unix("/run/redis.sock".into()));
        assert_eq!(socket.to_string(), "unix://me@/run/redis.sock?db=2");
        assert!(!socket.is_tls());
    }

    #[test]
    fn the_forms_of_other_clients_are_accepted() {
        for (url, expected) in [
            ("redis://localhost:7000/2\n", "redis://localhost:7000/2"),
            ("  rediss://localhost\t", "rediss://localhost:6379"),
            ("localhost", "redis://localhost:6379"),
            ("localhost:7000", "redis://localhost:7000"),
            ("redis:6379", "redis://redis:6379"),
            ("//localhost:7000/1", "redis://localhost:7000/1"),
            ("me:secret@localhost:7000", "redis://me@localhost:7000"),
            ("[::1]:7000", "redis://[::1]:7000"),
            ("unix:/run/redis.sock", "unix:///run/redis.sock"),
            ("UNIX:///run/redis.sock", "unix:///run/redis.sock"),
            ("/run/redis.sock?db=2", "unix:///run/redis.sock?db=2"),
            ("unix://me:secret@/run/r.sock", "unix://me@/run/r.sock"),
            ("redis://localhost/1/", "redis://localhost:6379/1"),
            ("redis://localhost?db=9", "redis://localhost:6379/9"),
            ("redis://localhost?ssl=true", "rediss://localhost:6379"),
            ("redis://h?username=me&password=secret", "redis://me@h:6379"),
            (
                "redis://localhost/1?family=0&protocol=3&decode_responses=True\
                 &health_check_interval=30&socket_timeout=5&client_name=a@b&connectTimeout=5",
                "redis://localhost:6379/1",
            ),
            (
                "rediss://localhost?ssl_cert_reqs=none&ssl_check_hostname=true",
                "rediss://localhost:6379",
            ),
            ("redis://:p@secret%@localhost", "redis://localhost:6379"),
            ("redis://[fe80::1%25eth0]", "redis://[fe80::1%eth0]:6379"),
        ] {
            assert_eq!(shown(url), expected, "{url}");
        }
        let mut one_word = Endpoint::parse("redis://secret@localhost").unwrap();
        one_word.use_user_as_password();
        assert_eq!(one_word.credentials(), Some(vec!["secret"]));
        assert_eq!(one_word.to_string(), "redis://localhost:6379");
    }

    #[test]
    fn an_invalid_address_is_refused_in_one_line_with_the_right_form() {
        let form = "expected redis://";
        for (url, problem, right) in [
            ("", "is empty", form),
            (" \n", "is empty", form),
            ("http://localhost", "unknown scheme", form),
            ("rediss://", "has no host", form),
            ("redis://", "has no host", form),
            ("redis:///1", "has no host", form),
            ("redis+sentinels://localhost/m", "unknown scheme", form),
            ("redis+sentinel://localhost/m", "several servers", form),
            ("redis://a,b", "has several hosts", "redis+cluster://"),
            ("redis://localhost:port", "port that is not a number", form),
            ("redis://localhost:70000", "from 1 to 65535", form),
            ("redis://me:p:w@[::1]:0", "from 1 to 65535", form),
            ("redis://[::1", "no IPv6 address", form),
            ("redis://::1", "IPv6 address without brackets", "[::1]:6379"),
            ("redis://local host", "an invalid character", form),
            ("redis://h?db=x", "parameter 'db'", "a database number"),
            ("redis://h/first", "database that is not a number", form),
            ("redis://localhost/-1", "0 or higher", form),
            ("redis://0.0.0.0", "0.0.0.0", "connect to 127.0.0.1"),
            ("redis://:%ff@localhost", "not UTF-8", form),
            ("redis://localhost/#x", "after '#'", "%23"),
            ("unix://relative/path", "needs an absolute path", form),
            ("unix://", "needs an absolute path", form),
            (
                "unix:///s#a?ssl_ca_data=x",
                "'ssl_ca_data'",
                "--cacert FILE",
            ),
            ("redis://local\nhost:x", "control character", form),
            (
                "rediss://h?ssl_cert_reqs=x",
                "'ssl_cert_reqs'",
                "none, optional",
            ),
            (
                "rediss://h?tls_min=1",
                "'tls_min', which is unknown",
                "rediss://",
            ),
            (
                "rediss://h?ssl_check_hostname=false",
                "host name only",
                "--sni NAME",
            ),
            (
                "redis://h?master_name=m",
                "'master_name'",
                "redis+sentinel://",
            ),
            ("redis://h?1=2", "an unknown parameter", "%3F"),
        ] {
            let error = Endpoint::parse(url).unwrap_err().to_string();
            assert!(error.contains(problem), "{url}: {error}");
            assert!(error.contains(right), "{url}: {error}");
            assert_eq!(error.lines().count(), 1, "{url}: {error}");
        }
    }

    #[test]
    fn a_password_that_is_not_encoded_is_recognized() {
        for (url, encodings) in [
            ("redis://bob:p#ss@host", "'#' as %23"),
            ("redis://bob:p/ss@host", "'/' as %2F"),
            ("redis://bob:p?ss@host", "'?' as %3F"),
            ("redis://bob:p?a=b&c@host", "'?' as %3F"),
            ("redis://bob:1/ss@host", "'/' as %2F"),
            ("redis://bob:1?ss@host", "'?' as %3F"),
            ("redis://bob:1?s=s@host", "'?' as %3F"),
            ("redis://:1#ss@host:6379/0", "'#' as %23"),
            ("redis://:a@b/c@host", "'/' as %2F and '@' as %40"),
            (
                "redis://:a@b#c?%@host",
                "'%' as %25 and '#' as %23 and '?' as %3F and '@' as %40",
            ),
            ("bob:p#ss@host", "'#' as %23"),
            ("redis+sentinel://bob:p#ss@h1,h2/m", "'#' as %23"),
            ("redis+cluster://bob:p/ss@h1,h2", "'/' as %2F"),
        ] {
            let error = crate::server::Target::parse(url).unwrap_err().to_string();
            let end = format!("write {encodings}");
            assert!(error.ends_with(&end), "{url}: {error}");
        }
    }
}
