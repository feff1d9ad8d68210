//! Where a server is, and who asks: an address that can be shown without its password.

use std::fmt;
use std::path::PathBuf;

use redis::{ConnectionAddr, IntoConnectionInfo};

/// The address that is used when none is given.
pub const DEFAULT_URL: &str = "redis://127.0.0.1:6379";

/// What an address has to look like, as every complaint about one says.
const RIGHT_FORM: &str = "redis://[user[:password]@]host[:port][/db] or unix:///path";

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
    scheme: &'static str,
    address: Address,
    user: Option<String>,
    password: Option<String>,
    db: i64,
}

/// Why a text is not the address of a server: one line that names the text, its password hidden,
/// and the right form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndpointError {
    url: String,
    problem: String,
}

impl Endpoint {
    /// Reads `redis://`, `valkey://`, `unix://`, `redis+unix://` and `valkey+unix://` URLs.
    ///
    /// # Errors
    ///
    /// Says what is wrong with `url`, and the right form. TLS is not supported yet.
    pub fn parse(url: &str) -> Result<Self, EndpointError> {
        let fail = |problem: &str| EndpointError {
            url: without_password(url),
            problem: problem.to_owned(),
        };
        let (scheme, rest) = url
            .split_once(':')
            .ok_or_else(|| fail("has no scheme such as redis://"))?;
        let scheme = match scheme.to_ascii_lowercase().as_str() {
            "redis" => "redis",
            "valkey" => "valkey",
            "unix" | "redis+unix" | "valkey+unix" => "unix",
            "rediss" | "valkeys" => return Err(fail("asks for TLS, which is not supported yet")),
            _ => return Err(fail("does not start with redis://, valkey:// or unix://")),
        };
        let rest = rest.strip_prefix("//");
        if scheme == "unix" && !rest.is_some_and(|path| path.starts_with('/')) {
            return Err(fail("needs an absolute path"));
        }
        let parsed = redis::parse_redis_url(url).ok_or_else(|| fail("is not a URL"))?;
        let info = parsed
            .into_connection_info()
            .map_err(|error| fail(&problem_in_words(&error)))?;
        let address = match info.addr() {
            ConnectionAddr::Tcp(host, _) if host.is_empty() => return Err(fail("names no host")),
            ConnectionAddr::Tcp(host, port) => Address::Tcp {
                host: host.clone(),
                port: *port,
            },
            ConnectionAddr::Unix(path) => Address::Unix(path.clone()),
            _ => return Err(fail("asks for TLS, which is not supported yet")),
        };
        let settings = info.redis_settings();
        if settings.db() < 0 {
            return Err(fail("has a database number below zero"));
        }
        let filled = |text: Option<&str>| text.filter(|text| !text.is_empty()).map(str::to_owned);
        Ok(Self {
            scheme,
            address,
            user: filled(settings.username()),
            password: filled(settings.password()),
            db: settings.db(),
        })
    }

    /// The same server, asked with `password` instead of the one in the URL.
    #[must_use]
    pub fn with_password(mut self, password: impl Into<String>) -> Self {
        self.password = Some(password.into());
        self
    }

    /// Another server, asked in the same way.
    #[must_use]
    pub fn at(&self, address: Address) -> Self {
        Self {
            address,
            ..self.clone()
        }
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

impl Default for Endpoint {
    fn default() -> Self {
        Self {
            scheme: "redis",
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
        write!(f, "{}://", self.scheme)?;
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

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp { host, port } if host.contains(':') => write!(f, "[{host}]:{port}"),
            Self::Tcp { host, port } => write!(f, "{host}:{port}"),
            Self::Unix(path) => write!(f, "{}", path.display()),
        }
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Endpoint({self})")
    }
}

impl fmt::Display for EndpointError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { url, problem } = self;
        write!(f, "'{url}' {problem}; the right form is {RIGHT_FORM}")
    }
}

impl std::error::Error for EndpointError {}

/// A refusal of AUTH without the arguments of the command, which some servers repeat in it: one of
/// them is the password.
pub(super) fn without_arguments(words: &str) -> &str {
    let end = words.find(", with args").unwrap_or(words.len());
    &words[..end]
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

/// The text as it may be shown: on one line, and without whatever may be a password.
///
/// It must hold for texts that are no URL too, so it looks for less than a parser would.
fn without_password(url: &str) -> String {
    let start = url.find("://").map_or(0, |scheme| scheme + 3);
    let (scheme, rest) = url.split_at(start);
    let shown = match rest.rfind('@') {
        Some(at) => match rest[..at].find(':') {
            Some(colon) => format!("{scheme}{}:***{}", &rest[..colon], &rest[at..]),
            None => url.to_owned(),
        },
        None => hide_odd_port(scheme, rest),
    };
    let shown = hide_query(&shown);
    shown.escape_debug().to_string().replace("\\'", "'")
}

/// Hides what stands where a port should but is none: `redis://:secret` lacks its `@host`.
fn hide_odd_port(scheme: &str, rest: &str) -> String {
    let host_start = rest.rfind(']').unwrap_or(0);
    let Some(colon) = rest[host_start..].find(':').map(|colon| host_start + colon) else {
        return format!("{scheme}{rest}");
    };
    let port = rest[colon + 1..]
        .split(['/', '?', '#'])
        .next()
        .unwrap_or_default();
    let is_port = port.len() <= 5 && port.bytes().all(|byte| byte.is_ascii_digit());
    if is_port || scheme.is_empty() || rest.starts_with('[') {
        return format!("{scheme}{rest}");
    }
    format!("{scheme}{}:***", &rest[..colon])
}

/// Hides the values of parameters that carry a password.
fn hide_query(url: &str) -> String {
    let Some((path, query)) = url.split_once('?') else {
        return url.to_owned();
    };
    let parameters: Vec<String> = query
        .split('&')
        .map(|parameter| match parameter.split_once('=') {
            Some((name, _)) if name.to_ascii_lowercase().starts_with("pass") => {
                format!("{name}=***")
            }
            _ => parameter.to_owned(),
        })
        .collect();
    format!("{path}?{}", parameters.join("&"))
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
    fn a_wrong_address_is_refused_in_one_line_with_the_right_form() {
        for (url, problem) in [
            ("", "has no scheme"),
            ("localhost", "has no scheme"),
            ("localhost:6379", "does not start with redis://"),
            ("http://localhost", "does not start with redis://"),
            ("rediss://localhost", "TLS, which is not supported yet"),
            ("valkeys://localhost", "TLS, which is not supported yet"),
            ("redis://", "names no host"),
            ("redis:///1", "names no host"),
            ("redis://localhost:port", "is not a URL"),
            ("redis://localhost:70000", "is not a URL"),
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
            "rediss://me:secret@localhost",
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
