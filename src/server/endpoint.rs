//! Where a server is, and who asks: an address that can be shown without its password.

use std::fmt;
use std::path::PathBuf;

use redis::{ConnectionAddr, IntoConnectionInfo};

use super::complaint::EndpointError;

/// The address that is used when none is given.
pub const DEFAULT_URL: &str = "redis://127.0.0.1:6379";

/// What an address has to look like, as every complaint about one says.
const RIGHT_FORM: &str = "redis://[user[:password]@]host[:port][/db], rediss:// with TLS, \
                          unix:///path, redis+sentinel://host[,host…]/master or \
                          redis+cluster://host[,host…]";

/// The parameters that a URL of a unix socket may have.
const UNIX_PARAMETERS: [&str; 4] = ["db", "user", "pass", "protocol"];

/// How a server is reached.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Address {
    /// By TCP. An IPv6 address stands here without its brackets.
    Tcp {
        /// A name or an IP address.
        host: String,
        /// The TCP port.
        port: u16,
    },
    /// By a unix socket at this path.
    Unix(PathBuf),
}

/// A server's address with the user, the password and the database to use there.
///
/// Neither `Display` nor `Debug` shows the password.
#[derive(Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// What the scheme is made of: `redis` or `valkey`.
    kind: &'static str,
    is_tls: bool,
    address: Address,
    user: Option<String>,
    password: Option<String>,
    db: i64,
}

impl Endpoint {
    /// Reads `redis://`, `rediss://` (with TLS), `valkey://`, `valkeys://`, `unix://`,
    /// `redis+unix://` and `valkey+unix://` URLs.
    ///
    /// # Errors
    ///
    /// Says what is wrong with `url`, and the right form.
    pub fn parse(url: &str) -> Result<Self, EndpointError> {
        Self::read(url).map_err(|problem| EndpointError::new(url, problem, RIGHT_FORM))
    }

    /// The same; what is wrong is said without the URL, which may hold a password.
    pub(super) fn read(url: &str) -> Result<Self, String> {
        let (scheme, rest) = url
            .split_once(':')
            .ok_or("has no scheme such as redis://")?;
        let (kind, is_tls) = match scheme.to_ascii_lowercase().as_str() {
            "redis" => ("redis", false),
            "rediss" => ("redis", true),
            "valkey" => ("valkey", false),
            "valkeys" => ("valkey", true),
            "unix" | "redis+unix" | "valkey+unix" => {
                let path = rest.strip_prefix("//").filter(|path| path.starts_with('/'));
                path.ok_or("needs an absolute path")?;
                ("unix", false)
            }
            _ => {
                let problem = "does not start with redis://, rediss://, valkey://, unix://, \
                               redis+sentinel:// or redis+cluster://";
                return Err(problem.to_owned());
            }
        };
        if is_tls && rest.ends_with("#insecure") {
            return Err("ends in #insecure, which is the option --insecure here".to_owned());
        }
        if kind != "unix" {
            check_port(rest)?;
        }
        // The parser is not asked for TLS, which it leaves to us.
        let parsed = redis::parse_redis_url(&format!("{kind}:{rest}")).ok_or("is not a URL")?;
        let parameters = parsed.query_pairs().map(|(name, _)| name.into_owned());
        check_parameters(kind, &parameters.collect::<Vec<_>>())?;
        let info = parsed
            .into_connection_info()
            .map_err(|error| problem_in_words(&error))?;
        let address = match info.addr() {
            ConnectionAddr::Tcp(host, _) if host.is_empty() => return Err("names no host".into()),
            ConnectionAddr::Tcp(host, port) => Address::Tcp {
                host: host.clone(),
                port: *port,
            },
            ConnectionAddr::Unix(path) => Address::Unix(path.clone()),
            _ => return Err("is not the address of a server".to_owned()),
        };
        let settings = info.redis_settings();
        if settings.db() < 0 {
            return Err("has a database number below zero".to_owned());
        }
        let filled = |text: Option<&str>| text.filter(|text| !text.is_empty()).map(str::to_owned);
        Ok(Self {
            kind: if kind == "valkey" { kind } else { "redis" },
            is_tls,
            address,
            user: filled(settings.username()),
            password: filled(settings.password()),
            db: settings.db(),
        })
    }

    /// Another server, at `address`, asked with the same user, password, database and TLS.
    #[must_use]
    pub fn at(&self, address: Address) -> Self {
        Self {
            address,
            ..self.clone()
        }
    }

    /// The same server, asked as `user`.
    #[must_use]
    pub fn with_user(mut self, user: impl Into<String>) -> Self {
        self.user = Some(user.into());
        self
    }

    /// The same server, asked as nobody in particular.
    #[must_use]
    pub fn without_user(mut self) -> Self {
        self.user = None;
        self
    }

    /// The same server with TLS. A unix socket stays as it is: nobody can listen in on one.
    #[must_use]
    pub fn with_tls(mut self) -> Self {
        self.is_tls = true;
        self
    }

    /// The same server with database `db`.
    #[must_use]
    pub fn with_db(mut self, db: i64) -> Self {
        self.db = db;
        self
    }

    /// The same server, asked with `password` instead of the one in the URL.
    #[must_use]
    pub fn with_password(mut self, password: impl Into<String>) -> Self {
        self.password = Some(password.into());
        self
    }

    /// How the server is reached.
    #[must_use]
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// The user to log in as, if not the default user.
    #[must_use]
    pub fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }

    /// Whether a password is known.
    #[must_use]
    pub fn has_password(&self) -> bool {
        self.password.is_some()
    }

    /// Whether TLS is spoken there.
    #[must_use]
    pub fn is_tls(&self) -> bool {
        self.is_tls && matches!(self.address, Address::Tcp { .. })
    }

    /// What a URL of it starts with, such as `rediss`.
    pub(super) fn scheme(&self) -> &'static str {
        match (&self.address, self.kind, self.is_tls) {
            (Address::Unix(_), _, _) => "unix",
            (_, "valkey", true) => "valkeys",
            (_, _, true) => "rediss",
            (_, kind, false) => kind,
        }
    }

    /// The database's number. Pub/Sub does not care, but commands do.
    #[must_use]
    pub fn db(&self) -> i64 {
        self.db
    }

    /// The arguments of AUTH, if a password is known.
    pub(super) fn credentials(&self) -> Option<Vec<&str>> {
        let password = self.password.as_deref()?;
        Some(self.user().into_iter().chain([password]).collect())
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
            address: Address::Tcp {
                host: "127.0.0.1".to_owned(),
                port: 6379,
            },
            user: None,
            password: None,
            db: 0,
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

/// A refusal of AUTH without the arguments of the command, which some servers repeat in it: one of
/// them is the password.
pub(super) fn without_arguments(words: &str) -> &str {
    let end = words.find(", with args").unwrap_or(words.len());
    &words[..end]
}

/// Complains of a port that is none, of which the parser says only that there is no URL.
fn check_port(rest: &str) -> Result<(), String> {
    let rest = rest.trim_start_matches('/');
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let place = authority.rsplit('@').next().unwrap_or_default();
    let after_host = &place[place.rfind(']').unwrap_or(0)..];
    match after_host.rsplit_once(':') {
        // Nothing behind the colon is the usual port.
        Some((_, port)) if !port.is_empty() && !matches!(port.parse::<u16>(), Ok(1..)) => {
            // Not repeated: it may be a password whose host is missing.
            Err("has a port that is not a number from 1 to 65535".to_owned())
        }
        _ => Ok(()),
    }
}

/// Complains of parameters that would have no effect. They are not repeated, since a password may
/// hold the question mark before them.
fn check_parameters(kind: &str, names: &[String]) -> Result<(), String> {
    let mut names = names.iter().map(String::as_str);
    if kind == "unix" {
        if names.all(|name| UNIX_PARAMETERS.contains(&name)) {
            return Ok(());
        }
        return Err("has a parameter other than db, user and pass".to_owned());
    }
    // The version of the protocol is ours to choose, but other programs want to be told.
    match names.find(|name| *name != "protocol") {
        None => Ok(()),
        Some("db") => Err("has a parameter db, but the database goes after the host, as /9".into()),
        Some(_) => Err("has parameters, which a URL of one server does not take".to_owned()),
    }
}

/// What the parser has against a URL, in the words of this program.
fn problem_in_words(error: &redis::RedisError) -> String {
    let words = error.to_string();
    let words = words.split(" - ").next().unwrap_or_default();
    match words {
        "Missing hostname" => "names no host".to_owned(),
        "Invalid database number" => "has a database that is not a number".to_owned(),
        "Missing path" => "needs an absolute path".to_owned(),
        other => format!("is refused: {other}"),
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
            (
                "redis://localhost:/1?protocol=resp3",
                "redis://localhost:6379/1",
            ),
            (
                "redis://a%3Ab:secret@localhost",
                "redis://a:b@localhost:6379",
            ),
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
    fn the_default_is_the_default_url() {
        assert_eq!(Endpoint::parse(DEFAULT_URL), Ok(Endpoint::default()));
    }

    #[test]
    fn credentials_are_user_and_password() {
        let credentials = |url: &str| {
            let endpoint = Endpoint::parse(url).unwrap();
            endpoint.credentials().map(|words| words.join(" "))
        };
        assert_eq!(credentials("redis://localhost"), None);
        assert_eq!(credentials("redis://me@localhost"), None);
        assert_eq!(
            credentials("redis://:se%40cret@localhost"),
            Some("se@cret".into())
        );
        assert_eq!(
            credentials("redis://me:secret@localhost"),
            Some("me secret".into())
        );
        let changed = Endpoint::parse("redis://me:old@localhost").unwrap();
        let changed = changed.with_password("new");
        assert_eq!(changed.credentials(), Some(vec!["me", "new"]));
    }

    #[test]
    fn another_place_is_asked_in_the_same_way() {
        let endpoint = Endpoint::parse("rediss://me:secret@localhost/2").unwrap();
        let other = Address::Tcp {
            host: "::1".to_owned(),
            port: 7000,
        };
        let other = endpoint.at(other);
        assert_eq!(other.to_string(), "rediss://me@[::1]:7000/2");
        assert_eq!(other.credentials(), endpoint.credentials());
        assert!(other.is_tls());
        let changed = Endpoint::default().with_user("you").with_db(3).with_tls();
        assert_eq!(changed.to_string(), "rediss://you@127.0.0.1:6379/3");
        let socket = changed.at(Address::Unix("/run/redis.sock".into()));
        assert_eq!(socket.to_string(), "unix://you@/run/redis.sock?db=3");
        assert!(!socket.is_tls());
    }

    #[test]
    fn a_wrong_address_is_refused_in_one_line_with_the_right_form() {
        for (url, problem) in [
            ("", "has no scheme"),
            ("localhost", "has no scheme"),
            ("localhost:6379", "does not start with redis://"),
            ("http://localhost", "does not start with redis://"),
            ("rediss://localhost/#insecure", "the option --insecure"),
            ("rediss://", "names no host"),
            ("redis://", "names no host"),
            ("redis:///1", "names no host"),
            ("redis+sentinels://localhost/m", "redis+sentinel:// or"),
            ("redis://localhost:port", "port that is not a number"),
            ("redis://localhost:70000", "from 1 to 65535"),
            ("redis://me:p:w@[::1]:0", "from 1 to 65535"),
            ("redis://[::1", "is not a URL"),
            ("redis://localhost?db=9", "the database goes after the host"),
            ("redis://localhost/0?foo=1", "has parameters"),
            ("unix:///s?timeout=1", "other than db, user and pass"),
            ("redis://localhost/first", "database that is not a number"),
            ("redis://localhost/-1", "below zero"),
            ("redis://0.0.0.0", "wildcard"),
            ("unix://relative/path", "needs an absolute path"),
            ("unix://", "needs an absolute path"),
            ("redis://local\nhost:x", "'redis://local\\nhost:***'"),
        ] {
            let error = Endpoint::parse(url).unwrap_err().to_string();
            assert!(error.contains(problem), "{url}: {error}");
            assert!(error.contains(RIGHT_FORM), "{url}: {error}");
            assert_eq!(error.lines().count(), 1, "{url}: {error}");
        }
    }

    #[test]
    fn no_complaint_shows_a_password() {
        for url in [
            "redis://me:secret@localhost:port",
            "redis://:secret@local host",
            "redis://:sec/ret@localhost:x",
            "redis://:p@secret@localhost:x",
            "redis://:secret",
            "redis://me:secret",
            "rediss://me:secret@localhost:port",
            "redis://localhost/x?db=1&pass=a@secret",
            "redis://:a?secret=1@localhost",
            "unix:///x?pass=a&secret=1",
            "me:secret@localhost",
            "http://me:secret@localhost/?a",
            "unix://x?pass=secret&db=1",
        ] {
            let error = Endpoint::parse(url).unwrap_err();
            for text in [error.to_string(), format!("{error:?}")] {
                assert!(
                    !text.contains("secret") && !text.contains("sec/ret"),
                    "{text}"
                );
            }
        }
    }
}
